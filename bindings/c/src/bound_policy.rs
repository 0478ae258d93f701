//! Whole batches: `placet_bound_policy`.

use crate::arrow::{ArrowArray, ArrowArrayStream, ArrowSchema};
use crate::boundary::{Out, Outcome, call, given, quietly};
use crate::error::Error;
use crate::export::{self, Wanted};
use crate::import::{self, Batches};
use crate::options::Options;
use crate::policy::Policy;
use crate::status::Status;
use crate::tally::Tally;
use arrow_array::RecordBatch;
use arrow_select::filter::filter_record_batch;

/// A policy, bound to the columns of a schema.
#[derive(Debug)]
pub struct BoundPolicy {
    binding: placet_arrow::BoundPolicy,
    trusted: bool,
}

impl BoundPolicy {
    /// What is wanted of a batch, and the schema of that.
    fn answer(&self, batch: &RecordBatch, wanted: Wanted, tally: Option<&Tally>) -> Outcome<RecordBatch> {
        // Only what is counted needs more than which rows are allowed.
        if wanted == Wanted::Allowed && tally.is_none() {
            return Ok(self.binding.filter(batch)?);
        }
        let decisions = self.binding.decide(batch)?;
        if let Some(tally) = tally {
            tally.add(&decisions);
        }
        Ok(match wanted {
            Wanted::Decisions => decisions.into_batch()?,
            Wanted::Allowed => filter_record_batch(batch, &decisions.allowed())?,
        })
    }
}

/// Binds a policy to the columns of a schema.
///
/// # Safety
/// The schema is as Arrow's specification asks. The options are NULL, or as many initialised bytes as their first field
/// says, with as many columns as they say, and their texts end with a NUL.
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
        // SAFETY: the caller's word.
        let schema = unsafe { import::schema(given(schema, "schema")?) }?;
        // SAFETY: the caller initialised as many bytes as the first field says.
        let options = unsafe { Options::read(options) }?;
        let bind = |options: &placet_arrow::Options<'_>| {
            Ok(placet_arrow::BoundPolicy::new(policy, &schema, options)?)
        };
        // SAFETY: the caller's columns and texts are as the options say.
        let binding = unsafe { options.with(policy, bind) }?;
        let trusted = options.trusted;
        *out = Some(Box::new(BoundPolicy { binding, trusted }));
        Ok(())
    })
}

/// Frees a binding.
#[unsafe(no_mangle)]
pub extern "C" fn placet_bound_policy_free(binding: Option<Box<BoundPolicy>>) {
    quietly((), || drop(binding));
}

/// Gives what is wanted of a batch.
///
/// # Safety
/// As of [`placet_bound_policy_decide`].
unsafe fn of_batch(
    wanted: Wanted,
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
        let array = std::mem::replace(given(array, "array")?, ArrowArray::RELEASED);
        // SAFETY: the caller's word: what was there is gone.
        let array = unsafe { import::owned(array) };
        let binding = given(binding, "binding")?;
        let out = given(out, "out")?;
        // SAFETY: the caller's word.
        let batch = unsafe { import::batch(array, &binding.binding.input_schema(), binding.trusted) }?;
        let answer = binding.answer(&batch, wanted, tally)?;
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
/// The array is as Arrow's specification asks, of the schema that was bound.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_bound_policy_decide(
    binding: Option<&BoundPolicy>,
    array: Option<&mut ArrowArray>,
    out: Out<'_, ArrowArray>,
    out_schema: Out<'_, ArrowSchema>,
    tally: Option<&Tally>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    // SAFETY: the caller's word.
    unsafe { of_batch(Wanted::Decisions, binding, array, out, out_schema, tally, error) }
}

/// Leaves the rows of a batch that are allowed.
///
/// # Safety
/// As of [`placet_bound_policy_decide`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_bound_policy_filter(
    binding: Option<&BoundPolicy>,
    array: Option<&mut ArrowArray>,
    out: Out<'_, ArrowArray>,
    out_schema: Out<'_, ArrowSchema>,
    tally: Option<&Tally>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    // SAFETY: the caller's word.
    unsafe { of_batch(Wanted::Allowed, binding, array, out, out_schema, tally, error) }
}

/// Gives a stream of what is wanted of another's batches.
///
/// # Safety
/// As of [`placet_bound_policy_decide_stream`].
unsafe fn of_stream(
    wanted: Wanted,
    binding: Option<&BoundPolicy>,
    stream: Option<&mut ArrowArrayStream>,
    out: Out<'_, ArrowArrayStream>,
    tally: Option<&Tally>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    call(error, || {
        let out = out.map(|out| out.write(ArrowArrayStream::RELEASED));
        let stream = std::mem::replace(given(stream, "stream")?, ArrowArrayStream::RELEASED);
        // SAFETY: the caller's word.
        let batches = unsafe { Batches::new(stream, binding.is_some_and(|binding| binding.trusted)) }?;
        let binding = given(binding, "binding")?;
        let out = given(out, "out")?;
        let schema = match wanted {
            Wanted::Decisions => binding.binding.output_schema(),
            Wanted::Allowed => batches.schema(),
        };
        *out = export::stream(binding.binding.stream(batches), wanted, schema, tally.cloned());
        Ok(())
    })
}

/// Decides the batches of a stream as they are asked for.
///
/// # Safety
/// The stream is as Arrow's specification asks.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_bound_policy_decide_stream(
    binding: Option<&BoundPolicy>,
    stream: Option<&mut ArrowArrayStream>,
    out: Out<'_, ArrowArrayStream>,
    tally: Option<&Tally>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    // SAFETY: the caller's word.
    unsafe { of_stream(Wanted::Decisions, binding, stream, out, tally, error) }
}

/// Leaves the allowed rows of a stream as they are asked for.
///
/// # Safety
/// As of [`placet_bound_policy_decide_stream`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn placet_bound_policy_filter_stream(
    binding: Option<&BoundPolicy>,
    stream: Option<&mut ArrowArrayStream>,
    out: Out<'_, ArrowArrayStream>,
    tally: Option<&Tally>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    // SAFETY: the caller's word.
    unsafe { of_stream(Wanted::Allowed, binding, stream, out, tally, error) }
}
