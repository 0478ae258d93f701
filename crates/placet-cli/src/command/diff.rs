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
use super::regions::{INCOMPLETE, changes_table, format_left_out, incomplete, note_left_out};
use super::{open_draft, write_json};
use crate::args::{Diff, DiffForm, Format, QueryForm};
use crate::progress::with_spinner;
use crate::render;
use crate::table::escaped;
use placet::Draft;
use placet::query::{ChangedCell, ChangedMatrix, Changes, LeftOut, QueryError};
use serde::Serialize;
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
        return match with_spinner(DECIDING, || changed_answers(args, &old, &new, &json)) {
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
#[derive(Serialize)]
#[serde(untagged)]
enum ChangedAnswers {
    Regions(Changes),
    Grid(ChangedMatrix),
}

/// Compares the answers over the attributes of the command line.
fn changed_answers(args: &Diff, old: &Draft, new: &Draft, json: &[u8]) -> Result<ChangedAnswers, QueryError> {
    match (args.matrix, args.over.as_slice()) {
        (true, [rows, columns]) => {
            new.matrix_changes_since_json(old, json, rows, columns).map(ChangedAnswers::Grid)
        }
        (_, over) => {
            let over = over.iter().map(String::as_str);
            new.query_changes_since_json(old, json, over).map(ChangedAnswers::Regions)
        }
    }
}

impl ChangedAnswers {
    /// Writes the changes. Returns the exit status: 0 only if no answer differs, all combinations were compared and no
    /// value was left out.
    fn write(&self, out: &mut impl Write, form: DiffForm) -> io::Result<u8> {
        let form = match form {
            DiffForm::Json => QueryForm::Json,
            DiffForm::Markdown => QueryForm::Markdown,
            DiffForm::Text | DiffForm::Sarif => QueryForm::Text,
        };
        let (is_same, left_out, is_complete) = match self {
            Self::Regions(found) => (found.regions.is_empty(), &found.left_out, found.complete),
            Self::Grid(ChangedMatrix { matrix, left_out, .. }) => {
                let is_changed = matrix.cells.iter().flatten().flatten().any(ChangedCell::is_changed);
                (!is_changed, left_out, matrix.complete)
            }
        };
        if form == QueryForm::Json {
            write_json(out, self)?;
        } else {
            match (is_same, is_complete) {
                (true, true) => writeln!(out, "no answer differs")?,
                (true, false) => writeln!(out, "no difference found; not all combinations were compared")?,
                (false, _) => {}
            }
            match self {
                Self::Regions(_) if is_same => {}
                Self::Regions(found) => write_table(out, &changes_table(found), form)?,
                Self::Grid(grid) => {
                    // A table of Markdown begins after an empty line.
                    if is_same && form == QueryForm::Markdown {
                        writeln!(out)?;
                    }
                    write_table(out, &changed_table(&grid.matrix, form), form)?;
                }
            }
            notes(out, form, left_out, is_complete)?;
        }
        Ok(u8::from(!(is_same && left_out.is_empty() && is_complete)))
    }
}

/// Notes the values and combinations that weren't compared: in Markdown below the table, because a comment on a pull
/// request has no standard error.
fn notes(out: &mut impl Write, form: QueryForm, left_out: &[LeftOut], is_complete: bool) -> io::Result<()> {
    if form != QueryForm::Markdown {
        if !is_complete {
            incomplete();
        }
        note_left_out(left_out);
        return Ok(());
    }
    if !(is_complete && left_out.is_empty()) {
        writeln!(out)?;
    }
    if !is_complete {
        writeln!(out, "- {INCOMPLETE}")?;
    }
    left_out.iter().try_for_each(|one| writeln!(out, "- {}", escaped(&format_left_out(one))))
}
