//! Counts per name, in bounded memory.

use serde::{Serialize, Serializer};
use std::collections::HashMap;

/// The maximum number of distinct names. Policies have fewer, so only input that is not a log reaches it.
const MAX_NAMES: usize = 100_000;

/// A number of lines and the number of requests that they stand for.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Tally {
    pub(crate) lines: u64,
    pub(crate) weight: f64,
}

impl Tally {
    pub(crate) fn add(&mut self, weight: f64) {
        self.lines += 1;
        self.weight += weight;
    }

    /// Adds a number of lines, each of which stands for `weight` requests.
    pub(crate) fn add_lines(&mut self, lines: u64, weight: f64) {
        self.lines += lines;
        self.weight += weight * lines as f64;
    }

    pub(crate) fn add_tally(&mut self, other: Self) {
        self.lines += other.lines;
        self.weight += other.weight;
    }

    /// Returns the number of requests, rounded.
    pub(crate) fn requests(self) -> u64 {
        self.weight.round() as u64
    }

    /// Returns true if some lines stand for several requests.
    pub(crate) fn is_estimate(self) -> bool {
        self.weight > self.lines as f64
    }
}

impl Serialize for Tally {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Counts {
            requests: u64,
            lines: u64,
        }
        Counts { requests: self.requests(), lines: self.lines }.serialize(serializer)
    }
}

/// Counts per name.
#[derive(Debug)]
pub(crate) struct Names<T> {
    by_name: HashMap<String, T>,
    /// The count for names beyond the maximum.
    pub(crate) others: Tally,
}

impl<T> Default for Names<T> {
    fn default() -> Self {
        Self { by_name: HashMap::new(), others: Tally::default() }
    }
}

impl<T: Default> Names<T> {
    /// Counts an occurrence of a name.
    pub(crate) fn count(&mut self, name: &str, weight: f64, count: impl FnOnce(&mut T)) {
        if let Some(known) = self.by_name.get_mut(name) {
            count(known);
        } else if self.by_name.len() < MAX_NAMES {
            count(self.by_name.entry(name.to_owned()).or_default());
        } else {
            self.others.add(weight);
        }
    }

    /// Returns the names by descending weight, then by name.
    pub(crate) fn sorted(&self, of: impl Fn(&T) -> f64) -> Vec<(&str, &T)> {
        let mut all: Vec<(&str, &T)> = self.by_name.iter().map(|(name, what)| (&**name, what)).collect();
        all.sort_by(|(a, first), (b, second)| of(second).total_cmp(&of(first)).then(a.cmp(b)));
        all
    }
}
