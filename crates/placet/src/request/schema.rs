//! A policy as requests see it: its attributes, their types and the names of their values.

use crate::request::paths::AttributePaths;
use crate::request::pool::Owner;
use crate::request::symbol_table::SymbolTables;
use placet_model::request::{ErrorCode, RequestError, ValueError};
use placet_model::types::{AttributeId, Members, Type};
use placet_program::Program;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What reads a request of one policy.
#[derive(Debug)]
pub struct Schema {
    /// No two schemas of a process have the same.
    pub(crate) id: u64,
    pub(crate) program: Arc<Program>,
    pub(crate) names: AttributePaths,
    pub(crate) lexicons: SymbolTables,
    kinds: Box<[Kind]>,
    /// Its end frees the request buffers of the schema.
    pub(crate) owner: Arc<Owner>,
}

/// A type of attributes, as far as what is given for them goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Bool,
    Int,
    Number,
    String,
    Symbol,
    Symbols,
    Texts,
    Date,
    Time,
    Duration,
}

impl From<&Type> for Kind {
    fn from(kind: &Type) -> Self {
        match kind {
            Type::Bool => Kind::Bool,
            Type::Int(..) => Kind::Int,
            Type::Number(..) => Kind::Number,
            Type::String => Kind::String,
            Type::Symbol(_) => Kind::Symbol,
            Type::Set { of: Members::Symbols(_), .. } => Kind::Symbols,
            Type::Set { of: Members::Texts, .. } => Kind::Texts,
            Type::Date => Kind::Date,
            Type::Time => Kind::Time,
            Type::Duration => Kind::Duration,
        }
    }
}

/// Why an attribute does not take a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutError {
    /// It does not fit.
    Misfit(ValueError),
    /// It says that a `required` attribute is missing.
    Required,
}

impl PutError {
    pub(crate) const WRONG_TYPE: Self = Self::Misfit(ValueError::WrongType);
    pub(crate) const OUTSIDE_DOMAIN: Self = Self::Misfit(ValueError::OutsideDomain);
}

impl From<ValueError> for PutError {
    fn from(misfit: ValueError) -> Self {
        PutError::Misfit(misfit)
    }
}

impl Schema {
    pub(crate) fn new(program: Arc<Program>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let names = AttributePaths::new(program.model());
        let lexicons = SymbolTables::new(program.model());
        let kinds = program.model().attributes.iter().map(|attribute| Kind::from(&attribute.kind)).collect();
        Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            program,
            names,
            lexicons,
            kinds,
            owner: Owner::new(),
        }
    }

    /// The type of an attribute.
    #[inline]
    pub(crate) fn kind(&self, id: AttributeId) -> Option<Kind> {
        self.kinds.get(id.index()).copied()
    }

    /// The attribute of a whole name.
    pub(crate) fn attribute(&self, name: &str) -> Result<AttributeId, RequestError> {
        self.names.attribute(name).ok_or_else(|| RequestError::unknown(self.program.model(), name))
    }

    /// The error of what was made by another policy: a thing, and how it is made.
    #[cold]
    pub(crate) fn foreign(&self, thing: &str, made: &str) -> RequestError {
        let name = &self.program.model().name;
        RequestError {
            code: ErrorCode::UnknownAttribute,
            message: format!("the {thing} was {made} by another policy, not by this `{name}`"),
            attribute: None,
            expected: format!("a {thing} {made} by the policy `{name}`"),
        }
    }

    /// The error of a value that an attribute does not take. `shown` is the value, for people.
    #[cold]
    pub(crate) fn refused(&self, id: AttributeId, refusal: PutError, shown: &str) -> RequestError {
        let model = self.program.model();
        match (model.attribute(id), refusal) {
            (Some(attribute), PutError::Misfit(misfit)) => RequestError::unfit(attribute, misfit, shown),
            (Some(attribute), PutError::Required) => RequestError::required(attribute),
            // INVARIANT: ids are looked up in this schema, or belong to a handle of it.
            (None, _) => RequestError::unknown(model, ""),
        }
    }
}
