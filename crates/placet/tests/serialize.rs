//! Requests from values that implement `Serialize` agree with those from their JSON.

mod support;

use placet::{Effect, ErrorCode, Policy, RequestError};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use support::Random;

const TEXT: &str = r#"
    policy serialize
    taxonomy Data { contact { email, phone }  health { mental }  log }
    request {
      subject.age: int 0..150
      subject.name.first: string
      subject.name.last: string
      consent: { granted, not_asked }
      consent.given_at: time
      kind: Data
      data: set of Data
      tags: set? of string
      risk: number 0..1
      day: date
      within: duration
      flag: bool default true
      owner: string required
    }
    rule whole {
      allow when subject.age >= 18 and subject.name.first is "Ada" and subject.name.last like "L*" and consent is granted
        and consent.given_at > 2026-01-15T00:00:00Z and kind in contact and any data in contact and "pii" in tags
        and risk < 0.5 and day > 2026-01-15 and within < 2 days and flag
    }
"#;

fn policy() -> Policy {
    Policy::from_text(TEXT).unwrap_or_else(|error| panic!("{:#?}", error.diagnostics))
}

#[derive(Serialize, Clone)]
struct Question {
    subject: Subject,
    consent: Option<Consent>,
    #[serde(rename = "consent.given_at", skip_serializing_if = "Option::is_none")]
    given_at: Option<String>,
    kind: &'static str,
    data: Vec<Data>,
    tags: (char, &'static str),
    risk: f32,
    day: Written,
    within: Seconds,
    flag: (),
    #[serde(flatten)]
    rest: Rest,
}

#[derive(Serialize, Clone)]
struct Subject {
    age: Box<u64>,
    name: BTreeMap<&'static str, String>,
}

#[derive(Serialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum Consent {
    Granted,
    NotAsked,
}

#[derive(Serialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum Data {
    Email,
    Health,
    Contact,
}

/// A value that serialises its display form, like the types of `jiff` and `chrono`.
#[derive(Clone)]
struct Written(&'static str);

impl Serialize for Written {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self.0)
    }
}

#[derive(Serialize, Clone)]
struct Seconds(u32);

#[derive(Serialize, Clone)]
struct Rest {
    owner: &'static str,
}

fn question() -> Question {
    let name = BTreeMap::from([("first", "Ada".to_owned()), ("last", "Lovelace".to_owned())]);
    Question {
        subject: Subject { age: Box::new(36), name },
        consent: Some(Consent::Granted),
        given_at: Some("2026-02-01T10:00:00.5+01:00".to_owned()),
        kind: "phone",
        data: vec![Data::Health, Data::Email],
        tags: ('x', "pii"),
        risk: 0.25,
        day: Written("2026-01-16"),
        within: Seconds(172_799),
        flag: (),
        rest: Rest { owner: "me" },
    }
}

#[test]
fn structs_of_all_kinds() {
    let policy = policy();
    // `flag: ()` is missing whatever its default.
    let decision = policy.decide_from(&question()).unwrap();
    assert_eq!((decision.effect, decision.missing), (Effect::Indeterminate, vec!["flag".into()]));
    let missing = |question: &Question| policy.decide_from(question).unwrap().missing;
    assert_eq!(
        missing(&Question { given_at: None, ..question() }),
        ["consent.given_at".into(), "flag".into()]
    );
    assert_eq!(missing(&Question { consent: None, ..question() }), ["consent".into(), "flag".into()]);
    assert_eq!(
        missing(&Question { kind: "contact", data: vec![Data::Contact], ..question() }),
        ["flag".into()]
    );
    // Where `health` is one leaf, it is that leaf; nothing but that is known of `Data`.
    assert_eq!(policy.effect_from(&Question { kind: "health", ..question() }), Ok(Effect::Deny));
    assert_eq!(
        policy.effect_from(&Question { consent: Some(Consent::NotAsked), ..question() }),
        Ok(Effect::Deny)
    );
    let by_json = policy.decide_json(&serde_json::to_string(&question()).unwrap());
    assert_eq!(policy.decide_from(&question()), by_json);
}

#[derive(Serialize)]
enum Tagged {
    #[serde(rename = "subject")]
    Subject {
        age: u8,
    },
    #[serde(rename = "consent")]
    Consent(Consent),
    #[serde(rename = "data")]
    Data(&'static str, &'static str),
    Unit,
}

#[derive(Serialize)]
struct Bare;

fn error<T: Serialize + ?Sized>(value: &T) -> RequestError {
    policy().request().fill_from(value).map(drop).unwrap_err()
}

#[test]
fn decide_from_refuses_values_that_are_no_object() {
    assert!(policy().request().fill_from(&Tagged::Subject { age: 3 }).is_ok());
    assert!(policy().request().fill_from(&Tagged::Consent(Consent::Granted)).is_ok());
    assert!(policy().request().fill_from(&Some(BTreeMap::from([("flag", true)]))).is_ok());
    for error in [
        error(&Tagged::Unit),
        error(&Bare),
        error(&()),
        error(&5),
        error("x"),
        error(&[1]),
        error(&None::<Question>),
        error(&BTreeMap::from([(vec![1], true)])),
    ] {
        assert_eq!((error.code, error.attribute), (ErrorCode::InvalidJson, None));
    }
    assert_eq!(error(&Tagged::Data("email", "log")).code, ErrorCode::WrongType);
}

#[test]
fn a_value_that_fails_to_serialise_itself() {
    struct Broken;
    impl Serialize for Broken {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("out of order"))
        }
    }
    let error = error(&BTreeMap::from([("flag", Broken)]));
    assert_eq!(error.code, ErrorCode::InvalidJson);
    assert!(error.message.ends_with("out of order"), "{error}");
}

#[test]
fn numbers_at_the_edge() {
    let map = |name: &'static str, value: Number| BTreeMap::from([(name, value)]);
    #[derive(Serialize)]
    #[serde(untagged)]
    enum Number {
        Float(f64),
        Wide(i128),
        Large(u128),
    }
    use Number::{Float, Large, Wide};
    for number in [Float(f64::NAN), Float(f64::INFINITY), Float(1.5), Wide(1 << 80), Large(u128::MAX)] {
        assert_eq!(error(&map("risk", number)).code, ErrorCode::OutsideDomain);
    }
    for number in [Wide(-1), Wide(1 << 80), Wide(-1 << 100), Large(u128::MAX)] {
        assert_eq!(error(&map("subject.age", number)).code, ErrorCode::OutsideDomain);
    }
    for number in [Float(1e-7), Float(f64::NAN), Float(1e300), Wide(1 << 60), Large(1 << 127)] {
        assert_eq!(error(&map("within", number)).code, ErrorCode::OutsideDomain);
    }
    for (name, number) in
        [("subject.age", Float(15.0)), ("flag", Wide(1)), ("consent", Large(0)), ("tags", Float(0.5))]
    {
        assert_eq!(error(&map(name, number)).code, ErrorCode::WrongType);
    }
    assert!(policy().request().fill_from(&map("within", Float(0.000_001))).is_ok());
    assert!(policy().request().fill_from(&map("subject.age", Large(150))).is_ok());
}

#[test]
fn fill_from_replaces_all_values() {
    let policy = policy();
    let mut request = policy.request();
    request.set("subject.age", 3).unwrap();
    assert!(request.fill_from(&BTreeMap::from([("nothing", 1)])).is_err());
    request.set("owner", "me").unwrap();
    let empty = policy.request_from_json(r#"{"owner": "me"}"#).unwrap();
    assert_eq!(policy.decide(&request), policy.decide(&empty));
}

#[test]
fn one_policy_in_the_middle_of_another_and_of_itself() {
    struct Nested<'a>(&'a Policy);
    impl Serialize for Nested<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let inner = self.0.effect_from(&BTreeMap::from([("owner", "you")]));
            assert_eq!(inner, Ok(Effect::Indeterminate));
            serializer.serialize_str("me")
        }
    }
    let policy = policy();
    for _ in 0..3 {
        let effect = policy.effect_from(&BTreeMap::from([("owner", Nested(&policy))]));
        assert_eq!(effect, Ok(Effect::Indeterminate));
    }
    // More policies than a thread keeps memory for.
    let policies: Vec<Policy> =
        (0..20).map(|_| policy.clone()).chain((0..20).map(|_| self::policy())).collect();
    for policy in policies.iter().chain(policies.iter().rev()) {
        assert_eq!(policy.effect_from(&BTreeMap::from([("owner", "me")])), Ok(Effect::Indeterminate));
    }
}

/// Anything that is JSON, with keys that may come twice.
#[derive(Debug, Clone)]
enum Tree {
    Null,
    Bool(bool),
    Int(i64),
    Large(u64),
    Float(f64),
    Text(&'static str),
    List(Vec<Tree>),
    Object(Vec<(&'static str, Tree)>),
}

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Tree::Null => serializer.serialize_none(),
            Tree::Bool(value) => serializer.serialize_bool(*value),
            Tree::Int(value) => serializer.serialize_i64(*value),
            Tree::Large(value) => serializer.serialize_u64(*value),
            Tree::Float(value) => serializer.serialize_f64(*value),
            Tree::Text(text) => serializer.serialize_str(text),
            Tree::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| list.serialize_element(item))?;
                list.end()
            }
            Tree::Object(entries) => {
                let mut object = serializer.serialize_map(Some(entries.len()))?;
                entries.iter().try_for_each(|(key, value)| object.serialize_entry(key, value))?;
                object.end()
            }
        }
    }
}

const ATTRIBUTES: [&str; 13] = [
    "subject.age",
    "subject.name.first",
    "subject.name.last",
    "consent",
    "consent.given_at",
    "kind",
    "data",
    "tags",
    "risk",
    "day",
    "within",
    "flag",
    "owner",
];
const KEYS: [&str; 12] = [
    "subject",
    "name",
    "age",
    "first",
    "last",
    "name.first",
    "subject.name",
    "nothing",
    "",
    ".",
    "given_at",
    "consent.",
];
const TEXTS: [&str; 14] = [
    "granted",
    "not_asked",
    "email",
    "contact",
    "health",
    "pii",
    "Ada",
    "",
    "2026-01-16",
    "2026-02-30",
    "2026-02-01T10:00:00Z",
    "P1D",
    "PT0.0000001S",
    "\"quoted\" and far longer than sixty characters, so that it is cut off somewhere in the message",
];

fn one(random: &mut Random, from: &[&'static str]) -> &'static str {
    from[random.below(from.len() as u64) as usize]
}

fn scalar(random: &mut Random) -> Tree {
    match random.below(14) {
        0 => Tree::Null,
        1 => Tree::Bool(random.chance(50)),
        2 => Tree::Int(*random.pick(&[0, 18, -1, 150, 151, i64::MIN, i64::MAX])),
        3 => Tree::Large(*random.pick(&[5, u64::MAX])),
        4 => Tree::Float(*random.pick(&[0.0, -0.0, 0.25, 0.1, 1.5, 1e-7, 1e22, 18.0])),
        _ => Tree::Text(one(random, &TEXTS)),
    }
}

/// A value that fits the attribute, more often than not.
fn value(random: &mut Random, name: &str) -> Tree {
    if random.chance(6) {
        return match random.below(3) {
            0 => Tree::Object((0..random.below(3)).map(|_| (one(random, &KEYS), scalar(random))).collect()),
            1 => Tree::List((0..random.below(3)).map(|_| scalar(random)).collect()),
            _ => scalar(random),
        };
    }
    let list = |random: &mut Random, texts: &[&'static str]| {
        Tree::List((0..=random.below(3)).map(|_| Tree::Text(one(random, texts))).collect())
    };
    match name {
        "subject.age" => Tree::Int(random.below(151) as i64),
        "consent" => Tree::Text(one(random, &["granted", "not_asked"])),
        "consent.given_at" => Tree::Text("2026-02-01T10:00:00Z"),
        "kind" => Tree::Text(one(random, &["email", "contact", "health", "log"])),
        "data" => list(random, &["email", "contact", "health", "log"]),
        "tags" => list(random, &["pii", "x", ""]),
        "risk" => Tree::Float(*random.pick(&[0.0, 0.1, 0.3, 0.5, 1.0, -0.0])),
        "day" => Tree::Text("2026-01-16"),
        "within" => random.pick(&[Tree::Text("PT36H"), Tree::Int(3_600), Tree::Float(0.1)]).clone(),
        "flag" => Tree::Bool(random.chance(80)),
        _ => Tree::Text(one(random, &["Ada", "Lovelace", "me"])),
    }
}

/// An object at a path, of which each attribute below is given in some way: dotted, nested, twice.
fn object(random: &mut Random, prefix: &str) -> Tree {
    let mut entries: Vec<(&'static str, Tree)> = Vec::new();
    for name in ATTRIBUTES {
        let Some(rest) = name.strip_prefix(prefix) else { continue };
        if random.chance(20) {
            continue;
        }
        let at = random.below(entries.len() as u64 + 1) as usize;
        match rest.split_once('.') {
            Some((first, _)) if random.chance(60) => {
                let inner = format!("{prefix}{first}.");
                if !entries.iter().any(|(key, _)| *key == first) || random.chance(5) {
                    entries.insert(at, (first, object(random, &inner)));
                }
            }
            _ => entries.insert(at, (rest, value(random, name))),
        }
    }
    if random.chance(5) {
        entries.push((one(random, &KEYS), scalar(random)));
    }
    if random.chance(5) && !entries.is_empty() {
        let again = random.pick(&entries).clone();
        entries.push(again);
    }
    Tree::Object(entries)
}

#[test]
fn values_are_read_as_their_json() {
    let policy = policy();
    let mut random = Random(7);
    let mut request = policy.request();
    let (mut read, mut codes) = (0, BTreeMap::new());
    for _ in 0..20_000 {
        let tree = object(&mut random, "");
        let text = serde_json::to_string(&tree).unwrap();
        let by_json = request.fill_from_json(&text).map(drop);
        let answer = policy.decide_json(&text);
        let filled = request.fill_from(&tree).map(drop);
        assert_eq!(filled, by_json, "{text}");
        assert_eq!(policy.decide_from(&tree), answer, "{text}");
        match by_json {
            Ok(()) => {
                assert_eq!(policy.decide(&request), answer, "{text}");
                read += 1;
            }
            Err(error) => *codes.entry(error.code.as_str()).or_insert(0) += 1,
        }
    }
    assert!(read > 3_000, "{read} {codes:?}");
    assert!(codes.len() >= 5, "{codes:?}");
}
