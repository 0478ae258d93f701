//! The cache of fetched facts, and the fetches in flight.
//!
//! A withdrawn fact must stop being used at once. Each shard therefore has an epoch, a counter that every invalidation
//! increments. A slot stores the epoch in which its fetch *began*, and an invalidation stores the epoch that it
//! created. A lookup ignores slots and fetches that began before the last invalidation of any value in their key.
//! Epochs are counters rather than clock times, so the order never depends on the resolution of a clock.
//!
//! The layout is: shard → entry (one for each key) → slot (one for each resolver). `tests/races.rs` compiles this file
//! with the locks of a model checker and explores the interleavings.

use crate::in_flight::{InFlight, Outcome};
use crate::sync::{Arc, Mutex, MutexGuard};
use lru::LruCache;
use smallvec::SmallVec;
use std::collections::HashMap;
use std::hash::Hash;
use std::num::NonZeroUsize;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

/// The number of invalidations that a shard remembers for each entry that fits. Beyond that it drops everything, since
/// remembering invalidations must take bounded memory.
const INVALIDATIONS_PER_ENTRY: usize = 4;

/// The number of resolvers whose hit counters are stored inline.
const INLINE_SLOTS: usize = 8;

/// A key to look up: an owned key, or a borrowed view of one that needs no allocation.
pub(crate) trait CacheKey<K> {
    /// Returns a hash for each value in the key. Invalidating one of these hashes invalidates the entry. A collision is
    /// safe: it only invalidates more.
    fn about(&self) -> impl Iterator<Item = u64>;

    /// Returns the hash of the whole key. It must be seeded, so that nobody outside the process can choose collisions.
    fn spread(&self) -> u64;

    /// Returns true if this view stands for the given key.
    fn is(&self, key: &K) -> bool;
}

/// A key that the cache can own.
pub(crate) trait OwnedCacheKey: CacheKey<Self> + Hash + Eq + Clone {}

impl<K: CacheKey<K> + Hash + Eq + Clone> OwnedCacheKey for K {}

/// A sharded cache, shared between threads: key → one slot per resolver.
#[derive(Debug)]
pub(crate) struct ShardedCache<K: OwnedCacheKey, V: Clone, E: Clone> {
    /// Each shard holds an equal range of the hashes, so that threads seldom contend for a lock.
    shards: Box<[Mutex<Shard<K, V, E>>]>,
}

#[derive(Debug)]
struct Shard<K: OwnedCacheKey, V: Clone, E: Clone> {
    /// The number of cache hits, by slot index. They are counted under the lock, which is held anyway. An atomic
    /// counter that all threads increment would cost each of them more.
    hits: SmallVec<[u64; INLINE_SLOTS]>,
    /// The entries, by the hash of their key. Two keys with one hash overwrite each other: that is rare, and costs a
    /// fetch.
    entries: LruCache<u64, Entry<K, V>>,
    /// The number of promotions so far.
    promotions: u64,
    in_flight: HashMap<(K, usize), FetchInFlight<V, E>>,
    /// The epoch: the number of invalidations so far.
    epoch: u64,
    /// The epoch in which each hash was last invalidated.
    invalidated: HashMap<u64, u64>,
    /// The epoch in which everything was last invalidated.
    all_invalidated: u64,
}

/// The facts stored under one key.
#[derive(Debug)]
struct Entry<K, V> {
    key: K,
    /// The value of `Shard::promotions` when this entry was last promoted.
    promoted_at: u64,
    facts: Vec<Slot<V>>,
}

/// A cached fact.
#[derive(Debug)]
struct Slot<V> {
    /// The slot index, which identifies the resolver.
    index: usize,
    value: V,
    /// The epoch in which the fetch began.
    began: u64,
    /// The end of the fact's time to live.
    until: Instant,
}

/// The effect of a lookup on a cached fact.
#[derive(Debug)]
pub(crate) enum Touch<V> {
    /// The fact was skipped: it is no hit.
    Unwanted,
    /// The fact was used.
    AsIs,
    /// The fact was used, and is replaced by an equal one that another policy version validated. The time to live
    /// stays.
    Anew(V),
}

impl<V> Slot<V> {
    /// Returns true if the fact is alive at `at`, and its fetch began in epoch `since` or later.
    fn is_current(&self, since: u64, at: Instant) -> bool {
        self.began >= since && at < self.until
    }
}

/// A fetch in flight, with the epoch and the time of its start.
#[derive(Debug)]
struct FetchInFlight<V, E> {
    flight: Arc<InFlight<Result<V, E>>>,
    began: u64,
    began_at: Instant,
}

/// The result of looking up one slot.
#[derive(Debug)]
pub(crate) enum Lookup<K: OwnedCacheKey, V: Clone, E: Clone> {
    /// A cached fact.
    Kept(V),
    /// A fetch in flight, to wait for.
    Wait(Arc<InFlight<Result<V, E>>>),
    /// Nothing. The caller has to fetch the fact, and holds the guard meanwhile.
    Fetch(FetchGuard<K, V, E>),
}

impl<K: OwnedCacheKey, V: Clone, E: Clone> ShardedCache<K, V, E> {
    /// Creates a cache for `capacity` keys with `slots` resolvers, divided into `shards`.
    pub(crate) fn new(capacity: NonZeroUsize, slots: usize, shards: NonZeroUsize) -> Self {
        let each = NonZeroUsize::new(capacity.get().div_ceil(shards.get())).unwrap_or(NonZeroUsize::MIN);
        let shard = || {
            Mutex::new(Shard {
                hits: SmallVec::from_elem(0, slots),
                entries: LruCache::new(each),
                promotions: 0,
                in_flight: HashMap::new(),
                epoch: 0,
                invalidated: HashMap::new(),
                all_invalidated: 0,
            })
        };
        Self { shards: (0..shards.get()).map(|_| shard()).collect() }
    }

    fn shard(&self, key: &impl CacheKey<K>) -> Option<MutexGuard<'_, Shard<K, V, E>>> {
        // Scales the hash to the number of shards without a division (Lemire, *Fast random integer generation in an
        // interval*, 2019).
        let index = (u128::from(key.spread()) * self.shards.len() as u128) >> u64::BITS;
        self.shards.get(index as usize).map(lock)
    }

    /// Calls `show` with the index and the value of each live fact under a key. It runs under the shard's lock, so it
    /// should be quick.
    pub(crate) fn kept(&self, key: &impl CacheKey<K>, at: Instant, show: impl FnMut(usize, &V) -> Touch<V>) {
        if let Some(mut shard) = self.shard(key) {
            shard.kept(key, at, show);
        }
    }

    /// Looks up one slot, and registers a fetch if it is empty. A fetch that has been in flight for longer than
    /// `timeout` isn't waited for; the caller starts another one.
    pub(crate) fn look(
        cache: &Arc<Self>,
        key: &K,
        index: usize,
        at: Instant,
        timeout: Duration,
    ) -> Lookup<K, V, E> {
        let asked = (key.clone(), index);
        let guard =
            |key| FetchGuard { cache: cache.clone(), key, flight: Arc::new(InFlight::new()), began_at: at };
        // INVARIANT: every hash belongs to a shard.
        let Some(mut shard) = cache.shard(key) else { return Lookup::Fetch(guard(asked)) };
        let mut kept = None;
        shard.kept(key, at, |other, value| {
            if other != index {
                return Touch::Unwanted;
            }
            kept = Some(value.clone());
            Touch::AsIs
        });
        if let Some(value) = kept {
            return Lookup::Kept(value);
        }
        // A fetch that began before an invalidation may return a withdrawn fact, so this caller can't share it.
        if let Some(flying) = shard.in_flight.get(&asked)
            && flying.began >= shard.since(key)
            && at.saturating_duration_since(flying.began_at) <= timeout
        {
            return Lookup::Wait(flying.flight.clone());
        }
        let guard = guard(asked);
        let flying = FetchInFlight { flight: guard.flight.clone(), began: shard.epoch, began_at: at };
        shard.in_flight.insert(guard.key.clone(), flying);
        Lookup::Fetch(guard)
    }

    /// Invalidates all facts about a hash. Once this returns, no new lookup gets a fact whose fetch began before.
    pub(crate) fn invalidate(&self, about: u64) {
        self.shards.iter().for_each(|shard| lock(shard).invalidate(about));
    }

    /// Invalidates all facts.
    pub(crate) fn invalidate_all(&self) {
        self.shards.iter().for_each(|shard| lock(shard).invalidate_all());
    }

    /// Returns the number of cache hits of a slot index.
    pub(crate) fn hits(&self, index: usize) -> u64 {
        self.shards.iter().filter_map(|shard| lock(shard).hits.get(index).copied()).sum()
    }

    /// Returns the number of keys with cached facts. It includes expired facts, which are removed when they are looked
    /// up.
    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).entries.len()).sum()
    }
}

fn lock<T>(shard: &Mutex<T>) -> MutexGuard<'_, T> {
    // No code that runs under the lock can panic halfway through a change, so a poisoned lock is safe to use.
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<K: OwnedCacheKey, V: Clone, E: Clone> Shard<K, V, E> {
    /// Returns the epoch of the last invalidation that concerns a key.
    fn since(&self, key: &impl CacheKey<K>) -> u64 {
        // Most services seldom invalidate: this skips hashing each value of the key.
        if self.invalidated.is_empty() {
            return self.all_invalidated;
        }
        key.about()
            .filter_map(|about| self.invalidated.get(&about))
            .fold(self.all_invalidated, |a, b| a.max(*b))
    }

    fn kept(&mut self, key: &impl CacheKey<K>, at: Instant, mut show: impl FnMut(usize, &V) -> Touch<V>) {
        let (hash, since) = (key.spread(), self.since(key));
        // Promotion dirties neighbouring list nodes, and with them cache lines of other cores. An entry in the newer
        // half is far from eviction, so only entries in the older half are promoted.
        let older_half = self.entries.cap().get() as u64 / 2;
        let Some(entry) = self.entries.peek_mut(&hash).filter(|entry| key.is(&entry.key)) else { return };
        let mut is_empty = true;
        for kept in entry.facts.iter_mut().filter(|kept| kept.is_current(since, at)) {
            is_empty = false;
            match show(kept.index, &kept.value) {
                Touch::Unwanted => continue,
                Touch::AsIs => {}
                Touch::Anew(value) => kept.value = value,
            }
            if let Some(hits) = self.hits.get_mut(kept.index) {
                *hits += 1;
            }
        }
        if is_empty {
            // Nothing is alive under this key any more, so its memory is freed before the cache is full.
            self.entries.pop(&hash);
        } else if self.promotions - entry.promoted_at >= older_half {
            self.promotions += 1;
            entry.promoted_at = self.promotions;
            self.entries.promote(&hash);
        }
    }

    fn put(&mut self, key: &K, kept: Slot<V>) {
        let empty = || Entry { key: key.clone(), promoted_at: 0, facts: Vec::new() };
        let entry = self.entries.get_or_insert_mut(key.spread(), empty);
        // Another key has the same hash. Its facts must never be returned for this one.
        if !key.is(&entry.key) {
            *entry = empty();
        }
        self.promotions += 1;
        entry.promoted_at = self.promotions;
        match entry.facts.iter_mut().find(|other| other.index == kept.index) {
            Some(other) => *other = kept,
            None => entry.facts.push(kept),
        }
    }

    fn invalidate(&mut self, about: u64) {
        self.epoch += 1;
        // Starting over is always safe: invalidating everything includes every remembered invalidation.
        if self.invalidated.len() >= self.entries.cap().get().saturating_mul(INVALIDATIONS_PER_ENTRY) {
            self.invalidate_all();
        } else {
            // The entries stay until they are looked up: they are stored by the hash of the whole key, so finding
            // those about one value would mean searching all.
            self.invalidated.insert(about, self.epoch);
        }
    }

    fn invalidate_all(&mut self) {
        self.epoch += 1;
        self.all_invalidated = self.epoch;
        self.invalidated.clear();
        self.entries.clear();
    }
}

/// The exclusive right to fetch a fact, while others wait for it. Dropping the guard hands the fetch to the next
/// caller.
#[derive(Debug)]
pub(crate) struct FetchGuard<K: OwnedCacheKey, V: Clone, E: Clone> {
    cache: Arc<ShardedCache<K, V, E>>,
    key: (K, usize),
    flight: Arc<InFlight<Result<V, E>>>,
    began_at: Instant,
}

impl<K: OwnedCacheKey, V: Clone, E: Clone> FetchGuard<K, V, E> {
    /// Returns the fetch in flight.
    pub(crate) fn flight(&self) -> Arc<InFlight<Result<V, E>>> {
        self.flight.clone()
    }

    /// Ends the fetch and wakes the waiters. A fact is cached for `time_to_live` from the start of its fetch. Errors
    /// aren't cached.
    pub(crate) fn complete(self, result: Result<V, E>, time_to_live: Option<Duration>) {
        let until = time_to_live.and_then(|time| self.began_at.checked_add(time));
        self.leave(result.as_ref().ok().zip(until));
        self.flight.complete(Outcome::With(result));
    }

    /// Removes the fetch from those in flight. Caches the fact unless it was invalidated since, or another fetch
    /// replaced this one.
    fn leave(&self, fact: Option<(&V, Instant)>) {
        let (key, index) = &self.key;
        let Some(mut shard) = self.cache.shard(key) else { return };
        let Some(flying) = shard.in_flight.get(&self.key) else { return };
        // A newer fetch replaced this one, because this one exceeded its timeout or was invalidated. The newer result
        // wins.
        if !Arc::ptr_eq(&flying.flight, &self.flight) {
            return;
        }
        let began = flying.began;
        shard.in_flight.remove(&self.key);
        // The waiters still get an invalidated fact, because they asked before the invalidation. The cache must not.
        if let Some((value, until)) = fact
            && began >= shard.since(key)
        {
            shard.put(key, Slot { index: *index, value: value.clone(), began, until });
        }
    }
}

impl<K: OwnedCacheKey, V: Clone, E: Clone> Drop for FetchGuard<K, V, E> {
    fn drop(&mut self) {
        // After `complete`, both calls have no effect: the fetch is no longer registered, and the first outcome stays.
        self.leave(None);
        self.flight.complete(Outcome::Abandoned);
    }
}
