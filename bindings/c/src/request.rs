//! Requests, and setters by name: `placet_request`.

use crate::boundary::{Out, Outcome, call, given, quietly};
use crate::error::Error;
use crate::policy::{Inner, Policy};
use crate::status::Status;
use crate::texts::{bytes, name, text, texts};
use placet::{Date, Duration, Input, Time};
use std::ffi::c_char;
use std::sync::Arc;

/// A request of one policy.
#[derive(Debug)]
pub struct Request {
    pub(crate) inner: Arc<Inner>,
    request: placet::Request,
    /// True while the request is being changed, and forever after a panic during a change.
    is_broken: bool,
}

impl Request {
    /// Changes the request. After a panic its values may be half-written, so it is never used again.
    #[inline]
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut placet::Request, &Inner) -> Outcome) -> Outcome {
        if self.is_broken {
            return Err(broken());
        }
        self.is_broken = true;
        let outcome = change(&mut self.request, &self.inner);
        self.is_broken = false;
        outcome
    }

    /// Returns the request for deciding, or an error if another policy made it.
    #[inline]
    pub(crate) fn of(&self, policy: &Policy) -> Outcome<&placet::Request> {
        if self.is_broken {
            return Err(broken());
        }
        if self.inner.id == policy.inner.id { Ok(&self.request) } else { Err(Error::foreign("request")) }
    }
}

#[cold]
fn broken() -> Box<Error> {
    Error::new(Status::Panic, "Placet failed while the request was changed: it can only be freed")
}

/// Changes the request that a pointer points to.
#[inline]
pub(crate) fn change(
    request: Option<&mut Request>,
    error: Out<'_, Option<Box<Error>>>,
    change: impl FnOnce(&mut placet::Request, &Inner) -> Outcome,
) -> Status {
    call(error, || given(request, "request")?.change(change))
}

/// Creates an empty request.
#[unsafe(no_mangle)]
pub extern "C" fn placet_request_new(
    policy: Option<&Policy>,
    request: Out<'_, Option<Box<Request>>>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    call(error, || {
        let out = given(request, "request")?.write(None);
        let Policy { inner } = given(policy, "policy")?;
        let request = inner.policy.request();
        *out = Some(Box::new(Request { inner: inner.clone(), request, is_broken: false }));
        Ok(())
    })
}

/// Removes all values and keeps the memory.
#[unsafe(no_mangle)]
pub extern "C" fn placet_request_clear(
    request: Option<&mut Request>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    change(request, error, |request, _| {
        request.clear();
        Ok(())
    })
}

/// Frees a request.
#[unsafe(no_mangle)]
pub extern "C" fn placet_request_free(request: Option<Box<Request>>) {
    quietly((), || drop(request));
}

/// Replaces all values with those of a JSON object.
///
/// # Safety
/// `json` and `length` are a text argument: see `texts::bytes`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_request_fill_from_json(
    request: Option<&mut Request>,
    json: *const c_char,
    length: usize,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    change(request, error, |request, _| {
        // Clears first, so that an erroneous argument leaves the request empty like an erroneous text does.
        request.clear();
        // SAFETY: `bytes` requires a text argument, which this function's contract demands of `json` and `length`.
        let json = unsafe { bytes(json, length, "json") }?;
        request.fill_from_json_bytes(json)?;
        Ok(())
    })
}

/// Sets an attribute, by name.
///
/// # Safety
/// `attribute` is NULL or ends with a NUL.
unsafe fn set<'v>(
    request: Option<&mut Request>,
    attribute: *const c_char,
    error: Out<'_, Option<Box<Error>>>,
    value: impl FnOnce() -> Outcome<Input<'v>>,
) -> Status {
    change(request, error, |request, _| {
        // SAFETY: `name` requires NULL or a NUL at the end, which the contract demands of `attribute`.
        let attribute = unsafe { name(attribute, "attribute") }?;
        request.set(attribute, value()?)?;
        Ok(())
    })
}

/// Gives an attribute, by name, as null.
///
/// # Safety
/// `attribute` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_request_set_null(
    request: Option<&mut Request>,
    attribute: *const c_char,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    // SAFETY: `set` requires NULL or a NUL at the end, which this function's contract demands of `attribute`.
    unsafe { set(request, attribute, error, || Ok(Input::Null)) }
}

/// Sets an attribute, by name, to a text.
///
/// # Safety
/// `attribute` is NULL or ends with a NUL. `value` and `length` are a text argument: see `texts::bytes`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_request_set_text(
    request: Option<&mut Request>,
    attribute: *const c_char,
    value: *const c_char,
    length: usize,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    // SAFETY: `text` requires a text argument, which this function's contract demands of `value` and `length`.
    let value = || Ok(Input::from(unsafe { text(value, length, "value") }?));
    // SAFETY: `set` requires NULL or a NUL at the end, which this function's contract demands of `attribute`.
    unsafe { set(request, attribute, error, value) }
}

/// Sets an attribute, by name, to a set of texts.
///
/// # Safety
/// `attribute` is NULL or ends with a NUL. `values`, `lengths` and `count` are a list of texts: see `texts::texts`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_request_set_texts(
    request: Option<&mut Request>,
    attribute: *const c_char,
    values: *const *const c_char,
    lengths: *const usize,
    count: usize,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    // SAFETY: `texts` requires a list of texts, which this function's contract demands of its arguments.
    let values = || Ok(Input::from(unsafe { texts(values, lengths, count, "values") }?));
    // SAFETY: `set` requires NULL or a NUL at the end, which this function's contract demands of `attribute`.
    unsafe { set(request, attribute, error, values) }
}

/// Sets an attribute, by name, to a bool.
///
/// # Safety
/// `attribute` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_request_set_bool(
    request: Option<&mut Request>,
    attribute: *const c_char,
    value: bool,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    // SAFETY: `set` requires NULL or a NUL at the end, which this function's contract demands of `attribute`.
    unsafe { set(request, attribute, error, || Ok(Input::Bool(value))) }
}

/// Sets an attribute, by name, to a whole number.
///
/// # Safety
/// `attribute` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_request_set_int(
    request: Option<&mut Request>,
    attribute: *const c_char,
    value: i64,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    // SAFETY: `set` requires NULL or a NUL at the end, which this function's contract demands of `attribute`.
    unsafe { set(request, attribute, error, || Ok(Input::Int(value))) }
}

/// Sets an attribute, by name, to a number.
///
/// # Safety
/// `attribute` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_request_set_number(
    request: Option<&mut Request>,
    attribute: *const c_char,
    value: f64,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    // SAFETY: `set` requires NULL or a NUL at the end, which this function's contract demands of `attribute`.
    unsafe { set(request, attribute, error, || Ok(Input::Number(value))) }
}

/// Sets an attribute, by name, to a date in days from 1970-01-01.
///
/// # Safety
/// `attribute` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_request_set_date(
    request: Option<&mut Request>,
    attribute: *const c_char,
    value: i32,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    // SAFETY: `set` requires NULL or a NUL at the end, which this function's contract demands of `attribute`.
    unsafe { set(request, attribute, error, || Ok(Input::Date(Date::from_days(value)))) }
}

/// Sets an attribute, by name, to an instant in microseconds from 1970-01-01T00:00:00Z.
///
/// # Safety
/// `attribute` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_request_set_time(
    request: Option<&mut Request>,
    attribute: *const c_char,
    value: i64,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    // SAFETY: `set` requires NULL or a NUL at the end, which this function's contract demands of `attribute`.
    unsafe { set(request, attribute, error, || Ok(Input::Time(Time::from_micros(value)))) }
}

/// Sets an attribute, by name, to a duration in microseconds.
///
/// # Safety
/// `attribute` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_request_set_duration(
    request: Option<&mut Request>,
    attribute: *const c_char,
    value: i64,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    // SAFETY: `set` requires NULL or a NUL at the end, which this function's contract demands of `attribute`.
    unsafe { set(request, attribute, error, || Ok(Input::Duration(Duration::from_micros(value)))) }
}

#[cfg(test)]
mod tests {
    use crate::status::Status;
    use crate::{Policy, placet_policy_effect, placet_request_clear, placet_request_new};
    use std::mem::MaybeUninit;

    #[test]
    fn change_breaks_the_request_after_a_panic() {
        let (mut policy, mut request) = (MaybeUninit::uninit(), MaybeUninit::uninit());
        let text = c"policy open  request { a: bool }  rule every { allow when a or not a }".as_ptr();
        // SAFETY: the length is `PLACET_NTS`, and a C string literal ends with a NUL.
        let status = unsafe { crate::placet_policy_from_text(text, usize::MAX, Some(&mut policy), None) };
        assert_eq!(status, Status::Ok);
        // SAFETY: every function writes its out argument.
        let policy: Box<Policy> = unsafe { policy.assume_init() }.unwrap();
        assert_eq!(placet_request_new(Some(&policy), Some(&mut request), None), Status::Ok);
        // SAFETY: every function writes its out argument.
        let mut request: Box<super::Request> = unsafe { request.assume_init() }.unwrap();
        assert!(crate::placet_policy_is_allowed(Some(&policy), Some(&request)));

        assert_eq!(super::change(Some(&mut request), None, |_, _| panic!("on purpose")), Status::Panic);
        let mut effect = MaybeUninit::new(crate::Effect::Allow);
        let status = placet_policy_effect(Some(&policy), Some(&request), Some(&mut effect), None);
        assert_eq!(status, Status::Panic);
        // SAFETY: `MaybeUninit::new` initialised it.
        assert_eq!(unsafe { effect.assume_init() }, crate::Effect::Indeterminate);
        assert!(!crate::placet_policy_is_allowed(Some(&policy), Some(&request)));
        assert_eq!(placet_request_clear(Some(&mut request), None), Status::Panic);
    }
}
