//! What is given by handle: the fast path.

use crate::attribute::{Attribute, Handle, Names, Value};
use crate::boundary::{Out, given};
use crate::error::Error;
use crate::request::{Request, change};
use crate::status::Status;
use crate::texts::{text, texts};
use placet::{Date, Duration, RequestError, Time};
use std::ffi::c_char;

/// What became of a value; the failure is `None` if the attribute takes another kind.
type Put = Result<(), Option<Box<Error>>>;

/// The attribute takes another kind.
const UNFIT: Put = Err(None);

/// What a request says of a value. Its failure is put in a box where it arises: few have one, and it is large to pass on.
#[inline]
fn said(answer: Result<&mut placet::Request, RequestError>) -> Put {
    match answer {
        Ok(_) => Ok(()),
        Err(refused) => Err(Some(refused.into())),
    }
}

/// Gives an attribute, by its handle, a value, which is `what`.
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

/// Gives that an attribute is not known.
#[unsafe(no_mangle)]
pub extern "C" fn placet_request_put_missing(
    request: Option<&mut Request>,
    attribute: Attribute,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    put(request, attribute, error, "missing", |request, handle| {
        said(match handle {
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
        })
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
        let Handle::Text(of) = handle else { return UNFIT };
        // SAFETY: the caller's word.
        let value = unsafe { text(value, length, "value") }?;
        said(request.put(of, value))
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
        let Handle::Texts(of) = handle else { return UNFIT };
        // SAFETY: the caller's word.
        let values = unsafe { texts(values, lengths, count, "values") }?;
        said(request.put(of, values.as_slice()))
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
            return Err(Some(Error::foreign("value")));
        }
        match (handle, &value.names) {
            (Handle::Symbol(of), Names::One(symbol)) => said(request.put(of, *symbol)),
            (Handle::Symbols(of), Names::Set(set)) => said(request.put(of, set)),
            _ => UNFIT,
        }
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
        Handle::Bool(of) => said(request.put(of, value)),
        _ => UNFIT,
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
        Handle::Int(of) => said(request.put(of, value)),
        _ => UNFIT,
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
        Handle::Number(of) => said(request.put(of, value)),
        _ => UNFIT,
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
        Handle::Date(of) => said(request.put(of, Date::from_days(value))),
        _ => UNFIT,
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
        Handle::Time(of) => said(request.put(of, Time::from_micros(value))),
        _ => UNFIT,
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
        Handle::Duration(of) => said(request.put(of, Duration::from_micros(value))),
        _ => UNFIT,
    })
}
