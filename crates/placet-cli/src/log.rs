//! Summaries of decision logs.
//!
//! `lines` reads lines, `line` parses one, `summary` counts, and `page` writes the result.

pub(crate) mod line;
pub(crate) mod lines;
pub(crate) mod names;
pub(crate) mod page;
pub(crate) mod summary;
