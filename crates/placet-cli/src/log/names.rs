//! How often each name comes, in bounded memory.

use serde::{Serialize, Serializer};
use std::collections::HashMap;

/// How many names are counted apart: more than policies have, so that only what is no log comes to them.
const MAX_NAMES: usize = 100_000;

/// Lines, and how many requests they stand for.
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

    /// How many requests, as far as that is known.
    pub(crate) fn requests(self) -> u64 {
        self.weight.round() as u64
    }

    /// Whether lines stand for others.
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

/// What is counted of each name.
#[derive(Debug)]
pub(crate) struct Names<T> {
    by_name: HashMap<String, T>,
    /// Of names that came when there were too many.
    pub(crate) others: Tally,
}

impl<T> Default for Names<T> {
    fn default() -> Self {
        Self { by_name: HashMap::new(), others: Tally::default() }
    }
}

impl<T: Default> Names<T> {
    /// Counts something of a name.
    pub(crate) fn count(&mut self, name: &str, weight: f64, count: impl FnOnce(&mut T)) {
        if let Some(known) = self.by_name.get_mut(name) {
            count(known);
        } else if self.by_name.len() < MAX_NAMES {
            count(self.by_name.entry(name.to_owned()).or_default());
        } else {
            self.others.add(weight);
        }
    }

    /// By how often they came, most often first; then by name.
    pub(crate) fn sorted(&self, of: impl Fn(&T) -> f64) -> Vec<(&str, &T)> {
        let mut all: Vec<(&str, &T)> = self.by_name.iter().map(|(name, what)| (&**name, what)).collect();
        all.sort_by(|(a, first), (b, second)| of(second).total_cmp(&of(first)).then(a.cmp(b)));
        all
    }
}
