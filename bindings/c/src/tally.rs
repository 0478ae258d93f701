//! Counts of decided rows: `placet_tally`.

use crate::boundary::{Out, call, given, quietly};
use crate::buffer::Buffer;
use crate::error::Error;
use crate::status::Status;
use placet_arrow::Decisions;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A tally. Streams that add to it hold clones, which share the counts: so it may be freed before them.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    totals: Arc<Mutex<placet_arrow::Tally>>,
}

/// The number of rows by their decision: `placet_counts`.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C)]
pub struct Counts {
    /// All rows.
    pub rows: u64,
    /// The allowed rows.
    pub allowed: u64,
    /// The denied rows.
    pub denied: u64,
    /// The indeterminate rows.
    pub indeterminate: u64,
    /// The erroneous rows.
    pub errors: u64,
}

impl Tally {
    fn totals(&self) -> MutexGuard<'_, placet_arrow::Tally> {
        // Counts are added one by one. After a panic they lack some rows but stay valid, so a poisoned lock is usable.
        self.totals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds the rows of a batch.
    pub(crate) fn add(&self, decisions: &Decisions) {
        self.totals().add(decisions.tally());
    }
}

/// Creates a tally of no rows.
#[unsafe(no_mangle)]
pub extern "C" fn placet_tally_new(
    tally: Out<'_, Option<Box<Tally>>>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    call(error, || {
        given(tally, "tally")?.write(Some(Box::default()));
        Ok(())
    })
}

/// Returns the counts so far; zeros for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn placet_tally_counts(tally: Option<&Tally>) -> Counts {
    let Some(tally) = tally else { return Counts::default() };
    quietly(Counts::default(), || {
        let placet_arrow::Tally { rows, allowed, denied, indeterminate, errors, .. } = *tally.totals();
        Counts { rows, allowed, denied, indeterminate, errors }
    })
}

/// Writes the tally as JSON.
#[unsafe(no_mangle)]
pub extern "C" fn placet_tally_to_json(
    tally: Option<&Tally>,
    json: Out<'_, Buffer>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    call(error, || {
        let out = given(json, "json")?.write(Buffer::NOTHING);
        *out = Buffer::json(&*given(tally, "tally")?.totals())?;
        Ok(())
    })
}

/// Frees a tally.
#[unsafe(no_mangle)]
pub extern "C" fn placet_tally_free(tally: Option<Box<Tally>>) {
    quietly((), || drop(tally));
}
