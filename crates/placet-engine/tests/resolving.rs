//! Resolving: facts are fetched if a decision depends on them, and a failure never allows.

mod support;

use futures_lite::future::block_on;
use placet::{Depth, Effect, ErrorCode, Policy};
use placet_engine::{
    BuildError, Engine, Fact, Facts, FailureReason, Found, Key, KeyType, Readiness, Resolver, Source,
};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;
use support::{ask, builder, question, resolver, shop};

const MARKETING: &str = r#"{"purpose": "marketing"}"#;

#[test]
fn decide_calls_only_resolvers_it_depends_on() {
    let (consent, consents) = resolver("consent", Facts::new().with("consent", "granted"));
    let (person, people) = resolver("person", Facts::new().with("subject.age", 30));
    let (objection, objections) = resolver("objection", Facts::new().with("objected", false));
    let engine = builder(shop()).resolver(consent).resolver(person).resolver(objection).build().unwrap();
    let answer = ask(&engine, "anna", r#"{"purpose": "deliver"}"#);
    assert!(answer.is_allowed() && answer.origins.is_empty());
    assert_eq!((consents.count(), people.count(), objections.count()), (0, 0, 0));
    let answer = ask(&engine, "anna", r#"{"purpose": "improve"}"#);
    assert!(answer.is_allowed());
    assert_eq!((consents.count(), people.count(), objections.count()), (0, 0, 1));
    // Attributes that the request gives aren't fetched.
    let answer = ask(&engine, "anna", r#"{"purpose": "improve", "objected": false}"#);
    assert!(answer.is_allowed());
    assert_eq!(objections.count(), 1);
    let answer = ask(&engine, "anna", MARKETING);
    assert!(answer.is_allowed());
    assert_eq!((consents.count(), people.count(), objections.count()), (1, 1, 2));
    // The completed request explains the answer.
    let explained = answer.version.policy().explain(&answer.request).unwrap().to_string();
    assert!(
        explained.contains("consent is granted") && explained.contains("subject.age is 30"),
        "{explained}"
    );
    let origins: Vec<&str> = answer.origins.iter().map(|origin| origin.attribute).collect();
    assert_eq!(origins.len(), 3);
    assert!(answer.origins.iter().all(|origin| origin.source == Source::Fetched));
}

#[test]
fn decide_calls_the_cheapest_settling_resolver_first() {
    for (cost_of_consent, cost_of_age, first) in [(1.0, 5.0, "consent"), (5.0, 1.0, "person")] {
        let (consent, _) = resolver("consent", Facts::new().with("consent", "refused"));
        let (person, _) = resolver("person", Facts::new().with("subject.age", 3));
        let engine = builder(shop())
            .resolver(consent.cost(cost_of_consent))
            .resolver(person.cost(cost_of_age))
            .build()
            .unwrap();
        let answer = ask(&engine, "anna", r#"{"purpose": "marketing", "objected": false}"#);
        assert_eq!(answer.effect(), Effect::Deny);
        // Either of them settles the decision.
        assert!(answer.origins.iter().map(|origin| origin.resolver).eq([first]));
    }
}

#[test]
fn depth_of_obligations_fetches_for_obligations() {
    let (person, people) = resolver("person", Facts::new().with("subject.age", 17));
    let engine = builder(shop()).resolver(person).build().unwrap();
    let answer = ask(&engine, "anna", r#"{"purpose": "deliver"}"#);
    assert!(!answer.decision.obligations[0].certain);
    assert_eq!(people.count(), 0);
    let mut wanted = question(&engine, "anna", r#"{"purpose": "deliver"}"#);
    wanted.with_depth(Depth::Obligations);
    let answer = engine.decide(wanted).unwrap();
    assert!(answer.decision.obligations[0].certain);
    assert_eq!(people.count(), 1);
}

#[test]
fn depth_of_reasons_fetches_until_every_rule_is_certain() {
    let text = "
        policy shop
        request { consent: { granted, refused }  subject.age: int 0..150  restricted: bool }
        rule marketing   { allow when consent is granted }
        rule no_consent  { cite \"§3\"  deny when consent is refused }
        rule children    { cite \"§9\"  deny when subject.age < 13  oblige erase }
        rule restriction { cite \"§5\"  deny when restricted }";
    let policy = Policy::from_text(text).unwrap();
    let build = |depth: Option<Depth>| {
        let (consent, _) = resolver("consent", Facts::new().with("consent", "refused"));
        let (person, people) =
            resolver("person", Facts::new().with("subject.age", 30).with("restricted", false));
        let engine = builder(policy.clone()).resolver(consent).resolver(person.cost(9.0));
        (depth.into_iter().fold(engine, |engine, depth| engine.depth(depth)).build().unwrap(), people)
    };
    let (engine, people) = build(None);
    let answer = ask(&engine, "ann", "{}");
    assert_eq!(answer.decision.rules, ["children".into(), "no_consent".into(), "restriction".into()]);
    assert_eq!(people.count(), 0);
    let mut wanted = question(&engine, "ann", "{}");
    wanted.with_depth(Depth::Reasons);
    let asked = engine.decide(wanted).unwrap();
    let (engine, people) = build(Some(Depth::Reasons));
    for answer in [asked, ask(&engine, "ann", "{}")] {
        assert_eq!(
            (&*answer.decision.rules, &*answer.decision.cites),
            (&["no_consent".into()][..], &["§3".into()][..])
        );
        assert!(answer.decision.obligations.is_empty());
    }
    assert_eq!(people.count(), 1);
    let mut enough = question(&engine, "ann", "{}");
    enough.with_depth(Depth::Effect);
    engine.decide(enough).unwrap();
    assert_eq!(people.count(), 1);
}

#[test]
fn one_fetch_gives_several_attributes() {
    let facts = Facts::new().with("consent", "granted").with("subject.age", 30).with("objected", false);
    let (person, people) = resolver("person", facts);
    let engine = builder(shop()).resolver(person).build().unwrap();
    assert!(ask(&engine, "anna", MARKETING).is_allowed());
    assert_eq!(people.count(), 1);
}

/// Returns resolvers for everything that marketing depends on, one on the thread pool and one in place.
fn faulty(fetch: impl Fn(&Key) -> Found + Send + Sync + 'static) -> [Resolver; 2] {
    let fetch = Arc::new(fetch);
    let same = fetch.clone();
    let both = [
        Resolver::blocking("faulty", move |key| fetch(key)),
        Resolver::in_place("faulty", move |key| same(key)),
    ];
    both.map(for_marketing)
}

fn for_marketing(resolver: Resolver) -> Resolver {
    resolver
        .attributes(["consent", "subject.age", "objected"])
        .keyed_by(["subject.id"])
        .time_to_live(Duration::from_secs(60))
}

/// A check of a failure's reason.
type Expected = fn(&FailureReason) -> bool;

fn all() -> Facts {
    Facts::new().with("consent", "granted").with("subject.age", 30).with("objected", false)
}

#[test]
fn a_failure_leaves_attributes_missing_and_is_reported() {
    let failing = faulty(|_| Err("the store is down".into()));
    let panicking = faulty(|_| panic!("a fault of the program"));
    let outside = faulty(|_| Ok(all().with("subject.age", 151)));
    let wrong = faulty(|_| Ok(all().with("objected", "no")));
    let foreign = faulty(|_| Ok(all().with("country", "DE")));
    let late = faulty(|_| {
        std::thread::sleep(Duration::from_millis(100));
        Ok(all())
    });
    let future =
        |found: fn() -> Found| [for_marketing(Resolver::future("faulty", move |_| async move { found() }))];
    let cases: [(&[Resolver], Expected); 8] = [
        (
            &failing,
            |why| matches!(why, FailureReason::Failed { message, .. } if &**message == "the store is down"),
        ),
        (&panicking, |why| matches!(why, FailureReason::Failed { .. })),
        (
            &outside,
            |why| matches!(why, FailureReason::Unfit { attribute, .. } if &**attribute == "subject.age"),
        ),
        (&wrong, |why| matches!(why, FailureReason::Unfit { attribute, .. } if &**attribute == "objected")),
        (&foreign, |why| matches!(why, FailureReason::Unfit { attribute, .. } if &**attribute == "country")),
        (&late.map(|late| late.timeout(Duration::from_millis(20))), |why| {
            *why == FailureReason::Late { after_ms: 20 }
        }),
        (&future(|| Err("gone".into())), |why| matches!(why, FailureReason::Failed { .. })),
        (&future(|| panic!("a fault of the program")), |why| matches!(why, FailureReason::Failed { .. })),
    ];
    let each =
        cases.iter().flat_map(|(resolvers, expected)| resolvers.iter().map(move |one| (one, expected)));
    for (resolver, expected) in each {
        let engine = builder(shop()).resolver(resolver.clone()).build().unwrap();
        for _ in 0..2 {
            let answer = ask(&engine, "anna", MARKETING);
            assert_eq!(answer.effect(), Effect::Indeterminate);
            // The decision is as exact as that of the same request without a resolver.
            let missing = ["consent".into(), "objected".into(), "subject.age".into()];
            assert_eq!(answer.decision.missing, missing);
            assert!(answer.origins.is_empty());
            assert_eq!(answer.failures.len(), 1);
            assert!(expected(&answer.failures[0].why), "{:?}", answer.failures);
            assert_eq!(engine.cached(), 0, "errors are not kept");
        }
    }
}

#[test]
fn in_place_resolvers_run_on_the_deciding_thread_and_are_cached() {
    let threads = Arc::new(Mutex::new(Vec::new()));
    let noted = threads.clone();
    let in_place = Resolver::in_place("in place", move |_| {
        noted.lock().unwrap().push(thread::current().id());
        Ok(all())
    });
    let engine = builder(shop()).resolver(for_marketing(in_place)).build().unwrap();
    for source in [Source::Fetched, Source::Cached] {
        let answer = ask(&engine, "anna", MARKETING);
        assert!(answer.is_allowed());
        assert!(answer.origins.iter().all(|origin| origin.source == source));
    }
    engine.invalidate("subject.id", "anna").unwrap();
    assert!(block_on(engine.decide_async(question(&engine, "anna", MARKETING))).unwrap().is_allowed());
    assert_eq!(*threads.lock().unwrap(), [thread::current().id(); 2]);
}

#[test]
fn a_future_past_its_timeout_is_late() {
    let never = Resolver::future("never", |_| std::future::pending());
    let never = never.attributes(["consent"]).keyed_by(["subject.id"]);
    let engine = builder(shop()).resolver(never.timeout(Duration::from_millis(10))).build().unwrap();
    let answer = ask(&engine, "anna", r#"{"purpose": "marketing", "subject.age": 30, "objected": false}"#);
    assert_eq!(answer.failures[0].why, FailureReason::Late { after_ms: 10 });
    assert_eq!(engine.counts()[0].late, 1);
}

#[test]
fn a_default_does_not_replace_a_resolver() {
    let (objection, _) = resolver("objection", Facts::new().with("objected", true));
    let engine = builder(shop()).resolver(objection).build().unwrap();
    assert_eq!(ask(&engine, "anna", r#"{"purpose": "improve"}"#).effect(), Effect::Deny);
    // A resolver that leaves out an attribute leaves it unknown, whatever its default.
    let silent = Resolver::blocking("objection", |_| Ok(Facts::new()));
    let silent = silent.attributes(["objected"]).keyed_by(["subject.id"]);
    let engine = builder(shop()).resolver(silent).build().unwrap();
    let answer = ask(&engine, "anna", r#"{"purpose": "improve"}"#);
    assert_eq!((answer.effect(), answer.failures.len()), (Effect::Indeterminate, 0));
}

#[test]
fn a_key_may_be_an_attribute_or_come_from_another_resolver() {
    let seen = |name: &'static str| {
        Resolver::blocking(name, move |key: &Key| {
            assert_eq!(key.get("purpose"), Some(&Fact::from("marketing")));
            Ok(Facts::new().with("consent", "granted"))
        })
    };
    let purpose = seen("consent").attributes(["consent"]).keyed_by(["purpose", "subject.id"]);
    let engine = builder(shop()).resolver(purpose).build().unwrap();
    let request = r#"{"purpose": "marketing", "subject.age": 30, "objected": false}"#;
    assert!(ask(&engine, "anna", request).is_allowed());
    // The age depends on the country, which another resolver knows by the subject.
    let age = Resolver::blocking("age", |key: &Key| {
        Ok(Facts::new().with("subject.age", if key.text("country")? == "DE" { 30 } else { 3 }))
    });
    let (home, homes) = resolver("home", Facts::new().with("country", "DE"));
    let engine = builder(shop())
        .resolver(age.attributes(["subject.age"]).keyed_by(["country"]))
        .resolver(home)
        .build()
        .unwrap();
    let request = r#"{"purpose": "marketing", "consent": "granted", "objected": false}"#;
    assert!(ask(&engine, "anna", request).is_allowed());
    assert_eq!(homes.count(), 1);
    // Without the key, no resolver can be called.
    let mut question = engine.query();
    question.fill_from_json(request).unwrap();
    let answer = engine.decide(question).unwrap();
    assert_eq!(answer.effect(), Effect::Indeterminate);
    assert_eq!(answer.failures[0].why, FailureReason::NoKey { key: "subject.id".into() });
}

#[test]
fn circular_keys_end_the_chain() {
    let one = Resolver::blocking("one", |_| Ok(Facts::new()))
        .attributes(["consent"])
        .keyed_by(["country", "subject.id"]);
    let other =
        Resolver::blocking("other", |_| Ok(Facts::new())).attributes(["country"]).keyed_by(["consent"]);
    let engine = builder(shop()).resolver(one).resolver(other).build().unwrap();
    let answer = ask(&engine, "anna", r#"{"purpose": "marketing", "subject.age": 30, "objected": false}"#);
    assert_eq!(answer.effect(), Effect::Indeterminate);
    assert!(matches!(answer.failures[0].why, FailureReason::NoKey { .. }));
}

#[test]
fn build_rejects_resolvers_that_do_not_fit_together() {
    let one = || resolver("one", Facts::new().with("consent", "granted")).0;
    let build = |resolvers: Vec<Resolver>| {
        let builder =
            resolvers.into_iter().fold(Engine::builder(shop()), |builder, one| builder.resolver(one));
        builder.build().map(drop).unwrap_err()
    };
    assert_eq!(build(vec![one(), one()]), BuildError::SameName("one".into()));
    let other = resolver("other", Facts::new().with("consent", "granted")).0;
    assert!(matches!(build(vec![one(), other]), BuildError::SameAttribute { .. }));
    let nothing = Resolver::blocking("none", |_| Ok(Facts::new()));
    assert_eq!(build(vec![nothing.clone()]), BuildError::ServesNothing("none".into()));
    let itself = nothing.attributes(["consent"]).keyed_by(["consent"]);
    assert!(matches!(build(vec![itself]), BuildError::KeyedByItself { .. }));
}

#[test]
fn the_last_value_of_an_attribute_counts() {
    let (person, _) = resolver("person", all().with("consent", "refused"));
    let engine = builder(shop()).resolver(person).build().unwrap();
    assert_eq!(ask(&engine, "anna", MARKETING).effect(), Effect::Deny);
}

#[test]
fn decide_rejects_queries_of_another_engine() {
    let keyed_by = |keys: [&str; 2]| {
        let resolver = Resolver::in_place("people", |key: &Key| {
            Ok(all().with("consent", if key.text("subject.id")? == "anna" { "refused" } else { "granted" }))
        });
        let resolver = resolver.attributes(["consent", "subject.age", "objected"]).keyed_by(keys);
        builder(shop()).key("friend", KeyType::Text).resolver(resolver).build().unwrap()
    };
    let (one, other) = (keyed_by(["subject.id", "friend"]), keyed_by(["friend", "subject.id"]));
    let mut asked = question(&one, "anna", MARKETING);
    asked.key("friend", "bert").unwrap();
    assert_eq!(one.decide(asked.clone()).unwrap().effect(), Effect::Deny);
    // The first engine's key of the subject has the index of another key in the second.
    assert_eq!(other.decide(asked).unwrap_err().code, ErrorCode::UnknownAttribute);
}

#[test]
fn swap_fetches_the_attributes_that_the_new_policy_has() {
    let (person, people) =
        resolver("person", Facts::new().with("subject.age", 30).with("consent", "granted").with("score", 7));
    let engine = builder(shop()).resolver(person.time_to_live(Duration::from_secs(60))).build().unwrap();
    assert_eq!(engine.unknown(), [("person".into(), "score".into())]);
    let begun = question(&engine, "anna", r#"{"purpose": "marketing", "objected": false}"#);
    assert!(ask(&engine, "anna", r#"{"purpose": "marketing", "objected": false}"#).is_allowed());
    let scored = "policy shop version \"2\" request { score: int 0..5  consent: { granted, refused } }
                  rule scored { allow when score > 3 or consent is granted }";
    let swap = engine.swap(Policy::from_text(scored).unwrap()).unwrap();
    assert_eq!(swap.unknown, [("person".into(), "subject.age".into())]);
    assert_ne!(swap.old.hash(), swap.new.hash());
    // A query created before the swap is decided by the old policy.
    let answer = engine.decide(begun).unwrap();
    assert_eq!((answer.version.hash(), answer.version.version()), (swap.old.hash(), Some("1")));
    // Cached facts are validated again: a score of 7 is outside the domain of the new policy.
    let answer = ask(&engine, "anna", "{}");
    assert_eq!((answer.effect(), answer.version.hash()), (Effect::Indeterminate, swap.new.hash()));
    assert!(
        matches!(&answer.failures[0].why, FailureReason::Unfit { attribute, .. } if &**attribute == "score")
    );
    assert_eq!(people.count(), 1);
}

#[test]
fn a_required_attribute_is_fetched_or_an_error() {
    let text =
        "policy door request { key: bool required  late: bool } rule open { allow when key and not late }";
    let policy = Policy::from_text(text).unwrap();
    let (key, _) = resolver("key", Facts::new().with("key", true));
    let engine = builder(policy.clone()).resolver(key).build().unwrap();
    assert!(ask(&engine, "anna", r#"{"late": false}"#).is_allowed());
    let down = Resolver::blocking("key", |_| Err("down".into()));
    let down = down.attributes(["key"]).keyed_by(["subject.id"]);
    let engine = builder(policy).resolver(down).build().unwrap();
    let fault = engine.decide(question(&engine, "anna", r#"{"late": false}"#)).unwrap_err();
    assert_eq!(fault.code, ErrorCode::RequiredAttribute);
}

#[test]
fn decide_now_returns_an_answer_or_the_query() {
    let (person, _) = resolver("person", all());
    let engine = builder(shop()).resolver(person.time_to_live(Duration::from_secs(60))).build().unwrap();
    let Readiness::Waiting(back) = engine.decide_now(question(&engine, "anna", MARKETING)).unwrap() else {
        panic!("nobody was asked yet")
    };
    assert!(engine.decide(back).unwrap().is_allowed());
    let Readiness::Ready(answer) = engine.decide_now(question(&engine, "anna", MARKETING)).unwrap() else {
        panic!("all is kept")
    };
    assert!(answer.is_allowed());
}

#[test]
fn decide_async_needs_no_executor_and_blocks_none() {
    let (person, _) = resolver("person", all());
    let slow = Resolver::blocking("slow", |_| {
        std::thread::sleep(Duration::from_millis(50));
        Ok(Facts::new().with("country", "DE"))
    });
    let engine = builder(shop()).resolver(person).resolver(slow.attributes(["country"])).build().unwrap();
    let one = engine.decide_async(question(&engine, "anna", MARKETING));
    let other = engine.decide_async(question(&engine, "bert", MARKETING));
    let (one, other) = block_on(futures_lite::future::zip(one, other));
    assert!(one.unwrap().is_allowed() && other.unwrap().is_allowed());
}
