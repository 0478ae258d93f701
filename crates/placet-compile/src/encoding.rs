//! The classes of a policy: what its conditions can tell apart, attribute by attribute.

use crate::classes::{self, Atoms, ClassLabels};
use crate::compilation::Partitions;
use placet_model::Model;
use placet_model::condition::{Atom, Condition, ConditionId};
use placet_model::types::AttributeId;
use placet_program::classify::Classifier;
use placet_program::formula::{Formula, FormulaId, Formulas};
use placet_program::plan::{AttributePlan, MemberTest};
use placet_program::{ClassSet, Variable, VariableKind};
use std::collections::{BTreeMap, HashMap};

/// The variables of some conditions of a policy, and the conditions over their classes.
#[derive(Debug)]
pub struct Encoding {
    /// The variables, in the order in which the policy's attributes are declared.
    pub variables: Vec<Variable>,
    /// For each variable what its classes are.
    pub meanings: Vec<ClassLabels>,
    /// For each attribute how its values become classes.
    pub plans: Vec<AttributePlan>,
    /// The conditions over classes.
    pub formulas: Formulas,
    /// What tests of sets ask of the groups of their members, by their formulas, in ascending order.
    pub member_tests: Vec<MemberTest>,
    /// The formula of each condition that was asked for, and of what it is made of.
    of_condition: HashMap<ConditionId, FormulaId>,
}

impl Encoding {
    /// The space of the conditions at and below `roots`.
    ///
    /// Cost: about linear in the conditions; for strings and sets the size of the automata that read them.
    pub fn new(model: &Model, roots: impl IntoIterator<Item = ConditionId>) -> Self {
        Self::with_partitions(model, roots, &mut Partitions::default())
    }

    /// Like [`Encoding::new`], with the partitions that other encodings of this model have found.
    pub(crate) fn with_partitions(
        model: &Model,
        roots: impl IntoIterator<Item = ConditionId>,
        partitions: &mut Partitions,
    ) -> Self {
        let needed = below(model, roots);
        let atoms = Atoms::collect(model, &needed);
        let mut builder = Builder::new(model, partitions);
        classes::build(model, atoms, &mut builder);
        builder.finish(&needed)
    }

    /// The formula of a condition; `None` for one that was not asked for.
    pub fn formula(&self, condition: ConditionId) -> Option<FormulaId> {
        self.of_condition.get(&condition).copied()
    }

    /// How many classes each variable has.
    pub fn arities(&self) -> Vec<u32> {
        self.variables.iter().map(|variable| variable.classes).collect()
    }
}

/// The conditions at and below some, in ascending order: parts before what is made of them.
fn below(model: &Model, roots: impl IntoIterator<Item = ConditionId>) -> Vec<ConditionId> {
    let mut seen = vec![false; model.conditions.nodes().len()];
    let mut todo: Vec<ConditionId> = roots.into_iter().collect();
    let mut out = Vec::new();
    while let Some(id) = todo.pop() {
        match seen.get_mut(id.index()) {
            Some(seen) if !*seen => *seen = true,
            _ => continue,
        }
        out.push(id);
        match model.conditions.get(id) {
            Condition::Not(inner) => todo.push(*inner),
            Condition::All(parts) | Condition::Any(parts) => todo.extend(parts.iter().copied()),
            Condition::Constant(_) | Condition::Atom(_) => {}
        }
    }
    out.sort_unstable();
    out
}

/// A space in the making.
pub(crate) struct Builder<'m> {
    model: &'m Model,
    pub(crate) partitions: &'m mut Partitions,
    variables: Vec<Variable>,
    meanings: Vec<ClassLabels>,
    classifiers: BTreeMap<AttributeId, (Classifier, Vec<u32>)>,
    formulas: Formulas,
    known: HashMap<Formula, FormulaId>,
    member_tests: BTreeMap<FormulaId, MemberTest>,
    atoms: HashMap<ConditionId, FormulaId>,
}

impl<'m> Builder<'m> {
    fn new(model: &'m Model, partitions: &'m mut Partitions) -> Self {
        Self {
            model,
            partitions,
            variables: Vec::new(),
            meanings: Vec::new(),
            classifiers: BTreeMap::new(),
            formulas: Formulas::default(),
            known: HashMap::new(),
            member_tests: BTreeMap::new(),
            atoms: HashMap::new(),
        }
    }

    /// Adds a variable.
    pub(crate) fn variable(&mut self, source: VariableKind, classes: u32, meaning: ClassLabels) -> u32 {
        // INVARIANT: there are fewer variables than attributes and conditions, which fit.
        let variable = u32::try_from(self.variables.len()).unwrap_or(u32::MAX);
        self.variables.push(Variable { source, classes });
        self.meanings.push(meaning);
        variable
    }

    /// Says how an attribute's values reach variables.
    pub(crate) fn classify(&mut self, id: AttributeId, classifier: Classifier, variables: Vec<u32>) {
        self.classifiers.insert(id, (classifier, variables));
    }

    /// Adds a formula, each once; what is certain is a constant.
    pub(crate) fn formula(&mut self, formula: Formula) -> FormulaId {
        let formula = match formula {
            Formula::In(_, set) if set.is_empty() => Formula::Constant(false),
            Formula::In(variable, set)
                if self.variables.get(variable as usize).is_some_and(|known| set.is_full(known.classes)) =>
            {
                Formula::Constant(true)
            }
            other => other,
        };
        if let Some(id) = self.known.get(&formula) {
            return *id;
        }
        let id = self.formulas.add(formula.clone());
        self.known.insert(formula, id);
        id
    }

    /// That a variable has one of these classes.
    pub(crate) fn test(&mut self, variable: u32, set: ClassSet) -> FormulaId {
        self.formula(Formula::In(variable, set))
    }

    /// Says what a test of a set's class asks of the groups of its members. Tests of the same classes ask the same.
    pub(crate) fn member_test(&mut self, test: MemberTest) {
        if matches!(self.formulas.get(test.formula), Formula::In(..)) {
            self.member_tests.entry(test.formula).or_insert(test);
        }
    }

    /// Says what a comparison is over classes.
    pub(crate) fn set(&mut self, atom: ConditionId, formula: FormulaId) {
        self.atoms.insert(atom, formula);
    }

    fn finish(mut self, needed: &[ConditionId]) -> Encoding {
        let mut of_condition: HashMap<ConditionId, FormulaId> = HashMap::with_capacity(needed.len());
        for id in needed {
            // INVARIANT: parts come first.
            let of = |part: &ConditionId| of_condition.get(part).copied();
            let formula = match self.model.conditions.get(*id) {
                Condition::Constant(value) => self.formula(Formula::Constant(*value)),
                Condition::Atom(_) => match self.atoms.get(id) {
                    Some(formula) => *formula,
                    None => continue,
                },
                Condition::Not(inner) => match of(inner) {
                    Some(inner) => self.formula(Formula::Not(inner)),
                    None => continue,
                },
                Condition::All(parts) => {
                    let parts = parts.iter().filter_map(of).collect();
                    self.formula(Formula::All(parts))
                }
                Condition::Any(parts) => {
                    let parts = parts.iter().filter_map(of).collect();
                    self.formula(Formula::Any(parts))
                }
            };
            of_condition.insert(*id, formula);
        }
        let plans = self.plans();
        Encoding {
            variables: self.variables,
            meanings: self.meanings,
            plans,
            formulas: self.formulas,
            member_tests: self.member_tests.into_values().collect(),
            of_condition,
        }
    }

    fn plans(&mut self) -> Vec<AttributePlan> {
        let mut plans: Vec<AttributePlan> = Vec::with_capacity(self.model.attributes.len());
        for (id, _) in self.model.attribute_ids() {
            let (classifier, variables) =
                self.classifiers.remove(&id).unwrap_or((Classifier::Nothing, Vec::new()));
            let numbered = || (0..).zip(&self.variables);
            let missing = numbered().find(|(_, variable)| variable.source == VariableKind::Missing(id));
            let relations = numbered().filter(|(_, variable)| {
                let is_own = matches!(
                    variable.source,
                    VariableKind::Value(_)
                        | VariableKind::Group(..)
                        | VariableKind::Test(..)
                        | VariableKind::Missing(_)
                );
                !is_own && variable.source.attributes().contains(&id)
            });
            plans.push(AttributePlan {
                classifier,
                variables: variables.into(),
                missing: missing.map(|(number, _)| number),
                relations: relations.map(|(number, _)| number).collect(),
            });
        }
        plans
    }
}

/// The comparison of a condition that is one.
pub(crate) fn atom(model: &Model, id: ConditionId) -> Option<&Atom> {
    match model.conditions.get(id) {
        Condition::Atom(atom) => Some(atom),
        _ => None,
    }
}
