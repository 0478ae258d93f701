//! The arguments of `placet graph`.

use clap::ValueEnum;
use std::path::PathBuf;

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
