//! The arguments of `placet replay`.

use super::Format;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Decides the requests of a decision log anew, from the classes that the log records if it was built with \
`LogBuilder::classes` (Python: `DecisionLog(classes=True)`). The old policy says what a class means: lines of other \
policies are counted and left out.

A class stands for many values. An answer counts as changed or unchanged only if every request with the classes of the \
line has the new effect; the others may change. Each line counts as the number of requests that its `share` stands for; \
such counts are marked with `~`.

Exit status:
  0  no answer changes
  1  some answers change or may change
  2  a policy does not compile or can't be read, some lines are not log
     entries, or none of the decisions can be replayed

Examples:
  placet replay old.placet new.placet decisions.jsonl
  zcat decisions.jsonl.*.gz | placet replay old.placet new.placet - --format json | jq .changed")]
pub(crate) struct Replay {
    /// The policy that decided: a policy file, or one saved with `placet compile`
    pub(crate) old: PathBuf,
    /// The changed policy
    pub(crate) new: PathBuf,
    /// The log files, in any order; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The output format; `json` writes one object
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// The number of changes to show in the text output
    #[arg(long, default_value_t = 12, value_name = "N")]
    pub(crate) top: usize,
    /// Hide the progress bar, which is shown on terminals only
    #[arg(long)]
    pub(crate) no_progress: bool,
}
