//! The cache: what resolvers fetched, for as long as it may be used, and the fetches on their way.
//!
//! A fact that was taken back must count at once. Each fact carries the moment at which its fetch *began*, and forgetting
//! notes a moment of its own: what began before it is not used by anyone who asks after it, be it kept or still on its
//! way. Moments are counted, not measured.

use crate::flight::{Flight, Landing};
use crate::sync::{Arc, Mutex, MutexGuard};
use lru::LruCache;
use std::collections::HashMap;
use std::hash::Hash;
use std::num::NonZeroUsize;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

/// How many things a part of the store remembers to have forgotten, for each fact that it can keep; beyond that it
/// forgets all that it keeps.
const FORGOTTEN_FOR_EACH: usize = 4;

/// What facts are kept under.
pub(crate) trait Key: Hash + Eq + Clone {
    /// What the fact is about: forgetting one of these forgets the fact. Two that differ may be the same here, at the
    /// cost of forgetting more.
    fn about(&self) -> impl Iterator<Item = u64>;

    /// A hash by which keys are spread. Nobody outside the process can choose it.
    fn spread(&self) -> u64;
}

/// Facts by their keys, shared between threads.
#[derive(Debug)]
pub(crate) struct Store<K: Key, V: Clone, E: Clone> {
    /// Each with the keys of a share of all hashes, so that threads seldom wait for each other.
    parts: Box<[Mutex<Part<K, V, E>>]>,
}

#[derive(Debug)]
struct Part<K: Key, V: Clone, E: Clone> {
    facts: LruCache<K, Kept<V>>,
    flights: HashMap<K, Flying<V, E>>,
    /// The moment now: how often something was forgotten.
    now: u64,
    /// When each thing was forgotten last.
    forgotten: HashMap<u64, u64>,
    /// What began before this is forgotten, whatever it is about.
    all_forgotten: u64,
}

#[derive(Debug)]
struct Kept<V> {
    value: V,
    began: u64,
    until: Instant,
}

#[derive(Debug)]
struct Flying<V, E> {
    flight: Arc<Flight<Result<V, E>>>,
    began: u64,
    began_at: Instant,
}

/// What there is under a key.
#[derive(Debug)]
pub(crate) enum Look<K: Key, V: Clone, E: Clone> {
    /// A fact.
    Kept(V),
    /// A fetch that is on its way.
    Wait(Arc<Flight<Result<V, E>>>),
    /// Nothing: who asked has to fetch it.
    Fetch(Ticket<K, V, E>),
}

impl<K: Key, V: Clone, E: Clone> Store<K, V, E> {
    /// A store of so many facts in about as many parts.
    pub(crate) fn new(capacity: NonZeroUsize, parts: NonZeroUsize) -> Self {
        let each = NonZeroUsize::new(capacity.get().div_ceil(parts.get())).unwrap_or(NonZeroUsize::MIN);
        let part = || {
            Mutex::new(Part {
                facts: LruCache::new(each),
                flights: HashMap::new(),
                now: 0,
                forgotten: HashMap::new(),
                all_forgotten: 0,
            })
        };
        Self { parts: (0..parts.get()).map(|_| part()).collect() }
    }

    fn part(&self, key: &K) -> Option<MutexGuard<'_, Part<K, V, E>>> {
        // As far into the parts as the hash is into all hashes: no division (Lemire, *Fast random integer generation in an
        // interval*, 2019).
        let at = (u128::from(key.spread()) * self.parts.len() as u128) >> u64::BITS;
        self.parts.get(at as usize).map(lock)
    }

    /// The fact under a key, if it is kept.
    pub(crate) fn kept(&self, key: &K, at: Instant) -> Option<V> {
        self.part(key)?.kept(key, at)
    }

    /// What there is under a key. A fetch that has been on its way for longer than `patience` is not waited for.
    pub(crate) fn look(store: &Arc<Self>, key: &K, at: Instant, patience: Duration) -> Look<K, V, E> {
        let ticket = || Ticket {
            store: store.clone(),
            key: key.clone(),
            flight: Arc::new(Flight::new()),
            began_at: at,
        };
        // INVARIANT: there is a part for each hash.
        let Some(mut part) = store.part(key) else { return Look::Fetch(ticket()) };
        if let Some(value) = part.kept(key, at) {
            return Look::Kept(value);
        }
        if let Some(flying) = part.flights.get(key)
            && part.is_current(key, flying.began)
            && at.saturating_duration_since(flying.began_at) <= patience
        {
            return Look::Wait(flying.flight.clone());
        }
        let ticket = ticket();
        let flying = Flying { flight: ticket.flight.clone(), began: part.now, began_at: at };
        part.flights.insert(key.clone(), flying);
        Look::Fetch(ticket)
    }

    /// Forgets all facts about something: once this returns, nobody who asks gets one whose fetch began before.
    pub(crate) fn forget(&self, about: u64) {
        self.parts.iter().for_each(|part| lock(part).forget(about));
    }

    /// Forgets all facts.
    pub(crate) fn forget_all(&self) {
        self.parts.iter().for_each(|part| lock(part).forget_all());
    }

    /// How many facts are kept, those among them that may not be used any more.
    pub(crate) fn len(&self) -> usize {
        self.parts.iter().map(|part| lock(part).facts.len()).sum()
    }
}

fn lock<T>(part: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that runs under the lock can panic and leave it half done.
    part.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<K: Key, V: Clone, E: Clone> Part<K, V, E> {
    /// Whether what began at a moment has not been forgotten since.
    fn is_current(&self, key: &K, began: u64) -> bool {
        let is_older = |about: u64| self.forgotten.get(&about).is_some_and(|moment| *moment > began);
        began >= self.all_forgotten && (self.forgotten.is_empty() || !key.about().any(is_older))
    }

    fn kept(&mut self, key: &K, at: Instant) -> Option<V> {
        let kept = self.facts.get(key)?;
        let (began, is_fresh, value) = (kept.began, at < kept.until, kept.value.clone());
        if is_fresh && self.is_current(key, began) {
            return Some(value);
        }
        self.facts.pop(key);
        None
    }

    fn forget(&mut self, about: u64) {
        self.now += 1;
        if self.forgotten.len() >= self.facts.cap().get().saturating_mul(FORGOTTEN_FOR_EACH) {
            self.forget_all();
        } else {
            self.forgotten.insert(about, self.now);
        }
    }

    fn forget_all(&mut self) {
        self.now += 1;
        self.all_forgotten = self.now;
        self.forgotten.clear();
        self.facts.clear();
    }
}

/// The duty to fetch a fact: others wait for it. Dropped, the duty goes to the next one who asks.
#[derive(Debug)]
pub(crate) struct Ticket<K: Key, V: Clone, E: Clone> {
    store: Arc<Store<K, V, E>>,
    key: K,
    flight: Arc<Flight<Result<V, E>>>,
    began_at: Instant,
}

impl<K: Key, V: Clone, E: Clone> Ticket<K, V, E> {
    /// What is on its way.
    pub(crate) fn flight(&self) -> Arc<Flight<Result<V, E>>> {
        self.flight.clone()
    }

    /// Ends the fetch. A fact is kept for so long from when the fetch began; what went wrong is not kept.
    pub(crate) fn complete(self, result: Result<V, E>, keep_for: Option<Duration>) {
        let until = keep_for.and_then(|time| self.began_at.checked_add(time));
        let kept = result.as_ref().ok().cloned().zip(until);
        self.leave(kept);
        self.flight.land(Landing::With(result));
    }

    /// Takes the fetch from those on their way, and keeps the fact, if nobody has forgotten it since, and nobody began
    /// to fetch it anew.
    fn leave(&self, fact: Option<(V, Instant)>) {
        let Some(mut part) = self.store.part(&self.key) else { return };
        let Some(flying) = part.flights.get(&self.key) else { return };
        if !Arc::ptr_eq(&flying.flight, &self.flight) {
            return;
        }
        let began = flying.began;
        part.flights.remove(&self.key);
        if let Some((value, until)) = fact
            && part.is_current(&self.key, began)
        {
            part.facts.put(self.key.clone(), Kept { value, began, until });
        }
    }
}

impl<K: Key, V: Clone, E: Clone> Drop for Ticket<K, V, E> {
    fn drop(&mut self) {
        // After `complete` there is nothing left to leave, and what lands second says nothing.
        self.leave(None);
        self.flight.land(Landing::Abandoned);
    }
}
