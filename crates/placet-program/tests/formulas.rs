//! Compares `Formulas` with trees that are evaluated by definition.

use placet_model::types::AttributeId;
use placet_program::formula::{Formula, FormulaId, Formulas, Test};
use placet_program::{ClassSet, UNKNOWN, Variable, VariableKind};
use proptest::prelude::*;
use std::collections::BTreeSet;

const VARIABLES: u32 = 4;
const ARITY: u32 = 3;

/// A condition as a tree.
#[derive(Debug, Clone)]
enum Tree {
    Constant(bool),
    In(u32, BTreeSet<u32>),
    Not(Box<Tree>),
    All(Vec<Tree>),
    Any(Vec<Tree>),
}

impl Tree {
    /// Returns the truth for complete classes.
    fn holds(&self, classes: &[u32]) -> bool {
        match self {
            Tree::Constant(value) => *value,
            Tree::In(variable, set) => set.contains(&classes[*variable as usize]),
            Tree::Not(inner) => !inner.holds(classes),
            Tree::All(parts) => parts.iter().all(|part| part.holds(classes)),
            Tree::Any(parts) => parts.iter().any(|part| part.holds(classes)),
        }
    }

    /// Returns Kleene's truth: unknown tests count as independent.
    fn truth(&self, classes: &[u32]) -> Option<bool> {
        let joined = |parts: &[Tree], absorbing: bool| {
            let truths: BTreeSet<Option<bool>> = parts.iter().map(|part| part.truth(classes)).collect();
            match (truths.contains(&Some(absorbing)), truths.contains(&None)) {
                (true, _) => Some(absorbing),
                (false, true) => None,
                (false, false) => Some(!absorbing),
            }
        };
        match self {
            Tree::In(variable, _) if classes[*variable as usize] == UNKNOWN => None,
            Tree::Constant(_) | Tree::In(..) => Some(self.holds(classes)),
            Tree::Not(inner) => inner.truth(classes).map(|value| !value),
            Tree::All(parts) => joined(parts, false),
            Tree::Any(parts) => joined(parts, true),
        }
    }

    /// Collects the tests.
    fn tests(&self, out: &mut BTreeSet<(u32, BTreeSet<u32>)>) {
        match self {
            Tree::Constant(_) => {}
            Tree::In(variable, set) => {
                out.insert((*variable, set.clone()));
            }
            Tree::Not(inner) => inner.tests(out),
            Tree::All(parts) | Tree::Any(parts) => parts.iter().for_each(|part| part.tests(out)),
        }
    }

    fn add(&self, formulas: &mut Formulas) -> FormulaId {
        let node = match self {
            Tree::Constant(value) => Formula::Constant(*value),
            Tree::In(variable, set) => {
                Formula::Leaf(Test { variable: *variable, classes: set.iter().copied().collect() })
            }
            Tree::Not(inner) => Formula::Not(inner.add(formulas)),
            Tree::All(parts) => Formula::All(parts.iter().map(|part| part.add(formulas)).collect()),
            Tree::Any(parts) => Formula::Any(parts.iter().map(|part| part.add(formulas)).collect()),
        };
        formulas.add(node)
    }
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        1 => any::<bool>().prop_map(Tree::Constant),
        8 => (0..VARIABLES, prop::collection::btree_set(0..ARITY, 0..=ARITY as usize))
            .prop_map(|(variable, set)| Tree::In(variable, set)),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| Tree::Not(Box::new(inner))),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Tree::All),
            prop::collection::vec(inner, 0..4).prop_map(Tree::Any),
        ]
    })
}

/// Generates a class of each variable, known or unknown.
fn classes() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(prop_oneof![2 => 0..ARITY, 1 => Just(UNKNOWN)], VARIABLES as usize)
}

/// Returns the completions of partly unknown classes.
fn completions(classes: &[u32]) -> Vec<Vec<u32>> {
    classes.iter().fold(vec![Vec::new()], |all, class| {
        let options = if *class == UNKNOWN { 0..ARITY } else { *class..class + 1 };
        all.iter().flat_map(|row| options.clone().map(|class| [row.as_slice(), &[class]].concat())).collect()
    })
}

proptest! {
    #[test]
    fn truth_is_that_of_the_tree(tree in tree(), classes in classes()) {
        let mut formulas = Formulas::default();
        let root = tree.add(&mut formulas);
        let truth = formulas.truth(root, &classes);
        prop_assert_eq!(truth, tree.truth(&classes));
        for completion in completions(&classes) {
            let holds = tree.holds(&completion);
            prop_assert_eq!(formulas.truth(root, &completion), Some(holds));
            prop_assert!(truth.is_none_or(|truth| truth == holds), "{:?}", completion);
        }
    }

    #[test]
    fn tests_and_variables_are_those_of_the_tree(tree in tree(), other in tree()) {
        let mut formulas = Formulas::default();
        let root = tree.add(&mut formulas);
        other.add(&mut formulas);
        let mut expected = BTreeSet::new();
        tree.tests(&mut expected);
        let found: BTreeSet<(u32, BTreeSet<u32>)> =
            formulas.leaves([root]).map(|test| (test.variable, test.classes.iter().collect())).collect();
        prop_assert_eq!(&found, &expected);
        let variables: BTreeSet<u32> = expected.into_iter().map(|(variable, _)| variable).collect();
        prop_assert_eq!(formulas.variables([root]), variables);
    }

    #[test]
    fn is_valid_rejects_classes_that_a_variable_lacks(tree in tree(), arity in 0..=ARITY) {
        let mut formulas = Formulas::default();
        tree.add(&mut formulas);
        let mut tests = BTreeSet::new();
        tree.tests(&mut tests);
        let fits = tests.iter().all(|(_, set)| set.iter().all(|class| *class < arity));
        let variable = Variable { source: VariableKind::Missing(AttributeId::new(0)), classes: arity };
        prop_assert_eq!(formulas.is_valid(&vec![variable; VARIABLES as usize]), fits);
    }
}

/// Nests conditions deeper than the call stack allows, and shares parts so often that their tree is exponential.
#[test]
fn truth_takes_no_recursion_and_no_repetition() {
    let mut formulas = Formulas::default();
    let test = formulas.add(Formula::Leaf(Test { variable: 0, classes: ClassSet::range(1, 2) }));
    let deep = (0..100_001).fold(test, |inner, _| formulas.add(Formula::Not(inner)));
    assert_eq!([0, 1].map(|class| formulas.truth(deep, &[class])), [Some(true), Some(false)]);
    let wide = (0..64).fold(test, |part, _| formulas.add(Formula::Any([part, part].into())));
    assert_eq!([0, 1].map(|class| formulas.truth(wide, &[class])), [Some(false), Some(true)]);
    assert_eq!(formulas.truth(wide, &[UNKNOWN]), None);
}
