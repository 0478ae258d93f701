//! Grounding: writes unknown conditions as formulas over representatives of the attributes' values.
//!
//! Conditions that share unknown attributes form a component. Each component is grounded by `ordered` or `symbols` over
//! representatives, or by `related` over intervals of sums, whose consistency the theory checks during the search.

use super::formula::{BEYOND, Exhausted, Formula, Formulas, Variable, constant};
use super::{ordered, related, symbols};
use crate::bits::BitSet;
use crate::condition::{Atom, Condition, ConditionId};
use crate::policy::Model;
use crate::request::{Assignment, AttributeInput, Request};
use crate::theory::{Theory, TheoryError};
use crate::types::AttributeId;
use crate::value::Value;
use placet_core::dag::Truths;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The unknown conditions of a policy under some facts, as formulas.
pub(crate) struct Ground<'a> {
    pub(crate) model: &'a Model,
    pub(super) facts: &'a Assignment,
    pub(crate) formulas: Formulas,
    /// The meaning of each variable.
    meanings: Vec<(Variable, Meaning)>,
    /// For each set whose type excludes the empty set, the formula that it has a member.
    not_empty: BTreeMap<AttributeId, Formula>,
    /// The formula of each unknown condition below the roots.
    known: HashMap<ConditionId, Formula>,
    /// The unknown attributes of the unknown conditions, including conditions beyond the room.
    open_attributes: BTreeSet<AttributeId>,
    atoms: HashMap<&'a Atom, Formula>,
    /// The conditions that were made independent variables.
    relaxed: Vec<&'a Atom>,
    /// The theory of bounds, for ordered attributes that conditions relate.
    pub(super) theory: Theory,
    /// Formulas that exclude combinations of classes that the theory found inconsistent.
    lemmas: Vec<Formula>,
    /// The purpose that the representatives serve.
    purpose: Purpose,
}

/// The purpose for which unknown conditions are grounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Finds completions, including pairs that differ in one attribute only.
    Decision,
    /// Finds completions.
    Proof,
    /// Lists the distinguishable values of an attribute, as few as possible.
    Classes,
}

/// The meaning of a variable.
pub(super) enum Meaning {
    /// The value of an attribute: one of these representatives, each with all the values that it represents.
    Value(AttributeId, Vec<(Value, Vec<Value>)>),
    /// True if a set has these members. It has all of them or none.
    Members(AttributeId, Value),
    /// The truth of a condition that relates these attributes.
    Relation(Vec<AttributeId>),
    /// True if a pending attribute stays missing. This doesn't constrain its value.
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
    /// Grounds the conditions below `roots` that are unknown in `truths`.
    pub(crate) fn new(
        model: &'a Model,
        facts: &'a Assignment,
        truths: &Truths,
        roots: &[ConditionId],
        purpose: Purpose,
        steps: usize,
    ) -> Self {
        let mut ground = Self::empty(model, facts, purpose, steps);
        let is_open = |id| truths.get(id).is_none();
        let open = model.conditions.below_while(roots.iter().copied(), is_open);
        let atoms: Vec<&'a Atom> = open.iter().filter_map(|id| model.conditions.get(*id).as_leaf()).collect();
        for atom in &atoms {
            ground.open_attributes.extend(ground.open_attributes(atom));
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
                // INVARIANT: every other unknown atom is in a component, since values have their attributes' types.
                Condition::Leaf(atom) => ground.atoms.get(atom).copied().unwrap_or(BEYOND),
                node => {
                    let node = node.with_parts(|part| Some(ground.formula(truths, part)));
                    node.map_or(BEYOND, |node| ground.formulas.simplified(node))
                }
            };
            ground.known.insert(id, formula);
        }
        ground
    }

    fn empty(model: &'a Model, facts: &'a Assignment, purpose: Purpose, steps: usize) -> Self {
        Self {
            model,
            facts,
            formulas: Formulas::new(steps),
            meanings: Vec::new(),
            not_empty: BTreeMap::new(),
            known: HashMap::new(),
            open_attributes: BTreeSet::new(),
            atoms: HashMap::new(),
            relaxed: Vec::new(),
            theory: Theory::default(),
            lemmas: Vec::new(),
            purpose,
        }
    }

    /// Returns the formula of a condition at or below the roots.
    pub(crate) fn formula(&self, truths: &Truths, id: ConditionId) -> Formula {
        match truths.get(id) {
            Some(value) => constant(value),
            // INVARIANT: `new` visited all unknown conditions below the roots, children first.
            None => self.known.get(&id).copied().unwrap_or(BEYOND),
        }
    }

    /// Returns the unknown attributes of an atom.
    pub(super) fn open_attributes(&self, atom: &Atom) -> Vec<AttributeId> {
        let mut all = atom.attributes();
        all.retain(|id| self.facts.value(*id).is_none());
        all
    }

    /// Splits the atoms into groups without common unknown attributes.
    fn components(&self, atoms: &[&'a Atom]) -> Vec<Component<'a>> {
        // Union-find: each attribute points to its parent, a root to itself.
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

    /// Returns true if neighbouring values of one attribute must be distinguished, which `missing` needs.
    pub(super) fn asks_for_neighbours(&self) -> bool {
        self.purpose == Purpose::Decision
    }

    fn ground(&mut self, component: &Component<'a>) {
        let (related, single): (Vec<_>, Vec<_>) =
            component.atoms.iter().copied().partition(|atom| self.open_attributes(atom).len() > 1);
        let by_bounds = !related.is_empty()
            && self.purpose != Purpose::Classes
            && related.iter().all(|atom| related::relation(self, atom).is_some());
        let first = component.attributes.first().and_then(|id| self.model.attribute(*id));
        let grounded = match first.map(|attribute| &attribute.kind) {
            _ if by_bounds => None,
            Some(kind) if kind.ordinals().is_some() => ordered::ground(self, component),
            _ => symbols::ground(self, component),
        };
        if grounded.is_some() {
            return;
        }
        // Either the theory of bounds relates the attributes, or they need too many representatives together. So ground
        // each attribute by itself, and relate them by the theory or else by independent variables.
        related::ground(self, &related);
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
            match grounded {
                Some(()) => self.add_intervals(*attribute),
                None => alone.atoms.iter().for_each(|atom| self.relax(atom)),
            }
        }
    }

    /// Adds an attribute's own classes to the theory, if the theory contains the attribute.
    fn add_intervals(&mut self, attribute: AttributeId) {
        // From the back: a grounding of the whole component that failed midway may have left an older variable.
        let own = self.meanings.iter().rev().find_map(|(variable, meaning)| match meaning {
            Meaning::Value(id, values) if *id == attribute => Some((*variable, values)),
            _ => None,
        });
        if let Some((variable, values)) = own {
            // Each value begins an interval.
            let cuts = values.iter().skip(1).filter_map(|(value, _)| value.ordinal());
            self.theory.add_value(variable.0, attribute, cuts);
        }
    }

    /// Returns the attributes of a condition that became an independent variable, and those of another condition that
    /// shares some of them.
    pub(crate) fn entangled(&self) -> Vec<Vec<AttributeId>> {
        let shares = |one: &Atom, other: &Atom| {
            let own = one.attributes();
            one != other && other.attributes().iter().any(|id| own.contains(id))
        };
        let pairs = self.relaxed.iter().flat_map(|one| {
            let others = self.atoms.keys().filter(|other| shares(one, other));
            // Ties go to the first in order, so that the result is deterministic.
            others
                .max_by_key(|other| (other.attributes().len(), std::cmp::Reverse(**other)))
                .map(|other| (*one, *other))
        });
        let first = pairs.take(1);
        first.flat_map(|(one, other)| [one.attributes(), other.attributes()]).collect()
    }

    /// Makes a condition an independent variable, which relaxes the problem.
    pub(super) fn relax(&mut self, atom: &'a Atom) {
        self.relaxed.push(atom);
        let variable = self.variable(2, Meaning::Relation(self.open_attributes(atom)));
        let formula = self.formulas.holds(variable);
        self.set(atom, formula);
    }

    pub(super) fn variable(&mut self, classes: usize, meaning: Meaning) -> Variable {
        let variable = self.formulas.variable(u32::try_from(classes).unwrap_or(u32::MAX));
        self.meanings.push((variable, meaning));
        variable
    }

    /// Returns the formula that the variable has one of the classes that pass a test.
    pub(super) fn classes_where(
        &mut self,
        variable: Variable,
        count: usize,
        test: impl Fn(usize) -> bool,
    ) -> Formula {
        if !self.formulas.has_room(count) {
            return BEYOND;
        }
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

    /// Returns the formula that the sets in a formula are not empty if their type excludes the empty set.
    pub(crate) fn side_condition(&mut self, formula: Formula) -> Formula {
        if !self.formulas.has_room(self.formulas.variables(formula).len()) {
            return BEYOND;
        }
        let parts: Vec<Formula> = self
            .attributes_of(formula)
            .into_iter()
            .filter_map(|attribute| self.not_empty.get(&attribute).copied())
            .collect();
        self.formulas.all(parts)
    }

    /// Returns true if the formula contains a condition that became an independent variable. A solution may then match
    /// no request.
    pub(crate) fn is_relaxed(&self, formula: Formula) -> bool {
        self.formulas.variables(formula).iter().any(|variable| {
            let meaning = self.meanings.get(variable.0 as usize).map(|(_, meaning)| meaning);
            matches!(meaning, Some(Meaning::Relation(_))) && !self.theory.contains(variable.0)
        })
    }

    /// Returns the attributes in a formula.
    pub(crate) fn attributes_of(&self, formula: Formula) -> BTreeSet<AttributeId> {
        self.formulas
            .variables(formula)
            .iter()
            .filter_map(|variable| self.meanings.get(variable.0 as usize))
            .flat_map(|(_, meaning)| meaning.attributes().iter().copied())
            .collect()
    }

    /// Returns true if some completion satisfies the formula.
    pub(crate) fn is_possible(&mut self, formula: Formula) -> Result<bool, Exhausted> {
        let side = self.side_condition(formula);
        self.solved([formula, side]).map(|solution| solution.is_some())
    }

    /// Returns a completion that satisfies the formula, with plain values where possible.
    pub(crate) fn solution(&mut self, formula: Formula) -> Result<Option<Solution>, Exhausted> {
        let side = self.side_condition(formula);
        let Some(mut solution) = self.solved([formula, side])? else { return Ok(None) };
        let choice = solution.choice();
        let model = self.model;
        let wanted = |id: AttributeId| {
            let kind = model.attribute(id).map(|attribute| &attribute.kind);
            kind.and_then(|kind| kind.plain_value().ordinal()).unwrap_or_default()
        };
        if let Some(ordinals) = self.theory.near(&choice, wanted, self.formulas.steps_left()) {
            solution.ordinals = ordinals;
        }
        Ok(Some(solution))
    }

    fn solved(&mut self, parts: [Formula; 2]) -> Result<Option<Solution>, Exhausted> {
        let formula = self.formulas.all(parts);
        loop {
            if !self.formulas.has_room(self.lemmas.len()) {
                return Err(Exhausted);
            }
            let lemmas = self.lemmas_about(formula);
            let all = self.formulas.all(lemmas.into_iter().chain([formula]));
            if !self.formulas.is_satisfiable(all)? {
                return Ok(None);
            }
            let classes = self.formulas.solution(all)?;
            let solution = Solution { classes, ordinals: Vec::new() };
            match self.theory.check(&solution.choice(), self.formulas.steps_left()) {
                Ok(ordinals) => return Ok(Some(Solution { ordinals, ..solution })),
                Err(TheoryError::Exhausted) => return Err(Exhausted),
                Err(TheoryError::Conflict(conflict)) => {
                    let parts: Vec<Formula> = conflict
                        .into_iter()
                        .map(|(variable, classes)| {
                            let variable = Variable(variable);
                            self.formulas.outside(variable, classes)
                        })
                        .collect();
                    // Each round excludes at least the choice that the theory refuted. Lemmas are kept: a conflict
                    // holds for later queries too.
                    let lemma = self.formulas.any(parts);
                    self.lemmas.push(lemma);
                }
            }
        }
    }

    /// Returns the lemmas whose variables all occur in the formula. The others can't exclude any of its solutions.
    fn lemmas_about(&self, formula: Formula) -> Vec<Formula> {
        let spoken = self.formulas.variables(formula);
        let is_about = |lemma: &Formula| {
            self.formulas.variables(*lemma).iter().all(|variable| spoken.binary_search(variable).is_ok())
        };
        self.lemmas.iter().copied().filter(is_about).collect()
    }

    /// Returns the attributes that any formula may contain.
    pub(crate) fn open_attributes_of_all(&self) -> BTreeSet<AttributeId> {
        self.open_attributes.clone()
    }

    /// Returns true if two completions that differ in the attribute alone make the formula differ.
    pub(crate) fn depends_on(&mut self, formula: Formula, id: AttributeId) -> Result<bool, Exhausted> {
        let side = self.side_condition(formula);
        if formula == BEYOND || side == BEYOND {
            return Err(Exhausted);
        }
        let spoken = self.formulas.variables(formula).to_vec();
        let is_related = spoken.iter().any(|variable| self.theory.contains(variable.0));
        let is_own = |variable: &Variable| {
            let meaning = self.meanings.get(variable.0 as usize).map(|(_, meaning)| meaning);
            meaning.is_some_and(|meaning| meaning.attributes().contains(&id))
        };
        let own: Vec<Variable> = spoken.into_iter().filter(is_own).collect();
        // Variables that the theory relates change together, since they depend on the same value.
        let (together, alone): (Vec<Variable>, Vec<Variable>) =
            own.into_iter().partition(|variable| self.theory.contains(variable.0));
        for variable in alone {
            let differs = if is_related {
                self.differs(formula, side, id, &[variable])?
            } else {
                self.formulas.depends_on(formula, variable, side)?
            };
            if differs {
                return Ok(true);
            }
        }
        Ok(!together.is_empty() && self.differs(formula, side, id, &together)?)
    }

    /// Returns true if a completion satisfies the formula, and another doesn't in which some variables of one attribute
    /// have other classes.
    fn differs(
        &mut self,
        formula: Formula,
        side: Formula,
        id: AttributeId,
        variables: &[Variable],
    ) -> Result<bool, Exhausted> {
        let twins: BTreeMap<Variable, Variable> =
            variables.iter().map(|variable| (*variable, self.formulas.twin(*variable))).collect();
        self.theory.add_twin(id, twins.iter().map(|(variable, twin)| (variable.0, twin.0)));
        let other = self.formulas.renamed(formula, &twins)?;
        let other_side = self.formulas.renamed(side, &twins)?;
        let not_other = self.formulas.not(other);
        let differs = self.formulas.all([formula, not_other]);
        let sides = self.formulas.all([side, other_side]);
        Ok(self.solved([differs, sides])?.is_some())
    }

    /// Completes the request by a solution. Attributes that the solution leaves free get a plain value.
    pub(crate) fn completed(&self, solution: &Solution) -> Request {
        let mut request = Request::new();
        let mut sets: BTreeMap<AttributeId, Value> = BTreeMap::new();
        let chosen: HashMap<Variable, u32> = solution.classes.iter().copied().collect();
        for (variable, meaning) in &self.meanings {
            let class = chosen.get(variable).copied();
            match meaning {
                Meaning::Value(id, values) => {
                    let value = class.and_then(|class| values.get(class as usize)).or(values.first());
                    if let Some((value, _)) = value {
                        request.put_checked(*id, AttributeInput::Value(value.clone()));
                    }
                }
                Meaning::Members(id, members) if class == Some(1) => add_members(&mut sets, *id, members),
                Meaning::Members(..) | Meaning::Relation(_) | Meaning::Missing(_) => {}
            }
        }
        // A set that must not be empty takes members that the solution leaves free.
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
            request.put_checked(id, AttributeInput::Value(set));
        }
        for (id, ordinal) in &solution.ordinals {
            let kind = self.model.attribute(*id).map(|attribute| &attribute.kind);
            if let Some(value) = kind.and_then(|kind| Value::from_ordinal(kind, *ordinal)) {
                request.put_checked(*id, AttributeInput::Value(value));
            }
        }
        for (id, attribute) in self.model.attribute_ids() {
            if request.get(id).is_none() {
                let value = self.facts.value(id).cloned().unwrap_or_else(|| attribute.kind.plain_value());
                request.put_checked(id, AttributeInput::Value(value));
            }
        }
        request.folded(self.model)
    }
}

/// Classes that satisfy a formula; variables left out may have any class.
pub(crate) struct Solution {
    classes: Vec<(Variable, u32)>,
    /// Ordinals of the attributes that conditions relate, which lie in these classes.
    ordinals: Vec<(AttributeId, i64)>,
}

impl Solution {
    /// Returns the classes with the numbers of their variables.
    fn choice(&self) -> Vec<(u32, u32)> {
        self.classes.iter().map(|(variable, class)| (variable.0, *class)).collect()
    }
}

fn add_members(sets: &mut BTreeMap<AttributeId, Value>, id: AttributeId, members: &Value) {
    let added = match (sets.remove(&id), members) {
        (Some(Value::Symbols(set)), Value::Symbols(more)) => Value::Symbols(set.union(more)),
        (Some(Value::Texts(set)), Value::Texts(more)) => Value::Texts(set.union(more).cloned().collect()),
        (_, members) => members.clone(),
    };
    sets.insert(id, added);
}

/// Returns the root of an attribute's tree. Path halving keeps the trees flat.
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

/// Atoms that share unknown attributes, directly or through other atoms.
pub(super) struct Component<'a> {
    pub(super) attributes: BTreeSet<AttributeId>,
    pub(super) atoms: Vec<&'a Atom>,
}

/// The step limit of a grounding that only lists classes: it bounds the conditions that are grounded.
const CLASS_STEPS: usize = 1 << 22;

/// Returns values of an attribute that is not known, one from each class that conditions can tell apart, given the
/// facts; for a set, a set of each class of members. Ordered values are in ascending order, and each begins its class.
/// Empty if no condition depends on the attribute.
pub fn representatives(model: &Model, facts: &Assignment, attribute: AttributeId) -> Vec<Value> {
    representatives_of(model, facts, &[attribute]).remove(&attribute).unwrap_or_default()
}

/// Like [`representatives`], of several attributes at once. Those that no condition depends on are left out.
///
/// Cost: one evaluation of all conditions, and a listing of the classes of these attributes and of those that conditions
/// relate to them.
pub fn representatives_of(
    model: &Model,
    facts: &Assignment,
    attributes: &[AttributeId],
) -> BTreeMap<AttributeId, Vec<Value>> {
    let roots = model.rules.iter().map(|rule| rule.fires);
    let classes = classes_of(model, facts, attributes, &open_atoms(model, facts, roots));
    let values = |classes: AttributeClasses| classes.values.into_iter().map(|(value, _)| value).collect();
    classes.into_iter().map(|(id, classes)| (id, values(classes))).collect()
}

/// The classes of values of an attribute that conditions can tell apart.
#[derive(Debug, Clone, Default)]
pub struct AttributeClasses {
    /// A value of each class, with all of its values if these are symbols; for a set, each class of members as a set.
    /// Ordered values are in ascending order, and each begins its class.
    pub values: Vec<(Value, Vec<Value>)>,
    /// The unknown attributes that conditions relate to it, directly or through others, itself included.
    pub related: BTreeSet<AttributeId>,
    /// True if conditions relate it in a way whose boundaries can't be listed: values of one class may then differ.
    pub is_coarse: bool,
}

/// Returns the comparisons below some conditions whose truth the facts don't determine.
///
/// Cost: one evaluation of these conditions.
pub fn open_atoms<'m>(
    model: &'m Model,
    facts: &Assignment,
    roots: impl Iterator<Item = ConditionId> + Clone,
) -> Vec<&'m Atom> {
    let truths = super::truth::truths_below(model, facts, roots.clone());
    let open = model.conditions.below_while(roots, |id| truths.get(id).is_none());
    open.iter().filter_map(|id| model.conditions.get(*id).as_leaf()).collect()
}

/// Returns the classes of some attributes that these comparisons tell apart, given the facts. Attributes in none of them
/// are left out.
///
/// Cost: a listing of the classes of these attributes and of those that comparisons relate to them.
pub fn classes_of<'m>(
    model: &'m Model,
    facts: &'m Assignment,
    attributes: &[AttributeId],
    atoms: &[&'m Atom],
) -> BTreeMap<AttributeId, AttributeClasses> {
    let mut ground = Ground::empty(model, facts, Purpose::Classes, CLASS_STEPS);
    let mut out: BTreeMap<AttributeId, AttributeClasses> = BTreeMap::new();
    for component in ground.components(atoms) {
        if !attributes.iter().any(|id| component.attributes.contains(id)) {
            continue;
        }
        let known = ground.meanings.len();
        ground.ground(&component);
        let found = ground.meanings.get(known..).unwrap_or_default();
        let is_coarse = found.iter().any(|(_, meaning)| matches!(meaning, Meaning::Relation(_)));
        for id in attributes.iter().filter(|id| component.attributes.contains(id)) {
            let mut values: Vec<(Value, Vec<Value>)> = Vec::new();
            for (_, meaning) in found {
                match meaning {
                    Meaning::Value(own, all) if own == id => values.extend(all.iter().cloned()),
                    Meaning::Members(own, members) if own == id => values.push((members.clone(), Vec::new())),
                    _ => {}
                }
            }
            values.sort_by_key(|(value, _)| value.ordinal());
            let related = component.attributes.clone();
            out.insert(*id, AttributeClasses { values, related, is_coarse });
        }
    }
    out
}
