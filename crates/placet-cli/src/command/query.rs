//! `placet query`.

use super::{Failure, open, read_request, write_json};
use crate::args::{AskedEffect, Format, Query, QueryForm};
use crate::render;
use crate::table::{Table, TableCell};
use anstyle::AnsiColor;
use placet::query::{Answer, QueryError, Timeline, Values};
use placet::{DueObligation, Effect, Policy, Request, RequestError};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

/// The exit status if a request is erroneous or a question can't be answered.
const REFUSED: u8 = 2;

pub(crate) fn run(args: &Query) -> io::Result<u8> {
    let mut out = anstream::stdout().lock();
    let format = error_format(args.format);
    let Some(policy) = open(&args.policy, format, &mut out)? else { return Ok(1) };
    let over = || args.over.iter().map(String::as_str);
    let limit = args.limit.unwrap_or(usize::MAX);
    let given = match request(&policy, args.given.as_ref())? {
        Ok(given) => given,
        Err(error) => return refused(&mut out, &error.into(), format),
    };
    let Some(versus) = &args.versus else {
        let is_plain = args.effect.is_none() && args.limit.is_none() && args.format != QueryForm::Json;
        if let [only] = args.over.as_slice()
            && is_plain
            && let Ok(timeline) = policy.timeline(&given, only)
        {
            write_table(&mut out, &segments(&timeline), args.format)?;
            closing(&mut out, args.format, 0, timeline.complete)?;
            return Ok(0);
        }
        let mut regions = match policy.query(&given, over()) {
            Ok(regions) => regions,
            Err(error) => return refused(&mut out, &error, format),
        };
        if let Some(effect) = args.effect {
            regions = regions.with_effect(effect.into());
        }
        let left_out = regions.regions.len().saturating_sub(limit);
        regions.regions.truncate(limit);
        regions.complete &= left_out == 0;
        if args.format == QueryForm::Json {
            write_json(&mut out, &regions)?;
        } else {
            let rows = regions.regions.iter().map(|region| (&region.values, vec![&region.answer]));
            write_table(&mut out, &table(&regions.over, &["answer"], rows), args.format)?;
            closing(&mut out, args.format, left_out, regions.complete)?;
        }
        return Ok(0);
    };
    let after = match request(&policy, Some(versus))? {
        Ok(after) => after,
        Err(error) => return refused(&mut out, &error.into(), format),
    };
    let mut changes = match policy.query_changes(&given, &after, over()) {
        Ok(changes) => changes,
        Err(error) => return refused(&mut out, &error, format),
    };
    let left_out = changes.regions.len().saturating_sub(limit);
    changes.regions.truncate(limit);
    changes.complete &= left_out == 0;
    if args.format == QueryForm::Json {
        write_json(&mut out, &changes)?;
    } else {
        let rows = changes.regions.iter().map(|region| (&region.values, vec![&region.before, &region.after]));
        write_table(&mut out, &table(&changes.over, &["before", "after"], rows), args.format)?;
        closing(&mut out, args.format, left_out, changes.complete)?;
    }
    Ok(0)
}

/// Returns the format of errors beside that of the answer.
pub(super) fn error_format(form: QueryForm) -> Format {
    if form == QueryForm::Json { Format::Json } else { Format::Text }
}

/// Reads what is given: the request of a file, or nothing.
pub(super) fn request(policy: &Policy, path: Option<&PathBuf>) -> io::Result<Result<Request, RequestError>> {
    Ok(match path {
        None => Ok(policy.request()),
        Some(path) => policy.request_from_json_bytes(&read_request(path)?),
    })
}

/// Reports a question that can't be answered.
pub(super) fn refused(out: &mut impl Write, error: &QueryError, format: Format) -> io::Result<u8> {
    match (error, format) {
        (QueryError::Request(error), Format::Json) => write_json(out, &Failure { error })?,
        (error, _) => render::failure(&error.to_string()),
    }
    Ok(REFUSED)
}

/// Writes a table in a format other than JSON.
pub(super) fn write_table(out: &mut impl Write, table: &Table, form: QueryForm) -> io::Result<()> {
    match form {
        QueryForm::Text | QueryForm::Json => out.write_all(table.text().as_bytes()),
        QueryForm::Csv => out.write_all(&table.csv()?),
        QueryForm::Markdown => out.write_all(table.markdown().as_bytes()),
        QueryForm::Html => out.write_all(table.html().as_bytes()),
    }
}

/// Tells what the regions leave out.
fn closing(out: &mut impl Write, form: QueryForm, left_out: usize, is_complete: bool) -> io::Result<()> {
    match (left_out, is_complete) {
        (0, true) => {}
        (0, false) => render::warning("the question has more combinations of values than were decided"),
        (count, _) if form == QueryForm::Text => writeln!(out, "{}", super::counted(count, "more region"))?,
        (count, _) => render::note(&format!("{} left out", super::counted(count, "region"))),
    }
    Ok(())
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

/// Returns a table of the segments of a timeline.
fn segments(timeline: &Timeline) -> Table {
    let header = [&*timeline.attribute, "answer", "by", "obligations"].map(str::to_owned);
    let rows = timeline.segments.iter().map(|segment| {
        let values = segment.values.as_ref().map_or_else(|| "any".to_owned(), Values::to_string);
        std::iter::once(values.into()).chain(answer_cells(&segment.answer)).collect()
    });
    Table { header: header.into(), rows: rows.collect() }
}

/// Returns the cells of an answer.
fn answer_cells(answer: &Answer) -> [TableCell; 3] {
    let due: Vec<String> = answer.obligations.iter().map(obligation).collect();
    [effect(answer), by(answer).into(), due.join(", ").into()]
}

/// Formats the effect.
pub(super) fn effect(answer: &Answer) -> TableCell {
    TableCell { text: answer.effect.to_string(), colour: Some(colour(answer.effect)) }
}

/// Returns the colour of an effect.
pub(super) fn colour(effect: Effect) -> AnsiColor {
    match effect {
        Effect::Allow => AnsiColor::Green,
        Effect::Deny => AnsiColor::Red,
        Effect::Indeterminate => AnsiColor::Yellow,
    }
}

/// Names the reasons of an answer: the rules with their clauses, or what is missing.
pub(super) fn by(answer: &Answer) -> String {
    let join = |names: &[Arc<str>]| names.join(", ");
    match answer.effect {
        Effect::Indeterminate => format!("depends on {}", join(&answer.missing)),
        _ if answer.rules.is_empty() => "default".to_owned(),
        _ if answer.cites.is_empty() => join(&answer.rules),
        _ => format!("{} ({})", join(&answer.rules), join(&answer.cites)),
    }
}

/// Formats an obligation with its deadline.
pub(super) fn obligation(due: &DueObligation) -> String {
    format!("{due}{}", if due.certain { "" } else { " (in some cases)" })
}

impl From<AskedEffect> for Effect {
    fn from(effect: AskedEffect) -> Self {
        match effect {
            AskedEffect::Allow => Effect::Allow,
            AskedEffect::Deny => Effect::Deny,
            AskedEffect::Indeterminate => Effect::Indeterminate,
        }
    }
}
