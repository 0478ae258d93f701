//! Facts: maps the policy's attributes to what the store holds.

use crate::clock::Clock;
use crate::store::{Instant, Mark, Standing, State, Store, StoreError};
use placet::Time;
use placet_engine::Facts;
use std::sync::Arc;

/// Reads the facts about subjects. The facts about an unregistered subject are unknown.
#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<Clock>,
}

/// The time at which facts must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AsOf {
    /// Now: all recorded events count, whatever their instant.
    Now,
    /// In the past: events up to this instant count.
    Past(Instant),
}

impl Source {
    /// Returns the consent for a purpose, and the time of its withdrawal.
    pub(crate) fn consent(&self, subject: &str, purpose: &str, as_of: AsOf) -> Result<Facts, StoreError> {
        let facts = Facts::new();
        Ok(match self.store.consent(subject, purpose, as_of.last())? {
            None => facts,
            Some(Standing::NotAsked) => facts.with("consent", "not_asked"),
            // The policy wouldn't apply a withdrawal dated in the future yet. Either this clock or the one that
            // recorded it is wrong, so the consent is unknown.
            Some(Standing::Said { state: State::Withdrawn, since }) if since > self.at(as_of) => {
                return Err(StoreError::Garbage {
                    what: "withdrawal of the future",
                    text: since.to_string(),
                });
            }
            Some(Standing::Said { state: State::Withdrawn, since }) => facts
                .with("consent", State::Withdrawn.name())
                .with("consent.withdrawn_at", Time::from_micros(since.microseconds())),
            Some(Standing::Said { state, .. }) => facts.with("consent", state.name()),
        })
    }

    /// Returns the age and the guardian's permission.
    pub(crate) fn person(&self, subject: &str, as_of: AsOf) -> Result<Facts, StoreError> {
        let Some(person) = self.store.person(subject, as_of.last())? else { return Ok(Facts::new()) };
        Ok(Facts::new()
            .with("subject.guardian_permission", person.guardian_permission)
            .with_known("subject.age", person.born.map(|born| born.age(self.at(as_of)))))
    }

    /// Returns an attribute that is stored as a mark.
    pub(crate) fn mark(
        &self,
        attribute: &'static str,
        mark: Mark,
        subject: &str,
        as_of: AsOf,
    ) -> Result<Facts, StoreError> {
        Ok(Facts::new().with_known(attribute, self.store.mark(subject, mark, as_of.last())?))
    }

    fn at(&self, as_of: AsOf) -> Instant {
        match as_of {
            AsOf::Now => self.clock.now(),
            AsOf::Past(instant) => instant,
        }
    }
}

impl AsOf {
    fn last(self) -> Instant {
        match self {
            AsOf::Now => Instant::LAST,
            AsOf::Past(instant) => instant,
        }
    }
}
