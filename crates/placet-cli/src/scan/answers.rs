//! The decisions of a batch, including rows that could not be read.

use super::error::{Fault, ScanError};
use super::source::Batch;
use arrow_array::{BooleanArray, RecordBatch, UInt32Array};
use arrow_select::filter::filter_record_batch;
use arrow_select::take::take_record_batch;
use placet::Effect;
use placet_arrow::{BoundPolicy, ColumnError, Tally, ValueError};

/// The decisions of a batch, in the order of its rows.
#[derive(Debug)]
pub(crate) struct Answers {
    /// The effects; `None` for an erroneous row.
    pub(crate) effects: Vec<Option<Effect>>,
    /// The effects and the requested reasons, as columns.
    pub(crate) columns: RecordBatch,
    /// The counts of effects and rules.
    pub(crate) tally: Tally,
    /// The first faults.
    pub(crate) faults: Vec<Fault>,
}

impl Answers {
    /// Decides a batch that follows `before` rows of its file. With `fails`, the first fault is an error.
    pub(crate) fn new(
        file: &str,
        binding: &BoundPolicy,
        batch: &Batch,
        before: u64,
        fails: bool,
    ) -> Result<Self, ScanError> {
        let wrong = |error| match error {
            ColumnError::Value(error) => {
                ScanError::Fault { file: file.to_owned(), fault: Box::new(of_file(error, before)) }
            }
            error => ScanError::columns(file, error),
        };
        if let (Some((at, fault)), true) = (batch.faults.first(), fails) {
            // An earlier row may have a value that doesn't fit its attribute. Decide these rows first, so that the
            // error names the first faulty row.
            binding.decide(&batch.values.slice(0, *at)).map_err(wrong)?;
            return Err(ScanError::Fault { file: file.to_owned(), fault: Box::new(fault.clone()) });
        }
        if batch.faults.is_empty() {
            let decisions = binding.decide(&batch.values).map_err(wrong)?;
            return Ok(Self {
                effects: (0..decisions.len()).map(|row| decisions.effect(row)).collect(),
                tally: decisions.tally().clone(),
                faults: decisions.tally().faults.iter().map(|error| of_file(error.clone(), before)).collect(),
                columns: decisions.into_batch().map_err(wrong)?,
            });
        }
        Self::of_readable(binding, batch, before).map_err(wrong)
    }

    /// Decides the readable rows and restores the order of all rows.
    fn of_readable(binding: &BoundPolicy, batch: &Batch, before: u64) -> Result<Self, ColumnError> {
        let rows = batch.values.num_rows();
        let mut is_readable = vec![true; rows];
        for (at, _) in &batch.faults {
            if let Some(slot) = is_readable.get_mut(*at) {
                *slot = false;
            }
        }
        let indexes: Vec<usize> = (0..rows).filter(|row| is_readable.get(*row) == Some(&true)).collect();
        let mut next = 0..;
        let indices: UInt32Array =
            is_readable.iter().map(|readable| if *readable { next.next() } else { None }).collect();
        let decisions =
            binding.decide(&filter_record_batch(&batch.values, &BooleanArray::from(is_readable))?)?;
        let mut effects = vec![None; rows];
        for (at, index) in indexes.iter().enumerate() {
            if let Some(slot) = effects.get_mut(*index) {
                *slot = decisions.effect(at);
            }
        }
        let index = |row: u64| usize::try_from(row).ok().and_then(|row| indexes.get(row)).copied();
        let in_batch = |error: &ValueError| {
            let row = index(error.row).map_or(error.row, |index| index as u64);
            of_file(ValueError { row, ..error.clone() }, before)
        };
        let mut faults: Vec<Fault> = decisions.tally().faults.iter().map(in_batch).collect();
        faults.extend(batch.faults.iter().map(|(_, fault)| fault.clone()));
        faults.sort_by_key(Fault::row);
        let mut tally = decisions.tally().clone();
        tally.rows += batch.faults.len() as u64;
        tally.errors += batch.faults.len() as u64;
        let columns = take_record_batch(&decisions.into_batch()?, &indices)?;
        Ok(Self { effects, columns, tally, faults })
    }

    /// Returns a mask of the allowed rows.
    pub(crate) fn allowed(&self) -> BooleanArray {
        self.effects.iter().map(|effect| Some(*effect == Some(Effect::Allow))).collect()
    }
}

/// Converts the row of an error from an index in the batch to a number from 1 in the file.
fn of_file(error: ValueError, before: u64) -> Fault {
    Fault::Value(ValueError { row: error.row.saturating_add(before).saturating_add(1), ..error })
}
