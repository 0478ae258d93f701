//! Classes of texts: a hash table of mentioned texts, and an automaton for all others.

use foldhash::fast::FixedState;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;

/// A hash table from mentioned texts to their classes.
///
/// The hash is a fast one with a fixed seed, which is safe here: texts from requests are only looked up and never
/// inserted, so an attacker can't add collisions beyond those of the policy's own texts.
type Known = HashMap<Arc<str>, u32, FixedState>;

/// The classes of one attribute's texts. Two texts share a class if no test of the policy distinguishes them.
///
/// Mentioned texts are found by one hash look-up. An automaton of the policy's patterns reads all others, if any
/// pattern affects their class. Clones share the texts and the automaton.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TextClasses {
    classes: u32,
    #[serde(with = "sorted")]
    known: Known,
    others: Others,
}

/// The classifier of texts that the policy doesn't mention.
#[derive(Debug, Clone, Serialize, Deserialize)]
enum Others {
    /// All share this class.
    Alike(u32),
    /// The automaton's final state determines the class.
    Read(Automaton),
}

/// A deterministic automaton over the bytes of texts. The first state is the initial one.
///
/// A state is the offset of its row, so a step is an addition and a load.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Automaton {
    /// The column of each byte.
    columns: Arc<[u8]>,
    /// The length of a row.
    width: u32,
    /// The next state by state and column, row after row.
    rows: Arc<[u32]>,
    /// The class of the texts that end in a row's state.
    ends: Arc<[u32]>,
}

impl Automaton {
    fn class(&self, text: &str) -> u32 {
        // INVARIANT: `is_valid` checks that each column is within a row, each state within the rows, and that each
        // state has a class.
        let end = text.bytes().fold(0, |state, byte| {
            let column = self.columns.get(usize::from(byte)).copied().unwrap_or_default();
            self.rows.get(state as usize + usize::from(column)).copied().unwrap_or_default()
        });
        let row = end.checked_div(self.width).unwrap_or_default();
        self.ends.get(row as usize).copied().unwrap_or_default()
    }

    fn is_valid(&self, classes: u32) -> bool {
        let whole_rows = self.ends.len().checked_mul(self.width as usize) == Some(self.rows.len());
        whole_rows
            && !self.rows.is_empty()
            && self.columns.len() == 256
            && self.columns.iter().all(|column| u32::from(*column) < self.width)
            && self.rows.iter().all(|state| state % self.width == 0 && (*state as usize) < self.rows.len())
            && self.ends.iter().all(|class| *class < classes)
    }
}

impl TextClasses {
    /// Creates classes `0..classes` from whole texts alone: `known` texts have their given classes, every other text
    /// has class `other`.
    pub fn of_whole_texts(
        classes: u32,
        known: impl IntoIterator<Item = (Arc<str>, u32)>,
        other: u32,
    ) -> Self {
        Self { classes, known: known.into_iter().collect(), others: Others::Alike(other) }
    }

    /// Creates classes `0..classes` where an automaton classifies every text that isn't `known`.
    ///
    /// The automaton begins in state 0. `columns` has the column of each byte; `rows` has the next state by state and
    /// column, row after row; `ends` has the class of each state. Inconsistent arguments give classes that [aren't
    /// valid](Self::is_valid).
    pub fn of_automaton(
        classes: u32,
        known: impl IntoIterator<Item = (Arc<str>, u32)>,
        columns: [u8; 256],
        rows: &[u32],
        ends: Vec<u32>,
    ) -> Self {
        let width = rows.len().checked_div(ends.len()).and_then(|width| u32::try_from(width).ok());
        let width = width.unwrap_or_default();
        let automaton = Automaton {
            columns: columns.into(),
            width,
            rows: rows.iter().map(|state| state.saturating_mul(width)).collect(),
            ends: ends.into(),
        };
        Self { classes, known: known.into_iter().collect(), others: Others::Read(automaton) }
    }

    /// Returns the class of a text. Cost: one hash look-up; if the policy has patterns, also one automaton step per
    /// byte of a text that isn't mentioned.
    pub fn class(&self, text: &str) -> u32 {
        if let Some(class) = self.known.get(text) {
            return *class;
        }
        match &self.others {
            Others::Alike(class) => *class,
            Others::Read(automaton) => automaton.class(text),
        }
    }

    /// Returns the mentioned texts, in no particular order.
    pub fn mentioned(&self) -> impl Iterator<Item = &str> {
        self.known.keys().map(|text| &**text)
    }

    /// Returns true if all texts that aren't mentioned share a class.
    pub fn are_others_alike(&self) -> bool {
        matches!(self.others, Others::Alike(_))
    }

    /// Returns the number of classes.
    pub fn classes(&self) -> u32 {
        self.classes
    }

    /// Returns true if [`class`](Self::class) is below [`classes`](Self::classes) for every text. Loaded programs are
    /// checked with it. Cost: linear in the size of the classes.
    pub fn is_valid(&self) -> bool {
        let (others, ends) = match &self.others {
            Others::Alike(class) => (*class < self.classes, 1),
            Others::Read(automaton) => (automaton.is_valid(self.classes), automaton.ends.len()),
        };
        // Reject surplus classes: a class without texts would cost time wherever code iterates over all classes.
        let are_few = self.classes as usize <= self.known.len().saturating_add(ends);
        others && are_few && self.known.values().all(|class| *class < self.classes)
    }
}

/// Serializes the known texts in byte order, so that equal classes have equal bytes.
mod sorted {
    use super::Known;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::sync::Arc;

    pub(super) fn serialize<S: Serializer>(known: &Known, serializer: S) -> Result<S::Ok, S::Error> {
        let mut pairs: Vec<(&str, u32)> = known.iter().map(|(text, class)| (&**text, *class)).collect();
        pairs.sort_unstable();
        pairs.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Known, D::Error> {
        Ok(Vec::<(Arc<str>, u32)>::deserialize(deserializer)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::{Others, TextClasses};
    use std::sync::Arc;

    /// Returns classes where "k" is known, other texts that begin with "a" have class 1, and the rest have class 2.
    fn beginning_with_a() -> TextClasses {
        let mut columns = [0; 256];
        columns[usize::from(b'a')] = 1;
        let rows = [2, 1, 1, 1, 2, 2];
        TextClasses::of_automaton(3, [("k".into(), 0), ("aa".into(), 0)], columns, &rows, vec![2, 1, 2])
    }

    #[test]
    fn known_texts_first_then_the_automaton() {
        let classes = beginning_with_a();
        assert!(classes.is_valid());
        assert_eq!(classes.classes(), 3);
        let of = ["k", "aa", "a", "aé", "", "ba", "ka"].map(|text| classes.class(text));
        assert_eq!(of, [0, 0, 1, 1, 2, 2, 2]);

        let classes = TextClasses::of_whole_texts(2, [("k".into(), 1)], 0);
        assert!(classes.is_valid());
        assert_eq!(["k", "", "kk"].map(|text| classes.class(text)), [1, 0, 0]);
    }

    #[test]
    fn equal_classes_are_saved_alike_and_load() {
        let texts = |order: &mut dyn Iterator<Item = u32>| {
            TextClasses::of_whole_texts(
                101,
                order.map(|n| (n.to_string().into(), n)).collect::<Vec<_>>(),
                100,
            )
        };
        let saved = serde_json::to_string(&texts(&mut (0..100))).unwrap();
        assert_eq!(saved, serde_json::to_string(&texts(&mut (0..100).rev())).unwrap());
        let loaded: TextClasses = serde_json::from_str(&saved).unwrap();
        assert!(loaded.is_valid());
        assert!((0..=100).all(|n| loaded.class(&n.to_string()) == n));
        assert_eq!(serde_json::to_string(&loaded).unwrap(), saved);

        let saved = serde_json::to_string(&beginning_with_a()).unwrap();
        let loaded: TextClasses = serde_json::from_str(&saved).unwrap();
        assert!(loaded.is_valid());
        assert_eq!(["k", "aa", "ab", "b"].map(|text| loaded.class(text)), [0, 0, 1, 2]);
    }

    #[test]
    fn what_leads_out_of_range_is_not_valid() {
        let invalid = |change: &dyn Fn(&mut TextClasses)| {
            let mut classes = beginning_with_a();
            change(&mut classes);
            // Any input that deserializes must give a class without a panic.
            let _ = classes.class("a text");
            assert!(!classes.is_valid());
        };
        let automaton = |change: &dyn Fn(&mut super::Automaton)| {
            invalid(&|classes| match &mut classes.others {
                Others::Read(automaton) => change(automaton),
                Others::Alike(_) => unreachable!(),
            });
        };
        invalid(&|classes| classes.classes = 2);
        invalid(&|classes| classes.classes = 0);
        invalid(&|classes| classes.others = Others::Alike(3));
        invalid(&|classes| {
            classes.known.insert("new".into(), 3);
        });
        automaton(&|automaton| Arc::make_mut(&mut automaton.columns)[7] = 2);
        automaton(&|automaton| automaton.columns = [0; 255].into());
        automaton(&|automaton| Arc::make_mut(&mut automaton.rows)[3] = 3);
        automaton(&|automaton| Arc::make_mut(&mut automaton.rows)[3] = 6);
        automaton(&|automaton| automaton.rows = [0, 0, 0, 0].into());
        automaton(&|automaton| Arc::make_mut(&mut automaton.ends)[1] = 3);
        automaton(&|automaton| automaton.ends = [0, 0].into());
        automaton(&|automaton| automaton.width = 0);
        automaton(&|automaton| automaton.width = 1);
        automaton(&|automaton| (automaton.rows, automaton.ends) = Default::default());
    }
}
