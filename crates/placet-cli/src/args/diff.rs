//! The arguments of `placet diff`.

use clap::ValueEnum;
use std::path::PathBuf;

/// An output format of `placet diff`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffForm {
    /// Text to read
    Text,
    /// JSON for programs
    Json,
    /// Markdown for a comment on a pull request
    Markdown,
    /// SARIF 2.1.0 for code review
    Sarif,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Compares the decisions of all complete requests that are valid in both policies. If a region is listed with `some \
requests with`, its conditions hold for all requests that change in it, but also for others. Policies whose proofs \
don't hold are compared with a warning.

With --over, the changes are listed by the values of these attributes, everything else as given, or unknown, as \
`placet query --versus-policy` does. Values that only one policy has are left out and named.

In SARIF, each region of changed effects is a result at the rule that caused it: a warning if more is allowed, a note if \
more is denied.

Exit status:
  0  the policies are equivalent; with --over, no answer differs
  1  the policies differ
  2  a policy does not compile or can't be read, the request is
     erroneous, or the question can't be answered

Examples:
  placet diff old.placet new.placet
  placet diff --format json old.placet new.placet | jq .effects
  placet diff --format markdown old.placet new.placet > comment.md
  placet diff --format sarif old.placet new.placet > changes.sarif
  placet diff --over purpose,recipient --matrix old.placet new.placet")]
pub(crate) struct Diff {
    /// The old policy: a policy file, or one saved with `placet compile`
    pub(crate) old: PathBuf,
    /// The new policy
    pub(crate) new: PathBuf,
    /// List the changes by the values of these attributes
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub(crate) over: Vec<String>,
    /// With --over, the file with what is known, one JSON object that both policies read; `-` is standard input
    #[arg(long, value_name = "FILE", requires = "over")]
    pub(crate) given: Option<PathBuf>,
    /// With two attributes in --over, rows and columns: show a grid with the answers, and old → new where they differ
    #[arg(long, requires = "over")]
    pub(crate) matrix: bool,
    /// The output format; `json` writes one object
    #[arg(long, value_enum, default_value_t = DiffForm::Text)]
    pub(crate) format: DiffForm,
}
