//! Policies that replace each other: good ones, which every answer reveals, and broken ones.

use std::fs;
use std::path::{Path, PathBuf};

/// The real policy.
const REAL: &str = "../zai/privacy.placet";
/// The number of good policies.
pub(crate) const GOOD: usize = 4;
/// The good policy that denies marketing with usage data to everybody.
pub(crate) const FREEZING: usize = 3;

/// A file with a policy.
pub(crate) struct Policies {
    path: PathBuf,
    real: String,
    /// The hashes of the good policies.
    hashes: Vec<String>,
}

impl Policies {
    /// Creates the file with the first good policy.
    pub(crate) fn new(folder: &Path) -> Self {
        let path = folder.join("privacy.placet");
        let real = fs::read_to_string(REAL).unwrap();
        let mut policies = Self { path, real, hashes: Vec::new() };
        for number in (0..GOOD).rev() {
            fs::write(&policies.path, policies.good(number)).unwrap();
            let policy = placet::Policy::open(&policies.path).unwrap_or_else(|error| panic!("{error}"));
            policies.hashes.insert(0, hash(&policy));
        }
        policies
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the good policy with this hash.
    pub(crate) fn of_hash(&self, hash: &str) -> Option<usize> {
        self.hashes.iter().position(|other| other == hash)
    }

    /// Returns the good policy that cites this clause.
    pub(crate) fn of_clause(clause: &str) -> Option<usize> {
        clause.rsplit_once(" of policy ")?.1.parse().ok()
    }

    /// Returns the real policy with a mark in all clauses.
    fn good(&self, number: usize) -> String {
        let marked = self.real.replace("§3\"", &format!("§3 of policy {number}\""));
        let marked = marked.replace("§5\"", &format!("§5 of policy {number}\""));
        let frozen = if number == FREEZING { FROZEN } else { "" };
        let at = marked.find("  rule marketing_consent_missing").unwrap();
        format!("{}{frozen}{}", &marked[..at], &marked[at..])
    }

    /// Writes the next policy to the file. Every second one is broken. The way of breaking and the way of writing vary.
    pub(crate) fn write(&self, turn: usize) {
        let good = self.good((turn / 2) % GOOD);
        let broken = |turn: usize| match turn % 4 {
            // Half written.
            0 => good.chars().take(good.len() / 2).collect(),
            // A failing test.
            1 => format!(
                "{good}\ntest \"nobody is a child\" {{ given using with {{ subject.age: 12 }} expect allow }}\n"
            ),
            // A refuted proof.
            2 => format!("{good}\nprove no_use {{ never allow when action is use }}\n"),
            _ => String::new(),
        };
        let text = if turn % 2 == 1 { broken(turn / 2) } else { good.clone() };
        if turn.is_multiple_of(3) {
            fs::write(&self.path, text).unwrap();
        } else {
            let beside = self.path.with_extension("new");
            fs::write(&beside, text).unwrap();
            fs::rename(&beside, &self.path).unwrap();
        }
    }
}

/// A rule that only one policy has.
const FROZEN: &str = "  rule frozen { cite \"frozen\" deny when collecting_or_using and purpose is marketing and any data in usage }\n\n";

fn hash(policy: &placet::Policy) -> String {
    policy.hash().iter().map(|byte| format!("{byte:02x}")).collect()
}
