//! The structs of the Arrow C data and stream interfaces. The holder of one owns its contents until `release` is NULL.

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
use std::ffi::{c_char, c_int, c_void};
use std::ptr::null_mut;

/// The type of an array, of a batch or of a stream.
#[derive(Debug)]
#[repr(C)]
pub struct ArrowSchema {
    /// The type, in Arrow's notation.
    pub format: *const c_char,
    /// The name of a field, or NULL.
    pub name: *const c_char,
    /// Keys and values, or NULL.
    pub metadata: *const c_char,
    /// The `ARROW_FLAG_` bits, such as nullable.
    pub flags: i64,
    /// The number of child types.
    pub n_children: i64,
    /// The child types.
    pub children: *mut *mut ArrowSchema,
    /// The type of a dictionary's values, or NULL.
    pub dictionary: *mut ArrowSchema,
    /// Releases the contents; NULL once that is done.
    pub release: Option<unsafe extern "C" fn(*mut ArrowSchema)>,
    /// Data of the producer.
    pub private_data: *mut c_void,
}

/// An array, or a batch as an array of structs.
#[derive(Debug)]
#[repr(C)]
pub struct ArrowArray {
    /// The number of values.
    pub length: i64,
    /// The number of nulls; -1 if unknown.
    pub null_count: i64,
    /// The number of values in the buffers before the first.
    pub offset: i64,
    /// The number of buffers.
    pub n_buffers: i64,
    /// The number of child arrays.
    pub n_children: i64,
    /// The buffers.
    pub buffers: *mut *const c_void,
    /// The child arrays.
    pub children: *mut *mut ArrowArray,
    /// The values of a dictionary, or NULL.
    pub dictionary: *mut ArrowArray,
    /// Releases the contents; NULL once that is done.
    pub release: Option<unsafe extern "C" fn(*mut ArrowArray)>,
    /// Data of the producer.
    pub private_data: *mut c_void,
}

/// A stream of batches.
#[derive(Debug)]
#[repr(C)]
pub struct ArrowArrayStream {
    /// Writes the type of the batches.
    pub get_schema: Option<unsafe extern "C" fn(*mut ArrowArrayStream, *mut ArrowSchema) -> c_int>,
    /// Writes the next batch, or a released one after the last.
    pub get_next: Option<unsafe extern "C" fn(*mut ArrowArrayStream, *mut ArrowArray) -> c_int>,
    /// Returns the reason why the last call failed.
    pub get_last_error: Option<unsafe extern "C" fn(*mut ArrowArrayStream) -> *const c_char>,
    /// Releases the contents; NULL once that is done.
    pub release: Option<unsafe extern "C" fn(*mut ArrowArrayStream)>,
    /// Data of the producer.
    pub private_data: *mut c_void,
}

impl ArrowSchema {
    /// A released struct, which owns nothing.
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
    /// A released struct, which owns nothing.
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
    /// A released struct, which owns nothing.
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
        // SAFETY: `transmute` requires the same layout. Both types are `#[repr(C)]` with the fields of Arrow's
        // specification, and so are the structs they point to.
        unsafe { std::mem::transmute::<FFI_ArrowSchema, Self>(schema) }
    }
}

impl From<FFI_ArrowArray> for ArrowArray {
    fn from(array: FFI_ArrowArray) -> Self {
        // SAFETY: as for `ArrowSchema`.
        unsafe { std::mem::transmute::<FFI_ArrowArray, Self>(array) }
    }
}
