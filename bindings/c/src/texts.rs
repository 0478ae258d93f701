//! Reads texts from C, and creates texts for C.
//!
//! Two contracts recur in this crate:
//!
//! - A *text argument* is a pointer and a length: see [`bytes`].
//! - A *list of texts* is an array of pointers, an array of lengths or NULL, and their count: see [`texts`].

use crate::boundary::{Outcome, given};
use crate::error::Error;
use crate::status::Status;
use std::ffi::{CStr, CString, c_char};
use std::ptr::NonNull;

/// The length of a text that ends at its first NUL: `PLACET_NTS`.
const NUL_TERMINATED: usize = usize::MAX;

/// Returns the bytes of a text argument. Fails if `pointer` is NULL, unless the length is 0, and if the length exceeds
/// `isize::MAX`, the largest size of an object.
///
/// # Safety
/// `pointer` is NULL or points to `length` initialised bytes, or, if the length is [`NUL_TERMINATED`], to bytes that
/// end with a NUL. No thread changes or frees them during `'a`.
pub(crate) unsafe fn bytes<'a>(
    pointer: *const c_char,
    length: usize,
    name: &'static str,
) -> Outcome<&'a [u8]> {
    match length {
        0 => Ok(&[]),
        NUL_TERMINATED => {
            // SAFETY: `nul_terminated` requires NULL or a NUL at the end, which the contract demands for this length.
            Ok(unsafe { nul_terminated(pointer, name) }?.to_bytes())
        }
        _ if length > isize::MAX.cast_unsigned() => {
            Err(Error::new(Status::OutOfRange, &format!("`{name}` is longer than memory")))
        }
        _ => {
            let start = given(NonNull::new(pointer.cast_mut()), name)?.cast::<u8>();
            // SAFETY: a slice needs `length` initialised bytes, which the contract demands; `given` rejected NULL,
            // bytes have no alignment, and the arm above rejected lengths over `isize::MAX`.
            Ok(unsafe { std::slice::from_raw_parts(start.as_ptr(), length) })
        }
    }
}

/// Returns the bytes at `pointer`, up to the first NUL.
///
/// # Safety
/// `pointer` is NULL, or points to bytes that end with a NUL and that no thread changes or frees during `'a`.
pub(crate) unsafe fn nul_terminated<'a>(pointer: *const c_char, name: &'static str) -> Outcome<&'a CStr> {
    let start = given(NonNull::new(pointer.cast_mut()), name)?;
    // SAFETY: `from_ptr` requires a NUL at the end, which the contract demands; `given` rejected NULL.
    Ok(unsafe { CStr::from_ptr(start.as_ptr()) })
}

/// Returns the name at `pointer`, up to the first NUL. Fails if it is not UTF-8.
///
/// # Safety
/// Like [`nul_terminated`].
pub(crate) unsafe fn name<'a>(pointer: *const c_char, name: &'static str) -> Outcome<&'a str> {
    // SAFETY: the contract is that of `nul_terminated`.
    utf8(unsafe { nul_terminated(pointer, name) }?.to_bytes(), name)
}

/// Returns the text of a text argument. Fails like [`bytes`], and if it is not UTF-8.
///
/// # Safety
/// Like [`bytes`].
pub(crate) unsafe fn text<'a>(pointer: *const c_char, length: usize, name: &'static str) -> Outcome<&'a str> {
    // SAFETY: the contract is that of `bytes`.
    utf8(unsafe { bytes(pointer, length, name) }?, name)
}

/// Returns the texts of a list. If `lengths` is NULL, each text ends at its first NUL.
///
/// # Safety
/// `pointers` is NULL or points to `count` pointers, and `lengths` is NULL or points to `count` lengths; both are
/// aligned. Each pointer with its length, or with [`NUL_TERMINATED`], is a text argument as for [`bytes`]. No thread
/// changes or frees the arrays during the call.
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
    // SAFETY: a slice needs `count` aligned pointers, which the contract demands; `given` rejected NULL, and the check
    // of `count` bounds the size to `isize::MAX` bytes.
    let pointers = unsafe { std::slice::from_raw_parts(pointers.as_ptr(), count) };
    let lengths = match NonNull::new(lengths.cast_mut()) {
        // SAFETY: the contract demands `count` aligned lengths, and `NonNull` rejected NULL. The check of `count`
        // bounds their size too, since a `usize` is as large as a pointer.
        Some(lengths) => unsafe { std::slice::from_raw_parts(lengths.as_ptr(), count) },
        None => &[],
    };
    let lengths = lengths.iter().copied().chain(std::iter::repeat(NUL_TERMINATED));
    // SAFETY: `text` requires a text argument, which the contract demands of each pointer with its length.
    pointers.iter().zip(lengths).map(|(pointer, length)| unsafe { text(*pointer, length, name) }).collect()
}

fn utf8<'a>(bytes: &'a [u8], name: &'static str) -> Outcome<&'a str> {
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        Error::new(Status::InvalidUtf8, &format!("`{name}` is not UTF-8 at byte {at}"))
    })
}

/// Converts a text for C. Replaces NULs with U+FFFD, since C would take the first for the end.
pub(crate) fn c_text(text: &str) -> CString {
    CString::new(text).unwrap_or_else(|_| CString::new(text.replace('\0', "\u{fffd}")).unwrap_or_default())
}

/// Returns a pointer to a text, or NULL if there is none.
pub(crate) fn pointer(text: Option<&CString>) -> *const c_char {
    text.map_or(std::ptr::null(), |text| text.as_ptr())
}
