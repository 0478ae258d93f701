//! The arguments of `placet query` and `placet matrix`.

use clap::ValueEnum;
use std::path::PathBuf;

/// An output format of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum QueryForm {
    /// Text to read
    Text,
    /// JSON for programs
    Json,
    /// Comma-separated values
    Csv,
    /// A Markdown table
    Markdown,
    /// An HTML table
    Html,
}

/// An effect to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EffectFilter {
    Allow,
    Deny,
    Indeterminate,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Divides the values of some attributes into regions with the same answer, everything else as given, or unknown. Over a time \
or a date, the regions are a timeline.

With --versus-policy, both policies read the request. Values that only one of them has are left out, and a note names \
them; an attribute that only one of them has is asked of that policy alone.

Exit status:
  0  the question was answered
  1  the policy does not compile
  2  the request is erroneous, or the question can't be answered

Examples:
  placet query privacy.placet --over purpose --effect allow
  placet query privacy.placet --given request.json --over purpose,recipient
  placet query privacy.placet --given request.json --over at
  placet query privacy.placet --given before.json --versus after.json --over purpose
  placet query privacy.placet --versus-policy old.placet --over purpose,recipient")]
pub(crate) struct Query {
    /// The policy: a policy file, or one saved with `placet compile`
    pub(crate) policy: PathBuf,
    /// The file with what is known, one JSON object; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) given: Option<PathBuf>,
    /// The attributes whose values are asked
    #[arg(long, required = true, value_name = "NAME,…", value_delimiter = ',')]
    pub(crate) over: Vec<String>,
    /// List only the regions with this effect
    #[arg(long, value_enum, conflicts_with_all = ["versus", "versus_policy"])]
    pub(crate) effect: Option<EffectFilter>,
    /// List the regions whose effect or obligations differ for the request in this file
    #[arg(long, value_name = "FILE")]
    pub(crate) versus: Option<PathBuf>,
    /// List the regions whose effect or obligations differ from those of this older policy
    #[arg(long, value_name = "OLD", conflicts_with = "versus")]
    pub(crate) versus_policy: Option<PathBuf>,
    /// The maximum number of regions to list
    #[arg(long, value_name = "COUNT")]
    pub(crate) limit: Option<usize>,
    /// The output format
    #[arg(long, value_enum, default_value_t = QueryForm::Text)]
    pub(crate) format: QueryForm,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
A cell is A for allow, D for deny, ? for indeterminate, or a and d if an obligation goes with it. Nodes of a taxonomy are \
opened only where the answers below them differ. Values of a set are sets of one member. The other formats also show \
rules, clauses, legal bases and obligations, as records of processing do.

Exit status:
  0  the grid was written
  1  the policy does not compile
  2  the request is erroneous, or the question can't be answered

Examples:
  placet matrix privacy.placet --rows purpose --columns recipient
  placet matrix privacy.placet --given request.json --rows data --columns purpose --format html > records.html")]
pub(crate) struct Matrix {
    /// The policy: a policy file, or one saved with `placet compile`
    pub(crate) policy: PathBuf,
    /// The file with what is known, one JSON object; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) given: Option<PathBuf>,
    /// The attribute of the rows
    #[arg(long, value_name = "NAME")]
    pub(crate) rows: String,
    /// The attribute of the columns
    #[arg(long, value_name = "NAME")]
    pub(crate) columns: String,
    /// The output format
    #[arg(long, value_enum, default_value_t = QueryForm::Text)]
    pub(crate) format: QueryForm,
}
