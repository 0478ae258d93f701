//! Evaluation in three-valued logic.

use super::{Dag, Id, Node};

impl<L> Node<L> {
    /// Returns the truth of the node, given those of its leaf or parts. Parts that can't matter aren't evaluated.
    #[inline]
    pub fn truth(
        &self,
        leaf: impl FnOnce(&L) -> Option<bool>,
        mut part: impl FnMut(Id<L>) -> Option<bool>,
    ) -> Option<bool> {
        match self {
            Node::Constant(value) => Some(*value),
            Node::Leaf(own) => leaf(own),
            Node::Not(inner) => part(*inner).map(|value| !value),
            Node::All(parts) => conjunction(parts.iter().map(|id| part(*id))),
            Node::Any(parts) => disjunction(parts.iter().map(|id| part(*id))),
        }
    }
}

/// Returns false if some truth is false, else `None` if one is unknown, else true.
#[inline]
pub fn conjunction(truths: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    joined(truths, false)
}

/// Returns true if some truth is true, else `None` if one is unknown, else false.
#[inline]
pub fn disjunction(truths: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    joined(truths, true)
}

#[inline]
fn joined(truths: impl IntoIterator<Item = Option<bool>>, absorbing: bool) -> Option<bool> {
    let mut all_known = true;
    for truth in truths {
        match truth {
            Some(value) if value == absorbing => return Some(absorbing),
            Some(_) => {}
            None => all_known = false,
        }
    }
    all_known.then_some(!absorbing)
}

impl<L> Dag<L> {
    /// Returns the truths of all nodes, given those of the leaves.
    pub fn truths(&self, leaf: impl Fn(&L) -> Option<bool>) -> Truths {
        let mut truths = Truths { found: Vec::with_capacity(self.nodes().len()) };
        for node in self.nodes() {
            // INVARIANT: the parts of a node come before it.
            let truth = node.truth(&leaf, |part| truths.get(part));
            truths.found.push(Some(truth));
        }
        truths
    }
}

/// The truths of the nodes of a [`Dag`]: of all, or of those that were needed so far.
///
/// Each is evaluated once. Nodes share parts, so the truths of many nodes together cost no more than one visit to each
/// node below them.
#[derive(Debug)]
pub struct Truths {
    /// The truth of each evaluated node.
    found: Vec<Option<Option<bool>>>,
}

impl Truths {
    /// Creates the truths of the first `count` nodes, none of which has been evaluated.
    pub fn new(count: usize) -> Self {
        Self { found: vec![None; count] }
    }

    /// Returns the truth of a node. `None` if it is unknown, or hasn't been evaluated.
    #[inline]
    pub fn get<L>(&self, id: Id<L>) -> Option<bool> {
        self.found(id).flatten()
    }

    fn found<L>(&self, id: Id<L>) -> Option<Option<bool>> {
        // INVARIANT: parts have lower ids, so each has a slot if the node has one. Without a slot, a node is unknown.
        self.found.get(id.index()).copied().unwrap_or(Some(None))
    }

    /// Returns the truth of a node. All calls must pass the same graph and the same truths of leaves.
    pub fn of<L>(&mut self, dag: &Dag<L>, root: Id<L>, leaf: impl Fn(&L) -> Option<bool>) -> Option<bool> {
        if let Some(truth) = self.found(root) {
            return truth;
        }
        // An explicit stack: nodes can be nested deeper than the thread's stack allows. Each node comes with the number
        // of its parts that have been evaluated.
        let mut todo = vec![(root, 0)];
        while let Some((id, done)) = todo.last_mut() {
            let node = dag.get(*id);
            // Later parts aren't evaluated: one absorbing part settles the truth.
            let absorbing = Some(matches!(node, Node::Any(_)));
            let rest = node.parts().iter().skip(*done);
            let next = rest.map(|part| (*part, self.found(*part))).find(|(_, truth)| {
                *done += usize::from(truth.is_some());
                truth.is_none_or(|truth| truth == absorbing)
            });
            if let Some((part, None)) = next {
                todo.push((part, 0));
                continue;
            }
            let truth = node.truth(&leaf, |part| self.get(part));
            if let Some(slot) = self.found.get_mut(id.index()) {
                *slot = Some(truth);
            }
            todo.pop();
        }
        self.get(root)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO: Option<bool> = Some(false);
    const YES: Option<bool> = Some(true);

    #[test]
    fn truths_are_kleenes() {
        let mut dag: Dag<usize> = Dag::default();
        let leaves = [dag.leaf(0), dag.leaf(1)];
        let nodes = [dag.all(leaves), dag.any(leaves), dag.not(leaves[0])];
        let table = [
            ([NO, NO], [NO, NO, YES]),
            ([NO, None], [NO, None, YES]),
            ([NO, YES], [NO, YES, YES]),
            ([None, NO], [NO, None, None]),
            ([None, None], [None, None, None]),
            ([None, YES], [None, YES, None]),
            ([YES, NO], [NO, YES, NO]),
            ([YES, None], [None, YES, NO]),
            ([YES, YES], [YES, YES, NO]),
        ];
        for (given, expected) in table {
            let truths = dag.truths(|leaf| given[*leaf]);
            assert_eq!(nodes.map(|node| truths.get(node)), expected, "{given:?}");
            let mut lazy = Truths::new(dag.nodes().len());
            assert_eq!(nodes.map(|node| lazy.of(&dag, node, |leaf| given[*leaf])), expected, "{given:?}");
        }
    }

    #[test]
    fn of_evaluates_only_parts_that_matter() {
        let mut dag: Dag<u32> = Dag::default();
        let leaves = [dag.leaf(0), dag.leaf(1), dag.leaf(2)];
        let all = dag.all(leaves);
        let seen = std::cell::RefCell::new(Vec::new());
        let leaf = |leaf: &u32| {
            seen.borrow_mut().push(*leaf);
            (*leaf == 1).then_some(false)
        };
        let mut truths = Truths::new(dag.nodes().len());
        assert_eq!(truths.of(&dag, all, leaf), Some(false));
        assert_eq!(truths.of(&dag, all, leaf), Some(false));
        assert_eq!(*seen.borrow(), [0, 1]);
        assert_eq!(leaves.map(|leaf| truths.get(leaf)), [None, Some(false), None]);
    }

    #[test]
    fn of_needs_no_stack_for_deep_nodes() {
        let mut dag: Dag<u32> = Dag::default();
        let leaves = [dag.leaf(0), dag.leaf(1)];
        let mut root = dag.all(leaves);
        for _ in 0..200_000 {
            let not = dag.not(root);
            root = dag.any([not, leaves[0]]);
        }
        let mut truths = Truths::new(dag.nodes().len());
        assert_eq!(truths.of(&dag, root, |_| Some(true)), Some(true));
    }
}
