//! The arguments of `placet log`, and those of all commands that read decision logs.

use super::Format;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Sampled logs: each line counts as the number of requests that its `share` stands for. Counts based on sampling are \
estimates, marked with `~`.

Files may be larger than memory, and may still be written to: an incomplete last line is not an error. Decompress \
compressed logs into a pipe.

Exit status:
  0  all lines were read
  1  a file can't be read
  2  some lines are not log entries; the first one is reported

Examples:
  placet log decisions.jsonl
  placet log decisions.jsonl.1 decisions.jsonl --top 50
  zcat decisions.jsonl.*.gz | placet log - --format json | jq .missing")]
pub(crate) struct Log {
    #[command(flatten)]
    pub(crate) logs: Logs,
}

/// The logs to read, and the form of the output.
#[derive(Debug, clap::Args)]
pub(crate) struct Logs {
    /// The log files, in any order; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The output format; `json` writes one object
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// The number of entries to show in each list of the text output
    #[arg(long, default_value_t = 12, value_name = "N")]
    pub(crate) top: usize,
    /// Hide the progress bar, which is shown on terminals only
    #[arg(long)]
    pub(crate) no_progress: bool,
}
