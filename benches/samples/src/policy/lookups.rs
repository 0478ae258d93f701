//! Lookups, and comparisons of their values.

use super::order::Order;
use super::schema::{Domain, Kind, Names, Schema, TEXTS, quoted};
use crate::Random;
use std::collections::BTreeSet;

/// A declared lookup.
#[derive(Debug, Clone)]
pub(super) struct Lookup {
    name: String,
    key: Domain,
    value: Kind,
    /// The least and the greatest ordinal that a key has.
    ordinals: (i64, i64),
    /// A name or text that is the value of some key, or in it.
    member: String,
}

/// A lookup over some names or texts, with its declaration.
pub(super) fn lookup(random: &mut Random, schema: &Schema, number: u64) -> Option<(Lookup, String)> {
    let domains = [Domain::Texts, Domain::Taxonomy(0), Domain::Enum(0), Domain::Enum(1)];
    let key = *random
        .pick(&domains)
        .filter(|domain| **domain == Domain::Texts || schema.names(**domain).is_some())?;
    let domain = *random
        .pick(&domains)
        .filter(|domain| **domain == Domain::Texts || schema.names(**domain).is_some())?;
    let value = match random.below(4) {
        0 => Kind::Single(domain),
        1 => Kind::Set(domain, random.chance(40)),
        _ => {
            let order = *random.pick(&Order::ALL)?;
            let (low, high) = order.domain(random, true);
            Kind::Ordered(order, low, high)
        }
    };
    let mut out = Lookup {
        name: format!("lookup{number}"),
        key,
        value,
        ordinals: (i64::MAX, i64::MIN),
        member: String::new(),
    };
    let entries: Vec<String> = keys(random, schema.names(key))
        .into_iter()
        .map(|key| format!("{key}: {}", out.entry(random, schema)))
        .collect();
    let of = match schema.names(key) {
        Some(names) if names.name.is_empty() => format!("{{ {} }}", names.leaves.join(", ")),
        Some(names) => names.name.clone(),
        None => "string".to_owned(),
    };
    let text = format!(
        "lookup {} of {of}: {} {{ {} }}\n",
        out.name,
        schema.kind_text(value, false),
        entries.join(", ")
    );
    Some((out, text))
}

/// The keys of a lookup, which cover all names once.
fn keys(random: &mut Random, names: Option<&Names>) -> Vec<String> {
    let Some(names) = names else {
        let texts: BTreeSet<&str> = (0..random.between(1, 3)).map(|_| random.word(&TEXTS)).collect();
        return texts.into_iter().map(quoted).chain(["otherwise".to_owned()]).collect();
    };
    let mut out: Vec<String> = Vec::new();
    let mut left: Vec<usize> = (0..names.leaves.len()).collect();
    if let Some((node, first, end)) = random.pick(&names.inner)
        && random.chance(50)
    {
        out.push(node.clone());
        // A leaf below the node may stand by itself too: the more exact key counts.
        left.retain(|leaf| !(*first..*end).contains(leaf) || end - first > 1 && leaf == first);
    }
    let ends_early = random.chance(50) && left.len() > 1;
    let listed = if ends_early { random.below(left.len() as u64) as usize } else { left.len() };
    let leaf = |at: &usize| names.leaves.get(*at).cloned().unwrap_or_default();
    let named: Vec<String> = left.iter().take(listed).map(leaf).collect();
    match named.as_slice() {
        [one, other, rest @ ..] if random.chance(40) => {
            out.push(format!("{{{one}, {other}}}"));
            out.extend(rest.iter().cloned());
        }
        all => out.extend(all.iter().cloned()),
    }
    out.extend(ends_early.then(|| "otherwise".to_owned()));
    out
}

impl Lookup {
    /// The value of one key.
    fn entry(&mut self, random: &mut Random, schema: &Schema) -> String {
        match self.value {
            Kind::Ordered(order, low, high) => {
                let ordinal = order.constant(random, low.into(), high.into());
                self.ordinals = (self.ordinals.0.min(ordinal), self.ordinals.1.max(ordinal));
                order.literal(ordinal)
            }
            Kind::Single(domain) => {
                self.member = schema.member(random, domain);
                self.member.clone()
            }
            Kind::Set(_, true) if !self.member.is_empty() && random.chance(20) => "{}".to_owned(),
            Kind::Set(domain, _) => {
                self.member = schema.member(random, domain);
                format!("{{{}, {}}}", self.member, schema.member(random, domain))
            }
            Kind::Bool => "true".to_owned(),
        }
    }
}

/// A comparison of a lookup's value for an attribute.
pub(super) fn comparison(random: &mut Random, schema: &Schema) -> Option<String> {
    let lookup = random.pick(&schema.lookups)?;
    let keys = schema.attributes_of(|kind| kind == Kind::Single(lookup.key));
    let key = random.pick(&keys)?;
    let call = format!("{}({})", lookup.name, key.written(random));
    let others = |kind: &dyn Fn(Kind) -> bool| {
        let all = schema.attributes.iter().filter(|one| one.name != key.name && kind(one.kind));
        all.collect::<Vec<_>>()
    };
    let negation = random.word(&["", "", "not "]);
    match lookup.value {
        Kind::Ordered(order, ..) => {
            let (low, high) = lookup.ordinals;
            let of_order = others(&|kind| matches!(kind, Kind::Ordered(of, ..) if of == order));
            let sign = random.word(&["<", "<=", ">", ">="]);
            let other = random.pick(&of_order).filter(|_| random.chance(70));
            let (text, first, last) = match other.map(|other| (other, other.kind)) {
                Some((other, Kind::Ordered(_, first, last))) => (other.written(random), first, last),
                _ => {
                    let ordinal = order.constant(random, low.into(), high.into());
                    (order.literal(ordinal), ordinal, ordinal)
                }
            };
            let can_hold = match sign {
                "<" => low < last,
                "<=" => low <= last,
                ">" => high > first,
                _ => high >= first,
            };
            can_hold.then(|| format!("{call} {sign} {text}"))
        }
        Kind::Single(domain) => match random.below(3) {
            0 => Some(format!("{call} is {}", lookup.member)),
            1 => {
                let same = others(&|kind| kind == lookup.value);
                Some(format!("{call} is {negation}{}", random.pick(&same)?.written(random)))
            }
            _ => {
                let sets = others(&|kind| matches!(kind, Kind::Set(of, _) if of == domain));
                Some(format!("{call} {negation}in {}", random.pick(&sets)?.written(random)))
            }
        },
        Kind::Set(domain, _) => {
            let sets = others(&|kind| matches!(kind, Kind::Set(of, _) if of == domain));
            let set = random.pick(&sets).map(|set| set.written(random));
            match (random.below(4), set) {
                (0, Some(set)) => Some(format!("all {set} in {call}")),
                (1, Some(set)) => Some(format!("{} {set} in {call}", random.word(&["any", "no"]))),
                (2, Some(set)) => Some(format!("{set} is {negation}{call}")),
                (3, _) => Some(format!("any {call} in {{{}}}", lookup.member)),
                _ => {
                    let single = others(&|kind| kind == Kind::Single(domain));
                    Some(format!("{} {negation}in {call}", random.pick(&single)?.written(random)))
                }
            }
        }
        Kind::Bool => None,
    }
}
