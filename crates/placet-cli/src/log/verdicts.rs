//! Counts of the verdicts on the lines of a decision log, in bounded memory.

use super::names::Tally;
use std::collections::{BTreeMap, HashMap};

/// The verdict on one line of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Verdict {
    /// The answer is the same.
    Same,
    /// The effect is the same, for other reasons.
    OtherReasons,
    /// The effect changes: the index of the change, or `None` beyond the limit of changes.
    Changed(Option<usize>),
    /// The effect may change: the index of the change, or `None` beyond the limit of changes.
    MayChange(Option<usize>),
    /// The line can't be replayed.
    Not(Obstacle),
    /// The request was erroneous.
    Erroneous,
    /// The line reports lost lines.
    Lost,
}

/// The reason why a line can't be replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Obstacle {
    NoClasses,
    OtherPolicy,
    OtherType,
    UnknownClasses,
}

/// The number of lines with each verdict.
#[derive(Debug, Default)]
pub(crate) struct Verdicts {
    /// The verdicts on lines that stand for `weight` requests each, with the number of such lines.
    counts: Vec<(Verdict, f64, u64)>,
    /// The indices of `counts`, by the verdict and the bits of the weight.
    indices: HashMap<(Verdict, u64), usize>,
    /// The tallies of lines beyond [`Verdicts::MAX_WEIGHTS`].
    others: BTreeMap<Verdict, Tally>,
}

impl Verdicts {
    /// The maximum number of verdicts with different weights. Logs have few shares, so only input that is not a log
    /// reaches it.
    const MAX_WEIGHTS: usize = 100_000;

    /// Returns the index of a verdict on lines that stand for `weight` requests each; `None` beyond the limit.
    pub(crate) fn index(&mut self, verdict: Verdict, weight: f64) -> Option<usize> {
        let key = (verdict, weight.to_bits());
        if let Some(index) = self.indices.get(&key) {
            return Some(*index);
        }
        let index = self.counts.len();
        if index >= Self::MAX_WEIGHTS {
            return None;
        }
        self.indices.insert(key, index);
        self.counts.push((verdict, weight, 0));
        Some(index)
    }

    /// Counts a line with the verdict of this index.
    pub(crate) fn count(&mut self, index: usize) {
        if let Some((.., lines)) = self.counts.get_mut(index) {
            *lines += 1;
        }
    }

    /// Counts a line whose verdict has no index.
    pub(crate) fn count_other(&mut self, verdict: Verdict, weight: f64) {
        self.others.entry(verdict).or_default().add(weight);
    }

    /// Returns each verdict with a number of lines and the number of requests that they stand for. A verdict may come
    /// several times.
    pub(crate) fn tallies(&self) -> impl Iterator<Item = (Verdict, Tally)> + '_ {
        let counted = self.counts.iter().map(|(verdict, weight, lines)| {
            let mut tally = Tally::default();
            tally.add_lines(*lines, *weight);
            (*verdict, tally)
        });
        counted.chain(self.others.iter().map(|(verdict, tally)| (*verdict, *tally)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_beyond_the_limit_are_counted_without_index() {
        let mut verdicts = Verdicts::default();
        let lines = Verdicts::MAX_WEIGHTS + 10;
        for number in 0..lines {
            let weight = 1.0 + number as f64;
            match verdicts.index(Verdict::Same, weight) {
                Some(index) => verdicts.count(index),
                None => verdicts.count_other(Verdict::Same, weight),
            }
        }
        let mut all = Tally::default();
        verdicts.tallies().for_each(|(_, tally)| all.add_tally(tally));
        assert_eq!((all.lines, all.weight), (lines as u64, (lines * (lines + 1) / 2) as f64));
        assert_eq!((verdicts.counts.len(), verdicts.others.len()), (Verdicts::MAX_WEIGHTS, 1));
    }
}
