//! Parameters of conditions: the member of a `some` or `every`, and the value of a lookup.
//!
//! While a condition is checked, a parameter is an attribute like any other, behind the declared ones; so types, domains
//! and messages need no cases for it. Its comparisons are ordinary atoms. [`Checker::with_value`] then replaces the
//! parameter by a value: each atom becomes one of the other attributes, or a constant. The finished conditions have no
//! parameters left.

use super::Checker;
use super::compare::Verdict;
use placet_model::BitSet;
use placet_model::condition::{Atom, Collection, Condition, ConditionId};
use placet_model::types::{Attribute, AttributeId, Members, Presence, Type, add_companions};
use placet_model::value::{Member, Value};
use placet_syntax::{Code, Diagnostic, Span};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// A condition that is built anew for each value of a parameter.
pub(super) struct Template {
    root: ConditionId,
    parameter: AttributeId,
    /// The number of conditions at and below the root.
    size: usize,
    /// Those of them that read the parameter, parts first.
    readers: Vec<ConditionId>,
}

impl Checker<'_> {
    /// Adds a parameter. Its name is what messages call it.
    pub(super) fn parameter(
        &mut self,
        name: Arc<str>,
        kind: Type,
        optional: bool,
        span: Span,
    ) -> AttributeId {
        let id = AttributeId::new(self.attributes.len());
        self.attributes.push(Attribute {
            name,
            kind,
            // A parameter always has a value.
            presence: Presence::Required,
            documentation: String::new(),
            span,
            none: None,
            companion_of: None,
        });
        if optional {
            add_companions(&mut self.attributes, [id]);
        }
        id
    }

    /// Returns true if an attribute is a parameter or the companion of one.
    pub(super) fn is_parameter(&self, id: AttributeId) -> bool {
        id.index() >= self.declared
    }

    /// Returns the parameters that a condition reads.
    pub(super) fn parameters_in(&self, root: ConditionId) -> BTreeSet<AttributeId> {
        let ids = self.conditions.leaves([root]).flat_map(Atom::attributes);
        ids.filter(|id| self.is_parameter(*id)).map(|id| self.parameter_of(id)).collect()
    }

    /// Returns the attribute that a companion belongs to, or the attribute itself.
    fn parameter_of(&self, id: AttributeId) -> AttributeId {
        self.attribute(id).and_then(|attribute| attribute.companion_of).unwrap_or(id)
    }

    /// Prepares a condition for values in place of a parameter. Cost: linear in the condition.
    pub(super) fn template(&self, root: ConditionId, parameter: AttributeId) -> Template {
        let below = self.conditions.below([root]);
        let size = below.len();
        let mut reads: HashSet<ConditionId> = HashSet::new();
        let is_reader = |id: &ConditionId| {
            let reads_it = match self.conditions.get(*id) {
                Condition::Leaf(atom) => {
                    atom.attributes().iter().any(|id| self.parameter_of(*id) == parameter)
                }
                // INVARIANT: the parts of a node come before it.
                node => node.parts().iter().any(|part| reads.contains(part)),
            };
            if reads_it {
                reads.insert(*id);
            }
            reads_it
        };
        let readers = below.into_iter().filter(is_reader).collect();
        Template { root, parameter, size, readers }
    }

    /// Returns the condition of a template with a value in place of its parameter.
    ///
    /// Cost: linear in the parts that read the parameter. The whole condition counts towards
    /// [`Limits::written_out`](placet_syntax::Limits::written_out). Beyond that limit this returns any condition;
    /// [`Self::is_written_out`] reports it.
    pub(super) fn with_value(&mut self, template: &Template, value: &Value) -> ConditionId {
        if self.written_out > self.limits.written_out {
            return template.root;
        }
        self.written_out = self.written_out.saturating_add(template.size);
        let mut replaced: HashMap<ConditionId, ConditionId> = HashMap::new();
        for id in &template.readers {
            let node = self.conditions.get(*id).clone();
            let new = match &node {
                Condition::Leaf(atom) => self.atom_with(atom, template.parameter, value).unwrap_or(*id),
                node => {
                    let parts = node.with_parts(|part| Some(replaced.get(&part).copied().unwrap_or(part)));
                    self.conditions.add(parts.unwrap_or(Condition::Constant(false)))
                }
            };
            replaced.insert(*id, new);
        }
        replaced.get(&template.root).copied().unwrap_or(template.root)
    }

    /// Returns true if what was written out so far is within its limit. Reports the first quantifier or lookup that isn't.
    pub(super) fn is_written_out(&mut self, span: Span) -> bool {
        let limit = self.limits.written_out;
        if self.written_out <= limit {
            return true;
        }
        if !self.diagnostics.iter().any(|fault| fault.code == Code::TooManyConditions) {
            let message = format!("quantifiers and lookups are written out to more than {limit} conditions");
            let fault = Diagnostic::new(Code::TooManyConditions, span, message);
            self.report(fault.help("quantify over fewer leaves, or nest fewer quantifiers"));
        }
        false
    }

    /// Returns an atom with a value in place of a parameter that it reads; `None` if the value is of another type.
    fn atom_with(&mut self, atom: &Atom, parameter: AttributeId, value: &Value) -> Option<ConditionId> {
        if let Some((id, is_none)) = self.none_test(atom)
            && id == parameter
        {
            let holds = (*value == Value::None) == is_none;
            return Some(self.conditions.constant(holds));
        }
        // Each comparison with `none` is false.
        if *value == Value::None {
            return Some(self.conditions.constant(false));
        }
        // An attribute is never compared with itself, so the other one is no parameter of this value.
        let other = |a: &AttributeId, b: &AttributeId| if *a == parameter { *b } else { *a };
        let holds = match atom {
            Atom::Missing(_) => false,
            Atom::Within(sum, ranges) => {
                let sum = sum.substituted(&|id| if id == parameter { value.ordinal() } else { None });
                return Some(self.within_atom(sum, ranges.clone()));
            }
            Atom::OneOf(_, symbols) => value.symbol().is_some_and(|symbol| symbols.contains(symbol)),
            Atom::TextIn(_, texts) => {
                let Value::String(text) = value else { return None };
                texts.contains(text)
            }
            Atom::TextLike(_, pattern) => {
                let Value::String(text) = value else { return None };
                pattern.matches(text)
            }
            Atom::AnyIn(_, of) => value.members().iter().any(|member| of.contains(member)),
            Atom::AllIn(_, of) => value.members().iter().all(|member| of.contains(member)),
            Atom::Exactly(_, of) => of.members() == Some(value.members()),
            Atom::Same(a, b) | Atom::SameSet(a, b) => return Some(self.equals(other(a, b), value)),
            Atom::MemberOf(a, b) | Atom::Meet(a, b) => return Some(self.meets(other(a, b), value)),
            Atom::Subset(a, b) if *a == parameter => {
                let members = value.members();
                let each: Vec<ConditionId> =
                    members.iter().map(|member| self.meets(*b, &single(member))).collect();
                return Some(self.conditions.all(each));
            }
            Atom::Subset(a, _) => {
                let members = value.members();
                if members.is_empty() {
                    return Some(self.is_empty(*a));
                }
                let of = self.collection(*a, &members);
                return Some(self.conditions.leaf(Atom::AllIn(*a, of)));
            }
        };
        Some(self.conditions.constant(holds))
    }

    /// Returns the attribute whose `none` an atom tests, and true if the atom holds for it.
    fn none_test(&self, atom: &Atom) -> Option<(AttributeId, bool)> {
        let Atom::OneOf(id, symbols) = atom else { return None };
        Some((self.attribute(*id)?.companion_of?, symbols.contains(1)))
    }

    /// Builds the condition that an attribute has a value: an enum, a string, a bool or a set.
    fn equals(&mut self, id: AttributeId, value: &Value) -> ConditionId {
        let members = value.members();
        match self.attribute(id).map(|attribute| &attribute.kind) {
            Some(Type::Set { .. }) if members.is_empty() => self.is_empty(id),
            Some(Type::Set { .. }) => {
                let of = self.collection(id, &members);
                self.conditions.leaf(Atom::Exactly(id, of))
            }
            _ => self.one_of(id, &members),
        }
    }

    /// Builds the condition that an attribute and a value have a member in common; a single value is its own member.
    fn meets(&mut self, id: AttributeId, value: &Value) -> ConditionId {
        let members = value.members();
        match self.attribute(id).map(|attribute| &attribute.kind) {
            _ if members.is_empty() => self.conditions.constant(false),
            Some(Type::Set { .. }) => {
                let of = self.collection(id, &members);
                self.conditions.leaf(Atom::AnyIn(id, of))
            }
            _ => self.one_of(id, &members),
        }
    }

    fn one_of(&mut self, id: AttributeId, members: &BTreeSet<Member>) -> ConditionId {
        let atom = match self.collection(id, members) {
            Collection::Symbols(symbols) => Atom::OneOf(id, symbols),
            Collection::Texts(texts) => Atom::TextIn(id, texts),
            // INVARIANT: members are listed, so they are no pattern.
            Collection::Like(pattern) => Atom::TextLike(id, pattern),
        };
        self.conditions.leaf(atom)
    }

    /// Builds the condition that a set is empty.
    fn is_empty(&mut self, id: AttributeId) -> ConditionId {
        match self.set_kind(id) {
            Some((_, true)) => {
                let of = self.collection(id, &BTreeSet::new());
                self.conditions.leaf(Atom::Exactly(id, of))
            }
            _ => self.conditions.constant(false),
        }
    }

    /// Returns members as a collection over the names of an attribute's type.
    fn collection(&self, id: AttributeId, members: &BTreeSet<Member>) -> Collection {
        let universe = match self.attribute(id).map(|attribute| &attribute.kind) {
            Some(Type::Bool) => Some(2),
            Some(Type::Symbol(universe) | Type::Set { of: Members::Symbols(universe), .. }) => {
                Some(universe.len())
            }
            _ => None,
        };
        match universe {
            Some(count) => Collection::Symbols(BitSet::from_iter(
                count,
                members.iter().filter_map(|member| match member {
                    Member::Symbol(symbol) => Some(*symbol),
                    Member::Text(_) => None,
                }),
            )),
            None => Collection::Texts(
                members
                    .iter()
                    .filter_map(|member| match member {
                        Member::Text(text) => Some(text.clone()),
                        Member::Symbol(_) => None,
                    })
                    .collect(),
            ),
        }
    }

    /// Returns the truth of a condition as far as the declared domains decide it, each comparison alone.
    pub(super) fn verdict(&self, root: ConditionId) -> Verdict {
        let mut verdicts: HashMap<ConditionId, Verdict> = HashMap::new();
        for id in self.conditions.below([root]) {
            let part = |part: &ConditionId| verdicts.get(part).copied().unwrap_or(Verdict::Open);
            let verdict = match self.conditions.get(id) {
                Condition::Constant(value) => Verdict::of(!value, *value),
                Condition::Not(inner) => part(inner).negated(),
                Condition::All(parts) => joined(parts.iter().map(part), Verdict::Never, Verdict::Always),
                Condition::Any(parts) => joined(parts.iter().map(part), Verdict::Always, Verdict::Never),
                Condition::Leaf(atom) => self.verdict_of_atom(atom),
            };
            verdicts.insert(id, verdict);
        }
        verdicts.get(&root).copied().unwrap_or(Verdict::Open)
    }

    fn verdict_of_atom(&self, atom: &Atom) -> Verdict {
        match atom {
            Atom::Within(sum, ranges) => {
                let domain = |id| {
                    self.attribute(id).and_then(|attribute| attribute.kind.ordinals()).unwrap_or_default()
                };
                let (low, high) = sum.extent(&domain);
                Verdict::of(!ranges.meets(low, high), ranges.covers(low, high))
            }
            Atom::OneOf(_, symbols) => Verdict::of(symbols.is_empty(), symbols.is_full()),
            Atom::AllIn(_, Collection::Symbols(symbols)) => Verdict::of(false, symbols.is_full()),
            Atom::AnyIn(id, Collection::Symbols(symbols)) => {
                let never_empty = self.set_kind(*id).is_some_and(|(_, may_be_empty)| !may_be_empty);
                Verdict::of(symbols.is_empty(), never_empty && symbols.is_full())
            }
            _ => Verdict::Open,
        }
    }
}

/// Returns the verdict of a conjunction or a disjunction: the deciding one if some part has it, the other one if all
/// parts have that.
fn joined(parts: impl Iterator<Item = Verdict>, deciding: Verdict, neutral: Verdict) -> Verdict {
    let mut all = neutral;
    for part in parts {
        if part == deciding {
            return deciding;
        }
        if part == Verdict::Open {
            all = Verdict::Open;
        }
    }
    all
}

fn single(member: &Member) -> Value {
    match member {
        Member::Symbol(symbol) => Value::Symbol(*symbol),
        Member::Text(text) => Value::String(text.clone()),
    }
}
