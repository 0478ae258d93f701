//! Key types: a key has one type, whether a request, a caller or a call of `invalidate` gives it.

mod support;

use placet::{Date, Effect, Policy};
use placet_engine::{
    BuildError, Builder, Engine, Fact, Facts, FailureReason, Key, KeyError, KeyType, ReloadError,
    ReloadOptions, Reloader, Resolver, SwapError,
};
use std::fs;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier};
use std::time::Duration;
use support::Asked;

const MINUTE: Duration = Duration::from_secs(60);

/// Returns the text of a policy about consent, with further attributes.
fn consents(version: &str, attributes: &str) -> String {
    format!(
        "policy consents version \"{version}\"
         request {{ consent: {{ granted, refused }}  {attributes} }}
         rule consented {{ allow when consent is granted }}"
    )
}

fn policy(attributes: &str) -> Policy {
    Policy::from_text(&consents("1", attributes)).unwrap()
}

/// Returns a resolver of consent, and the counter of its calls.
fn consent<const N: usize>(keys: [&str; N]) -> (Resolver, Asked) {
    let asked = Asked::default();
    let noted = asked.clone();
    let resolver = Resolver::blocking("consents", move |_: &Key| {
        noted.note();
        Ok(Facts::new().with("consent", "granted"))
    });
    (resolver.attributes(["consent"]).keyed_by(keys).time_to_live(MINUTE), asked)
}

fn keyed_by<const N: usize>(policy: Policy, keys: [&str; N]) -> (Builder, Asked) {
    let (resolver, asked) = consent(keys);
    (Engine::builder(policy).resolver(resolver), asked)
}

/// Decides with a key, and returns the number of fetches so far.
fn fetches(engine: &Engine, asked: &Asked, key: &str, value: impl Into<Fact>) -> usize {
    let mut question = engine.query();
    question.key(key, value).unwrap();
    assert!(engine.decide(question).unwrap().is_allowed());
    asked.count()
}

#[test]
fn keys_and_facts_never_hold_another_value_than_they_were_given() {
    let (resolver, _) = consent(["number", "int"]);
    let engine = Engine::builder(policy("x: int"))
        .key("number", KeyType::Number)
        .key("int", KeyType::Int)
        .resolver(resolver)
        .build()
        .unwrap();
    let mut query = engine.query();
    for (key, value) in [
        ("int", Fact::from(u64::MAX)),
        ("int", Fact::from(i128::MIN)),
        ("number", Fact::from(u64::MAX)),
        ("number", Fact::from(i64::MAX)),
        ("number", Fact::from(f32::NAN)),
        ("int", Fact::from(Duration::MAX)),
    ] {
        let error = query.key(key, value).map(drop).unwrap_err();
        assert!(matches!(error, KeyError::OutsideDomain { .. }), "{error}");
    }
    query.key("int", 7_u64).unwrap().key("number", 7_usize).unwrap();
    assert!(engine.decide(query).unwrap().is_allowed());

    for value in [Fact::from(u64::MAX), Fact::from(Duration::from_nanos(1))] {
        let resolver = Resolver::blocking("x", move |_: &Key| Ok(Facts::new().with("x", value.clone())));
        let policy = Policy::from_text("policy p  request { x: int }  rule r { allow when x > 0 }").unwrap();
        let engine = Engine::builder(policy).resolver(resolver.attributes(["x"])).build().unwrap();
        let answer = engine.decide(engine.query()).unwrap();
        assert_eq!(answer.effect(), Effect::Indeterminate);
        assert!(matches!(answer.failures[0].why, FailureReason::Unfit { .. }), "{:?}", answer.failures);
    }
}

#[test]
fn invalidate_refuses_unknown_names_and_other_types() {
    let (builder, asked) = keyed_by(policy(""), ["subject.id"]);
    let engine = builder.key("subject.id", KeyType::Int).build().unwrap();
    assert_eq!(fetches(&engine, &asked, "subject.id", 7), 1);
    assert_eq!(fetches(&engine, &asked, "subject.id", 7_u8), 1, "it is cached");

    let error = engine.invalidate("subject.id", "7").unwrap_err();
    let (key, expected, found) = ("subject.id".into(), KeyType::Int, KeyType::Text);
    assert_eq!(error, KeyError::WrongType { key, expected, found });
    assert_eq!(error.to_string(), "the key `subject.id` is an int, but the value is a text");
    assert!(matches!(engine.invalidate("subject.id", 7.0), Err(KeyError::WrongType { .. })));

    let error = engine.invalidate("subject.ids", 7).unwrap_err();
    assert_eq!(error, KeyError::Unknown { key: "subject.ids".into(), suggestion: Some("subject.id".into()) });
    assert_eq!(error.to_string(), "no resolver is keyed by `subject.ids`; did you mean `subject.id`?");
    // The policy has this attribute, but no resolver is keyed by it.
    assert!(matches!(
        engine.invalidate("consent", "granted"),
        Err(KeyError::Unknown { suggestion: None, .. })
    ));
    assert_eq!(fetches(&engine, &asked, "subject.id", 7), 1, "nothing was invalidated");

    engine.invalidate("subject.id", 8).unwrap();
    assert_eq!(fetches(&engine, &asked, "subject.id", 7), 1, "that of 8");
    engine.invalidate("subject.id", 7_u32).unwrap();
    assert_eq!(fetches(&engine, &asked, "subject.id", 7), 2);
}

#[test]
fn questions_refuse_unknown_keys_and_other_types() {
    let (builder, _) = keyed_by(policy(""), ["subject.id"]);
    let engine = builder.key("subject.id", KeyType::Int).build().unwrap();
    let mut question = engine.query();
    assert!(matches!(question.key("subject.id", "7"), Err(KeyError::WrongType { .. })));
    let error = question.key("subject_id", 7).map(drop).unwrap_err();
    assert_eq!(error.key(), "subject_id");
    assert!(error.to_string().ends_with("did you mean `subject.id`?"), "{error}");
    // Neither call set a key.
    assert_eq!(engine.decide(question).unwrap().effect(), Effect::Indeterminate);
}

#[test]
fn keys_that_are_attributes_take_their_values() {
    let (builder, asked) = keyed_by(policy("tenant: int 0..9"), ["tenant"]);
    let engine = builder.build().unwrap();
    let ask = |json: &str| {
        let mut question = engine.query();
        question.fill_from_json(json).unwrap();
        assert!(engine.decide(question).unwrap().is_allowed());
        asked.count()
    };
    assert_eq!(ask(r#"{"tenant": 7}"#), 1);
    assert_eq!(fetches(&engine, &asked, "tenant", 7), 1, "given as a key, it is the same");
    assert!(matches!(engine.invalidate("tenant", "7"), Err(KeyError::WrongType { .. })));
    let outside = engine.invalidate("tenant", 10).unwrap_err();
    assert_eq!(outside, KeyError::OutsideDomain { key: "tenant".into(), expected: "int 0..9".into() });
    assert!(engine.query().key("tenant", 10).is_err());
    assert_eq!(ask(r#"{"tenant": 7}"#), 1);
    engine.invalidate("tenant", 7).unwrap();
    assert_eq!(ask(r#"{"tenant": 7}"#), 2);
}

#[test]
fn invalidate_refuses_names_that_stand_for_several_values() {
    let text = "policy p taxonomy Purpose { deliver, marketing { newsletter, advertising } }
                request { consent: { granted, refused }  purpose: Purpose }
                rule r { allow when consent is granted }";
    let (builder, asked) = keyed_by(Policy::from_text(text).unwrap(), ["purpose"]);
    let engine = builder.build().unwrap();
    assert_eq!(fetches(&engine, &asked, "purpose", "newsletter"), 1);
    for purpose in ["marketing", "newsleter"] {
        let error = engine.invalidate("purpose", purpose).unwrap_err();
        assert!(matches!(error, KeyError::OutsideDomain { .. }), "{error}");
        assert!(!error.to_string().contains(purpose), "values are nobody's business: {error}");
    }
    engine.invalidate("purpose", "newsletter").unwrap();
    assert_eq!(fetches(&engine, &asked, "purpose", "newsletter"), 2);
}

#[test]
fn values_that_are_equal_are_one_key() {
    let set = |members: &[&str]| members.iter().copied().collect::<Fact>();
    let cases: [(KeyType, Fact, Fact); 5] = [
        (KeyType::Set, set(&["b", "a"]), set(&["a", "b", "a"])),
        (KeyType::Number, (-0.0).into(), 0.0.into()),
        (KeyType::Number, 7.0.into(), 7.into()),
        (KeyType::Bool, true.into(), true.into()),
        (KeyType::Date, Date::from_days(7).into(), Date::from_days(7).into()),
    ];
    for (ty, given, same) in cases {
        let (builder, asked) = keyed_by(policy(""), ["id"]);
        let engine = builder.key("id", ty).build().unwrap();
        assert_eq!(fetches(&engine, &asked, "id", given.clone()), 1);
        assert_eq!(fetches(&engine, &asked, "id", same.clone()), 1, "{ty}");
        engine.invalidate("id", same).unwrap();
        assert_eq!(fetches(&engine, &asked, "id", given), 2, "{ty}");
        assert!(engine.invalidate("id", f64::NAN).is_err(), "{ty}");
    }
    // A text that the policy reads as a date is the same key as the date.
    let (builder, asked) = keyed_by(policy("born: date"), ["born"]);
    let engine = builder.build().unwrap();
    assert_eq!(fetches(&engine, &asked, "born", "1970-01-08"), 1);
    engine.invalidate("born", Date::from_days(7)).unwrap();
    assert_eq!(fetches(&engine, &asked, "born", "1970-01-08"), 2);
    assert!(engine.invalidate("born", "8 January 1970").is_err());
}

#[test]
fn build_refuses_keys_that_nothing_gives() {
    let build = |policy: &str, keys: &[(&str, KeyType)], names: [&str; 1]| {
        let (builder, _) = keyed_by(self::policy(policy), names);
        let builder = keys.iter().fold(builder, |builder, (name, ty)| builder.key(*name, *ty));
        builder.build().map(drop)
    };
    let id = ("subject.id", KeyType::Text);
    assert_eq!(build("", &[id], ["subject.id"]), Ok(()));
    assert_eq!(build("subject.id: string", &[], ["subject.id"]), Ok(()));
    assert_eq!(build("subject.id: string", &[id, id], ["subject.id"]), Ok(()));

    let unknown = build("", &[id], ["subject.di"]).unwrap_err();
    let (resolver, key) = ("consents".into(), "subject.di".into());
    assert_eq!(unknown, BuildError::UnknownKey { resolver, key, suggestion: Some("subject.id".into()) });
    assert_eq!(
        unknown.to_string(),
        "the resolver `consents` is keyed by `subject.di`, which is no attribute of the policy and not declared as a \
         key; did you mean `subject.id`?"
    );
    let near = build("purpose: string", &[], ["purposes"]).unwrap_err();
    assert!(near.to_string().ends_with("did you mean `purpose`?"), "{near}");

    let unused = build("purpose: string", &[id], ["purpose"]).unwrap_err();
    assert_eq!(unused, BuildError::UnusedKey { key: "subject.id".into(), suggestion: None });

    let types = |first, second| BuildError::KeyTypes { key: "subject.id".into(), first, second };
    assert_eq!(build("subject.id: int", &[id], ["subject.id"]), Err(types(KeyType::Int, KeyType::Text)));
    let twice = [id, ("subject.id", KeyType::Int)];
    assert_eq!(build("", &twice, ["subject.id"]), Err(types(KeyType::Text, KeyType::Int)));
}

#[test]
fn swap_refuses_policies_that_change_a_key() {
    let (builder, asked) = keyed_by(policy("tenant: int 0..9"), ["tenant", "subject.id"]);
    let engine = builder.key("subject.id", KeyType::Text).build().unwrap();
    let ask = |tenant: i64| {
        let mut question = engine.query();
        question.key("subject.id", "anna").unwrap().key("tenant", tenant).unwrap();
        assert!(engine.decide(question).unwrap().is_allowed());
        asked.count()
    };
    assert_eq!(ask(7), 1);
    let refused = |attributes| engine.swap(policy(attributes)).map(drop).unwrap_err();
    let key_type = |key: &str, engine, policy| SwapError::KeyType { key: key.into(), engine, policy };
    assert_eq!(refused("tenant: string"), key_type("tenant", KeyType::Int, KeyType::Text));
    assert_eq!(refused("tenant: int  subject.id: int"), key_type("subject.id", KeyType::Text, KeyType::Int));
    let renamed = refused("tenants: int");
    let (resolver, key) = ("consents".into(), "tenant".into());
    assert_eq!(renamed, SwapError::UnknownKey { resolver, key, suggestion: Some("tenants".into()) });
    assert_eq!(engine.version().version(), Some("1"));
    // A resolver that serves no attribute of the policy doesn't need its keys.
    engine.swap(Policy::from_text("policy p request { x: bool } rule r { allow when x }").unwrap()).unwrap();

    // The domain may change. Facts fetched by a value that is no longer in it are invalidated nevertheless.
    engine.swap(policy("tenant: int 0..3")).unwrap();
    assert!(matches!(engine.invalidate("tenant", 7), Err(KeyError::OutsideDomain { .. })));
    assert!(matches!(engine.invalidate("tenant", "7"), Err(KeyError::WrongType { .. })));
    engine.swap(policy("tenant: int 0..20")).unwrap();
    assert_eq!(ask(7), 2);
}

#[test]
fn reload_keeps_the_policy_that_fits_the_keys() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("consents.placet");
    fs::write(&path, consents("1", "tenant: int 0..9")).unwrap();
    let (builder, asked) = keyed_by(Policy::open(&path).unwrap(), ["tenant"]);
    let engine = builder.build().unwrap();
    let mut options = ReloadOptions::default();
    options.events = false;
    let reloader = Reloader::watch_with(&engine, &path, &options, |_| {}).unwrap();
    assert_eq!(fetches(&engine, &asked, "tenant", 7), 1);

    fs::write(&path, consents("2", "tenant: string")).unwrap();
    let report = reloader.reload_now();
    assert!(matches!(report.error(), Some(ReloadError::Swap(SwapError::KeyType { .. }))), "{report}");
    assert_eq!(engine.version().version(), Some("1"));
    assert!(engine.invalidate("tenant", "7").is_err());

    fs::write(&path, consents("3", "tenant: int 0..20")).unwrap();
    assert!(reloader.reload_now().swapped().is_some());
    assert_eq!(fetches(&engine, &asked, "tenant", 7), 1, "it is still cached");
    assert!(engine.invalidate("tenant", "7").is_err());
    assert!(engine.invalidate("tenants", 7).is_err());
    assert_eq!(fetches(&engine, &asked, "tenant", 7), 1);
    engine.invalidate("tenant", 7).unwrap();
    assert_eq!(fetches(&engine, &asked, "tenant", 7), 2);
}

/// Many fetches are in flight when the consents that they have read are withdrawn.
#[test]
fn invalidate_counts_for_fetches_on_their_way_whatever_the_key_came_from() {
    const SUBJECTS: i64 = 8;
    let (granted, calls) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)));
    let (read, invalidated) =
        (Arc::new(Barrier::new(SUBJECTS as usize + 1)), Arc::new(Barrier::new(SUBJECTS as usize + 1)));
    let world = (granted.clone(), calls.clone(), read.clone(), invalidated.clone());
    let resolver = Resolver::blocking("consents", move |_: &Key| {
        let (granted, calls, read, invalidated) = &world;
        let state = if granted.load(SeqCst) { "granted" } else { "refused" };
        if calls.fetch_add(1, SeqCst) < SUBJECTS as usize {
            read.wait();
            invalidated.wait();
        }
        Ok(Facts::new().with("consent", state))
    });
    let resolver =
        resolver.attributes(["consent"]).keyed_by(["subject.id"]).timeout(MINUTE).time_to_live(MINUTE);
    let engine = Engine::builder(policy("subject.id: int")).resolver(resolver).build().unwrap();
    // Half of the queries give an attribute, the others a key.
    let ask = |subject: i64| {
        let mut question = engine.query();
        if subject % 2 == 0 {
            question.set("subject.id", subject).unwrap();
        } else {
            question.key("subject.id", subject).unwrap();
        }
        engine.decide(question).unwrap().effect()
    };
    std::thread::scope(|scope| {
        let early: Vec<_> = (0..SUBJECTS).map(|subject| scope.spawn(move || ask(subject))).collect();
        read.wait();
        granted.store(false, SeqCst);
        for subject in 0..SUBJECTS {
            assert!(engine.invalidate("subject.id", subject.to_string()).is_err());
            engine.invalidate("subject.id", subject).unwrap();
            assert_eq!(ask(subject), Effect::Deny);
        }
        invalidated.wait();
        for asker in early {
            assert_eq!(asker.join().unwrap(), Effect::Allow, "it had begun before");
        }
    });
    for subject in 0..SUBJECTS {
        assert_eq!(ask(subject), Effect::Deny);
    }
    assert_eq!(calls.load(SeqCst), 2 * SUBJECTS as usize);
}

#[test]
fn text_fails_for_names_that_the_resolver_is_not_keyed_by() {
    let (sent, errors) = std::sync::mpsc::channel();
    let resolver = Resolver::in_place("consents", move |key: &Key| {
        for name in ["subject.id", "subjcet.id", "level"] {
            sent.send(key.text(name).map(str::to_owned))?;
        }
        Ok(Facts::new()
            .with("consent", if key.text("subjcet.id")? == "anna" { "refused" } else { "granted" }))
    });
    let resolver = resolver.attributes(["consent"]).keyed_by(["subject.id", "level"]);
    let engine =
        Engine::builder(policy("subject.id: string  level: int 0..9")).resolver(resolver).build().unwrap();
    let mut query = engine.query();
    query.set("subject.id", "anna").unwrap().set("level", 1).unwrap();
    let answer = engine.decide(query).unwrap();
    assert_eq!(
        answer.effect(),
        Effect::Indeterminate,
        "a misspelt name must not look up the consent of nobody"
    );
    assert!(matches!(answer.failures[0].why, FailureReason::Failed { .. }));
    assert_eq!(errors.recv().unwrap(), Ok("anna".to_owned()));
    let unknown = KeyError::Unknown { key: "subjcet.id".into(), suggestion: Some("subject.id".into()) };
    assert_eq!(errors.recv().unwrap(), Err(unknown));
    let no_text = KeyError::WrongType { key: "level".into(), expected: KeyType::Text, found: KeyType::Int };
    assert_eq!(errors.recv().unwrap(), Err(no_text));
}
