//! Operations on many functions, as balanced trees of operations on two.
//!
//! Adding ten thousand functions one by one to a growing result copies that result ten thousand times; a balanced
//! tree copies it fourteen times.

use crate::{And, Diagrams, Exhausted, NodeId, Operation, Or, Run};

impl Diagrams {
    /// The conjunction of all; 1 if there are none. The values are 0 and 1.
    ///
    /// # Errors
    ///
    /// [`Exhausted`], when the budget is.
    pub fn all(&mut self, functions: impl IntoIterator<Item = NodeId>) -> Result<NodeId, Exhausted> {
        let functions = self.clustered(functions);
        self.fold(&And, functions, NodeId::TRUE)
    }

    /// The disjunction of all; 0 if there are none. The values are 0 and 1.
    ///
    /// # Errors
    ///
    /// [`Exhausted`], when the budget is.
    pub fn any(&mut self, functions: impl IntoIterator<Item = NodeId>) -> Result<NodeId, Exhausted> {
        let functions = self.clustered(functions);
        self.fold(&Or, functions, NodeId::FALSE)
    }

    /// `f₁ ∘ f₂ ∘ …` for an associative operation, in the given order but bracketed as a balanced tree; `empty` if
    /// there are no functions.
    ///
    /// # Errors
    ///
    /// [`Exhausted`], when the budget is.
    pub fn fold<O: Operation>(
        &mut self,
        operation: &O,
        functions: impl IntoIterator<Item = NodeId>,
        empty: NodeId,
    ) -> Result<NodeId, Exhausted> {
        let result = balanced(functions, |f, g| self.apply(operation, f, g))?;
        Ok(result.unwrap_or(empty))
    }

    /// The function that goes on with the child of the class's run, for children that may test any level.
    pub(crate) fn case(&mut self, level: u32, runs: &[Run]) -> Result<NodeId, Exhausted> {
        let whole = balanced(runs.iter().copied(), |before, after| {
            let test = self.test(level, [(0, before.end)])?;
            let child = self.if_then_else(test, before.child, after.child)?;
            Ok(Run { end: after.end, child })
        })?;
        Ok(whole.map_or(NodeId::FALSE, |run| run.child))
    }

    /// The functions without repetitions, those with the same top level and the same first classes side by side: they
    /// have most in common, so joining them first keeps intermediate results small.
    fn clustered(&self, functions: impl IntoIterator<Item = NodeId>) -> Vec<NodeId> {
        let mut functions: Vec<NodeId> = functions.into_iter().collect();
        functions.sort_by_cached_key(|&f| (self.level(f), self.runs(f).first().map(|run| run.end), f));
        functions.dedup();
        functions
    }
}

/// Combines neighbours like a binary counter: two results of the same number of items, the earlier one on the left.
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
    while let Some((_, before)) = pending.pop() {
        result = combine(before, result)?;
    }
    Ok(Some(result))
}
