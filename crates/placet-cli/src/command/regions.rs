//! Regions of answers, as `placet query` and `placet diff --over` list them.

use super::counted;
use super::query::{answer_cells, write_table};
use crate::args::QueryForm;
use crate::command::write_json;
use crate::render;
use crate::table::{Table, TableCell};
use placet::query::{Answer, Changes, LeftOut, Regions, Values};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

/// Regions with their answers, or with the answers before and after.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Listed {
    Answers(Regions),
    Changes(Changes),
}

impl Listed {
    /// Writes the first regions, and tells what is left out.
    pub(super) fn write(
        mut self,
        out: &mut impl Write,
        form: QueryForm,
        limit: Option<usize>,
    ) -> io::Result<()> {
        let left = self.limit(limit.unwrap_or(usize::MAX));
        if form == QueryForm::Json {
            return write_json(out, &self);
        }
        write_table(out, &self.table(), form)?;
        if let Listed::Changes(changes) = &self {
            note_left_out(&changes.left_out);
        }
        match (left, self.is_complete()) {
            (0, true) => {}
            (0, false) => incomplete(),
            (count, _) if form == QueryForm::Text => writeln!(out, "{}", counted(count, "more region"))?,
            (count, _) => render::note(&format!("{} left out", counted(count, "region"))),
        }
        Ok(())
    }

    /// Keeps the first regions, and returns the number of the others.
    fn limit(&mut self, limit: usize) -> usize {
        let (count, complete) = match self {
            Listed::Answers(Regions { regions, complete, .. }) => {
                let count = regions.len();
                regions.truncate(limit);
                (count, complete)
            }
            Listed::Changes(Changes { regions, complete, .. }) => {
                let count = regions.len();
                regions.truncate(limit);
                (count, complete)
            }
        };
        let left = count.saturating_sub(limit);
        *complete &= left == 0;
        left
    }

    fn is_complete(&self) -> bool {
        match self {
            Listed::Answers(regions) => regions.complete,
            Listed::Changes(changes) => changes.complete,
        }
    }

    fn table(&self) -> Table {
        match self {
            Listed::Answers(found) => {
                let rows = found.regions.iter().map(|region| (&region.values, vec![&region.answer]));
                table(&found.over, &["answer"], rows)
            }
            Listed::Changes(found) => changes_table(found),
        }
    }
}

/// The warning that a question ended before every combination of values was decided.
pub(super) const INCOMPLETE: &str = "the question has more combinations of values than were decided";

/// Warns that a question ended before every combination of values was decided.
pub(super) fn incomplete() {
    render::warning(INCOMPLETE);
}

/// Names the values that only one of two policies has.
pub(super) fn note_left_out(all: &[LeftOut]) {
    for one in all {
        render::note(&format_left_out(one));
    }
}

/// Formats the values that only one of two policies has.
pub(super) fn format_left_out(one: &LeftOut) -> String {
    let only = |values: &Option<Values>, which: &str| {
        values.as_ref().map(|values| format!("only the {which} policy has {} {values}", one.attribute))
    };
    let parts: Vec<String> = only(&one.before, "old").into_iter().chain(only(&one.after, "new")).collect();
    format!("{}: left out", parts.join("; "))
}

/// Returns a table of changes: the values of each attribute, then the answers before and after.
pub(super) fn changes_table(found: &Changes) -> Table {
    let rows = found.regions.iter().map(|region| (&region.values, vec![&region.before, &region.after]));
    table(&found.over, &["before", "after"], rows)
}

/// Returns a table of regions: the values of each attribute, then the answers.
fn table<'r>(
    over: &[Arc<str>],
    answers: &[&str],
    regions: impl Iterator<Item = (&'r BTreeMap<Arc<str>, Values>, Vec<&'r Answer>)>,
) -> Table {
    let mut header: Vec<String> = over.iter().map(ToString::to_string).collect();
    for answer in answers {
        header.extend([(*answer).to_owned(), "by".to_owned(), "obligations".to_owned()]);
    }
    let rows = regions.map(|(values, answers)| {
        let mut row: Vec<TableCell> = over
            .iter()
            .map(|name| values.get(name).map_or_else(|| "any".to_owned(), Values::to_string).into())
            .collect();
        for answer in answers {
            row.extend(answer_cells(answer));
        }
        row
    });
    Table { header, rows: rows.collect() }
}
