//! The state that a policy's program and its analyses share.
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

/// The compilation of one policy: the source of its program and of the encodings for its analyses.
///
/// A clone shares the automata that were built so far.
///
/// ```
/// # use std::sync::Arc;
/// use placet_compile::Compilation;
///
/// # fn program(model: placet_model::Model) -> placet_program::Program {
/// let mut compilation = Compilation::new(Arc::new(model));
/// let program = compilation.program();
/// let proofs: Vec<_> = compilation.model().proofs.iter().map(|proof| proof.when).collect();
/// let finer = compilation.encoding(proofs); // for the analysis
/// # let _ = finer;
/// program
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Compilation {
    model: Arc<Model>,
    partitions: Partitions,
}

impl Compilation {
    /// Creates the compilation of a policy.
    pub fn new(model: Arc<Model>) -> Self {
        Self { model, partitions: Partitions::default() }
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
    pub fn program(&mut self) -> Program {
        crate::compile::program(self.model.clone(), &mut self.partitions)
    }
}

/// The partitions of texts and sets, cached by the tests that they distinguish. A failure (`None`) is cached, too.
#[derive(Debug, Clone, Default)]
pub(crate) struct Partitions {
    pub(crate) texts: HashMap<Vec<ConditionId>, Option<Arc<TextPartition>>>,
    pub(crate) sets: HashMap<Vec<ConditionId>, Option<Arc<SetPartition>>>,
}
