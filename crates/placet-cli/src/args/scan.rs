//! The command line of `placet scan`.

use super::Format;
use clap::{ArgAction, ValueEnum};
use std::num::NonZeroUsize;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Each row of the files is a request. A column is the attribute of its name, unless --columns says otherwise; a missing \
attribute is any value of its domain, so only rows that are allowed whatever it is are allowed. The rows are written \
where --output says, and nowhere without it; the summary goes to standard output, or to standard error where the rows \
go there. Files may be larger than memory. Rows are counted from 1 in each file, without the header.

In CSV, an empty cell is missing, and so is one of a --null text. Cells are read in the types of their attributes: \
`true`, `yes`, `t`, `y`, `on`, `1` and their opposites for a bool, in any case; the members of a set joined by \
semicolons, or as a JSON array, `[]` being the empty set; dates, times and durations as requests have them, a \
duration's number being seconds. Compressed CSV is read from a pipe.

Exit status: 0 if all rows were answered, 2 if some were erroneous, 1 if the policy does not compile or the scan can't \
be done. An output file is there whole, or not at all.

Examples:
  placet scan privacy.placet events.parquet
  placet scan privacy.placet events-*.csv --set purpose=newsletter --allowed -o allowed.csv
  placet scan privacy.placet events.csv --columns subject.age=customer_age --deny-report denied.txt
  zcat events.csv.gz | placet scan privacy.placet - -o - --reasons rules,missing")]
pub(crate) struct Scan {
    /// The policy: its text, or saved by `placet compile`.
    pub(crate) policy: PathBuf,
    /// The tables, CSV or Parquet, one after the other; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    /// Write the decisions to this file, or only the allowed rows; `-` is standard output.
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
    /// The form of the output; otherwise that of the file's name, and CSV.
    #[arg(long, value_enum, value_name = "FORM", requires = "output", help_heading = "Output")]
    pub(crate) output_format: Option<OutputForm>,
    /// Write only the rows that are allowed, as they came in.
    #[arg(long, requires = "output", conflicts_with = "with_input", help_heading = "Output")]
    pub(crate) allowed: bool,
    /// Write the columns of the input before those of the decisions.
    #[arg(long, requires = "output", help_heading = "Output")]
    pub(crate) with_input: bool,
    /// Write these reasons in columns too.
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        value_name = "LIST",
        requires = "output",
        help_heading = "Output"
    )]
    pub(crate) reasons: Vec<Reason>,
    /// Begin the names of the decisions' columns with this.
    #[arg(
        long,
        default_value = "",
        hide_default_value = true,
        value_name = "TEXT",
        requires = "output",
        help_heading = "Output"
    )]
    pub(crate) prefix: String,
    /// Write why rows are not allowed, each reason once with its number of rows: CSV or JSON by the name, or text.
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) deny_report: Option<PathBuf>,
    /// For whom to write the summary: `json` gives one object.
    #[arg(long, value_enum, default_value_t = Format::Text, help_heading = "Output")]
    pub(crate) format: Format,
    /// Show no progress, which is shown on a terminal only.
    #[arg(long, help_heading = "Output")]
    pub(crate) no_progress: bool,
    /// Show neither progress nor summary.
    #[arg(short, long, help_heading = "Output")]
    pub(crate) quiet: bool,

    /// Take attributes from columns of other names; a list, or again and again.
    #[arg(
        long,
        value_parser = pair,
        value_delimiter = ',',
        value_name = "ATTRIBUTE=COLUMN",
        help_heading = "Requests"
    )]
    pub(crate) columns: Vec<(String, String)>,
    /// Give an attribute this value in every row, written as in a cell.
    #[arg(long, value_parser = pair, value_name = "ATTRIBUTE=VALUE", help_heading = "Requests")]
    pub(crate) set: Vec<(String, String)>,
    /// Leave columns alone that are no attributes; otherwise they are an error.
    #[arg(long, help_heading = "Requests")]
    pub(crate) ignore_unknown: bool,
    /// What becomes of a row that is an erroneous request: `fail` ends the scan, `null` gives it no decision, counts it
    /// and goes on.
    #[arg(long, value_enum, default_value_t = OnFault::Fail, value_name = "WHAT", help_heading = "Requests")]
    pub(crate) on_error: OnFault,

    /// The form of the input; otherwise that of the file's name or its first bytes, and CSV.
    #[arg(long, value_enum, value_name = "FORM", help_heading = "Input")]
    pub(crate) input_format: Option<InputForm>,
    /// What stands between the cells of CSV, one character or `tab` [default: a comma, in `.tsv` files a tab]
    #[arg(long, value_parser = delimiter, value_name = "CHAR", help_heading = "Input")]
    pub(crate) delimiter: Option<u8>,
    /// The CSV has no header; its columns are called 1, 2 and so on, unless --names calls them otherwise.
    #[arg(long, help_heading = "Input")]
    pub(crate) no_header: bool,
    /// The names of the columns of CSV without a header, in their order.
    #[arg(long, value_delimiter = ',', value_name = "LIST", requires = "no_header", help_heading = "Input")]
    pub(crate) names: Vec<String>,
    /// White space around the cells of CSV is no part of them.
    #[arg(long, help_heading = "Input")]
    pub(crate) trim: bool,
    /// Cells of CSV that are this text are missing; again for another.
    #[arg(long, action = ArgAction::Append, value_name = "TEXT", help_heading = "Input")]
    pub(crate) null: Vec<String>,

    /// How many threads decide; the results are the same [default: as many as there are cores]
    #[arg(long, value_name = "N", help_heading = "Work")]
    pub(crate) threads: Option<NonZeroUsize>,
    /// How many rows are decided at once: more of them take more memory.
    #[arg(long, default_value = "32768", value_name = "N", help_heading = "Work")]
    pub(crate) batch_rows: NonZeroUsize,
}

/// The form of tables that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum InputForm {
    /// Comma-separated values.
    Csv,
    /// Apache Parquet.
    Parquet,
}

/// The form of tables that are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputForm {
    /// Comma-separated values.
    Csv,
    /// A JSON object a line.
    Jsonl,
    /// Apache Parquet.
    Parquet,
}

/// What may stand beside an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Reason {
    /// The rules that decided, or may have.
    Rules,
    /// Those of these rules that apply whatever is missing.
    Certain,
    /// The clauses that they cite.
    Clauses,
    /// What they oblige to.
    Obligations,
    /// The attributes on which alone the answer can hang.
    Missing,
}

/// What becomes of a row that is an erroneous request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnFault {
    /// The first one ends the scan.
    Fail,
    /// It has no decision, and is counted.
    Null,
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
