//! A policy, and resolvers that count their calls.
#![allow(dead_code, reason = "each test binary uses a part")]

use placet::Policy;
use placet_engine::{Answer, Builder, Engine, Facts, Key, KeyType, Query, Resolver};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

pub(crate) const SHOP: &str = "
    policy shop version \"1\"
    request {
      purpose: { deliver, improve, marketing }
      consent: { granted, refused }
      objected: bool default false
      subject.age: int 0..150
      country: string
    }
    rule delivery  { allow when purpose is deliver  oblige tell when subject.age < 18 }
    rule marketing { allow when purpose is marketing and consent is granted and subject.age >= 18 }
    rule improving { allow when purpose is improve }
    rule objection { deny when objected and purpose is not deliver  oblige remember when country is \"DE\" }
";

pub(crate) fn shop() -> Policy {
    Policy::from_text(SHOP).unwrap()
}

/// Returns the builder of an engine whose resolvers are keyed by subjects.
pub(crate) fn builder(policy: Policy) -> Builder {
    Engine::builder(policy).key("subject.id", KeyType::Text)
}

/// A counter of calls.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked(Arc<AtomicUsize>);

impl Asked {
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    pub(crate) fn note(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Returns a resolver that finds the same facts for every subject, and the counter of its calls.
pub(crate) fn resolver(name: &str, facts: Facts) -> (Resolver, Asked) {
    let asked = Asked::default();
    let attributes: Vec<Arc<str>> = facts.iter().map(|(attribute, _)| attribute.clone()).collect();
    let noted = asked.clone();
    let resolver = Resolver::blocking(name, move |_: &Key| {
        noted.note();
        Ok(facts.clone())
    });
    (resolver.attributes(attributes).keyed_by(["subject.id"]), asked)
}

/// Creates a query about a subject.
pub(crate) fn question(engine: &Engine, subject: &str, request: &str) -> Query {
    let mut question = engine.query();
    question.key("subject.id", subject).unwrap().fill_from_json(request).unwrap();
    question
}

pub(crate) fn ask(engine: &Engine, subject: &str, request: &str) -> Answer {
    engine.decide(question(engine, subject, request)).unwrap()
}
