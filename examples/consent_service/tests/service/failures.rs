//! A store that fails allows nothing, and costs nothing once it is back.

use crate::client::{Running, start_with, using};
use placet_consent_service::Service;
use placet_consent_service::store::{Event, Instant, Mark, Person, Standing, Store, StoreError, open};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// How a store is.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Health {
    Well,
    Down,
    Panicking,
    /// What it writes it writes, and then says that it did not.
    Forgetful,
}

/// A store that can be made to fail.
struct Fragile {
    store: Arc<dyn Store>,
    health: Arc<AtomicU8>,
}

fn failure() -> StoreError {
    StoreError::Garbage { what: "store", text: "that is down".to_owned() }
}

impl Fragile {
    fn read<T>(&self, read: impl FnOnce(&dyn Store) -> Result<T, StoreError>) -> Result<T, StoreError> {
        match self.health.load(Ordering::SeqCst) {
            health if health == Health::Down as u8 => Err(failure()),
            health if health == Health::Panicking as u8 => panic!("the store panics"),
            _ => read(&*self.store),
        }
    }

    fn write<T>(&self, write: impl FnOnce(&dyn Store) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let written = self.read(write)?;
        if self.health.load(Ordering::SeqCst) == Health::Forgetful as u8 {
            Err(failure())
        } else {
            Ok(written)
        }
    }
}

impl Store for Fragile {
    fn append(
        &self,
        subject: &str,
        events: &[Event],
        now: Instant,
        new: bool,
    ) -> Result<Instant, StoreError> {
        self.write(|store| store.append(subject, events, now, new))
    }

    fn consent(&self, subject: &str, purpose: &str, as_of: Instant) -> Result<Option<Standing>, StoreError> {
        self.read(|store| store.consent(subject, purpose, as_of))
    }

    fn person(&self, subject: &str, as_of: Instant) -> Result<Option<Person>, StoreError> {
        self.read(|store| store.person(subject, as_of))
    }

    fn mark(&self, subject: &str, mark: Mark, as_of: Instant) -> Result<Option<bool>, StoreError> {
        self.read(|store| store.mark(subject, mark, as_of))
    }

    fn latest(&self) -> Result<Instant, StoreError> {
        self.read(|store| store.latest())
    }

    fn ready(&self) -> Result<(), StoreError> {
        self.read(|store| store.ready())
    }
}

fn start_fragile() -> (Running, Arc<AtomicU8>) {
    let health = Arc::new(AtomicU8::new(Health::Well as u8));
    let given = health.clone();
    let service = start_with(move |options| {
        let store = open(options.store_place()).unwrap();
        Service::over(Arc::new(Fragile { store, health: given }), options).unwrap()
    });
    (service, health)
}

fn set(health: &AtomicU8, to: Health) {
    health.store(to as u8, Ordering::SeqCst);
}

#[test]
fn a_store_that_fails_allows_nothing_and_recovers() {
    let (service, health) = start_fragile();
    for trouble in [Health::Down, Health::Panicking] {
        // A subject that nothing was fetched of before.
        let subject = format!("ann {}", trouble as u8);
        service.record("/subjects", &json!({ "subject": subject, "born": "1990-05-01" }));
        service
            .record("/consents", &json!({ "subject": subject, "purpose": "marketing", "state": "granted" }));
        set(&health, trouble);
        let answer = service.decide(&subject, &using("marketing"));
        assert_eq!(answer["effect"], "indeterminate", "{answer}");
        assert!(!answer["failures"].as_array().unwrap().is_empty(), "{answer}");
        let objection = json!({ "subject": subject, "on": true });
        assert!(service.post("/objections", &objection).0 >= 500);
        assert_eq!(service.get("/health").0, 200);
        assert_eq!(service.get("/ready").0, 503);
        // What needs no fact is decided none the less.
        let anonymized =
            json!({ "service": "consumer", "action": "use", "purpose": "research", "data": ["anonymized"] });
        assert_eq!(service.effect(&subject, &anonymized), "allow");
        set(&health, Health::Well);
        assert_eq!(service.get("/ready").0, 200);
        assert_eq!(service.effect(&subject, &using("marketing")), "allow");
    }
}

#[test]
fn a_withdrawal_that_was_recorded_counts_though_nobody_was_told_so() {
    let (service, health) = start_fragile();
    service.record("/subjects", &json!({ "subject": "ann", "born": "1990-05-01" }));
    let consent = |state: &str| json!({ "subject": "ann", "purpose": "marketing", "state": state });
    service.record("/consents", &consent("granted"));
    assert_eq!(service.effect("ann", &using("marketing")), "allow");
    set(&health, Health::Forgetful);
    let (status, answer) = service.post("/consents", &consent("withdrawn"));
    assert_eq!((status, &answer["error"]["code"]), (503, &json!("store_failed")));
    assert_eq!(service.effect("ann", &using("marketing")), "deny");
}
