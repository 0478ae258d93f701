//! `placet matrix`.

use super::query::{DECIDING, by, colour, error_format, obligation, read_given, refused, write_table};
use super::{open, write_json};
use crate::args::{Matrix, QueryForm};
use crate::progress::with_spinner;
use crate::render;
use crate::table::{Table, TableCell};
use placet::query::{Answer, ChangedCell, Matrix as Grid, MatrixCell, MatrixHeader};
use std::io;

pub(crate) fn run(args: &Matrix) -> io::Result<u8> {
    let mut out = anstream::stdout().lock();
    let format = error_format(args.format);
    let Some(policy) = open(&args.policy, format, &mut out)? else { return Ok(1) };
    let given = match policy.request_from_json_bytes(&read_given(args.given.as_ref())?) {
        Ok(given) => given,
        Err(error) => return refused(&mut out, &error.into(), format),
    };
    let grid = match with_spinner(DECIDING, || policy.matrix(&given, &args.rows, &args.columns)) {
        Ok(grid) => grid,
        Err(error) => return refused(&mut out, &error, format),
    };
    match args.format {
        QueryForm::Json => write_json(&mut out, &grid)?,
        QueryForm::Text => write_table(&mut out, &table(&grid, letter), args.format)?,
        QueryForm::Csv | QueryForm::Markdown | QueryForm::Html => {
            write_table(&mut out, &table(&grid, details), args.format)?;
        }
    }
    if !grid.complete {
        render::warning("the grid has more combinations of values than were decided");
    }
    Ok(0)
}

/// Returns a table with a cell for each row and column. An opened node of the columns stands before the names below it.
fn table<Cell>(grid: &Grid<Cell>, cell: impl Fn(&Cell) -> TableCell) -> Table {
    let mut header = vec![format!("{} \\ {}", grid.row_attribute, grid.column_attribute)];
    let mut path: Vec<&str> = Vec::new();
    let mut shown = Vec::new();
    for (index, column) in grid.columns.iter().enumerate() {
        path.truncate(column.depth);
        path.push(&column.title);
        if !column.is_open {
            header.push(path.join("/"));
            shown.push(index);
        }
    }
    let rows = grid.rows.iter().zip(&grid.cells).map(|(row, cells)| {
        let of = |index: &usize| match cells.get(*index).and_then(Option::as_ref) {
            Some(found) => cell(found),
            None => String::new().into(),
        };
        std::iter::once(title(row).into()).chain(shown.iter().map(of)).collect()
    });
    Table { header, rows: rows.collect() }
}

/// Formats the header of a row, indented below its opened nodes.
fn title(row: &MatrixHeader) -> String {
    // A no-break space: Markdown and tables drop others.
    format!("{}{}", "\u{a0}\u{a0}".repeat(row.depth), row.title)
}

/// Returns a table of the answers of two policies: the old answer and the new one where they differ, otherwise one.
/// Other formats than text also name the obligations if these differ.
pub(super) fn changed_table(grid: &Grid<ChangedCell>, form: QueryForm) -> Table {
    table(grid, |cell| {
        let (before, after) = (&cell.before, &cell.after);
        match (form, cell.is_changed()) {
            (QueryForm::Text, false) => letter(after),
            (QueryForm::Text, true) => {
                let text = format!("{} → {}", before.letter(), after.letter());
                TableCell::coloured(text, colour(after.answer.effect))
            }
            (_, false) => after.answer.effect.to_string().into(),
            (_, true) => {
                let is_due = before.answer.obligations != after.answer.obligations;
                let reason = |one: &MatrixCell| {
                    let due = if is_due { due(&one.answer) } else { None };
                    let reasons: Vec<String> = [by(&one.answer)].into_iter().chain(due).collect();
                    format!("{} ({})", one.answer.effect, reasons.join("; "))
                };
                format!("{} → {}", reason(before), reason(after)).into()
            }
        }
    })
}

fn letter(cell: &MatrixCell) -> TableCell {
    TableCell::coloured(cell.letter().to_string(), colour(cell.answer.effect))
}

/// Formats the effect with its reasons, legal bases and obligations.
fn details(cell: &MatrixCell) -> TableCell {
    let answer = &cell.answer;
    let mut parts = vec![format!("{}: {}", answer.effect, by(answer))];
    if !answer.basis.is_empty() {
        parts.push(format!("basis {}", answer.basis.join(", ")));
    }
    parts.extend(due(answer));
    parts.join("; ").into()
}

/// Formats the obligations; `None` without any.
fn due(answer: &Answer) -> Option<String> {
    let due: Vec<String> = answer.obligations.iter().map(obligation).collect();
    (!due.is_empty()).then(|| format!("oblige {}", due.join(", ")))
}
