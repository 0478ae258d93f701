//! Random policies with every form of the language over one set of declarations, and complete requests for them.

use super::interpreter::{Request, Value};
use placet_samples::Random;
use placet_syntax::calendar;
use serde_json::{Map, json};
use std::collections::BTreeSet;

/// Declarations in which each name has one meaning.
const DECLARATIONS: &str = r#"policy random
taxonomy Country { eu { north { dk, se }, fr, "d-e" }, us, jp }
taxonomy Purpose { deliver, improve, marketing { letters, adverts } }
set nordic of Country = north
set rest of Country = Country except eu except {jp}
set homely of string = {"h1", "h2"}
set warm of string = homely except {"h1"}
let grace = 30 days
let few = 3
let h3 = "h-3"
let lately = 2026-01-01
let age = years(born, today)
let months_old = months(born, at)
let kept = at - given_at
let place = country
let young = age < 18
let limit = age_of(country)
lookup age_of of Country: int 0..30 { fr: 15, {dk, se}: 14, eu: 16, otherwise: few }
lookup limit_of of Country: int? 0..30 { north: 3, rest: none, otherwise: 7 }
lookup keep of Purpose: duration { letters: 90 days, marketing: grace, otherwise: 1 days }
lookup allowed of { admin, user, "g-uest" }: set? of Purpose { admin: Purpose, user: Purpose except {marketing}, otherwise: {} }
lookup home_of of string: Country { "h1": fr, homely2: jp, otherwise: us }
lookup strict of Purpose: bool { marketing: true, otherwise: false }
set homely2 of string = {"h2", "z"}
request {
  country: Country
  origin: Country?
  purpose: Purpose
  second: Purpose?
  asked: set of Purpose
  consented: set? of Purpose
  visited: set? of Country
  role: { admin, user, "g-uest" }
  guest: { admin, user, "g-uest" }?
  born: date
  since: date?
  today: date
  at: time
  given_at: time?
  size: int 0..9
  score: int? 0..9
  level: int? 0..9
  flag: bool
  mark: bool?
  home: string
  town: string?
  tags: set? of string
}
"#;

const COUNTRIES: [&str; 6] = ["dk", "se", "fr", "d-e", "us", "jp"];
const PURPOSES: [&str; 4] = ["deliver", "improve", "letters", "adverts"];
const ROLES: [&str; 3] = ["admin", "user", "g-uest"];
const TEXTS: [&str; 6] = ["h1", "h2", "h-3", "z", "h1x", ""];
const DATES: [&str; 8] = [
    "2000-02-29",
    "2008-01-01",
    "2008-01-02",
    "2011-12-31",
    "2012-02-29",
    "2012-03-01",
    "2025-12-31",
    "2026-01-01",
];
const TIMES: [&str; 5] = [
    "2025-10-02T00:00:00Z",
    "2025-12-02T00:00:00Z",
    "2025-12-31T23:59:59.999999Z",
    "2026-01-01T00:00:00Z",
    "2026-01-31T00:00:00Z",
];

/// Writes a policy. It may have comparisons that can't hold, which don't compile.
pub(crate) fn policy(random: &mut Random) -> String {
    let mut out = DECLARATIONS.to_owned();
    for number in 0..random.between(1, 4) {
        let allows = random.chance(60);
        let mut parts = Vec::new();
        if random.chance(20) {
            parts.push(format!("where {}", condition(random, 1)));
        }
        let mut effect = format!("{} when {}", if allows { "allow" } else { "deny" }, condition(random, 2));
        if random.chance(30) {
            effect += &format!(" except when {}", condition(random, 1));
            if random.chance(30) {
                effect += &format!(" {{ except when {} }}", condition(random, 1));
            }
        }
        parts.push(effect);
        if random.chance(50) {
            parts.push(format!("oblige log within grace when {}", condition(random, 1)));
        }
        if allows && random.chance(40) {
            parts.push("otherwise deny".to_owned());
            parts.push("oblige erase".to_owned());
        }
        out += &format!("rule r{number} {{ {} }}\n", parts.join("\n"));
    }
    out
}

fn condition(random: &mut Random, depth: u32) -> String {
    if depth == 0 || random.chance(30) {
        return comparison(random, &[]);
    }
    compound(random, depth, &[])
}

/// A condition in which these members of quantifiers may stand: their names, and `Country` or `Purpose`.
fn inner(random: &mut Random, depth: u32, members: &[(String, &'static str)]) -> String {
    if depth == 0 || random.chance(40) {
        comparison(random, members)
    } else {
        compound(random, depth, members)
    }
}

fn compound(random: &mut Random, depth: u32, members: &[(String, &'static str)]) -> String {
    let part = |random: &mut Random| format!("({})", inner(random, depth - 1, members));
    match random.below(6) {
        0 | 1 => format!("{} and {}", part(random), part(random)),
        2 | 3 => format!("{} or {}", part(random), part(random)),
        4 => format!("not {}", part(random)),
        _ => {
            let name = format!("m{}", members.len());
            let (set, of) = *random
                .pick(&[
                    ("asked", "Purpose"),
                    ("consented", "Purpose"),
                    ("visited", "Country"),
                    ("allowed(role)", "Purpose"),
                    ("allowed(guest)", "Purpose"),
                    ("Purpose", "Purpose"),
                    ("marketing", "Purpose"),
                    ("eu", "Country"),
                    ("nordic", "Country"),
                    ("{letters, deliver}", "Purpose"),
                    ("{\"d-e\", us}", "Country"),
                ])
                .unwrap();
            let word = random.word(&["some", "every"]);
            let mut members = members.to_vec();
            members.push((name.clone(), of));
            format!("{word} {name} in {set} where ({})", inner(random, depth - 1, &members))
        }
    }
}

fn comparison(random: &mut Random, members: &[(String, &'static str)]) -> String {
    let member = |random: &mut Random, of: &str, others: &[&str]| {
        let own: Vec<&str> =
            members.iter().filter(|(_, kind)| *kind == of).map(|(name, _)| name.as_str()).collect();
        if !own.is_empty() && random.chance(70) {
            random.word(&own).to_owned()
        } else {
            random.word(others).to_owned()
        }
    };
    let country = |random: &mut Random| {
        member(random, "Country", &["country", "origin", "place", "home_of(home)", "home_of(town)"])
    };
    let purpose = |random: &mut Random| member(random, "Purpose", &["purpose", "second"]);
    let of_country = |random: &mut Random| {
        format!(
            "{}({})",
            random.word(&["age_of", "limit_of"]),
            member(random, "Country", &["country", "origin", "place"])
        )
    };
    let negated = |random: &mut Random, word: &str| match (random.chance(35), word) {
        (true, "is") => "is not",
        (true, "in") => "not in",
        (_, "is") => "is",
        _ => "in",
    };
    match random.below(19) {
        0 => {
            let right = random.word(&["fr", "\"d-e\"", "us", "origin", "dk", "home_of(home)"]);
            format!("{} {} {right}", country(random), negated(random, "is"))
        }
        1 | 2 => {
            let right =
                random.word(&["eu", "north", "nordic", "rest", "{fr, us}", "{nordic, \"d-e\"}", "visited"]);
            format!("{} {} {right}", country(random), negated(random, "in"))
        }
        3 => {
            let right = random.word(&["letters", "deliver", "second"]);
            format!("{} {} {right}", purpose(random), negated(random, "is"))
        }
        4 | 5 => {
            let right = random.word(&[
                "marketing",
                "{deliver, letters}",
                "consented",
                "asked",
                "allowed(role)",
                "allowed(guest)",
            ]);
            format!("{} {} {right}", purpose(random), negated(random, "in"))
        }
        6 => {
            let set = random.word(&["asked", "consented", "allowed(role)", "allowed(guest)"]);
            let right =
                random.word(&["marketing", "{deliver}", "consented", "allowed(role)", "{letters, improve}"]);
            let (word, relation) =
                *random.pick(&[("any", "in"), ("all", "in"), ("no", "in"), ("any", "not in")]).unwrap();
            format!("{word} {set} {relation} {right}")
        }
        7 => {
            let set = random.word(&["asked", "consented"]);
            let right = random.word(&["{deliver}", "{letters, improve}", "allowed(role)"]);
            format!("{set} {} {right}", negated(random, "is"))
        }
        8 => {
            let right = random.word(&["\"h*\"", "\"*1\"", "\"h\\*\"", "\"*-*\""]);
            format!("{} tags like {right}", random.word(&["any", "all", "no"]))
        }
        9 => {
            let right = random.word(&["homely", "warm", "{h3, \"z\"}", "{warm, \"h1x\"}", "tags"]);
            format!("{} {} {right}", random.word(&["home", "town"]), negated(random, "in"))
        }
        10 => {
            format!("{} like {}", random.word(&["home", "town"]), random.word(&["\"h*\"", "\"*x\"", "\"z\""]))
        }
        11 => {
            let left =
                random.word(&["origin", "second", "guest", "since", "given_at", "score", "mark", "town"]);
            let left = if random.chance(15) {
                format!("limit_of({})", country_key(random, members))
            } else {
                left.to_owned()
            };
            format!("{left} {} none", negated(random, "is"))
        }
        12 => {
            let left = random.word(&[
                "age",
                "limit",
                "size",
                "score",
                "size + score",
                "size - score",
                "score - level",
            ]);
            let left = if random.chance(30) { of_country(random) } else { left.to_owned() };
            let right = random.word(&["few", "7", "size", "limit", "score", "level", "15"]);
            let right = if random.chance(30) { of_country(random) } else { right.to_owned() };
            format!("{left} {} {right}", random.word(&["<", "<=", ">", ">=", "is", "is not"]))
        }
        13 => {
            let left = random.word(&["size", "score", "age"]);
            let left = if random.chance(30) { of_country(random) } else { left.to_owned() };
            format!("{left} {} {}", negated(random, "in"), random.word(&["0..few", "{1, few, 7}", "2..9"]))
        }
        14 => {
            let left = random.word(&["kept", "at - given_at"]);
            let keep = format!("keep({})", member(random, "Purpose", &["purpose"]));
            let right = random.word(&["grace", "90 days", &keep]);
            format!("{left} {} {right}", random.word(&["<", "<=", ">", ">="]))
        }
        15 => {
            let left = random.word(&[
                "months_old",
                "months(born, today)",
                "months(since, today)",
                "years(since, at)",
            ]);
            format!(
                "{left} {} {}",
                random.word(&["<", ">=", "is", "is not"]),
                random.word(&["216", "0", "1", "18"])
            )
        }
        16 => {
            let left = random.word(&["born", "since", "today"]);
            format!(
                "{left} {} {}",
                random.word(&["<", ">=", "is", "is not"]),
                random.word(&["lately", "2012-03-01", "since", "today - grace"])
            )
        }
        17 => {
            let strict = format!("strict({})", random.word(&["second"]));
            let left = random.word(&["flag", "mark", "young", &strict]);
            let value = random.word(&["", "", " is true", " is false", " is not true"]);
            if left == "young" { left.to_owned() } else { format!("{left}{value}") }
        }
        _ => {
            let left = random.word(&["role", "guest"]);
            match random.chance(50) {
                true => format!(
                    "{left} {} {}",
                    negated(random, "is"),
                    random.word(&["admin", "\"g-uest\"", "guest"])
                ),
                false => format!("{left} {} {{admin, \"g-uest\"}}", negated(random, "in")),
            }
        }
    }
}

fn country_key(random: &mut Random, members: &[(String, &'static str)]) -> String {
    let own = members.iter().find(|(_, kind)| *kind == "Country").map(|(name, _)| name.as_str());
    own.unwrap_or(random.word(&["country", "origin"])).to_owned()
}

/// Makes a complete request, as the interpreter reads it and as JSON.
pub(crate) fn request(random: &mut Random) -> (Request, serde_json::Value) {
    let mut request = Request::new();
    let mut object = Map::new();
    let mut put = |name: &str, value: Value, json: serde_json::Value| {
        request.insert(name.to_owned(), value);
        object.insert(name.to_owned(), json);
    };
    let word = |random: &mut Random, from: &[&str]| {
        let word = random.word(from).to_owned();
        (Value::Word(word.clone()), json!(word))
    };
    let set = |random: &mut Random, from: &[&str], least: u64| {
        let mut words: BTreeSet<String> = BTreeSet::new();
        for one in from {
            if random.chance(40) {
                words.insert((*one).to_owned());
            }
        }
        if words.is_empty() && least > 0 {
            words.insert(random.word(from).to_owned());
        }
        (Value::Words(words.clone()), json!(words))
    };
    let or_none = |random: &mut Random, value: (Value, serde_json::Value)| {
        if random.chance(30) { (Value::None, json!(null)) } else { value }
    };
    for (name, from, optional) in [
        ("country", &COUNTRIES[..], false),
        ("origin", &COUNTRIES[..], true),
        ("purpose", &PURPOSES[..], false),
        ("second", &PURPOSES[..], true),
        ("role", &ROLES[..], false),
        ("guest", &ROLES[..], true),
        ("home", &TEXTS[..], false),
        ("town", &TEXTS[..], true),
    ] {
        let value = word(random, from);
        let (value, json) = if optional { or_none(random, value) } else { value };
        put(name, value, json);
    }
    for (name, from, least) in [
        ("asked", &PURPOSES[..], 1),
        ("consented", &PURPOSES[..], 0),
        ("visited", &COUNTRIES[..], 0),
        ("tags", &TEXTS[..], 0),
    ] {
        let (value, json) = set(random, from, least);
        put(name, value, json);
    }
    for (name, optional) in [("born", false), ("since", true), ("today", false)] {
        let text = random.word(&DATES);
        let value = (Value::Date(calendar::date_from_str(text).unwrap().into()), json!(text));
        let (value, json) = if optional { or_none(random, value) } else { value };
        put(name, value, json);
    }
    for (name, optional) in [("at", false), ("given_at", true)] {
        let text = random.word(&TIMES);
        let value = (Value::Time(calendar::time_from_str(text).unwrap().into()), json!(text));
        let (value, json) = if optional { or_none(random, value) } else { value };
        put(name, value, json);
    }
    for (name, optional) in [("size", false), ("score", true), ("level", true)] {
        let number = random.below(10);
        let value = (Value::Number(number.into()), json!(number));
        let (value, json) = if optional { or_none(random, value) } else { value };
        put(name, value, json);
    }
    for (name, optional) in [("flag", false), ("mark", true)] {
        let truth = random.chance(50);
        let value = (Value::Bool(truth), json!(truth));
        let (value, json) = if optional { or_none(random, value) } else { value };
        put(name, value, json);
    }
    (request, serde_json::Value::Object(object))
}
