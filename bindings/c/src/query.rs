//! Questions about a policy, with requests and answers as JSON.

use crate::boundary::{Out, Outcome, call, given};
use crate::buffer::Buffer;
use crate::error::Error;
use crate::policy::Policy;
use crate::status::Status;
use crate::texts::{bytes, name, texts};
use placet::query::QueryError;
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
    call(error, || {
        let out = given(answer, "answer")?.write(Buffer::NOTHING);
        let policy = given(policy, "policy")?;
        // SAFETY: `request` requires a text argument, which this function's contract demands of `json` and `length`.
        let request = unsafe { request(policy, json, length) }?;
        // SAFETY: `texts` requires a list of texts, which this function's contract demands.
        let over = unsafe { texts(over, lengths, count, "over") }?;
        *out = Buffer::json(&policy.inner.policy.query(&request, over)?)?;
        Ok(())
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
    call(error, || {
        let out = given(answer, "answer")?.write(Buffer::NOTHING);
        let policy = given(policy, "policy")?;
        // SAFETY: `request` requires a text argument, which this function's contract demands of `json` and `length`.
        let request = unsafe { request(policy, json, length) }?;
        // SAFETY: `name` requires NULL or a NUL at the end, which this function's contract demands.
        let attribute = unsafe { name(attribute, "attribute") }?;
        *out = Buffer::json(&policy.inner.policy.next_change(&request, attribute)?)?;
        Ok(())
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
    call(error, || {
        let out = given(answer, "answer")?.write(Buffer::NOTHING);
        let policy = given(policy, "policy")?;
        // SAFETY: `request` requires a text argument, which this function's contract demands of `json` and `length`.
        let request = unsafe { request(policy, json, length) }?;
        // SAFETY: `name` requires NULL or a NUL at the end, which this function's contract demands of `row`.
        let row = unsafe { name(row, "row") }?;
        // SAFETY: likewise, of `column`.
        let column = unsafe { name(column, "column") }?;
        *out = Buffer::json(&policy.inner.policy.matrix(&request, row, column)?)?;
        Ok(())
    })
}

/// Reads a partial request.
///
/// # Safety
/// `json` and `length` are a text argument: see `texts::bytes`.
unsafe fn request(policy: &Policy, json: *const c_char, length: usize) -> Outcome<placet::Request> {
    // SAFETY: the contract is that of `bytes`.
    let json = unsafe { bytes(json, length, "json") }?;
    Ok(policy.inner.policy.request_from_json_bytes(json)?)
}
