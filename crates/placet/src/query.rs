//! Questions about a policy: the answer for each value of some attributes.
//!
//! A [query](Policy::query) takes a partial request and a list of attributes. It divides the values of these attributes
//! into *regions* with the same answer, while everything else is as given, or unknown:
//!
//! 1. `axis` lists the classes of each attribute's values: values that no condition can tell apart, given the request.
//!    Boundaries that come through other attributes count, such as those of a difference to a given time.
//! 2. `grid` decides one request for each combination of classes. So the answers are exactly those of the decisions.
//!    `decisions` decides once what the policy can't tell apart.
//! 3. `boxes` joins combinations with one answer to products of value sets, as few as it finds.
//!
//! The other questions are views of these: a [matrix](Policy::matrix), a [timeline](Policy::timeline), the [next
//! change](Policy::next_change) of an effect over time, [tests of the boundaries](Policy::boundary_cases), and
//! [changes](Policy::query_changes) from one request to another, or [from an older policy](Policy::query_changes_since)
//! to this one, whose classes `common` divides further. Compare the firewall queries of A. X. Liu and M. G. Gouda,
//! *Firewall Policy Queries*, IEEE TPDS 2009.

mod axis;
#[cfg(feature = "compile")]
mod boundaries;
mod boxes;
mod common;
mod decisions;
mod grid;
mod matrix;
mod next_change;
mod timeline;
mod values;

#[cfg(feature = "compile")]
pub(crate) use boundaries::can_be_written;
#[cfg(feature = "compile")]
pub use boundaries::{BoundaryCases, CasesGiven};
pub use matrix::{ChangedCell, ChangedMatrix, Matrix, MatrixCell, MatrixHeader};
pub use next_change::NextChange;
pub use timeline::{Segment, Timeline};
pub use values::{SetCondition, TextCondition, ValueRange, Values};

use crate::policy::Policy;
use crate::request::Request;
use grid::{Grid, PolicyRequest};
use placet_model::decision::{Decision, DueObligation, Effect};
use placet_model::input::Fact;
use placet_model::request::RequestError;
use placet_model::types::AttributeId;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The answer to a [query](Policy::query): regions that are disjoint and together hold every combination of values.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Regions {
    /// The attributes of the query.
    pub over: Vec<Arc<str>>,
    /// The regions, in the order of the first values in them.
    pub regions: Vec<Region>,
    /// True if every combination of values is in a region. False if there are more than [`Regions::MAX_COMBINATIONS`]
    /// combinations of classes, or the query ended after [`Regions::MAX_STEPS`].
    pub complete: bool,
}

impl Regions {
    /// The maximum number of combinations of classes that a query decides.
    pub const MAX_COMBINATIONS: usize = 1 << 18;
    /// The maximum number of steps of a query. A decision takes one step, ten if attributes that matter are unknown, and
    /// a thousand if conditions relate these to others. One that the policy can't tell from an earlier one takes one step.
    pub const MAX_STEPS: usize = 1 << 19;
    /// The maximum number of classes of a set's members up to which all their combinations are listed.
    pub const MAX_MEMBER_CLASSES: usize = 12;

    /// Keeps only the regions with an effect.
    #[must_use]
    pub fn with_effect(mut self, effect: Effect) -> Self {
        self.regions.retain(|region| region.answer.effect == effect);
        self
    }
}

/// A product of value sets whose requests have the same effect, which depends on the same missing attributes.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Region {
    /// The values of each attribute of the query. An attribute that may have any value is left out.
    #[serde(rename = "where")]
    pub values: BTreeMap<Arc<str>, Values>,
    /// The answer.
    #[serde(flatten)]
    pub answer: Answer,
    /// The number of combinations of classes of values.
    pub classes: u64,
    /// A request of the region: the given values, and some of the attributes of the query.
    pub example: BTreeMap<Arc<str>, Fact>,
}

/// The answer to all requests of a region. Its lists are in byte order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Answer {
    /// The effect.
    pub effect: Effect,
    /// The rules that determine the effect of some request of the region.
    pub rules: Vec<Arc<str>>,
    /// Those that certainly determine the effect of every request of the region.
    pub certain: Vec<Arc<str>>,
    /// The clauses that the rules cite.
    pub cites: Vec<Arc<str>>,
    /// The legal bases of the rules.
    pub basis: Vec<Arc<str>>,
    /// The obligations of the rules. One that is not due for every request of the region isn't certain.
    pub obligations: Vec<DueObligation>,
    /// For indeterminate: the attributes that the effect depends on.
    pub missing: Vec<Arc<str>>,
    /// True if a decision was approximate (see [`Decision::approximate`]).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub approximate: bool,
}

impl Answer {
    /// Joins decisions with one effect; `None` without any.
    fn new<'d>(decisions: impl Iterator<Item = &'d Decision>) -> Option<Self> {
        let mut out: Option<Self> = None;
        for decision in decisions {
            let certain: Vec<Arc<str>> = decision.certain().cloned().collect();
            let Some(all) = &mut out else {
                out = Some(Self {
                    effect: decision.effect,
                    rules: decision.rules.clone(),
                    certain,
                    cites: decision.cites.clone(),
                    basis: decision.basis.clone(),
                    obligations: decision.obligations.clone(),
                    missing: decision.missing.clone(),
                    approximate: decision.approximate,
                });
                continue;
            };
            all.certain.retain(|rule| certain.contains(rule));
            join(&mut all.rules, &decision.rules);
            join(&mut all.cites, &decision.cites);
            join(&mut all.basis, &decision.basis);
            all.approximate |= decision.approximate;
            for due in &mut all.obligations {
                due.certain &= decision.obligations.iter().any(|other| other.certain && is_same(due, other));
            }
            for due in &decision.obligations {
                if !all.obligations.iter().any(|other| is_same(due, other)) {
                    let mut due = due.clone();
                    due.certain = false;
                    all.obligations.push(due);
                }
            }
        }
        let key = |due: &DueObligation| (due.name.clone(), due.within_seconds.is_none(), due.within_seconds);
        out.iter_mut().for_each(|all| all.obligations.sort_by_key(key));
        out
    }
}

fn is_same(one: &DueObligation, other: &DueObligation) -> bool {
    (&one.name, one.within_seconds, &one.text) == (&other.name, other.within_seconds, &other.text)
}

fn join(all: &mut Vec<Arc<str>>, more: &[Arc<str>]) {
    let set: BTreeSet<&Arc<str>> = all.iter().chain(more).collect();
    if set.len() > all.len() {
        *all = set.into_iter().cloned().collect();
    }
}

/// The answer to a question what changes: [between two requests](Policy::query_changes), or
/// [between two policies](Policy::query_changes_since).
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Changes {
    /// The attributes of the query.
    pub over: Vec<Arc<str>>,
    /// The regions whose answer changes, in the order of the first values in them.
    pub regions: Vec<ChangedRegion>,
    /// The values that only one of two policies has. They are in no region.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
    /// True if every changed combination of values is in a region (see [`Regions::complete`]).
    pub complete: bool,
}

/// Values of an attribute that only one of two policies has.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LeftOut {
    /// The attribute.
    pub attribute: Arc<str>,
    /// The values that only the old policy has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Values>,
    /// The values that only the new policy has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Values>,
}

/// A product of value sets for which two requests have different effects, or depend on different missing attributes, or
/// have the same effect with different obligations. In the last case, all combinations of values have the obligations
/// listed.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct ChangedRegion {
    /// The values of each attribute of the query. An attribute that may have any value is left out.
    #[serde(rename = "where")]
    pub values: BTreeMap<Arc<str>, Values>,
    /// The answer before.
    pub before: Answer,
    /// The answer after.
    pub after: Answer,
    /// The number of combinations of classes of values.
    pub classes: u64,
    /// The values of the attributes of the query in a request of the region.
    pub example: BTreeMap<Arc<str>, Fact>,
}

/// An error of a query.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// The policy has no such attribute, or the request belongs to another policy.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The older of two policies refuses the request.
    #[error("the old policy refuses the request: {0}")]
    OldRequest(#[source] RequestError),
    /// The attribute is named twice.
    #[error("`{attribute}` is named twice; name each attribute of a query once")]
    Duplicate {
        /// The attribute.
        attribute: Arc<str>,
    },
    /// Conditions relate attributes of the query to each other, so no product of their values has one answer.
    #[error("conditions relate {}: give a value of {} instead", listed(.attributes), if .attributes.len() > 2 { "all but one" } else { "one" })]
    Related {
        /// The attributes.
        attributes: Vec<Arc<str>>,
    },
    /// Conditions relate an attribute of the query to unknown ones in a way whose boundaries can't be listed.
    #[error("conditions relate `{attribute}` to {} in too many ways: give their values", listed(.unknown))]
    Entangled {
        /// The attribute.
        attribute: Arc<str>,
        /// The unknown attributes.
        unknown: Vec<Arc<str>>,
    },
    /// Conditions tell more values of an attribute apart than can be listed.
    #[error("conditions tell too many values of `{attribute}` apart: give its value")]
    TooManyValues {
        /// The attribute.
        attribute: Arc<str>,
    },
    /// The policy has no example of this name.
    #[error("the policy has no example `{name}`{}", did_you_mean(.similar.as_deref()))]
    UnknownExample {
        /// The name.
        name: Arc<str>,
        /// The name of an example that may be meant.
        similar: Option<Arc<str>>,
    },
    /// The policy language has no literal for the given value.
    #[error("the policy language can't write the given value of `{attribute}`")]
    Unwritable {
        /// The attribute.
        attribute: Arc<str>,
    },
    /// Two policies have no value of the attribute in common.
    #[error(
        "the policies have no value of `{attribute}` in common: it is `{before}` in the old one and `{after}` in the new one"
    )]
    NothingInCommon {
        /// The attribute.
        attribute: Arc<str>,
        /// The type in the old policy.
        before: String,
        /// The type in the new policy.
        after: String,
    },
    /// The texts of two policies match too many combinations of patterns to list them.
    #[error("the patterns of both policies have too many combinations for `{attribute}`: give its value")]
    ManyPatterns {
        /// The attribute.
        attribute: Arc<str>,
    },
    /// The attribute has no order, so it has no next value.
    #[error("the values of `{attribute}` have no order")]
    NotOrdered {
        /// The attribute.
        attribute: Arc<str>,
    },
    /// The request gives the attribute no value to start from.
    #[error("the request doesn't give `{attribute}`")]
    NotGiven {
        /// The attribute.
        attribute: Arc<str>,
    },
}

fn did_you_mean(name: Option<&str>) -> String {
    name.map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

fn listed(names: &[Arc<str>]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [others @ .., last] if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        _ => names.join(", "),
    }
}

impl Policy {
    /// Divides the values of some attributes into regions with the same answer, all else as given.
    ///
    /// An attribute that is not given is unknown, also a `required` one. Attributes of the query that the request gives
    /// are asked all the same. Each region has the exact answer of [`Policy::decide`] to every request in it.
    ///
    /// ```
    /// use placet::{Effect, Policy};
    ///
    /// let policy = Policy::from_text("
    ///     policy shop
    ///     request { age: int 0..150  purpose: { delivery, marketing } }
    ///     rule service { allow when purpose is delivery }
    ///     rule adults { allow when purpose is marketing and age >= 18 }
    /// ")?;
    /// let given = policy.request_from_json(r#"{"age": 15}"#)?;
    /// let regions = policy.query(&given, ["purpose"])?.with_effect(Effect::Allow).regions;
    /// assert_eq!(regions.len(), 1);
    /// assert_eq!(regions[0].values["purpose"].to_string(), "delivery");
    ///
    /// let by_age = policy.query(&policy.request(), ["age", "purpose"])?;
    /// let denied = &by_age.with_effect(Effect::Deny).regions[0];
    /// assert_eq!(denied.values["age"].to_string(), "at most 17");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Cost: at most one decision for each combination of classes of values, which are at most
    /// [`Regions::MAX_COMBINATIONS`].
    ///
    /// # Errors
    /// Returns an error if the policy has no attribute of a name, if a name comes twice, and if conditions relate
    /// attributes of the query to each other, or to unknown ones, in a way that a product of values can't express.
    pub fn query<'n>(
        &self,
        given: &Request,
        over: impl IntoIterator<Item = &'n str>,
    ) -> Result<Regions, QueryError> {
        let ids = self.ids(over)?;
        let grid = Grid::new(self.program(), &[self.frame(given)?], &ids, axis::Sets::All)?;
        let key = |decisions: &[Decision]| decisions.first().map(decided_as);
        let regions = grid.regions(key).into_iter().filter_map(|part| {
            Some(Region {
                answer: Answer::new(part.decisions.iter().filter_map(|decisions| decisions.first()))?,
                values: part.values,
                classes: part.classes,
                example: part.example,
            })
        });
        Ok(Regions { over: self.names(&ids), regions: regions.collect(), complete: grid.is_whole() })
    }

    /// Returns the regions of some attributes' values whose answer differs between two requests: the effect, the
    /// obligations, or the missing attributes that the effect depends on. Other rules with the same effect are no
    /// change.
    ///
    /// ```
    /// use placet::Policy;
    ///
    /// let policy = Policy::from_text("
    ///     policy shop
    ///     request { consent: { granted, withdrawn }  purpose: { delivery, marketing } }
    ///     rule service { allow when purpose is delivery }
    ///     rule consented { allow when purpose is marketing and consent is granted }
    /// ")?;
    /// let before = policy.request_from_json(r#"{"consent": "granted"}"#)?;
    /// let after = policy.request_from_json(r#"{"consent": "withdrawn"}"#)?;
    /// let stops = policy.query_changes(&before, &after, ["purpose"])?.regions;
    /// assert_eq!(stops.len(), 1);
    /// assert_eq!(stops[0].values["purpose"].to_string(), "marketing");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Cost: two decisions for each combination of classes that one of the requests tells apart.
    ///
    /// # Errors
    /// Like [`Policy::query`].
    pub fn query_changes<'n>(
        &self,
        before: &Request,
        after: &Request,
        over: impl IntoIterator<Item = &'n str>,
    ) -> Result<Changes, QueryError> {
        let ids = self.ids(over)?;
        let frames = [self.frame(before)?, self.frame(after)?];
        let grid = Grid::new(self.program(), &frames, &ids, axis::Sets::All)?;
        Ok(Changes::new(&grid, Vec::new()))
    }

    /// Returns the regions of some attributes' values whose answer differs between an older policy and this one, as in
    /// [`Policy::query_changes`]. Each policy decides its own request, usually with the same values, so an attribute
    /// that isn't given may have any value of its domain in that policy.
    ///
    /// Values that only one policy has are in no region; [`Changes::left_out`] names them. Such are names of an enum or a
    /// taxonomy, ordered values outside the other policy's range, sets with such members, the empty set and `none`. A node
    /// of a taxonomy is the new policy's, and stands for the leaves below it that both policies have. An attribute that only
    /// one policy has is asked of that policy alone.
    ///
    /// ```
    /// use placet::Policy;
    ///
    /// let policy = |age: u8| Policy::from_text(&format!("
    ///     policy shop
    ///     request {{ age: int 0..150  purpose: {{ delivery, marketing }} }}
    ///     rule service {{ allow when purpose is delivery }}
    ///     rule adults {{ allow when purpose is marketing and age >= {age} }}
    /// "));
    /// let (old, new) = (policy(16)?, policy(18)?);
    /// let changes = new.query_changes_since(&old, &old.request(), &new.request(), ["age", "purpose"])?;
    /// assert_eq!(changes.regions.len(), 1);
    /// let stops = &changes.regions[0];
    /// assert_eq!(stops.values["age"].to_string(), "16 to 17");
    /// assert_eq!(stops.values["purpose"].to_string(), "marketing");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Cost: two decisions for each combination of classes that one of the policies tells apart.
    ///
    /// # Errors
    /// Like [`Policy::query`] with either policy, except that one of them may lack an attribute. Also if the policies have no
    /// value of an attribute in common.
    pub fn query_changes_since<'n>(
        &self,
        old: &Policy,
        before: &Request,
        after: &Request,
        over: impl IntoIterator<Item = &'n str>,
    ) -> Result<Changes, QueryError> {
        let (grid, left_out) = self.grid_since(old, [before, after], over, axis::Sets::All)?;
        Ok(Changes::new(&grid, left_out))
    }

    /// Decides a request to an older policy and one to this policy for every combination of values of some attributes.
    fn grid_since<'p, 'n>(
        &'p self,
        old: &'p Policy,
        [before, after]: [&'p Request; 2],
        over: impl IntoIterator<Item = &'n str>,
        sets: axis::Sets,
    ) -> Result<(Grid<'p>, Vec<LeftOut>), QueryError> {
        let mut names: Vec<Arc<str>> = Vec::new();
        for name in over {
            if self.model().find(name).or_else(|| old.model().find(name)).is_none() {
                return Err(RequestError::unknown(self.model(), name).into());
            }
            if names.iter().any(|known| **known == *name) {
                return Err(QueryError::Duplicate { attribute: name.into() });
            }
            names.push(name.into());
        }
        let before = PolicyRequest { program: old.program(), frame: old.frame(before)? };
        let after = PolicyRequest { program: self.program(), frame: self.frame(after)? };
        Grid::of_both([before, after], &names, sets)
    }

    fn ids<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Result<Vec<AttributeId>, QueryError> {
        let model = self.model();
        let mut out: Vec<AttributeId> = Vec::new();
        for name in names {
            let id = model.find(name).ok_or_else(|| RequestError::unknown(model, name))?;
            if out.contains(&id) {
                return Err(QueryError::Duplicate { attribute: name.into() });
            }
            out.push(id);
        }
        Ok(out)
    }

    fn names(&self, ids: &[AttributeId]) -> Vec<Arc<str>> {
        ids.iter().map(|id| self.model().attribute_name(*id).into()).collect()
    }
}

impl Changes {
    fn new(grid: &Grid<'_>, left_out: Vec<LeftOut>) -> Self {
        let key = |decisions: &[Decision]| match decisions {
            [before, after] => {
                let due = || (before.obligations.clone(), after.obligations.clone());
                let (before, after) = (decided_as(before), decided_as(after));
                // An obligation that stops is a change, like an effect. Changed effects aren't divided by obligations.
                let due = if before == after { Some(due()) } else { None };
                due.as_ref().is_none_or(|(before, after)| before != after).then_some((before, after, due))
            }
            _ => None,
        };
        let regions = grid.regions(key).into_iter().filter_map(|part| {
            Some(ChangedRegion {
                before: Answer::new(part.decisions.iter().filter_map(|decisions| decisions.first()))?,
                after: Answer::new(part.decisions.iter().filter_map(|decisions| decisions.last()))?,
                values: part.values,
                classes: part.classes,
                example: part.example,
            })
        });
        let over = grid.axes.iter().map(|axis| axis.attribute.name.clone());
        Self { over: over.collect(), regions: regions.collect(), left_out, complete: grid.is_whole() }
    }
}

/// Returns the parts of an answer that all requests of a region share.
fn decided_as(decision: &Decision) -> (Effect, Vec<Arc<str>>) {
    (decision.effect, decision.missing.clone())
}
