//! The `placet` command.
//!
//! `args` defines the command line, `command` has one module per subcommand. `scan` and `log` implement the two larger
//! subcommands, `document`, `lock` and `undecidable` read what `placet clauses` compares, `table` formats the answers of
//! `placet query`, `doc` and `diagram` write what `placet doc` and `placet graph` show, and `render` prints diagnostics.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod args;
mod command;
mod diagram;
mod doc;
mod document;
mod lock;
mod log;
mod progress;
mod render;
mod requests;
mod sarif;
#[cfg(feature = "tables")]
mod scan;
mod summary;
mod table;
mod target;
mod undecidable;

use args::{Args, Command};
use clap::Parser;
use std::process::ExitCode;

/// The exit status for an invalid command line (`EX_USAGE` of sysexits.h). It differs from 1 and 2, which are results.
pub(crate) const USAGE: u8 = 64;

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let code = if error.use_stderr() { USAGE } else { 0 };
            // If even the usage can't be printed, nothing more can be done.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    args.color.write_global();
    let result = match args.command {
        Command::Check(args) => command::check::run(&args),
        Command::Fmt(args) => command::fmt::run(&args),
        Command::Test(args) => command::test::run(&args),
        Command::Decide(args) => command::decide::run(&args),
        #[cfg(feature = "tables")]
        Command::Scan(args) => command::scan::run(&args),
        #[cfg(not(feature = "tables"))]
        Command::Scan { .. } => Err(args::without_tables()),
        Command::Explain(args) => command::explain::run(&args),
        Command::Log(args) => command::log::run(&args),
        Command::Query(args) => command::query::run(&args),
        Command::Matrix(args) => command::matrix::run(&args),
        Command::Cases(args) => command::cases::run(&args),
        Command::Diff(args) => command::diff::run(&args),
        Command::Replay(args) => command::replay::run(&args),
        Command::Clauses(args) => command::clauses::run(&args),
        Command::Doc(args) => command::doc::run(&args),
        Command::Graph(args) => command::graph::run(&args),
        Command::Compile(args) => command::compile::run(&args),
        Command::Completions { shell } => command::completions::run(shell),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        // A closed pipe is normal: `placet decide … | head` ends that way.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            render::failure(&error.to_string());
            ExitCode::from(1)
        }
    }
}
