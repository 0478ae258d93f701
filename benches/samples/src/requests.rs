//! Random requests, with values where the conditions of a policy change.

mod telling;
mod ties;

use crate::Random;
use placet_model::condition::{Atom, Condition};
use placet_model::request::{AttributeInput, Request};
use placet_model::types::{AttributeId, Members, Presence, Type, Universe};
use placet_model::value::Value;
use placet_model::{BitSet, Model};
use std::sync::Arc;
use telling::Telling;

const TEXTS: [&str; 8] = ["", "a", "b", "ab", "x", "zz", "SG", "é*"];

/// Returns a random request for a policy. For many requests, create one [`Requests`].
pub fn request(random: &mut Random, model: &Model) -> Request {
    Requests::new(model).any(random)
}

/// A generator of requests for one policy.
#[derive(Debug)]
pub struct Requests<'m> {
    model: &'m Model,
    /// For each attribute, the values that its own conditions tell apart.
    telling: Vec<Telling>,
    /// For each attribute, the comparisons that relate it to others.
    ties: Vec<Vec<&'m Atom>>,
}

impl<'m> Requests<'m> {
    /// Creates a generator from the policy's conditions.
    pub fn new(model: &'m Model) -> Self {
        let mut telling: Vec<Telling> = vec![Telling::default(); model.attributes.len()];
        let mut ties: Vec<Vec<&'m Atom>> = vec![Vec::new(); model.attributes.len()];
        for atom in model.conditions.nodes().iter().filter_map(Condition::as_leaf) {
            let ids = atom.attributes();
            match *ids.as_slice() {
                [id] => {
                    if let (Some(telling), Some(attribute)) =
                        (telling.get_mut(id.index()), model.attribute(id))
                    {
                        telling.read(atom, id, &attribute.kind);
                    }
                }
                _ => {
                    for id in ids {
                        if let Some(ties) = ties.get_mut(id.index()) {
                            ties.push(atom);
                        }
                    }
                }
            }
        }
        telling.iter_mut().for_each(Telling::finish);
        Self { model, telling, ties }
    }

    /// Returns a request with no, few or many unknown attributes.
    pub fn any(&self, random: &mut Random) -> Request {
        let open =
            random.pick(&[0, 0, 0, 0, 0, 0, 0, 10, 10, 10, 25, 25, 50, 95]).copied().unwrap_or_default();
        self.request(random, open)
    }

    /// Returns a request in which each attribute is unknown in this many of a hundred cases.
    pub fn request(&self, random: &mut Random, open: u32) -> Request {
        let mut request = Request::new();
        for (id, attribute) in self.model.declared() {
            let is_open = attribute.presence != Presence::Required && random.chance(open);
            let has_default = matches!(attribute.presence, Presence::Default(_));
            let given = match &attribute.kind {
                Type::Symbol(Universe::Taxonomy(_)) if open > 0 && random.chance(open / 2 + 10) => {
                    self.category(random, &attribute.kind)
                }
                _ if attribute.is_optional() && random.chance(30) => Some(AttributeInput::Value(Value::None)),
                _ if is_open && (has_default || random.chance(30)) => Some(AttributeInput::Null),
                _ if is_open || has_default && random.chance(30) => None,
                _ => self.value(random, id, &request).map(AttributeInput::Value),
            };
            if let Some(given) = given {
                // INVARIANT: the value was made for the attribute's type.
                let _ = request.put(self.model, id, given);
            }
        }
        request
    }

    /// An inner node as a choice of its leaves; a single leaf is that leaf.
    fn category(&self, random: &mut Random, kind: &Type) -> Option<AttributeInput> {
        let Type::Symbol(Universe::Taxonomy(taxonomy)) = kind else { return None };
        let mut inner: Vec<_> = taxonomy.nodes.iter().filter(|(_, node)| !node.is_leaf).collect();
        inner.sort_unstable_by_key(|(name, _)| (*name).clone());
        let count = u32::try_from(taxonomy.leaves.len()).unwrap_or_default();
        let (first, end) = random.pick(&inner).map_or((0, count), |(_, node)| (node.first, node.end));
        Some(if end == first + 1 {
            AttributeInput::Value(Value::Symbol(first))
        } else {
            AttributeInput::OneOf(BitSet::from_iter(count, first..end))
        })
    }

    /// Returns a value of the attribute's domain: one at or near which some condition changes, given the request so far,
    /// or any.
    pub fn value(&self, random: &mut Random, id: AttributeId, request: &Request) -> Option<Value> {
        let attribute = self.model.attribute(id)?;
        let ties = self.ties.get(id.index()).map_or(&[][..], Vec::as_slice);
        let tie = if random.chance(60) { random.pick(ties).copied() } else { None };
        let telling = self.telling.get(id.index())?;
        match &attribute.kind {
            Type::Bool => Some(Value::Bool(match tie.and_then(|tie| ties::other(tie, id, request)) {
                Some(Value::Bool(other)) if random.chance(50) => *other,
                _ => random.chance(50),
            })),
            Type::Symbol(universe) => {
                let other = tie.and_then(|tie| ties::other(tie, id, request));
                Some(Value::Symbol(symbol(random, universe.len(), other)))
            }
            Type::String => Some(Value::String(match tie.and_then(|tie| ties::other(tie, id, request)) {
                Some(Value::String(other)) if random.chance(60) => other.clone(),
                Some(Value::Texts(texts)) if !texts.is_empty() && random.chance(60) => {
                    random.pick(&texts.iter().collect::<Vec<_>>()).map(|text| (*text).clone())?
                }
                _ => self.text(random, telling),
            })),
            Type::Set { of: Members::Symbols(universe), may_be_empty } => {
                let other = tie.and_then(|tie| ties::other(tie, id, request));
                Some(Value::Symbols(symbols(random, universe.len(), *may_be_empty, telling, other)))
            }
            Type::Set { of: Members::Texts, may_be_empty } => {
                let other = tie.and_then(|tie| ties::other(tie, id, request));
                Some(self.texts(random, telling, *may_be_empty, other))
            }
            ordered => {
                let (low, high) = ordered.ordinals()?;
                let tied = tie.and_then(|tie| ties::bound(random, tie, id, (low, high), request));
                let some = tied.or_else(|| telling.ordinal(random)).filter(|_| random.chance(90));
                let some = some.unwrap_or_else(|| anywhere(random, low, high));
                let near = some.saturating_add(random.below(3) as i64 - 1);
                Value::from_ordinal(ordered, near.clamp(low, high))
            }
        }
    }

    /// A text of a condition, or one close to it.
    fn text(&self, random: &mut Random, telling: &Telling) -> Arc<str> {
        let some = match random.pick(&telling.texts) {
            Some(text) if random.chance(80) => text.clone(),
            _ => random.word(&TEXTS).into(),
        };
        match random.below(6) {
            0 => format!("{some}{}", random.word(&TEXTS)).into(),
            1 => {
                let mut chars = some.chars();
                chars.next_back();
                chars.as_str().into()
            }
            _ => some,
        }
    }

    fn texts(
        &self,
        random: &mut Random,
        telling: &Telling,
        may_be_empty: bool,
        other: Option<&Value>,
    ) -> Value {
        let mut out = match other {
            Some(Value::Texts(texts)) => texts.clone(),
            Some(Value::String(text)) => [text.clone()].into(),
            _ => Default::default(),
        };
        if random.chance(50) {
            for text in random.some(&telling.texts, 2) {
                if !out.remove(text) {
                    out.insert(text.clone());
                }
            }
        }
        if random.chance(25) || out.is_empty() && !may_be_empty {
            out.insert(random.word(&TEXTS).into());
        }
        Value::Texts(out)
    }
}

fn symbol(random: &mut Random, count: u32, other: Option<&Value>) -> u32 {
    match other {
        Some(Value::Symbol(other)) if random.chance(50) => *other,
        Some(Value::Symbols(set)) if !set.is_empty() && random.chance(50) => {
            random.pick(&set.iter().collect::<Vec<_>>()).copied().unwrap_or_default()
        }
        _ => random.below(u64::from(count)) as u32,
    }
}

/// A set near one of the conditions, or near another attribute's value.
fn symbols(
    random: &mut Random,
    count: u32,
    may_be_empty: bool,
    telling: &Telling,
    other: Option<&Value>,
) -> BitSet {
    let near = match other {
        Some(Value::Symbols(set)) => Some(set.clone()),
        Some(Value::Symbol(symbol)) => Some(BitSet::from_iter(count, [*symbol])),
        _ => random.pick(&telling.sets).cloned(),
    };
    let mut members: Vec<bool> = match near.filter(|_| random.chance(75)) {
        Some(near) => (0..count).map(|symbol| near.contains(symbol)).collect(),
        None => (0..count).map(|_| random.chance(35)).collect(),
    };
    for _ in 0..random.between(0, 2) {
        let at = random.below(u64::from(count)) as usize;
        if let Some(member) = members.get_mut(at) {
            *member = !*member;
        }
    }
    let mut set =
        BitSet::from_iter(count, (0..count).zip(members).filter(|(_, is)| *is).map(|(symbol, _)| symbol));
    if set.is_empty() && !may_be_empty {
        set.insert(random.below(u64::from(count)) as u32);
    }
    set
}

/// Any value of a domain, mostly near its ends or near zero.
fn anywhere(random: &mut Random, low: i64, high: i64) -> i64 {
    let zero = 0_i64.clamp(low, high);
    match random.below(4) {
        0 => low,
        1 => high,
        2 => {
            let span = i128::from(high) - i128::from(low) + 1;
            let offset = i128::from(random.number()) % span;
            i64::try_from(i128::from(low) + offset).unwrap_or(zero)
        }
        _ => zero.saturating_add(random.below(64) as i64),
    }
}
