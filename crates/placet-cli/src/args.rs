//! The command line. The doc comments of arguments are their help texts.

mod cases;
mod clauses;
mod diff;
mod doc;
mod log;
mod query;
mod replay;
#[cfg(feature = "tables")]
mod scan;

pub(crate) use cases::Cases;
pub(crate) use clauses::Clauses;
pub(crate) use diff::{Diff, DiffForm};
pub(crate) use doc::{Doc, Graph, GraphFormat};
pub(crate) use log::Log;
pub(crate) use query::{EffectFilter, Matrix, Query, QueryForm};
pub(crate) use replay::Replay;
#[cfg(feature = "tables")]
pub(crate) use scan::{InputForm, OnFault, OutputForm, Scan};

use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use std::path::PathBuf;

/// The arguments of `placet`. `about` takes the package's description.
#[derive(Debug, Parser)]
#[command(name = "placet", version, about, max_term_width = 100)]
#[command(after_help = "\
Examples:
  placet check privacy.placet                        find errors in a policy
  placet test privacy.placet                         run the tests in a policy
  placet decide privacy.placet requests.jsonl        decide each request in a JSON Lines file
  placet scan privacy.placet events.parquet          decide the rows of a table
  placet explain privacy.placet request.json         explain one decision
  placet query privacy.placet --over purpose         ask what is allowed for each purpose
  placet cases privacy.placet --over subject.age     write tests of the boundaries
  placet diff old.placet new.placet                  compare two policies
  placet clauses privacy.placet                      find clauses that no rule cites
  placet doc privacy.placet -o privacy.html          write the policy as a page
  placet replay old.placet new.placet log.jsonl      decide a log anew by a changed policy
  placet log decisions.jsonl                         summarise the decision log of a service")]
pub(crate) struct Args {
    /// Use of colours in output for people
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The use of colours.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
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

/// An output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Text to read
    Text,
    /// JSON for programs
    Json,
}

/// The form of a coverage report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CoverageForm {
    /// The parts that no test exercises
    List,
    /// The lines of rules and exceptions, as LCOV
    Lcov,
}

/// An output format of `placet check`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// Text to read
    Text,
    /// JSON for programs
    Json,
    /// SARIF 2.1.0 for code review
    Sarif,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Compile policies and report errors and warnings
    Check(Check),
    /// Format policies
    Fmt(Fmt),
    /// Run the tests in policies
    Test(Test),
    /// Decide requests in JSON
    Decide(Decide),
    /// Decide the rows of CSV or Parquet tables of any size
    #[cfg(feature = "tables")]
    Scan(Box<Scan>),
    /// Decide the rows of CSV or Parquet tables: not part of this build, which has no feature `tables`
    #[cfg(not(feature = "tables"))]
    #[command(disable_help_flag = true)]
    Scan {
        #[arg(hide = true, trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<std::ffi::OsString>,
    },
    /// Explain the decision of one request
    Explain(Explain),
    /// Ask what is allowed, for each value of some attributes
    Query(Box<Query>),
    /// Show the answers for the values of two attributes as a grid
    Matrix(Matrix),
    /// Write tests of the values on both sides of each boundary, with today's answers
    Cases(Cases),
    /// Show how decisions differ between two policies
    Diff(Diff),
    /// Summarise decision logs
    Log(Log),
    /// Show which logged decisions a changed policy would make otherwise
    Replay(Replay),
    /// Compare a policy with the document that it encodes, clause by clause
    Clauses(Clauses),
    /// Write a policy as a page that people read, in HTML or Markdown
    Doc(Doc),
    /// Print the decision diagram of a policy, as DOT or Mermaid
    Graph(Graph),
    /// Save a compiled policy for `decide`, `scan`, `explain` and `diff`
    Compile(Compile),
    /// Print a shell completion script
    #[command(
        after_help = "Example:\n  placet completions bash > ~/.local/share/bash-completion/completions/placet"
    )]
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// Returns the error of `placet scan` in a build that can't read tables.
#[cfg(not(feature = "tables"))]
pub(crate) fn without_tables() -> std::io::Error {
    std::io::Error::other(
        "`scan` is not part of this build, which has no feature `tables`; `cargo install --path crates/placet-cli` \
         installs the whole command",
    )
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit status:
  0  all policies compile
  1  a policy does not compile or, with --deny-warnings, has a warning, or a
     clause of its document changed since `placet clauses --pin`

Beside a policy `privacy.placet`, the lock `privacy.lock` holds the hashes of the clauses that the policy cites. Without \
the document they aren't compared, and a note says so.

A comment quiets a justified warning: `// allow P0906: the form always sends it`, directly before what it is about.

Examples:
  placet check privacy.placet
  placet check --deny-warnings *.placet
  placet check --verbose privacy.placet
  placet check --format json *.placet | jq .code
  placet check --source privacy-policy.md privacy.placet
  placet check --format sarif *.placet > placet.sarif")]
pub(crate) struct Check {
    /// The policies to compile, each together with its imports
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The output format; `json` writes one diagnostic per line, `sarif` one document for code review
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    pub(crate) format: CheckFormat,
    /// Exit with 1 if there is a warning
    #[arg(long)]
    pub(crate) deny_warnings: bool,
    /// The document, in Markdown, to compare with the locks of the policies; without it, the `source` in the header of
    /// each policy with a lock
    #[arg(long, value_name = "FILE")]
    pub(crate) source: Option<PathBuf>,
    /// Also describe how each compiled policy is evaluated and which classes of values it distinguishes; with
    /// `--format json`, as one object per file
    #[arg(long)]
    pub(crate) verbose: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit status:
  0  all files are formatted
  1  a file does not parse or, with --check, is not formatted

Examples:
  placet fmt *.placet
  placet fmt --check *.placet")]
pub(crate) struct Fmt {
    /// The files to rewrite; `-` formats standard input to standard output
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Rewrite nothing; list the files that are not formatted
    #[arg(long)]
    pub(crate) check: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
A proof that doesn't hold counts as a failed test. Its counterexample is printed as JSON, which `placet explain` reads.

The last line of the text output is `N passed, M failed`, followed by the number of policies that did not compile, if \
any.

Exit status:
  0  all tests passed
  1  a test or a proof failed, a policy does not compile,
     or --filter matches no test

Examples:
  placet test privacy.placet
  placet test privacy.placet --filter §9
  placet test privacy.placet --coverage --mutants
  placet test privacy.placet --suggest more.placet")]
pub(crate) struct Test {
    /// The policies to test
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Run only the tests and proofs whose titles or names contain this text
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Option<String>,
    /// Also show the rules, exceptions, clauses, boundaries and attributes that no test exercises; `lcov` writes LCOV in
    /// place of the report
    #[arg(long, value_enum, value_name = "FORM", num_args = 0..=1, require_equals = true, default_missing_value = "list")]
    pub(crate) coverage: Option<CoverageForm>,
    /// Also edit each policy in one place at a time, and show the edits that change some answer and that no test notices
    #[arg(long)]
    pub(crate) mutants: bool,
    /// Write tests that would notice these edits, with today's answers; `-` is standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) suggest: Option<PathBuf>,
    /// Write the results as JUnit XML, which CI systems show; `-` is standard output
    #[cfg(feature = "junit")]
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// The output format; `json` writes one test per line, then the counts
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
A saved policy loads without its source text and gives the same decisions. It contains no proofs and no tests. Only the \
version of placet that saved it can load it.

Exit status:
  0  the policy was saved
  1  the policy does not compile

Examples:
  placet compile privacy.placet -o privacy.bin
  placet decide privacy.bin requests.jsonl")]
pub(crate) struct Compile {
    /// The policy to compile
    pub(crate) policy: PathBuf,
    /// The file to write; `-` is standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Reads JSON Lines, objects over several lines, and arrays of requests. Writes one line per request: on a terminal for \
people, otherwise as JSON, a decision or `{\"error\": …}` if the request is erroneous.

Exit status:
  0  all requests were decided
  1  the policy does not compile, or a request exceeds 16 MiB
  2  some requests were erroneous

Examples:
  placet decide privacy.placet requests.jsonl
  placet decide --format text privacy.placet requests.json
  echo '{\"subject\": {\"age\": 15}}' | placet decide privacy.placet | jq .effect")]
pub(crate) struct Decide {
    /// The policy: a policy file, or one saved with `placet compile`
    pub(crate) policy: PathBuf,
    /// The file with the requests, in JSON; `-` is standard input
    #[arg(default_value = "-")]
    pub(crate) requests: PathBuf,
    /// The output format: `text` on a terminal, otherwise `json`, which writes JSON Lines
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
For a request that isn't allowed, also shows the nearest rule that allows, and the smallest changes of attributes after \
which the request would be allowed. A policy whose proofs don't hold is explained with a warning.

Exit status:
  0  the request was decided
  1  the policy does not compile
  2  the request is erroneous

Examples:
  placet explain privacy.placet request.json
  placet explain privacy.placet request.json --may-change consent,subject.age
  echo '{\"action\": \"use\"}' | placet explain privacy.placet -")]
pub(crate) struct Explain {
    /// The policy: a policy file, or one saved with `placet compile`
    pub(crate) policy: PathBuf,
    /// The file with the request, one JSON object; `-` is standard input
    pub(crate) request: PathBuf,
    /// Attributes that may change: how could they allow the request? Without it, unknown ones if they suffice, then all
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub(crate) may_change: Vec<String>,
    /// The output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}
