//! The arguments of `placet doc` and `placet graph`.

use clap::ValueEnum;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
The page has the vocabulary, each rule as a sentence, the tables, obligations, matrices, proofs and tests with their \
results, coverage, and the decision diagram if it is small. An HTML page is one file, which loads nothing.

Each matrix starts from the request of a test that is allowed, and shows the answers for all values of two attributes.

Exit status:
  0  the page was written
  1  the policy does not compile, or a file can't be read or written

Examples:
  placet doc privacy.placet -o privacy.html
  placet doc privacy.placet -o privacy.md
  placet doc privacy.placet -o - | less")]
pub(crate) struct Doc {
    /// The policy
    pub(crate) policy: PathBuf,
    /// The page to write, `….html` or `….md`; `-` writes Markdown to standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
}

/// A language for graphs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// DOT, for Graphviz
    Dot,
    /// Mermaid, which many pages of Markdown show
    Mermaid,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
A node tests an attribute, or a relation of several. An edge names the values that take it. A walk from the root ends at \
the effect of each complete request on it.

Exit status:
  0  the diagram was printed
  1  the policy does not compile, or is too large for a whole diagram

Examples:
  placet graph privacy.placet | dot -Tsvg > privacy.svg
  placet graph --format mermaid privacy.placet")]
pub(crate) struct Graph {
    /// The policy: a policy file, or one saved with `placet compile`
    pub(crate) policy: PathBuf,
    /// The output format
    #[arg(long, value_enum, default_value_t = GraphFormat::Dot)]
    pub(crate) format: GraphFormat,
}
