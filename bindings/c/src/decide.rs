//! Decisions are made here.

use crate::boundary::{Out, Outcome, call, given, quietly};
use crate::buffer::Buffer;
use crate::decision::Decision;
use crate::error::Error;
use crate::policy::Policy;
use crate::request::Request;
use crate::status::{Effect, Status};
use crate::texts::bytes;
use placet::RequestError;
use std::ffi::c_char;

/// Whether a request may go through; false for whatever is no proven allow, a failure too.
#[unsafe(no_mangle)]
pub extern "C" fn placet_policy_is_allowed(policy: Option<&Policy>, request: Option<&Request>) -> bool {
    let (Some(policy), Some(request)) = (policy, request) else { return false };
    quietly(false, || {
        request.of(policy).is_ok_and(|request| policy.inner.policy.is_allowed(request).unwrap_or(false))
    })
}

/// The effect alone.
#[unsafe(no_mangle)]
pub extern "C" fn placet_policy_effect(
    policy: Option<&Policy>,
    request: Option<&Request>,
    effect: Out<'_, Effect>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    call(error, || {
        let out = given(effect, "effect")?.write(Effect::Indeterminate);
        let policy = given(policy, "policy")?;
        let request = given(request, "request")?.of(policy)?;
        *out = policy.inner.policy.effect(request)?.into();
        Ok(())
    })
}

/// A decision with its reasons.
#[unsafe(no_mangle)]
pub extern "C" fn placet_policy_decide(
    policy: Option<&Policy>,
    request: Option<&Request>,
    decision: Out<'_, Option<Box<Decision>>>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    call(error, || {
        let out = given(decision, "decision")?.write(None);
        let policy = given(policy, "policy")?;
        let request = given(request, "request")?.of(policy)?;
        *out = Some(Decision::new(policy.inner.policy.decide(request)?));
        Ok(())
    })
}

/// The effect of a JSON object.
///
/// # Safety
/// There are `length` bytes at `json`, or it is NULL; or it ends with a NUL, and `length` is `PLACET_NTS`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_policy_effect_json(
    policy: Option<&Policy>,
    json: *const c_char,
    length: usize,
    effect: Out<'_, Effect>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    call(error, || {
        let out = given(effect, "effect")?.write(Effect::Indeterminate);
        let policy = given(policy, "policy")?;
        // SAFETY: the caller's word.
        let json = unsafe { bytes(json, length, "json") }?;
        *out = of_json(policy, json, placet::Policy::effect_json)?.into();
        Ok(())
    })
}

/// A decision about a JSON object.
///
/// # Safety
/// As of [`placet_policy_effect_json`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_policy_decide_json(
    policy: Option<&Policy>,
    json: *const c_char,
    length: usize,
    decision: Out<'_, Option<Box<Decision>>>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    call(error, || {
        let out = given(decision, "decision")?.write(None);
        let policy = given(policy, "policy")?;
        // SAFETY: the caller's word.
        let json = unsafe { bytes(json, length, "json") }?;
        *out = Some(Decision::new(of_json(policy, json, placet::Policy::decide_json)?));
        Ok(())
    })
}

/// What a text comes to, or why it is none: that it is not UTF-8 is a fault of the JSON.
fn of_json<T>(
    policy: &Policy,
    json: &[u8],
    decide: impl FnOnce(&placet::Policy, &str) -> Result<T, RequestError>,
) -> Outcome<T> {
    let policy = &policy.inner.policy;
    match std::str::from_utf8(json) {
        Ok(text) => Ok(decide(policy, text)?),
        Err(error) => {
            policy.request_from_json_bytes(json)?;
            // INVARIANT: what is not UTF-8 is no JSON, which has been said.
            Err(Error::new(Status::InvalidJson, &error.to_string()))
        }
    }
}

/// A decision and what led to it, as JSON.
#[unsafe(no_mangle)]
pub extern "C" fn placet_policy_explain(
    policy: Option<&Policy>,
    request: Option<&Request>,
    json: Out<'_, Buffer>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    call(error, || {
        let out = given(json, "json")?.write(Buffer::NOTHING);
        let policy = given(policy, "policy")?;
        let request = given(request, "request")?.of(policy)?;
        *out = Buffer::json(&policy.inner.policy.explain(request)?)?;
        Ok(())
    })
}
