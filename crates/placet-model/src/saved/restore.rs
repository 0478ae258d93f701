//! Restores and validates a model from its saved form.
//!
//! Each part is validated before the parts that refer to it: universes, attributes, conditions, rules. The first fault
//! ends the validation.

use super::conditions::check_condition;
use super::{
    InvalidModel, SavedAttribute, SavedException, SavedLimits, SavedLocation, SavedLookup, SavedModel,
    SavedRule, SavedType, SavedUniverse, SavedWritten,
};
use crate::condition::{Collection, ConditionId};
use crate::policy::{Exception, Model, Rule, SourceLocation};
use crate::request::check_value;
use crate::types::{
    Attribute, AttributeId, Enum, Members, Node, Presence, Taxonomy, Type, Universe, add_companions,
};
use crate::value::Value;
use crate::written::{Lookup, LookupCall, Written};
use placet_core::{Limits, Span};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// The fault of a part: the end of a sentence about it.
pub(super) type Fault = &'static str;

/// The maximum number of items of a kind. Indexes are `u32`; the last one stands for indexes out of range.
const MAX_ITEMS: usize = u32::MAX as usize;

impl Model {
    /// Validates a saved model and restores it, without proofs, tests and documentation. Its limits are those of the
    /// saved model, capped at the default [`Limits`]. Cost: about linear in the model.
    ///
    /// # Errors
    /// Returns an error for the first invalid part. Every invariant that [`Model::to_saved`] establishes is checked.
    pub fn from_saved(saved: SavedModel) -> Result<Self, InvalidModel> {
        let within = |part, count: usize| {
            let fault = "is one too many";
            if count < MAX_ITEMS { Ok(()) } else { Err(InvalidModel { part, number: count, fault }) }
        };
        within("attribute", saved.attributes.len())?;
        within("condition", saved.conditions.len())?;
        let universes = each("universe", saved.universes, universe)?;
        check_names(&universes)?;
        let mut by_name: HashMap<Arc<str>, AttributeId> = HashMap::with_capacity(saved.attributes.len());
        let optional = (0..).map(AttributeId::new).zip(&saved.attributes);
        let optional = optional.filter(|(_, attribute)| attribute.is_optional);
        let optional: Vec<AttributeId> = optional.map(|(id, _)| id).collect();
        let mut attributes = each("attribute", saved.attributes, |attribute| {
            let id = AttributeId::new(by_name.len());
            if by_name.insert(attribute.name.clone(), id).is_some() {
                return Err("has the name of another");
            }
            restored_attribute(attribute, &universes)
        })?;
        add_companions(&mut attributes, optional);
        within("attribute", attributes.len())?;
        for (number, node) in saved.conditions.iter().enumerate() {
            check_condition(node, number, &attributes).map_err(|fault| InvalidModel {
                part: "condition",
                number,
                fault,
            })?;
        }
        let references = References { conditions: saved.conditions.len(), files: saved.files };
        let rules = each("rule", saved.rules, |rule| references.rule(rule))?;
        let lookups = each("lookup", saved.lookups, |lookup| Ok(Arc::new(restored_lookup(lookup)?)))?;
        let mut written = BTreeMap::new();
        each("text", saved.written, |text| {
            references.check([text.condition])?;
            let (id, text) = restored_text(text, &lookups, &attributes)?;
            if written.insert(id, text).is_some() { Err("is the second one of a condition") } else { Ok(()) }
        })?;
        Ok(Self {
            name: saved.name,
            version: saved.version,
            source: saved.source,
            attributes,
            rules,
            proofs: Vec::new(),
            tests: Vec::new(),
            examples: Vec::new(),
            conditions: saved.conditions.into(),
            written,
            limits: saved.limits.bounded(),
            by_name,
        })
    }
}

/// Restores all parts of a kind. Returns the error of the first invalid one.
fn each<S, T>(
    part: &'static str,
    saved: Vec<S>,
    mut restored: impl FnMut(S) -> Result<T, Fault>,
) -> Result<Vec<T>, InvalidModel> {
    let one = |(number, saved)| restored(saved).map_err(|fault| InvalidModel { part, number, fault });
    saved.into_iter().enumerate().map(one).collect()
}

impl SavedLimits {
    /// Returns the limits, each capped at its default, so that a hostile model cannot ask for longer searches.
    fn bounded(self) -> Limits {
        let lesser = |saved: u64, most: usize| usize::try_from(saved).unwrap_or(most).min(most);
        let mut limits = Limits::default();
        limits.search_steps = lesser(self.search_steps, limits.search_steps);
        limits.representatives = lesser(self.representatives, limits.representatives);
        limits.related_representatives = lesser(self.related_representatives, limits.related_representatives);
        limits
    }
}

/// Checks that taxonomies have different names, because types are compared by the name of their taxonomy.
fn check_names(universes: &[Universe]) -> Result<(), InvalidModel> {
    let mut names: HashSet<&str> = HashSet::new();
    for (number, universe) in universes.iter().enumerate() {
        if let Universe::Taxonomy(taxonomy) = universe
            && !names.insert(&taxonomy.name)
        {
            return Err(InvalidModel { part: "universe", number, fault: "has the name of another" });
        }
    }
    Ok(())
}

/// Restores an enum or a taxonomy.
fn universe(saved: SavedUniverse) -> Result<Universe, Fault> {
    let names = match &saved {
        SavedUniverse::Enum(names) => names.len(),
        SavedUniverse::Taxonomy { leaves, .. } => leaves.len(),
    };
    if names == 0 || names >= MAX_ITEMS {
        return Err("is empty, or larger than numbers reach");
    }
    match saved {
        SavedUniverse::Enum(declared) => {
            let mut sorted = declared.clone();
            sorted.sort_unstable();
            if sorted.is_sorted_by(|a, b| a < b) {
                Ok(Universe::Enum(Arc::new(Enum { declared, sorted })))
            } else {
                Err(REPEATED)
            }
        }
        SavedUniverse::Taxonomy { name, leaves, categories } => {
            let own = leaves.iter().cloned().zip(0..).map(|(name, leaf)| (name, leaf, leaf + 1, true));
            let inner = categories.into_iter().map(|(name, first, end)| (name, first, end, false));
            let mut nodes = HashMap::with_capacity(leaves.len());
            for (name, first, end, is_leaf) in own.chain(inner) {
                if first >= end || end as usize > leaves.len() {
                    return Err("has a node with unknown leaves");
                }
                let node = Node { first, end, is_leaf, span: Span::default() };
                if nodes.insert(name, node).is_some() {
                    return Err(REPEATED);
                }
            }
            Ok(Universe::Taxonomy(Arc::new(Taxonomy { name, leaves, nodes })))
        }
    }
}

const REPEATED: Fault = "has a name twice";

/// Restores an attribute.
fn restored_attribute(saved: SavedAttribute, universes: &[Universe]) -> Result<Attribute, Fault> {
    if saved.name.is_empty() {
        return Err("has no name");
    }
    let symbols =
        |number: u32| universes.get(number as usize).cloned().ok_or("refers to an unknown universe");
    let kind = match saved.kind {
        SavedType::Bool => Type::Bool,
        SavedType::Int(low, high) if low > high => return Err(EMPTY),
        SavedType::Int(low, high) => Type::Int(low, high),
        SavedType::Number(low, high) => {
            if !(low.is_finite() && high.is_finite() && low <= high) {
                return Err(EMPTY);
            }
            Type::Number(low, high)
        }
        SavedType::String => Type::String,
        SavedType::Symbol(number) => Type::Symbol(symbols(number)?),
        SavedType::Set { of: None, may_be_empty } => Type::Set { of: Members::Texts, may_be_empty },
        SavedType::Set { of: Some(number), may_be_empty } => {
            Type::Set { of: Members::Symbols(symbols(number)?), may_be_empty }
        }
        SavedType::Date => Type::Date,
        SavedType::Time => Type::Time,
        SavedType::Duration => Type::Duration,
    };
    if saved.is_optional && matches!(kind, Type::Set { .. }) {
        return Err("is an optional set");
    }
    if let Presence::Default(value) = &saved.presence
        && check_value(&kind, value).is_some()
        && !(saved.is_optional && *value == Value::None)
    {
        return Err("has a default that is not in its domain");
    }
    Ok(Attribute {
        name: saved.name,
        kind,
        presence: saved.presence,
        documentation: String::new(),
        span: Span::default(),
        none: None,
        companion_of: None,
    })
}

const EMPTY: Fault = "has a range that ends before it begins, or beyond all numbers";

/// Restores a lookup.
fn restored_lookup(saved: SavedLookup) -> Result<Lookup, Fault> {
    if saved.cases.iter().any(|(keys, _)| matches!(keys, Collection::Like(_))) {
        return Err("has a pattern as its key");
    }
    Ok(Lookup { name: saved.name, cases: saved.cases, otherwise: saved.otherwise })
}

/// Restores the text of a condition.
fn restored_text(
    saved: SavedWritten,
    lookups: &[Arc<Lookup>],
    attributes: &[Attribute],
) -> Result<(ConditionId, Written), Fault> {
    let call = |(lookup, key): (u32, AttributeId)| {
        let lookup = lookups.get(lookup as usize).ok_or("refers to an unknown lookup")?;
        let attribute = attributes.get(key.index()).ok_or("refers to an unknown attribute")?;
        let fits = |keys: &Collection| match (keys, &attribute.kind) {
            (Collection::Symbols(symbols), Type::Symbol(universe)) => symbols.bound() == universe.len(),
            (Collection::Texts(_), Type::String) => true,
            _ => false,
        };
        if !lookup.cases.iter().all(|(keys, _)| fits(keys)) {
            return Err("has a key of another type than its lookup");
        }
        Ok(LookupCall { lookup: lookup.clone(), key })
    };
    let calls = saved.calls.into_iter().map(call).collect::<Result<_, Fault>>()?;
    Ok((saved.condition, Written { text: saved.text, calls }))
}

/// The bounds of the references in rules.
struct References {
    /// The number of conditions.
    conditions: usize,
    files: Vec<Arc<str>>,
}

impl References {
    /// Restores a rule.
    fn rule(&self, saved: SavedRule) -> Result<Rule, Fault> {
        self.check([saved.guard, saved.when, saved.fires])?;
        self.check(saved.obligations.iter().map(|obligation| obligation.when))?;
        Ok(Rule {
            name: saved.name,
            effect: saved.effect,
            guard: saved.guard,
            when: saved.when,
            exceptions: self.exceptions(saved.exceptions)?,
            fires: saved.fires,
            cites: saved.cites,
            because: saved.because,
            basis: saved.basis,
            obligations: saved.obligations,
            documentation: String::new(),
            location: self.location(saved.location)?,
            span: Span::default(),
        })
    }

    /// Checks that conditions exist.
    fn check(&self, ids: impl IntoIterator<Item = ConditionId>) -> Result<(), Fault> {
        let known = ids.into_iter().all(|id| id.index() < self.conditions);
        if known { Ok(()) } else { Err("refers to an unknown condition") }
    }

    /// Restores a source location.
    fn location(&self, saved: SavedLocation) -> Result<SourceLocation, Fault> {
        let file = self.files.get(saved.file as usize).ok_or("is in an unknown file")?;
        Ok(SourceLocation { file: file.clone(), line: saved.line })
    }

    /// Restores the tree of a rule's exceptions from the flattened list.
    fn exceptions(&self, saved: Vec<SavedException>) -> Result<Vec<Exception>, Fault> {
        check_nesting(&saved)?;
        let mut inner: Vec<Vec<Exception>> = saved.iter().map(|_| Vec::new()).collect();
        let mut outermost = Vec::new();
        // Inner exceptions come after their outer one. Going backwards, each exception is complete before it moves into
        // its outer one. Lists grow in reverse and are reversed once they are complete.
        for saved in saved.into_iter().rev() {
            self.check([saved.when, saved.holds])?;
            let mut own = inner.pop().unwrap_or_default();
            own.reverse();
            let exception = Exception {
                name: saved.name,
                when: saved.when,
                exceptions: own,
                holds: saved.holds,
                location: self.location(saved.location)?,
                span: Span::default(),
            };
            let siblings = match saved.of {
                None => Some(&mut outermost),
                Some(outer) => inner.get_mut(outer as usize),
            };
            siblings.ok_or(DISORDERED)?.push(exception);
        }
        outermost.reverse();
        Ok(outermost)
    }
}

const DISORDERED: Fault = "has an exception to something that isn't listed before it";

/// Checks the nesting depth of exceptions, because formatting and dropping them is recursive.
fn check_nesting(saved: &[SavedException]) -> Result<(), Fault> {
    let mut depths: Vec<usize> = Vec::with_capacity(saved.len());
    for exception in saved {
        let depth = match exception.of {
            None => 1,
            Some(outer) => depths.get(outer as usize).ok_or(DISORDERED)? + 1,
        };
        if depth > Limits::MAX_NESTING {
            return Err("has exceptions nested too deeply");
        }
        depths.push(depth);
    }
    Ok(())
}
