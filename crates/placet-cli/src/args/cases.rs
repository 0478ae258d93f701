//! The arguments of `placet cases`.

use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Writes a `cases` table of the policy language: for an ordered attribute, the last value before each cut and the first one \
at it; otherwise a value of each class that the policy tells apart. Over several attributes, the rows are the product. Each \
row expects today's answer, so the table passes when it is appended to the policy, and fails once a boundary moves.

The value of --given is a file if it is `-`, ends in `.json` or names an existing file, and otherwise the name of an \
example that the policy declares. What is neither given nor asked is unknown.

Exit status:
  0  the table was written
  1  the policy does not compile
  2  the request is erroneous, or the question can't be answered

Examples:
  placet cases privacy.placet --given adult --over subject.age
  placet cases privacy.placet --given request.json --over purpose,recipient -o boundaries.placet
  placet cases privacy.placet --given adult --over purpose >> privacy.placet")]
pub(crate) struct Cases {
    /// The policy
    pub(crate) policy: PathBuf,
    /// The known values: the name of an example of the policy, or a file with one JSON object; `-` is standard input
    #[arg(long, value_name = "EXAMPLE|FILE")]
    pub(crate) given: Option<PathBuf>,
    /// The attributes whose boundaries are tested
    #[arg(long, required = true, value_name = "NAME,…", value_delimiter = ',')]
    pub(crate) over: Vec<String>,
    /// The maximum number of rows
    #[arg(long, value_name = "COUNT", default_value_t = 200)]
    pub(crate) limit: usize,
    /// The file to write; `-` is standard output
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    pub(crate) output: PathBuf,
}
