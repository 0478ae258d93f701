//! The schema of a policy's requests: its attributes, their types and the names of their values.

use crate::request::paths::AttributePaths;
use crate::request::pool::Owner;
use crate::request::symbol_table::SymbolTables;
use placet_model::request::{ErrorCode, RequestError, ValueError};
use placet_model::types::{AttributeId, Members, Type};
use placet_program::Program;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The schema of one policy's requests.
#[derive(Debug)]
pub struct Schema {
    /// Unique within the process. Handles and buffers carry it to detect another policy.
    pub(crate) id: u64,
    pub(crate) program: Arc<Program>,
    pub(crate) names: AttributePaths,
    pub(crate) symbol_tables: SymbolTables,
    kinds: Box<[Kind]>,
    /// The token of the request pools: dropping it frees the buffers of this schema.
    pub(crate) owner: Arc<Owner>,
}

/// The kind of values that an attribute takes: its type without the domain.
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

/// The reason why an attribute refuses a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutError {
    /// The value has the wrong type or is outside the domain.
    Value(ValueError),
    /// The value is null or missing, but the attribute is `required`.
    Required,
}

impl PutError {
    pub(crate) const WRONG_TYPE: Self = Self::Value(ValueError::WrongType);
    pub(crate) const OUTSIDE_DOMAIN: Self = Self::Value(ValueError::OutsideDomain);
}

impl From<ValueError> for PutError {
    fn from(error: ValueError) -> Self {
        PutError::Value(error)
    }
}

impl Schema {
    pub(crate) fn new(program: Arc<Program>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let names = AttributePaths::new(program.model());
        let symbol_tables = SymbolTables::new(program.model());
        let kinds = program.model().declared().map(|(_, attribute)| Kind::from(&attribute.kind)).collect();
        Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            program,
            names,
            symbol_tables,
            kinds,
            owner: Owner::new(),
        }
    }

    /// Returns the kind of an attribute's values.
    #[inline]
    pub(crate) fn kind(&self, id: AttributeId) -> Option<Kind> {
        self.kinds.get(id.index()).copied()
    }

    /// Returns the attribute with this full name.
    pub(crate) fn attribute(&self, name: &str) -> Result<AttributeId, RequestError> {
        self.names.attribute(name).ok_or_else(|| RequestError::unknown(self.program.model(), name))
    }

    /// Returns the error for a thing of another policy. `made` is the participle for the message.
    #[cold]
    pub(crate) fn foreign(&self, thing: &str, made: &str) -> RequestError {
        let name = &self.program.model().name;
        RequestError::new(
            ErrorCode::UnknownAttribute,
            format!("the {thing} was {made} by another policy, not by this `{name}`"),
            None,
            format!("a {thing} {made} by the policy `{name}`"),
        )
    }

    /// Returns the error for a refused value. `shown` is the value for the message.
    #[cold]
    pub(crate) fn refused(&self, id: AttributeId, refusal: PutError, shown: &str) -> RequestError {
        let model = self.program.model();
        match (model.attribute(id), refusal) {
            (Some(attribute), PutError::Value(error)) => RequestError::unfit(attribute, error, shown),
            (Some(attribute), PutError::Required) => RequestError::required(attribute),
            // INVARIANT: ids were looked up in this schema, or come from a handle of it, which was checked.
            (None, _) => RequestError::unknown(model, ""),
        }
    }
}
