//! Decides requests and JSON objects, with and without reasons.

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

/// Returns true only if the request is proven to be allowed; false for every other effect, and for a failure.
#[unsafe(no_mangle)]
pub extern "C" fn placet_policy_is_allowed(policy: Option<&Policy>, request: Option<&Request>) -> bool {
    let (Some(policy), Some(request)) = (policy, request) else { return false };
    quietly(false, || {
        request.of(policy).is_ok_and(|request| policy.inner.policy.is_allowed(request).unwrap_or(false))
    })
}

/// Decides a request, without reasons.
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

/// Decides a request, with all reasons.
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

/// Decides a JSON object, without reasons.
///
/// # Safety
/// `json` and `length` are a text argument: see `texts::bytes`.
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
        // SAFETY: `bytes` requires a text argument, which this function's contract demands of `json` and `length`.
        let json = unsafe { bytes(json, length, "json") }?;
        *out = of_json(policy, json, placet::Policy::effect_json)?.into();
        Ok(())
    })
}

/// Decides a JSON object, with all reasons.
///
/// # Safety
/// Like [`placet_policy_effect_json`].
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
        // SAFETY: `bytes` requires a text argument, which this function's contract demands of `json` and `length`.
        let json = unsafe { bytes(json, length, "json") }?;
        *out = Some(Decision::new(of_json(policy, json, placet::Policy::decide_json)?));
        Ok(())
    })
}

/// Decides a JSON text with `decide`. A text that is not UTF-8 is `PLACET_INVALID_JSON`, like any other syntax error.
fn of_json<T>(
    policy: &Policy,
    json: &[u8],
    decide: impl FnOnce(&placet::Policy, &str) -> Result<T, RequestError>,
) -> Outcome<T> {
    let policy = &policy.inner.policy;
    match std::str::from_utf8(json) {
        Ok(text) => Ok(decide(policy, text)?),
        Err(error) => {
            // Reads the bytes as JSON for its error, which is that of every other syntax error.
            policy.request_from_json_bytes(json)?;
            // INVARIANT: the line above fails, since text that is not UTF-8 is no JSON.
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
