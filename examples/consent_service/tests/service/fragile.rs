//! A store that can be made to fail.

use crate::client::{Running, start_with};
use placet_consent_service::Service;
use placet_consent_service::store::{Event, Instant, Mark, Person, Standing, State, Store, StoreError, open};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// The timeout of decisions for this store.
const TIMEOUT: Duration = Duration::from_millis(200);

/// The state of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Health {
    Well,
    Down,
    Panicking,
    /// It writes, and then returns an error.
    Forgetful,
    /// It reads, and returns the result once it is well again.
    Slow,
    /// It returns this date of birth for everybody.
    Birthdays(&'static str),
    /// It returns withdrawals in the future.
    Foreboding,
}

/// A switch for the state of the store.
#[derive(Clone)]
pub(crate) struct Switch(Arc<(Mutex<(Health, usize)>, Condvar)>);

impl Switch {
    /// Changes the state of the store.
    pub(crate) fn turn(&self, to: Health) {
        self.0.0.lock().unwrap().0 = to;
        self.0.1.notify_all();
    }

    /// Waits until no caller waits for a slow store any more.
    pub(crate) fn until_all_is_told(&self) {
        let (state, change) = &*self.0;
        drop(change.wait_while(state.lock().unwrap(), |(_, waiting)| *waiting > 0).unwrap());
    }

    fn health(&self) -> Health {
        self.0.0.lock().unwrap().0
    }

    fn wait(&self) {
        let (state, change) = &*self.0;
        let mut state = state.lock().unwrap();
        state.1 += 1;
        state = change.wait_while(state, |(health, _)| *health == Health::Slow).unwrap();
        state.1 -= 1;
        change.notify_all();
    }
}

struct Fragile {
    store: Arc<dyn Store>,
    switch: Switch,
}

fn failure() -> StoreError {
    StoreError::Garbage { what: "store", text: "that is down".to_owned() }
}

impl Fragile {
    fn alive(&self) -> Result<(), StoreError> {
        match self.switch.health() {
            Health::Down => Err(failure()),
            Health::Panicking => panic!("the store panics"),
            _ => Ok(()),
        }
    }

    fn read<T>(&self, read: impl FnOnce(&dyn Store) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.alive()?;
        let read = read(&*self.store);
        self.switch.wait();
        read
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
        self.alive()?;
        let appended = self.store.append(subject, events, now, new)?;
        if self.switch.health() == Health::Forgetful { Err(failure()) } else { Ok(appended) }
    }

    fn consent(&self, subject: &str, purpose: &str, as_of: Instant) -> Result<Option<Standing>, StoreError> {
        let standing = self.read(|store| store.consent(subject, purpose, as_of))?;
        Ok(match self.switch.health() {
            Health::Foreboding => Some(Standing::Said { state: State::Withdrawn, since: Instant::LAST }),
            _ => standing,
        })
    }

    fn person(&self, subject: &str, as_of: Instant) -> Result<Option<Person>, StoreError> {
        let person = self.read(|store| store.person(subject, as_of))?;
        Ok(match self.switch.health() {
            Health::Birthdays(day) => Some(Person { born: day.parse().ok(), guardian_permission: true }),
            _ => person,
        })
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

/// Starts a service over such a store, which is well at first.
pub(crate) fn start_fragile() -> (Running, Switch) {
    let switch = Switch(Arc::new((Mutex::new((Health::Well, 0)), Condvar::new())));
    let given = switch.clone();
    let service = start_with(move |options| {
        let store = open(options.store_location()).unwrap();
        Service::over(Arc::new(Fragile { store, switch: given }), &options.clone().timeout(TIMEOUT)).unwrap()
    });
    (service, switch)
}
