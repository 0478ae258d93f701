//! The cache: how long facts live, and that invalidation counts at once.

mod support;

use placet::Effect;
use placet_engine::{Answer, ComparisonError, Engine, Facts, FailureReason, Key, Resolver, Source};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};
use support::{Asked, ask, builder, question, resolver, shop};

const MINUTE: Duration = Duration::from_secs(60);
const MARKETING: &str = r#"{"purpose": "marketing"}"#;
const OPEN: &str = r#"{"purpose": "marketing", "subject.age": 30, "objected": false}"#;

/// Waits until a condition holds, which should be soon.
fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(20), "never: {what}");
        std::thread::yield_now();
    }
}

/// A gate that blocks until it is opened.
#[derive(Debug, Default)]
struct Gate {
    open: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    fn pass(&self) {
        let _open = self.opened.wait_while(self.open.lock().unwrap(), |open| !*open).unwrap();
    }

    fn open(&self) {
        *self.open.lock().unwrap() = true;
        self.opened.notify_all();
    }
}

fn consent(fetch: impl Fn(&Key) -> &'static str + Send + Sync + 'static) -> Resolver {
    Resolver::blocking("consent", move |key| Ok(Facts::new().with("consent", fetch(key))))
        .attributes(["consent"])
        .keyed_by(["subject.id"])
        .timeout(MINUTE)
}

/// Returns an engine with a cache of 16 keys, and the counter of its resolver's calls.
fn of_sixteen() -> (Engine, Asked) {
    let (kept, asked) = resolver("consent", Facts::new().with("consent", "granted"));
    let engine = builder(shop())
        .resolver(kept.time_to_live(MINUTE))
        .capacity(NonZeroUsize::new(16).unwrap())
        .shards(NonZeroUsize::MIN)
        .build()
        .unwrap();
    (engine, asked)
}

fn sources(answer: &Answer) -> Vec<Source> {
    answer.origins.iter().map(|origin| origin.source).collect()
}

#[test]
fn time_to_live_limits_how_long_facts_are_cached() {
    let (kept, asked) = resolver("consent", Facts::new().with("consent", "granted"));
    let engine = builder(shop()).resolver(kept.time_to_live(MINUTE)).build().unwrap();
    assert_eq!(sources(&ask(&engine, "anna", OPEN)), [Source::Fetched]);
    assert_eq!(sources(&ask(&engine, "anna", OPEN)), [Source::Cached]);
    assert!(ask(&engine, "bert", OPEN).is_allowed());
    assert_eq!((asked.count(), engine.cached()), (2, 2));
    let counts = &engine.counts()[0];
    assert_eq!((counts.hits, counts.fetches, counts.failures), (1, 2, 0));

    let (brief, asked) = resolver("consent", Facts::new().with("consent", "granted"));
    let engine = builder(shop()).resolver(brief.time_to_live(Duration::from_millis(1))).build().unwrap();
    until("it is asked again", || {
        ask(&engine, "anna", OPEN);
        asked.count() > 1
    });

    let (unkept, asked) = resolver("consent", Facts::new().with("consent", "granted"));
    let engine = builder(shop()).resolver(unkept).build().unwrap();
    ask(&engine, "anna", OPEN);
    ask(&engine, "anna", OPEN);
    assert_eq!((asked.count(), engine.cached()), (2, 0));
}

#[test]
fn invalidate_counts_at_once() {
    let granted = Arc::new(AtomicBool::new(true));
    let world = granted.clone();
    let resolver = consent(move |_| if world.load(SeqCst) { "granted" } else { "refused" });
    let engine = builder(shop()).resolver(resolver.time_to_live(MINUTE)).build().unwrap();
    assert!(ask(&engine, "anna", OPEN).is_allowed());
    assert!(ask(&engine, "bert", OPEN).is_allowed());
    granted.store(false, SeqCst);
    engine.invalidate("subject.id", "anna").unwrap();
    assert_eq!(ask(&engine, "anna", OPEN).effect(), Effect::Deny);
    // Only the facts about Anna were invalidated.
    assert!(ask(&engine, "bert", OPEN).is_allowed());
    engine.invalidate_all();
    assert_eq!(ask(&engine, "bert", OPEN).effect(), Effect::Deny);
}

#[test]
fn invalidate_applies_to_any_value_of_a_key() {
    let asked = Asked::default();
    let noted = asked.clone();
    let resolver = consent(move |_| {
        noted.note();
        "granted"
    });
    let resolver = resolver.keyed_by(["subject.id", "purpose"]).time_to_live(MINUTE);
    let engine = builder(shop()).resolver(resolver).build().unwrap();
    for (forgotten, count) in [
        (None, 1),
        (Some(("subject.id", "anna")), 2),
        (Some(("purpose", "marketing")), 3),
        (Some(("purpose", "deliver")), 3),
        (Some(("subject.id", "bert")), 3),
    ] {
        if let Some((key, value)) = forgotten {
            engine.invalidate(key, value).unwrap();
        }
        assert!(ask(&engine, "anna", OPEN).is_allowed());
        assert_eq!(asked.count(), count, "{forgotten:?}");
    }
}

#[test]
fn concurrent_decisions_share_a_fetch() {
    let (gate, asked) = (Arc::new(Gate::default()), Asked::default());
    let (passing, noted) = (gate.clone(), asked.clone());
    let resolver = consent(move |_| {
        noted.note();
        passing.pass();
        "granted"
    });
    let engine = builder(shop()).resolver(resolver).build().unwrap();
    std::thread::scope(|scope| {
        let askers: Vec<_> = (0..8).map(|_| scope.spawn(|| ask(&engine, "anna", OPEN))).collect();
        until("all but one wait", || engine.counts()[0].shared == 7);
        gate.open();
        assert!(askers.into_iter().all(|asker| asker.join().unwrap().is_allowed()));
    });
    assert_eq!(asked.count(), 1);
}

#[test]
fn invalidate_applies_to_fetches_in_flight() {
    let (gate, calls) = (Arc::new(Gate::default()), Arc::new(AtomicUsize::new(0)));
    let (passing, counted) = (gate.clone(), calls.clone());
    let resolver = consent(move |_| {
        if counted.fetch_add(1, SeqCst) > 0 {
            return "refused";
        }
        passing.pass();
        "granted"
    });
    let engine = builder(shop()).resolver(resolver.time_to_live(MINUTE)).build().unwrap();
    std::thread::scope(|scope| {
        let early = scope.spawn(|| ask(&engine, "anna", OPEN));
        until("it is on its way", || calls.load(SeqCst) == 1);
        engine.invalidate("subject.id", "anna").unwrap();
        // A new decision doesn't wait for a fetch that began before the invalidation.
        assert_eq!(ask(&engine, "anna", OPEN).effect(), Effect::Deny);
        gate.open();
        // A decision that had begun before may use it.
        assert!(early.join().unwrap().is_allowed());
    });
    // A late result doesn't replace a newer one.
    assert_eq!(ask(&engine, "anna", OPEN).effect(), Effect::Deny);
    assert_eq!(calls.load(SeqCst), 2);
}

#[test]
fn a_fetch_past_its_timeout_is_retried() {
    let (gate, calls) = (Arc::new(Gate::default()), Arc::new(AtomicUsize::new(0)));
    let (passing, counted) = (gate.clone(), calls.clone());
    let resolver = consent(move |_| {
        if counted.fetch_add(1, SeqCst) == 0 {
            passing.pass();
        }
        "granted"
    });
    let resolver = resolver.timeout(Duration::from_millis(20));
    let engine = builder(shop()).resolver(resolver).build().unwrap();
    assert_eq!(ask(&engine, "anna", OPEN).failures[0].why, FailureReason::Late { after_ms: 20 });
    until("it answers again", || ask(&engine, "anna", OPEN).is_allowed());
    gate.open();
}

#[test]
fn an_abandoned_fetch_is_retried_by_its_waiters() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let resolver = Resolver::future("consent", move |_| {
        let is_first = counted.fetch_add(1, SeqCst) == 0;
        async move {
            if is_first {
                std::future::pending::<()>().await;
            }
            Ok(Facts::new().with("consent", "granted"))
        }
    });
    let resolver = resolver.attributes(["consent"]).keyed_by(["subject.id"]).timeout(MINUTE);
    let engine = builder(shop()).resolver(resolver).build().unwrap();
    let mut given_up = Box::pin(engine.decide_async(question(&engine, "anna", OPEN)));
    assert!(futures_lite::future::block_on(futures_lite::future::poll_once(&mut given_up)).is_none());
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| ask(&engine, "anna", OPEN));
        until("it waits", || engine.counts()[0].shared == 1);
        drop(given_up);
        assert!(waiting.join().unwrap().is_allowed());
    });
    assert_eq!(calls.load(SeqCst), 2);
}

#[test]
fn capacity_bounds_the_cached_keys() {
    let (engine, asked) = of_sixteen();
    for subject in 0..100 {
        assert!(ask(&engine, &format!("s{subject}"), OPEN).is_allowed());
    }
    assert_eq!((asked.count(), engine.cached()), (100, 16));
    // The last keys are cached, the first are evicted.
    ask(&engine, "s99", OPEN);
    assert_eq!(asked.count(), 100);
    ask(&engine, "s0", OPEN);
    assert_eq!(asked.count(), 101);
    // The memory for invalidations is bounded too.
    for subject in 0..1_000 {
        engine.invalidate("subject.id", format!("t{subject}")).unwrap();
    }
    assert!(ask(&engine, "s99", OPEN).is_allowed());
}

#[test]
fn keys_in_use_are_not_evicted() {
    let (engine, asked) = of_sixteen();
    for subject in 0..100 {
        // Seven other keys are used in between: less than half of the capacity.
        if subject % 7 == 0 {
            assert!(ask(&engine, "anna", OPEN).is_allowed());
        }
        assert!(ask(&engine, &format!("s{subject}"), OPEN).is_allowed());
    }
    assert_eq!((asked.count(), engine.cached()), (101, 16));
}

/// Threads decide while consents are given and withdrawn. Each effect is compared with the consent that was
/// acknowledged when the decision began.
#[test]
fn no_answer_is_older_than_what_was_acknowledged() {
    const SUBJECTS: usize = 4;
    /// The number of decisions to check among those with one correct effect.
    const ANSWERS: usize = 5_000;
    // An even number of changes means granted.
    let world: Arc<[AtomicU64; SUBJECTS]> = Arc::default();
    let acknowledged: [AtomicU64; SUBJECTS] = Default::default();
    let stored = world.clone();
    let resolver = consent(move |key| {
        let subject: usize = key.text("subject.id").unwrap().parse().unwrap();
        if stored[subject].load(SeqCst).is_multiple_of(2) { "granted" } else { "refused" }
    });
    let engine = builder(shop()).resolver(resolver.time_to_live(MINUTE)).build().unwrap();
    let (done, checked) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut subject = 0;
                while !done.load(SeqCst) {
                    subject = (subject + 1) % SUBJECTS;
                    let before = acknowledged[subject].load(SeqCst);
                    let effect = ask(&engine, &subject.to_string(), OPEN).effect();
                    let after = world[subject].load(SeqCst);
                    // Nothing changed meanwhile, so only one effect is correct.
                    if before == after {
                        let expected = if before.is_multiple_of(2) { Effect::Allow } else { Effect::Deny };
                        assert_eq!(effect, expected);
                        checked.fetch_add(1, SeqCst);
                    }
                }
            });
        }
        let mut subject = 0;
        let begun = Instant::now();
        while checked.load(SeqCst) < ANSWERS && begun.elapsed() < MINUTE {
            subject = (subject + 1) % SUBJECTS;
            let now = world[subject].fetch_add(1, SeqCst) + 1;
            engine.invalidate("subject.id", subject.to_string()).unwrap();
            acknowledged[subject].store(now, SeqCst);
        }
        done.store(true, SeqCst);
    });
    assert!(checked.load(SeqCst) >= ANSWERS);
}

#[test]
fn facts_of_one_key_have_their_own_time_to_live() {
    let (consent, consents) = resolver("consent", Facts::new().with("consent", "granted"));
    let (age, ages) = resolver("subject.age", Facts::new().with("subject.age", 30));
    let engine = builder(shop())
        .resolver(consent.time_to_live(MINUTE))
        .resolver(age.time_to_live(Duration::from_millis(1)))
        .build()
        .unwrap();
    until("the age is asked for again", || {
        assert!(ask(&engine, "anna", r#"{"purpose": "marketing", "objected": false}"#).is_allowed());
        ages.count() > 1
    });
    assert_eq!((consents.count(), engine.cached()), (1, 1));
}

/// Returns an engine whose resolver of consents answers from a store, and the store.
fn consenting(keys: &[&str]) -> (Engine, Arc<Mutex<Option<&'static str>>>) {
    let store = Arc::new(Mutex::new(Some("granted")));
    let read = store.clone();
    let consent = Resolver::in_place("consents", move |_: &Key| match *read.lock().unwrap() {
        Some(state) => Ok(Facts::new().with("consent", state)),
        None => Err("the store is down".into()),
    });
    let (person, _) = resolver("person", Facts::new().with("subject.age", 30));
    let keys: Vec<Arc<str>> = keys.iter().map(|key| Arc::from(*key)).collect();
    let consent = consent.attributes(["consent"]).keyed_by(keys);
    let engine = builder(shop()).resolver(consent.time_to_live(MINUTE)).resolver(person.time_to_live(MINUTE));
    (engine.build().unwrap(), store)
}

#[test]
fn invalidate_comparing_tells_what_stops() {
    let (engine, store) = consenting(&["subject.id"]);
    let compare = |engine: &Engine| {
        engine.invalidate_comparing("subject.id", "anna", engine.query(), ["purpose", "country"]).unwrap()
    };
    assert!(ask(&engine, "anna", MARKETING).is_allowed());
    *store.lock().unwrap() = Some("refused");
    assert!(ask(&engine, "anna", MARKETING).is_allowed(), "it is cached");
    let stopped = compare(&engine);
    let [region] = &stopped.changes.regions[..] else { panic!("{stopped:#?}") };
    assert_eq!(region.values.keys().map(|name| &**name).collect::<Vec<_>>(), ["purpose"]);
    assert_eq!(region.values["purpose"].to_string(), "marketing");
    assert_eq!((region.before.effect, region.after.effect), (Effect::Allow, Effect::Deny));
    assert!(stopped.unknown_before.is_empty() && stopped.failures.is_empty() && stopped.changes.complete);
    // The fetched facts are cached, so nothing changes now; another subject's facts weren't.
    assert!(!ask(&engine, "anna", MARKETING).is_allowed());
    assert!(compare(&engine).changes.regions.is_empty());
    let json = serde_json::to_value(compare(&engine)).unwrap();
    assert_eq!(json["unknown_before"], serde_json::json!([]));

    // Without cached facts it isn't known what was allowed.
    *store.lock().unwrap() = Some("granted");
    engine.invalidate_all();
    let unknown = compare(&engine);
    let [delivery, region] = &unknown.changes.regions[..] else { panic!("{unknown:#?}") };
    assert_eq!((region.before.effect, region.after.effect), (Effect::Indeterminate, Effect::Allow));
    assert_eq!((delivery.before.effect, delivery.after.effect), (Effect::Allow, Effect::Allow));
    assert!(delivery.before.obligations.len() == 1 && delivery.after.obligations.is_empty(), "{delivery:#?}");
    assert_eq!(unknown.unknown_before, ["consent".into(), "subject.age".into()]);
    assert!(unknown.unknown_after.is_empty());
}

#[test]
fn invalidate_comparing_claims_nothing_that_it_could_not_fetch() {
    let (engine, store) = consenting(&["subject.id"]);
    assert!(ask(&engine, "anna", MARKETING).is_allowed());
    *store.lock().unwrap() = None;
    let future = engine.invalidate_comparing_async("subject.id", "anna", engine.query(), ["purpose"]);
    let failed = futures_lite::future::block_on(future).unwrap();
    let [region] = &failed.changes.regions[..] else { panic!("{failed:#?}") };
    assert_eq!((region.before.effect, region.after.effect), (Effect::Allow, Effect::Indeterminate));
    assert_eq!(region.after.missing, ["consent".into()]);
    assert!(failed.unknown_before.is_empty());
    assert_eq!(failed.unknown_after, ["consent".into()]);
    assert_eq!(&*failed.failures[0].resolver, "consents");
    assert_eq!(ask(&engine, "anna", MARKETING).effect(), Effect::Indeterminate, "the old fact isn't used");

    // Nothing is cached and nothing can be fetched: no answer differs, but none is known to be what it was.
    let cold = engine.invalidate_comparing("subject.id", "anna", engine.query(), ["purpose"]).unwrap();
    assert!(cold.changes.regions.iter().all(|region| region.after.effect != Effect::Deny), "{cold:#?}");
    assert!(cold.unknown_before.contains(&"consent".into()), "{cold:#?}");
    assert_eq!(cold.unknown_after, ["consent".into()]);

    // Facts by an attribute of the comparison differ from value to value.
    let (engine, _) = consenting(&["subject.id", "purpose"]);
    assert!(ask(&engine, "anna", MARKETING).is_allowed());
    let by_purpose = engine.invalidate_comparing("subject.id", "anna", engine.query(), ["purpose"]).unwrap();
    assert!(by_purpose.changes.regions.is_empty(), "{by_purpose:#?}");
    assert_eq!(by_purpose.unknown_before, ["consent".into()]);
    assert_eq!(by_purpose.unknown_after, ["consent".into()], "what stopped isn't known");
    assert!(
        matches!(&by_purpose.failures[..], [one] if matches!(&one.why, FailureReason::NoKey { key } if &**key == "purpose"))
    );
}

#[test]
fn invalidate_comparing_invalidates_whatever_else_fails() {
    let (engine, store) = consenting(&["subject.id"]);
    let (other, _) = consenting(&["subject.id"]);
    let is_anew = || {
        *store.lock().unwrap() = Some("granted");
        engine.invalidate_all();
        assert!(ask(&engine, "anna", MARKETING).is_allowed());
        *store.lock().unwrap() = Some("refused");
    };
    let over = |query, over: &[&'static str]| {
        is_anew();
        let result = engine.invalidate_comparing("subject.id", "anna", query, over.iter().copied());
        assert!(!ask(&engine, "anna", MARKETING).is_allowed(), "{over:?}");
        result.unwrap_err().to_string()
    };
    let given = question(&engine, "anna", MARKETING);
    assert!(over(given, &["purpose"]).contains("the query gives `purpose`"));
    assert!(over(engine.query(), &["purposes"]).contains("`purposes`"));
    assert!(over(engine.query(), &["purpose", "purpose"]).contains("named twice"));
    assert!(over(other.query(), &["purpose"]).contains("another engine"));
    is_anew();
    drop(engine.invalidate_comparing_async("subject.id", "anna", engine.query(), ["purpose"]));
    assert!(!ask(&engine, "anna", MARKETING).is_allowed(), "a dropped future has invalidated");
    let unknown = engine.invalidate_comparing("subject.name", "anna", engine.query(), ["purpose"]);
    assert!(matches!(unknown, Err(ComparisonError::Key(_))));
}
