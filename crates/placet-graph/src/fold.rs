//! Operations on many functions, as balanced trees of operations on two.
//!
//! Combining ten thousand functions one by one copies a growing result ten thousand times. A balanced tree copies it
//! fourteen times.

use crate::{And, Diagrams, Exhausted, NodeId, Operation, Or, Run};

impl Diagrams {
    /// Returns the conjunction of all functions, or 1 if there are none. The values must be 0 and 1.
    ///
    /// ```
    /// use placet_graph::{Budget, Diagrams, NodeId};
    ///
    /// let mut diagrams = Diagrams::new(vec![2; 3], Budget::default());
    /// let tests = [diagrams.test(0, [(1, 2)])?, diagrams.test(1, [(1, 2)])?, diagrams.test(2, [(1, 2)])?];
    /// let all = diagrams.all(tests)?;
    /// assert_eq!((diagrams.evaluate(all, &[1, 1, 1]), diagrams.evaluate(all, &[1, 0, 1])), (1, 0));
    /// assert_eq!(diagrams.all([])?, NodeId::TRUE);
    /// # Ok::<(), placet_graph::Exhausted>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Exhausted`] if the budget runs out.
    pub fn all(&mut self, functions: impl IntoIterator<Item = NodeId>) -> Result<NodeId, Exhausted> {
        let functions = self.clustered(functions);
        self.fold(&And, functions, NodeId::TRUE)
    }

    /// Returns the disjunction of all functions, or 0 if there are none. The values must be 0 and 1.
    ///
    /// # Errors
    ///
    /// [`Exhausted`] if the budget runs out.
    pub fn any(&mut self, functions: impl IntoIterator<Item = NodeId>) -> Result<NodeId, Exhausted> {
        let functions = self.clustered(functions);
        self.fold(&Or, functions, NodeId::FALSE)
    }

    /// Returns `f₁ ∘ f₂ ∘ …` for an associative operation, or `empty` if there are no functions.
    ///
    /// Keeps the order, so the operation need not be commutative, but brackets the functions as a balanced tree.
    ///
    /// ```
    /// use placet_graph::{Budget, Diagrams, NodeId};
    ///
    /// let mut diagrams = Diagrams::new(vec![24], Budget::default());
    /// let morning = diagrams.test(0, [(0, 12)])?;
    /// let rules = [diagrams.map(morning, |hit| hit * 7)?, NodeId::terminal(9)];
    /// let first_match = diagrams.fold(&|f: u32, g: u32| if f > 0 { f } else { g }, rules, NodeId::FALSE)?;
    /// assert_eq!([8, 20].map(|hour| diagrams.evaluate(first_match, &[hour])), [7, 9]);
    /// # Ok::<(), placet_graph::Exhausted>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Exhausted`] if the budget runs out.
    pub fn fold<O: Operation>(
        &mut self,
        operation: &O,
        functions: impl IntoIterator<Item = NodeId>,
        empty: NodeId,
    ) -> Result<NodeId, Exhausted> {
        let result = balanced(functions, |f, g| self.apply(operation, f, g))?;
        Ok(result.unwrap_or(empty))
    }

    /// Returns the function that continues with the child of the class's run, for children that may test any level.
    pub(crate) fn case(&mut self, level: u32, runs: &[Run]) -> Result<NodeId, Exhausted> {
        // A node can't hold a child that tests its level or a higher one, so tests of the boundaries choose the child.
        let whole = balanced(runs.iter().copied(), |before, after| {
            let test = self.test(level, [(0, before.end)])?;
            let child = self.if_then_else(test, before.child, after.child)?;
            Ok(Run { end: after.end, child })
        })?;
        Ok(whole.map_or(NodeId::FALSE, |run| run.child))
    }

    /// Sorts and deduplicates the functions. Those with the same top level and the same first run become neighbours:
    /// they have the most in common, so joining them first keeps intermediate results small.
    fn clustered(&self, functions: impl IntoIterator<Item = NodeId>) -> Vec<NodeId> {
        let mut functions: Vec<NodeId> = functions.into_iter().collect();
        functions.sort_by_cached_key(|&f| (self.level(f), self.runs(f).first().map(|run| run.end), f));
        // Only conjunctions and disjunctions come here: equal functions add nothing to them.
        functions.dedup();
        functions
    }
}

/// Combines neighbours like a binary counter: two results of equally many items, the earlier one on the left.
///
/// This brackets a stream as a balanced tree without knowing its length, and holds only logarithmically many results.
fn balanced<T>(
    items: impl IntoIterator<Item = T>,
    mut combine: impl FnMut(T, T) -> Result<T, Exhausted>,
) -> Result<Option<T>, Exhausted> {
    let mut pending: Vec<(u32, T)> = Vec::new();
    for item in items {
        let (mut rank, mut result) = (0, item);
        while let Some((_, before)) = pending.pop_if(|(other, _)| *other == rank) {
            result = combine(before, result)?;
            rank += 1;
        }
        pending.push((rank, result));
    }
    let Some((_, mut result)) = pending.pop() else { return Ok(None) };
    // From the last to the first, so that the operands keep their order.
    while let Some((_, before)) = pending.pop() {
        result = combine(before, result)?;
    }
    Ok(Some(result))
}
