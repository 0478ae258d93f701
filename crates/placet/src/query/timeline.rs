//! The answers along an ordered attribute.

use super::axis::{Classes, Sets};
use super::grid::Grid;
use super::{Answer, QueryError, Values, decided_as};
use crate::policy::Policy;
use crate::request::Request;
use placet_model::BitSet;
use serde::Serialize;
use std::sync::Arc;

/// The answers for the values of one ordered attribute, in ascending order.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Timeline {
    /// The attribute.
    pub attribute: Arc<str>,
    /// The ranges with one answer each. Neighbours have different answers. `none` of an optional attribute comes last.
    pub segments: Vec<Segment>,
    /// True if the segments hold every value (see [`Regions::complete`](super::Regions::complete)).
    pub complete: bool,
}

/// A range of values with one answer.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Segment {
    /// The values; `None` for every value.
    pub values: Option<Values>,
    /// The answer.
    #[serde(flatten)]
    pub answer: Answer,
}

impl Policy {
    /// Returns the answers along an ordered attribute, such as a time or an age, all else as given, or unknown.
    ///
    /// ```
    /// use placet::Policy;
    ///
    /// let policy = Policy::from_text("
    ///     policy newsletter
    ///     request { at: time  consented_at: time }
    ///     rule fresh { allow when at - consented_at in 0 days..365 days }
    /// ")?;
    /// let given = policy.request_from_json(r#"{"consented_at": "2026-03-01T00:00:00Z"}"#)?;
    /// let timeline = policy.timeline(&given, "at")?;
    /// let lines: Vec<String> = timeline
    ///     .segments
    ///     .iter()
    ///     .map(|segment| format!("{}: {}", segment.values.as_ref().unwrap(), segment.answer.effect))
    ///     .collect();
    /// assert_eq!(lines, [
    ///     "below 2026-03-01T00:00:00Z: deny",
    ///     "from 2026-03-01T00:00:00Z to 2027-03-01T00:00:00Z: allow",
    ///     "above 2027-03-01T00:00:00Z: deny",
    /// ]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Cost: that of [`Policy::query`].
    ///
    /// # Errors
    /// Like [`Policy::query`], and if the values of the attribute have no order.
    pub fn timeline(&self, given: &Request, attribute: &str) -> Result<Timeline, QueryError> {
        let ids = self.ids([attribute])?;
        let grid = Grid::new(self.program(), &[self.frame(given)?], &ids, Sets::All)?;
        let Some(axis) = grid.axes.first().filter(|axis| axis.attribute.kind.ordinals().is_some()) else {
            return Err(QueryError::NotOrdered { attribute: attribute.into() });
        };
        // No condition depends on an attribute without cuts.
        debug_assert!(matches!(axis.classes, Classes::Ordered(_) | Classes::One(_)));
        let mut runs: Vec<(BitSet, Vec<u32>)> = Vec::new();
        for class in 0..axis.len() {
            let key = |class: u32| grid.at(&[class]).first().map(decided_as);
            let is_next = |run: &&mut (BitSet, Vec<u32>)| {
                Some(class) != axis.none() && run.1.first().is_some_and(|first| key(*first) == key(class))
            };
            match runs.last_mut().filter(is_next) {
                Some((classes, all)) => {
                    classes.insert(class);
                    all.push(class);
                }
                None => runs.push((BitSet::from_iter(axis.len(), [class]), vec![class])),
            }
        }
        let segments = runs.into_iter().filter_map(|(classes, all)| {
            let answer = Answer::new(all.iter().flat_map(|class| grid.at(&[*class]).first()))?;
            Some(Segment { values: axis.values(&classes), answer })
        });
        Ok(Timeline { attribute: attribute.into(), segments: segments.collect(), complete: grid.is_whole() })
    }
}
