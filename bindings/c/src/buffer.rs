//! Bytes that are handed over: `placet_buffer`.

use crate::boundary::{Outcome, quietly};
use crate::error::Error;
use crate::status::Status;
use serde::Serialize;
use std::ffi::c_char;

/// Bytes owned by the caller, and after them a NUL.
#[derive(Debug)]
#[repr(C)]
pub struct Buffer {
    /// The bytes; NULL where nothing was given.
    pub data: *mut c_char,
    /// How many there are, without the NUL.
    pub length: usize,
}

impl Buffer {
    /// What is there before anything is given.
    pub(crate) const NOTHING: Self = Self { data: std::ptr::null_mut(), length: 0 };

    /// What JSON says of a value.
    pub(crate) fn json(value: &impl Serialize) -> Outcome<Self> {
        match serde_json::to_vec(value) {
            Ok(json) => Ok(json.into()),
            // INVARIANT: what is written here has texts as keys, and is written to memory.
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

/// Frees what is in a buffer, and leaves it as one in which nothing was given.
///
/// # Safety
/// What is in it was given by this library, or it is all zeros.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_buffer_free(buffer: Option<&mut Buffer>) {
    let Some(buffer) = buffer else { return };
    let Buffer { data, length } = std::mem::replace(buffer, Buffer::NOTHING);
    if !data.is_null() {
        let bytes = std::ptr::slice_from_raw_parts_mut(data.cast::<u8>(), length + 1);
        // SAFETY: the caller's word: it was made by `Buffer::from`, of a boxed slice that is one longer.
        let bytes = unsafe { Box::from_raw(bytes) };
        quietly((), || drop(bytes));
    }
}
