//! A store that is a list in memory.

use placet_consent_service::store::{Event, Instant, Mark, Person, Standing};

/// The events of all subjects, in the order of recording.
#[derive(Default)]
pub(crate) struct Model {
    events: Vec<(String, Option<Event>, Instant)>,
}

impl Model {
    /// Records events, and registers a new subject first.
    pub(crate) fn register(&mut self, subject: &str, events: &[Event], now: Instant) -> Instant {
        let latest =
            self.events.iter().filter(|(whose, ..)| whose == subject).map(|(.., instant)| *instant).max();
        let instant = latest.map_or(now, |latest| latest.max(now));
        if latest.is_none() {
            self.events.push((subject.to_owned(), None, instant));
        }
        self.events.extend(events.iter().map(|event| (subject.to_owned(), Some(event.clone()), instant)));
        instant
    }

    fn known(&self, subject: &str, as_of: Instant) -> Vec<(&Option<Event>, Instant)> {
        let events = self.events.iter().filter(|(whose, _, instant)| whose == subject && *instant <= as_of);
        events.map(|(_, event, instant)| (event, *instant)).collect()
    }

    pub(crate) fn consent(&self, subject: &str, purpose: &str, as_of: Instant) -> Option<Standing> {
        let known = self.known(subject, as_of);
        let mut standing = Standing::NotAsked;
        for (event, instant) in &known {
            let Some(Event::Consent { purpose: about, state: said }) = event else { continue };
            if about == purpose && !matches!(standing, Standing::Said { state, .. } if state == *said) {
                standing = Standing::Said { state: *said, since: *instant };
            }
        }
        (!known.is_empty()).then_some(standing)
    }

    pub(crate) fn mark(&self, subject: &str, asked: Mark, as_of: Instant) -> Option<bool> {
        let known = self.known(subject, as_of);
        let last = known.iter().rev().find_map(|(event, _)| match event {
            Some(Event::Mark { mark, on }) if *mark == asked => Some(*on),
            _ => None,
        });
        (!known.is_empty()).then_some(last.unwrap_or(false))
    }

    pub(crate) fn person(&self, subject: &str, as_of: Instant) -> Option<Person> {
        let guardian_permission = self.mark(subject, Mark::GuardianPermission, as_of)?;
        let born = self.known(subject, as_of).iter().rev().find_map(|(event, _)| match event {
            Some(Event::Born(born)) => Some(*born),
            _ => None,
        });
        Some(Person { born, guardian_permission })
    }
}
