//! The encoding of a policy's conditions as formulas over classes.
//!
//! For each attribute, the classes are the sets of values that the policy's conditions can't distinguish.

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

/// Conditions of a policy, encoded as formulas over variables with finitely many classes.
#[derive(Debug)]
pub struct Encoding {
    /// The variables, in the order in which the policy's attributes are declared.
    pub variables: Vec<Variable>,
    /// The values of each class, by variable.
    pub meanings: Vec<ClassLabels>,
    /// The mapping from values to classes, by attribute.
    pub plans: Vec<AttributePlan>,
    /// The conditions over classes.
    pub formulas: Formulas,
    /// The tests of sets, expressed in the groups of their members, in ascending order of their formulas.
    pub member_tests: Vec<MemberTest>,
    /// The formulas of the encoded conditions and of all their parts.
    of_condition: HashMap<ConditionId, FormulaId>,
}

impl Encoding {
    /// Encodes `roots` and all their parts.
    ///
    /// Cost: about linear in the conditions; for strings and sets, the size of the automata that read them.
    pub fn new(model: &Model, roots: impl IntoIterator<Item = ConditionId>) -> Self {
        Self::with_partitions(model, roots, &mut Partitions::default())
    }

    /// Like [`Encoding::new`], but reuses the partitions of other encodings of this model.
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

    /// Returns the formula of a condition; `None` if it was not encoded.
    pub fn formula(&self, condition: ConditionId) -> Option<FormulaId> {
        self.of_condition.get(&condition).copied()
    }

    /// Returns the number of classes of each variable.
    pub fn arities(&self) -> Vec<u32> {
        self.variables.iter().map(|variable| variable.classes).collect()
    }
}

/// Returns `roots` and all their parts in ascending order, which puts parts before the conditions that contain them.
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
            Condition::Constant(_) | Condition::Leaf(_) => {}
        }
    }
    out.sort_unstable();
    out
}

/// An encoding under construction.
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
        // INVARIANT: the variables are bounded by the attributes and conditions, whose numbers fit in `u32`.
        let variable = u32::try_from(self.variables.len()).unwrap_or(u32::MAX);
        self.variables.push(Variable { source, classes });
        self.meanings.push(meaning);
        variable
    }

    /// Sets the classifier of an attribute and the variables that it determines.
    pub(crate) fn classify(&mut self, id: AttributeId, classifier: Classifier, variables: Vec<u32>) {
        self.classifiers.insert(id, (classifier, variables));
    }

    /// Adds a formula, or returns the equal one that exists. Tests that always or never hold become constants.
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

    /// Returns the formula that a variable has one of these classes.
    pub(crate) fn test(&mut self, variable: u32, set: ClassSet) -> FormulaId {
        self.formula(Formula::In(variable, set))
    }

    /// Records a set test in terms of the groups of its members. Tests with the same classes are equivalent, so the
    /// first one is used.
    pub(crate) fn member_test(&mut self, test: MemberTest) {
        // A test that became a constant asks nothing of the members.
        if matches!(self.formulas.get(test.formula), Formula::In(..)) {
            self.member_tests.entry(test.formula).or_insert(test);
        }
    }

    /// Sets the formula of a comparison.
    pub(crate) fn set(&mut self, atom: ConditionId, formula: FormulaId) {
        self.atoms.insert(atom, formula);
    }

    fn finish(mut self, needed: &[ConditionId]) -> Encoding {
        let mut of_condition: HashMap<ConditionId, FormulaId> = HashMap::with_capacity(needed.len());
        for id in needed {
            // INVARIANT: `needed` has parts before the conditions that contain them.
            let of = |part: &ConditionId| of_condition.get(part).copied();
            let formula = match self.model.conditions.get(*id) {
                Condition::Constant(value) => self.formula(Formula::Constant(*value)),
                Condition::Leaf(_) => match self.atoms.get(id) {
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

/// Returns the comparison of a condition; `None` if the condition is not a comparison.
pub(crate) fn atom(model: &Model, id: ConditionId) -> Option<&Atom> {
    match model.conditions.get(id) {
        Condition::Leaf(atom) => Some(atom),
        _ => None,
    }
}
