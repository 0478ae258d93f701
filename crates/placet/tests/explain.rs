//! Explanations, against what requests are answered.

use placet::__private::Internals;
use placet::{Effect, Fact, Policy};
use placet_core::Pattern;
use placet_model::Model;
use placet_model::reference;
use placet_model::request::{AttributeInput, Request};
use placet_model::types::{AttributeId, Members, Type, Universe};
use placet_model::value::Value;
use placet_samples::{Random, Requests, Shape, saved, with_optional};
use std::collections::{BTreeMap, BTreeSet};

/// The lines of the explanation of an empty request for its attribute `x`.
fn lines(declared: &str, attributes: &str, rules: &str) -> Vec<String> {
    lines_of(declared, attributes, rules, "{}")
}

fn lines_of(declared: &str, attributes: &str, rules: &str, request: &str) -> Vec<String> {
    let text = format!("policy p {declared} request {{ {attributes} }} {rules}");
    let policy = Policy::from_text(&text).unwrap_or_else(|error| panic!("{text}\n{error}"));
    let explanation = policy.explain(&policy.request_from_json(request).unwrap()).unwrap();
    let case = explanation.what_if.iter().find(|case| &*case.attribute == "x");
    let case = case.unwrap_or_else(|| panic!("{text}\n{explanation}"));
    case.outcomes.iter().map(|(values, effect)| format!("{values}: {}", effect.as_str())).collect()
}

#[test]
fn explain_names_all_texts_of_a_class() {
    let of = |condition: &str| lines("", "x: string", &format!("rule r {{ allow when {condition} }}"));
    assert_eq!(
        of("x not in {\"KP\", \"IR\", \"SY\"}"),
        ["\"IR\", \"KP\", \"SY\": deny", "any other text: allow"]
    );
    let many: Vec<String> = (10..40).map(|number| format!("\"t{number}\"")).collect();
    assert_eq!(
        of(&format!("x in {{{}}}", many.join(", "))),
        ["one of 30 texts, such as \"t10\", \"t11\", \"t12\": allow", "any other text: deny"]
    );
    assert_eq!(
        of("x like \"fb_*\" or x is \"me\""),
        ["\"me\": allow", "other texts like \"fb_*\": allow", "any other text: deny"]
    );
    assert_eq!(
        of("x like \"a*\" and not (x like \"*b\")"),
        [
            "texts like \"*b\": deny",
            "texts like \"a*\" but not like \"*b\", such as \"a\": allow",
            "any other text: deny"
        ]
    );
}

#[test]
fn explain_writes_numbers_as_the_policy_does() {
    let of = |kind: &str, condition: &str| {
        lines("", &format!("x: {kind}"), &format!("rule r {{ allow when {condition} }}"))
    };
    assert_eq!(of("number", "x < 0.5"), ["below 0.5: allow", "at least 0.5: deny"]);
    assert_eq!(of("number", "x <= 0.5"), ["at most 0.5: allow", "above 0.5: deny"]);
    assert_eq!(
        of("number", "x >= 0.1 and x < 0.5"),
        ["below 0.1: deny", "from 0.1 to below 0.5: allow", "at least 0.5: deny"]
    );
    assert_eq!(of("number 0..1", "x is 0.3"), ["below 0.3: deny", "0.3: allow", "above 0.3: deny"]);
    assert_eq!(of("int 0..150", "x in 13..17"), ["at most 12: deny", "13 to 17: allow", "at least 18: deny"]);
    assert_eq!(of("date", "x < 2026-01-15"), ["at most 2026-01-14: allow", "at least 2026-01-15: deny"]);
    assert_eq!(of("duration", "x <= 30 days"), ["at most 30 days: allow", "above 30 days: deny"]);
    assert_eq!(
        of("time", "x >= 2026-01-15T10:00:00Z"),
        ["below 2026-01-15T10:00:00Z: deny", "at least 2026-01-15T10:00:00Z: allow"]
    );
}

#[test]
fn explain_tells_sets_by_conditions() {
    let declared = "taxonomy P { basic_ads, profile { likes, views }, stats, other }";
    let of =
        |condition: &str| lines(declared, "x: set? of P", &format!("rule r {{ allow when {condition} }}"));
    assert_eq!(of("basic_ads in x"), ["contains basic_ads: allow", "doesn't contain basic_ads: deny"]);
    assert_eq!(
        of("all x in {profile, stats}"),
        ["lies in {profile, stats}: allow", "doesn't lie in {profile, stats}: deny"]
    );
    assert_eq!(
        of("no x in profile"),
        ["contains any of {profile}: deny", "contains none of {profile}: allow"]
    );
    assert_eq!(
        of("basic_ads in x and stats not in x"),
        [
            "doesn't contain basic_ads: deny",
            "contains stats: deny",
            "contains basic_ads and doesn't contain stats: allow"
        ]
    );
    let texts =
        |condition: &str| lines("", "x: set? of string", &format!("rule r {{ allow when {condition} }}"));
    assert_eq!(
        texts("any x like \"a*\""),
        ["contains a text like \"a*\": allow", "contains no text like \"a*\": deny"]
    );
    assert_eq!(
        texts("all x like \"a*\" and no x in {\"a\"}"),
        [
            "contains \"a\": deny",
            "has a text not like \"a*\": deny",
            "doesn't contain \"a\" and has only texts like \"a*\": allow"
        ]
    );
    let relation = "rule r { allow when p in x }";
    let given = lines_of(declared, "x: set of P p: P", relation, "{\"p\": \"likes\"}");
    assert_eq!(given, ["contains likes: allow", "doesn't contain likes: deny"]);
}

#[test]
fn explain_takes_sets_with_many_classes_of_members() {
    let rules: String =
        (0..80).map(|at| format!("rule r{at} {{ allow when \"t{at}\" in x and ok }} ")).collect();
    let policy =
        Policy::from_text(&format!("policy p request {{ x: set of string  ok: bool }} {rules}")).unwrap();
    let request = policy.request_from_json(r#"{"x": ["none"], "ok": false}"#).unwrap();
    assert_eq!(policy.explain(&request).unwrap().decision.effect, Effect::Deny);
}

#[test]
fn explain_counts_no_class_by_a_text_that_a_settled_condition_names() {
    let rules =
        "rule r { allow when x like \"*b\" } rule s { deny when m and x in {\"\", \"b\", \"x\", \"zz\"} }";
    let lines = lines_of("", "m: bool x: string", rules, r#"{"m": false}"#);
    let named = "\"\", \"x\", \"zz\": deny";
    assert_eq!(lines, [named, "\"b\": allow", "other texts like \"*b\": allow", "any other text: deny"]);
}

const LOOKUPS: &str = r#"
policy p
taxonomy Country { eu { fr, at, "d-e" }, us }
taxonomy Data { logs, mail, other }
lookup digital_age of Country: int { fr: 15, eu: 16, otherwise: 13 }
lookup listed of Country: set of Data { eu: {logs, mail}, otherwise: Data }
lookup days of Data: duration { logs: 30 days, otherwise: 90 days }
lookup domain of string: string { "fr": "FR", otherwise: "-" }
request {
  age: int 0..150
  country: Country
  other: Country?
  data: set of Data
  born: duration
  code: string
}
let of_age = age >= digital_age(country)
rule r {
  allow when of_age
    and every d in data where (born <= days(d)   // as long as needed
      and d in listed(country))
}
rule s { allow when not (age < digital_age(other)) and code is domain(code) }
table t {
  allow
  | age             | all data in     |
  | < digital_age(other) | listed(other) |
}
"#;

#[test]
fn explanations_quote_lookups_and_quantifiers_as_they_are_written() {
    let policy = Policy::from_text(LOOKUPS).unwrap();
    let loaded = Policy::from_bytes(&policy.to_bytes()).unwrap();
    let request =
        r#"{"age": 14, "country": "fr", "other": "us", "data": ["logs"], "born": "P1D", "code": "fr"}"#;
    for policy in [&policy, &loaded] {
        let explanation = policy.explain(&policy.request_from_json(request).unwrap()).unwrap();
        let nearest = &explanation.why_not.as_ref().unwrap().nearest;
        let texts: Vec<&str> =
            nearest.iter().flat_map(|near| &near.conditions).map(|part| part.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "age >= digital_age(country)",
                "every d in data where (born <= days(d) and d in listed(country))",
                "not (age < digital_age(other))",
                "code is domain(code)",
                "age < digital_age(other)",
                "all data in listed(other)",
            ],
            "{explanation}"
        );
        let lookups: Vec<String> = nearest[0].conditions[1].lookups.iter().map(ToString::to_string).collect();
        assert_eq!(lookups, ["listed(fr) is {logs, mail}"], "the key of `days` is no attribute");
        let page = explanation.to_string();
        assert!(page.contains("  digital_age(fr) is 15\n"), "{page}");
        let json = serde_json::to_value(&nearest[1].conditions[1].lookups).unwrap();
        let expected = serde_json::json!([{ "lookup": "domain", "key": "\"fr\"", "value": "\"FR\"" }]);
        assert_eq!(json, expected);
    }
}

#[test]
fn explanations_say_nothing_of_lookups_without_a_key() {
    let policy = Policy::from_text(LOOKUPS).unwrap();
    let request = r#"{"age": 14, "other": null, "data": ["logs"], "born": "P1D", "code": "fr"}"#;
    let explanation = policy.explain(&policy.request_from_json(request).unwrap()).unwrap();
    let nearest = &explanation.why_not.as_ref().unwrap().nearest;
    let shown = nearest.iter().flat_map(|near| &near.rule.lookups).map(ToString::to_string);
    assert!(shown.into_iter().all(|line| line.starts_with("domain(")), "{explanation}");
}

/// The statement of a line about values, as a reader understands it.
struct Reader<'a> {
    policy: &'a Policy,
    model: &'a Model,
    id: AttributeId,
    kind: &'a Type,
}

impl Reader<'_> {
    /// Returns true if a line speaks of a value; `before` are the lines above it.
    fn holds(&self, line: &str, before: &[&str], value: &Value) -> bool {
        if *value == Value::None || line == "none" {
            return *value == Value::None && line == "none";
        }
        match self.kind {
            Type::Bool => value.display(self.kind) == line,
            Type::Symbol(universe) => {
                let Value::Symbol(symbol) = value else { panic!() };
                if line == "any other value" {
                    return !before.iter().any(|line| among(universe, line, *symbol));
                }
                among(universe, line, *symbol)
            }
            Type::String => {
                let Value::String(text) = value else { panic!() };
                self.text(line, before, text)
            }
            Type::Set { of, .. } => line.split(" and ").all(|part| self.set(of, part, value)),
            _ => self.ordered(line, value.ordinal().unwrap()),
        }
    }

    fn ordinal(&self, written: &str) -> i64 {
        if let (Type::Duration, Some((count, unit))) = (self.kind, written.split_once(' ')) {
            let micros = match unit {
                "weeks" => 604_800_000_000,
                "days" => 86_400_000_000,
                "hours" => 3_600_000_000,
                "minutes" => 60_000_000,
                _ => 1_000_000,
            };
            return match count.split_once('.') {
                Some((whole, part)) => {
                    let sign = if whole.starts_with('-') { -1 } else { 1 };
                    whole.parse::<i64>().unwrap() * micros + sign * part.parse::<i64>().unwrap()
                }
                None => count.parse::<i64>().unwrap() * micros,
            };
        }
        let shown = match self.kind {
            Type::Int(..) | Type::Number(..) => written.to_owned(),
            _ => format!("{written:?}"),
        };
        let json = format!("{{{:?}: {shown}}}", self.model.attribute_name(self.id));
        let request = self.policy.request_from_json(&json).unwrap_or_else(|error| panic!("{json}: {error}"));
        let given = self.policy.frame(&request).unwrap().given(self.policy.program(), self.id);
        let Some(AttributeInput::Value(value)) = given else { panic!("{json}") };
        value.ordinal().unwrap()
    }

    fn ordered(&self, line: &str, ordinal: i64) -> bool {
        let of = |written: &str| self.ordinal(written);
        let low = |part: &str| match part.strip_prefix("above ") {
            Some(above) => ordinal > of(above),
            None => ordinal >= of(part.strip_prefix("from ").unwrap_or(part)),
        };
        let high = |part: &str| match part.strip_prefix("below ") {
            Some(below) => ordinal < of(below),
            None => ordinal <= of(part),
        };
        match (line.split_once(" to "), line.split_once(' ')) {
            _ if line == "any value" || line == "any other value" => true,
            (Some((first, last)), _) => low(first) && high(last),
            (None, Some(("at", rest))) => match rest.split_once(' ').unwrap() {
                ("least", first) => low(first),
                ("most", last) => high(last),
                other => panic!("{other:?}"),
            },
            (None, Some(("above", _))) => low(line),
            (None, Some(("below", _))) => high(line),
            _ => ordinal == of(line),
        }
    }

    fn text(&self, line: &str, before: &[&str], text: &str) -> bool {
        let named = |line: &str| line.starts_with('"') && quoted(line).iter().any(|name| name == text);
        let is_other = || !before.iter().any(|line| named(line));
        match line {
            "any text" => true,
            "any other text" => !before.iter().any(|line| self.text(line, before, text)),
            _ if line.starts_with("one of ") => quoted(line).iter().any(|name| name == text),
            _ => match line.split_once("texts like ") {
                Some((other, rest)) => {
                    let rest = rest.split(", such as ").next().unwrap();
                    let (like, unlike) = rest.split_once(" but not like ").unwrap_or((rest, ""));
                    (other.is_empty() || is_other())
                        && patterns(like).iter().all(|pattern| pattern.matches(text))
                        && !patterns(unlike).iter().any(|pattern| pattern.matches(text))
                }
                None => named(line),
            },
        }
    }

    fn set(&self, of: &Members, part: &str, value: &Value) -> bool {
        type ReadMembers<'r> = &'r dyn Fn(&str) -> BTreeSet<String>;
        let (set, member): (BTreeSet<String>, ReadMembers<'_>) = match (of, value) {
            (Members::Symbols(universe), Value::Symbols(set)) => {
                (set.iter().map(|symbol| universe.name(symbol).to_owned()).collect(), &|names: &str| {
                    let below = names.split(", ").filter_map(|name| universe.find(name.trim_matches('"')));
                    below
                        .flat_map(|(set, _)| set.iter().collect::<Vec<_>>())
                        .map(|symbol| universe.name(symbol).to_owned())
                        .collect()
                })
            }
            (Members::Texts, Value::Texts(texts)) => {
                (texts.iter().map(ToString::to_string).collect(), &|names: &str| {
                    quoted(names).into_iter().collect()
                })
            }
            _ => panic!("{value:?}"),
        };
        if part == "is any set" {
            return true;
        }
        let matching = |pattern: &str| set.iter().filter(|text| patterns(pattern)[0].matches(text)).count();
        type Holds<'h> = &'h dyn Fn(usize) -> bool;
        let likes: [(&str, Holds<'_>); 4] = [
            ("contains a text like ", &|found| found > 0),
            ("contains no text like ", &|found| found == 0),
            ("has only texts like ", &|found| found == set.len()),
            ("has a text not like ", &|found| found < set.len()),
        ];
        for (word, holds) in likes {
            if let Some(pattern) = part.strip_prefix(word) {
                return holds(matching(pattern));
            }
        }
        let words = [
            "doesn't contain all of ",
            "contains all of ",
            "contains any of ",
            "contains none of ",
            "doesn't contain ",
            "contains ",
            "doesn't lie in ",
            "lies in ",
            "is not ",
            "is ",
        ];
        let word = words.iter().find(|word| part.starts_with(**word)).unwrap_or_else(|| panic!("{part}"));
        let members = member(part[word.len()..].trim_matches(['{', '}']));
        match *word {
            "contains all of " => members.is_subset(&set),
            "doesn't contain all of " => !members.is_subset(&set),
            "contains any of " | "contains " => !members.is_disjoint(&set),
            "contains none of " | "doesn't contain " => members.is_disjoint(&set),
            "lies in " => set.is_subset(&members),
            "doesn't lie in " => !set.is_subset(&members),
            "is " => set == members,
            _ => set != members,
        }
    }
}

fn among(universe: &Universe, line: &str, symbol: u32) -> bool {
    let line = line.split_once(", such as ").map_or(line, |(_, examples)| examples);
    line.split(", ")
        .any(|name| universe.find(name.trim_matches('"')).is_some_and(|(set, _)| set.contains(symbol)))
}

/// The texts between quotes; an escaped star is [`STAR`].
fn quoted(line: &str) -> Vec<String> {
    let (mut out, mut begun) = (Vec::new(), None::<String>);
    let mut signs = line.chars();
    while let Some(sign) = signs.next() {
        match (sign, &mut begun) {
            ('"', None) => begun = Some(String::new()),
            ('"', Some(_)) => out.extend(begun.take()),
            ('\\', Some(text)) => text.push(match signs.next().unwrap() {
                'n' => '\n',
                't' => '\t',
                '*' => STAR,
                'u' => {
                    let digits: String = signs.by_ref().skip(1).take_while(|sign| *sign != '}').collect();
                    char::from_u32(u32::from_str_radix(&digits, 16).unwrap()).unwrap()
                }
                sign => sign,
            }),
            (sign, Some(text)) => text.push(sign),
            _ => {}
        }
    }
    out
}

const STAR: char = '\u{1}';

fn patterns(line: &str) -> Vec<Pattern> {
    let of = |raw: &String| raw.split('*').map(|piece| piece.replace(STAR, "*")).collect();
    quoted(line).iter().map(|raw| Pattern::from_pieces(of(raw))).collect()
}

#[test]
fn every_statement_about_missing_values_is_true() {
    let (mut checked, mut lines) = (0, 0);
    for seed in 0..60 {
        let mut random = Random::new(seed);
        let shape = match seed % 3 {
            0 => Shape::small(),
            1 => Shape::middle(),
            _ => Shape::related(),
        };
        let text = placet_samples::policy(&mut random, &shape);
        let Ok(model) = placet_samples::model(&text) else { continue };
        let share = if seed % 2 == 0 { 0 } else { 60 };
        let model = with_optional(&mut random, model, share);
        let policy = Policy::from_bytes(&saved(model.clone())).unwrap();
        let requests = Requests::new(&model);
        for _ in 0..4 {
            let request = requests.request(&mut random, 40);
            let json = json(&model, &request);
            let explanation = policy.explain(&policy.request_from_json(&json).unwrap()).unwrap();
            for case in &explanation.what_if {
                let id = model.find(&case.attribute).unwrap();
                let kind = &model.attribute(id).unwrap().kind;
                let optional = model.attribute(id).unwrap().is_optional();
                let reader = Reader { policy: &policy, model: &model, id, kind };
                let mut before: Vec<&str> = Vec::new();
                lines += case.outcomes.len();
                for (line, effect) in &case.outcomes {
                    for _ in 0..40 {
                        let value = match optional && random.chance(20) {
                            true => Some(Value::None),
                            false => requests.value(&mut random, id, &request),
                        };
                        let Some(value) = value else { continue };
                        if !reader.holds(line, &before, &value) {
                            continue;
                        }
                        let mut with = request.clone();
                        with.put(&model, id, AttributeInput::Value(value.clone())).unwrap();
                        let json = self::json(&model, &with);
                        let found = policy.decide_json(&json).unwrap().effect;
                        assert_eq!(
                            found,
                            *effect,
                            "seed {seed}: {} {line}, but {}\n{json}\n{text}\n{explanation}",
                            case.attribute,
                            value.display(kind)
                        );
                        let given = policy.request_from_json(&json).unwrap();
                        let facts = policy.frame(&given).unwrap().facts(policy.program()).unwrap();
                        let exact = reference::decide(&model, &facts);
                        assert!(exact.is_none_or(|exact| exact.effect == found), "seed {seed}: {json}");
                        checked += 1;
                    }
                    before.push(line);
                }
            }
        }
    }
    assert!(lines > 200 && checked > 1_000, "{lines} lines, {checked} values");
}

/// A request as JSON. The first leaf stands for leaves that no category names.
fn json(model: &Model, request: &Request) -> String {
    let all = model.declared().filter_map(|(id, attribute)| {
        let (kind, given) = (&attribute.kind, request.get(id)?);
        let first = || match given {
            AttributeInput::OneOf(leaves) => Fact::from_value(kind, &Value::Symbol(leaves.iter().next()?)),
            _ => None,
        };
        Some((&*attribute.name, Fact::from_given(kind, given).or_else(first)))
    });
    serde_json::to_string(&all.collect::<BTreeMap<_, _>>()).unwrap()
}

#[test]
fn the_effects_of_a_prospect_are_those_of_requests() {
    let text = "policy p request { x: int 0..9 } rule r { allow when x > 3 }";
    let policy = Policy::from_text(text).unwrap();
    let explanation = policy.explain(&policy.request()).unwrap();
    let effects: Vec<Effect> = explanation.what_if[0].outcomes.iter().map(|(_, effect)| *effect).collect();
    assert_eq!(effects, [Effect::Deny, Effect::Allow]);
    let json = serde_json::to_value(&explanation).unwrap();
    assert_eq!(json["what_if"][0]["outcomes"][1], serde_json::json!(["at least 4", "allow"]));
}

#[test]
fn attributes_that_decide_nothing_alone_share_a_line() {
    let text =
        "policy p request { x: int 0..9  y: int 0..9  open: bool } rule r { allow when x is y and open }";
    let policy = Policy::from_text(text).unwrap();
    let page = policy.explain(&policy.request()).unwrap().to_string();
    let end = "if open is\n  false: deny\n  true: indeterminate\n\nnone of the values tried for these settles the effect alone: x, y\n";
    assert!(page.contains(end), "{page}");
}
