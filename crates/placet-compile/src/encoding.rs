//! The encoding of a policy's conditions as formulas over classes.
//!
//! For each attribute, the classes are the sets of values that the policy's conditions can't distinguish.

use crate::classes::{self, Atoms, ClassLabels};
use crate::compilation::Partitions;
use crate::projection::{Projection, projections};
use placet_core::RuleEffect;
use placet_core::dag::Dag;
use placet_model::Model;
use placet_model::condition::{Condition, ConditionId};
use placet_model::types::AttributeId;
use placet_program::classify::Classifier;
use placet_program::formula::{Formula, FormulaId, Formulas, Test};
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
        let needed = model.conditions.below(roots);
        let atoms = Atoms::collect(model, &needed);
        let mut builder = Builder::new(model, partitions);
        classes::build(model, atoms, &mut builder);
        builder.finish(&needed)
    }

    /// Returns the formula of a condition; `None` if it was not encoded.
    pub fn formula(&self, condition: ConditionId) -> Option<FormulaId> {
        self.of_condition.get(&condition).copied()
    }

    /// Returns the formula of a condition at or below the roots.
    pub fn root(&self, condition: ConditionId) -> FormulaId {
        let formula = self.formula(condition);
        // INVARIANT: every condition at or below the roots is encoded.
        debug_assert!(formula.is_some(), "{condition:?} was not encoded");
        formula.unwrap_or_default()
    }

    /// Returns the projections of some conditions, in their order.
    ///
    /// Cost: linear in the conditions, times the variables that each restricts.
    pub fn projections(&self, conditions: &[FormulaId]) -> Vec<Projection> {
        projections(self, conditions)
    }

    /// Returns the conditions under which a policy's rules fire, in the order of the rules.
    ///
    /// Cost: that of [`Encoding::projections`].
    pub fn rules(&self, model: &Model) -> Vec<RuleCondition> {
        let fires: Vec<FormulaId> = model.rules.iter().map(|rule| self.root(rule.fires)).collect();
        let projections = self.projections(&fires);
        let parts = model.rules.iter().zip(fires.into_iter().zip(projections));
        parts
            .map(|(rule, (fires, projection))| RuleCondition { effect: rule.effect, fires, projection })
            .collect()
    }
}

/// The condition under which a rule fires, over classes.
#[derive(Debug, Clone)]
pub struct RuleCondition {
    /// The effect of the rule.
    pub effect: RuleEffect,
    /// The condition.
    pub fires: FormulaId,
    /// The projection of the condition.
    pub projection: Projection,
}

/// An encoding under construction.
pub(crate) struct Builder<'m> {
    model: &'m Model,
    pub(crate) partitions: &'m mut Partitions,
    variables: Vec<Variable>,
    meanings: Vec<ClassLabels>,
    classifiers: BTreeMap<AttributeId, (Classifier, Vec<u32>)>,
    formulas: Dag<Test>,
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
            formulas: Dag::default(),
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

    /// Adds a formula, or returns the equal one that exists.
    pub(crate) fn formula(&mut self, formula: Formula) -> FormulaId {
        self.formulas.share(formula)
    }

    /// Returns the formula that a variable has one of these classes. Tests that always or never hold become constants.
    pub(crate) fn test(&mut self, variable: u32, classes: ClassSet) -> FormulaId {
        let is_full = |known: &Variable| classes.is_full(known.classes);
        if classes.is_empty() {
            self.formulas.constant(false)
        } else if self.variables.get(variable as usize).is_some_and(is_full) {
            self.formulas.constant(true)
        } else {
            self.formulas.leaf(Test { variable, classes })
        }
    }

    /// Records a set test in terms of the groups of its members. Tests with the same classes are equivalent, so the
    /// first one is used.
    pub(crate) fn member_test(&mut self, test: MemberTest) {
        // A test that became a constant asks nothing of the members.
        if self.formulas.get(test.formula).as_leaf().is_some() {
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
            let formula = match self.model.conditions.get(*id) {
                Condition::Leaf(_) => self.atoms.get(id).copied(),
                // INVARIANT: `needed` has parts before the conditions that contain them.
                node => {
                    let node = node.with_parts(|part| of_condition.get(&part).copied());
                    node.map(|node| self.formula(node))
                }
            };
            of_condition.extend(formula.map(|formula| (*id, formula)));
        }
        let plans = self.plans();
        Encoding {
            variables: self.variables,
            meanings: self.meanings,
            plans,
            formulas: Vec::from(self.formulas).into(),
            member_tests: self.member_tests.into_values().collect(),
            of_condition,
        }
    }

    fn plans(&mut self) -> Vec<AttributePlan> {
        let mut plans: Vec<AttributePlan> = Vec::with_capacity(self.model.attributes.len());
        for (id, attribute) in self.model.attribute_ids() {
            let (classifier, variables) =
                self.classifiers.remove(&id).unwrap_or((Classifier::Nothing, Vec::new()));
            let numbered = || (0..).zip(&self.variables);
            let missing = numbered().find(|(_, variable)| variable.source == VariableKind::Missing(id));
            let companion = attribute.none.map(VariableKind::Value);
            let none = numbered().find(|(_, variable)| Some(&variable.source) == companion.as_ref());
            let relations = numbered().filter(|(_, variable)| {
                let is_own = matches!(
                    variable.source,
                    VariableKind::Value(_)
                        | VariableKind::Group(..)
                        | VariableKind::Test(..)
                        | VariableKind::HasMember(..)
                        | VariableKind::Missing(_)
                );
                !is_own && variable.source.attributes().contains(&id)
            });
            plans.push(AttributePlan {
                classifier,
                variables: variables.into(),
                missing: missing.map(|(number, _)| number),
                none: none.map(|(number, _)| number),
                relations: relations.map(|(number, _)| number).collect(),
            });
        }
        plans
    }
}
