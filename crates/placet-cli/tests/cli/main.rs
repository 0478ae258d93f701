//! The `placet` command: its output, its error messages and its exit statuses.

mod cases;
mod check;
mod clauses;
mod command;
mod compile;
mod decide;
mod diff;
mod doc;
mod explain;
#[cfg(unix)]
mod files;
mod fmt;
mod folder;
mod graph;
mod log;
mod query;
mod replay;
mod scan;
#[path = "../support/mod.rs"]
mod support;
mod test;
#[cfg(unix)]
mod workflow;
