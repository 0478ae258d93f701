//! How rows were decided: `placet_tally`.

use crate::boundary::{Out, call, given, quietly};
use crate::buffer::Buffer;
use crate::error::Error;
use crate::status::Status;
use placet_arrow::{Decisions, ValueError};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A tally, which the streams that it was given to share.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    kept: Arc<Mutex<Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    tally: placet_arrow::Tally,
    faults: Vec<ValueError>,
}

/// How many faults are kept of those that are counted.
const SHOWN_FAULTS: usize = 8;

/// How many rows were decided how: `placet_counts`.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C)]
pub struct Counts {
    /// All rows.
    pub rows: u64,
    /// Those that are allowed.
    pub allowed: u64,
    /// Those that are denied.
    pub denied: u64,
    /// Those that are neither.
    pub indeterminate: u64,
    /// Those that are erroneous requests.
    pub errors: u64,
}

/// A tally as JSON.
#[derive(Serialize)]
struct Told<'t> {
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
    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Counts are added one by one: what a panic left is what was counted until then.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts rows.
    pub(crate) fn add(&self, decisions: &Decisions) {
        let mut kept = self.kept();
        kept.tally.add(decisions.tally());
        let room = SHOWN_FAULTS.saturating_sub(kept.faults.len());
        kept.faults.extend(decisions.errors().iter().take(room).cloned());
    }
}

/// A tally of no rows.
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

/// The counts; zeros for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn placet_tally_counts(tally: Option<&Tally>) -> Counts {
    let Some(tally) = tally else { return Counts::default() };
    quietly(Counts::default(), || {
        let placet_arrow::Tally { rows, allowed, denied, indeterminate, errors, .. } = tally.kept().tally;
        Counts { rows, allowed, denied, indeterminate, errors }
    })
}

/// The tally as JSON.
#[unsafe(no_mangle)]
pub extern "C" fn placet_tally_to_json(
    tally: Option<&Tally>,
    json: Out<'_, Buffer>,
    error: Out<'_, Option<Box<Error>>>,
) -> Status {
    call(error, || {
        let out = given(json, "json")?.write(Buffer::NOTHING);
        let kept = given(tally, "tally")?.kept();
        let fault = |fault: &'_ ValueError| Status::from(fault.code).name().to_str().unwrap_or_default();
        let faults = kept.faults.iter().map(|of| Fault {
            row: of.row,
            column: &of.column,
            attribute: &of.attribute,
            value: &of.value,
            expected: &of.expected,
            code: fault(of),
        });
        let placet_arrow::Tally { rows, allowed, denied, indeterminate, errors, .. } = kept.tally;
        let placet_arrow::Tally { rules, uncertain_rules, .. } = &kept.tally;
        let faults = faults.collect();
        let told = Told { rows, allowed, denied, indeterminate, errors, rules, uncertain_rules, faults };
        *out = Buffer::json(&told)?;
        Ok(())
    })
}

/// Frees a tally.
#[unsafe(no_mangle)]
pub extern "C" fn placet_tally_free(tally: Option<Box<Tally>>) {
    quietly((), || drop(tally));
}
