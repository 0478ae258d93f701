//! Counts of decided rows: `placet_tally`.

use crate::boundary::{Out, call, given, quietly};
use crate::buffer::Buffer;
use crate::error::Error;
use crate::status::Status;
use placet_arrow::{Decisions, ValueError};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A tally. Streams that add to it hold clones, which share the counts: so it may be freed before them.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    totals: Arc<Mutex<Totals>>,
}

#[derive(Debug, Default)]
struct Totals {
    tally: placet_arrow::Tally,
    faults: Vec<ValueError>,
}

/// The number of faults that a tally stores; further ones are only counted.
const SHOWN_FAULTS: usize = 8;

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

/// A tally as JSON.
#[derive(Serialize)]
struct TallyJson<'t> {
    rows: u64,
    allowed: u64,
    denied: u64,
    indeterminate: u64,
    errors: u64,
    rules: &'t BTreeMap<Arc<str>, u64>,
    uncertain_rules: &'t BTreeMap<Arc<str>, u64>,
    faults: Vec<Fault<'t>>,
}

/// A value that does not fit its attribute, as JSON.
#[derive(Serialize)]
struct Fault<'t> {
    row: u64,
    column: &'t str,
    attribute: &'t str,
    value: &'t str,
    expected: &'t str,
    code: &'static str,
}

impl Tally {
    fn totals(&self) -> MutexGuard<'_, Totals> {
        // Counts are added one by one. After a panic they lack some rows but stay valid, so a poisoned lock is usable.
        self.totals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds the rows of a batch.
    pub(crate) fn add(&self, decisions: &Decisions) {
        let mut totals = self.totals();
        totals.tally.add(decisions.tally());
        let room = SHOWN_FAULTS.saturating_sub(totals.faults.len());
        totals.faults.extend(decisions.errors().iter().take(room).cloned());
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
        let placet_arrow::Tally { rows, allowed, denied, indeterminate, errors, .. } = tally.totals().tally;
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
        let totals = given(tally, "tally")?.totals();
        let fault = |fault: &'_ ValueError| Status::from(fault.code).name().to_str().unwrap_or_default();
        let faults = totals.faults.iter().map(|of| Fault {
            row: of.row,
            column: &of.column,
            attribute: &of.attribute,
            value: &of.value,
            expected: &of.expected,
            code: fault(of),
        });
        let placet_arrow::Tally { rows, allowed, denied, indeterminate, errors, .. } = totals.tally;
        let placet_arrow::Tally { rules, uncertain_rules, .. } = &totals.tally;
        let faults = faults.collect();
        let value =
            TallyJson { rows, allowed, denied, indeterminate, errors, rules, uncertain_rules, faults };
        *out = Buffer::json(&value)?;
        Ok(())
    })
}

/// Frees a tally.
#[unsafe(no_mangle)]
pub extern "C" fn placet_tally_free(tally: Option<Box<Tally>>) {
    quietly((), || drop(tally));
}
