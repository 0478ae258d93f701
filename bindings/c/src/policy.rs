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

/// A compiled policy.
#[derive(Debug)]
pub struct Policy {
    pub(crate) inner: Arc<Inner>,
}

/// The part of a policy that it shares with its requests, which may outlive it.
#[derive(Debug)]
pub(crate) struct Inner {
    /// Unique in the process. Never 0, so that a zeroed handle belongs to no policy.
    pub(crate) id: u64,
    pub(crate) policy: placet::Policy,
    /// The handles of all attributes, by index.
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

/// Writes the policy that `load` returns, or NULL if it fails.
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

/// Opens a policy from a file: a text or a saved policy.
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
        // SAFETY: `nul_terminated` requires NULL or a NUL at the end, which this function's contract demands of `path`.
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
/// `text` and `length` are a text argument: see `texts::bytes`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_policy_from_text(
    text: *const c_char,
    length: usize,
    policy: Out<'_, Option<Box<Policy>>>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    load(policy, error, || {
        // SAFETY: `text` requires a text argument, which this function's contract demands of `text` and `length`.
        let text = unsafe { self::text(text, length, "text") }?;
        Ok(placet::Policy::from_text(text)?)
    })
}

/// Loads a saved policy.
///
/// # Safety
/// `saved` is NULL or points to `length` initialised bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_policy_from_bytes(
    saved: *const u8,
    length: usize,
    policy: Out<'_, Option<Box<Policy>>>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    load(policy, error, || {
        // Saved policies contain NULs, so `PLACET_NTS` must not end them at the first one: one less is too long
        // instead.
        let length = length.min(usize::MAX - 1);
        // SAFETY: `bytes` requires NULL or `length` initialised bytes, which this function's contract demands of
        // `saved`. A length that was lowered fails before any byte is read.
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

/// Returns the name; NULL for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn placet_policy_name(policy: Option<&Policy>) -> *const c_char {
    pointer(policy.map(|policy| &policy.inner.name))
}

/// Returns the version, or NULL if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn placet_policy_version(policy: Option<&Policy>) -> *const c_char {
    pointer(policy.and_then(|policy| policy.inner.version.as_ref()))
}

/// Returns the hash; NULL for NULL. Computes it on the first call, because that takes as long as saving.
#[unsafe(no_mangle)]
pub extern "C" fn placet_policy_hash(policy: Option<&Policy>) -> *const c_char {
    let Some(Policy { inner }) = policy else { return std::ptr::null() };
    quietly(std::ptr::null(), || inner.hash.get_or_init(|| c_text(&inner.policy.hash_hex())).as_ptr())
}

/// Returns the number of warnings.
#[unsafe(no_mangle)]
pub extern "C" fn placet_policy_warning_count(policy: Option<&Policy>) -> usize {
    policy.map_or(0, |policy| policy.inner.warnings.len())
}

/// Writes one of the warnings.
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
