//! Exports batches, schemas and streams over the Arrow C data and stream interfaces.
//!
//! A stream stores its state behind `private_data`. Its callbacks catch panics like `boundary::call` does, and report
//! them as error numbers.

use crate::arrow::{ArrowArray, ArrowArrayStream, ArrowSchema};
use crate::boundary::{Outcome, quietly};
use crate::error::Error;
use crate::import::Batches;
use crate::status::Status;
use crate::tally::Tally;
use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
use arrow_array::{Array, RecordBatch, StructArray};
use arrow_schema::{ArrowError, Schema, SchemaRef};
use placet_arrow::{Output, Stream};
use std::ffi::{c_char, c_int};
use std::panic::{AssertUnwindSafe, catch_unwind};

pub(crate) fn schema(schema: &Schema) -> Result<ArrowSchema, ArrowError> {
    Ok(FFI_ArrowSchema::try_from(schema)?.into())
}

pub(crate) fn batch(batch: RecordBatch) -> ArrowArray {
    FFI_ArrowArray::new(&StructArray::from(batch).to_data()).into()
}

/// The state of an exported stream, which decides batches as it is read.
///
/// A failure is final, and every later call repeats it. If the stream ended after a failure instead, a consumer could
/// take the batches before it for the whole.
struct StreamState {
    stream: Stream<Batches>,
    output: Output,
    schema: SchemaRef,
    tally: Option<Tally>,
    failure: Option<Box<Error>>,
}

/// The error numbers of POSIX: `EIO` for a failed source or a panic, `EINVAL` for batches that can't be decided.
const EIO: c_int = 5;
const EINVAL: c_int = 22;

impl StreamState {
    /// Returns the next batch of the output, or `None` at the end.
    fn next(&mut self) -> Outcome<Option<RecordBatch>> {
        let Some(decided) = self.stream.next() else { return Ok(None) };
        let (batch, decisions) = decided?;
        if let Some(tally) = &self.tally {
            tally.add(&decisions);
        }
        Ok(Some(self.output.build(&batch, decisions)?))
    }

    /// Runs the body of a callback. Stores its failure or panic; after a failure it runs nothing and fails again.
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

/// Exports a stream that decides or filters batches.
pub(crate) fn stream(
    stream: Stream<Batches>,
    output: Output,
    schema: SchemaRef,
    tally: Option<Tally>,
) -> ArrowArrayStream {
    let state = Box::new(StreamState { stream, output, schema, tally, failure: None });
    ArrowArrayStream {
        get_schema: Some(get_schema),
        get_next: Some(get_next),
        get_last_error: Some(get_last_error),
        release: Some(release),
        private_data: Box::into_raw(state).cast(),
    }
}

/// Returns the state of a stream.
///
/// # Safety
/// [`stream`] made the stream, it isn't released, and nothing else uses it during `'a`.
unsafe fn state<'a>(stream: *mut ArrowArrayStream) -> &'a mut StreamState {
    // SAFETY: reading a field requires a valid stream, which the contract demands.
    let state = unsafe { (*stream).private_data }.cast::<StreamState>();
    // SAFETY: a reference requires a valid, unaliased target: `stream` stored a boxed `StreamState`, `release` alone
    // frees it, and the contract excludes released streams and other users.
    unsafe { &mut *state }
}

unsafe extern "C" fn get_schema(stream: *mut ArrowArrayStream, out: *mut ArrowSchema) -> c_int {
    // SAFETY: `state` requires an unreleased stream of this module that nothing else uses. The stream interface lets
    // consumers call this only so, and only `stream` installs this callback.
    let state = unsafe { state(stream) };
    let (schema, code) = match state.answer(|state| Ok(schema(&state.schema)?)) {
        Ok(schema) => (schema, 0),
        Err(code) => (ArrowSchema::RELEASED, code),
    };
    // SAFETY: `write` requires writable, aligned memory, which the stream interface demands of `out`.
    unsafe { out.write(schema) };
    code
}

unsafe extern "C" fn get_next(stream: *mut ArrowArrayStream, out: *mut ArrowArray) -> c_int {
    // SAFETY: `state` requires an unreleased stream of this module that nothing else uses. The stream interface lets
    // consumers call this only so, and only `stream` installs this callback.
    let state = unsafe { state(stream) };
    let next = |state: &mut StreamState| Ok(state.next()?.map_or(ArrowArray::RELEASED, batch));
    let (array, code) = match state.answer(next) {
        Ok(array) => (array, 0),
        Err(code) => (ArrowArray::RELEASED, code),
    };
    // SAFETY: `write` requires writable, aligned memory, which the stream interface demands of `out`.
    unsafe { out.write(array) };
    code
}

unsafe extern "C" fn get_last_error(stream: *mut ArrowArrayStream) -> *const c_char {
    // SAFETY: `state` requires an unreleased stream of this module that nothing else uses. The stream interface lets
    // consumers call this only so, and only `stream` installs this callback.
    let state = unsafe { state(stream) };
    state.failure.as_ref().map_or(std::ptr::null(), |failure| failure.message().as_ptr())
}

unsafe extern "C" fn release(stream: *mut ArrowArrayStream) {
    // SAFETY: `replace` requires a valid stream, which the stream interface demands for `release`.
    let state = unsafe { std::ptr::replace(stream, ArrowArrayStream::RELEASED) }.private_data;
    // SAFETY: `from_raw` requires a pointer from `Box::into_raw` that is freed once. `stream` stored it, and the line
    // above replaced it.
    let state = unsafe { Box::from_raw(state.cast::<StreamState>()) };
    quietly((), || drop(state));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::mem::MaybeUninit;
    use std::ptr::null_mut;
    use std::sync::Arc;

    unsafe extern "C" fn no_columns(_: *mut ArrowArrayStream, out: *mut ArrowSchema) -> c_int {
        // SAFETY: `Batches::new` passes writable memory.
        unsafe { out.write(schema(&Schema::empty()).unwrap()) };
        0
    }

    unsafe extern "C" fn no_batches(_: *mut ArrowArrayStream, out: *mut ArrowArray) -> c_int {
        // SAFETY: `Batches` passes writable memory.
        unsafe { out.write(ArrowArray::RELEASED) };
        0
    }

    unsafe extern "C" fn forget(stream: *mut ArrowArrayStream) {
        // SAFETY: `Batches` passes a valid stream.
        unsafe { (*stream).release = None };
    }

    #[test]
    fn get_next_repeats_a_panic_as_an_error_number() {
        let source = ArrowArrayStream {
            get_schema: Some(no_columns),
            get_next: Some(no_batches),
            get_last_error: None,
            release: Some(forget),
            private_data: null_mut(),
        };
        // SAFETY: the callbacks above follow the stream interface, and `source` has no other owner.
        let batches = unsafe { Batches::new(source, false) }.unwrap();
        let policy = placet::Policy::from_text("policy open  rule every { allow }").unwrap();
        let options = placet_arrow::Options::new();
        let binding = placet_arrow::BoundPolicy::new(&policy, &batches.schema(), &options).unwrap();
        let schema = batches.schema();
        let mut given = stream(binding.stream(batches), Output::Decisions(Arc::default()), schema, None);

        let mut out = MaybeUninit::uninit();
        // SAFETY: the stream is not released, and `out` is writable.
        assert_eq!(unsafe { get_next(&mut given, out.as_mut_ptr()) }, 0);
        // SAFETY: the stream is not released, and nothing else uses it.
        let work = unsafe { state(&mut given) };
        assert_eq!(work.answer(|_| -> Outcome { panic!("of a\0{}", 3) }), Err(EIO));
        // SAFETY: as for the first call.
        assert_eq!(unsafe { get_next(&mut given, out.as_mut_ptr()) }, EIO);
        // SAFETY: `get_next` writes `out` on failure too.
        assert!(unsafe { out.assume_init() }.release.is_none());
        // SAFETY: the stream is not released.
        let said = unsafe { get_last_error(&mut given) };
        // SAFETY: the text ends with a NUL, and lives until the next call.
        let said = unsafe { std::ffi::CStr::from_ptr(said) };
        assert!(said.to_str().unwrap().contains("of a\u{fffd}3"), "{said:?}");
        // SAFETY: the stream is not released, and `said` is not used any more.
        unsafe { release(&mut given) };
        assert!(given.release.is_none());
    }
}
