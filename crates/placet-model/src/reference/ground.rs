//! Open conditions over representatives: which attributes they tie together, and what stands for their domains.

use super::formula::{Formula, Formulas, Variable};
use super::{ordered, symbols};
use crate::bits::BitSet;
use crate::condition::{Atom, Collection, Condition, ConditionId};
use crate::policy::Model;
use crate::request::{Facts, Given, Request};
use crate::types::{AttributeId, Type};
use crate::value::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The open conditions of a policy beside some facts, as formulas.
pub(crate) struct Ground<'a> {
    pub(crate) model: &'a Model,
    pub(super) facts: &'a Facts,
    pub(crate) formulas: Formulas,
    /// What each variable stands for.
    meanings: Vec<(Variable, Meaning)>,
    /// For each set that may not be empty: that it is not.
    not_empty: BTreeMap<AttributeId, Formula>,
    /// The formula of each condition that has been asked for.
    known: HashMap<ConditionId, Formula>,
    atoms: HashMap<&'a Atom, Formula>,
    /// Two values of one attribute side by side are told apart, which `missing` asks for.
    pub(super) neighbours: bool,
    /// Conditions on two attributes were taken as independent of others on them.
    pub(crate) approximate: bool,
}

/// What a variable stands for.
pub(super) enum Meaning {
    /// The value of an attribute: one of these, each standing for those beside it, itself among them.
    Value(AttributeId, Vec<(Value, Vec<Value>)>),
    /// Whether a set has these members; all of them or none.
    Members(AttributeId, Collection),
    /// The truth of a condition that relates these attributes.
    Relation(Vec<AttributeId>),
    /// Whether an attribute that is not known yet stays missing, which says nothing of its value.
    Missing(AttributeId),
}

impl Meaning {
    fn attributes(&self) -> &[AttributeId] {
        match self {
            Meaning::Value(id, _) | Meaning::Members(id, _) | Meaning::Missing(id) => {
                std::slice::from_ref(id)
            }
            Meaning::Relation(ids) => ids,
        }
    }
}

impl<'a> Ground<'a> {
    /// Prepares the conditions below `roots` that `truths` leaves open. `neighbours` asks for representatives that
    /// also tell two values of one attribute apart, all else equal.
    pub(crate) fn new(
        model: &'a Model,
        facts: &'a Facts,
        truths: &[Option<bool>],
        roots: &[ConditionId],
        neighbours: bool,
        steps: usize,
    ) -> Self {
        let mut ground = Self {
            model,
            facts,
            formulas: Formulas::new(steps),
            meanings: Vec::new(),
            not_empty: BTreeMap::new(),
            known: HashMap::new(),
            atoms: HashMap::new(),
            neighbours,
            approximate: false,
        };
        let open = open_below(model, truths, roots);
        let atoms: Vec<&'a Atom> = open
            .iter()
            .filter_map(|id| match model.conditions.get(*id) {
                Condition::Atom(atom) => Some(atom),
                _ => None,
            })
            .collect();
        for atom in &atoms {
            if let Atom::Missing(id) = atom {
                let variable = ground.variable(2, Meaning::Missing(*id));
                let formula = ground.formulas.holds(variable);
                ground.set(atom, formula);
            }
        }
        for component in ground.components(&atoms) {
            ground.ground(&component);
        }
        for id in open {
            let formula = match model.conditions.get(id) {
                Condition::Constant(value) => constant(*value),
                // INVARIANT: every other open atom is in a component, since values are of their attributes' types.
                Condition::Atom(atom) => ground.atoms.get(atom).copied().unwrap_or(Formula::BEYOND),
                Condition::Not(inner) => {
                    let inner = ground.formula(truths, *inner);
                    ground.formulas.not(inner)
                }
                Condition::All(parts) => {
                    let parts: Vec<Formula> =
                        parts.iter().map(|part| ground.formula(truths, *part)).collect();
                    ground.formulas.all(parts)
                }
                Condition::Any(parts) => {
                    let parts: Vec<Formula> =
                        parts.iter().map(|part| ground.formula(truths, *part)).collect();
                    ground.formulas.any(parts)
                }
            };
            ground.known.insert(id, formula);
        }
        ground
    }

    /// The formula of a condition at or below the roots.
    pub(crate) fn formula(&self, truths: &[Option<bool>], id: ConditionId) -> Formula {
        match truths.get(id.index()).copied().flatten() {
            Some(value) => constant(value),
            // INVARIANT: `new` went through all open conditions below the roots, children first.
            None => self.known.get(&id).copied().unwrap_or(Formula::BEYOND),
        }
    }

    /// The attributes of an atom that are not known.
    pub(super) fn open_attributes(&self, atom: &Atom) -> Vec<AttributeId> {
        let mut all = atom.attributes();
        all.retain(|id| self.facts.value(*id).is_none());
        all
    }

    /// The atoms in groups that have no open attribute in common.
    fn components(&self, atoms: &[&'a Atom]) -> Vec<Component<'a>> {
        // The atoms tie attributes into trees: each attribute names its parent, a root itself.
        let mut parents: BTreeMap<AttributeId, AttributeId> = BTreeMap::new();
        let mut firsts: Vec<Option<AttributeId>> = Vec::with_capacity(atoms.len());
        for atom in atoms {
            let open = self.open_attributes(atom);
            let first = open.first().copied();
            for id in open {
                let (one, other) = (root(&mut parents, id), root(&mut parents, first.unwrap_or(id)));
                parents.insert(one, other);
            }
            firsts.push(first);
        }
        let mut places: BTreeMap<AttributeId, usize> = BTreeMap::new();
        let mut out: Vec<Component<'a>> = Vec::new();
        for (atom, first) in atoms.iter().zip(firsts) {
            let Some(first) = first else { continue };
            let place = *places.entry(root(&mut parents, first)).or_insert(out.len());
            if place == out.len() {
                out.push(Component { attributes: BTreeSet::new(), atoms: Vec::new() });
            }
            if let Some(component) = out.get_mut(place) {
                component.attributes.extend(self.open_attributes(atom));
                component.atoms.push(atom);
            }
        }
        out
    }

    fn ground(&mut self, component: &Component<'a>) {
        let first = component.attributes.first().and_then(|id| self.model.attribute(*id));
        let grounded = match first.map(|attribute| &attribute.kind) {
            Some(kind) if kind.ordinals().is_some() => ordered::ground(self, component),
            _ => symbols::ground(self, component),
        };
        if grounded.is_some() {
            return;
        }
        // The attributes' values need too many representatives together: each by itself, and the conditions that
        // relate them as facts of their own.
        self.approximate = true;
        let (related, single): (Vec<_>, Vec<_>) =
            component.atoms.iter().partition(|atom| self.open_attributes(atom).len() > 1);
        for atom in related {
            self.free(atom);
        }
        for attribute in &component.attributes {
            let own: Vec<&'a Atom> = single
                .iter()
                .copied()
                .filter(|atom| self.open_attributes(atom).contains(attribute))
                .collect();
            let alone = Component { attributes: BTreeSet::from([*attribute]), atoms: own };
            let kind = self.model.attribute(*attribute).map(|attribute| &attribute.kind);
            let grounded = match kind {
                Some(kind) if kind.ordinals().is_some() => ordered::ground(self, &alone),
                _ => symbols::ground(self, &alone),
            };
            if grounded.is_none() {
                alone.atoms.iter().for_each(|atom| self.free(atom));
            }
        }
    }

    /// Takes a condition as a fact of its own.
    pub(super) fn free(&mut self, atom: &'a Atom) {
        self.approximate = true;
        let variable = self.variable(2, Meaning::Relation(self.open_attributes(atom)));
        let formula = self.formulas.holds(variable);
        self.set(atom, formula);
    }

    pub(super) fn variable(&mut self, classes: usize, meaning: Meaning) -> Variable {
        let variable = self.formulas.variable(u32::try_from(classes).unwrap_or(u32::MAX));
        self.meanings.push((variable, meaning));
        variable
    }

    /// That the attribute's variable has one of the classes that a test lets through.
    pub(super) fn classes_where(
        &mut self,
        variable: Variable,
        count: usize,
        test: impl Fn(usize) -> bool,
    ) -> Formula {
        let bound = u32::try_from(count).unwrap_or(u32::MAX);
        let classes = BitSet::from_iter(bound, (0..bound).filter(|class| test(*class as usize)));
        self.formulas.in_classes(variable, classes)
    }

    pub(super) fn set(&mut self, atom: &'a Atom, formula: Formula) {
        self.atoms.insert(atom, formula);
    }

    pub(super) fn set_not_empty(&mut self, attribute: AttributeId, formula: Formula) {
        self.not_empty.insert(attribute, formula);
    }

    /// That the sets of which the formula speaks are not empty, where they can't be.
    pub(crate) fn side_condition(&mut self, formula: Formula) -> Formula {
        let parts: Vec<Formula> = self
            .attributes_of(formula)
            .into_iter()
            .filter_map(|attribute| self.not_empty.get(&attribute).copied())
            .collect();
        self.formulas.all(parts)
    }

    /// The attributes of which the formula speaks.
    pub(crate) fn attributes_of(&self, formula: Formula) -> BTreeSet<AttributeId> {
        self.formulas
            .variables(formula)
            .iter()
            .filter_map(|variable| self.meanings.get(variable.0 as usize))
            .flat_map(|(_, meaning)| meaning.attributes().iter().copied())
            .collect()
    }

    /// The variables that stand for each attribute, or for a relation of it.
    pub(crate) fn variables(&self) -> BTreeMap<AttributeId, Vec<Variable>> {
        let mut out: BTreeMap<AttributeId, Vec<Variable>> = BTreeMap::new();
        for (variable, meaning) in &self.meanings {
            for attribute in meaning.attributes() {
                out.entry(*attribute).or_default().push(*variable);
            }
        }
        out
    }

    /// Completes the facts' request by a solution: a value for each open attribute, the plainest where the solution
    /// leaves it open.
    pub(crate) fn completed(&self, solution: &[(Variable, u32)]) -> Request {
        let mut request = Request::new();
        let mut sets: BTreeMap<AttributeId, Value> = BTreeMap::new();
        let chosen: HashMap<Variable, u32> = solution.iter().copied().collect();
        for (variable, meaning) in &self.meanings {
            let class = chosen.get(variable).copied();
            match meaning {
                Meaning::Value(id, values) => {
                    let value = class.and_then(|class| values.get(class as usize)).or(values.first());
                    if let Some((value, _)) = value {
                        request.put_checked(*id, Given::Value(value.clone()));
                    }
                }
                Meaning::Members(id, members) if class == Some(1) => add_members(&mut sets, *id, members),
                Meaning::Members(..) | Meaning::Relation(_) | Meaning::Missing(_) => {}
            }
        }
        // A set that must not be empty takes what nothing was said of.
        for (variable, meaning) in &self.meanings {
            if let Meaning::Members(id, members) = meaning
                && !chosen.contains_key(variable)
                && !sets.contains_key(id)
                && self.not_empty.contains_key(id)
            {
                add_members(&mut sets, *id, members);
            }
        }
        for (id, set) in sets {
            request.put_checked(id, Given::Value(set));
        }
        for (id, attribute) in self.model.attribute_ids() {
            if request.get(id).is_none() {
                let value = self.facts.value(id).cloned().unwrap_or_else(|| plainest(&attribute.kind));
                request.put_checked(id, Given::Value(value));
            }
        }
        request
    }
}

fn add_members(sets: &mut BTreeMap<AttributeId, Value>, id: AttributeId, members: &Collection) {
    let added = match (sets.remove(&id), members) {
        (Some(Value::Symbols(set)), Collection::Symbols(more)) => Value::Symbols(set.union(more)),
        (Some(Value::Texts(set)), Collection::Texts(more)) => {
            Value::Texts(set.union(more).cloned().collect())
        }
        (_, Collection::Symbols(more)) => Value::Symbols(more.clone()),
        (_, Collection::Texts(more)) => Value::Texts(more.clone()),
    };
    sets.insert(id, added);
}

/// A value of the domain that nobody will wonder about.
fn plainest(kind: &Type) -> Value {
    use crate::types::Members;
    match kind {
        Type::Bool => Value::Bool(false),
        Type::String => Value::String("x".into()),
        Type::Symbol(_) => Value::Symbol(0),
        Type::Set { of: Members::Symbols(universe), may_be_empty } => {
            Value::Symbols(BitSet::from_iter(universe.len(), (!may_be_empty).then_some(0)))
        }
        Type::Set { of: Members::Texts, may_be_empty } => {
            Value::Texts((!may_be_empty).then(|| "x".into()).into_iter().collect())
        }
        ordered => {
            let (low, high) = ordered.ordinals().unwrap_or_default();
            let near_zero = 0_i64.clamp(low, high);
            Value::from_ordinal(ordered, near_zero).unwrap_or(Value::Bool(false))
        }
    }
}

fn constant(value: bool) -> Formula {
    if value { Formula::TRUE } else { Formula::FALSE }
}

/// The attribute that stands for all that are tied to this one. The way to it is halved, so that it stays short.
fn root(parents: &mut BTreeMap<AttributeId, AttributeId>, mut id: AttributeId) -> AttributeId {
    loop {
        let parent = *parents.entry(id).or_insert(id);
        let next = *parents.entry(parent).or_insert(parent);
        if parent == id {
            return parent;
        }
        parents.insert(id, next);
        id = next;
    }
}

/// Atoms that have open attributes in common, directly or by way of others.
pub(super) struct Component<'a> {
    pub(super) attributes: BTreeSet<AttributeId>,
    pub(super) atoms: Vec<&'a Atom>,
}

/// The conditions at and below the roots that are open, children before parents.
fn open_below(model: &Model, truths: &[Option<bool>], roots: &[ConditionId]) -> Vec<ConditionId> {
    let is_open = |id: &ConditionId| truths.get(id.index()).copied().flatten().is_none();
    let mut seen: BTreeSet<ConditionId> = BTreeSet::new();
    let mut todo: Vec<ConditionId> = roots.iter().copied().filter(is_open).collect();
    while let Some(id) = todo.pop() {
        if !seen.insert(id) {
            continue;
        }
        match model.conditions.get(id) {
            Condition::Not(inner) => todo.extend(Some(*inner).filter(is_open)),
            Condition::All(parts) | Condition::Any(parts) => {
                todo.extend(parts.iter().copied().filter(is_open))
            }
            Condition::Constant(_) | Condition::Atom(_) => {}
        }
    }
    seen.into_iter().collect()
}

/// A part of an attribute's domain within which the policy tells no values apart.
#[derive(Debug, Clone)]
pub struct Region {
    /// A value in it.
    pub value: Value,
    /// What lies in it.
    pub extent: Extent,
}

/// What lies in a region.
#[derive(Debug, Clone)]
pub enum Extent {
    /// The ordered values from the first to the last.
    Interval(Value, Value),
    /// These values.
    Values(Vec<Value>),
    /// Texts of which this is an example.
    Like(Value),
}

/// The regions of an attribute that is not known, beside the facts: what each possible value would lead to is the
/// decision with the region's value. For a set, the sets of one region of members. Empty where nothing hangs on it.
pub fn regions(model: &Model, facts: &Facts, attribute: AttributeId) -> Vec<Region> {
    let truths = super::truth::truths(model, facts);
    let roots: Vec<ConditionId> = model.rules.iter().map(|rule| rule.fires).collect();
    let ground = Ground::new(model, facts, &truths, &roots, false, 0);
    let Some(kind) = model.attribute(attribute).map(|attribute| &attribute.kind) else { return Vec::new() };
    let mut out = Vec::new();
    for (_, meaning) in &ground.meanings {
        match meaning {
            Meaning::Value(id, values) if *id == attribute => {
                out.extend(values.iter().map(|(value, all)| Region {
                    extent: match value {
                        Value::String(text) if !is_mentioned(model, text) => Extent::Like(value.clone()),
                        _ => Extent::Values(all.clone()),
                    },
                    value: value.clone(),
                }));
            }
            Meaning::Members(id, members) if *id == attribute => {
                let value = match members {
                    Collection::Symbols(set) => Value::Symbols(set.clone()),
                    Collection::Texts(set) => Value::Texts(set.clone()),
                };
                out.push(Region { extent: Extent::Values(vec![value.clone()]), value });
            }
            _ => {}
        }
    }
    if kind.ordinals().is_some() {
        to_intervals(kind, &mut out);
    }
    out
}

/// Whether a condition of the policy names the text.
fn is_mentioned(model: &Model, text: &str) -> bool {
    model.conditions.nodes().iter().any(|node| match node {
        Condition::Atom(Atom::TextIn(_, texts)) => texts.contains(text),
        Condition::Atom(
            Atom::AnyIn(_, Collection::Texts(texts))
            | Atom::AllIn(_, Collection::Texts(texts))
            | Atom::Exactly(_, Collection::Texts(texts)),
        ) => texts.contains(text),
        _ => false,
    })
}

/// Ordered representatives begin their regions: each reaches to the next.
fn to_intervals(kind: &Type, regions: &mut [Region]) {
    regions.sort_by_key(|region| region.value.ordinal());
    let (_, last) = kind.ordinals().unwrap_or_default();
    let ends: Vec<i64> = regions
        .iter()
        .skip(1)
        .filter_map(|region| region.value.ordinal())
        .map(|start| start.saturating_sub(1))
        .chain([last])
        .collect();
    for (region, end) in regions.iter_mut().zip(ends) {
        if let Some(end) = Value::from_ordinal(kind, end) {
            region.extent = Extent::Interval(region.value.clone(), end);
        }
    }
}
