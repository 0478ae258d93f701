//! `placet query`.

use super::regions::{self, Listed};
use super::{Failure, open, read_request, write_json};
use crate::args::{EffectFilter, Format, Query, QueryForm};
use crate::progress::with_spinner;
use crate::render;
use crate::table::{Table, TableCell};
use anstyle::AnsiColor;
use placet::query::{Answer, QueryError, Timeline, Values};
use placet::{DueObligation, Effect, Policy, Request};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

/// The exit status if a request is erroneous or a question can't be answered.
const REFUSED: u8 = 2;
/// The work of a question that takes long.
pub(super) const DECIDING: &str = "deciding";

pub(crate) fn run(args: &Query) -> io::Result<u8> {
    let mut out = anstream::stdout().lock();
    let format = error_format(args.format);
    let Some(policy) = open(&args.policy, format, &mut out)? else { return Ok(1) };
    let old = match &args.versus_policy {
        Some(path) => match open(path, format, &mut out)? {
            Some(old) => Some(old),
            None => return Ok(1),
        },
        None => None,
    };
    let json = read_given(args.given.as_ref())?;
    let given = match policy.request_from_json_bytes(&json) {
        Ok(given) => given,
        Err(error) => return refused(&mut out, &error.into(), format),
    };
    let is_plain = args.effect.is_none() && args.limit.is_none() && args.format != QueryForm::Json;
    if let [only] = args.over.as_slice()
        && is_plain
        && old.is_none()
        && args.versus.is_none()
        && let Ok(timeline) = with_spinner(DECIDING, || policy.timeline(&given, only))
    {
        write_table(&mut out, &segments(&timeline), args.format)?;
        if !timeline.complete {
            regions::incomplete();
        }
        return Ok(0);
    }
    let compared = match (&old, &args.versus) {
        (Some(old), _) => Compared::Policy(old, &json),
        (None, Some(versus)) => Compared::Request(read_request(versus)?),
        (None, None) => Compared::Nothing,
    };
    match with_spinner(DECIDING, || ask(args, &policy, &given, &compared)) {
        Ok(found) => found.write(&mut out, args.format, args.limit)?,
        Err(error) => return refused(&mut out, &error, format),
    }
    Ok(0)
}

/// The other side of a comparison.
enum Compared<'a> {
    Nothing,
    /// An older policy, which reads the same request.
    Policy(&'a Policy, &'a [u8]),
    /// A later request.
    Request(Vec<u8>),
}

/// Answers the question: with regions, or with what changes in them.
fn ask(
    args: &Query,
    policy: &Policy,
    given: &Request,
    compared: &Compared<'_>,
) -> Result<Listed, QueryError> {
    let over = args.over.iter().map(String::as_str);
    Ok(match compared {
        Compared::Nothing => {
            let found = policy.query(given, over)?;
            Listed::Answers(match args.effect {
                Some(effect) => found.with_effect(effect.into()),
                None => found,
            })
        }
        Compared::Policy(old, json) => {
            let before = old.request_from_json_bytes(json).map_err(QueryError::OldRequest)?;
            Listed::Changes(policy.query_changes_since(old, &before, given, over)?)
        }
        Compared::Request(json) => {
            let after = policy.request_from_json_bytes(json)?;
            Listed::Changes(policy.query_changes(given, &after, over)?)
        }
    })
}

/// Returns the format of errors beside that of the answer.
pub(super) fn error_format(form: QueryForm) -> Format {
    if form == QueryForm::Json { Format::Json } else { Format::Text }
}

/// Reads the JSON of the given request: an empty one without a file.
pub(super) fn read_given(path: Option<&PathBuf>) -> io::Result<Vec<u8>> {
    path.map_or_else(|| Ok(b"{}".to_vec()), |path| read_request(path))
}

/// Reports a question that can't be answered: as text on standard error, or as JSON.
pub(super) fn refused(out: &mut impl Write, error: &QueryError, format: Format) -> io::Result<u8> {
    match (error, format) {
        (error, Format::Text) => render::failure(&error.to_string()),
        (QueryError::Request(error), Format::Json) => write_json(out, &Failure { error })?,
        (QueryError::OldRequest(inner), Format::Json) => {
            let mut json = serde_json::to_value(inner)?;
            // Tells which policy refuses the request.
            if let Some(members) = json.as_object_mut() {
                members.insert("message".to_owned(), error.to_string().into());
            }
            write_json(out, &serde_json::json!({ "error": json }))?;
        }
        (error, Format::Json) => {
            write_json(out, &serde_json::json!({ "error": { "message": error.to_string() } }))?;
        }
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
pub(super) fn answer_cells(answer: &Answer) -> [TableCell; 3] {
    let due: Vec<String> = answer.obligations.iter().map(obligation).collect();
    [effect(answer), by(answer).into(), due.join(", ").into()]
}

/// Formats the effect.
pub(super) fn effect(answer: &Answer) -> TableCell {
    TableCell::coloured(answer.effect.to_string(), colour(answer.effect))
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

impl From<EffectFilter> for Effect {
    fn from(effect: EffectFilter) -> Self {
        match effect {
            EffectFilter::Allow => Effect::Allow,
            EffectFilter::Deny => Effect::Deny,
            EffectFilter::Indeterminate => Effect::Indeterminate,
        }
    }
}
