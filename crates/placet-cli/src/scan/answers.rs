//! The decisions of the rows of a batch, of which some may not have been readable.

use super::error::{Fault, ScanError};
use super::source::Batch;
use arrow_array::{BooleanArray, RecordBatch, UInt32Array};
use arrow_select::filter::filter_record_batch;
use arrow_select::take::take_record_batch;
use placet::Effect;
use placet_arrow::{BoundPolicy, ColumnError, Tally, ValueError};

/// The decisions of the rows of a batch, in their order.
#[derive(Debug)]
pub(crate) struct Answers {
    /// The effects; `None` where the row is an erroneous request.
    pub(crate) effects: Vec<Option<Effect>>,
    /// The effects, and the reasons that were asked for, as columns.
    pub(crate) columns: RecordBatch,
    /// How many rows were decided how.
    pub(crate) tally: Tally,
    /// The first of the faults.
    pub(crate) faults: Vec<Fault>,
}

impl Answers {
    /// Decides a batch that so many rows of its file stand before. With `fails`, the first fault is an error.
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
            // What stands before it may be wrong too.
            binding.decide(&batch.values.slice(0, *at)).map_err(wrong)?;
            return Err(ScanError::Fault { file: file.to_owned(), fault: Box::new(fault.clone()) });
        }
        if batch.faults.is_empty() {
            let decisions = binding.decide(&batch.values).map_err(wrong)?;
            return Ok(Self {
                effects: (0..decisions.len()).map(|row| decisions.effect(row)).collect(),
                tally: decisions.tally().clone(),
                faults: decisions.errors().iter().map(|error| of_file(error.clone(), before)).collect(),
                columns: decisions.into_batch().map_err(wrong)?,
            });
        }
        Self::of_readable(binding, batch, before).map_err(wrong)
    }

    /// Decides the rows that could be read, and puts them where they stand among the others.
    fn of_readable(binding: &BoundPolicy, batch: &Batch, before: u64) -> Result<Self, ColumnError> {
        let rows = batch.values.num_rows();
        let mut is_readable = vec![true; rows];
        for (at, _) in &batch.faults {
            if let Some(slot) = is_readable.get_mut(*at) {
                *slot = false;
            }
        }
        let places: Vec<usize> = (0..rows).filter(|row| is_readable.get(*row) == Some(&true)).collect();
        let mut next = 0..;
        let indices: UInt32Array =
            is_readable.iter().map(|readable| if *readable { next.next() } else { None }).collect();
        let decisions =
            binding.decide(&filter_record_batch(&batch.values, &BooleanArray::from(is_readable))?)?;
        let mut effects = vec![None; rows];
        for (at, place) in places.iter().enumerate() {
            if let Some(slot) = effects.get_mut(*place) {
                *slot = decisions.effect(at);
            }
        }
        let place = |row: u64| usize::try_from(row).ok().and_then(|row| places.get(row)).copied();
        let in_batch = |error: &ValueError| {
            let row = place(error.row).map_or(error.row, |place| place as u64);
            of_file(ValueError { row, ..error.clone() }, before)
        };
        let mut faults: Vec<Fault> = decisions.errors().iter().map(in_batch).collect();
        faults.extend(batch.faults.iter().map(|(_, fault)| fault.clone()));
        faults.sort_by_key(Fault::row);
        let mut tally = decisions.tally().clone();
        tally.rows += batch.faults.len() as u64;
        tally.errors += batch.faults.len() as u64;
        let columns = take_record_batch(&decisions.into_batch()?, &indices)?;
        Ok(Self { effects, columns, tally, faults })
    }

    /// Which rows may go through.
    pub(crate) fn allowed(&self) -> BooleanArray {
        self.effects.iter().map(|effect| Some(*effect == Some(Effect::Allow))).collect()
    }
}

/// The fault of a row of a batch, counted from 1 in its file.
fn of_file(error: ValueError, before: u64) -> Fault {
    Fault::Value(ValueError { row: error.row.saturating_add(before).saturating_add(1), ..error })
}
