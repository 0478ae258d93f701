//! Incremental decisions: in any order of values they end with the decision of the whole request, and they ask only for
//! attributes that can matter.

use placet::__private::Internals;
use placet::{
    Date, Decision, Depth, Duration, Effect, ErrorCode, IncrementalDecision, Input, Limits, Policy, Step,
    Time,
};
use placet_model::policy::RuleEffect;
use placet_model::reference::{self, Completions};
use placet_model::request::{Assignment, AttributeInput, Request};
use placet_model::solver;
use placet_model::types::{AttributeId, Members, Presence, Type};
use placet_model::value::Value;
use placet_samples::{Agreement, Engines, Random, Requests, Shape, model, policy, saved, with_optional};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The number of random policies; `PLACET_PROGRESS` sets it.
const POLICIES: u64 = 30;
/// Steps of the search for one decision.
const SEARCH_STEPS: usize = 5_000;

/// A value as a request takes it.
fn input<'v>(kind: &'v Type, value: &'v Value) -> Input<'v> {
    match (value, kind) {
        (Value::Bool(value), _) => Input::Bool(*value),
        (Value::Int(value), _) => Input::Int(*value),
        (Value::Number(value), _) => Input::Number(*value),
        (Value::String(text), _) => Input::from(&**text),
        (Value::Symbol(symbol), Type::Symbol(universe)) => universe.name(*symbol).into(),
        (Value::Symbols(set), Type::Set { of: Members::Symbols(universe), .. }) => {
            set.iter().map(|symbol| universe.name(symbol)).collect()
        }
        (Value::Texts(texts), _) => texts.iter().map(|text| &**text).collect(),
        (Value::Date(days), _) => Input::Date(Date::from_days(*days)),
        (Value::Time(micros), _) => Input::Time(Time::from_micros(*micros)),
        (Value::Duration(micros), _) => Input::Duration(Duration::from_micros(*micros)),
        (Value::None, _) => Input::Null,
        (value, kind) => panic!("{value:?} of {kind:?}"),
    }
}

/// The attributes that a decision depends on.
struct Needs {
    names: BTreeSet<Arc<str>>,
    /// The solver finds no more, so no engine may ask for more.
    is_exact: bool,
}

/// An incremental decision under test, with the request so far.
struct Case<'a> {
    policy: &'a Policy,
    /// The request that gives everything.
    whole: &'a Request,
    /// The request so far.
    given: Request,
}

impl Case<'_> {
    fn value(&self, id: AttributeId) -> Value {
        match self.whole.get(id) {
            Some(AttributeInput::Value(value)) => value.clone(),
            other => panic!("{other:?}"),
        }
    }

    fn give(&mut self, progress: &mut IncrementalDecision, id: AttributeId) {
        let model = self.policy.model();
        let (attribute, value) = (model.attribute(id).unwrap(), self.value(id));
        progress.give(&attribute.name, input(&attribute.kind, &value)).unwrap();
        self.given.put(model, id, AttributeInput::Value(value)).unwrap();
    }

    /// Returns the attributes that the request so far depends on, by the reference; `None` if it has too many completions.
    fn needs(&self, depth: Depth) -> Option<Needs> {
        let model = self.policy.model();
        let mut given = self.given.clone();
        for (id, attribute) in model.declared() {
            if given.get(id).is_none()
                && self.whole.get(id).is_some()
                && attribute.presence != Presence::Required
            {
                given.put(model, id, AttributeInput::Pending).unwrap();
            }
        }
        let facts = Assignment::new(model, &given).unwrap();
        let completions = Completions::new(model, &facts)?;
        let decision = completions.decision();
        let effect = match decision.effect {
            Effect::Indeterminate => {
                let is_exact = !solver::decide(model, &facts).approximate;
                return Some(Needs { names: decision.missing.into_iter().collect(), is_exact });
            }
            Effect::Allow => RuleEffect::Allow,
            Effect::Deny => RuleEffect::Deny,
        };
        if depth == Depth::Effect {
            return Some(Needs {
                names: BTreeSet::new(),
                is_exact: !solver::decide(model, &facts).approximate,
            });
        }
        let rules = model.rules.iter().enumerate().filter(|(_, rule)| rule.effect == effect);
        let rules: Vec<usize> = rules.map(|(place, _)| place).collect();
        let mut names = completions.obligations_depend_on(&rules);
        let mut solved = solver::obligations_depend_on(model, &facts, &rules);
        if depth == Depth::Reasons {
            names.extend(completions.rules_depend_on(&rules));
            solved.extend(solver::reasons_depend_on(model, &facts, &rules));
        }
        let (names, solved): (BTreeSet<_>, BTreeSet<_>) =
            (names.into_iter().collect(), solved.into_iter().collect());
        assert!(names.is_subset(&solved), "{names:?} {solved:?}");
        Some(Needs { is_exact: names == solved && !solver::decide(model, &facts).approximate, names })
    }

    /// Asks and answers to the end; how many attributes were asked for, and the decision.
    fn run(&mut self, random: &mut Random, depth: Depth) -> (usize, Decision) {
        let model = self.policy.model();
        // What the whole request leaves out has its default.
        let names = model.declared().filter(|(id, _)| self.whole.get(*id).is_some());
        let names: Vec<&str> = names.map(|(_, attribute)| &*attribute.name).collect();
        let mut progress = self.policy.begin_with(self.policy.request(), names.iter().copied()).unwrap();
        for (id, _) in model.declared() {
            if random.chance(40) && self.whole.get(id).is_some() {
                self.give(&mut progress, id);
            }
        }
        // What was given before the decision began must not be told from what was given since.
        let request = progress.request().clone();
        let mut progress = self.policy.begin_with(request, names).unwrap().with_depth(depth);
        let mut asked = 0;
        loop {
            let needs = match progress.step().unwrap() {
                Step::Decided(decision) => return (asked, decision),
                Step::DependsOn(needs) => needs,
            };
            let names: BTreeSet<Arc<str>> = needs.iter().map(|need| need.attribute.clone()).collect();
            assert_eq!(names.len(), needs.len(), "each once");
            assert!(!names.is_empty());
            assert!(needs.iter().all(|need| (0.0..=1.0).contains(&need.settles)), "{needs:?}");
            let required: BTreeSet<Arc<str>> = model
                .declared()
                .filter(|(id, attribute)| {
                    attribute.presence == Presence::Required && self.given.get(*id).is_none()
                })
                .map(|(_, attribute)| attribute.name.clone())
                .collect();
            if required.is_empty() {
                // Were an attribute left out that matters, the obligations in the end would be others.
                if let Some(expected) = self.needs(depth) {
                    let Needs { names: expected, is_exact } = expected;
                    assert!(!is_exact || names.is_subset(&expected), "{names:?} {expected:?}");
                    assert!(depth != Depth::Effect || names.is_superset(&expected), "{names:?} {expected:?}");
                }
            } else {
                assert_eq!(names, required);
            }
            let need = random.pick(&needs).unwrap();
            self.give(
                &mut progress,
                model.declared().find(|(_, attribute)| attribute.name == need.attribute).unwrap().0,
            );
            asked += 1;
            if random.chance(20) {
                let open: Vec<AttributeId> = model.declared().map(|(id, _)| id).collect();
                let id = *random.pick(&open).unwrap();
                if self.whole.get(id).is_some() {
                    self.give(&mut progress, id);
                }
            }
        }
    }
}

#[test]
fn any_order_of_answers_ends_with_the_decision_of_the_whole_request() {
    let count = std::env::var("PLACET_PROGRESS").map_or(POLICIES, |count| count.parse().unwrap());
    let mut limits = Limits::default();
    limits.search_steps = SEARCH_STEPS;
    let shapes = [Shape::small, Shape::related, Shape::middle, Shape::wide];
    let (mut asked, mut attributes, mut decisions) = (0, 0, 0);
    for seed in 0..count {
        let mut random = Random::new(seed);
        let shape = shapes[usize::try_from(seed).unwrap() % shapes.len()]();
        let text = policy(&mut random, &shape);
        let mut model = model(&text).unwrap_or_else(|faults| panic!("{text}\n{}", faults.join("\n")));
        model.limits = limits.clone();
        let share = if seed % 2 == 0 { 50 } else { 0 };
        let policy = Policy::from_bytes(&saved(with_optional(&mut random, model, share))).unwrap();
        let model = policy.model();
        let requests = Requests::new(model);
        for _ in 0..8 {
            let whole = requests.request(&mut random, 0);
            let facts = Assignment::new(model, &whole).unwrap();
            let expected = reference::decide(model, &facts).expect("a complete request");
            for depth in [Depth::Effect, Depth::Obligations, Depth::Reasons] {
                let mut case = Case { policy: &policy, whole: &whole, given: Request::new() };
                let (needed, decision) = case.run(&mut random, depth);
                let shown = || {
                    format!(
                        "policy {seed}, {depth:?}\n{text}\n{whole:?}\n{:?}\n{decision:?}\n{expected:?}",
                        case.given
                    )
                };
                assert_eq!(decision.effect, expected.effect, "{}", shown());
                if depth == Depth::Obligations {
                    assert_eq!(decision.obligations, expected.obligations, "{}", shown());
                }
                if depth == Depth::Reasons {
                    assert_eq!(decision, expected, "{}", shown());
                    continue;
                }
                asked += needed;
                attributes += model.declared().count();
                decisions += 1;
            }
        }
    }
    assert!(decisions > 0);
    // Were every attribute asked for that is not given at first, it would be six in ten.
    assert!(asked * 10 < attributes * 4, "{asked} of {attributes}");
}

#[test]
fn every_engine_decides_what_is_not_known_yet_as_the_reference_does() {
    let mut compared = 0;
    for seed in 0..40 {
        let mut random = Random::new(seed);
        let shape = if seed % 2 == 0 { Shape::small() } else { Shape::related() };
        let text = policy(&mut random, &shape);
        let model = model(&text).unwrap_or_else(|faults| panic!("{text}\n{}", faults.join("\n")));
        let model = with_optional(&mut random, model, if seed % 4 < 2 { 50 } else { 0 });
        let (engines, requests) = (Engines::new(&model), Requests::new(&model));
        for _ in 0..40 {
            let mut request = requests.any(&mut random);
            for (id, attribute) in model.declared() {
                if attribute.presence != Presence::Required && random.chance(40) {
                    request.put(&model, id, AttributeInput::Pending).unwrap();
                }
            }
            for answer in engines.answers(&request) {
                assert!(answer.fault().is_none(), "policy {seed}\n{text}\n{request:?}\n{answer:?}");
                compared += usize::from(answer.agreement == Agreement::Equal);
            }
        }
    }
    assert!(compared > 4_000, "{compared}");
}

const SHOP: &str = "
    policy shop
    request {
      service: { web, app } required
      purpose: { deliver, marketing }
      consent: { granted, refused }
      objected: bool default false
      subject.age: int 0..150
    }
    rule delivery { allow when purpose is deliver  oblige tell when subject.age < 18 }
    rule marketing { allow when purpose is marketing and consent is granted and service is web }
    rule objection { deny when objected }
";

fn needs(progress: &IncrementalDecision) -> Vec<Arc<str>> {
    match progress.step().unwrap() {
        Step::DependsOn(needs) => needs.into_iter().map(|need| need.attribute).collect(),
        Step::Decided(decision) => panic!("{decision:?}"),
    }
}

fn decided(progress: &IncrementalDecision) -> Decision {
    match progress.step().unwrap() {
        Step::Decided(decision) => decision,
        Step::DependsOn(needs) => panic!("{needs:?}"),
    }
}

#[test]
fn defaults_of_pending_attributes_are_not_used() {
    let policy = Policy::from_text(SHOP).unwrap();
    let request = policy.request_from_json(r#"{"service": "web", "purpose": "deliver"}"#).unwrap();
    // Nobody can look: the default stands.
    assert!(decided(&policy.begin(request.clone()).unwrap()).is_allowed());
    let mut progress = policy.begin_with(request, ["objected", "consent"]).unwrap();
    assert_eq!(needs(&progress), ["objected".into()]);
    let withheld = decided(progress.clone().mark_unavailable("objected").unwrap());
    assert_eq!((withheld.effect, &*withheld.missing), (Effect::Indeterminate, &["objected".into()][..]));
    progress.give("objected", true).unwrap();
    assert_eq!(decided(&progress).effect, Effect::Deny);
}

#[test]
fn step_skips_attributes_with_a_value() {
    let policy = Policy::from_text(SHOP).unwrap();
    let request =
        policy.request_from_json(r#"{"service": "web", "purpose": "deliver", "objected": false}"#).unwrap();
    let progress = policy.begin_with(request, ["objected"]).unwrap();
    assert!(decided(&progress).is_allowed());
    // Null says that it is not known, so it is asked for.
    let request =
        policy.request_from_json(r#"{"service": "web", "purpose": "deliver", "objected": null}"#).unwrap();
    assert_eq!(needs(&policy.begin(request).unwrap()), ["objected".into()]);
}

#[test]
fn step_asks_for_required_attributes_first() {
    let policy = Policy::from_text(SHOP).unwrap();
    let progress = policy.begin(policy.request()).unwrap();
    assert_eq!(needs(&progress), ["service".into()]);
    let fault = progress.clone().mark_unavailable("service").unwrap().step().unwrap_err();
    assert_eq!((fault.code, fault.attribute.as_deref()), (ErrorCode::RequiredAttribute, Some("service")));
    let none = policy.begin_with(policy.request(), [""; 0]).unwrap();
    assert_eq!(none.step().unwrap_err().code, ErrorCode::RequiredAttribute);
}

#[test]
fn step_asks_for_obligations_at_their_depth() {
    let policy = Policy::from_text(SHOP).unwrap();
    let request = policy.request_from_json(r#"{"service": "web", "purpose": "deliver"}"#).unwrap();
    let progress = policy.begin(request).unwrap();
    let decision = decided(&progress);
    assert!(decision.is_allowed() && !decision.obligations[0].certain);
    let mut progress = progress.with_depth(Depth::Obligations);
    assert_eq!(needs(&progress), ["subject.age".into()]);
    progress.give("subject.age", 17).unwrap();
    assert!(decided(&progress).obligations[0].certain);
}

#[test]
fn step_asks_for_reasons_at_their_depth() {
    let policy = Policy::from_text(
        "policy shop
         request { purpose: { deliver, marketing }  consent: { granted, refused }  subject.age: int 0..150 }
         rule marketing { allow when purpose is marketing and consent is granted }
         rule no_consent { deny when purpose is marketing and consent is refused }
         rule children { deny when subject.age < 13  oblige erase }",
    )
    .unwrap();
    let request = policy.request_from_json(r#"{"purpose": "marketing", "consent": "refused"}"#).unwrap();
    let progress = policy.begin(request).unwrap();
    assert_eq!(decided(&progress).rules, ["children".into(), "no_consent".into()]);
    let mut progress = progress.with_depth(Depth::Reasons);
    assert_eq!(needs(&progress), ["subject.age".into()]);
    progress.give("subject.age", 30).unwrap();
    let decision = decided(&progress);
    assert_eq!((&*decision.rules, &*decision.obligations), (&["no_consent".into()][..], &[][..]));
}

#[test]
fn settles_ranks_dependencies() {
    let policy = Policy::from_text(SHOP).unwrap();
    let request = policy.request_from_json(r#"{"service": "web", "objected": false}"#).unwrap();
    let Step::DependsOn(needs) = policy.begin(request).unwrap().step().unwrap() else { panic!() };
    let settles: Vec<(&str, f64)> = needs.iter().map(|need| (&*need.attribute, need.settles)).collect();
    // A delivery is allowed whatever the consent; with consent, so is either purpose.
    assert_eq!(settles, [("purpose", 0.5), ("consent", 0.5)]);
    let request =
        policy.request_from_json(r#"{"service": "web", "objected": false, "purpose": "marketing"}"#).unwrap();
    let Step::DependsOn(needs) = policy.begin(request).unwrap().step().unwrap() else { panic!() };
    assert_eq!((&*needs[0].attribute, needs[0].settles), ("consent", 1.0));
}

#[test]
fn errors_leave_the_decision_unchanged() {
    let policy = Policy::from_text(SHOP).unwrap();
    let request = policy.request_from_json(r#"{"service": "web", "purpose": "marketing"}"#).unwrap();
    let mut progress = policy.begin(request).unwrap();
    let before = needs(&progress);
    assert_eq!(progress.give("consent", "perhaps").unwrap_err().code, ErrorCode::OutsideDomain);
    assert_eq!(progress.give("consnt", "granted").unwrap_err().code, ErrorCode::UnknownAttribute);
    assert_eq!(progress.mark_unavailable("consnt").unwrap_err().code, ErrorCode::UnknownAttribute);
    assert_eq!(needs(&progress), before);
    let other = Policy::from_text(SHOP).unwrap();
    assert!(policy.begin(other.request()).is_err());
}
