//! Texts on their way in and out.

use crate::boundary::{Outcome, given};
use crate::error::Error;
use crate::status::Status;
use std::ffi::{CStr, CString, c_char};
use std::ptr::NonNull;

/// The length of a text that ends at its first NUL: `PLACET_NTS`.
const NUL_TERMINATED: usize = usize::MAX;

/// The bytes at `pointer`. NULL is no bytes where the length is 0.
///
/// # Safety
/// `pointer` is NULL, or there are `length` bytes at it that nobody changes while `'a` lasts; where the length is
/// [`NUL_TERMINATED`], as many as there are before the first NUL, and the NUL.
pub(crate) unsafe fn bytes<'a>(
    pointer: *const c_char,
    length: usize,
    name: &'static str,
) -> Outcome<&'a [u8]> {
    match length {
        0 => Ok(&[]),
        NUL_TERMINATED => {
            // SAFETY: the caller's word.
            Ok(unsafe { nul_terminated(pointer, name) }?.to_bytes())
        }
        _ if length > isize::MAX.cast_unsigned() => {
            Err(Error::new(Status::OutOfRange, &format!("`{name}` is longer than memory")))
        }
        _ => {
            let start = given(NonNull::new(pointer.cast_mut()), name)?.cast::<u8>();
            // SAFETY: the caller's word; the pointer is not NULL, bytes need no alignment, and the length is no more
            // than there may be.
            Ok(unsafe { std::slice::from_raw_parts(start.as_ptr(), length) })
        }
    }
}

/// The bytes at `pointer`, up to the first NUL.
///
/// # Safety
/// As of [`bytes`].
pub(crate) unsafe fn nul_terminated<'a>(pointer: *const c_char, name: &'static str) -> Outcome<&'a CStr> {
    let start = given(NonNull::new(pointer.cast_mut()), name)?;
    // SAFETY: the caller's word; the pointer is not NULL.
    Ok(unsafe { CStr::from_ptr(start.as_ptr()) })
}

/// The name at `pointer`, up to the first NUL.
///
/// # Safety
/// As of [`bytes`].
pub(crate) unsafe fn name<'a>(pointer: *const c_char, name: &'static str) -> Outcome<&'a str> {
    // SAFETY: the caller's word.
    utf8(unsafe { nul_terminated(pointer, name) }?.to_bytes(), name)
}

/// The text at `pointer`.
///
/// # Safety
/// As of [`bytes`].
pub(crate) unsafe fn text<'a>(pointer: *const c_char, length: usize, name: &'static str) -> Outcome<&'a str> {
    // SAFETY: the caller's word.
    utf8(unsafe { bytes(pointer, length, name) }?, name)
}

/// The texts at `pointers`, all of them up to their first NUL where `lengths` is NULL.
///
/// # Safety
/// `pointers` is NULL, or there are `count` pointers at it; so too `lengths`. Each text is as [`bytes`] asks.
pub(crate) unsafe fn texts<'a>(
    pointers: *const *const c_char,
    lengths: *const usize,
    count: usize,
    name: &'static str,
) -> Outcome<Vec<&'a str>> {
    if count == 0 {
        return Ok(Vec::new());
    }
    if count > isize::MAX.cast_unsigned() / size_of::<*const c_char>() {
        return Err(Error::new(Status::OutOfRange, &format!("`{name}` has more texts than memory")));
    }
    let pointers = given(NonNull::new(pointers.cast_mut()), name)?;
    // SAFETY: the caller's word; the pointer is not NULL, and there are no more than there may be.
    let pointers = unsafe { std::slice::from_raw_parts(pointers.as_ptr(), count) };
    let lengths = match NonNull::new(lengths.cast_mut()) {
        // SAFETY: as above; a length is as large as a pointer.
        Some(lengths) => unsafe { std::slice::from_raw_parts(lengths.as_ptr(), count) },
        None => &[],
    };
    let lengths = lengths.iter().copied().chain(std::iter::repeat(NUL_TERMINATED));
    // SAFETY: the caller's word.
    pointers.iter().zip(lengths).map(|(pointer, length)| unsafe { text(*pointer, length, name) }).collect()
}

fn utf8<'a>(bytes: &'a [u8], name: &'static str) -> Outcome<&'a str> {
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        Error::new(Status::InvalidUtf8, &format!("`{name}` is not UTF-8 at byte {at}"))
    })
}

/// A text for C, where it ends at its first NUL: one that stands in it is shown as what it is not.
pub(crate) fn c_text(text: &str) -> CString {
    CString::new(text).unwrap_or_else(|_| CString::new(text.replace('\0', "\u{fffd}")).unwrap_or_default())
}

/// The pointer to a text that there may not be.
pub(crate) fn pointer(text: Option<&CString>) -> *const c_char {
    text.map_or(std::ptr::null(), |text| text.as_ptr())
}
