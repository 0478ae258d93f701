//! Imports schemas, batches and streams over the Arrow C data and stream interfaces.
//!
//! `arrow` trusts the structs that it imports. This module checks them first, so that a faulty producer yields an error
//! instead of undefined behaviour: pointers that must not be NULL, counts of children and buffers, lengths, nulls, and
//! offsets. Wrong pointers, and buffers shorter than their array's length, can't be detected: they are part of the
//! safety contracts. `trusted` skips the checks that read every value.

use crate::arrow::{ArrowArray, ArrowArrayStream, ArrowSchema};
use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi_and_data_type};
use arrow_array::{RecordBatch, RecordBatchOptions, StructArray};
use arrow_buffer::bit_chunk_iterator::UnalignedBitChunk;
use arrow_data::layout;
use arrow_schema::{ArrowError, DataType, Schema, SchemaRef};
use placet_core::{excerpt_within, quoted};
use std::ffi::{CStr, c_void};
use std::mem::MaybeUninit;
use std::sync::Arc;

/// The maximum depth of nested types. It bounds the recursion over schemas and arrays.
const MAX_DEPTH: usize = 64;
/// The maximum length of an array. No real array has so many values, and sizes computed from it don't overflow.
const MAX_LENGTH: i64 = 1 << 48;
/// The maximum number of characters of a stream's error that an error message quotes.
const MAX_FAILURE_CHARS: usize = 200;

/// Returns an error of the interface.
fn invalid(what: impl Into<String>) -> ArrowError {
    ArrowError::CDataInterface(what.into())
}

/// Reads a schema, which stays the caller's.
///
/// # Safety
/// The contract of [`check_schema`]; what that function checks may be faulty.
pub(crate) unsafe fn schema(schema: &ArrowSchema) -> Result<Schema, ArrowError> {
    // SAFETY: the contract is that of `check_schema`.
    unsafe { check_schema(schema, MAX_DEPTH) }?;
    let schema = std::ptr::from_ref(schema).cast::<FFI_ArrowSchema>();
    // SAFETY: the cast requires the same layout: both types are `#[repr(C)]` with the fields of Arrow's specification,
    // and so are the structs they point to.
    Schema::try_from(unsafe { &*schema })
}

/// Checks that a schema has all of its parts.
///
/// # Safety
/// The texts of the schema are NULL or end with a NUL. Its other pointers are NULL or point to as many valid values as
/// it claims, which follow this contract too.
unsafe fn check_schema(schema: &ArrowSchema, depth: usize) -> Result<(), ArrowError> {
    if depth == 0 {
        return Err(invalid(format!("the schema is nested deeper than {MAX_DEPTH} types")));
    }
    if schema.release.is_none() {
        return Err(invalid("the schema is released"));
    }
    if schema.format.is_null() {
        return Err(invalid("a type of the schema is NULL"));
    }
    // SAFETY: `from_ptr` requires a NUL at the end, which the contract demands; NULL was rejected above.
    let format = unsafe { CStr::from_ptr(schema.format) };
    // SAFETY: as for `format`.
    let name = if schema.name.is_null() { c"" } else { unsafe { CStr::from_ptr(schema.name) } };
    let (Ok(format), Ok(_)) = (format.to_str(), name.to_str()) else {
        return Err(invalid("a text of the schema is not UTF-8"));
    };
    let least = match format.get(..2) {
        Some("+r") => 2,
        Some("+l" | "+L" | "+v" | "+w" | "+m") => 1,
        _ => 0,
    };
    // SAFETY: `pointers` requires NULL or `n_children` pointers, which the contract demands.
    let children = unsafe { pointers(schema.children, schema.n_children) }
        .filter(|children| children.len() >= least)
        .ok_or_else(|| invalid(format!("the type {} has {} children", quoted(format), schema.n_children)))?;
    // SAFETY: `as_ref` requires NULL or a valid schema, which the contract demands.
    let dictionary = unsafe { schema.dictionary.as_ref() };
    for child in children {
        // SAFETY: as for `dictionary`.
        let child = unsafe { child.as_ref() }.ok_or_else(|| invalid("a field of the schema is NULL"))?;
        // SAFETY: the contract extends to children.
        unsafe { check_schema(child, depth - 1) }?;
    }
    match dictionary {
        // SAFETY: the contract extends to the dictionary.
        Some(dictionary) => unsafe { check_schema(dictionary, depth - 1) },
        None => Ok(()),
    }
}

/// Returns the pointers at `all`; `None` if `count` is negative or too large, or if `all` is NULL.
///
/// # Safety
/// `all` is NULL, or points to `count` aligned pointers that no thread changes during `'a`.
unsafe fn pointers<'a, T>(all: *const T, count: i64) -> Option<&'a [T]> {
    match usize::try_from(count).ok()? {
        0 => Some(&[]),
        _ if all.is_null() || count > MAX_LENGTH => None,
        // SAFETY: a slice needs `count` pointers, which the contract demands; the arm above rejected NULL and counts
        // over `MAX_LENGTH`.
        count => Some(unsafe { std::slice::from_raw_parts(all, count) }),
    }
}

/// Converts an array into an owner that releases it once it is dropped.
///
/// # Safety
/// The array follows Arrow's specification and has no other owner.
pub(crate) unsafe fn owned(array: ArrowArray) -> FFI_ArrowArray {
    // SAFETY: `transmute` requires the same layout: both types are `#[repr(C)]` with the fields of Arrow's
    // specification, and so are the structs they point to. The new owner may release it, since there is no other.
    unsafe { std::mem::transmute::<ArrowArray, FFI_ArrowArray>(array) }
}

/// Converts an array of structs into a batch, and checks it.
///
/// # Safety
/// The pointers of the array are NULL or point to as much as it claims: buffers are as long as its length and `schema`
/// require. If `trusted`, the array also follows Arrow's specification in its texts, keys, offsets and null counts.
pub(crate) unsafe fn batch(
    owned: FFI_ArrowArray,
    schema: &SchemaRef,
    trusted: bool,
) -> Result<RecordBatch, ArrowError> {
    let kind = DataType::Struct(schema.fields().clone());
    // SAFETY: the cast requires the same layout: both types are `#[repr(C)]` with the fields of Arrow's specification,
    // and so are the structs they point to. `owned` lives until it is moved below, after the last use of `array`.
    let array = unsafe { &*std::ptr::from_ref(&owned).cast::<ArrowArray>() };
    // SAFETY: the contract includes that of `check_array`.
    unsafe { check_array(array, &kind, 0, trusted) }?;
    // SAFETY: the import requires an array of type `kind`: `check_array` checked its structure, and the contract
    // demands its buffers. Values are checked by `validate_full` below, or demanded of `trusted` arrays.
    let data = unsafe { from_ffi_and_data_type(owned, kind) }?;
    if !trusted {
        data.validate_full()?;
    }
    // A batch has no validity of its own: the columns of a null row would be read as its values.
    if data.null_count() > 0 {
        return Err(invalid("rows of a batch can't be null"));
    }
    let rows = RecordBatchOptions::new().with_row_count(Some(data.len()));
    let (_, columns, _) = StructArray::from(data).into_parts();
    RecordBatch::try_new_with_options(schema.clone(), columns, &rows)
}

/// Checks that an array has the buffers and children of its type, and at least `least` values.
///
/// # Safety
/// The pointers of the array are NULL or point to as many valid values as it claims. Its children and dictionary follow
/// this contract too.
unsafe fn check_array(
    array: &ArrowArray,
    kind: &DataType,
    least: i64,
    trusted: bool,
) -> Result<(), ArrowError> {
    if array.release.is_none() {
        return Err(invalid("an array is released"));
    }
    let end = array.offset.checked_add(array.length);
    let Some(end) = end.filter(|end| array.offset >= 0 && array.length >= 0 && *end <= MAX_LENGTH) else {
        let (offset, length) = (array.offset, array.length);
        return Err(invalid(format!("an array of {kind} can't have {length} values from {offset}")));
    };
    if array.length < least {
        let length = array.length;
        return Err(invalid(format!(
            "an array of {kind} has {length} values, and the one around it {least}"
        )));
    }
    let layout = layout(kind);
    let fixed = layout.buffers.len() + usize::from(layout.can_contain_null_mask);
    // SAFETY: `pointers` requires NULL or `n_buffers` pointers, which the contract demands.
    let buffers = unsafe { pointers(array.buffers.cast_const(), array.n_buffers) }
        .filter(|buffers| if layout.variadic { buffers.len() > fixed } else { buffers.len() == fixed })
        .ok_or_else(|| invalid(format!("an array of {kind} can't have {} buffers", array.n_buffers)))?;
    if layout.can_contain_null_mask && !trusted {
        // SAFETY: `check_nulls` requires NULL or a bit for each value up to `end`, which the contract demands of the
        // validity.
        unsafe { check_nulls(array, buffers.first().copied().unwrap_or(std::ptr::null()), end, kind) }?;
    }
    // SAFETY: `check_text_end` requires NULL or `end + 1` offsets, which the contract demands of the second buffer of
    // texts.
    unsafe { check_text_end(array, buffers, end, kind) }?;

    let parts = parts(kind, end);
    // SAFETY: `pointers` requires NULL or `n_children` pointers, which the contract demands.
    let children = unsafe { pointers(array.children.cast_const(), array.n_children) }
        .filter(|children| children.len() == parts.len())
        .ok_or_else(|| invalid(format!("an array of {kind} can't have {} children", array.n_children)))?;
    let children = children.iter().copied().zip(parts);
    let dictionary = match kind {
        DataType::Dictionary(_, values) => Some((array.dictionary, (&**values, 0))),
        _ => None,
    };
    for (child, (kind, least)) in children.chain(dictionary) {
        // SAFETY: `as_ref` requires NULL or a valid array, which the contract demands.
        let child = unsafe { child.as_ref() };
        let child = child.ok_or_else(|| invalid(format!("an array of {kind} is NULL")))?;
        // SAFETY: the contract extends to children and the dictionary.
        unsafe { check_array(child, kind, least, trusted) }?;
    }
    Ok(())
}

/// Returns the child types of a type, each with the minimum length of its array if the parent has `end` values. It is 0
/// if offsets or run ends determine it, which `validate_full` checks.
fn parts(kind: &DataType, end: i64) -> Vec<(&DataType, i64)> {
    match kind {
        DataType::Struct(fields) => fields.iter().map(|field| (field.data_type(), end)).collect(),
        DataType::FixedSizeList(item, size) => {
            vec![(item.data_type(), end.saturating_mul((*size).into()))]
        }
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::Map(item, _) => vec![(item.data_type(), 0)],
        DataType::RunEndEncoded(ends, values) => vec![(ends.data_type(), 0), (values.data_type(), 0)],
        DataType::Union(fields, _) => fields.iter().map(|(_, field)| (field.data_type(), 0)).collect(),
        _ => Vec::new(),
    }
}

/// Checks the null count of an array: a null that isn't counted would be read as a value.
///
/// # Safety
/// `validity` is NULL or has `end` bits.
unsafe fn check_nulls(
    array: &ArrowArray,
    validity: *const c_void,
    end: i64,
    kind: &DataType,
) -> Result<(), ArrowError> {
    let nulls = match (usize::try_from(array.offset), usize::try_from(array.length), usize::try_from(end)) {
        (Ok(offset), Ok(length), Ok(end)) if !validity.is_null() => {
            // SAFETY: a slice needs the bytes of `end` bits, which the contract demands; NULL was rejected, and
            // `check_array` bounded `end` to `MAX_LENGTH`.
            let bits = unsafe { std::slice::from_raw_parts(validity.cast::<u8>(), end.div_ceil(8)) };
            length - UnalignedBitChunk::new(bits, offset, length).count_ones()
        }
        _ => 0,
    };
    match usize::try_from(array.null_count) {
        Ok(said) if said != nulls => {
            Err(invalid(format!("an array of {kind} says that {said} values are null, and {nulls} are")))
        }
        _ => Ok(()),
    }
}

/// Checks that the last offset of texts isn't negative. `arrow` takes it for the length of their bytes before
/// `validate_full` can check it.
///
/// # Safety
/// If `kind` has offsets, their buffer is NULL or has `end + 1` of them.
unsafe fn check_text_end(
    array: &ArrowArray,
    buffers: &[*const c_void],
    end: i64,
    kind: &DataType,
) -> Result<(), ArrowError> {
    let Some(offsets) = buffers.get(1).filter(|offsets| !offsets.is_null()) else { return Ok(()) };
    let Ok(end) = usize::try_from(end) else { return Ok(()) };
    let last = match kind {
        _ if array.length == 0 => 0,
        DataType::Utf8 | DataType::Binary => {
            let last = offsets.cast::<i32>().wrapping_add(end);
            // SAFETY: the read needs the offset at `end`, which the contract demands; it may be unaligned.
            i64::from(unsafe { last.read_unaligned() })
        }
        DataType::LargeUtf8 | DataType::LargeBinary => {
            let last = offsets.cast::<i64>().wrapping_add(end);
            // SAFETY: as for `Utf8`.
            unsafe { last.read_unaligned() }
        }
        _ => 0,
    };
    if last < 0 { Err(invalid(format!("an array of {kind} ends at the offset {last}"))) } else { Ok(()) }
}

/// The batches of a stream. Dropping it releases the stream.
#[derive(Debug)]
pub(crate) struct Batches {
    stream: ArrowArrayStream,
    schema: SchemaRef,
    trusted: bool,
}

impl Batches {
    /// Takes a stream and reads its schema.
    ///
    /// # Safety
    /// The stream follows the Arrow C stream interface and has no other owner. Its schema and its batches follow the
    /// contracts of [`schema`] and [`batch`].
    pub(crate) unsafe fn new(stream: ArrowArrayStream, trusted: bool) -> Result<Self, ArrowError> {
        // From here on `Drop` releases the stream, also if the next calls fail.
        let mut batches = Self { stream, schema: Arc::new(Schema::empty()), trusted };
        let get_schema = batches.stream.get_schema.filter(|_| batches.stream.release.is_some());
        let get_schema = get_schema.ok_or_else(|| invalid("the stream is released"))?;
        let mut given = MaybeUninit::new(ArrowSchema::RELEASED);
        // SAFETY: the callback requires an unreleased stream, which the filter above checked, and a writable schema.
        let code = unsafe { get_schema(&mut batches.stream, given.as_mut_ptr()) };
        if code != 0 {
            return Err(batches.failure(code));
        }
        // SAFETY: `MaybeUninit::new` initialised it before the call.
        let mut given = unsafe { given.assume_init() };
        // SAFETY: `schema` requires its contract, which the contract above demands of what the stream writes.
        let schema = unsafe { schema(&given) };
        if let Some(release) = given.release {
            // SAFETY: `release` requires an unreleased schema and its owner: it is `Some`, and the stream moved it
            // here.
            unsafe { release(&mut given) };
        }
        batches.schema = Arc::new(schema?);
        Ok(batches)
    }

    /// Returns the schema of all batches.
    pub(crate) fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    /// Returns the error of the last call, which failed with `code`.
    fn failure(&mut self, code: i32) -> ArrowError {
        let text = match self.stream.get_last_error {
            // SAFETY: the callback requires an unreleased stream whose last call failed. `new` took an unreleased
            // stream, only `drop` releases it, and both callers have seen a failure.
            Some(get_last_error) => unsafe { get_last_error(&mut self.stream) },
            None => std::ptr::null(),
        };
        if text.is_null() {
            return invalid(format!("the stream failed with the error number {code}"));
        }
        // SAFETY: `from_ptr` requires a NUL at the end; the stream interface demands it, and that the text lives until
        // the next call. NULL was rejected above.
        let text = unsafe { CStr::from_ptr(text) };
        invalid(format!(
            "the stream failed with the error number {code}: {}",
            excerpt_within(MAX_FAILURE_CHARS, text.to_string_lossy())
        ))
    }
}

impl Iterator for Batches {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let Some(get_next) = self.stream.get_next else {
            return Some(Err(invalid("the stream is released")));
        };
        let mut given = MaybeUninit::new(ArrowArray::RELEASED);
        // SAFETY: the callback requires an unreleased stream and a writable array: `new` took an unreleased stream, and
        // only `drop` releases it.
        let code = unsafe { get_next(&mut self.stream, given.as_mut_ptr()) };
        if code != 0 {
            return Some(Err(self.failure(code)));
        }
        // SAFETY: `MaybeUninit::new` initialised it before the call.
        let given = unsafe { given.assume_init() };
        given.release?;
        // SAFETY: `owned` requires an array by Arrow's specification without another owner. The contract of `new`
        // demands it of all that the stream writes.
        let given = unsafe { owned(given) };
        // SAFETY: the contract of `new` demands that of `batch` for all batches of the stream.
        Some(unsafe { batch(given, &self.schema, self.trusted) })
    }
}

impl Drop for Batches {
    fn drop(&mut self) {
        if let Some(release) = self.stream.release {
            // SAFETY: `release` requires an unreleased stream and its owner: it is `Some`, and `new` took the stream
            // over.
            unsafe { release(&mut self.stream) };
        }
    }
}
