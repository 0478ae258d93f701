//! Checks taxonomies and the named sets of their leaves.
//!
//! Leaves are numbered in depth-first order, so the leaves of a node are a contiguous range.

use super::{Checker, SetEntry};
use placet_model::BitSet;
use placet_model::condition::Collection;
use placet_model::types::{Members, Node, Taxonomy, Universe};
use placet_syntax::ast::{Item, NamedSet, Node as NodeTree, OperandKind, SetExpression, SetTerm};
use placet_syntax::written_text;
use placet_syntax::{Code, Diagnostic, Span, closest};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Returns the names in a set's declaration, each with its span: its base, then those of its expression.
fn names_in(set: &NamedSet) -> Vec<(&str, Span)> {
    let operands = set.value.terms.iter().flat_map(|term| match term {
        SetTerm::Braces(braces) => braces.entries.as_slice(),
        SetTerm::Operand(operand) => std::slice::from_ref(operand),
    });
    let names = operands.filter_map(|operand| match &operand.kind {
        OperandKind::Name(name) => Some((name.as_str(), operand.span)),
        _ => None,
    });
    std::iter::once((set.base.text.as_str(), set.base.span)).chain(names).collect()
}

/// Appends the names of nodes and of all nodes below them, in the order of the text.
fn collect_names<'n>(nodes: &'n [NodeTree], names: &mut Vec<&'n placet_syntax::ast::Name>) {
    for node in nodes {
        names.push(&node.name);
        collect_names(node.children.as_deref().unwrap_or_default(), names);
    }
}

impl<'a> Checker<'a> {
    pub(super) fn check_taxonomies(&mut self) {
        let mut first = HashMap::new();
        for item in self.items() {
            let Item::Taxonomy(tree) = item else { continue };
            let name = tree.name.text.as_str();
            if let Some(span) = first.insert(name, tree.name.span) {
                self.repeated("taxonomy", &tree.name, span);
                continue;
            }
            if !is_camel_case(name) {
                self.report(
                    Diagnostic::new(
                        Code::NameStyle,
                        tree.name.span,
                        format!("the taxonomy `{name}` isn't in CamelCase"),
                    )
                    .help(format!("write `{}`", to_camel_case(name))),
                );
            }
            if tree.nodes.is_empty() {
                if !self.is_damaged(tree.span) {
                    self.fault(Code::EmptyDeclaration, tree.span, format!("the taxonomy `{name}` is empty"));
                }
                self.broken_taxonomies.insert(name);
                continue;
            }
            let mut taxonomy = Taxonomy { name: name.into(), leaves: Vec::new(), nodes: HashMap::new() };
            let mut depths = HashMap::new();
            let mut names = Vec::new();
            collect_names(&tree.nodes, &mut names);
            self.check_symbols("node", Some(name), &names);
            self.add_nodes(&mut taxonomy, &tree.nodes, 0, &mut depths);
            if let Some(node) = taxonomy.nodes.get(name) {
                self.report(
                    Diagnostic::new(
                        Code::ClashingNames,
                        tree.name.span,
                        format!("the taxonomy `{name}` has a node of its own name"),
                    )
                    .label(node.span, "the node"),
                );
            }
            self.taxonomies.insert(name, Arc::new(taxonomy));
            self.depths.insert(name, depths);
        }
    }

    fn add_nodes(
        &mut self,
        taxonomy: &mut Taxonomy,
        nodes: &'a [NodeTree],
        depth: u32,
        depths: &mut HashMap<&'a str, u32>,
    ) {
        let count = |taxonomy: &Taxonomy| u32::try_from(taxonomy.leaves.len()).unwrap_or(u32::MAX);
        for node in nodes {
            depths.insert(&node.name.text, depth);
            let name: Arc<str> = node.name.text.as_str().into();
            let start = count(taxonomy);
            let is_leaf = match &node.children {
                None => {
                    taxonomy.leaves.push(name.clone());
                    true
                }
                Some(children) if children.is_empty() => {
                    self.report(
                        Diagnostic::new(
                            Code::EmptyDeclaration,
                            node.span,
                            format!("the category `{name}` is empty"),
                        )
                        .help("remove the braces if it is a leaf"),
                    );
                    // Treated as a leaf from here on, so that uses of its name are valid.
                    taxonomy.leaves.push(name.clone());
                    true
                }
                Some(children) => {
                    self.add_nodes(taxonomy, children, depth + 1, depths);
                    false
                }
            };
            let entry = Node { first: start, end: count(taxonomy), is_leaf, span: node.name.span };
            if let Some(other) = taxonomy.nodes.insert(name, entry) {
                let (early, late) = (other.span.min(entry.span), other.span.max(entry.span));
                let text = &node.name.text;
                self.report(
                    Diagnostic::new(
                        Code::RepeatedName,
                        late,
                        format!("`{text}` appears twice in the taxonomy"),
                    )
                    .because("again here")
                    .label(early, "first here"),
                );
            }
        }
    }

    pub(super) fn check_named_sets(&mut self) {
        let mut declared: HashMap<&'a str, &'a NamedSet> = HashMap::new();
        for item in self.items() {
            let Item::NamedSet(set) = item else { continue };
            self.check_snake_case("set", None, [&set.name]);
            if let Some(first) = declared.get(set.name.text.as_str()) {
                self.repeated("set", &set.name, first.name.span);
            } else {
                declared.insert(&set.name.text, set);
            }
        }
        // A map iterates in random order. Sorting makes the entry that closes a cycle the same in every run.
        let mut names: Vec<&str> = declared.keys().copied().collect();
        names.sort_unstable();
        for name in names {
            self.resolve_set(name, &declared);
        }
    }

    /// Resolves a set after the sets that it uses.
    ///
    /// An iterative depth-first search avoids recursion, because a chain of sets may be arbitrarily long. Each stack
    /// entry is a set and the number of its names visited so far. A name that is on the stack closes a cycle.
    fn resolve_set(&mut self, name: &'a str, declared: &HashMap<&'a str, &'a NamedSet>) {
        let mut stack = vec![(name, 0)];
        let mut waiting: HashSet<&'a str> = HashSet::from([name]);
        while let Some((top, looked_at)) = stack.last_mut() {
            let top = *top;
            let is_known = self.sets.contains_key(top) || self.broken_sets.contains(top);
            let Some(set) = declared.get(top).filter(|_| !is_known) else {
                waiting.remove(top);
                stack.pop();
                continue;
            };
            let Some((wanted, place)) = names_in(set).get(*looked_at).copied() else {
                match self.named_set(set) {
                    Some(entry) => drop(self.sets.insert(&set.name.text, entry)),
                    None => drop(self.broken_sets.insert(top)),
                }
                continue;
            };
            *looked_at += 1;
            let Some((&next, _)) = declared.get_key_value(wanted) else { continue };
            if self.sets.contains_key(next) || self.broken_sets.contains(next) {
                continue;
            }
            if waiting.insert(next) {
                stack.push((next, 0));
                continue;
            }
            // A cycle is reported once, at the entry that closes it. All sets on it are broken.
            self.report(
                Diagnostic::new(Code::CyclicDefinition, place, format!("the set `{next}` contains itself"))
                    .label(set.name.span, format!("in `{top}`")),
            );
            let start = stack.iter().position(|(name, _)| *name == next).unwrap_or_default();
            self.broken_sets.extend(stack.iter().skip(start).map(|(name, _)| *name));
        }
    }

    fn named_set(&mut self, set: &'a NamedSet) -> Option<SetEntry> {
        let base = set.base.text.as_str();
        let (of, within) = match (self.taxonomies.get(base), self.sets.get(base)) {
            (Some(taxonomy), _) => (Members::Symbols(Universe::Taxonomy(taxonomy.clone())), None),
            (None, Some(base)) => (base.of.clone(), Some(base.members.clone())),
            (None, None) if base == "string" => (Members::Texts, None),
            (None, None) if self.broken_sets.contains(base) || self.broken_taxonomies.contains(base) => {
                return None;
            }
            (None, None) => {
                let names = self.taxonomies.keys().chain(self.sets.keys()).copied().chain(["string"]);
                let near = closest(base, names).map(str::to_owned);
                self.report(
                    Diagnostic::new(
                        Code::UnknownType,
                        set.base.span,
                        format!("unknown taxonomy or set `{base}`"),
                    )
                    .did_you_mean(near.as_deref()),
                );
                return None;
            }
        };
        if let Members::Symbols(Universe::Taxonomy(taxonomy)) = &of {
            let name = set.name.text.as_str();
            let node = taxonomy.nodes.get(name).map(|node| ("a node of", node.span));
            let own = (*taxonomy.name == *name).then_some(("the name of", Span::default()));
            if let Some((what, span)) = node.or(own) {
                let message = format!("`{name}` is already {what} `{}`", taxonomy.name);
                let fault = Diagnostic::new(Code::ClashingNames, set.name.span, message);
                self.report(if own.is_none() { fault.label(span, "the node") } else { fault });
            }
        }
        let members = self.set_expression(&of, &set.value)?;
        if members.is_empty() {
            self.fault(Code::EmptyDeclaration, set.span, format!("the set `{}` is empty", set.name.text));
            return None;
        }
        let outside: Vec<String> = match (&members, &within) {
            (Collection::Symbols(members), Some(Collection::Symbols(within))) => {
                let Members::Symbols(universe) = &of else { return None };
                let outside = members.intersection(&within.complement());
                outside.iter().map(|leaf| format!("`{}`", universe.name(leaf))).collect()
            }
            (Collection::Texts(members), Some(Collection::Texts(within))) => {
                members.difference(within).map(|text| format!("`{}`", written_text(text))).collect()
            }
            _ => Vec::new(),
        };
        if !outside.is_empty() {
            let message = format!("`{base}` doesn't contain {}", outside.join(", "));
            self.report(
                Diagnostic::new(Code::SetNotContained, set.value.span, message)
                    .label(set.base.span, "all members must be in this set"),
            );
        }
        Some(SetEntry { of, members, span: set.name.span })
    }

    /// Returns the members of `S except S except …`, or `None` if a term is invalid, which is reported.
    pub(super) fn set_expression(&mut self, of: &Members, tree: &SetExpression) -> Option<Collection> {
        // Every term is checked before the first invalid one ends this, so that all are reported.
        let terms: Vec<Option<Collection>> = tree.terms.iter().map(|term| self.set_term(of, term)).collect();
        let mut terms = terms.into_iter().collect::<Option<Vec<_>>>()?.into_iter();
        let first = terms.next()?;
        Some(terms.fold(first, |all, without| match (all, without) {
            (Collection::Symbols(all), Collection::Symbols(without)) => {
                Collection::Symbols(all.intersection(&without.complement()))
            }
            (Collection::Texts(all), Collection::Texts(without)) => Collection::Texts(&all - &without),
            (all, _) => all,
        }))
    }

    fn set_term(&mut self, of: &Members, term: &SetTerm) -> Option<Collection> {
        match (of, term) {
            (Members::Symbols(universe), SetTerm::Braces(braces)) => {
                self.symbols_of_braces(universe, braces).map(Collection::Symbols)
            }
            (Members::Symbols(universe), SetTerm::Operand(operand)) => {
                // The taxonomy's own name means all its leaves.
                let is_whole = matches!((universe, &operand.kind), (Universe::Taxonomy(taxonomy), OperandKind::Name(name))
                    if *taxonomy.name == *name);
                if is_whole {
                    return Some(Collection::Symbols(BitSet::full(universe.len())));
                }
                self.symbols_of(universe, operand).map(Collection::Symbols)
            }
            (Members::Texts, SetTerm::Braces(braces)) => {
                self.texts_of(&braces.entries).map(Collection::Texts)
            }
            (Members::Texts, SetTerm::Operand(operand)) => {
                let named = match &operand.kind {
                    OperandKind::Name(name) if self.broken_sets.contains(name.as_str()) => return None,
                    OperandKind::Name(name) => self.named_texts(name),
                    _ => None,
                };
                if named.is_none() {
                    let message = "expected a set of strings";
                    let fault = Diagnostic::new(Code::WrongType, operand.span, message);
                    self.report(fault.help(format!("write `{{{}}}`", self.sources.slice(operand.span))));
                }
                named.map(Collection::Texts)
            }
        }
    }
}

fn is_camel_case(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase()) && !name.contains('_')
}

fn to_camel_case(name: &str) -> String {
    name.split('_')
        .map(|part| {
            let mut chars = part.chars();
            chars
                .next()
                .map_or(String::new(), |first| first.to_ascii_uppercase().to_string() + chars.as_str())
        })
        .collect()
}
