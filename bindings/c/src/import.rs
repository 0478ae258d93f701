//! What comes in over the Arrow C data and stream interfaces. Whatever is wrong with it that can be seen is an error.

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

/// How deep types may be nested.
const DEEPEST: usize = 64;
/// How many values an array may have: none has so many, and their bits can be counted.
const LONGEST: i64 = 1 << 48;
/// The characters shown of the text in which a stream says why it failed.
const MAX_FAILURE_CHARS: usize = 200;

fn invalid(what: impl Into<String>) -> ArrowError {
    ArrowError::CDataInterface(what.into())
}

/// What a schema says. It stays the caller's.
///
/// # Safety
/// It is as Arrow's specification asks, save for what [`check_schema`] looks at.
pub(crate) unsafe fn schema(schema: &ArrowSchema) -> Result<Schema, ArrowError> {
    // SAFETY: the caller's word.
    unsafe { check_schema(schema, DEEPEST) }?;
    let schema = std::ptr::from_ref(schema).cast::<FFI_ArrowSchema>();
    // SAFETY: both are the struct of Arrow's specification, field by field; so are all that they point to.
    Schema::try_from(unsafe { &*schema })
}

/// That a schema has all its parts.
///
/// # Safety
/// Its texts end with a NUL, and its pointers are NULL or point to as much as it says.
unsafe fn check_schema(schema: &ArrowSchema, depth: usize) -> Result<(), ArrowError> {
    if depth == 0 {
        return Err(invalid(format!("the schema is nested deeper than {DEEPEST} types")));
    }
    if schema.release.is_none() {
        return Err(invalid("the schema is released"));
    }
    if schema.format.is_null() {
        return Err(invalid("a type of the schema is NULL"));
    }
    // SAFETY: the caller's word.
    let format = unsafe { CStr::from_ptr(schema.format) };
    // SAFETY: the caller's word.
    let name = if schema.name.is_null() { c"" } else { unsafe { CStr::from_ptr(schema.name) } };
    let (Ok(format), Ok(_)) = (format.to_str(), name.to_str()) else {
        return Err(invalid("a text of the schema is not UTF-8"));
    };
    let least = match format.get(..2) {
        Some("+r") => 2,
        Some("+l" | "+L" | "+v" | "+w" | "+m") => 1,
        _ => 0,
    };
    // SAFETY: the caller's word.
    let children = unsafe { pointers(schema.children, schema.n_children) }
        .filter(|children| children.len() >= least)
        .ok_or_else(|| invalid(format!("the type {} has {} children", quoted(format), schema.n_children)))?;
    // SAFETY: the caller's word.
    let dictionary = unsafe { schema.dictionary.as_ref() };
    for child in children {
        // SAFETY: the caller's word.
        let child = unsafe { child.as_ref() }.ok_or_else(|| invalid("a field of the schema is NULL"))?;
        // SAFETY: the caller's word.
        unsafe { check_schema(child, depth - 1) }?;
    }
    match dictionary {
        // SAFETY: the caller's word.
        Some(dictionary) => unsafe { check_schema(dictionary, depth - 1) },
        None => Ok(()),
    }
}

/// The pointers at `all`; `None` if there can't be so many.
///
/// # Safety
/// `all` is NULL, or there are as many pointers at it.
unsafe fn pointers<'a, T>(all: *const T, count: i64) -> Option<&'a [T]> {
    match usize::try_from(count).ok()? {
        0 => Some(&[]),
        _ if all.is_null() || count > LONGEST => None,
        // SAFETY: the caller's word; it isn't NULL, and there are no more than there may be.
        count => Some(unsafe { std::slice::from_raw_parts(all, count) }),
    }
}

/// An array that is released when nobody needs it any more.
///
/// # Safety
/// It is as Arrow's specification asks, and nobody else has it.
pub(crate) unsafe fn owned(array: ArrowArray) -> FFI_ArrowArray {
    // SAFETY: both are the struct of Arrow's specification, field by field; so are all that they point to.
    unsafe { std::mem::transmute::<ArrowArray, FFI_ArrowArray>(array) }
}

/// A batch, of the array of structs that it is.
///
/// # Safety
/// The array is as Arrow's specification asks, and of this schema; where it is not `trusted`, that is looked at as far as
/// it can be. Buffers and lists are as long as it says.
pub(crate) unsafe fn batch(
    owned: FFI_ArrowArray,
    schema: &SchemaRef,
    trusted: bool,
) -> Result<RecordBatch, ArrowError> {
    let kind = DataType::Struct(schema.fields().clone());
    // SAFETY: both are the struct of Arrow's specification, field by field; it lives until it is given away below.
    let array = unsafe { &*std::ptr::from_ref(&owned).cast::<ArrowArray>() };
    // SAFETY: the caller's word.
    unsafe { check_array(array, &kind, 0, trusted) }?;
    // SAFETY: the caller's word.
    let data = unsafe { from_ffi_and_data_type(owned, kind) }?;
    if !trusted {
        data.validate_full()?;
    }
    // What stands in the columns of such a row was not given.
    if data.null_count() > 0 {
        return Err(invalid("rows of a batch can't be null"));
    }
    let rows = RecordBatchOptions::new().with_row_count(Some(data.len()));
    let (_, columns, _) = StructArray::from(data).into_parts();
    RecordBatch::try_new_with_options(schema.clone(), columns, &rows)
}

/// That an array has the parts that its type asks for, and at least so many values.
///
/// # Safety
/// Its pointers are NULL or point to as much as it says.
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
    let Some(end) = end.filter(|end| array.offset >= 0 && array.length >= 0 && *end <= LONGEST) else {
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
    // SAFETY: the caller's word.
    let buffers = unsafe { pointers(array.buffers.cast_const(), array.n_buffers) }
        .filter(|buffers| if layout.variadic { buffers.len() > fixed } else { buffers.len() == fixed })
        .ok_or_else(|| invalid(format!("an array of {kind} can't have {} buffers", array.n_buffers)))?;
    if layout.can_contain_null_mask && !trusted {
        // SAFETY: the caller's word.
        unsafe { check_nulls(array, buffers.first().copied().unwrap_or(std::ptr::null()), end, kind) }?;
    }
    // SAFETY: the caller's word.
    unsafe { check_text_end(array, buffers, end, kind) }?;

    let parts = parts(kind, end);
    // SAFETY: the caller's word.
    let children = unsafe { pointers(array.children.cast_const(), array.n_children) }
        .filter(|children| children.len() == parts.len())
        .ok_or_else(|| invalid(format!("an array of {kind} can't have {} children", array.n_children)))?;
    let children = children.iter().copied().zip(parts);
    let dictionary = match kind {
        DataType::Dictionary(_, values) => Some((array.dictionary, (&**values, 0))),
        _ => None,
    };
    for (child, (kind, least)) in children.chain(dictionary) {
        // SAFETY: the caller's word.
        let child = unsafe { child.as_ref() };
        let child = child.ok_or_else(|| invalid(format!("an array of {kind} is NULL")))?;
        // SAFETY: the caller's word.
        unsafe { check_array(child, kind, least, trusted) }?;
    }
    Ok(())
}

/// The types that a type is made of, each with how many values there must be for as many of its own.
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

/// That as many values are null as the array says: a null that is not counted would be read as a value.
///
/// # Safety
/// The validity is NULL, or has so many bits.
unsafe fn check_nulls(
    array: &ArrowArray,
    validity: *const c_void,
    end: i64,
    kind: &DataType,
) -> Result<(), ArrowError> {
    let nulls = match (usize::try_from(array.offset), usize::try_from(array.length), usize::try_from(end)) {
        (Ok(offset), Ok(length), Ok(end)) if !validity.is_null() => {
            // SAFETY: the caller's word; it isn't NULL, and the bits are no more than there may be.
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

/// That the last offset of texts, which says how many bytes they have, is no negative number.
///
/// # Safety
/// The buffer of offsets is NULL, or has one more than there are values.
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
            // SAFETY: the caller's word.
            i64::from(unsafe { last.read_unaligned() })
        }
        DataType::LargeUtf8 | DataType::LargeBinary => {
            let last = offsets.cast::<i64>().wrapping_add(end);
            // SAFETY: the caller's word.
            unsafe { last.read_unaligned() }
        }
        _ => 0,
    };
    if last < 0 { Err(invalid(format!("an array of {kind} ends at the offset {last}"))) } else { Ok(()) }
}

/// The batches of a stream, which is released with them.
#[derive(Debug)]
pub(crate) struct Batches {
    stream: ArrowArrayStream,
    schema: SchemaRef,
    trusted: bool,
}

impl Batches {
    /// Takes a stream.
    ///
    /// # Safety
    /// It is as Arrow's specification asks, and so is what it gives, as [`schema`] and [`batch`] ask it.
    pub(crate) unsafe fn new(stream: ArrowArrayStream, trusted: bool) -> Result<Self, ArrowError> {
        // It is released from here on, whatever comes.
        let mut batches = Self { stream, schema: Arc::new(Schema::empty()), trusted };
        let get_schema = batches.stream.get_schema.filter(|_| batches.stream.release.is_some());
        let get_schema = get_schema.ok_or_else(|| invalid("the stream is released"))?;
        let mut given = MaybeUninit::new(ArrowSchema::RELEASED);
        // SAFETY: the caller's word: the stream is not released, and has room to write to.
        let code = unsafe { get_schema(&mut batches.stream, given.as_mut_ptr()) };
        if code != 0 {
            return Err(batches.failure(code));
        }
        // SAFETY: it was written before the call, and perhaps by it.
        let mut given = unsafe { given.assume_init() };
        // SAFETY: the caller's word.
        let schema = unsafe { schema(&given) };
        if let Some(release) = given.release {
            // SAFETY: the caller's word: it isn't released, and nobody else has it.
            unsafe { release(&mut given) };
        }
        batches.schema = Arc::new(schema?);
        Ok(batches)
    }

    /// The schema of all batches.
    pub(crate) fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    /// Why the last call failed.
    fn failure(&mut self, code: i32) -> ArrowError {
        let text = match self.stream.get_last_error {
            // SAFETY: the word of who made the stream: a call has failed.
            Some(get_last_error) => unsafe { get_last_error(&mut self.stream) },
            None => std::ptr::null(),
        };
        if text.is_null() {
            return invalid(format!("the stream failed with the error number {code}"));
        }
        // SAFETY: the word of who made the stream: a text ends with a NUL, and lives until the next call.
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
        // SAFETY: the word of who made the stream: it isn't released, and has room to write to.
        let code = unsafe { get_next(&mut self.stream, given.as_mut_ptr()) };
        if code != 0 {
            return Some(Err(self.failure(code)));
        }
        // SAFETY: it was written before the call, and perhaps by it.
        let given = unsafe { given.assume_init() };
        given.release?;
        // SAFETY: the word of who made the stream: it was given to nobody else.
        let given = unsafe { owned(given) };
        // SAFETY: the word of who made the stream.
        Some(unsafe { batch(given, &self.schema, self.trusted) })
    }
}

impl Drop for Batches {
    fn drop(&mut self) {
        if let Some(release) = self.stream.release {
            // SAFETY: it isn't released, and nobody else has it.
            unsafe { release(&mut self.stream) };
        }
    }
}
