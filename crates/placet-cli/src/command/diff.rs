//! `placet diff`.
//!
//! `words` describes the parts of a difference, `text` and `markdown` write them as pages, `sarif` for code review.
//! With `--over`, the answer comes from `placet query --versus-policy`: as regions, or as a grid.

mod markdown;
mod sarif;
mod text;
mod words;

use super::matrix::changed_table;
use super::query::{DECIDING, read_given, write_table};
use super::regions::{Listed, incomplete, left_out, note_left_out};
use super::{open_draft, write_json};
use crate::args::{Diff, DiffForm, Format, QueryForm};
use crate::progress::with_spinner;
use crate::render;
use crate::table::escaped;
use placet::Draft;
use placet::query::{ChangedMatrix, Changes, LeftOut, QueryError};
use std::io::{self, Write};
use std::path::Path;

/// The exit status if a policy does not compile or can't be read.
const UNREADABLE: u8 = 2;

pub(crate) fn run(args: &Diff) -> io::Result<u8> {
    let mut out = anstream::stdout().lock();
    if args.format == DiffForm::Sarif && !args.over.is_empty() {
        render::failure("`--over` has no SARIF form: leave one of the two out");
        return Ok(crate::USAGE);
    }
    if args.matrix && args.over.len() != 2 {
        render::failure("`--matrix` needs two attributes in `--over`: the rows and the columns");
        return Ok(crate::USAGE);
    }
    let format = if args.format == DiffForm::Json { Format::Json } else { Format::Text };
    let mut policy = |path: &Path| match open_draft(path, format, &mut out) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            render::failure(&error.to_string());
            Ok(None)
        }
        other => other,
    };
    // Open both before returning, so that errors in the second policy are reported too.
    let (old, new) = (policy(&args.old)?, policy(&args.new)?);
    let (Some(old), Some(new)) = (old, new) else { return Ok(UNREADABLE) };
    if !args.over.is_empty() {
        let json = match read_given(args.given.as_ref()) {
            Ok(json) => json,
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                render::failure(&error.to_string());
                return Ok(UNREADABLE);
            }
            Err(error) => return Err(error),
        };
        return match with_spinner(DECIDING, || asked(args, &old, &new, &json)) {
            Ok(found) => found.write(&mut out, args.format),
            Err(error) => super::query::refused(&mut out, &error, format),
        };
    }
    let difference = with_spinner("comparing", || old.diff(&new));
    match args.format {
        DiffForm::Json => write_json(&mut out, &difference)?,
        DiffForm::Text => out.write_all(text::page(&difference).as_bytes())?,
        DiffForm::Markdown => out.write_all(markdown::page(&difference, new.name()).as_bytes())?,
        DiffForm::Sarif => write_json(&mut out, &sarif::log(&difference, &old, &new, &args.new))?,
    }
    out.flush()?;
    Ok(u8::from(!difference.is_same))
}

/// The changes of answers over some attributes.
enum Asked {
    Regions(Changes),
    Grid(ChangedMatrix),
}

/// Asks for the changes over the attributes of the command line.
fn asked(args: &Diff, old: &Draft, new: &Draft, json: &[u8]) -> Result<Asked, QueryError> {
    match (args.matrix, args.over.as_slice()) {
        (true, [rows, columns]) => new.matrix_changes_since_json(old, json, rows, columns).map(Asked::Grid),
        _ => {
            new.query_changes_since_json(old, json, args.over.iter().map(String::as_str)).map(Asked::Regions)
        }
    }
}

impl Asked {
    /// Writes the changes. Returns the exit status: 0 only if no answer differs and no value was left out.
    fn write(self, out: &mut impl Write, form: DiffForm) -> io::Result<u8> {
        let (is_same, left_out_values, is_complete) = match &self {
            Asked::Regions(found) => (found.regions.is_empty(), &found.left_out, found.complete),
            Asked::Grid(ChangedMatrix { matrix, left_out, .. }) => {
                let changes = matrix.cells.iter().flatten().flatten().any(|cell| cell.is_changed());
                (!changes, left_out, matrix.complete)
            }
        };
        let status = u8::from(!(is_same && left_out_values.is_empty() && is_complete));
        let left_out_values = left_out_values.clone();
        let form = match form {
            DiffForm::Json => QueryForm::Json,
            DiffForm::Markdown => QueryForm::Markdown,
            DiffForm::Text | DiffForm::Sarif => QueryForm::Text,
        };
        if is_same && form != QueryForm::Json {
            writeln!(out, "no answer differs")?;
        }
        match (self, form) {
            (Asked::Regions(_), QueryForm::Text | QueryForm::Markdown) if is_same => {}
            (Asked::Regions(found), QueryForm::Markdown) => {
                write_table(out, &Listed::Changes(found).table(), form)?;
            }
            (Asked::Regions(found), _) => {
                return Listed::Changes(found).write(out, form, None).map(|()| status);
            }
            (Asked::Grid(grid), QueryForm::Json) => {
                write_json(out, &grid)?;
                return Ok(status);
            }
            (Asked::Grid(grid), _) => write_table(out, &changed_table(&grid.matrix, form), form)?,
        }
        if !is_complete {
            incomplete();
        }
        match form {
            QueryForm::Markdown => write_left_out(out, &left_out_values)?,
            _ => note_left_out(&left_out_values),
        }
        Ok(status)
    }
}

/// Writes the values that only one policy has below a table: a comment on a pull request has no standard error.
fn write_left_out(out: &mut impl Write, all: &[LeftOut]) -> io::Result<()> {
    if !all.is_empty() {
        writeln!(out)?;
    }
    all.iter().try_for_each(|one| writeln!(out, "- {}", escaped(&left_out(one))))
}
