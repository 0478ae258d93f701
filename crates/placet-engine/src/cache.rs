//! The cache: what resolvers fetched, for as long as it may be used, and the fetches on their way.
//!
//! A fact that was taken back must count at once. Each fact carries the moment at which its fetch *began*, and forgetting
//! notes a moment of its own: what began before it is not used by anyone who asks after it, be it kept or still on its
//! way. Moments are counted, not measured.

use crate::in_flight::{InFlight, Outcome};
use crate::sync::{Arc, Mutex, MutexGuard};
use lru::LruCache;
use smallvec::SmallVec;
use std::collections::HashMap;
use std::hash::Hash;
use std::num::NonZeroUsize;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

/// How many things a part of the store remembers to have forgotten, for each key that it can keep; beyond that it
/// forgets all that it keeps.
const INVALIDATIONS_PER_ENTRY: usize = 4;

/// Of how many places the hits stand beside the lock.
const INLINE_SLOTS: usize = 8;

/// What is looked for: a key, or what is as good as one.
pub(crate) trait CacheKey<K> {
    /// What the facts under it are about: forgetting one of these forgets them. Two that differ may be the same here, at
    /// the cost of forgetting more.
    fn about(&self) -> impl Iterator<Item = u64>;

    /// The hash of the key, by which it is found. Nobody outside the process can choose it.
    fn spread(&self) -> u64;

    /// Whether it is this key.
    fn is(&self, key: &K) -> bool;
}

/// What facts are kept under, whoever says them.
pub(crate) trait OwnedCacheKey: CacheKey<Self> + Hash + Eq + Clone {}

impl<K: CacheKey<K> + Hash + Eq + Clone> OwnedCacheKey for K {}

/// Facts by their keys, and under a key by their places, one for each who says something of it; shared between threads.
#[derive(Debug)]
pub(crate) struct ShardedCache<K: OwnedCacheKey, V: Clone, E: Clone> {
    /// Each with the keys of a share of all hashes, so that threads seldom wait for each other.
    parts: Box<[Mutex<Shard<K, V, E>>]>,
}

#[derive(Debug)]
struct Shard<K: OwnedCacheKey, V: Clone, E: Clone> {
    /// By place, how often a fact was given from what is kept. Counted here, where the lock is held anyhow: a count that
    /// all threads raise costs each of them more than that.
    hits: SmallVec<[u64; INLINE_SLOTS]>,
    /// By the hashes of their keys. Of two keys with one hash, which are hardly ever met, the later counts.
    shelves: LruCache<u64, Entry<K, V>>,
    /// How often a shelf was put before all others.
    moves: u64,
    flights: HashMap<(K, usize), Flying<V, E>>,
    /// The moment now: how often something was forgotten.
    now: u64,
    /// When each thing was forgotten last.
    forgotten: HashMap<u64, u64>,
    /// What began before this is forgotten, whatever it is about.
    all_forgotten: u64,
}

/// The facts under one key.
#[derive(Debug)]
struct Entry<K, V> {
    key: K,
    /// How many moves there had been when it was put before all others.
    moved: u64,
    facts: Vec<Slot<V>>,
}

#[derive(Debug)]
struct Slot<V> {
    /// Of who says it.
    place: usize,
    value: V,
    began: u64,
    until: Instant,
}

/// What became of a fact that is kept.
#[derive(Debug)]
pub(crate) enum Touch<V> {
    /// Nothing.
    Unwanted,
    /// It was used.
    AsIs,
    /// It was used, and this takes its place: the same, seen anew. It may be used for as long.
    Anew(V),
}

impl<V> Slot<V> {
    /// Whether it may be used at an instant by who does not know what began before `since`.
    fn is_current(&self, since: u64, at: Instant) -> bool {
        self.began >= since && at < self.until
    }
}

#[derive(Debug)]
struct Flying<V, E> {
    flight: Arc<InFlight<Result<V, E>>>,
    began: u64,
    began_at: Instant,
}

/// What there is under a key.
#[derive(Debug)]
pub(crate) enum Lookup<K: OwnedCacheKey, V: Clone, E: Clone> {
    /// A fact.
    Kept(V),
    /// A fetch that is on its way.
    Wait(Arc<InFlight<Result<V, E>>>),
    /// Nothing: who asked has to fetch it.
    Fetch(FetchGuard<K, V, E>),
}

impl<K: OwnedCacheKey, V: Clone, E: Clone> ShardedCache<K, V, E> {
    /// A store of the facts under so many keys, at so many places each, in so many parts.
    pub(crate) fn new(capacity: NonZeroUsize, places: usize, parts: NonZeroUsize) -> Self {
        let each = NonZeroUsize::new(capacity.get().div_ceil(parts.get())).unwrap_or(NonZeroUsize::MIN);
        let part = || {
            Mutex::new(Shard {
                hits: SmallVec::from_elem(0, places),
                shelves: LruCache::new(each),
                moves: 0,
                flights: HashMap::new(),
                now: 0,
                forgotten: HashMap::new(),
                all_forgotten: 0,
            })
        };
        Self { parts: (0..parts.get()).map(|_| part()).collect() }
    }

    fn part(&self, key: &impl CacheKey<K>) -> Option<MutexGuard<'_, Shard<K, V, E>>> {
        // As far into the parts as the hash is into all hashes: no division (Lemire, *Fast random integer generation in an
        // interval*, 2019).
        let at = (u128::from(key.spread()) * self.parts.len() as u128) >> u64::BITS;
        self.parts.get(at as usize).map(lock)
    }

    /// Shows the facts that are kept under a key, each after its place. Others who look for facts may wait meanwhile.
    pub(crate) fn kept(&self, key: &impl CacheKey<K>, at: Instant, show: impl FnMut(usize, &V) -> Touch<V>) {
        if let Some(mut part) = self.part(key) {
            part.kept(key, at, show);
        }
    }

    /// What there is under a key at a place. A fetch that has been on its way for longer than `patience` is not waited
    /// for.
    pub(crate) fn look(
        store: &Arc<Self>,
        key: &K,
        place: usize,
        at: Instant,
        patience: Duration,
    ) -> Lookup<K, V, E> {
        let asked = (key.clone(), place);
        let ticket =
            |key| FetchGuard { store: store.clone(), key, flight: Arc::new(InFlight::new()), began_at: at };
        // INVARIANT: there is a part for each hash.
        let Some(mut part) = store.part(key) else { return Lookup::Fetch(ticket(asked)) };
        let mut kept = None;
        part.kept(key, at, |other, value| {
            if other != place {
                return Touch::Unwanted;
            }
            kept = Some(value.clone());
            Touch::AsIs
        });
        if let Some(value) = kept {
            return Lookup::Kept(value);
        }
        if let Some(flying) = part.flights.get(&asked)
            && flying.began >= part.since(key)
            && at.saturating_duration_since(flying.began_at) <= patience
        {
            return Lookup::Wait(flying.flight.clone());
        }
        let ticket = ticket(asked);
        let flying = Flying { flight: ticket.flight.clone(), began: part.now, began_at: at };
        part.flights.insert(ticket.key.clone(), flying);
        Lookup::Fetch(ticket)
    }

    /// Forgets all facts about something: once this returns, nobody who asks gets one whose fetch began before.
    pub(crate) fn invalidate(&self, about: u64) {
        self.parts.iter().for_each(|part| lock(part).invalidate(about));
    }

    /// Forgets all facts.
    pub(crate) fn invalidate_all(&self) {
        self.parts.iter().for_each(|part| lock(part).invalidate_all());
    }

    /// How often a fact of a place was given from what is kept.
    pub(crate) fn hits(&self, place: usize) -> u64 {
        self.parts.iter().filter_map(|part| lock(part).hits.get(place).copied()).sum()
    }

    /// Under how many keys facts are kept, those among them that may not be used any more.
    pub(crate) fn len(&self) -> usize {
        self.parts.iter().map(|part| lock(part).shelves.len()).sum()
    }
}

fn lock<T>(part: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that runs under the lock can panic and leave it half done.
    part.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<K: OwnedCacheKey, V: Clone, E: Clone> Shard<K, V, E> {
    /// What began before this moment is forgotten, under a key.
    fn since(&self, key: &impl CacheKey<K>) -> u64 {
        if self.forgotten.is_empty() {
            return self.all_forgotten;
        }
        key.about().filter_map(|about| self.forgotten.get(&about)).fold(self.all_forgotten, |a, b| a.max(*b))
    }

    fn kept(&mut self, key: &impl CacheKey<K>, at: Instant, mut show: impl FnMut(usize, &V) -> Touch<V>) {
        let (hash, since) = (key.spread(), self.since(key));
        // Putting a shelf before all others writes to its neighbours, which threads would take from each other for each
        // look. One before which there is no more than half of what fits is far from being dropped.
        let far = self.shelves.cap().get() as u64 / 2;
        let Some(shelf) = self.shelves.peek_mut(&hash).filter(|shelf| key.is(&shelf.key)) else { return };
        let mut is_empty = true;
        for kept in shelf.facts.iter_mut().filter(|kept| kept.is_current(since, at)) {
            is_empty = false;
            match show(kept.place, &kept.value) {
                Touch::Unwanted => continue,
                Touch::AsIs => {}
                Touch::Anew(value) => kept.value = value,
            }
            if let Some(hits) = self.hits.get_mut(kept.place) {
                *hits += 1;
            }
        }
        if is_empty {
            self.shelves.pop(&hash);
        } else if self.moves - shelf.moved >= far {
            self.moves += 1;
            shelf.moved = self.moves;
            self.shelves.promote(&hash);
        }
    }

    fn put(&mut self, key: &K, kept: Slot<V>) {
        let empty = || Entry { key: key.clone(), moved: 0, facts: Vec::new() };
        let shelf = self.shelves.get_or_insert_mut(key.spread(), empty);
        if !key.is(&shelf.key) {
            *shelf = empty();
        }
        self.moves += 1;
        shelf.moved = self.moves;
        match shelf.facts.iter_mut().find(|other| other.place == kept.place) {
            Some(other) => *other = kept,
            None => shelf.facts.push(kept),
        }
    }

    fn invalidate(&mut self, about: u64) {
        self.now += 1;
        if self.forgotten.len() >= self.shelves.cap().get().saturating_mul(INVALIDATIONS_PER_ENTRY) {
            self.invalidate_all();
        } else {
            self.forgotten.insert(about, self.now);
        }
    }

    fn invalidate_all(&mut self) {
        self.now += 1;
        self.all_forgotten = self.now;
        self.forgotten.clear();
        self.shelves.clear();
    }
}

/// The duty to fetch a fact: others wait for it. Dropped, the duty goes to the next one who asks.
#[derive(Debug)]
pub(crate) struct FetchGuard<K: OwnedCacheKey, V: Clone, E: Clone> {
    store: Arc<ShardedCache<K, V, E>>,
    key: (K, usize),
    flight: Arc<InFlight<Result<V, E>>>,
    began_at: Instant,
}

impl<K: OwnedCacheKey, V: Clone, E: Clone> FetchGuard<K, V, E> {
    /// What is on its way.
    pub(crate) fn flight(&self) -> Arc<InFlight<Result<V, E>>> {
        self.flight.clone()
    }

    /// Ends the fetch. A fact is kept for so long from when the fetch began; what went wrong is not kept.
    pub(crate) fn complete(self, result: Result<V, E>, keep_for: Option<Duration>) {
        let until = keep_for.and_then(|time| self.began_at.checked_add(time));
        self.leave(result.as_ref().ok().zip(until));
        self.flight.complete(Outcome::With(result));
    }

    /// Takes the fetch from those on their way, and keeps the fact, if nobody has forgotten it since, and nobody began
    /// to fetch it anew.
    fn leave(&self, fact: Option<(&V, Instant)>) {
        let (key, place) = &self.key;
        let Some(mut part) = self.store.part(key) else { return };
        let Some(flying) = part.flights.get(&self.key) else { return };
        if !Arc::ptr_eq(&flying.flight, &self.flight) {
            return;
        }
        let began = flying.began;
        part.flights.remove(&self.key);
        if let Some((value, until)) = fact
            && began >= part.since(key)
        {
            part.put(key, Slot { place: *place, value: value.clone(), began, until });
        }
    }
}

impl<K: OwnedCacheKey, V: Clone, E: Clone> Drop for FetchGuard<K, V, E> {
    fn drop(&mut self) {
        // After `complete` there is nothing left to leave, and what lands second says nothing.
        self.leave(None);
        self.flight.complete(Outcome::Abandoned);
    }
}
