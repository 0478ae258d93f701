//! Summaries and replays of decision logs.
//!
//! `lines` reads lines, `line` parses one, `read` gives those of a file to a counter, `summary` counts, and `page` writes
//! the result. `replay` decides lines anew by a changed policy, `verdicts` counts the results, and `replay_page` writes
//! them.

mod line;
mod lines;
pub(crate) mod names;
pub(crate) mod page;
pub(crate) mod read;
pub(crate) mod replay;
mod replay_page;
pub(crate) mod summary;
mod verdicts;
