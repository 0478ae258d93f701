//! The arguments of `placet scan`.

use super::Format;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{ArgAction, ValueEnum};
use placet_arrow::Reason;
use std::num::NonZeroUsize;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Each row is a request. A column gives the attribute with the same name, unless --columns maps it. A missing attribute may \
have any value, so a row is allowed only if every value would allow it. Rows are numbered from 1 in each file, without \
the header.

--output names the file for the decisions; without it, only the summary is written. The summary goes to standard \
output, or to standard error if the rows or the report use standard output. Files may be larger than memory. Output \
files are written completely or not at all.

In CSV, an empty cell is null, and so is a cell with a --null text: the value is missing, or none if the attribute is \
optional. Cells are read as the types of their attributes: \
a bool is `true`, `yes`, `t`, `y`, `on`, `1` or the opposite, in upper or lower case; a set is a list separated by \
semicolons or a JSON array, with `[]` for the empty set; dates, times and durations are written like in requests, and a \
plain number is a duration in seconds. Decompress compressed CSV into a pipe.

Exit status:
  0  all rows were decided
  1  the policy does not compile, or the scan failed
  2  some rows were erroneous

Examples:
  placet scan privacy.placet events.parquet
  placet scan privacy.placet events-*.csv --set purpose=newsletter --allowed -o allowed.csv
  placet scan privacy.placet events.csv --columns subject.age=customer_age --deny-report denied.txt
  zcat events.csv.gz | placet scan privacy.placet - -o - --reasons rules,missing")]
pub(crate) struct Scan {
    /// The policy: a policy file, or one saved with `placet compile`
    pub(crate) policy: PathBuf,
    /// The CSV or Parquet tables to scan; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    /// Write the decisions, or with --allowed the allowed rows, to this file; `-` is standard output
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
    /// The output format [default: by the file name, or CSV]
    #[arg(long, value_enum, value_name = "FORM", requires = "output", help_heading = "Output")]
    pub(crate) output_format: Option<OutputForm>,
    /// Write only the allowed rows, unchanged
    #[arg(long, requires = "output", conflicts_with = "with_input", help_heading = "Output")]
    pub(crate) allowed: bool,
    /// Write the input columns before the decision columns
    #[arg(long, requires = "output", help_heading = "Output")]
    pub(crate) with_input: bool,
    /// Also write these columns
    #[arg(
        long,
        value_parser = reason(),
        value_delimiter = ',',
        value_name = "LIST",
        requires = "output",
        help_heading = "Output"
    )]
    pub(crate) reasons: Vec<Reason>,
    /// Prefix the names of the decision columns
    #[arg(
        long,
        default_value = "",
        hide_default_value = true,
        value_name = "TEXT",
        requires = "output",
        help_heading = "Output"
    )]
    pub(crate) prefix: String,
    /// Write a report of why rows are not allowed, with one entry per reason: as CSV or JSON by the file name, or as
    /// text
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) deny_report: Option<PathBuf>,
    /// The format of the summary; `json` writes one object
    #[arg(long, value_enum, default_value_t = Format::Text, help_heading = "Output")]
    pub(crate) format: Format,
    /// Hide the progress bar, which is shown on terminals only
    #[arg(long, help_heading = "Output")]
    pub(crate) no_progress: bool,
    /// Hide the progress bar and the summary
    #[arg(short, long, help_heading = "Output")]
    pub(crate) quiet: bool,

    /// Read attributes from columns with other names; a list, can be repeated
    #[arg(
        long,
        value_parser = pair,
        value_delimiter = ',',
        value_name = "ATTRIBUTE=COLUMN",
        help_heading = "Requests"
    )]
    pub(crate) columns: Vec<(String, String)>,
    /// Set an attribute to the same value in every row, written like in a CSV cell; can be repeated
    #[arg(long, value_parser = pair, value_name = "ATTRIBUTE=VALUE", help_heading = "Requests")]
    pub(crate) set: Vec<(String, String)>,
    /// Ignore columns that match no attribute; by default they are an error
    #[arg(long, help_heading = "Requests")]
    pub(crate) ignore_unknown: bool,
    /// Handling of rows that are erroneous requests
    #[arg(long, value_enum, default_value_t = OnFault::Fail, value_name = "WHAT", help_heading = "Requests")]
    pub(crate) on_error: OnFault,

    /// The input format [default: by the file name or the first bytes, or CSV]
    #[arg(long, value_enum, value_name = "FORM", help_heading = "Input")]
    pub(crate) input_format: Option<InputForm>,
    /// The CSV delimiter, one character or `tab` [default: a comma; in `.tsv` files a tab]
    #[arg(long, value_parser = delimiter, value_name = "CHAR", help_heading = "Input")]
    pub(crate) delimiter: Option<u8>,
    /// The CSV has no header; columns are named 1, 2 and so on, or by --names
    #[arg(long, help_heading = "Input")]
    pub(crate) no_header: bool,
    /// The column names of CSV without a header, in order
    #[arg(long, value_delimiter = ',', value_name = "LIST", requires = "no_header", help_heading = "Input")]
    pub(crate) names: Vec<String>,
    /// Remove white space around CSV cells
    #[arg(long, help_heading = "Input")]
    pub(crate) trim: bool,
    /// Treat CSV cells with this text as null; can be repeated
    #[arg(long, action = ArgAction::Append, value_name = "TEXT", help_heading = "Input")]
    pub(crate) null: Vec<String>,

    /// The number of threads; it does not affect the results [default: the number of cores]
    #[arg(long, value_name = "N", help_heading = "Work")]
    pub(crate) threads: Option<NonZeroUsize>,
    /// The number of rows to decide at once; larger batches need more memory
    #[arg(long, default_value = "32768", value_name = "N", help_heading = "Work")]
    pub(crate) batch_rows: NonZeroUsize,
}

/// The format of an input table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum InputForm {
    /// Comma-separated values
    Csv,
    /// Apache Parquet
    Parquet,
}

/// The format of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputForm {
    /// Comma-separated values
    Csv,
    /// JSON Lines, one object per row
    Jsonl,
    /// Apache Parquet
    Parquet,
}

/// The handling of rows that are erroneous requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnFault {
    /// Stop at the first one
    Fail,
    /// Give it no decision, count it and continue
    Null,
}

/// Parses an output column besides the effect.
fn reason() -> impl TypedValueParser<Value = Reason> {
    let names = [
        (Reason::Rules, "The rules that determine the decision, or may do so"),
        (Reason::Certain, "Those of these rules that apply for every value of the missing attributes"),
        (Reason::Clauses, "The clauses that these rules cite"),
        (Reason::Obligations, "The obligations of these rules"),
        (Reason::Missing, "The missing attributes that the decision depends on"),
    ];
    let names = names.map(|(reason, help)| PossibleValue::new(reason.name()).help(help));
    PossibleValuesParser::new(names).try_map(|name| name.parse::<Reason>())
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        _ if text == "tab" || text == "\\t" => Ok(b'\t'),
        [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => Ok(*byte),
        _ => Err("expected one ASCII character, or `tab`".to_owned()),
    }
}
