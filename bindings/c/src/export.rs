//! What goes out over the Arrow C data and stream interfaces.

use crate::arrow::{ArrowArray, ArrowArrayStream, ArrowSchema};
use crate::boundary::{Outcome, quietly};
use crate::error::Error;
use crate::import::Batches;
use crate::status::Status;
use crate::tally::Tally;
use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
use arrow_array::{Array, RecordBatch, StructArray};
use arrow_schema::{ArrowError, Schema, SchemaRef};
use arrow_select::filter::filter_record_batch;
use placet_arrow::Stream;
use std::ffi::{c_char, c_int};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What is wanted of batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Decisions,
    Allowed,
}

pub(crate) fn schema(schema: &Schema) -> Result<ArrowSchema, ArrowError> {
    Ok(FFI_ArrowSchema::try_from(schema)?.into())
}

pub(crate) fn batch(batch: RecordBatch) -> ArrowArray {
    FFI_ArrowArray::new(&StructArray::from(batch).to_data()).into()
}

/// A stream that decides as it is read, and what it says of its failure, with which it ends: whoever asks again is told
/// again, lest a part be taken for the whole.
struct Running {
    stream: Stream<Batches>,
    wanted: Wanted,
    schema: SchemaRef,
    tally: Option<Tally>,
    failure: Option<Box<Error>>,
}

/// The error numbers of a failed source, and of batches that are not decided.
const EIO: c_int = 5;
const EINVAL: c_int = 22;

impl Running {
    /// The next batch, if there is another.
    fn next(&mut self) -> Outcome<Option<RecordBatch>> {
        let Some(decided) = self.stream.next() else { return Ok(None) };
        let (batch, decisions) = decided?;
        if let Some(tally) = &self.tally {
            tally.add(&decisions);
        }
        Ok(Some(match self.wanted {
            Wanted::Decisions => decisions.into_batch()?,
            Wanted::Allowed => filter_record_batch(&batch, &decisions.allowed())?,
        }))
    }

    /// What work comes to, a panic and an earlier failure being failures.
    fn answer<T>(&mut self, work: impl FnOnce(&mut Self) -> Outcome<T>) -> Result<T, c_int> {
        if self.failure.is_none() {
            match catch_unwind(AssertUnwindSafe(|| work(self))) {
                Ok(Ok(done)) => return Ok(done),
                Ok(Err(failure)) => self.failure = Some(failure),
                Err(payload) => self.failure = Some(Error::panic(payload)),
            }
        }
        let status = self.failure.as_ref().map_or(Status::Panic, |failure| failure.status());
        Err(if matches!(status, Status::InvalidArrow | Status::Panic) { EIO } else { EINVAL })
    }
}

/// A stream of what is wanted of another's batches.
pub(crate) fn stream(
    stream: Stream<Batches>,
    wanted: Wanted,
    schema: SchemaRef,
    tally: Option<Tally>,
) -> ArrowArrayStream {
    let running = Box::new(Running { stream, wanted, schema, tally, failure: None });
    ArrowArrayStream {
        get_schema: Some(get_schema),
        get_next: Some(get_next),
        get_last_error: Some(get_last_error),
        release: Some(release),
        private_data: Box::into_raw(running).cast(),
    }
}

/// What a stream keeps.
///
/// # Safety
/// The stream was made by [`stream`], it isn't released, and nobody else is using it.
unsafe fn running<'a>(stream: *mut ArrowArrayStream) -> &'a mut Running {
    // SAFETY: the caller's word.
    let running = unsafe { (*stream).private_data }.cast::<Running>();
    // SAFETY: the caller's word.
    unsafe { &mut *running }
}

unsafe extern "C" fn get_schema(stream: *mut ArrowArrayStream, out: *mut ArrowSchema) -> c_int {
    // SAFETY: the caller's word, as the specification asks for it.
    let running = unsafe { running(stream) };
    let (schema, code) = match running.answer(|running| Ok(schema(&running.schema)?)) {
        Ok(schema) => (schema, 0),
        Err(code) => (ArrowSchema::RELEASED, code),
    };
    // SAFETY: the caller's word: there is room to write to.
    unsafe { out.write(schema) };
    code
}

unsafe extern "C" fn get_next(stream: *mut ArrowArrayStream, out: *mut ArrowArray) -> c_int {
    // SAFETY: the caller's word, as the specification asks for it.
    let running = unsafe { running(stream) };
    let next = |running: &mut Running| Ok(running.next()?.map_or(ArrowArray::RELEASED, batch));
    let (array, code) = match running.answer(next) {
        Ok(array) => (array, 0),
        Err(code) => (ArrowArray::RELEASED, code),
    };
    // SAFETY: the caller's word: there is room to write to.
    unsafe { out.write(array) };
    code
}

unsafe extern "C" fn get_last_error(stream: *mut ArrowArrayStream) -> *const c_char {
    // SAFETY: the caller's word, as the specification asks for it.
    let running = unsafe { running(stream) };
    running.failure.as_ref().map_or(std::ptr::null(), |failure| failure.message().as_ptr())
}

unsafe extern "C" fn release(stream: *mut ArrowArrayStream) {
    // SAFETY: the caller's word, as the specification asks for it.
    let running = unsafe { std::ptr::replace(stream, ArrowArrayStream::RELEASED) }.private_data;
    // SAFETY: it was made by `stream`, and is there until it is released.
    let running = unsafe { Box::from_raw(running.cast::<Running>()) };
    quietly((), || drop(running));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::mem::MaybeUninit;
    use std::ptr::null_mut;
    use std::sync::Arc;

    unsafe extern "C" fn no_columns(_: *mut ArrowArrayStream, out: *mut ArrowSchema) -> c_int {
        // SAFETY: there is room to write to.
        unsafe { out.write(schema(&Schema::empty()).unwrap()) };
        0
    }

    unsafe extern "C" fn no_batches(_: *mut ArrowArrayStream, out: *mut ArrowArray) -> c_int {
        // SAFETY: there is room to write to.
        unsafe { out.write(ArrowArray::RELEASED) };
        0
    }

    unsafe extern "C" fn forget(stream: *mut ArrowArrayStream) {
        // SAFETY: the stream is there.
        unsafe { (*stream).release = None };
    }

    #[test]
    fn a_panic_is_an_error_number_and_so_is_every_call_after_it() {
        let source = ArrowArrayStream {
            get_schema: Some(no_columns),
            get_next: Some(no_batches),
            get_last_error: None,
            release: Some(forget),
            private_data: null_mut(),
        };
        // SAFETY: it is a stream of no batches.
        let batches = unsafe { Batches::new(source, false) }.unwrap();
        let policy = placet::Policy::from_text("policy open  rule every { allow }").unwrap();
        let options = placet_arrow::Options::new();
        let binding = placet_arrow::BoundPolicy::new(&policy, &batches.schema(), &options).unwrap();
        let schema = batches.schema();
        let mut given = stream(binding.stream(batches), Wanted::Decisions, Arc::clone(&schema), None);

        let mut out = MaybeUninit::uninit();
        // SAFETY: the stream is not released, and there is room to write to.
        assert_eq!(unsafe { get_next(&mut given, out.as_mut_ptr()) }, 0);
        // SAFETY: as above.
        let work = unsafe { running(&mut given) };
        assert_eq!(work.answer(|_| -> Outcome { panic!("of a\0{}", 3) }), Err(EIO));
        // SAFETY: as above.
        assert_eq!(unsafe { get_next(&mut given, out.as_mut_ptr()) }, EIO);
        // SAFETY: it is written.
        assert!(unsafe { out.assume_init() }.release.is_none());
        // SAFETY: as above.
        let said = unsafe { get_last_error(&mut given) };
        // SAFETY: the text ends with a NUL, and is there until the next call.
        let said = unsafe { std::ffi::CStr::from_ptr(said) };
        assert!(said.to_str().unwrap().contains("of a\u{fffd}3"), "{said:?}");
        // SAFETY: as above.
        unsafe { release(&mut given) };
        assert!(given.release.is_none());
    }
}
