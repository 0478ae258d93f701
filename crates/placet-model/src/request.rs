//! Requests: what is given, what is missing, and what is wrong with it.

use crate::bits::BitSet;
use crate::policy::Model;
use crate::types::{Attribute, AttributeId, Members, Presence, Type, Universe};
use crate::value::Value;
use placet_core::{closest, did_you_mean, excerpt_within, quoted};
use std::fmt;

/// What a request says of one attribute.
#[derive(Debug, Clone, PartialEq)]
pub enum AttributeInput {
    /// That it is not known, whatever the default.
    Null,
    /// That it is not known yet: a value of its domain, or missing. What is decided then holds whatever becomes of it.
    Pending,
    /// Its value.
    Value(Value),
    /// That it is one of these leaves of a taxonomy, not which: an inner node.
    OneOf(BitSet),
}

/// A request: attributes of one policy with what is known of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Request {
    given: Vec<Option<AttributeInput>>,
}

/// The kind of fault of an erroneous request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// The text is not JSON, or no object.
    InvalidJson,
    /// The policy has no such attribute.
    UnknownAttribute,
    /// An attribute is given twice.
    DuplicateAttribute,
    /// A value is of another type.
    WrongType,
    /// A value lies outside its domain.
    OutsideDomain,
    /// A `required` attribute is missing.
    RequiredAttribute,
}

impl ErrorCode {
    /// The stable name of the code.
    pub fn as_str(self) -> &'static str {
        match self {
            ErrorCode::InvalidJson => "invalid_json",
            ErrorCode::UnknownAttribute => "unknown_attribute",
            ErrorCode::DuplicateAttribute => "duplicate_attribute",
            ErrorCode::WrongType => "wrong_type",
            ErrorCode::OutsideDomain => "outside_domain",
            ErrorCode::RequiredAttribute => "required_attribute",
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for ErrorCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A request that is erroneous. It is never a decision.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, serde::Serialize)]
#[error("{message}")]
pub struct RequestError {
    /// The kind of fault.
    pub code: ErrorCode,
    /// One sentence for people. Shows at most the beginning of a name or value of the request.
    pub message: String,
    /// The attribute at fault, as the request names it (cut if longer than [`RequestError::MAX_NAME_CHARS`] and no
    /// attribute of the policy); `None` where the request is no JSON object.
    pub attribute: Option<String>,
    /// What was expected.
    pub expected: String,
}

impl RequestError {
    /// Characters of a name that no policy declares, in `attribute`: more than people or programs give.
    pub const MAX_NAME_CHARS: usize = 256;
    /// Characters of a value that a caller shows in its own way.
    const MAX_SHOWN_CHARS: usize = 120;

    /// An attribute that the policy does not have.
    pub fn unknown(model: &Model, path: &str) -> Self {
        let near = closest(path, model.attributes.iter().map(|attribute| &*attribute.name));
        Self {
            code: ErrorCode::UnknownAttribute,
            message: format!("the policy has no attribute {}{}", quoted(path), did_you_mean(near)),
            attribute: Some(Self::name(path)),
            expected: near.map_or_else(|| "an attribute of the policy".to_owned(), str::to_owned),
        }
    }

    /// An attribute, or a part of a nested one, that is given twice.
    pub fn duplicate(path: &str) -> Self {
        Self {
            code: ErrorCode::DuplicateAttribute,
            message: format!("{} is given twice", quoted(path)),
            attribute: Some(Self::name(path)),
            expected: "each attribute once".to_owned(),
        }
    }

    /// A name of a request, cut where it is longer than names are.
    fn name(path: &str) -> String {
        if path.len() <= Self::MAX_NAME_CHARS {
            return path.to_owned();
        }
        excerpt_within(Self::MAX_NAME_CHARS, path)
    }

    /// A value that does not fit its attribute. `shown` is the value, as [`placet_core::excerpt`] shows it.
    pub fn unfit(attribute: &Attribute, misfit: ValueError, shown: &str) -> Self {
        let (code, what) = match misfit {
            ValueError::WrongType => (ErrorCode::WrongType, "is of the wrong type"),
            ValueError::OutsideDomain => (ErrorCode::OutsideDomain, "lies outside its domain"),
        };
        let expected = expected(&attribute.kind);
        Self {
            code,
            message: format!(
                "`{}`: {} {what}, expected {expected}",
                attribute.name,
                excerpt_within(Self::MAX_SHOWN_CHARS, shown)
            ),
            attribute: Some(attribute.name.to_string()),
            expected,
        }
    }

    /// A `required` attribute that is missing.
    pub fn required(attribute: &Attribute) -> Self {
        Self {
            code: ErrorCode::RequiredAttribute,
            message: format!("`{}` is required", attribute.name),
            attribute: Some(attribute.name.to_string()),
            expected: expected(&attribute.kind),
        }
    }
}

/// What a request may give for an attribute of this type: the type as the policy writes it.
fn expected(kind: &Type) -> String {
    kind.to_string()
}

/// How a value does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueError {
    /// It is of another type.
    WrongType,
    /// It is of the type, and not in the domain.
    OutsideDomain,
}

impl Request {
    /// A request that gives nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// What is given for an attribute; `None` where nothing is.
    pub fn get(&self, id: AttributeId) -> Option<&AttributeInput> {
        self.given.get(id.index())?.as_ref()
    }

    /// Gives a value, or null, for an attribute, in place of what was given before.
    ///
    /// # Errors
    /// If the attribute is not of this policy, or the value not in its domain.
    pub fn put(&mut self, model: &Model, id: AttributeId, given: AttributeInput) -> Result<(), RequestError> {
        let Some(attribute) = model.attribute(id) else { return Err(RequestError::unknown(model, "")) };
        let misfit = match &given {
            AttributeInput::Null | AttributeInput::Pending if attribute.presence == Presence::Required => {
                return Err(RequestError::required(attribute));
            }
            AttributeInput::Null | AttributeInput::Pending => None,
            AttributeInput::Value(value) => check_value(&attribute.kind, value)
                .map(|misfit| (misfit, quoted(value.display(&attribute.kind)))),
            AttributeInput::OneOf(leaves) => match &attribute.kind {
                Type::Symbol(universe) if leaves.bound() == universe.len() && !leaves.is_empty() => None,
                _ => Some((ValueError::WrongType, "a category".to_owned())),
            },
        };
        match misfit {
            Some((misfit, shown)) => Err(RequestError::unfit(attribute, misfit, &shown)),
            None => {
                self.put_checked(id, given);
                Ok(())
            }
        }
    }

    /// Gives what is known to fit: [`check_value`] has said so.
    pub fn put_checked(&mut self, id: AttributeId, given: AttributeInput) {
        if self.given.len() <= id.index() {
            self.given.resize(id.index() + 1, None);
        }
        if let Some(slot) = self.given.get_mut(id.index()) {
            *slot = Some(given);
        }
    }
}

/// How a value does not fit a type; `None` if it does.
pub fn check_value(kind: &Type, value: &Value) -> Option<ValueError> {
    let fits = match (kind, value) {
        (Type::Bool, Value::Bool(_))
        | (Type::String, Value::String(_))
        | (Type::Duration, Value::Duration(_)) => true,
        (Type::Symbol(universe), Value::Symbol(symbol)) => *symbol < universe.len(),
        (Type::Number(low, high), Value::Number(number)) => (*low..=*high).contains(number),
        (Type::Int(..), Value::Int(_)) | (Type::Date, Value::Date(_)) | (Type::Time, Value::Time(_)) => {
            let (low, high) = kind.ordinals().unwrap_or_default();
            value.ordinal().is_some_and(|ordinal| (low..=high).contains(&ordinal))
        }
        (Type::Set { of: Members::Symbols(universe), may_be_empty }, Value::Symbols(set)) => {
            set.bound() == universe.len() && (*may_be_empty || !set.is_empty())
        }
        (Type::Set { of: Members::Texts, may_be_empty }, Value::Texts(set)) => {
            *may_be_empty || !set.is_empty()
        }
        _ => return Some(ValueError::WrongType),
    };
    (!fits).then_some(ValueError::OutsideDomain)
}

/// What a name means for a single-valued attribute: a value, or for an inner node *one of its leaves*.
pub fn named(universe: &Universe, name: &str) -> Result<AttributeInput, ValueError> {
    let (symbols, _) = universe.find(name).ok_or(ValueError::OutsideDomain)?;
    let mut all = symbols.iter();
    Ok(match (all.next(), all.next()) {
        // A category with one leaf below it says which.
        (Some(one), None) => AttributeInput::Value(Value::Symbol(one)),
        _ => AttributeInput::OneOf(symbols.clone()),
    })
}

/// The set that names mean: an inner node is all its leaves.
pub fn named_set<'n>(
    universe: &Universe,
    names: impl IntoIterator<Item = &'n str>,
) -> Result<BitSet, ValueError> {
    let mut set = BitSet::empty(universe.len());
    for name in names {
        let (symbols, _) = universe.find(name).ok_or(ValueError::OutsideDomain)?;
        set = set.union(&symbols);
    }
    Ok(set)
}

/// A request with the defaults filled in.
#[derive(Debug, Clone)]
pub struct Assignment {
    facts: Vec<Known>,
}

/// What is known of an attribute.
#[derive(Debug, Clone, PartialEq)]
pub enum Known {
    /// Its value.
    Known(Value),
    /// One of these leaves, not which.
    OneOf(BitSet),
    /// Nothing: any value of its domain.
    Missing,
    /// Nothing yet: any value of its domain, or missing.
    Pending,
}

impl Assignment {
    /// The facts of a request: what it gives, defaults for what it leaves out.
    ///
    /// # Errors
    /// If a `required` attribute is missing.
    pub fn new(model: &Model, request: &Request) -> Result<Self, RequestError> {
        let mut facts = Vec::with_capacity(model.attributes.len());
        for (id, attribute) in model.attribute_ids() {
            facts.push(match (request.get(id), &attribute.presence) {
                (Some(AttributeInput::Value(value)), _) => Known::Known(value.clone()),
                (Some(AttributeInput::OneOf(leaves)), _) => Known::OneOf(leaves.clone()),
                (None | Some(AttributeInput::Null | AttributeInput::Pending), Presence::Required) => {
                    return Err(RequestError::required(attribute));
                }
                (None, Presence::Default(value)) => Known::Known(value.clone()),
                (None | Some(AttributeInput::Null), _) => Known::Missing,
                (Some(AttributeInput::Pending), _) => Known::Pending,
            });
        }
        Ok(Self { facts })
    }

    /// The facts of which nothing is known: what proofs are about.
    pub fn unknown(model: &Model) -> Self {
        Self { facts: vec![Known::Missing; model.attributes.len()] }
    }

    /// What is known of an attribute.
    pub fn get(&self, id: AttributeId) -> &Known {
        // INVARIANT: one fact for each attribute of the policy, whose ids these are.
        self.facts.get(id.index()).unwrap_or(&Known::Missing)
    }

    /// The attribute's value, if it is known.
    pub fn value(&self, id: AttributeId) -> Option<&Value> {
        match self.get(id) {
            Known::Known(value) => Some(value),
            _ => None,
        }
    }
}
