//! Handles that are looked up once: attributes, and values of enums and taxonomies.

use crate::boundary::{Out, Outcome, call, given, quietly};
use crate::error::Error;
use crate::policy::{Inner, Policy};
use crate::status::Status;
use crate::texts::{name, texts};
use placet::{AttributeDeclaration, Date, Domain, Duration, RequestError, Symbol, SymbolSet, Time};
use std::ffi::c_char;

/// The handle of an attribute of one policy: `placet_attribute`. C can forge its numbers, so every use checks them.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Attribute {
    /// The id of the policy.
    pub policy: u64,
    /// The index among the attributes of the policy.
    pub index: u64,
}

/// An attribute with the type of its values.
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
    /// Returns the handles of all attributes of a policy, by index.
    pub(crate) fn all(policy: &placet::Policy) -> Outcome<Box<[Self]>> {
        let handle = |attribute: AttributeDeclaration<'_>| -> Outcome<Self> {
            let name = attribute.name();
            Ok(match attribute.domain() {
                Domain::Bool => Handle::Bool(policy.attribute(name)?),
                Domain::Int { .. } => Handle::Int(policy.attribute(name)?),
                Domain::Number { .. } => Handle::Number(policy.attribute(name)?),
                Domain::String => Handle::Text(policy.attribute(name)?),
                Domain::Symbol(_) => Handle::Symbol(policy.attribute(name)?),
                Domain::SymbolSet { .. } => Handle::Symbols(policy.attribute(name)?),
                Domain::StringSet { .. } => Handle::Texts(policy.attribute(name)?),
                Domain::Date => Handle::Date(policy.attribute(name)?),
                Domain::Time => Handle::Time(policy.attribute(name)?),
                Domain::Duration => Handle::Duration(policy.attribute(name)?),
                _ => {
                    let message = format!("this library has no handles of the type of `{attribute}`");
                    return Err(Error::new(Status::DoesNotLoad, &message));
                }
            })
        };
        policy.attributes().map(handle).collect()
    }
}

impl Inner {
    /// Returns the handle of an attribute, or an error if another policy made it.
    #[inline]
    pub(crate) fn handle(&self, attribute: Attribute) -> Outcome<Handle> {
        // No policy has `usize::MAX` attributes, so an index that doesn't fit is not found.
        let index = usize::try_from(attribute.index).unwrap_or(usize::MAX);
        match self.handles.get(index) {
            Some(handle) if attribute.policy == self.id => Ok(*handle),
            _ => Err(Error::foreign("attribute's handle")),
        }
    }

    /// Returns the error of a value whose type the attribute doesn't take.
    #[cold]
    pub(crate) fn unfit(&self, attribute: Attribute, what: &str) -> Box<Error> {
        let index = usize::try_from(attribute.index).unwrap_or(usize::MAX);
        let Some(attribute) = self.policy.attributes().nth(index) else {
            return Error::foreign("attribute's handle");
        };
        RequestError::new(
            placet::ErrorCode::WrongType,
            format!("`{}` is {}, which is not given as {what}", attribute.name(), attribute.ty()),
            Some(attribute.name().to_owned()),
            attribute.ty(),
        )
        .into()
    }
}

/// A value of an enum or a taxonomy, or a set of such values, looked up once: `placet_value`.
#[derive(Debug)]
pub struct Value {
    pub(crate) policy: u64,
    pub(crate) names: Names,
}

/// A looked-up symbol or set of symbols.
#[derive(Debug)]
pub(crate) enum Names {
    One(Symbol),
    Set(SymbolSet),
}

/// Looks up an attribute by its dotted name.
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
        // SAFETY: `name` requires NULL or a NUL at the end, which this function's contract demands.
        let name = unsafe { self::name(name, "name") }?;
        let index = inner.policy.untyped_attribute(name)?.index();
        *out = Attribute { policy: inner.id, index: index as u64 };
        Ok(())
    })
}

/// Looks up a value by its name, or a set by the names of its members.
///
/// # Safety
/// `names`, `lengths` and `count` are a list of texts: see `texts::texts`.
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
        // SAFETY: `texts` requires a list of texts, which this function's contract demands of its arguments.
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
