//! Optional attributes that resolvers serve, and optional keys.

use placet::{Effect, Policy};
use placet_engine::{Engine, Fact, Facts, FailureReason, Key, KeyError, Resolver, ResolverError};

fn policy() -> Policy {
    let text = "policy p
        request {
          subject: string?
          withdrawn_at: time?
          age: int 0..150
        }
        rule r { allow when withdrawn_at is none or age > 100 }";
    Policy::from_text(text).unwrap()
}

/// Returns an engine whose resolver of `withdrawn_at` finds this by the subject.
fn engine(found: impl Fn() -> Result<Facts, ResolverError> + Send + Sync + 'static) -> Engine {
    let resolver = Resolver::in_place("consents", move |_: &Key| found());
    let resolver = resolver.attributes(["withdrawn_at"]).keyed_by(["subject"]);
    Engine::builder(policy()).resolver(resolver).build().unwrap()
}

fn effect(engine: &Engine, subject: Fact) -> (Effect, Vec<FailureReason>) {
    let mut query = engine.query();
    query.set("subject", &subject).unwrap().set("age", 30).unwrap();
    let answer = engine.decide(query).unwrap();
    let failures = answer.failures.into_iter().map(|failure| failure.why).collect();
    (answer.decision.effect, failures)
}

#[test]
fn null_of_a_resolver_is_none_and_nothing_is_missing() {
    let none = engine(|| Ok(Facts::new().with("withdrawn_at", None::<placet::Time>)));
    assert_eq!(effect(&none, "anna".into()).0, Effect::Allow);
    let given = engine(|| Ok(Facts::new().with("withdrawn_at", "2026-01-01T00:00:00Z")));
    assert_eq!(effect(&given, "anna".into()).0, Effect::Deny);
    let unknown = engine(|| Ok(Facts::new().with_known("withdrawn_at", None::<placet::Time>)));
    assert_eq!(effect(&unknown, "anna".into()).0, Effect::Indeterminate);
    let failing = engine(|| Err("down".into()));
    assert_eq!(effect(&failing, "anna".into()).0, Effect::Indeterminate);
}

#[test]
fn null_of_any_other_attribute_leaves_it_out() {
    let resolver = Resolver::in_place("ages", |_: &Key| Ok(Facts::new().with("age", Fact::Null)));
    let engine = Engine::builder(policy()).resolver(resolver.attributes(["age"])).build().unwrap();
    let mut query = engine.query();
    query.set("withdrawn_at", "2026-01-01T00:00:00Z").unwrap();
    let answer = engine.decide(query).unwrap();
    assert_eq!((answer.decision.effect, answer.origins.iter().count()), (Effect::Indeterminate, 0));
}

#[test]
fn none_is_no_key() {
    let engine = engine(|| Ok(Facts::new().with("withdrawn_at", Fact::Null)));
    let (effect, failures) = effect(&engine, Fact::Null);
    assert_eq!(effect, Effect::Indeterminate);
    assert!(matches!(&failures[..], [FailureReason::NoKey { key }] if &**key == "subject"), "{failures:?}");
    let mut query = engine.query();
    let refused = query.key("subject", Fact::Null).unwrap_err();
    assert!(matches!(refused, KeyError::OutsideDomain { .. }), "{refused:?}");
}
