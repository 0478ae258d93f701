//! Requests, their validation, and the attribute values that they imply.
//!
//! A [`Request`] holds what a caller gives. An [`Assignment`] adds the policy's defaults and is what evaluators read. A
//! value enters a request only if it fits its attribute's type, so evaluators never validate.

mod advice;

use crate::bits::BitSet;
use crate::policy::Model;
use crate::types::{Attribute, AttributeId, Members, Presence, Type, Universe};
use crate::value::Value;
use placet_core::{closest, did_you_mean, excerpt_within, quoted};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;

/// The input for one attribute of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum AttributeInput {
    /// The value is unknown, even if the attribute has a default. [`Request::put`] takes it for `none` if the attribute
    /// is optional.
    Null,
    /// The value is not known yet: the attribute has a value of its domain, or is missing. A decision made meanwhile
    /// holds whatever the attribute turns out to be.
    Pending,
    /// A value.
    Value(Value),
    /// An inner node of a taxonomy: the value is one of these leaves, but unknown which.
    OneOf(BitSet),
}

/// A request: the inputs for attributes of one policy.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Request {
    given: Vec<Option<AttributeInput>>,
}

/// The kind of error in an invalid request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorCode {
    /// The text is not JSON, or not an object.
    InvalidJson,
    /// The policy has no such attribute.
    UnknownAttribute,
    /// The request gives an attribute twice.
    DuplicateAttribute,
    /// A value is of another type than its attribute.
    WrongType,
    /// A value lies outside its attribute's domain.
    OutsideDomain,
    /// A `required` attribute is missing.
    RequiredAttribute,
}

impl ErrorCode {
    /// Returns the stable name of the code.
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

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The error of an invalid request. An invalid request never has a decision.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, serde::Serialize)]
#[error("{message}")]
#[non_exhaustive]
pub struct RequestError {
    /// The kind of error.
    pub code: ErrorCode,
    /// One sentence for people. Quotes at most the beginning of a name or value of the request.
    pub message: String,
    /// The attribute at fault, as the request names it; `None` if the request is not a JSON object. A name that the
    /// policy does not declare is truncated to [`RequestError::MAX_NAME_CHARS`].
    pub attribute: Option<String>,
    /// The expected input.
    pub expected: String,
}

impl RequestError {
    /// The maximum length of `attribute` for a name that the policy does not declare, in characters. Names that people
    /// or programs write are shorter.
    pub const MAX_NAME_CHARS: usize = 256;
    /// The maximum length of a quoted value, in characters. Bounds values that a caller formats itself.
    const MAX_SHOWN_CHARS: usize = 120;

    /// Returns an error. For the crates that read requests.
    #[doc(hidden)]
    pub fn new(
        code: ErrorCode,
        message: impl Into<String>,
        attribute: Option<String>,
        expected: impl Into<String>,
    ) -> Self {
        Self { code, message: message.into(), attribute, expected: expected.into() }
    }

    /// Returns the error for an attribute that the policy does not declare. Suggests a similar name.
    #[doc(hidden)]
    pub fn unknown(model: &Model, path: &str) -> Self {
        let near = closest(path, model.declared().map(|(_, attribute)| &*attribute.name));
        Self {
            code: ErrorCode::UnknownAttribute,
            message: format!("the policy has no attribute {}{}", quoted(path), did_you_mean(near)),
            attribute: Some(Self::name(path)),
            expected: near.map_or_else(|| "an attribute of the policy".to_owned(), str::to_owned),
        }
    }

    /// Returns the error for an attribute, or a level of a nested attribute, that is given twice.
    ///
    /// ```
    /// # use placet_model::request as placet;
    /// use placet::{ErrorCode, RequestError};
    ///
    /// let error = RequestError::duplicate("subject.age");
    /// assert_eq!(error.code, ErrorCode::DuplicateAttribute);
    /// assert_eq!(error.to_string(), "`subject.age` is given twice");
    /// ```
    #[doc(hidden)]
    pub fn duplicate(path: &str) -> Self {
        Self {
            code: ErrorCode::DuplicateAttribute,
            message: format!("{} is given twice", quoted(path)),
            attribute: Some(Self::name(path)),
            expected: "each attribute once".to_owned(),
        }
    }

    /// Returns a name of the request, truncated to the maximum length.
    fn name(path: &str) -> String {
        if path.len() <= Self::MAX_NAME_CHARS {
            return path.to_owned();
        }
        excerpt_within(Self::MAX_NAME_CHARS, path)
    }

    /// Returns the error for a value that does not fit its attribute. The message suggests the nearest name, or shows the
    /// expected form. `shown` is the value as [`placet_core::excerpt`] formats it.
    #[doc(hidden)]
    pub fn unfit(attribute: &Attribute, error: ValueError, shown: &str) -> Self {
        let (code, what) = match error {
            ValueError::WrongType => (ErrorCode::WrongType, "is of the wrong type"),
            ValueError::OutsideDomain => (ErrorCode::OutsideDomain, "lies outside its domain"),
        };
        let expected = attribute.declared_type().to_string();
        let shown = excerpt_within(Self::MAX_SHOWN_CHARS, shown);
        let advice = advice::advice(&attribute.kind, error, &shown);
        Self {
            code,
            message: format!("`{}`: {shown} {what}, expected {expected}{advice}", attribute.name),
            attribute: Some(attribute.name.to_string()),
            expected,
        }
    }

    /// Returns the error for a `required` attribute that is missing.
    #[doc(hidden)]
    pub fn required(attribute: &Attribute) -> Self {
        Self {
            code: ErrorCode::RequiredAttribute,
            message: format!("`{}` is required", attribute.name),
            attribute: Some(attribute.name.to_string()),
            expected: attribute.declared_type().to_string(),
        }
    }
}

/// The reason that a value does not fit a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValueError {
    /// The value is of another type.
    WrongType,
    /// The value is of the type, but outside the domain.
    OutsideDomain,
}

impl Request {
    /// Returns a request without any inputs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the input for an attribute, or `None` if the request does not mention it.
    pub fn get(&self, id: AttributeId) -> Option<&AttributeInput> {
        self.given.get(id.index())?.as_ref()
    }

    /// Sets the input for an attribute. Replaces an earlier input. Null means `none` for an optional attribute, unknown
    /// for all others.
    ///
    /// ```
    /// use placet_model::request::{AttributeInput, Request};
    /// use placet_model::value::Value;
    /// # let limits = placet_syntax::Limits::default();
    /// # let loaded = placet_syntax::source::load_text("p.placet", "policy p  request { age: int 0..150 }", &limits);
    /// # let model = placet_check::check(&loaded, &limits).0.ok_or("no model")?;
    ///
    /// // request { age: int 0..150 }
    /// let age = model.find("age").ok_or("no such attribute")?;
    /// let mut request = Request::new();
    /// request.put(&model, age, AttributeInput::Value(Value::Int(18)))?;
    /// assert!(request.put(&model, age, AttributeInput::Value(Value::Int(200))).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if the policy does not have the attribute, or the value is outside its domain. A `required`
    /// attribute does not accept null or pending.
    pub fn put(&mut self, model: &Model, id: AttributeId, given: AttributeInput) -> Result<(), RequestError> {
        let Some(attribute) = model.attribute(id) else { return Err(RequestError::unknown(model, "")) };
        let given = match given {
            AttributeInput::Null if attribute.is_optional() => AttributeInput::Value(Value::None),
            given => given,
        };
        let error = match &given {
            AttributeInput::Null | AttributeInput::Pending if attribute.presence == Presence::Required => {
                return Err(RequestError::required(attribute));
            }
            AttributeInput::Null | AttributeInput::Pending => None,
            AttributeInput::Value(value) => {
                attribute.check_value(value).map(|error| (error, quoted(value.display(&attribute.kind))))
            }
            AttributeInput::OneOf(leaves) => match &attribute.kind {
                Type::Symbol(universe) if leaves.bound() == universe.len() && !leaves.is_empty() => None,
                _ => Some((ValueError::WrongType, "a category".to_owned())),
            },
        };
        match error {
            Some((error, shown)) => Err(RequestError::unfit(attribute, error, &shown)),
            None => {
                self.put_checked(id, given);
                Ok(())
            }
        }
    }

    /// Sets the input for an attribute without validation. The caller has validated it with
    /// [`Attribute::check_value`]; null stays unknown, even for an optional attribute.
    pub fn put_checked(&mut self, id: AttributeId, given: AttributeInput) {
        if self.given.len() <= id.index() {
            self.given.resize(id.index() + 1, None);
        }
        if let Some(slot) = self.given.get_mut(id.index()) {
            *slot = Some(given);
        }
    }

    /// Returns the request without the companions of optional attributes that a search filled in: where one is true, its
    /// attribute is `none`.
    #[must_use]
    pub fn folded(mut self, model: &Model) -> Self {
        for (id, attribute) in model.declared() {
            let companion = attribute.none.and_then(|none| self.given.get_mut(none.index())?.take());
            if companion == Some(AttributeInput::Value(Value::Bool(true))) {
                self.put_checked(id, AttributeInput::Value(Value::None));
            }
        }
        let end = self.given.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
        self.given.truncate(end);
        self
    }
}

/// Returns the reason that a value does not fit a type, or `None` if it fits. [`Value::None`] fits no type: see
/// [`Attribute::check_value`].
///
/// ```
/// use placet_model::request::{ValueError, check_value};
/// use placet_model::{types::Type, value::Value};
///
/// let age = Type::Int(0, 150);
/// assert_eq!(check_value(&age, &Value::Int(18)), None);
/// assert_eq!(check_value(&age, &Value::Int(200)), Some(ValueError::OutsideDomain));
/// assert_eq!(check_value(&age, &Value::Bool(true)), Some(ValueError::WrongType));
/// ```
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

/// Returns the input that a name stands for in a single-valued attribute: a value, or for an inner node *one of its
/// leaves*.
///
/// # Errors
/// Returns [`ValueError::OutsideDomain`] for an unknown name.
pub fn named(universe: &Universe, name: &str) -> Result<AttributeInput, ValueError> {
    let (symbols, _) = universe.find(name).ok_or(ValueError::OutsideDomain)?;
    let mut all = symbols.iter();
    Ok(match (all.next(), all.next()) {
        // An inner node with a single leaf determines the value.
        (Some(one), None) => AttributeInput::Value(Value::Symbol(one)),
        _ => AttributeInput::OneOf(symbols.clone()),
    })
}

/// Returns the set that names stand for. An inner node stands for all its leaves.
///
/// # Errors
/// Returns [`ValueError::OutsideDomain`] for an unknown name.
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

/// A request with the policy's defaults applied: one [`Known`] for each attribute of the policy.
#[derive(Debug, Clone)]
pub struct Assignment {
    facts: Vec<Known>,
}

/// The knowledge about one attribute.
#[derive(Debug, Clone, PartialEq)]
pub enum Known {
    /// The value is known.
    Known(Value),
    /// The value is one of these leaves.
    OneOf(BitSet),
    /// The attribute is missing: it may have any value of its domain.
    Missing,
    /// The attribute may have any value of its domain, or be missing.
    Pending,
}

impl Assignment {
    /// Applies the policy's defaults to a request. A default applies only if the request does not mention the
    /// attribute: an explicit null is missing. Optional attributes and their companions are known together.
    ///
    /// # Errors
    /// Returns an error if a `required` attribute is missing.
    pub fn new(model: &Model, request: &Request) -> Result<Self, RequestError> {
        for (id, attribute) in model.declared() {
            let is_missing =
                matches!(request.get(id), None | Some(AttributeInput::Null | AttributeInput::Pending));
            if is_missing && attribute.presence == Presence::Required {
                return Err(RequestError::required(attribute));
            }
        }
        Ok(Self::of_partial(model, request))
    }

    /// Like [`Assignment::new`], but a missing `required` attribute is no error: it may have any value of its domain.
    pub fn of_partial(model: &Model, request: &Request) -> Self {
        let mut out = Self::unknown(model);
        for (id, attribute) in model.declared() {
            let known = match (request.get(id), &attribute.presence) {
                (Some(AttributeInput::Value(value)), _) => Known::Known(value.clone()),
                (Some(AttributeInput::OneOf(leaves)), _) => Known::OneOf(leaves.clone()),
                (None, Presence::Default(value)) => Known::Known(value.clone()),
                (None | Some(AttributeInput::Null), _) => Known::Missing,
                (Some(AttributeInput::Pending), _) => Known::Pending,
            };
            out.set_declared(model, id, known);
        }
        out
    }

    /// Returns the assignment in which every attribute is missing, the starting point of proofs.
    pub fn unknown(model: &Model) -> Self {
        Self { facts: vec![Known::Missing; model.attributes.len()] }
    }

    /// Replaces the knowledge about a declared attribute and its companion.
    pub fn set_declared(&mut self, model: &Model, id: AttributeId, known: Known) {
        let Some(attribute) = model.attribute(id) else { return };
        if let Some(companion) = attribute.none {
            let is_none = |is_none| Known::Known(Value::Bool(is_none));
            self.set(
                companion,
                match &known {
                    Known::Known(value) => is_none(*value == Value::None),
                    Known::OneOf(_) => is_none(false),
                    Known::Missing | Known::Pending => known.clone(),
                },
            );
        }
        self.set(
            id,
            match known {
                // Any value would do: beside a true companion no condition reads it.
                Known::Known(Value::None) => Known::Known(attribute.kind.plain_value()),
                known => known,
            },
        );
    }

    /// Returns true if an attribute is known to be `none`.
    pub fn is_none(&self, model: &Model, id: AttributeId) -> bool {
        let companion = model.attribute(id).and_then(|attribute| attribute.none);
        companion.and_then(|none| self.value(none)) == Some(&Value::Bool(true))
    }

    /// Replaces the knowledge about an attribute, and leaves its companion as it is.
    pub fn set(&mut self, id: AttributeId, known: Known) {
        if let Some(slot) = self.facts.get_mut(id.index()) {
            *slot = known;
        }
    }

    /// Returns the knowledge about an attribute.
    pub fn get(&self, id: AttributeId) -> &Known {
        // INVARIANT: one fact for each attribute of the policy, whose ids these are.
        self.facts.get(id.index()).unwrap_or(&Known::Missing)
    }

    /// Returns the attribute's value, if it is known.
    pub fn value(&self, id: AttributeId) -> Option<&Value> {
        match self.get(id) {
            Known::Known(value) => Some(value),
            _ => None,
        }
    }
}
