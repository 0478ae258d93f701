//! Maps attribute values to classes. Two values share a class if no condition of the policy distinguishes them.
//!
//! [`Classifier`] is the only code that maps a value to a class. Frames, columns and analyses call it directly, or use
//! a table that it filled (for a frame's scalars and for the names of a column). Sums of several attributes have
//! [`Cuts`] of their own, in [`Sum`](crate::Sum).

mod ordered;
mod sets;
mod texts;

pub use ordered::{Cuts, are_within};
pub use sets::SetClasses;
pub use texts::TextClasses;

use placet_core::Pattern;
use placet_model::value::Value;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Maps the values of one attribute to classes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Classifier {
    /// No condition tests the attribute by itself.
    Nothing,
    /// An ordered type, classified by ordinal.
    Ordered(Cuts),
    /// A `bool`, an enum or a taxonomy: the class of each symbol.
    Symbols(Box<[u32]>),
    /// A string.
    Text(TextClasses),
    /// A string whose tests have too many classes together: each test is a variable of its own.
    TextTests(Box<[TextTest]>),
    /// A set.
    Set {
        /// The groups of its members.
        groups: Groups,
        /// The automaton over the groups; `None` if it has too many classes or the groups overlap, and then each group
        /// is a variable.
        classes: Option<SetClasses>,
    },
}

impl Classifier {
    /// Returns the class of an ordinal or of a symbol's number; `None` for a symbol beyond the last, and for attributes
    /// of other types.
    pub fn scalar(&self, scalar: i64) -> Option<u32> {
        match self {
            Classifier::Ordered(cuts) => Some(cuts.class(scalar)),
            Classifier::Symbols(classes) => classes.get(usize::try_from(scalar).ok()?).copied(),
            _ => None,
        }
    }

    /// Returns the class of a string for the attribute's variable with this index; `None` if there is none.
    pub fn text(&self, index: usize, text: &str) -> Option<u32> {
        match self {
            Classifier::Text(classes) if index == 0 => Some(classes.class(text)),
            Classifier::TextTests(tests) => tests.get(index).map(|test| u32::from(test.holds(text))),
            _ => None,
        }
    }

    /// Returns the texts that the tests of a string mention, in no particular order and possibly several times, and true
    /// if all other texts share their classes.
    pub fn mentioned(&self) -> (Vec<&str>, bool) {
        match self {
            Classifier::Text(classes) => (classes.mentioned().collect(), classes.are_others_alike()),
            Classifier::TextTests(tests) => {
                let texts = tests.iter().flat_map(|test| match test {
                    TextTest::OneOf(texts) => texts.iter().map(|text| &**text).collect(),
                    TextTest::Like(_) => Vec::new(),
                });
                let is_whole = |test: &TextTest| matches!(test, TextTest::OneOf(_));
                (texts.collect(), tests.iter().all(is_whole))
            }
            _ => (Vec::new(), true),
        }
    }

    /// Returns the groups of a set's members, from which its class is read.
    pub fn groups(&self) -> Option<&Groups> {
        match self {
            Classifier::Set { groups, .. } => Some(groups),
            _ => None,
        }
    }

    /// Returns the number of words in a mask of a set's groups, for an attribute with this many variables of its own.
    pub fn mask_words(&self, variables: usize) -> usize {
        match self {
            Classifier::Set { classes: Some(classes), .. } => classes.words(),
            // Without an automaton there is one variable per group.
            _ => variables.div_ceil(64),
        }
    }

    /// Returns the class of a set with these groups for the attribute's variable with this index; `None` if there is
    /// none. The mask must have [`mask_words`](Self::mask_words) words.
    #[inline]
    pub fn set(&self, index: usize, mask: &[u64]) -> Option<u32> {
        match self {
            Classifier::Set { classes: Some(classes), .. } => (index == 0).then(|| classes.class(mask)),
            Classifier::Set { classes: None, .. } => {
                mask.get(index / 64).map(|word| (word >> (index % 64) & 1) as u32)
            }
            _ => None,
        }
    }

    /// Returns the class of a value that fits the attribute; `None` if the attribute has several variables, or none.
    pub fn value(&self, value: &Value) -> Option<u32> {
        let of_set = |mark: &dyn Fn(&Groups, &mut [u64])| match self {
            Classifier::Set { groups, classes: Some(_) } => {
                let mut mask = vec![0; self.mask_words(1)];
                mark(groups, &mut mask);
                self.set(0, &mask)
            }
            _ => None,
        };
        match value {
            Value::Symbols(set) => of_set(&|groups, mask| groups.mark_symbols(set.words(), mask)),
            Value::Texts(texts) => {
                of_set(&|groups, mask| texts.iter().for_each(|text| groups.mark_text(text, mask)))
            }
            Value::String(text) => match self {
                Classifier::Text(_) => self.text(0, text),
                _ => None,
            },
            value => self.scalar(value.ordinal().or_else(|| value.symbol().map(i64::from))?),
        }
    }
}

/// A test on a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TextTest {
    /// The text equals one of these, which are in byte order.
    OneOf(Box<[Arc<str>]>),
    /// The text matches the pattern.
    Like(Pattern),
}

impl TextTest {
    /// Returns true if some text fails the test.
    pub(crate) fn can_fail(&self) -> bool {
        match self {
            TextTest::OneOf(_) => true,
            TextTest::Like(pattern) => !pattern.is_everything(),
        }
    }

    /// Returns true if a text passes the test.
    pub fn holds(&self, text: &str) -> bool {
        match self {
            TextTest::OneOf(texts) => texts.binary_search_by(|probe| (**probe).cmp(text)).is_ok(),
            TextTest::Like(pattern) => pattern.matches(text),
        }
    }
}

/// Maps the members of a set to groups.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Groups {
    /// The group of each symbol.
    Symbols(Box<[u32]>),
    /// The group of a text is its class.
    Texts(TextClasses),
    /// Texts whose tests have too many classes together: groups that overlap, one for each outcome of a test.
    Tests(Box<[TextGroup]>),
}

/// The texts with one outcome of a test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextGroup {
    /// The test.
    pub test: TextTest,
    /// True for the texts that pass the test, false for those that fail it.
    pub passes: bool,
}

impl Groups {
    /// Returns the number of groups.
    pub fn count(&self) -> u32 {
        match self {
            Groups::Symbols(groups) => groups.iter().max().map_or(0, |last| last.saturating_add(1)),
            Groups::Texts(classes) => classes.classes(),
            // INVARIANT: each group is a variable, and the numbers of variables fit in 32 bits.
            Groups::Tests(tests) => u32::try_from(tests.len()).unwrap_or(u32::MAX),
        }
    }

    /// Marks the groups of symbols. In both masks bit `i % 64` of word `i / 64` stands for number `i`.
    pub fn mark_symbols(&self, symbols: &[u64], groups: &mut [u64]) {
        let Groups::Symbols(group_of) = self else { return };
        for (group_of, word) in group_of.chunks(64).zip(symbols) {
            let mut left = *word;
            while left != 0 {
                // INVARIANT: a frame accepts only symbols of the attribute's universe, and each of them has a group.
                if let Some(group) = group_of.get(left.trailing_zeros() as usize) {
                    mark(groups, *group);
                }
                left &= left - 1;
            }
        }
    }

    /// Marks the groups of a text.
    pub fn mark_text(&self, text: &str, groups: &mut [u64]) {
        match self {
            Groups::Symbols(_) => {}
            Groups::Texts(classes) => mark(groups, classes.class(text)),
            Groups::Tests(tests) => {
                let own = (0..).zip(tests).filter(|(_, group)| group.test.holds(text) == group.passes);
                own.for_each(|(group, _)| mark(groups, group));
            }
        }
    }
}

fn mark(groups: &mut [u64], group: u32) {
    if let Some(word) = groups.get_mut(group as usize / 64) {
        *word |= 1 << (group % 64);
    }
}
