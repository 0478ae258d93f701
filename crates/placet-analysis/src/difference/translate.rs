//! Translates conditions and values of one policy to the merged policy.

use placet_model::condition::{Atom, Collection, ConditionId, Conditions};
use placet_model::linear::{Linear, Term};
use placet_model::request::{Assignment, AttributeInput, Request};
use placet_model::types::AttributeId;
use placet_model::value::Value;
use placet_model::{BitSet, Model};

/// The map from a policy's attributes and symbols to those of the merged policy.
pub(crate) struct Translation {
    attributes: Vec<Entry>,
}

/// An attribute of a policy.
#[derive(Clone, Default)]
struct Entry {
    merged: Option<AttributeId>,
    /// The merged symbol of each symbol.
    symbols: Option<Vec<u32>>,
    /// The number of merged symbols.
    bound: u32,
}

impl Translation {
    /// Creates a translation of this many attributes, without targets yet.
    pub(crate) fn new(attributes: usize) -> Self {
        Self { attributes: vec![Entry::default(); attributes] }
    }

    /// Sets the merged attribute of an attribute, and its number of symbols.
    pub(crate) fn set(
        &mut self,
        own: AttributeId,
        merged: AttributeId,
        symbols: Option<Vec<u32>>,
        bound: u32,
    ) {
        if let Some(entry) = self.attributes.get_mut(own.index()) {
            *entry = Entry { merged: Some(merged), symbols, bound };
        }
    }

    fn entry(&self, own: AttributeId) -> Option<&Entry> {
        self.attributes.get(own.index())
    }

    /// Returns the merged attribute of an attribute.
    pub(super) fn attribute(&self, own: AttributeId) -> AttributeId {
        // INVARIANT: `set` was called for every attribute of the policy.
        self.entry(own).and_then(|entry| entry.merged).unwrap_or(own)
    }

    /// Converts a merged request to an assignment of this policy; `None` if the policy would refuse it.
    pub(super) fn facts(&self, model: &Model, request: &Request) -> Option<Assignment> {
        let mut out = Request::new();
        for (id, _) in model.declared() {
            let entry = self.entry(id)?;
            if let Some(AttributeInput::Value(value)) = entry.merged.and_then(|merged| request.get(merged)) {
                out.put(model, id, AttributeInput::Value(self.value(model, id, value)?)).ok()?;
            }
        }
        Assignment::new(model, &out).ok()
    }

    /// Converts a merged value to this policy's numbers.
    pub(super) fn value(&self, model: &Model, id: AttributeId, value: &Value) -> Option<Value> {
        let symbols = self.entry(id)?.symbols.as_deref().unwrap_or(&[]);
        let own = |merged: u32| {
            let at = symbols.iter().position(|symbol| *symbol == merged)?;
            u32::try_from(at).ok()
        };
        Some(match value {
            Value::Symbol(merged) => Value::Symbol(own(*merged)?),
            Value::Symbols(set) => {
                let members: Vec<u32> = set.iter().map(own).collect::<Option<_>>()?;
                let count = super::merge::universe(&model.attribute(id)?.kind)?.len();
                Value::Symbols(BitSet::from_iter(count, members))
            }
            other => other.clone(),
        })
    }

    /// Converts a set of an attribute's symbols to merged numbers.
    fn symbols(&self, own: AttributeId, set: &BitSet) -> BitSet {
        match self.entry(own) {
            Some(Entry { symbols: Some(symbols), bound, .. }) => {
                let merged = set.iter().filter_map(|symbol| symbols.get(symbol as usize).copied());
                BitSet::from_iter(*bound, merged)
            }
            // A `bool` has the same symbols in every policy.
            _ => set.clone(),
        }
    }

    fn collection(&self, own: AttributeId, collection: &Collection) -> Collection {
        match collection {
            Collection::Symbols(set) => Collection::Symbols(self.symbols(own, set)),
            Collection::Texts(_) | Collection::Like(_) => collection.clone(),
        }
    }

    fn linear(&self, sum: &Linear) -> Linear {
        let mut out = Linear::constant(sum.added());
        for (term, factor) in sum.terms() {
            let term = match term {
                Term::Attribute(id) => Linear::term(Term::Attribute(self.attribute(*id)), 1),
                Term::Between(unit, from, to) => Linear::between(*unit, self.linear(from), self.linear(to)),
            };
            out = out.plus(term, *factor);
        }
        out
    }

    fn atom(&self, atom: &Atom) -> Atom {
        let of = |id: &AttributeId| self.attribute(*id);
        match atom {
            Atom::Missing(a) => Atom::Missing(of(a)),
            Atom::Within(sum, ranges) => Atom::Within(self.linear(sum), ranges.clone()),
            Atom::OneOf(a, set) => Atom::OneOf(of(a), self.symbols(*a, set)),
            Atom::TextIn(a, texts) => Atom::TextIn(of(a), texts.clone()),
            Atom::TextLike(a, pattern) => Atom::TextLike(of(a), pattern.clone()),
            Atom::Same(a, b) => Atom::Same(of(a), of(b)),
            Atom::AnyIn(a, set) => Atom::AnyIn(of(a), self.collection(*a, set)),
            Atom::AllIn(a, set) => Atom::AllIn(of(a), self.collection(*a, set)),
            Atom::Exactly(a, set) => Atom::Exactly(of(a), self.collection(*a, set)),
            Atom::MemberOf(a, b) => Atom::MemberOf(of(a), of(b)),
            Atom::Meet(a, b) => Atom::Meet(of(a), of(b)),
            Atom::Subset(a, b) => Atom::Subset(of(a), of(b)),
            Atom::SameSet(a, b) => Atom::SameSet(of(a), of(b)),
        }
    }
}

/// Adds the conditions of a policy to others, and returns the new index of each.
pub(crate) fn conditions(arena: &mut Conditions, model: &Model, to: &Translation) -> Vec<ConditionId> {
    arena.add_all(&model.conditions, |arena, atom| arena.leaf(to.atom(atom)))
}
