//! The values that the conditions on one attribute alone tell apart.

use crate::Random;
use placet_core::first_where;
use placet_model::BitSet;
use placet_model::condition::{Atom, Collection};
use placet_model::linear::{Direction, Term};
use placet_model::types::{AttributeId, Type};
use std::sync::Arc;

/// Values at which the conditions on an attribute change.
#[derive(Debug, Clone, Default)]
pub(super) struct Telling {
    /// First and last ordinals of ranges.
    ordinals: Vec<i64>,
    pub(super) texts: Vec<Arc<str>>,
    pub(super) sets: Vec<BitSet>,
}

impl Telling {
    /// Reads a comparison that speaks of this attribute alone.
    pub(super) fn read(&mut self, atom: &Atom, id: AttributeId, kind: &Type) {
        match atom {
            Atom::Within(sum, ranges) => {
                let Some((low, high)) = kind.ordinals() else { return };
                for bound in ranges.iter().flat_map(|(first, last)| [first, last]) {
                    if bound == i128::MIN || bound == i128::MAX {
                        continue;
                    }
                    let ordinal = match *sum.terms() {
                        [(Term::Attribute(_), factor)] => {
                            i64::try_from(bound.saturating_sub(sum.added()).div_euclid(factor)).ok()
                        }
                        _ => {
                            let value = |ordinal: i64| sum.substituted(&|_| Some(ordinal)).added();
                            match sum.direction(id) {
                                Some(Direction::Rising) => first_where(low, high, |at| value(at) >= bound),
                                Some(Direction::Falling) => first_where(low, high, |at| value(at) < bound),
                                None => None,
                            }
                        }
                    };
                    self.ordinals.extend(ordinal.map(|ordinal| ordinal.clamp(low, high)));
                }
            }
            Atom::TextIn(_, texts) => self.texts.extend(texts.iter().cloned()),
            Atom::TextLike(_, pattern)
            | Atom::AnyIn(_, Collection::Like(pattern))
            | Atom::AllIn(_, Collection::Like(pattern)) => {
                for between in ["", "x", "a"] {
                    self.texts.push(pattern.pieces().join(between).into());
                }
                self.texts.extend(pattern.pieces().iter().map(|piece| Arc::from(piece.as_str())));
            }
            Atom::AnyIn(_, of) | Atom::AllIn(_, of) | Atom::Exactly(_, of) => match of {
                Collection::Symbols(set) => self.sets.push(set.clone()),
                Collection::Texts(texts) => self.texts.extend(texts.iter().cloned()),
                Collection::Like(_) => {}
            },
            _ => {}
        }
    }

    /// Sorts the values and removes duplicates, so that the number of conditions does not weigh a value.
    pub(super) fn finish(&mut self) {
        self.ordinals.sort_unstable();
        self.ordinals.dedup();
        self.texts.sort_unstable();
        self.texts.dedup();
        self.sets.sort_unstable();
        self.sets.dedup();
    }

    pub(super) fn ordinal(&self, random: &mut Random) -> Option<i64> {
        random.pick(&self.ordinals).copied()
    }
}
