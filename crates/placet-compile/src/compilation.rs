//! The state that a policy's program and its proofs share during compilation.
//!
//! Proofs mention values that rules don't, so they need finer classes than the program may have: programs with the same
//! rules must be equal byte for byte, whatever is proved of them. Every encoding is therefore separate. But its costly
//! part, the automata that read texts and sets, depends only on the tests of one attribute. [`Partitions`] builds each
//! of these automata once.

use crate::classes::{SetPartition, TextPartition};
use crate::encoding::Encoding;
use placet_model::Model;
use placet_model::condition::ConditionId;
use placet_program::Program;
use std::collections::HashMap;
use std::sync::Arc;

/// The compilation of one policy: the source of the encodings for its proofs and of its program.
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
    /// Creates the compilation of a policy.
    pub fn new(model: Arc<Model>) -> Self {
        Self { model, partitions: Partitions { is_kept: true, ..Partitions::default() } }
    }

    /// Returns the model of the policy.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// Encodes the conditions `roots` and all their parts. Caches the automata for further encodings and for the
    /// program.
    ///
    /// Cost: that of [`Encoding::new`], except for automata that an earlier encoding has built.
    pub fn encoding(&mut self, roots: impl IntoIterator<Item = ConditionId>) -> Encoding {
        Encoding::with_partitions(&self.model, roots, &mut self.partitions)
    }

    /// Compiles the program.
    ///
    /// Cost: that of [`compile`](crate::compile()), except for automata that [`encoding`](Self::encoding) has built.
    pub fn program(mut self) -> Program {
        // The program is the last encoding, so it can take the cached automata instead of cloning them.
        self.partitions.is_kept = false;
        crate::compile::program(self.model, &mut self.partitions)
    }
}

/// The partitions of texts and sets, cached by the tests that they distinguish.
#[derive(Debug, Default)]
pub(crate) struct Partitions {
    pub(crate) texts: Memo<TextPartition>,
    pub(crate) sets: Memo<SetPartition>,
    /// True if further encodings may follow, so that results stay cached.
    pub(crate) is_kept: bool,
}

/// A cache of results, keyed by conditions. A failure (`None`) is cached, too.
#[derive(Debug)]
pub(crate) struct Memo<T>(HashMap<Vec<ConditionId>, Option<T>>);

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T: Clone> Memo<T> {
    /// Returns the result for `tests`: the cached one, or else that of `find`.
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
