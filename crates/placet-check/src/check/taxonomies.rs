//! Checks taxonomies and the named sets of their leaves.
//!
//! Leaves are numbered in depth-first order, so the leaves of a node are a contiguous range.

use super::{Checker, SetEntry};
use placet_model::BitSet;
use placet_model::types::{Node, Taxonomy};
use placet_syntax::ast::{Item, NamedSet, Node as NodeTree, OperandKind};
use placet_syntax::{Code, Diagnostic, Span, closest};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Returns the name at an index of a named set: the base at 0, then the entries. The inner `None` is an entry that
/// isn't a name.
fn name_in_set(set: &NamedSet, at: usize) -> Option<(Option<&str>, Span)> {
    let Some(entry) = at.checked_sub(1) else { return Some((Some(&set.base.text), set.base.span)) };
    let entry = set.entries.entries.get(entry)?;
    Some(match &entry.kind {
        OperandKind::Name(name) => (Some(name), entry.span),
        _ => (None, entry.span),
    })
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
                self.fault(Code::EmptyDeclaration, tree.span, format!("the taxonomy `{name}` is empty"));
                self.broken_taxonomies.insert(name);
                continue;
            }
            let mut taxonomy = Taxonomy { name: name.into(), leaves: Vec::new(), nodes: HashMap::new() };
            self.add_nodes(&mut taxonomy, &tree.nodes);
            self.taxonomies.insert(name, Arc::new(taxonomy));
        }
    }

    fn add_nodes(&mut self, taxonomy: &mut Taxonomy, nodes: &'a [NodeTree]) {
        let count = |taxonomy: &Taxonomy| u32::try_from(taxonomy.leaves.len()).unwrap_or(u32::MAX);
        for node in nodes {
            self.check_snake_case("node", &node.name);
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
                    self.add_nodes(taxonomy, children);
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
            self.check_snake_case("set", &set.name);
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
            let Some((wanted, place)) = name_in_set(set, *looked_at) else {
                match self.named_set(set) {
                    Some(entry) => drop(self.sets.insert(&set.name.text, entry)),
                    None => drop(self.broken_sets.insert(top)),
                }
                continue;
            };
            *looked_at += 1;
            let Some((&next, _)) = wanted.and_then(|wanted| declared.get_key_value(wanted)) else { continue };
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
        let (taxonomy, within) = match (self.taxonomies.get(base), self.sets.get(base)) {
            (Some(taxonomy), _) => (taxonomy.clone(), None),
            (None, Some(of)) => (of.taxonomy.clone(), Some(of.leaves.clone())),
            (None, None) if self.broken_sets.contains(base) || self.broken_taxonomies.contains(base) => {
                return None;
            }
            (None, None) => {
                let near =
                    closest(base, self.taxonomies.keys().chain(self.sets.keys()).copied()).map(str::to_owned);
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
        if let Some(node) = taxonomy.nodes.get(set.name.text.as_str()) {
            self.report(
                Diagnostic::new(
                    Code::ClashingNames,
                    set.name.span,
                    format!("`{}` is already a node of `{}`", set.name.text, taxonomy.name),
                )
                .label(node.span, "the node"),
            );
        }
        let leaves = self.leaves_of_entries(&taxonomy, &set.entries)?;
        if leaves.is_empty() {
            self.fault(Code::EmptyDeclaration, set.span, format!("the set `{}` is empty", set.name.text));
            return None;
        }
        if let Some(within) = within
            && !leaves.is_subset(&within)
        {
            let outside = leaves.intersection(&within.complement());
            let names: Vec<String> = outside
                .iter()
                .filter_map(|leaf| taxonomy.leaves.get(leaf as usize))
                .map(|name| format!("`{name}`"))
                .collect();
            let message = format!("`{base}` doesn't contain {}", names.join(", "));
            self.report(
                Diagnostic::new(Code::SetNotContained, set.entries.span, message)
                    .label(set.base.span, "all leaves must be in this set"),
            );
        }
        Some(SetEntry { taxonomy, leaves, span: set.name.span })
    }

    /// Returns the union of the nodes and named sets in braces.
    pub(super) fn leaves_of_entries(
        &mut self,
        taxonomy: &Arc<Taxonomy>,
        braces: &placet_syntax::ast::Braces,
    ) -> Option<BitSet> {
        let mut all = BitSet::empty(u32::try_from(taxonomy.leaves.len()).unwrap_or(u32::MAX));
        // Errors in later entries are reported too, so the loop doesn't stop at the first one.
        let mut whole = true;
        for entry in &braces.entries {
            match self.leaves_of(taxonomy, entry) {
                Some(leaves) => all = all.union(&leaves),
                None => whole = false,
            }
        }
        whole.then_some(all)
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
