//! Typed requests: structs bound to a policy decide as ordinary requests do, and say at once what doesn't fit.

mod support;

use placet::typed::{Binding, FieldKind, Fields, ReadByte, ReadValues, Reader};
use placet::{Attributes, Date, Duration, Effect, ErrorCode, Policy, Set, Symbols, Time};
use serde::Serialize;
use std::borrow::Cow;
use std::cell::Cell;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use support::privacy_12;

#[derive(Attributes)]
struct Question {
    age: i64,
    guardian_permission: bool,
    consent: Consent,
    purpose: Purpose,
    data: Vec<Data>,
    action: Action,
    recipient: Recipient,
    objected: bool,
    legal_order: bool,
    api_service: bool,
}

macro_rules! names {
    ($($kind:ident { $($name:ident,)* })*) => {
        $(#[derive(Symbols, Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[placet(rename_all = "snake_case")]
        enum $kind { $($name,)* }

        impl $kind {
            fn named(name: &str) -> Self {
                [$(Self::$name),*][Self::NAMES.iter().position(|known| *known == name).unwrap()]
            }
        })*
    };
}

names! {
    Consent { Granted, Refused, Withdrawn, NotAsked, }
    // In another order than the policy's, and with fewer names.
    Purpose { TrainModels, Provide, Improve, Communicate, Security, Legal, Marketing, }
    Data {
        Public, Account, Communication, UserContent, Payment, DeviceNetwork, Usage, Log, Cookies, ThirdParty,
    }
    Action { Collect, Use, Disclose, Transfer, Retain, Decide, }
}

#[derive(Symbols)]
#[serde(rename_all = "snake_case")]
#[derive(Serialize)]
enum Recipient {
    #[serde(rename = "self")]
    Own,
    Affiliate,
    Vendor,
    Government,
    Other,
}

impl Question {
    fn of(other: &privacy_12::Question) -> Self {
        let recipients = [
            Recipient::Own,
            Recipient::Affiliate,
            Recipient::Vendor,
            Recipient::Government,
            Recipient::Other,
        ];
        let name = other.recipient.name();
        Self {
            age: other.age,
            guardian_permission: other.guardian_permission,
            consent: Consent::named(other.consent.name()),
            purpose: Purpose::named(other.purpose.name()),
            data: other.data.iter().map(|data| Data::named(data.name())).collect(),
            action: Action::named(other.action.name()),
            recipient: recipients.into_iter().find(|one| Recipient::NAMES[one.index()] == name).unwrap(),
            objected: other.objected,
            legal_order: other.legal_order,
            api_service: other.api_service,
        }
    }
}

#[test]
fn structs_decide_like_requests_and_allocate_nothing() {
    let cases = privacy_12::cases();
    let questions: Vec<Question> = cases.iter().map(|case| Question::of(&case.question)).collect();
    for (engine, policy) in privacy_12::policies() {
        let bound = policy.bind::<Question>().unwrap();
        for (case, question) in cases.iter().zip(&questions) {
            assert_eq!(bound.decide(question), policy.decide_json(&case.text));
            assert_eq!(bound.is_allowed(question), Ok(case.allow));
            let decision = policy.decide_json(&case.text).unwrap();
            let request = policy.request_from_json(&case.text).unwrap();
            for reasons in [bound.reasons(question).unwrap(), policy.reasons(&request).unwrap()] {
                assert_eq!(reasons.effect(), decision.effect);
                let named: BTreeSet<&str> = reasons.rules().map(|rule| rule.name()).collect();
                assert_eq!(named, decision.rules.iter().map(|rule| &**rule).collect());
                assert_eq!(reasons.into_decision(), decision);
            }
        }
        let run = || {
            for question in &questions {
                let _ = bound.effect(question);
                let reasons = (engine == "masks").then(|| bound.reasons(question));
                assert!(
                    reasons.is_none_or(|reasons| reasons.is_ok_and(|reasons| reasons.rules().count() < 13))
                );
            }
        };
        run();
        assert_eq!(allocation_counter::measure(run).count_total, 0, "{engine}");
    }
}

const TYPES: &str = r#"
    policy types
    taxonomy Place { europe { fr, de }  asia { jp } }
    request {
      flag: bool
      count: int -5..100000
      risk: number -1..1
      name: string
      place: Place
      places: set? of Place
      words: set? of string
      born: date
      at: time
      ended: time?
      kept: duration default 1 hour
      level: int 0..3 required
    }
    rule flag { allow when flag }
    rule count { allow when count > 5000 }
    rule risk { allow when risk > 0.5 }
    rule name { allow when name like "a*" }
    rule place { allow when place in europe }
    rule places { allow when any places in asia }
    rule words { allow when "secret" in words }
    rule old { allow when years(born, at) >= 18 }
    rule ended { allow when ended is none }
    rule kept { deny when kept > 2 hours }
    rule level { deny when level is 3 }
"#;

#[derive(Attributes, Clone)]
struct All<'a> {
    flag: Option<bool>,
    count: i32,
    risk: f32,
    name: Cow<'a, str>,
    place: Where,
    places: HashSet<Where>,
    words: &'a [&'a str],
    #[placet(flatten)]
    times: Arc<Times>,
    level: u8,
    #[placet(skip)]
    _id: u64,
}

#[derive(Attributes, Clone)]
struct Times {
    born: Option<Date>,
    at: Time,
    ended: Option<Time>,
    #[placet(rename = "kept")]
    how_long: std::time::Duration,
}

#[derive(Symbols, Clone, Copy, PartialEq, Eq, Hash)]
#[placet(rename_all = "lowercase")]
enum Where {
    Europe,
    Jp,
    De,
}

fn all() -> All<'static> {
    All {
        flag: Some(false),
        count: 0,
        risk: 0.0,
        name: "b".into(),
        place: Where::Jp,
        places: HashSet::new(),
        words: &[],
        times: Arc::new(Times {
            born: None,
            at: Time::from_micros(0),
            ended: Some(Time::from_micros(0)),
            how_long: std::time::Duration::ZERO,
        }),
        level: 0,
        _id: 7,
    }
}

#[test]
fn each_type_of_field_gives_its_value() {
    let policy = Policy::from_text(TYPES).unwrap().bind::<All<'_>>().unwrap();
    let rules = |all: All<'_>| -> Vec<String> {
        let decision = policy.decide(&all).unwrap();
        assert_eq!(policy.effect(&all).unwrap(), decision.effect);
        assert_eq!(policy.policy().decide(&policy.request(&all).unwrap()).unwrap(), decision);
        decision.rules.iter().map(|rule| rule.to_string()).collect()
    };
    let times = |change: fn(&mut Times)| {
        let mut times = (*all().times).clone();
        change(&mut times);
        Arc::new(times)
    };
    assert_eq!(policy.effect(&all()).unwrap(), Effect::Indeterminate, "`born` is missing");
    assert_eq!(rules(All { flag: Some(true), ..all() }), ["flag", "old"]);
    assert_eq!(rules(All { count: 5001, ..all() }), ["count", "old"]);
    assert_eq!(rules(All { risk: 0.75, ..all() }), ["old", "risk"]);
    assert_eq!(rules(All { name: "abc".into(), ..all() }), ["name", "old"]);
    assert_eq!(rules(All { place: Where::De, ..all() }), ["old", "place"]);
    assert_eq!(rules(All { place: Where::Europe, ..all() }), ["old", "place"], "each of its leaves");
    assert_eq!(rules(All { places: HashSet::from([Where::Jp]), ..all() }), ["old", "places"]);
    assert_eq!(rules(All { words: &["open", "secret"], ..all() }), ["old", "words"]);
    let born = times(|times| times.born = Some(Date::from_days(-10_000)));
    assert_eq!(rules(All { times: born, ..all() }), ["old"]);
    assert_eq!(rules(All { times: times(|times| times.ended = None), ..all() }), ["ended", "old"]);
    let long = times(|times| times.how_long = std::time::Duration::from_secs(3 * 3600));
    assert_eq!(rules(All { times: long, ..all() }), ["kept"]);
    assert_eq!(rules(All { level: 3, ..all() }), ["level"]);
}

#[test]
fn values_outside_the_domain_are_errors() {
    let policy = Policy::from_text(TYPES).unwrap().bind::<All<'_>>().unwrap();
    let error = |all: All<'_>| {
        let error = policy.effect(&all).unwrap_err();
        assert_eq!(policy.decide(&all).unwrap_err(), error);
        (error.code, error.attribute.unwrap(), error.message)
    };
    let (code, attribute, message) = error(All { count: -6, ..all() });
    assert_eq!((code, &*attribute), (ErrorCode::OutsideDomain, "count"));
    assert!(message.contains("-6"), "{message}");
    assert_eq!(error(All { level: 4, ..all() }).1, "level");
    assert_eq!(error(All { risk: f32::NAN, ..all() }).1, "risk");
    assert_eq!(error(All { risk: 2.0, ..all() }).1, "risk");
    let mut times = (*all().times).clone();
    times.how_long = std::time::Duration::MAX;
    assert_eq!(error(All { times: Arc::new(times), ..all() }).1, "kept");

    #[derive(Attributes)]
    struct Many {
        data: Set<Data>,
        count: u64,
    }
    let text = "policy p  request { data: set of { public, account, communication, user_content, payment,
        device_network, usage, log, cookies, third_party }  count: int }
        rule r { allow when any data in {log} or count > 3 }";
    let policy = Policy::from_text(text).unwrap().bind::<Many>().unwrap();
    let many = |data: Set<Data>, count| {
        policy.effect(&Many { data, count }).map_err(|error| error.attribute.unwrap())
    };
    assert_eq!(many(Set::from([Data::Log]), 0), Ok(Effect::Allow));
    assert_eq!(many(Set::from([Data::Public]), 0), Ok(Effect::Deny));
    assert_eq!(many(Set::new(), 0), Err("data".to_owned()));
    assert_eq!(many(Set::from([Data::Log]), u64::MAX), Err("count".to_owned()));
}

#[test]
fn bind_names_every_field_that_does_not_fit() {
    #[derive(Attributes)]
    struct Wrong {
        flag: u8,
        coutn: i64,
        place: Wher,
        places: BTreeSet<String>,
        kept: Option<Duration>,
        level: Option<u8>,
        #[placet(rename = "kept")]
        again: Duration,
    }
    #[derive(Symbols)]
    #[allow(dead_code, reason = "only its names count")]
    enum Wher {
        #[placet(rename = "fr")]
        France,
        #[placet(rename = "dee")]
        Germany,
    }
    let policy = Policy::from_text(TYPES).unwrap();
    let error = policy.bind::<Wrong>().unwrap_err();
    let text = error.to_string();
    let lines: Vec<&str> = text.lines().collect();
    let line = lines[0].split(": ").next().unwrap();
    assert!(line.starts_with("crates/placet/tests/typed.rs:"), "{line}");
    let texts: Vec<&str> =
        lines.iter().map(|line| line.split_once(": ").map_or(*line, |(_, text)| text)).collect();
    assert_eq!(
        texts,
        [
            "`Wrong::flag` is `u8`, but `flag` is bool (policy:5:7)",
            "the policy has no attribute `coutn` for `Wrong::coutn`; did you mean `count`?",
            "`place` has no `dee` for a variant of `Wher`; did you mean `de`? (policy:9:7)",
            "`Wrong::places` is a set of `String`, but `places` is set? of Place (policy:10:7)",
            "`Wrong::level` may be missing, but `level` is required (policy:16:7)",
            "`Wrong::kept` and `Wrong::again` are both `kept` (policy:15:7)",
        ]
    );

    #[derive(Attributes)]
    struct Empty {}
    let error = policy.bind::<Empty>().unwrap_err();
    assert_eq!(error.to_string(), "`level` is required, and has no field (policy:16:7)");
    assert_eq!(error.mismatches[0].field, None);
}

#[derive(Serialize, Symbols)]
#[serde(rename_all = "SCREAMING-KEBAB-CASE")]
enum Conventions {
    One,
    TwoWords,
    Number3,
}

#[test]
fn names_are_those_of_serde() {
    macro_rules! compare {
        ($($module:ident $convention:literal)*) => {
            $(mod $module {
                use placet::Symbols;
                use serde::Serialize;

                #[derive(Serialize, Symbols)]
                #[serde(rename_all = $convention)]
                pub(super) enum Names { One, TwoWords, Number3, ABc }
            }
            {
                use $module::Names;
                for name in [Names::One, Names::TwoWords, Names::Number3, Names::ABc] {
                    let written = serde_json::to_string(&name).unwrap();
                    assert_eq!(written, format!("{:?}", Names::NAMES[name.index()]), $convention);
                }
            })*
        };
    }
    compare! {
        lower "lowercase"
        upper "UPPERCASE"
        pascal "PascalCase"
        camel "camelCase"
        snake "snake_case"
        screaming_snake "SCREAMING_SNAKE_CASE"
        kebab "kebab-case"
        screaming_kebab "SCREAMING-KEBAB-CASE"
    }
    let _ = (Conventions::One, Conventions::TwoWords, Conventions::Number3);
    assert_eq!(Conventions::NAMES, ["ONE", "TWO-WORDS", "NUMBER3"]);
}

/// The fields of [`TYPES`] as another language gives them, described at run time.
struct Row<'r>(&'r [Option<Value<'r>>]);

#[derive(Clone, Copy)]
enum Value<'r> {
    Bool(bool),
    Int(i64),
    Number(f64),
    Text(&'r str),
    Symbol(usize),
    Bits(u64),
    Unfit,
}

impl ReadValues for Row<'_> {
    const DEFERS: bool = true;

    fn read_values<R: Reader>(&self, reader: &mut R) {
        for value in self.0 {
            match value {
                None => reader.missing(),
                Some(Value::Bool(value)) => reader.bool(*value),
                Some(Value::Int(value)) => reader.int(*value),
                Some(Value::Number(value)) => reader.number(*value),
                Some(Value::Text(text)) => reader.text(text),
                Some(Value::Symbol(index)) => reader.symbol(*index),
                Some(Value::Bits(bits)) => reader.bits(*bits),
                Some(Value::Unfit) => reader.unfit(),
            }
        }
    }
}

/// A text whose second reading finds nothing.
struct Fickle(Cell<u32>);

impl ReadValues for Fickle {
    const DEFERS: bool = true;

    fn read_values<R: Reader>(&self, reader: &mut R) {
        self.0.set(self.0.get() + 1);
        match self.0.get() {
            2 => reader.missing(),
            _ => reader.text("b"),
        }
    }
}

#[test]
fn readings_that_differ_decide_nothing() {
    let text = "policy p request { name: string } rule names { allow when name like \"a*\" }";
    let policy = Policy::from_text(text).unwrap();
    let mut fields = Fields::default();
    fields.named("name", "name", "value", FieldKind::Text, true);
    let binding = Binding::new(&policy, &fields).unwrap();
    let fickle = Fickle(Cell::new(0));
    assert_eq!(binding.effect(&fickle).unwrap(), Effect::Deny);
    // The masks gave no answer, so the request was read as an ordinary one.
    assert_eq!(fickle.0.get(), 3);
}

const RUN_TIME: &str = "policy run_time
    taxonomy Place { europe { fr, de }  asia { jp } }
    request { flag: bool  count: int 0..9000  risk: number  name: string  place: Place  places: set? of Place }
    rule flag { allow when flag }
    rule count { allow when count > 5000 }
    rule risk { allow when risk > 0.5 }
    rule name { allow when name like \"a*\" }
    rule place { allow when place in europe }
    rule places { deny when any places in asia }";

#[test]
fn fields_described_at_run_time_give_their_values() {
    let policy = Policy::from_text(RUN_TIME).unwrap();
    let mut fields = Fields::default();
    for attribute in policy.attributes() {
        fields.named(attribute.name(), attribute.name(), "value", attribute.domain().into(), true);
    }
    let kinds: Vec<FieldKind> = policy.attributes().map(|attribute| attribute.domain().into()).collect();
    let FieldKind::Symbols(names) = &kinds[5] else { panic!("{kinds:?}") };
    assert_eq!(
        names.iter().map(String::as_str).collect::<BTreeSet<_>>(),
        ["asia", "de", "europe", "fr", "jp"].into()
    );
    let at = |name: &str| names.iter().position(|known| known == name).unwrap();
    let binding = Binding::new(&policy, &fields).unwrap();
    let rules = |values: [Option<Value<'_>>; 6]| -> Vec<String> {
        let row = Row(&values);
        let decision = binding.decide(&row).unwrap();
        assert_eq!(binding.effect(&row).unwrap(), decision.effect);
        assert_eq!(binding.policy().decide(&binding.request(&row).unwrap()).unwrap(), decision);
        decision.rules.iter().map(ToString::to_string).collect()
    };
    let row = [
        Some(Value::Bool(false)),
        Some(Value::Int(0)),
        Some(Value::Number(0.0)),
        Some(Value::Text("b")),
        Some(Value::Symbol(at("jp"))),
        Some(Value::Bits(0)),
    ];
    let with = |index: usize, value: Option<Value<'static>>| {
        let mut row = row;
        row[index] = value;
        row
    };
    assert_eq!(rules(row), [""; 0]);
    assert_eq!(rules(with(0, Some(Value::Bool(true)))), ["flag"]);
    assert_eq!(rules(with(1, Some(Value::Int(5001)))), ["count"]);
    assert_eq!(rules(with(2, Some(Value::Number(0.75)))), ["risk"]);
    assert_eq!(rules(with(3, Some(Value::Text("abc")))), ["name"]);
    assert_eq!(rules(with(4, Some(Value::Symbol(at("europe"))))), ["place"]);
    assert_eq!(rules(with(5, Some(Value::Bits(1 << at("fr") | 1 << at("asia"))))), ["places"]);
    let missing = with(0, None);
    assert_eq!(binding.effect(&Row(&missing)).unwrap(), Effect::Indeterminate);
    assert_eq!(binding.decide(&Row(&missing)).unwrap().missing, ["flag".into()]);
    let error = |index: usize, value: Value<'static>| {
        let row = with(index, Some(value));
        let error = binding.effect(&Row(&row)).unwrap_err();
        assert_eq!(binding.decide(&Row(&row)).unwrap_err(), error);
        (error.code, error.attribute.unwrap())
    };
    assert_eq!(error(0, Value::Unfit), (ErrorCode::WrongType, "flag".to_owned()));
    assert_eq!(error(1, Value::Int(9001)), (ErrorCode::OutsideDomain, "count".to_owned()));
    assert_eq!(error(2, Value::Number(f64::NAN)), (ErrorCode::OutsideDomain, "risk".to_owned()));
    assert_eq!(error(4, Value::Symbol(5)), (ErrorCode::OutsideDomain, "place".to_owned()));
    assert_eq!(error(5, Value::Bits(1 << 63)), (ErrorCode::OutsideDomain, "places".to_owned()));

    let mut wrong = Fields::default();
    wrong.named("coutn", "coutn", "int", FieldKind::Int, true);
    wrong.named(
        "place",
        "row.place",
        "enum",
        FieldKind::Symbol(vec!["fr".to_owned(), "dee".to_owned()]),
        true,
    );
    let error = Binding::new(&policy, &wrong).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the policy has no attribute `coutn`; did you mean `count`?\n`place` has no `dee` for a variant of `enum`; did you \
         mean `de`? (policy:3:75)"
    );
}

#[test]
fn every_set_of_many_variants_decides_like_a_request() {
    let names: Vec<String> = ('a'..='m').map(String::from).collect();
    let each =
        |name: &String| format!("rule of_{name} {{ allow when any data in {{{name}}} and count > 3 }}\n");
    let rules = [
        // Few groups: masks are tabulated.
        "rule some { allow when all data in {a, b, c} } rule other { deny when any data in {c, m} }"
            .to_owned(),
        // As many groups as variants: masks are searched for.
        names.iter().map(each).collect(),
        // No group.
        "rule count { allow when count > 3 }".to_owned(),
    ];
    for (rules, set) in rules.iter().flat_map(|rules| [(rules, "set"), (rules, "set?")]) {
        let listed = names.join(", ");
        let text = format!("policy p request {{ data: {set} of {{ {listed} }}  count: int 0..9 }} {rules}");
        let policy = Policy::from_text(&text).unwrap_or_else(|error| panic!("{error}"));
        let mut fields = Fields::default();
        fields.named("data", "data", "value", FieldKind::Symbols(names.clone()), true);
        fields.named("count", "count", "value", FieldKind::Int, true);
        let binding = Binding::new(&policy, &fields).unwrap();
        for (bits, count) in
            (0..1 << names.len()).map(|bits| (bits, 4)).chain([(1 << names.len(), 4), (1, 3)])
        {
            let values = [Some(Value::Bits(bits)), Some(Value::Int(count))];
            let row = Row(&values);
            let expected = binding.request(&row).and_then(|request| policy.decide(&request));
            assert_eq!(
                binding.effect(&row),
                expected.clone().map(|decision| decision.effect),
                "{text} {bits:b}"
            );
            assert_eq!(binding.decide(&row), expected, "{text} {bits:b}");
            assert_eq!(expected.is_err(), bits >> names.len() != 0 || bits == 0 && set == "set");
        }
    }
}

/// A request whose first fields are bytes: a truth value, an integer with a sign and a variant; then a number.
struct Bytes([u8; 3], i64);

impl ReadByte for Bytes {
    fn read_byte<R: Reader>(&self, at: usize, byte: u8, reader: &mut R) {
        match at {
            0 => reader.bool(byte != 0),
            1 => reader.int(byte.cast_signed().into()),
            _ => reader.symbol(byte.into()),
        }
    }
}

impl ReadValues for Bytes {
    const DEFERS: bool = true;

    fn read_values<R: Reader>(&self, reader: &mut R) {
        reader.bytes(self.0.iter().copied(), self);
        reader.int(self.1);
    }
}

#[test]
fn every_byte_decides_like_a_request() {
    let rules = [
        "rule some { allow when flag and level > 3 or word is b } rule other { deny when count > 5000 and word is c }",
        // Values that a sum reads have no tables.
        "rule some { allow when level + count > 120 and flag } rule other { deny when word is c }",
    ];
    for rules in rules {
        let text = format!(
            "policy p request {{ flag: bool  level: int -5..90  word: {{ a, b, c }}  count: int 0..9000 }} {rules}"
        );
        let policy = Policy::from_text(&text).unwrap_or_else(|error| panic!("{error}"));
        let mut fields = Fields::default();
        for attribute in policy.attributes() {
            fields.named(attribute.name(), attribute.name(), "value", attribute.domain().into(), false);
        }
        let meaning = Bytes([0; 3], 0);
        let binding = Binding::with_bytes(&policy, &fields, meaning.0.len(), &meaning).unwrap();
        let mut errors = 0;
        for byte in 0..=u8::MAX {
            for bytes in [[byte, 4, 1], [1, byte, 0], [1, 4, byte], [0, byte, 2]] {
                for count in [0, 100, 5001, 9001] {
                    let request = Bytes(bytes, count);
                    let expected = binding.request(&request).and_then(|request| policy.decide(&request));
                    errors += usize::from(expected.is_err());
                    assert_eq!(binding.effect(&request), expected.clone().map(|decision| decision.effect));
                    assert_eq!(binding.decide(&request), expected, "{bytes:?} {count}");
                }
            }
        }
        assert!((1_000..3_000).contains(&errors), "{errors}");
    }
}

#[test]
fn an_inner_node_is_one_of_its_leaves() {
    let policy = Policy::from_text(
        "policy p taxonomy Place { europe { fr, de }  asia { jp } }
         request { place: Place  flag: bool  other: bool }
         rule french { allow when place is fr and flag }
         rule european { allow when place in europe and not flag }
         rule japanese { deny when place is jp }",
    )
    .unwrap();
    let mut fields = Fields::default();
    for name in ["place", "flag"] {
        let attribute = policy.attribute_declaration(name).unwrap();
        fields.named(name, name, "value", attribute.domain().into(), true);
    }
    let FieldKind::Symbol(names) = policy.attribute_declaration("place").unwrap().domain().into() else {
        panic!("a symbol")
    };
    let binding = Binding::new(&policy, &fields).unwrap();
    let effect = |place: &str, flag| {
        let place = names.iter().position(|known| known == place).unwrap();
        binding.effect(&Row(&[Some(Value::Symbol(place)), Some(Value::Bool(flag))])).unwrap()
    };
    assert_eq!(effect("europe", true), Effect::Indeterminate);
    assert_eq!(effect("europe", false), Effect::Allow);
    assert_eq!(
        (effect("fr", true), effect("de", true), effect("asia", false)),
        (Effect::Allow, Effect::Deny, Effect::Deny)
    );
}
