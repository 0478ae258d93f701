//! Setters by handle: the fast path, which looks nothing up and converts nothing.

use crate::attribute::{Attribute, Handle, Names, Value};
use crate::boundary::{Out, given};
use crate::error::Error;
use crate::request::{Request, change};
use crate::status::Status;
use crate::texts::{text, texts};
use placet::{Date, Duration, RequestError, Time};
use std::ffi::c_char;

/// The result of putting a value. The error is `None` if the attribute has another type: [`put`] then builds it.
type Put = Result<(), Option<Box<Error>>>;

/// The attribute has another type.
const UNFIT: Put = Err(None);

/// Converts the result of a request's setter. Boxes the error here, so that the larger `RequestError` is not passed on.
#[inline]
fn boxed(answer: Result<&mut placet::Request, RequestError>) -> Put {
    match answer {
        Ok(_) => Ok(()),
        Err(refused) => Err(Some(refused.into())),
    }
}

/// Sets an attribute, by handle, with `give`. `what` describes the value for the error of an attribute of another type.
#[inline]
fn put(
    request: Option<&mut Request>,
    attribute: Attribute,
    error: Out<'_, Option<Box<Error>>>,
    what: &'static str,
    give: impl FnOnce(&mut placet::Request, Handle) -> Put,
) -> Status {
    change(request, error, |request, inner| {
        let given = give(request, inner.handle(attribute)?);
        given.map_err(|failure| failure.unwrap_or_else(|| inner.unfit(attribute, what)))
    })
}

/// Gives an attribute, by handle, as null.
#[unsafe(no_mangle)]
pub extern "C" fn placet_request_put_null(
    request: Option<&mut Request>,
    attribute: Attribute,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    put(request, attribute, error, "null", |request, handle| {
        boxed(match handle {
            Handle::Bool(of) => request.put_null(of),
            Handle::Int(of) => request.put_null(of),
            Handle::Number(of) => request.put_null(of),
            Handle::Text(of) => request.put_null(of),
            Handle::Texts(of) => request.put_null(of),
            Handle::Symbol(of) => request.put_null(of),
            Handle::Symbols(of) => request.put_null(of),
            Handle::Date(of) => request.put_null(of),
            Handle::Time(of) => request.put_null(of),
            Handle::Duration(of) => request.put_null(of),
        })
    })
}

/// Sets an attribute, by handle, to a string.
///
/// # Safety
/// `value` and `length` are a text argument: see `texts::bytes`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_request_put_text(
    request: Option<&mut Request>,
    attribute: Attribute,
    value: *const c_char,
    length: usize,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    put(request, attribute, error, "a text", |request, handle| {
        let Handle::Text(of) = handle else { return UNFIT };
        // SAFETY: `text` requires a text argument, which this function's contract demands of `value` and `length`.
        let value = unsafe { text(value, length, "value") }?;
        boxed(request.put(of, value))
    })
}

/// Sets an attribute, by handle, to a set of strings.
///
/// # Safety
/// `values`, `lengths` and `count` are a list of texts: see `texts::texts`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_request_put_texts(
    request: Option<&mut Request>,
    attribute: Attribute,
    values: *const *const c_char,
    lengths: *const usize,
    count: usize,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    put(request, attribute, error, "texts", |request, handle| {
        let Handle::Texts(of) = handle else { return UNFIT };
        // SAFETY: `texts` requires a list of texts, which this function's contract demands of its arguments.
        let values = unsafe { texts(values, lengths, count, "values") }?;
        boxed(request.put(of, values.as_slice()))
    })
}

/// Sets an attribute, by handle, to a looked-up value.
#[unsafe(no_mangle)]
pub extern "C" fn placet_request_put_value(
    request: Option<&mut Request>,
    attribute: Attribute,
    value: Option<&Value>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    put(request, attribute, error, "this looked-up value", |request, handle| {
        let value = given(value, "value")?;
        // Symbols are indices into the policy's tables: those of another policy would name other values.
        if value.policy != attribute.policy {
            return Err(Some(Error::foreign("value")));
        }
        match (handle, &value.names) {
            (Handle::Symbol(of), Names::One(symbol)) => boxed(request.put(of, *symbol)),
            (Handle::Symbols(of), Names::Set(set)) => boxed(request.put(of, set)),
            _ => UNFIT,
        }
    })
}

/// Sets an attribute, by handle, to a bool.
#[unsafe(no_mangle)]
pub extern "C" fn placet_request_put_bool(
    request: Option<&mut Request>,
    attribute: Attribute,
    value: bool,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    put(request, attribute, error, "a truth value", |request, handle| match handle {
        Handle::Bool(of) => boxed(request.put(of, value)),
        _ => UNFIT,
    })
}

/// Sets an attribute, by handle, to an int.
#[unsafe(no_mangle)]
pub extern "C" fn placet_request_put_int(
    request: Option<&mut Request>,
    attribute: Attribute,
    value: i64,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    put(request, attribute, error, "a whole number", |request, handle| match handle {
        Handle::Int(of) => boxed(request.put(of, value)),
        _ => UNFIT,
    })
}

/// Sets an attribute, by handle, to a number.
#[unsafe(no_mangle)]
pub extern "C" fn placet_request_put_number(
    request: Option<&mut Request>,
    attribute: Attribute,
    value: f64,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    put(request, attribute, error, "a number", |request, handle| match handle {
        Handle::Number(of) => boxed(request.put(of, value)),
        _ => UNFIT,
    })
}

/// Sets an attribute, by handle, to a date in days from 1970-01-01.
#[unsafe(no_mangle)]
pub extern "C" fn placet_request_put_date(
    request: Option<&mut Request>,
    attribute: Attribute,
    value: i32,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    put(request, attribute, error, "a date", |request, handle| match handle {
        Handle::Date(of) => boxed(request.put(of, Date::from_days(value))),
        _ => UNFIT,
    })
}

/// Sets an attribute, by handle, to an instant in microseconds from 1970-01-01T00:00:00Z.
#[unsafe(no_mangle)]
pub extern "C" fn placet_request_put_time(
    request: Option<&mut Request>,
    attribute: Attribute,
    value: i64,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    put(request, attribute, error, "a time", |request, handle| match handle {
        Handle::Time(of) => boxed(request.put(of, Time::from_micros(value))),
        _ => UNFIT,
    })
}

/// Sets an attribute, by handle, to a duration in microseconds.
#[unsafe(no_mangle)]
pub extern "C" fn placet_request_put_duration(
    request: Option<&mut Request>,
    attribute: Attribute,
    value: i64,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    put(request, attribute, error, "a duration", |request, handle| match handle {
        Handle::Duration(of) => boxed(request.put(of, Duration::from_micros(value))),
        _ => UNFIT,
    })
}
