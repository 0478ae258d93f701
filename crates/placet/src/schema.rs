//! A policy as requests see it: its attributes, their types and the names of their values.

use crate::lexicon::Lexicons;
use crate::names::Names;
use placet_model::request::{Misfit, RequestError};
use placet_model::types::{AttributeId, Type};
use placet_program::Program;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What reads a request of one policy.
#[derive(Debug)]
pub(crate) struct Schema {
    /// No two schemas of a process have the same.
    pub(crate) id: u64,
    pub(crate) program: Arc<Program>,
    pub(crate) names: Names,
    pub(crate) lexicons: Lexicons,
}

/// Why an attribute does not take a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It does not fit.
    Misfit(Misfit),
    /// It says that a `required` attribute is missing.
    Required,
}

impl Refusal {
    pub(crate) const WRONG_TYPE: Self = Self::Misfit(Misfit::WrongType);
    pub(crate) const OUTSIDE_DOMAIN: Self = Self::Misfit(Misfit::OutsideDomain);
}

impl From<Misfit> for Refusal {
    fn from(misfit: Misfit) -> Self {
        Refusal::Misfit(misfit)
    }
}

impl Schema {
    pub(crate) fn new(program: Arc<Program>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let names = Names::new(program.model());
        let lexicons = Lexicons::new(program.model());
        Self { id: NEXT.fetch_add(1, Ordering::Relaxed), program, names, lexicons }
    }

    /// Whether the attribute is a `number`.
    pub(crate) fn is_number(&self, id: AttributeId) -> bool {
        let attribute = self.program.model().attribute(id);
        attribute.is_some_and(|attribute| matches!(attribute.kind, Type::Number(..)))
    }

    /// The error of a value that an attribute does not take. `shown` is the value, for people.
    #[cold]
    pub(crate) fn refused(&self, id: AttributeId, refusal: Refusal, shown: &str) -> RequestError {
        let model = self.program.model();
        match (model.attribute(id), refusal) {
            (Some(attribute), Refusal::Misfit(misfit)) => RequestError::unfit(attribute, misfit, shown),
            (Some(attribute), Refusal::Required) => RequestError::required(attribute),
            // INVARIANT: ids are looked up in this schema, or belong to a handle of it.
            (None, _) => RequestError::unknown(model, ""),
        }
    }
}
