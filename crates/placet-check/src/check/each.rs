//! Checks `some p in S where (…)` and `every p in S where (…)`, and writes them out over the members of the set.
//!
//! The condition is checked once, with a parameter for the member, so it is judged by the whole type. Then it is built
//! for each leaf. Leaves for which it comes out the same share one part: `some` is the disjunction over these groups of
//! *the set has a member of the group, and the condition holds for it*, and `every` the conjunction of their dual.

use super::Checker;
use placet_model::BitSet;
use placet_model::condition::{Atom, Collection, ConditionId};
use placet_model::types::{AttributeId, Members, Type, Universe};
use placet_model::value::Value;
use placet_syntax::ast::{Each, Literal, Operand, OperandKind, Right};
use placet_syntax::{Code, Diagnostic, Span};

/// The set whose members a quantifier ranges over.
enum Range {
    /// The members of a set-valued attribute, or of a lookup's value.
    Attribute(AttributeId),
    /// These leaves.
    Symbols(BitSet),
}

impl Checker<'_> {
    pub(super) fn each(&mut self, each: &Each) -> Option<ConditionId> {
        let range = self.each_range(&each.set);
        let Some((universe, range)) = range else {
            // The condition isn't checked: each use of the member would be a second error.
            return None;
        };
        self.check_member_name(each, &universe);
        let name = each.variable.text.as_str();
        let kind = Type::Symbol(universe.clone());
        let member = self.parameter(name.into(), kind, false, each.variable.span);
        self.members.push((name.to_owned(), member));
        let body = self.condition(&each.condition);
        self.members.pop();
        let body = body?;
        let leaves = match &range {
            Range::Attribute(_) => BitSet::full(universe.len()),
            Range::Symbols(symbols) => symbols.clone(),
        };
        let template = self.template(body, member);
        let mut groups: Vec<(ConditionId, BitSet)> = Vec::new();
        let mut group_of = std::collections::HashMap::new();
        for leaf in leaves.iter() {
            let holds = self.with_value(&template, &Value::Symbol(leaf));
            let group = *group_of.entry(holds).or_insert(groups.len());
            match groups.get_mut(group) {
                Some((_, symbols)) => symbols.insert(leaf),
                None => groups.push((holds, BitSet::from_iter(universe.len(), [leaf]))),
            }
        }
        if !self.is_written_out(each.variable.span) {
            return None;
        }
        let mut parts = Vec::with_capacity(groups.len());
        for (holds, symbols) in groups {
            parts.push(match &range {
                Range::Symbols(_) => holds,
                Range::Attribute(set) => {
                    let has = self.conditions.leaf(Atom::AnyIn(*set, Collection::Symbols(symbols)));
                    if each.every {
                        let lacks = self.conditions.not(has);
                        self.conditions.any([lacks, holds])
                    } else {
                        self.conditions.all([has, holds])
                    }
                }
            });
        }
        let node = if each.every { self.conditions.all(parts) } else { self.conditions.any(parts) };
        let node = match range {
            // Of a lookup without a key, both quantifiers are false.
            Range::Attribute(set) => self.guarded(node, [set]),
            Range::Symbols(_) => node,
        };
        // Only comparisons are judged.
        Some(self.without_lookups(node, false, None))
    }

    /// Resolves the set of a quantifier: an attribute, a lookup's value, a taxonomy, a node, a named set, or braces.
    fn each_range(&mut self, set: &Right) -> Option<(Universe, Range)> {
        let set = self.resolved_right(set)?;
        let name = match &set {
            Right::Braces(braces) => return self.range_of_names(&braces.entries, braces.span),
            Right::Operand(Operand { kind: OperandKind::Name(name), .. }) => name.clone(),
            Right::Operand(operand @ Operand { kind: OperandKind::Literal(Literal::String(..)), .. }) => {
                return self.range_of_names(std::slice::from_ref(operand), operand.span);
            }
            other => {
                self.fault(Code::WrongType, other.span(), "expected a set");
                return None;
            }
        };
        let span = set.span();
        let mut found: Vec<(String, Universe, Range)> = Vec::new();
        if let Some((id, attribute)) = self.find_attribute(&name) {
            match &attribute.kind {
                Type::Set { of: Members::Symbols(universe), .. } => {
                    found.push(("an attribute".to_owned(), universe.clone(), Range::Attribute(id)));
                }
                kind => {
                    let message = format!("expected a set of names, found `{name}` of type `{kind}`");
                    let declared = attribute.span;
                    let is_alone = self.universes_with(&[&name], false).is_empty();
                    if is_alone {
                        self.report(
                            Diagnostic::new(Code::WrongType, span, message).label(declared, "declared here"),
                        );
                        return None;
                    }
                }
            }
        }
        if let Some(taxonomy) = self.taxonomies.get(name.as_str()) {
            let universe = Universe::Taxonomy(taxonomy.clone());
            let all = BitSet::full(universe.len());
            found.push(("a taxonomy".to_owned(), universe, Range::Symbols(all)));
        }
        if let Some(entry) = self.sets.get(name.as_str())
            && let (Members::Symbols(universe), Collection::Symbols(symbols)) = (&entry.of, &entry.members)
        {
            found.push(("a named set".to_owned(), universe.clone(), Range::Symbols(symbols.clone())));
        }
        for universe in self.universes_with(&[&name], false) {
            if let Some((symbols, _)) = universe.find(&name) {
                let what = match &universe {
                    Universe::Taxonomy(taxonomy) => format!("a node of `{}`", taxonomy.name),
                    Universe::Enum(_) => format!("a name of `{universe}`"),
                };
                found.push((what, universe, Range::Symbols(symbols)));
            }
        }
        if let [(one, ..), (other, ..), ..] = found.as_slice() {
            let message = format!("`{name}` could be {one} or {other}");
            self.fault(Code::AmbiguousName, span, message);
            return None;
        }
        let Some((_, universe, range)) = found.pop() else {
            if !self.broken_sets.contains(name.as_str())
                && !self.broken_attributes.contains(name.as_str())
                && !self.broken_taxonomies.contains(name.as_str())
            {
                let near = self.near_operand(&name);
                self.report(
                    Diagnostic::new(Code::UnknownName, span, format!("unknown set `{name}`"))
                        .did_you_mean(near.as_deref()),
                );
            }
            return None;
        };
        Some((universe, range))
    }

    /// Resolves names to the one taxonomy or enum that has all of them.
    fn range_of_names(&mut self, entries: &[Operand], span: Span) -> Option<(Universe, Range)> {
        if entries.is_empty() {
            self.empty_set(span);
            return None;
        }
        let mut names = Vec::new();
        for entry in entries {
            match &entry.kind {
                OperandKind::Name(name) | OperandKind::Literal(Literal::String(name, _)) => {
                    names.push(name.as_str());
                }
                _ => {
                    self.fault(Code::WrongType, entry.span, "expected a name of a taxonomy or an enum");
                    return None;
                }
            }
        }
        let mut universes = self.universes_with(&names, true);
        let universe = match (universes.pop(), universes.pop()) {
            (Some(one), None) => one,
            (Some(one), Some(other)) => {
                let message = format!("these names could be of `{one}` or of `{other}`");
                self.fault(Code::AmbiguousName, span, message);
                return None;
            }
            _ => {
                let message = "no taxonomy and no enum has all of these names";
                self.fault(Code::UnknownValue, span, message);
                return None;
            }
        };
        let each: Vec<Option<BitSet>> =
            entries.iter().map(|entry| self.symbols_of(&universe, entry)).collect();
        let each: Vec<BitSet> = each.into_iter().collect::<Option<_>>()?;
        let all = each.iter().fold(BitSet::empty(universe.len()), |all, one| all.union(one));
        Some((universe, Range::Symbols(all)))
    }

    /// Returns the taxonomies and the enums of attributes and lookups that have all names, as nodes or also as named sets.
    fn universes_with(&self, names: &[&str], or_sets: bool) -> Vec<Universe> {
        let mut out: Vec<Universe> = Vec::new();
        let taxonomies = self.taxonomies.values().map(|taxonomy| Universe::Taxonomy(taxonomy.clone()));
        let kinds = self.attributes.iter().map(|attribute| &attribute.kind);
        let enums =
            kinds.chain(self.lookups.values().flat_map(|lookup| lookup.types())).filter_map(
                |kind| match kind {
                    Type::Symbol(universe) | Type::Set { of: Members::Symbols(universe), .. } => {
                        matches!(universe, Universe::Enum(_)).then(|| universe.clone())
                    }
                    _ => None,
                },
            );
        for universe in taxonomies.chain(enums) {
            let has = |name: &&str| {
                universe.find(name).is_some() || or_sets && self.named_symbols(&universe, name).is_some()
            };
            if names.iter().all(has) && !out.contains(&universe) {
                out.push(universe);
            }
        }
        out
    }

    /// Reports a member with the name of something that its condition can name.
    fn check_member_name(&mut self, each: &Each, universe: &Universe) {
        let name = each.variable.text.as_str();
        let clash = if let Some((_, attribute)) = self.find_attribute(name) {
            let is_member = self.members.iter().any(|(member, _)| member == name);
            let what = if is_member { "the member of another quantifier" } else { "an attribute" };
            Some((what, Some(attribute.span)))
        } else if let Some(entry) = self.lets.get(name) {
            Some(("a let", Some(entry.declaration.name.span)))
        } else if universe.find(name).is_some() {
            Some(("a value of its type", None))
        } else if self.named_symbols(universe, name).is_some() {
            Some(("a named set of its type", self.sets.get(name).map(|set| set.span)))
        } else {
            None
        };
        if let Some((what, first)) = clash {
            let message = format!("`{name}` is already {what}");
            let fault = Diagnostic::new(Code::ClashingNames, each.variable.span, message);
            let fault = fault.help("choose another name for the member");
            self.report(match first {
                Some(span) => fault.label(span, "declared here"),
                None => fault,
            });
        }
    }
}
