//! Decides and filters batches and streams: `placet_bound_policy`.

use crate::arrow::{ArrowArray, ArrowArrayStream, ArrowSchema};
use crate::boundary::{Out, Outcome, call, given, quietly};
use crate::error::Error;
use crate::export;
use crate::import::{self, Batches};
use crate::options::Options;
use crate::policy::Policy;
use crate::status::Status;
use crate::tally::Tally;
use arrow_array::RecordBatch;
use placet_arrow::Output;
use std::sync::Arc;

/// A policy, bound to the columns of a schema.
#[derive(Debug)]
pub struct BoundPolicy {
    binding: placet_arrow::BoundPolicy,
    trusted: bool,
}

impl BoundPolicy {
    /// Decides or filters a batch.
    fn answer(&self, batch: &RecordBatch, output: &Output, tally: Option<&Tally>) -> Outcome<RecordBatch> {
        // Filtering needs no reasons, but a tally counts effects and rules.
        if *output == Output::Allowed(None) && tally.is_none() {
            return Ok(self.binding.filter(batch)?);
        }
        let decisions = self.binding.decide(batch)?;
        if let Some(tally) = tally {
            tally.add(&decisions);
        }
        Ok(output.build(batch, decisions)?)
    }
}

/// Binds a policy to the columns of a schema.
///
/// # Safety
/// The schema follows the Arrow C data interface. The options follow the contracts of `Options::read` and
/// `Options::with`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_bound_policy_new(
    policy: Option<&Policy>,
    schema: Option<&ArrowSchema>,
    options: *const Options,
    binding: Out<'_, Option<Box<BoundPolicy>>>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    call(error, || {
        let out = given(binding, "binding")?.write(None);
        let policy = &given(policy, "policy")?.inner.policy;
        // SAFETY: `import::schema` requires a schema by Arrow's specification, which this function's contract demands.
        let schema = unsafe { import::schema(given(schema, "schema")?) }?;
        // SAFETY: this function's contract includes that of `Options::read`: NULL, or as many initialised bytes as the
        // first field says.
        let options = unsafe { Options::read(options) }?;
        let bind = |options: &placet_arrow::Options<'_>| {
            Ok(placet_arrow::BoundPolicy::new(policy, &schema, options)?)
        };
        // SAFETY: this function's contract includes that of `Options::with` for the columns and texts. Fields that an
        // older caller doesn't have are at their defaults, which point to nothing.
        let binding = unsafe { options.with(policy, bind) }?;
        let trusted = options.trusted;
        *out = Some(Box::new(BoundPolicy { binding, trusted }));
        Ok(())
    })
}

/// Frees a bound policy.
#[unsafe(no_mangle)]
pub extern "C" fn placet_bound_policy_free(binding: Option<Box<BoundPolicy>>) {
    quietly((), || drop(binding));
}

/// Decides or filters a batch.
///
/// # Safety
/// Like [`placet_bound_policy_decide`].
unsafe fn of_batch(
    output: Output,
    binding: Option<&BoundPolicy>,
    array: Option<&mut ArrowArray>,
    out: Out<'_, ArrowArray>,
    out_schema: Out<'_, ArrowSchema>,
    tally: Option<&Tally>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    call(error, || {
        let out_schema = out_schema.map(|out| out.write(ArrowSchema::RELEASED));
        let out = out.map(|out| out.write(ArrowArray::RELEASED));
        // Takes the array before anything can fail, so that it is released whatever the status.
        let array = std::mem::replace(given(array, "array")?, ArrowArray::RELEASED);
        // SAFETY: `owned` requires an array by Arrow's specification, which the contract demands, and with no other
        // owner: the caller's struct is marked as released above.
        let array = unsafe { import::owned(array) };
        let binding = given(binding, "binding")?;
        let out = given(out, "out")?;
        // SAFETY: `import::batch` requires an array of this schema by Arrow's specification, which the contract
        // demands; it checks the array as far as possible unless `trusted` is set.
        let batch = unsafe { import::batch(array, &binding.binding.input_schema(), binding.trusted) }?;
        let answer = binding.answer(&batch, &output, tally)?;
        let schema = out_schema.map(|out| Ok::<_, Box<Error>>((out, export::schema(&answer.schema())?)));
        if let Some((out, schema)) = schema.transpose()? {
            *out = schema;
        }
        *out = export::batch(answer);
        Ok(())
    })
}

/// Decides each row of a batch.
///
/// # Safety
/// The array follows the Arrow C data interface and has the bound schema.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_bound_policy_decide(
    binding: Option<&BoundPolicy>,
    array: Option<&mut ArrowArray>,
    out: Out<'_, ArrowArray>,
    out_schema: Out<'_, ArrowSchema>,
    tally: Option<&Tally>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    // SAFETY: the contract is that of `of_batch`.
    unsafe { of_batch(Output::Decisions(Arc::default()), binding, array, out, out_schema, tally, error) }
}

/// Keeps the rows of a batch that are allowed.
///
/// # Safety
/// Like [`placet_bound_policy_decide`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_bound_policy_filter(
    binding: Option<&BoundPolicy>,
    array: Option<&mut ArrowArray>,
    out: Out<'_, ArrowArray>,
    out_schema: Out<'_, ArrowSchema>,
    tally: Option<&Tally>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    // SAFETY: the contract is that of `of_batch`.
    unsafe { of_batch(Output::Allowed(None), binding, array, out, out_schema, tally, error) }
}

/// Creates a stream that decides or filters the batches of another.
///
/// # Safety
/// Like [`placet_bound_policy_decide_stream`].
unsafe fn of_stream(
    output: Output,
    binding: Option<&BoundPolicy>,
    stream: Option<&mut ArrowArrayStream>,
    out: Out<'_, ArrowArrayStream>,
    tally: Option<&Tally>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    call(error, || {
        let out = out.map(|out| out.write(ArrowArrayStream::RELEASED));
        let stream = std::mem::replace(given(stream, "stream")?, ArrowArrayStream::RELEASED);
        // SAFETY: `Batches::new` requires a stream by Arrow's specification, which the contract demands, and with no
        // other owner: the caller's struct is marked as released above.
        let batches = unsafe { Batches::new(stream, binding.is_some_and(|binding| binding.trusted)) }?;
        let binding = given(binding, "binding")?;
        let out = given(out, "out")?;
        let schema = output.schema(&batches.schema(), &binding.binding.output_schema())?;
        *out = export::stream(binding.binding.stream(batches), output, schema, tally.cloned());
        Ok(())
    })
}

/// Decides the batches of a stream, as the returned stream is read.
///
/// # Safety
/// The stream follows the Arrow C stream interface.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_bound_policy_decide_stream(
    binding: Option<&BoundPolicy>,
    stream: Option<&mut ArrowArrayStream>,
    out: Out<'_, ArrowArrayStream>,
    tally: Option<&Tally>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    // SAFETY: the contract is that of `of_stream`.
    unsafe { of_stream(Output::Decisions(Arc::default()), binding, stream, out, tally, error) }
}

/// Filters the batches of a stream, as the returned stream is read.
///
/// # Safety
/// Like [`placet_bound_policy_decide_stream`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_bound_policy_filter_stream(
    binding: Option<&BoundPolicy>,
    stream: Option<&mut ArrowArrayStream>,
    out: Out<'_, ArrowArrayStream>,
    tally: Option<&Tally>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    // SAFETY: the contract is that of `of_stream`.
    unsafe { of_stream(Output::Allowed(None), binding, stream, out, tally, error) }
}
