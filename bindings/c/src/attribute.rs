//! What is looked up once: attributes, and values of enums and taxonomies.

use crate::boundary::{Out, Outcome, call, given, quietly};
use crate::error::Error;
use crate::policy::{Inner, Policy};
use crate::status::Status;
use crate::texts::{name, texts};
use placet::{Date, Duration, RequestError, Symbol, SymbolSet, Time};
use placet_model::types::{Members, Type};
use std::ffi::c_char;

/// An attribute of one policy: `placet_attribute`, two numbers that are checked wherever they come in.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Attribute {
    /// The policy's.
    pub policy: u64,
    /// The place among the policy's attributes.
    pub index: u64,
}

/// An attribute with what is given for it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Handle {
    Bool(placet::Attribute<bool>),
    Int(placet::Attribute<i64>),
    Number(placet::Attribute<f64>),
    Text(placet::Attribute<str>),
    Texts(placet::Attribute<[&'static str]>),
    Symbol(placet::Attribute<Symbol>),
    Symbols(placet::Attribute<SymbolSet>),
    Date(placet::Attribute<Date>),
    Time(placet::Attribute<Time>),
    Duration(placet::Attribute<Duration>),
}

impl Handle {
    /// Those of a policy, in the order of its attributes.
    pub(crate) fn all(policy: &placet::Policy) -> Outcome<Box<[Self]>> {
        let handle = |name: &str, kind: &Type| -> Result<Self, RequestError> {
            Ok(match kind {
                Type::Bool => Handle::Bool(policy.attribute(name)?),
                Type::Int(..) => Handle::Int(policy.attribute(name)?),
                Type::Number(..) => Handle::Number(policy.attribute(name)?),
                Type::String => Handle::Text(policy.attribute(name)?),
                Type::Symbol(_) => Handle::Symbol(policy.attribute(name)?),
                Type::Set { of: Members::Symbols(_), .. } => Handle::Symbols(policy.attribute(name)?),
                Type::Set { of: Members::Texts, .. } => Handle::Texts(policy.attribute(name)?),
                Type::Date => Handle::Date(policy.attribute(name)?),
                Type::Time => Handle::Time(policy.attribute(name)?),
                Type::Duration => Handle::Duration(policy.attribute(name)?),
            })
        };
        let all = policy.model().attributes.iter().map(|attribute| handle(&attribute.name, &attribute.kind));
        Ok(all.collect::<Result<_, _>>()?)
    }
}

impl Inner {
    /// The handle of an attribute, if it is one of this policy's.
    #[inline]
    pub(crate) fn handle(&self, attribute: Attribute) -> Outcome<Handle> {
        // An index that doesn't fit is beyond all attributes.
        let index = usize::try_from(attribute.index).unwrap_or(usize::MAX);
        match self.handles.get(index) {
            Some(handle) if attribute.policy == self.id => Ok(*handle),
            _ => Err(Error::foreign("attribute's handle")),
        }
    }

    /// The error of a value that an attribute does not take, being of another kind.
    #[cold]
    pub(crate) fn unfit(&self, attribute: Attribute, what: &str) -> Box<Error> {
        let index = usize::try_from(attribute.index).unwrap_or(usize::MAX);
        let Some(attribute) = self.policy.model().attributes.get(index) else {
            return Error::foreign("attribute's handle");
        };
        RequestError {
            code: placet::ErrorCode::WrongType,
            message: format!("`{}` is {}, which is not given as {what}", attribute.name, attribute.kind),
            attribute: Some(attribute.name.to_string()),
            expected: attribute.kind.to_string(),
        }
        .into()
    }
}

/// A value of an enum, of a taxonomy, or of a set over them, looked up once: `placet_value`.
#[derive(Debug)]
pub struct Value {
    pub(crate) policy: u64,
    pub(crate) names: Names,
}

/// What names stand for.
#[derive(Debug)]
pub(crate) enum Names {
    One(Symbol),
    Set(SymbolSet),
}

/// Looks an attribute up.
///
/// # Safety
/// `name` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_policy_attribute(
    policy: Option<&Policy>,
    name: *const c_char,
    attribute: Out<'_, Attribute>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    call(error, || {
        let out = given(attribute, "attribute")?.write(Attribute { policy: 0, index: 0 });
        let Policy { inner } = given(policy, "policy")?;
        // SAFETY: the caller's word.
        let name = unsafe { self::name(name, "name") }?;
        let model = inner.policy.model();
        let id = model.find(name).ok_or_else(|| RequestError::unknown(model, name))?;
        *out = Attribute { policy: inner.id, index: id.index() as u64 };
        Ok(())
    })
}

/// Looks a value up.
///
/// # Safety
/// There are `count` pointers at `names`, and `count` lengths at `lengths` if it is not NULL; the texts are as those of
/// [`placet_request_set_text`](crate::placet_request_set_text).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_policy_value(
    policy: Option<&Policy>,
    attribute: Attribute,
    names: *const *const c_char,
    lengths: *const usize,
    count: usize,
    value: Out<'_, Option<Box<Value>>>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    call(error, || {
        let out = given(value, "value")?.write(None);
        let Policy { inner } = given(policy, "policy")?;
        // SAFETY: the caller's word.
        let texts = unsafe { texts(names, lengths, count, "names") }?;
        let names = match (inner.handle(attribute)?, texts.as_slice()) {
            (Handle::Symbol(of), [name]) => Names::One(inner.policy.symbol(of, name)?),
            (Handle::Symbol(_), _) => return Err(inner.unfit(attribute, &format!("{count} names"))),
            (Handle::Symbols(of), names) => Names::Set(inner.policy.symbol_set(of, names.iter().copied())?),
            _ => return Err(inner.unfit(attribute, "a looked-up value")),
        };
        *out = Some(Box::new(Value { policy: inner.id, names }));
        Ok(())
    })
}

/// Frees a value.
#[unsafe(no_mangle)]
pub extern "C" fn placet_value_free(value: Option<Box<Value>>) {
    quietly((), || drop(value));
}
