//! Comparisons of one attribute with constants, except those of sums.

use super::schema::{Attribute, Domain, Kind, Names, Schema, TEXTS, quoted};
use super::sums;
use crate::Random;
use std::collections::BTreeSet;

const PATTERNS: [&str; 16] = [
    "a*", "*a", "*a*", "ab*", "*b", "a*b", "*ab*", "a*a", "S*G", "*\\**", "b\\*", "*", "*é", "SG", "*a*b*",
    "**a",
];

/// A test of one attribute, if the attribute allows one.
pub(super) fn comparison(random: &mut Random, schema: &Schema, attribute: &Attribute) -> Option<String> {
    if attribute.is_optional && random.chance(20) {
        return Some(format!("{} is {}none", attribute.name, random.word(&["", "not "])));
    }
    let name = &attribute.written(random);
    match attribute.kind {
        Kind::Bool => Some(match random.below(6) {
            0 => format!("{name} is {}", random.word(&["true", "false"])),
            1 => format!("{name} is not {}", random.word(&["true", "false"])),
            _ => name.clone(),
        }),
        Kind::Ordered(order, ..) => sums::comparison(random, schema, order),
        Kind::Single(domain) => Some(single(random, schema, name, domain)),
        Kind::Set(domain, may_be_empty) => Some(set(random, schema, name, domain, may_be_empty)),
    }
}

fn single(random: &mut Random, schema: &Schema, name: &str, domain: Domain) -> String {
    let negation = random.word(&["", "", "not "]);
    match random.below(10) {
        0..4 => format!("{name} is {negation}{}", schema.member(random, domain)),
        4..7 if domain == Domain::Texts => format!("{name} like {}", pattern(random)),
        _ => format!("{name} {negation}in {}", members(random, schema, domain)),
    }
}

/// A pattern after `like`.
pub(super) fn pattern(random: &mut Random) -> String {
    format!("\"{}\"", random.word(&PATTERNS))
}

/// A pattern that some text does not match: a set that has members has one like `*`.
pub(super) fn proper(random: &mut Random) -> String {
    match pattern(random) {
        every if every == "\"*\"" => "\"a*\"".to_owned(),
        some => some,
    }
}

fn set(random: &mut Random, schema: &Schema, name: &str, domain: Domain, may_be_empty: bool) -> String {
    let negation = random.word(&["", "", "not "]);
    if domain == Domain::Texts && random.chance(30) {
        return format!("{} {name} like {}", random.word(&["any", "all", "no"]), proper(random));
    }
    match random.below(10) {
        0..3 => format!("any {name} in {}", members(random, schema, domain)),
        3..5 => format!("all {name} in {}", members(random, schema, domain)),
        5 => format!("no {name} in {}", members(random, schema, domain)),
        6 => format!("any {name} not in {}", members(random, schema, domain)),
        7 => format!("{} {negation}in {name}", schema.member(random, domain)),
        _ if may_be_empty && random.chance(40) => format!("{name} is {negation}{{}}"),
        _ => format!("{name} is {negation}{}", exactly(random, schema, domain)),
    }
}

/// A set for `in`: some members, not all of them.
pub(super) fn members(random: &mut Random, schema: &Schema, domain: Domain) -> String {
    let Some(names) = schema.names(domain) else { return texts(random, schema) };
    let proper = |places: &BTreeSet<usize>| places.len() < names.leaves.len();
    let choice = random.below(10);
    if choice < 3 {
        let inner = names.inner.iter().filter(|(_, first, end)| end - first < names.leaves.len());
        if let Some((node, ..)) = random.pick(&inner.collect::<Vec<_>>()) {
            return node.clone();
        }
    } else if choice < 5
        && let Some((set, places)) = random.pick(&names.sets)
        && proper(places)
    {
        return set.clone();
    } else if choice == 5 {
        return schema.member(random, domain);
    }
    braces(random, names)
}

/// Leaves, inner nodes and named sets in braces, not all leaves together.
fn braces(random: &mut Random, names: &Names) -> String {
    let mut places: BTreeSet<usize> = BTreeSet::new();
    let mut entries: Vec<&str> = Vec::new();
    for _ in 0..random.between(1, 3) {
        let entry: Option<(&str, BTreeSet<usize>)> = match random.below(6) {
            0 => random.pick(&names.inner).map(|(node, first, end)| (&**node, (*first..*end).collect())),
            1 => random.pick(&names.sets).map(|(set, places)| (&**set, places.clone())),
            _ => None,
        };
        let (name, more) = entry.unwrap_or_else(|| {
            let place = random.below(names.leaves.len() as u64) as usize;
            (names.leaves.get(place).map_or("", |leaf| leaf), BTreeSet::from([place]))
        });
        let together: BTreeSet<usize> = places.union(&more).copied().collect();
        if together.len() < names.leaves.len() {
            places = together;
            entries.push(name);
        }
    }
    if entries.is_empty() {
        entries.extend(names.leaves.first().map(|leaf| &**leaf));
    }
    format!("{{{}}}", entries.join(", "))
}

fn texts(random: &mut Random, schema: &Schema) -> String {
    let mut texts: Vec<String> = (0..random.between(1, 3)).map(|_| quoted(random.word(&TEXTS))).collect();
    if let Some(set) = random.pick(&schema.text_sets)
        && random.chance(25)
    {
        if random.chance(50) {
            return set.clone();
        }
        texts.push(set.clone());
    }
    match texts.as_slice() {
        [text] if random.chance(50) => text.clone(),
        _ => format!("{{{}}}", texts.join(", ")),
    }
}

/// A set for `is`.
pub(super) fn exactly(random: &mut Random, schema: &Schema, domain: Domain) -> String {
    match schema.names(domain) {
        Some(names) => match random.pick(&names.sets) {
            Some((set, _)) if random.chance(30) => set.clone(),
            _ => braces(random, names),
        },
        None => {
            let texts: Vec<String> = (0..random.between(1, 2)).map(|_| quoted(random.word(&TEXTS))).collect();
            format!("{{{}}}", texts.join(", "))
        }
    }
}

/// A test that relates two attributes, but not as sums.
pub(super) fn relation(random: &mut Random, schema: &Schema) -> Option<String> {
    let one = random.pick(&schema.attributes)?;
    beside(random, schema, one)
}

/// A test that relates this attribute to another.
pub(super) fn beside(random: &mut Random, schema: &Schema, one: &Attribute) -> Option<String> {
    let beside = |random: &mut Random, kinds: &dyn Fn(Kind) -> bool| {
        let others = schema.attributes.iter().filter(|other| other.name != one.name && kinds(other.kind));
        let others: Vec<&Attribute> = others.collect();
        random.pick(&others).map(|other| other.written(random))
    };
    let name = &one.written(random);
    let negation = random.word(&["", "", "not "]);
    match one.kind {
        Kind::Bool => Some(format!("{name} is {negation}{}", beside(random, &|kind| kind == Kind::Bool)?)),
        Kind::Single(domain) => Some(if random.chance(50) {
            format!("{name} is {negation}{}", beside(random, &|kind| kind == one.kind)?)
        } else {
            let other = beside(random, &|kind| matches!(kind, Kind::Set(of, _) if of == domain))?;
            format!("{name} {negation}in {other}")
        }),
        Kind::Set(domain, _) => {
            let other = beside(random, &|kind| matches!(kind, Kind::Set(of, _) if of == domain))?;
            Some(match random.below(6) {
                0 => format!("any {name} in {other}"),
                1 => format!("no {name} in {other}"),
                2 => format!("any {name} not in {other}"),
                3 => format!("{name} is {negation}{other}"),
                _ => format!("all {name} in {other}"),
            })
        }
        Kind::Ordered(..) => sums::relation(random, schema),
    }
}
