//! The structs of the Arrow C data and stream interfaces, as C has them: who holds one owns what it says, until its
//! `release` is NULL.

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
use std::ffi::{c_char, c_int, c_void};
use std::ptr::null_mut;

/// The type of an array, of a batch or of a stream.
#[derive(Debug)]
#[repr(C)]
pub struct ArrowSchema {
    /// The type.
    pub format: *const c_char,
    /// The name of a field, or NULL.
    pub name: *const c_char,
    /// Keys and values, or NULL.
    pub metadata: *const c_char,
    /// Whether it may be null, among others.
    pub flags: i64,
    /// How many types it is made of.
    pub n_children: i64,
    /// These types.
    pub children: *mut *mut ArrowSchema,
    /// The type of a dictionary's values, or NULL.
    pub dictionary: *mut ArrowSchema,
    /// Gives everything back; NULL where that was done.
    pub release: Option<unsafe extern "C" fn(*mut ArrowSchema)>,
    /// The producer's.
    pub private_data: *mut c_void,
}

/// An array, or a batch as an array of structs.
#[derive(Debug)]
#[repr(C)]
pub struct ArrowArray {
    /// How many values there are.
    pub length: i64,
    /// How many of them are null; -1 where nobody has counted.
    pub null_count: i64,
    /// How many values in the buffers come before the first.
    pub offset: i64,
    /// How many buffers there are.
    pub n_buffers: i64,
    /// How many arrays it is made of.
    pub n_children: i64,
    /// The buffers.
    pub buffers: *mut *const c_void,
    /// The arrays that it is made of.
    pub children: *mut *mut ArrowArray,
    /// The values of a dictionary, or NULL.
    pub dictionary: *mut ArrowArray,
    /// Gives everything back; NULL where that was done.
    pub release: Option<unsafe extern "C" fn(*mut ArrowArray)>,
    /// The producer's.
    pub private_data: *mut c_void,
}

/// Batches, one after the other.
#[derive(Debug)]
#[repr(C)]
pub struct ArrowArrayStream {
    /// Gives the type of the batches.
    pub get_schema: Option<unsafe extern "C" fn(*mut ArrowArrayStream, *mut ArrowSchema) -> c_int>,
    /// Gives the next batch, or a released one after the last.
    pub get_next: Option<unsafe extern "C" fn(*mut ArrowArrayStream, *mut ArrowArray) -> c_int>,
    /// Says why the last call failed.
    pub get_last_error: Option<unsafe extern "C" fn(*mut ArrowArrayStream) -> *const c_char>,
    /// Gives everything back; NULL where that was done.
    pub release: Option<unsafe extern "C" fn(*mut ArrowArrayStream)>,
    /// The producer's.
    pub private_data: *mut c_void,
}

impl ArrowSchema {
    /// Of which nobody owns anything.
    pub(crate) const RELEASED: Self = Self {
        format: null_mut(),
        name: null_mut(),
        metadata: null_mut(),
        flags: 0,
        n_children: 0,
        children: null_mut(),
        dictionary: null_mut(),
        release: None,
        private_data: null_mut(),
    };
}

impl ArrowArray {
    /// Of which nobody owns anything.
    pub(crate) const RELEASED: Self = Self {
        length: 0,
        null_count: 0,
        offset: 0,
        n_buffers: 0,
        n_children: 0,
        buffers: null_mut(),
        children: null_mut(),
        dictionary: null_mut(),
        release: None,
        private_data: null_mut(),
    };
}

impl ArrowArrayStream {
    /// Of which nobody owns anything.
    pub(crate) const RELEASED: Self = Self {
        get_schema: None,
        get_next: None,
        get_last_error: None,
        release: None,
        private_data: null_mut(),
    };
}

impl From<FFI_ArrowSchema> for ArrowSchema {
    fn from(schema: FFI_ArrowSchema) -> Self {
        // SAFETY: both are the struct of Arrow's specification, field by field; so are all that they point to.
        unsafe { std::mem::transmute::<FFI_ArrowSchema, Self>(schema) }
    }
}

impl From<FFI_ArrowArray> for ArrowArray {
    fn from(array: FFI_ArrowArray) -> Self {
        // SAFETY: as above.
        unsafe { std::mem::transmute::<FFI_ArrowArray, Self>(array) }
    }
}
