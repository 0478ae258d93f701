//! The arguments of `placet clauses`.

use super::Format;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Lists the clauses of the document that rules cite, with these rules and the tests that they decide; the clauses that no \
rule cites; and the cites that mean no clause. A cite is a number (`§3.2`, `Art. 6(1) lit. a`), a title, or `preamble`; \
that of an annex begins with its title or abbreviation (`DPA §1 a`).

Lines such as `undecidable \"§6\": \"it is about security\"` in `privacy.clauses`, beside `privacy.placet`, mark clauses \
that no rule can decide.

Exit status:
  0  each clause is cited or marked, and each cite means one clause
  1  otherwise, or if the policy does not compile or a file can't be read

Examples:
  placet clauses privacy.placet
  placet clauses privacy.placet --source privacy-policy.md --pin
  placet clauses --format json privacy.placet | jq '.clauses[] | select(.state == \"uncited\")'")]
pub(crate) struct Clauses {
    /// The policy
    pub(crate) policy: PathBuf,
    /// The document, in Markdown; without it, the `source` in the policy's header, relative to the policy
    #[arg(long, value_name = "FILE")]
    pub(crate) source: Option<PathBuf>,
    /// Also write the hashes of the cited clauses to `POLICY.lock`, with which `placet check` finds changes of them
    #[arg(long)]
    pub(crate) pin: bool,
    /// The output format; `json` writes one object
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}
