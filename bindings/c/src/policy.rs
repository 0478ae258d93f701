//! Policies: `placet_policy`.

use crate::attribute::Handle;
use crate::boundary::{Out, Outcome, call, given, quietly};
use crate::buffer::Buffer;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::error::Error;
use crate::status::Status;
use crate::texts::{bytes, c_text, nul_terminated, pointer, text};
use std::ffi::{CStr, CString, OsStr, c_char};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// A policy, compiled.
#[derive(Debug)]
pub struct Policy {
    pub(crate) inner: Arc<Inner>,
}

/// What a policy shares with its requests, which may outlive it.
#[derive(Debug)]
pub(crate) struct Inner {
    /// No two policies of a process have the same, and none has 0, which is what forgotten handles say.
    pub(crate) id: u64,
    pub(crate) policy: placet::Policy,
    /// For each attribute, by its place.
    pub(crate) handles: Box<[Handle]>,
    name: CString,
    version: Option<CString>,
    hash: OnceLock<CString>,
    warnings: Diagnostics,
}

impl Policy {
    fn new(policy: placet::Policy) -> Outcome<Box<Self>> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let inner = Inner {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            handles: Handle::all(&policy)?,
            name: c_text(policy.name()),
            version: policy.version().map(c_text),
            hash: OnceLock::new(),
            warnings: Diagnostics::new(policy.warnings(), policy.sources()),
            policy,
        };
        Ok(Box::new(Self { inner: Arc::new(inner) }))
    }
}

/// Gives the policy that `load` comes to, NULL where it fails.
fn load(
    policy: Out<'_, Option<Box<Policy>>>,
    error: Out<'_, Option<Box<Error>>>,
    load: impl FnOnce() -> Outcome<placet::Policy>,
) -> Status {
    call(error, || {
        let out = given(policy, "policy")?.write(None);
        *out = Some(Policy::new(load()?)?);
        Ok(())
    })
}

/// The policy in a file, a text or a saved policy.
///
/// # Safety
/// `path` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_policy_open(
    path: *const c_char,
    policy: Out<'_, Option<Box<Policy>>>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    load(policy, error, || {
        // SAFETY: the caller's word.
        let path = unsafe { nul_terminated(path, "path") }?;
        Ok(placet::Policy::open(os_path(path)?)?)
    })
}

#[cfg(unix)]
fn os_path(path: &CStr) -> Outcome<&OsStr> {
    Ok(std::os::unix::ffi::OsStrExt::from_bytes(path.to_bytes()))
}

#[cfg(not(unix))]
fn os_path(path: &CStr) -> Outcome<&OsStr> {
    let text = path.to_str().map_err(|_| Error::new(Status::InvalidUtf8, "`path` is not UTF-8"))?;
    Ok(OsStr::new(text))
}

/// Compiles a text that imports nothing.
///
/// # Safety
/// There are `length` bytes at `text`, or it is NULL; or it ends with a NUL, and `length` is `PLACET_NTS`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_policy_from_text(
    text: *const c_char,
    length: usize,
    policy: Out<'_, Option<Box<Policy>>>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    load(policy, error, || {
        // SAFETY: the caller's word.
        let text = unsafe { self::text(text, length, "text") }?;
        Ok(placet::Policy::from_text(text)?)
    })
}

/// Loads a saved policy.
///
/// # Safety
/// There are `length` bytes at `saved`, or it is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_policy_from_bytes(
    saved: *const u8,
    length: usize,
    policy: Out<'_, Option<Box<Policy>>>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    load(policy, error, || {
        // A saved policy has no end but its length: one that is no length is too long.
        let length = length.min(usize::MAX - 1);
        // SAFETY: the caller's word.
        let saved = unsafe { bytes(saved.cast(), length, "saved") }?;
        placet::Policy::from_bytes(saved).map_err(|error| Error::new(Status::DoesNotLoad, &error.to_string()))
    })
}

/// Saves a policy.
#[unsafe(no_mangle)]
pub extern "C" fn placet_policy_save(
    policy: Option<&Policy>,
    saved: Out<'_, Buffer>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    call(error, || {
        let out = given(saved, "saved")?.write(Buffer::NOTHING);
        *out = given(policy, "policy")?.inner.policy.to_bytes().into();
        Ok(())
    })
}

/// The name; NULL for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn placet_policy_name(policy: Option<&Policy>) -> *const c_char {
    pointer(policy.map(|policy| &policy.inner.name))
}

/// The version, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn placet_policy_version(policy: Option<&Policy>) -> *const c_char {
    pointer(policy.and_then(|policy| policy.inner.version.as_ref()))
}

/// The hash; NULL for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn placet_policy_hash(policy: Option<&Policy>) -> *const c_char {
    let Some(Policy { inner }) = policy else { return std::ptr::null() };
    quietly(std::ptr::null(), || {
        let hash = || {
            let digits = inner.policy.hash().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
            c_text(&digits)
        };
        inner.hash.get_or_init(hash).as_ptr()
    })
}

/// How many warnings there are.
#[unsafe(no_mangle)]
pub extern "C" fn placet_policy_warning_count(policy: Option<&Policy>) -> usize {
    policy.map_or(0, |policy| policy.inner.warnings.len())
}

/// One of the warnings.
#[unsafe(no_mangle)]
pub extern "C" fn placet_policy_warning(
    policy: Option<&Policy>,
    index: usize,
    warning: Out<'_, Diagnostic>,
) -> Status {
    match (policy, warning) {
        (Some(policy), Some(warning)) => policy.inner.warnings.give(index, warning),
        _ => Status::NullArgument,
    }
}

/// Frees a policy.
#[unsafe(no_mangle)]
pub extern "C" fn placet_policy_free(policy: Option<Box<Policy>>) {
    quietly((), || drop(policy));
}
