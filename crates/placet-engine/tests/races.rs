//! The cache's races: every interleaving of a few threads, up to a number of preemptions, by a model checker.
//!
//! The cache and its flights are compiled once more here, with the checker's locks in place of the standard library's:
//! what is checked is the code itself. (Loom, after Norris and Demsky, *CDSChecker*, OOPSLA 2013.)

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

/// Of whom a fact is.
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

/// How many hashes subjects have.
const HASHES: u64 = 100;
const ANNA: Subject = Subject(7);
/// Has the hash of Anna.
const BERT: Subject = Subject(ANNA.0 + HASHES);
/// The places of what is said of her.
const CONSENT: usize = 0;
const AGE: usize = 2;

/// A store of consents, with a cache before it.
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

    /// The consent as a decision learns it.
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

    /// What is kept of a subject, each after its place.
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

    /// A decision; it may only know of the withdrawal, if that was acknowledged before it began.
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
        // Whatever was on its way meanwhile.
        assert_eq!(world.read(at), WITHDRAWN);
    });
}

#[test]
fn no_decision_uses_a_consent_that_was_forgotten() {
    no_decision_uses_what_was_withdrawn(|cache| cache.invalidate(ANNA.0));
}

#[test]
fn no_decision_uses_a_consent_when_all_was_forgotten() {
    no_decision_uses_what_was_withdrawn(|cache| cache.invalidate_all());
}

#[test]
fn a_fetch_that_began_before_is_not_kept_after() {
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
        // It arrives at any moment: before the withdrawal, in its middle, after the next one's fetch.
        ticket.complete(Ok(old), Some(MINUTE));
        withdrawing.join().unwrap();
        assert_eq!(world.read(at), WITHDRAWN);
    });
}

#[test]
fn fetches_of_the_same_at_the_same_time_are_one() {
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
fn a_fetch_that_is_given_up_is_taken_over() {
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
fn facts_of_one_key_neither_outlive_nor_lose_each_other() {
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
        // The age, if it was asked for after the withdrawal.
        assert!(kept.iter().all(|fact| [(CONSENT, WITHDRAWN), (AGE, 30)].contains(fact)));
    });
}

#[test]
fn what_is_seen_anew_is_forgotten_with_what_it_was() {
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
        // Whoever sees it anew does so at any moment.
        world.cache.kept(&ANNA, at, |_, fact| Touch::Anew(*fact));
        withdrawing.join().unwrap();
        assert_eq!(world.read(at), WITHDRAWN);
    });
}

#[test]
fn nobody_is_taken_for_who_has_the_same_hash() {
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
