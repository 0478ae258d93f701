//! Bytes that the caller owns: `placet_buffer`.

use crate::boundary::{Outcome, quietly};
use crate::error::Error;
use crate::status::Status;
use serde::Serialize;
use std::ffi::c_char;

/// Bytes that the caller owns, followed by a NUL.
#[derive(Debug)]
#[repr(C)]
pub struct Buffer {
    /// The bytes; NULL if there are none.
    pub data: *mut c_char,
    /// The number of bytes, without the NUL.
    pub length: usize,
}

impl Buffer {
    /// The empty buffer, which owns nothing.
    pub(crate) const NOTHING: Self = Self { data: std::ptr::null_mut(), length: 0 };

    /// Serializes a value as JSON.
    pub(crate) fn json(value: &impl Serialize) -> Outcome<Self> {
        match serde_json::to_vec(value) {
            Ok(json) => Ok(json.into()),
            // INVARIANT: serde_json fails for keys that aren't strings and for I/O errors. All values here have string
            // keys, and are written to memory.
            Err(error) => Err(Error::new(Status::Panic, &error.to_string())),
        }
    }
}

impl From<Vec<u8>> for Buffer {
    fn from(mut bytes: Vec<u8>) -> Self {
        let length = bytes.len();
        bytes.push(0);
        Self { data: Box::into_raw(bytes.into_boxed_slice()).cast(), length }
    }
}

/// Frees the bytes of a buffer and empties it, so that freeing it twice does nothing.
///
/// # Safety
/// This library filled the buffer, or it is all zeros.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_buffer_free(buffer: Option<&mut Buffer>) {
    let Some(buffer) = buffer else { return };
    let Buffer { data, length } = std::mem::replace(buffer, Buffer::NOTHING);
    if !data.is_null() {
        let bytes = std::ptr::slice_from_raw_parts_mut(data.cast::<u8>(), length + 1);
        // SAFETY: `from_raw` requires a pointer from `Box::into_raw`. The contract demands a buffer of this library,
        // which only `Buffer::from` fills: with a boxed slice of `length` bytes and a NUL.
        let bytes = unsafe { Box::from_raw(bytes) };
        quietly((), || drop(bytes));
    }
}
