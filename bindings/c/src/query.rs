//! Questions about policies, with requests and answers as JSON.

use crate::boundary::{Out, Outcome, call, given};
use crate::buffer::Buffer;
use crate::error::Error;
use crate::policy::Policy;
use crate::status::Status;
use crate::texts::{bytes, name, texts};
use placet::query::QueryError;
use serde::Serialize;
use std::ffi::c_char;

impl From<QueryError> for Box<Error> {
    #[cold]
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Request(error) => error.into(),
            error @ QueryError::Duplicate { .. } => {
                Error::new(Status::DuplicateAttribute, &error.to_string())
            }
            other => Error::new(Status::InvalidRequest, &other.to_string()),
        }
    }
}

/// Writes the answer of `ask` about a policy as JSON, or empties the buffer if it fails.
fn answered<T: Serialize>(
    policy: Option<&Policy>,
    answer: Out<'_, Buffer>,
    error: Out<'_, Option<Box<Error>>>,
    ask: impl FnOnce(&placet::Policy) -> Outcome<T>,
) -> Status {
    call(error, || {
        let out = given(answer, "answer")?.write(Buffer::NOTHING);
        let policy = &given(policy, "policy")?.inner.policy;
        *out = Buffer::json(&ask(policy)?)?;
        Ok(())
    })
}

/// Writes the regions of some attributes' values with the same answer, as JSON.
///
/// # Safety
/// `json` and `length` are a text argument: see `texts::bytes`. `over` and `lengths` are a list of `count` texts: see
/// `texts::texts`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_query_json(
    policy: Option<&Policy>,
    json: *const c_char,
    length: usize,
    over: *const *const c_char,
    lengths: *const usize,
    count: usize,
    answer: Out<'_, Buffer>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    answered(policy, answer, error, |policy| {
        // SAFETY: `request` requires a text argument, which this function's contract demands of `json` and `length`.
        let request = unsafe { request(policy, json, length, "json") }?;
        // SAFETY: `texts` requires a list of texts, which this function's contract demands.
        let over = unsafe { texts(over, lengths, count, "over") }?;
        Ok(policy.query(&request, over)?)
    })
}

/// Writes the regions of some attributes' values whose answer differs between two requests, as JSON.
///
/// # Safety
/// `before` and `before_length`, and `after` and `after_length`, are text arguments: see `texts::bytes`. `over` and
/// `lengths` are a list of `count` texts: see `texts::texts`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_query_changes_json(
    policy: Option<&Policy>,
    before: *const c_char,
    before_length: usize,
    after: *const c_char,
    after_length: usize,
    over: *const *const c_char,
    lengths: *const usize,
    count: usize,
    answer: Out<'_, Buffer>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    answered(policy, answer, error, |policy| {
        // SAFETY: `request` requires a text argument, which this function's contract demands of `before` and its length.
        let before = unsafe { request(policy, before, before_length, "before") }?;
        // SAFETY: likewise, of `after` and its length.
        let after = unsafe { request(policy, after, after_length, "after") }?;
        // SAFETY: `texts` requires a list of texts, which this function's contract demands.
        let over = unsafe { texts(over, lengths, count, "over") }?;
        Ok(policy.query_changes(&before, &after, over)?)
    })
}

/// Writes the answers along the values of an ordered attribute, as JSON.
///
/// # Safety
/// `json` and `length` are a text argument: see `texts::bytes`. `attribute` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_timeline_json(
    policy: Option<&Policy>,
    json: *const c_char,
    length: usize,
    attribute: *const c_char,
    answer: Out<'_, Buffer>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    answered(policy, answer, error, |policy| {
        // SAFETY: `request` requires a text argument, which this function's contract demands of `json` and `length`.
        let request = unsafe { request(policy, json, length, "json") }?;
        // SAFETY: `name` requires NULL or a NUL at the end, which this function's contract demands.
        let attribute = unsafe { name(attribute, "attribute") }?;
        Ok(policy.timeline(&request, attribute)?)
    })
}

/// Writes the next value of an ordered attribute at which the effect changes, as JSON; `null` if it never does.
///
/// # Safety
/// `json` and `length` are a text argument: see `texts::bytes`. `attribute` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_next_change_json(
    policy: Option<&Policy>,
    json: *const c_char,
    length: usize,
    attribute: *const c_char,
    answer: Out<'_, Buffer>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    answered(policy, answer, error, |policy| {
        // SAFETY: `request` requires a text argument, which this function's contract demands of `json` and `length`.
        let request = unsafe { request(policy, json, length, "json") }?;
        // SAFETY: `name` requires NULL or a NUL at the end, which this function's contract demands.
        let attribute = unsafe { name(attribute, "attribute") }?;
        Ok(policy.next_change(&request, attribute)?)
    })
}

/// Writes the answers for the values of two attributes, as JSON.
///
/// # Safety
/// `json` and `length` are a text argument: see `texts::bytes`. `row` and `column` are NULL or end with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_matrix_json(
    policy: Option<&Policy>,
    json: *const c_char,
    length: usize,
    row: *const c_char,
    column: *const c_char,
    answer: Out<'_, Buffer>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    answered(policy, answer, error, |policy| {
        // SAFETY: `request` requires a text argument, which this function's contract demands of `json` and `length`.
        let request = unsafe { request(policy, json, length, "json") }?;
        // SAFETY: `name` requires NULL or a NUL at the end, which this function's contract demands of `row`.
        let row = unsafe { name(row, "row") }?;
        // SAFETY: likewise, of `column`.
        let column = unsafe { name(column, "column") }?;
        Ok(policy.matrix(&request, row, column)?)
    })
}

/// Writes the difference between two policies, as JSON.
#[unsafe(no_mangle)]
pub extern "C" fn placet_diff_json(
    old_policy: Option<&Policy>,
    new_policy: Option<&Policy>,
    answer: Out<'_, Buffer>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    answered(old_policy, answer, error, |old| {
        let new = given(new_policy, "new_policy")?;
        Ok(placet::diff(old, &new.inner.policy))
    })
}

/// Reads a partial request.
///
/// # Safety
/// `json` and `length` are a text argument: see `texts::bytes`.
unsafe fn request(
    policy: &placet::Policy,
    json: *const c_char,
    length: usize,
    name: &'static str,
) -> Outcome<placet::Request> {
    // SAFETY: the contract is that of `bytes`.
    let json = unsafe { bytes(json, length, name) }?;
    Ok(policy.request_from_json_bytes(json)?)
}
