//! The corpus, and random requests for any policy.
#![allow(dead_code, reason = "each test binary uses a part")]

pub(crate) mod privacy_12;

use placet::{Limits, Policy};
use placet_model::request::AttributeInput;
use placet_model::types::{AttributeId, Members, Presence, Type};
use placet_model::value::Value;
use placet_model::{BitSet, Model, request::Request};
use std::path::{Path, PathBuf};

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

/// The text of a file of the corpus.
pub(crate) fn corpus(name: &str, kind: &str) -> String {
    let path = folder().join(format!("{name}.{kind}"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The policies of the corpus, by name.
pub(crate) fn corpus_policies() -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "placet"))
        .collect();
    all.sort();
    all
}

/// The corpus's policies and the examples in one file.
pub(crate) fn all_policies() -> Vec<PathBuf> {
    let examples = [
        "zai/privacy.placet",
        "ages/ages.placet",
        "newsletter.placet",
        "feature_gate.placet",
        "data_lake.placet",
    ];
    corpus_policies().into_iter().chain(examples.map(|name| root().join("examples").join(name))).collect()
}

pub(crate) fn policy_of(path: &Path) -> Policy {
    Policy::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The model of a policy file, for tests below the facade.
pub(crate) fn model_of(path: &Path) -> Model {
    let limits = Limits::default();
    let loaded = placet_syntax::source::load(path, &limits);
    let (model, diagnostics) = placet_check::check(&loaded, &limits);
    model.unwrap_or_else(|| panic!("{}: {diagnostics:?}", path.display()))
}

/// A plain random sequence (SplitMix64, Steele, Lea and Flood, OOPSLA 2014): the same for the same seed.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u64) as usize]
    }
}

/// Values of each attribute at which the policy's conditions change, by trying the representatives of the search.
pub(crate) struct Requests<'m> {
    pub(crate) model: &'m Model,
    telling: Vec<Vec<Value>>,
}

impl<'m> Requests<'m> {
    pub(crate) fn new(model: &'m Model) -> Self {
        let nothing = placet_model::request::Assignment::unknown(model);
        let telling = model
            .declared()
            .map(|(id, _)| placet_model::solver::representatives(model, &nothing, id))
            .collect();
        Self { model, telling }
    }

    /// A value of the attribute's domain, often one at which some condition changes, or beside it.
    pub(crate) fn value(&self, random: &mut Random, id: AttributeId) -> Value {
        let attribute = self.model.attribute(id).unwrap();
        if attribute.is_optional() && random.chance(30) {
            return Value::None;
        }
        let kind = &attribute.kind;
        let telling = &self.telling[id.index()];
        let mut value = if !telling.is_empty() && random.chance(80) {
            random.pick(telling).clone()
        } else {
            any_value(random, kind)
        };
        if let (Some(ordinal), Some((low, high))) = (value.ordinal(), kind.ordinals()) {
            let near = ordinal.saturating_add(random.below(3) as i64 - 1).clamp(low, high);
            value = Value::from_ordinal(kind, near).unwrap();
        }
        if let (Value::Symbols(set), true) = (&value, random.chance(60)) {
            let more = any_value(random, kind);
            let Value::Symbols(more) = more else { panic!("a set") };
            value = Value::Symbols(set.union(&more));
        }
        value
    }

    /// A request that gives each attribute with this chance.
    pub(crate) fn request(&self, random: &mut Random, percent: u64) -> Request {
        let mut request = Request::new();
        for (id, attribute) in self.model.declared() {
            if attribute.presence == Presence::Required || random.chance(percent) {
                let given = AttributeInput::Value(self.value(random, id));
                request.put(self.model, id, given).unwrap();
            } else if random.chance(30) {
                request.put(self.model, id, AttributeInput::Null).unwrap();
            }
        }
        request
    }
}

fn any_value(random: &mut Random, kind: &Type) -> Value {
    match kind {
        Type::Bool => Value::Bool(random.chance(50)),
        Type::String => Value::String(["", "x", "SG", "de-AT", "a*b"][random.below(5) as usize].into()),
        Type::Symbol(universe) => Value::Symbol(random.below(u64::from(universe.len())) as u32),
        Type::Set { of: Members::Symbols(universe), may_be_empty } => {
            let count = universe.len();
            let mut set = BitSet::from_iter(count, (0..count).filter(|_| random.chance(20)));
            if set.is_empty() && !may_be_empty {
                set.insert(random.below(u64::from(count)) as u32);
            }
            Value::Symbols(set)
        }
        Type::Set { of: Members::Texts, .. } => {
            Value::Texts([["pii", "x"][random.below(2) as usize].into()].into_iter().collect())
        }
        ordered => {
            let (low, high) = ordered.ordinals().unwrap();
            let span = (i128::from(high) - i128::from(low) + 1) as u128;
            let offset = u128::from(random.next()) % span;
            Value::from_ordinal(ordered, (i128::from(low) + offset as i128) as i64).unwrap()
        }
    }
}
