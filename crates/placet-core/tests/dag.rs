//! Graphs that share and simplify, against the trees that they were built from.

use placet_core::dag::{Dag, Id, Node, Truths};
use proptest::prelude::*;

const LEAVES: u8 = 4;

#[derive(Debug, Clone)]
enum Tree {
    Constant(bool),
    Leaf(u8),
    Not(Box<Tree>),
    All(Vec<Tree>),
    Any(Vec<Tree>),
}

impl Tree {
    /// Returns Kleene's truth, in which unknown leaves are independent.
    fn truth(&self, leaves: &[Option<bool>]) -> Option<bool> {
        let join = |parts: &[Tree], absorbing: bool| {
            let truths: Vec<_> = parts.iter().map(|part| part.truth(leaves)).collect();
            match truths.contains(&Some(absorbing)) {
                true => Some(absorbing),
                false if truths.contains(&None) => None,
                false => Some(!absorbing),
            }
        };
        match self {
            Tree::Constant(value) => Some(*value),
            Tree::Leaf(leaf) => leaves[*leaf as usize],
            Tree::Not(inner) => inner.truth(leaves).map(|truth| !truth),
            Tree::All(parts) => join(parts, false),
            Tree::Any(parts) => join(parts, true),
        }
    }

    /// Adds the tree by a function that adds one node.
    fn build(&self, dag: &mut Dag<u8>, add: fn(&mut Dag<u8>, Node<u8>) -> Id<u8>) -> Id<u8> {
        let all = |parts: &[Tree], dag: &mut Dag<u8>| parts.iter().map(|part| part.build(dag, add)).collect();
        let node = match self {
            Tree::Constant(value) => Node::Constant(*value),
            Tree::Leaf(leaf) => Node::Leaf(*leaf),
            Tree::Not(inner) => Node::Not(inner.build(dag, add)),
            Tree::All(parts) => Node::All(all(parts, dag)),
            Tree::Any(parts) => Node::Any(all(parts, dag)),
        };
        add(dag, node)
    }
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf =
        prop_oneof![1 => any::<bool>().prop_map(Tree::Constant), 8 => (0..LEAVES).prop_map(Tree::Leaf)];
    leaf.prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| Tree::Not(Box::new(inner))),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Tree::All),
            prop::collection::vec(inner, 0..4).prop_map(Tree::Any),
        ]
    })
}

fn leaves() -> impl Strategy<Value = Vec<Option<bool>>> {
    prop::collection::vec(any::<Option<bool>>(), LEAVES as usize)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_evaluation_has_the_truth_of_the_tree(tree in tree(), leaves in leaves()) {
        let expected = tree.truth(&leaves);
        let truth = |leaf: &u8| leaves[*leaf as usize];
        for add in [Dag::push, Dag::share] {
            let mut dag = Dag::default();
            let root = tree.build(&mut dag, add);
            prop_assert_eq!(dag.truths(truth).get(root), expected);
            prop_assert_eq!(Truths::new(dag.nodes().len()).of(&dag, root, truth), expected);
        }
    }

    /// Simplification may find a truth that Kleene's logic doesn't, but never another one.
    #[test]
    fn add_simplifies_without_changing_a_known_truth(tree in tree(), leaves in leaves()) {
        let mut dag = Dag::default();
        let root = tree.build(&mut dag, Dag::add);
        let found = dag.truths(|leaf| leaves[*leaf as usize]).get(root);
        let expected = tree.truth(&leaves);
        prop_assert!(found == expected || expected.is_none(), "{:?} instead of {:?}", found, expected);
        for node in dag.nodes() {
            let is_simple = match node {
                Node::Not(inner) => !matches!(dag.get(*inner), Node::Constant(_) | Node::Not(_)),
                Node::All(parts) | Node::Any(parts) => {
                    let constant = |part: &Id<u8>| matches!(dag.get(*part), Node::Constant(_));
                    parts.len() > 1 && parts.is_sorted_by(|a, b| a < b) && !parts.iter().any(constant)
                }
                Node::Constant(_) | Node::Leaf(_) => true,
            };
            prop_assert!(is_simple, "{:?} in {:?}", node, dag);
        }
    }

    #[test]
    fn add_all_replaces_leaves(tree in tree(), leaves in leaves()) {
        let mut dag = Dag::default();
        let root = tree.build(&mut dag, Dag::push);
        // Known leaves become constants, so that the other graph needs them no more.
        let mut other: Dag<u8> = Dag::default();
        let added = other.add_all(&dag, |other, leaf| match leaves[*leaf as usize] {
            Some(truth) => other.constant(truth),
            None => other.leaf(*leaf),
        });
        let root = added[root.index()];
        prop_assert!(other.leaves([root]).all(|leaf| leaves[*leaf as usize].is_none()));
        for value in [false, true] {
            let complete: Vec<_> = leaves.iter().map(|leaf| leaf.or(Some(value))).collect();
            let truth = other.truths(|leaf| complete[*leaf as usize]).get(root);
            prop_assert_eq!(truth, tree.truth(&complete));
        }
    }

    #[test]
    fn below_lists_each_node_once_after_its_parts(tree in tree(), other in tree()) {
        let mut dag = Dag::default();
        let root = tree.build(&mut dag, Dag::share);
        other.build(&mut dag, Dag::share);
        let below = dag.below([root]);
        prop_assert!(below.is_sorted_by(|a, b| a < b));
        prop_assert_eq!(below.last(), Some(&root));
        for id in &below {
            prop_assert!(dag.get(*id).parts().iter().all(|part| below.contains(part)));
            let is_part = |of: &Id<u8>| dag.get(*of).parts().contains(id);
            prop_assert!(*id == root || below.iter().any(is_part));
        }
        prop_assert_eq!(dag.below_while([root], |id| id != root), []);
    }
}
