//! The command line.

mod log;
mod scan;

pub(crate) use log::Log;
pub(crate) use scan::{InputForm, OnFault, OutputForm, Reason, Scan};

use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use std::path::PathBuf;

/// May this be done with this data for this purpose?
#[derive(Debug, Parser)]
#[command(name = "placet", version, about, max_term_width = 100)]
#[command(after_help = "\
Examples:
  placet check privacy.placet                        what is wrong with a policy
  placet test privacy.placet                         run the tests that it contains
  placet decide privacy.placet requests.jsonl        a decision for each line of JSON
  placet scan privacy.placet events.parquet          how the rows of a table are decided
  placet explain privacy.placet request.json         why one request is answered so
  placet diff old.placet new.placet                  what changes from one policy to another
  placet log decisions.jsonl                         what a service decided, and how fast")]
pub(crate) struct Args {
    /// When to use colours.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    pub(crate) fn write_global(self) {
        match self {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

/// For whom to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Compile policies and say what is wrong with them.
    Check(Check),
    /// Bring policies into the canonical layout.
    Fmt(Fmt),
    /// Run the tests that policies contain.
    Test(Test),
    /// Answer requests, one JSON object a line.
    Decide(Decide),
    /// Decide the rows of tables, CSV or Parquet, of any size.
    Scan(Box<Scan>),
    /// Tell why a request is answered as it is.
    Explain(Explain),
    /// Tell what changes from one policy to another.
    Diff(Diff),
    /// Summarise decision logs.
    Log(Log),
    /// Save a policy, compiled, for `decide`, `scan` and `explain`.
    Compile(Compile),
    /// Write a completion script for a shell.
    #[command(
        after_help = "Example:\n  placet completions bash > ~/.local/share/bash-completion/completions/placet"
    )]
    Completions {
        /// The shell.
        shell: Shell,
    },
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit status: 0 if all compile, 1 if one does not.

Examples:
  placet check privacy.placet
  placet check --verbose privacy.placet
  placet check --format json *.placet | jq .code")]
pub(crate) struct Check {
    /// The policies; each is compiled by itself, with what it imports.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// For whom to write: `json` gives a diagnostic a line.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Tell of each policy which engine decides, and which values it tells apart; with `json` an object a file.
    #[arg(long)]
    pub(crate) verbose: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit status: 0, or 1 if a file does not parse or, with --check, is not in the layout.

Examples:
  placet fmt *.placet
  placet fmt --check *.placet")]
pub(crate) struct Fmt {
    /// The files to rewrite; `-` formats standard input to standard output.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Rewrite nothing; name the files that are not in the layout.
    #[arg(long)]
    pub(crate) check: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
The last line is `N passed, M failed`, and how many policies did not compile, if any. Exit status: 0, or 1 if a test \
failed, a policy does not compile, or no test has a title that holds the text of --filter.

Examples:
  placet test privacy.placet
  placet test privacy.placet --filter §9")]
pub(crate) struct Test {
    /// The policies.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Run only the tests whose titles hold this text.
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Option<String>,
    /// For whom to write: `json` gives a test a line, then the counts.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Complete requests are compared that both policies know. What is told of a region with `some requests` holds of all \
that change, and of others. Exit status: 0 if nothing changes, 1 if something does, 2 if a policy does not compile \
or can't be read.

Examples:
  placet diff old.placet new.placet
  placet diff --format json old.placet new.placet | jq .effects")]
pub(crate) struct Diff {
    /// The policy before: its text, or saved by `placet compile`.
    pub(crate) old: PathBuf,
    /// The policy after.
    pub(crate) new: PathBuf,
    /// For whom to write: `json` gives one object.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
A saved policy loads without its text, and answers as the text does; its proofs and tests are not in it. It can be \
read by the version of placet that wrote it. Exit status: 0, or 1 if the policy does not compile.

Examples:
  placet compile privacy.placet -o privacy.bin
  placet decide privacy.bin requests.jsonl")]
pub(crate) struct Compile {
    /// The policy.
    pub(crate) policy: PathBuf,
    /// Where to write it; `-` is standard output.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Each line of the output answers the line of the input: a decision, or `{\"error\": …}` for an erroneous request. \
Blank lines are passed over. Exit status: 0 if all were answered, 2 if some were erroneous, 1 if the policy does \
not compile or a line is longer than 16 MiB.

Examples:
  placet decide privacy.placet requests.jsonl
  echo '{\"subject\": {\"age\": 15}}' | placet decide privacy.placet | jq .effect")]
pub(crate) struct Decide {
    /// The policy: its text, or saved by `placet compile`.
    pub(crate) policy: PathBuf,
    /// The requests, a JSON object a line; `-`, or nothing, is standard input.
    #[arg(default_value = "-")]
    pub(crate) requests: PathBuf,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit status: 0 if it was answered, 2 if the request is erroneous, 1 if the policy does not compile.

Examples:
  placet explain privacy.placet request.json
  echo '{\"action\": \"use\"}' | placet explain privacy.placet -")]
pub(crate) struct Explain {
    /// The policy: its text, or saved by `placet compile`.
    pub(crate) policy: PathBuf,
    /// A file with one JSON object; `-` is standard input.
    pub(crate) request: PathBuf,
    /// For whom to write.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}
