//! What is given by handle: the fast path.

use crate::attribute::{Attribute, Handle, Names, Value};
use crate::boundary::{Out, Outcome, given};
use crate::error::Error;
use crate::request::{Request, change};
use crate::status::Status;
use crate::texts::{text, texts};
use placet::{Date, Duration, RequestError, Time};
use std::ffi::c_char;

/// What became of a value; `None` if the attribute takes another kind.
type Put<'r> = Option<Result<&'r mut placet::Request, RequestError>>;

/// Gives an attribute, by its handle, a value, which is `what`.
#[inline]
fn put(
    request: Option<&mut Request>,
    attribute: Attribute,
    error: Out<'_, Option<Box<Error>>>,
    what: &'static str,
    give: impl for<'r> FnOnce(&'r mut placet::Request, Handle) -> Outcome<Put<'r>>,
) -> Status {
    change(request, error, |request, inner| match give(request, inner.handle(attribute)?)? {
        Some(Ok(_)) => Ok(()),
        Some(Err(refused)) => Err(refused.into()),
        None => Err(inner.unfit(attribute, what)),
    })
}

/// Gives that an attribute is not known.
#[unsafe(no_mangle)]
pub extern "C" fn placet_request_put_missing(
    request: Option<&mut Request>,
    attribute: Attribute,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    put(request, attribute, error, "missing", |request, handle| {
        Ok(Some(match handle {
            Handle::Bool(of) => request.put_missing(of),
            Handle::Int(of) => request.put_missing(of),
            Handle::Number(of) => request.put_missing(of),
            Handle::Text(of) => request.put_missing(of),
            Handle::Texts(of) => request.put_missing(of),
            Handle::Symbol(of) => request.put_missing(of),
            Handle::Symbols(of) => request.put_missing(of),
            Handle::Date(of) => request.put_missing(of),
            Handle::Time(of) => request.put_missing(of),
            Handle::Duration(of) => request.put_missing(of),
        }))
    })
}

/// Gives a text.
///
/// # Safety
/// There are `length` bytes at `value`, or it is NULL; or it ends with a NUL, and `length` is `PLACET_NTS`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_request_put_text(
    request: Option<&mut Request>,
    attribute: Attribute,
    value: *const c_char,
    length: usize,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    put(request, attribute, error, "a text", |request, handle| {
        let Handle::Text(of) = handle else { return Ok(None) };
        // SAFETY: the caller's word.
        let value = unsafe { text(value, length, "value") }?;
        Ok(Some(request.put(of, value)))
    })
}

/// Gives a set of texts.
///
/// # Safety
/// There are `count` pointers at `values`, and `count` lengths at `lengths` if it is not NULL; the texts are as those of
/// [`placet_request_put_text`].
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
        let Handle::Texts(of) = handle else { return Ok(None) };
        // SAFETY: the caller's word.
        let values = unsafe { texts(values, lengths, count, "values") }?;
        Ok(Some(request.put(of, values.as_slice())))
    })
}

/// Gives a value that was looked up.
#[unsafe(no_mangle)]
pub extern "C" fn placet_request_put_value(
    request: Option<&mut Request>,
    attribute: Attribute,
    value: Option<&Value>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    put(request, attribute, error, "this looked-up value", |request, handle| {
        let value = given(value, "value")?;
        if value.policy != attribute.policy {
            return Err(Error::foreign("value"));
        }
        Ok(match (handle, &value.names) {
            (Handle::Symbol(of), Names::One(symbol)) => Some(request.put(of, *symbol)),
            (Handle::Symbols(of), Names::Set(set)) => Some(request.put(of, set)),
            _ => None,
        })
    })
}

/// Gives a truth value.
#[unsafe(no_mangle)]
pub extern "C" fn placet_request_put_bool(
    request: Option<&mut Request>,
    attribute: Attribute,
    value: bool,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    put(request, attribute, error, "a truth value", |request, handle| match handle {
        Handle::Bool(of) => Ok(Some(request.put(of, value))),
        _ => Ok(None),
    })
}

/// Gives a whole number.
#[unsafe(no_mangle)]
pub extern "C" fn placet_request_put_int(
    request: Option<&mut Request>,
    attribute: Attribute,
    value: i64,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    put(request, attribute, error, "a whole number", |request, handle| match handle {
        Handle::Int(of) => Ok(Some(request.put(of, value))),
        _ => Ok(None),
    })
}

/// Gives a number.
#[unsafe(no_mangle)]
pub extern "C" fn placet_request_put_number(
    request: Option<&mut Request>,
    attribute: Attribute,
    value: f64,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    put(request, attribute, error, "a number", |request, handle| match handle {
        Handle::Number(of) => Ok(Some(request.put(of, value))),
        _ => Ok(None),
    })
}

/// Gives a date.
#[unsafe(no_mangle)]
pub extern "C" fn placet_request_put_date(
    request: Option<&mut Request>,
    attribute: Attribute,
    value: i32,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    put(request, attribute, error, "a date", |request, handle| match handle {
        Handle::Date(of) => Ok(Some(request.put(of, Date::from_days(value)))),
        _ => Ok(None),
    })
}

/// Gives a time.
#[unsafe(no_mangle)]
pub extern "C" fn placet_request_put_time(
    request: Option<&mut Request>,
    attribute: Attribute,
    value: i64,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    put(request, attribute, error, "a time", |request, handle| match handle {
        Handle::Time(of) => Ok(Some(request.put(of, Time::from_micros(value)))),
        _ => Ok(None),
    })
}

/// Gives a duration.
#[unsafe(no_mangle)]
pub extern "C" fn placet_request_put_duration(
    request: Option<&mut Request>,
    attribute: Attribute,
    value: i64,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    put(request, attribute, error, "a duration", |request, handle| match handle {
        Handle::Duration(of) => Ok(Some(request.put(of, Duration::from_micros(value)))),
        _ => Ok(None),
    })
}
