//! A policy while it is compiled: what its program and its proofs have in common.
//!
//! Proofs mention values that rules don't, so they need finer classes than the program may have: a program with the
//! same rules must be the same bytes, whatever is proved of it. Every encoding is therefore its own, but the costly
//! part of one, the automata that read texts and sets, depends on the tests of one attribute alone. [`Partitions`]
//! builds each of them once.

use crate::classes::{SetPartition, TextPartition};
use crate::encoding::Encoding;
use placet_model::Model;
use placet_model::condition::ConditionId;
use placet_program::Program;
use std::collections::HashMap;
use std::sync::Arc;

/// The compilation of one policy, from which its proofs are decided and its program is made.
///
/// ```
/// # use std::sync::Arc;
/// use placet_compile::Compilation;
///
/// # fn program(model: placet_model::Model) -> placet_program::Program {
/// let mut compilation = Compilation::new(Arc::new(model));
/// let proofs: Vec<_> = compilation.model().proofs.iter().map(|proof| proof.when).collect();
/// let finer = compilation.encoding(proofs); // for the analysis
/// compilation.program()
/// # }
/// ```
#[derive(Debug)]
pub struct Compilation {
    model: Arc<Model>,
    partitions: Partitions,
}

impl Compilation {
    /// Begins to compile a policy.
    pub fn new(model: Arc<Model>) -> Self {
        Self { model, partitions: Partitions { is_kept: true, ..Partitions::default() } }
    }

    /// The policy.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// Encodes the conditions at and below `roots`. Keeps the automata for further encodings and for the program.
    ///
    /// Cost: that of [`Encoding::new`], less the automata of attributes whose tests an earlier encoding had, too.
    pub fn encoding(&mut self, roots: impl IntoIterator<Item = ConditionId>) -> Encoding {
        Encoding::with_partitions(&self.model, roots, &mut self.partitions)
    }

    /// Compiles the program.
    ///
    /// Cost: that of [`compile`](crate::compile()), less the automata that [`encoding`](Self::encoding) has built.
    pub fn program(mut self) -> Program {
        self.partitions.is_kept = false;
        crate::compile::program(self.model, &mut self.partitions)
    }
}

/// The partitions of texts and sets, by the tests that they tell apart.
#[derive(Debug, Default)]
pub(crate) struct Partitions {
    pub(crate) texts: Memo<TextPartition>,
    pub(crate) sets: Memo<SetPartition>,
    /// Whether further encodings follow.
    pub(crate) is_kept: bool,
}

/// Results by the conditions they were found for; `None` is one, too.
#[derive(Debug)]
pub(crate) struct Memo<T>(HashMap<Vec<ConditionId>, Option<T>>);

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T: Clone> Memo<T> {
    /// Returns the result for `tests`, found now unless it is known.
    pub(crate) fn get(
        &mut self,
        tests: Vec<ConditionId>,
        is_kept: bool,
        find: impl FnOnce() -> Option<T>,
    ) -> Option<T> {
        match (self.0.remove(&tests), is_kept) {
            (Some(known), false) => known,
            (None, false) => find(),
            (known, true) => self.0.entry(tests).insert_entry(known.unwrap_or_else(find)).get().clone(),
        }
    }
}
