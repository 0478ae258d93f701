//! From values to classes: what the policy can't tell apart is one.

mod ordered;
mod sets;
mod texts;

pub use ordered::Cuts;
pub use sets::SetClasses;
pub use texts::TextClasses;

use placet_core::Pattern;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How the values of an attribute become classes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Classifier {
    /// No condition looks at the attribute by itself.
    Nothing,
    /// An ordered type, by its ordinals.
    Ordered(Cuts),
    /// A `bool`, an enum or a taxonomy: the class of each symbol.
    Symbols(Box<[u32]>),
    /// A string.
    Text(TextClasses),
    /// A string whose tests have too many classes together: each test by itself.
    TextTests(Box<[TextTest]>),
    /// A set.
    Set {
        /// The groups of its members.
        groups: Groups,
        /// Its classes; `None` where there are too many, and each group is a variable.
        classes: Option<SetClasses>,
    },
}

/// What a condition asks of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TextTest {
    /// It is one of these; in byte order.
    OneOf(Box<[Arc<str>]>),
    /// It matches.
    Like(Pattern),
}

impl TextTest {
    /// Whether some text fails.
    pub(crate) fn can_fail(&self) -> bool {
        match self {
            TextTest::OneOf(_) => true,
            TextTest::Like(pattern) => !pattern.is_everything(),
        }
    }

    /// Whether a text passes.
    pub fn holds(&self, text: &str) -> bool {
        match self {
            TextTest::OneOf(texts) => texts.binary_search_by(|probe| (**probe).cmp(text)).is_ok(),
            TextTest::Like(pattern) => pattern.matches(text),
        }
    }
}

/// Which group a member of a set belongs to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Groups {
    /// The group of each symbol.
    Symbols(Box<[u32]>),
    /// A text's class is its group.
    Texts(TextClasses),
}

impl Groups {
    /// How many groups there are.
    pub fn count(&self) -> u32 {
        match self {
            Groups::Symbols(groups) => groups.iter().max().map_or(0, |last| last.saturating_add(1)),
            Groups::Texts(classes) => classes.classes(),
        }
    }

    /// Marks the groups of symbols: bit `s % 64` of word `s / 64` is for symbol `s`, and so for groups.
    pub fn mark_symbols(&self, symbols: &[u64], groups: &mut [u64]) {
        let Groups::Symbols(group_of) = self else { return };
        for (group_of, word) in group_of.chunks(64).zip(symbols) {
            let mut left = *word;
            while left != 0 {
                // INVARIANT: a frame takes only symbols of the attribute's universe, each of which has a group.
                if let Some(group) = group_of.get(left.trailing_zeros() as usize) {
                    mark(groups, *group);
                }
                left &= left - 1;
            }
        }
    }

    /// Marks the group of a text.
    pub fn mark_text(&self, text: &str, groups: &mut [u64]) {
        if let Groups::Texts(classes) = self {
            mark(groups, classes.class(text));
        }
    }
}

fn mark(groups: &mut [u64], group: u32) {
    if let Some(word) = groups.get_mut(group as usize / 64) {
        *word |= 1 << (group % 64);
    }
}
