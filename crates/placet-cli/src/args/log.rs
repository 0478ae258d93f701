//! The command line of `placet log`.

use super::Format;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Where only a share of the lines was kept, each counts as many times as its share says; what is counted so is an \
estimate, and marked with `~`. Files may be larger than memory, and a log that is being written to; compressed ones are \
read from a pipe. A last line without an end may still be on its way: it is no fault.

Exit status: 0, or 2 if some lines are not of the log's format (the first is named), 1 if a file can't be read.

Examples:
  placet log decisions.jsonl
  placet log decisions.jsonl.1 decisions.jsonl --top 50
  zcat decisions.jsonl.*.gz | placet log - --format json | jq .missing")]
pub(crate) struct Log {
    /// The logs, one after the other; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// For whom to write: `json` gives one object.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// How many of each list are shown to people.
    #[arg(long, default_value_t = 12, value_name = "N")]
    pub(crate) top: usize,
    /// Show no progress, which is shown on a terminal only.
    #[arg(long)]
    pub(crate) no_progress: bool,
}
