//! Races in the cache: a model checker runs every interleaving of a few threads, up to a number of preemptions.
//!
//! This test compiles `cache.rs` and `in_flight.rs` again, with the model checker's locks instead of those of the
//! standard library, so it checks the code itself. (Loom, after Norris and Demsky, *CDSChecker*, OOPSLA 2013.)

#![allow(dead_code, reason = "each test binary uses a part")]

#[path = "../src/cache.rs"]
mod cache;
#[path = "../src/in_flight.rs"]
mod in_flight;

mod sync {
    pub(crate) use loom::sync::{Arc, Mutex, MutexGuard};
}

use cache::{Lookup, ShardedCache, Touch};
use in_flight::{InFlight, Outcome};
use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use loom::thread;
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};
use sync::Arc;

const MINUTE: Duration = Duration::from_secs(60);
const GRANTED: usize = 1;
const WITHDRAWN: usize = 2;

/// A cache key: the subject of a fact.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Subject(u64);

impl cache::CacheKey<Self> for Subject {
    fn about(&self) -> impl Iterator<Item = u64> {
        std::iter::once(self.0)
    }

    fn spread(&self) -> u64 {
        self.0 % HASHES
    }

    fn is(&self, other: &Self) -> bool {
        self == other
    }
}

/// The number of distinct hashes of subjects.
const HASHES: u64 = 100;
const ANNA: Subject = Subject(7);
/// Has the same hash as Anna.
const BERT: Subject = Subject(ANNA.0 + HASHES);
/// The slot indices of the facts about Anna.
const CONSENT: usize = 0;
const AGE: usize = 2;

/// A store of consents, with a cache in front of it.
struct World {
    consent: AtomicUsize,
    acknowledged: AtomicBool,
    fetches: AtomicUsize,
    cache: Arc<ShardedCache<Subject, usize, ()>>,
}

impl World {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            consent: AtomicUsize::new(GRANTED),
            acknowledged: AtomicBool::new(false),
            fetches: AtomicUsize::new(0),
            cache: Arc::new(ShardedCache::new(NonZeroUsize::new(4).unwrap(), AGE + 1, NonZeroUsize::MIN)),
        })
    }

    /// Reads the consent like a decision does.
    fn read(&self, at: Instant) -> usize {
        loop {
            match ShardedCache::look(&self.cache, &ANNA, CONSENT, at, MINUTE) {
                Lookup::Kept(consent) => return consent,
                Lookup::Fetch(ticket) => {
                    self.fetches.fetch_add(1, SeqCst);
                    let consent = self.consent.load(SeqCst);
                    ticket.complete(Ok(consent), Some(MINUTE));
                    return consent;
                }
                Lookup::Wait(flight) => match loom::future::block_on(InFlight::wait(flight)) {
                    Outcome::With(consent) => return consent.unwrap(),
                    Outcome::Abandoned => {}
                },
            }
        }
    }

    /// Returns the cached facts about a subject, each with its slot index.
    fn kept(&self, subject: &Subject, at: Instant) -> Vec<(usize, usize)> {
        let mut kept = Vec::new();
        self.cache.kept(subject, at, |place, fact| {
            kept.push((place, *fact));
            Touch::AsIs
        });
        kept
    }

    fn withdraw(&self, forget: impl Fn(&ShardedCache<Subject, usize, ()>)) {
        self.consent.store(WITHDRAWN, SeqCst);
        forget(&self.cache);
        self.acknowledged.store(true, SeqCst);
    }

    /// Makes a decision. It must see the withdrawal if that was acknowledged before the decision began.
    fn decide(&self, at: Instant) {
        let after = self.acknowledged.load(SeqCst);
        let consent = self.read(at);
        assert!(!after || consent == WITHDRAWN, "a withdrawn consent was used");
    }
}

fn check(model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(model);
}

fn no_decision_uses_what_was_withdrawn(forget: fn(&ShardedCache<Subject, usize, ()>)) {
    check(move || {
        let at = Instant::now();
        let world = World::new();
        let withdrawing = {
            let world = world.clone();
            thread::spawn(move || world.withdraw(forget))
        };
        let deciding = {
            let world = world.clone();
            thread::spawn(move || {
                world.decide(at);
                world.decide(at);
            })
        };
        world.decide(at);
        world.decide(at);
        withdrawing.join().unwrap();
        deciding.join().unwrap();
        // Facts that were in flight meanwhile don't count.
        assert_eq!(world.read(at), WITHDRAWN);
    });
}

#[test]
fn invalidate_hides_a_consent_from_later_decisions() {
    no_decision_uses_what_was_withdrawn(|cache| cache.invalidate(ANNA.0));
}

#[test]
fn invalidate_all_hides_a_consent_from_later_decisions() {
    no_decision_uses_what_was_withdrawn(|cache| cache.invalidate_all());
}

#[test]
fn a_fetch_that_began_before_an_invalidation_is_not_cached() {
    check(|| {
        let at = Instant::now();
        let world = World::new();
        let Lookup::Fetch(ticket) = ShardedCache::look(&world.cache, &ANNA, CONSENT, at, MINUTE) else {
            panic!()
        };
        let old = world.consent.load(SeqCst);
        let withdrawing = {
            let world = world.clone();
            thread::spawn(move || {
                world.withdraw(|cache| cache.invalidate(ANNA.0));
                world.decide(at);
            })
        };
        // The result arrives at any moment: before the withdrawal, during it, or after the next fetch.
        ticket.complete(Ok(old), Some(MINUTE));
        withdrawing.join().unwrap();
        assert_eq!(world.read(at), WITHDRAWN);
    });
}

#[test]
fn concurrent_lookups_share_a_fetch() {
    check(|| {
        let at = Instant::now();
        let world = World::new();
        let others: Vec<_> = (0..2)
            .map(|_| {
                let world = world.clone();
                thread::spawn(move || assert_eq!(world.read(at), GRANTED))
            })
            .collect();
        assert_eq!(world.read(at), GRANTED);
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!(world.fetches.load(SeqCst), 1);
    });
}

#[test]
fn an_abandoned_fetch_is_taken_over() {
    check(|| {
        let at = Instant::now();
        let world = World::new();
        let Lookup::Fetch(ticket) = ShardedCache::look(&world.cache, &ANNA, CONSENT, at, MINUTE) else {
            panic!()
        };
        let other = {
            let world = world.clone();
            thread::spawn(move || assert_eq!(world.read(at), GRANTED))
        };
        drop(ticket);
        assert_eq!(world.read(at), GRANTED);
        other.join().unwrap();
    });
}

#[test]
fn facts_of_one_key_are_invalidated_together() {
    check(|| {
        let at = Instant::now();
        let world = World::new();
        let fetching_age = {
            let world = world.clone();
            thread::spawn(move || {
                let Lookup::Fetch(ticket) = ShardedCache::look(&world.cache, &ANNA, AGE, at, MINUTE) else {
                    panic!()
                };
                ticket.complete(Ok(30), Some(MINUTE));
            })
        };
        let withdrawing = {
            let world = world.clone();
            thread::spawn(move || {
                world.withdraw(|cache| cache.invalidate(ANNA.0));
                world.decide(at);
            })
        };
        world.decide(at);
        fetching_age.join().unwrap();
        withdrawing.join().unwrap();
        assert_eq!(world.read(at), WITHDRAWN);
        let kept = world.kept(&ANNA, at);
        assert!(kept.contains(&(CONSENT, WITHDRAWN)));
        // The age, if it was fetched after the withdrawal.
        assert!(kept.iter().all(|fact| [(CONSENT, WITHDRAWN), (AGE, 30)].contains(fact)));
    });
}

#[test]
fn a_revalidated_fact_is_invalidated_too() {
    check(|| {
        let at = Instant::now();
        let world = World::new();
        assert_eq!(world.read(at), GRANTED);
        let withdrawing = {
            let world = world.clone();
            thread::spawn(move || {
                world.withdraw(|cache| cache.invalidate(ANNA.0));
                world.decide(at);
            })
        };
        // The fact is revalidated at any moment.
        world.cache.kept(&ANNA, at, |_, fact| Touch::Anew(*fact));
        withdrawing.join().unwrap();
        assert_eq!(world.read(at), WITHDRAWN);
    });
}

#[test]
fn keys_with_the_same_hash_do_not_share_facts() {
    check(|| {
        let at = Instant::now();
        let world = World::new();
        let keep =
            |subject: &Subject, consent| match ShardedCache::look(&world.cache, subject, CONSENT, at, MINUTE)
            {
                Lookup::Fetch(ticket) => ticket.complete(Ok(consent), Some(MINUTE)),
                look => panic!("{look:?}"),
            };
        let known = |subject: &Subject| world.kept(subject, at).first().map(|(_, consent)| *consent);
        keep(&ANNA, GRANTED);
        assert_eq!((known(&ANNA), known(&BERT)), (Some(GRANTED), None));
        keep(&BERT, WITHDRAWN);
        assert_eq!((known(&ANNA), known(&BERT)), (None, Some(WITHDRAWN)));
    });
}
