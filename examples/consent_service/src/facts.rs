//! What the policy's attributes are in the store.

use crate::clock::Clock;
use crate::store::{Instant, Mark, Standing, State, Store, StoreError};
use placet::Time;
use placet_engine::Facts;
use std::sync::Arc;

/// Reads facts of subjects. They are not known where nobody is registered by that name.
#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<Clock>,
}

/// Of when facts are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AsOf {
    /// All that was recorded so far counts, whatever instant stands with it.
    Now,
    /// What was recorded by an instant.
    Past(Instant),
}

impl Source {
    /// Consent for a purpose, and since when it is withdrawn.
    pub(crate) fn consent(&self, subject: &str, purpose: &str, as_of: AsOf) -> Result<Facts, StoreError> {
        let facts = Facts::new();
        Ok(match self.store.consent(subject, purpose, as_of.last())? {
            None => facts,
            Some(Standing::NotAsked) => facts.with("consent", "not_asked"),
            // Else it would not count yet: what is at fault, this clock or that by which it was recorded, nobody knows.
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

    /// Age and a guardian's permission.
    pub(crate) fn person(&self, subject: &str, as_of: AsOf) -> Result<Facts, StoreError> {
        let Some(person) = self.store.person(subject, as_of.last())? else { return Ok(Facts::new()) };
        Ok(Facts::new()
            .with("subject.guardian_permission", person.guardian_permission)
            .with_known("subject.age", person.born.map(|born| born.age(self.at(as_of)))))
    }

    /// An attribute that is a mark.
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
