//! Conditions of comparisons.

use super::schema::{Attribute, Schema};
use super::{comparisons, lookups};
use crate::{Random, Shape};

/// The use of `is missing` and `is known` that a condition allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asks {
    Neither,
    Missing,
    Known,
    Both,
}

impl Asks {
    /// Below a negation.
    pub(super) fn negated(self) -> Self {
        match self {
            Asks::Missing => Asks::Known,
            Asks::Known => Asks::Missing,
            other => other,
        }
    }
}

/// A writer of random conditions.
pub(super) struct Writer<'s> {
    pub(super) schema: &'s Schema,
    pub(super) shape: &'s Shape,
    /// The names of lets, with their use of `is missing`.
    pub(super) lets: Vec<(String, Asks)>,
}

impl Writer<'_> {
    /// A condition, in parentheses where it needs them.
    pub(super) fn condition(&self, random: &mut Random, depth: u32, asks: Asks) -> String {
        if depth == 0 || random.chance(25) {
            return self.comparison(random, asks);
        }
        match random.below(7) {
            0 => format!("not ({})", self.condition(random, depth - 1, asks.negated())),
            1..5 => self.joined(random, " and ", depth, asks),
            _ => self.joined(random, " or ", depth, asks),
        }
    }

    /// Writes this many conditions, joined.
    pub(super) fn conjunction(&self, random: &mut Random, count: u32, asks: Asks) -> String {
        let parts: Vec<String> =
            (0..count.max(1)).map(|_| self.condition(random, self.shape.depth, asks)).collect();
        parts.join(" and ")
    }

    fn joined(&self, random: &mut Random, word: &str, depth: u32, asks: Asks) -> String {
        let parts: Vec<String> =
            (0..random.between(2, 3)).map(|_| self.condition(random, depth - 1, asks)).collect();
        format!("({})", parts.join(word))
    }

    fn comparison(&self, random: &mut Random, asks: Asks) -> String {
        for _ in 0..8 {
            let found = match random.below(100) {
                0..6 => self.presence(random, asks),
                6..16 => self.use_of_let(random, asks),
                16 => Some(random.word(&["true", "false"]).to_owned()),
                17..19 => self.quantified(random),
                19..22 => lookups::comparison(random, self.schema),
                _ if random.chance(self.shape.relations) => comparisons::relation(random, self.schema),
                _ => self.attribute(random).and_then(|one| comparisons::comparison(random, self.schema, one)),
            };
            if let Some(found) = found {
                return found;
            }
        }
        self.schema.attributes.first().map_or_else(|| "true".to_owned(), |attribute| attribute.name.clone())
    }

    pub(super) fn attribute(&self, random: &mut Random) -> Option<&Attribute> {
        random.pick(&self.schema.attributes)
    }

    fn presence(&self, random: &mut Random, asks: Asks) -> Option<String> {
        let word = match asks {
            Asks::Neither => return None,
            Asks::Missing => "missing",
            Asks::Known => "known",
            Asks::Both => random.word(&["missing", "known"]),
        };
        let attribute = self.attribute(random).filter(|attribute| !attribute.is_required)?;
        Some(format!("{} is {word}", attribute.name))
    }

    fn use_of_let(&self, random: &mut Random, asks: Asks) -> Option<String> {
        self.let_for(random, asks).map(str::to_owned)
    }

    /// A let whose use of `is missing` is allowed here.
    pub(super) fn let_for(&self, random: &mut Random, asks: Asks) -> Option<&str> {
        let (name, of) = random.pick(&self.lets)?;
        (*of == Asks::Neither || *of == asks || asks == Asks::Both).then_some(name)
    }
}
