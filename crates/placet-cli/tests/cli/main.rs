//! The `placet` command: what it writes where, and with what status it ends.

mod check;
mod command;
mod compile;
mod decide;
mod diff;
mod explain;
#[cfg(unix)]
mod files;
mod fmt;
mod folder;
mod log;
mod scan;
mod test;
