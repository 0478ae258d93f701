//! The arguments of `placet replay`.

use super::log::Logs;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Decides the requests of a decision log anew, from the classes that the log records if it was built with \
`LogBuilder::classes` (Python: `DecisionLog(classes=True)`). The old policy says what a class means: lines of other \
policies are counted and left out.

A class stands for many values. An answer counts as changed or unchanged only if the new policy decides every value alike; \
the others may change. Attributes that only the new policy has are taken as not given. Each line counts as the number of \
requests that its `share` stands for; such counts are marked with `~`.

The changed policy may allow a request that was not replayed. So the exit status is 2 if the log has lines of other \
policies or without classes, erroneous requests, lost or incomplete lines, or no decision at all. `--allow-partial` leaves \
these to the counts.

Exit status:
  0  everything was replayed, and no answer changes
  1  some answers change or may change
  2  a policy does not compile or can't be read, some lines are not log
     entries, something was not replayed, or no decision can be replayed

Examples:
  placet replay old.placet new.placet decisions.jsonl
  zcat decisions.jsonl.*.gz | placet replay old.placet new.placet - --format json | jq .changed")]
pub(crate) struct Replay {
    /// The policy that decided: a policy file, or one saved with `placet compile`
    pub(crate) old: PathBuf,
    /// The changed policy
    pub(crate) new: PathBuf,
    /// Accept a log of which a part can't be replayed: the exit status tells about the rest
    #[arg(long)]
    pub(crate) allow_partial: bool,
    #[command(flatten)]
    pub(crate) logs: Logs,
}
