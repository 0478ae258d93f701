//! Properties of every policy and every request.

mod support;

use placet_check::check;
use placet_model::Model;
use placet_model::decision::{Decision, Effect};
use placet_model::reference::Completions;
use placet_model::request::{Assignment, AttributeInput, Request};
use placet_model::solver::decide;
use placet_model::value::Value;
use placet_syntax::source::load_text;
use placet_syntax::{Limits, Sources, parse};
use std::collections::BTreeMap;
use support::{Random, Requests, all_policies, model_of};

const REQUESTS: u64 = 60;

fn answer(model: &Model, request: &Request) -> Decision {
    decide(model, &Assignment::new(model, request).unwrap())
}

/// Returns a completion of a request: defaults are filled in, then unknown attributes get random values.
fn completed(requests: &Requests<'_>, random: &mut Random, request: &Request) -> Request {
    let model = requests.model;
    let facts = Assignment::new(model, request).unwrap();
    let mut out = Request::new();
    for (id, attribute) in model.declared() {
        let is_none = attribute.none.and_then(|companion| facts.value(companion)) == Some(&Value::Bool(true));
        let value = match facts.value(id) {
            Some(_) if is_none => Value::None,
            Some(value) => value.clone(),
            None => requests.value(random, id),
        };
        out.put(model, id, AttributeInput::Value(value)).unwrap();
    }
    out
}

/// Policies that do not ask whether something is missing: of these, completing a request changes no fact.
fn asks_for_missing(model: &Model) -> bool {
    use placet_model::condition::{Atom, Condition};
    model.conditions.nodes().iter().any(|node| matches!(node, Condition::Leaf(Atom::Missing(_))))
}

#[test]
fn a_decision_holds_for_every_completion() {
    let mut undecided = 0;
    for path in all_policies() {
        let model = model_of(&path);
        if asks_for_missing(&model) {
            continue;
        }
        let requests = Requests::new(&model);
        let mut random = Random(1);
        for _ in 0..REQUESTS {
            let request = requests.request(&mut random, 60);
            let decision = answer(&model, &request);
            undecided += usize::from(decision.effect == Effect::Indeterminate);
            for _ in 0..16 {
                let complete = answer(&model, &completed(&requests, &mut random, &request));
                let context = || format!("{}: {request:?}\n{decision:?}\n{complete:?}", path.display());
                match decision.effect {
                    Effect::Indeterminate => {}
                    effect => {
                        assert_eq!(complete.effect, effect, "{}", context());
                        assert!(
                            complete.rules.iter().all(|rule| decision.rules.contains(rule)),
                            "{}",
                            context()
                        );
                        assert!(
                            decision.certain().all(|rule| complete.rules.contains(rule)),
                            "{}",
                            context()
                        );
                        for due in &complete.obligations {
                            let known = |other: &&_| same_obligation(due, other);
                            assert!(decision.obligations.iter().any(|other| known(&other)), "{}", context());
                        }
                        for due in decision.obligations.iter().filter(|due| due.certain) {
                            let known = |other: &&_| same_obligation(due, other);
                            assert!(complete.obligations.iter().any(|other| known(&other)), "{}", context());
                        }
                    }
                }
            }
        }
    }
    assert!(undecided > 50, "requests that leave something open were among them: {undecided}");
}

fn same_obligation(
    a: &placet_model::decision::DueObligation,
    b: &placet_model::decision::DueObligation,
) -> bool {
    a.name == b.name && a.within_seconds == b.within_seconds
}

#[test]
fn missing_names_every_attribute_that_the_effect_depends_on() {
    let mut found = 0;
    for path in all_policies() {
        let model = model_of(&path);
        if asks_for_missing(&model) {
            continue;
        }
        let requests = Requests::new(&model);
        let mut random = Random(2);
        for _ in 0..REQUESTS {
            let request = requests.request(&mut random, 60);
            let facts = Assignment::new(&model, &request).unwrap();
            let decision = answer(&model, &request);
            if decision.effect != Effect::Indeterminate {
                continue;
            }
            for _ in 0..16 {
                let one = completed(&requests, &mut random, &request);
                for (id, attribute) in model.declared().filter(|(id, _)| facts.value(*id).is_none()) {
                    let mut other = one.clone();
                    other.put(&model, id, AttributeInput::Value(requests.value(&mut random, id))).unwrap();
                    if answer(&model, &one).effect != answer(&model, &other).effect {
                        found += 1;
                        assert!(
                            decision.missing.contains(&attribute.name),
                            "{}: `{}` matters: {request:?}\n{decision:?}",
                            path.display(),
                            attribute.name
                        );
                    }
                }
            }
        }
    }
    assert!(found > 100, "some attribute mattered: {found}");
}

/// This includes policies that test for missing attributes: leaving out an attribute never gains an allow.
#[test]
fn more_knowledge_never_turns_an_allow_into_anything_else() {
    let mut allowed = 0;
    for path in all_policies() {
        let model = model_of(&path);
        let requests = Requests::new(&model);
        let mut random = Random(3);
        for _ in 0..4 * REQUESTS {
            let mut request = requests.request(&mut random, 70);
            let mut before = answer(&model, &request);
            for (id, _) in model.declared() {
                if Assignment::new(&model, &request).unwrap().value(id).is_some() {
                    continue;
                }
                request.put(&model, id, AttributeInput::Value(requests.value(&mut random, id))).unwrap();
                let after = answer(&model, &request);
                if before.effect == Effect::Allow {
                    allowed += 1;
                    assert_eq!(after.effect, Effect::Allow, "{}: {request:?}\n{before:?}", path.display());
                }
                before = after;
            }
        }
    }
    assert!(allowed > 100, "some were allowed: {allowed}");
}

#[test]
fn order_of_declarations_does_not_matter() {
    let limits = Limits::default();
    for path in all_policies() {
        let text = std::fs::read_to_string(&path).unwrap();
        let mut sources = Sources::default();
        let file = sources.add("policy", text.clone());
        let (tree, _) = parse(&sources, file, &limits);
        let mut random = Random(4);
        let mut pieces: Vec<&str> = tree.items.iter().map(|item| sources.slice(item.span())).collect();
        for at in (1..pieces.len()).rev() {
            pieces.swap(at, random.below(at as u64 + 1) as usize);
        }
        let (shuffled, diagnostics) = check(&load_text("shuffled", &pieces.join("\n"), &limits), &limits);
        let shuffled = shuffled.unwrap_or_else(|| panic!("{}: {diagnostics:?}", path.display()));
        let model = model_of(&path);
        let requests = Requests::new(&model);
        for _ in 0..REQUESTS {
            let request = requests.request(&mut random, 70);
            let mut same = Request::new();
            for (id, attribute) in model.declared() {
                if let Some(given) = request.get(id) {
                    same.put(&shuffled, shuffled.find(&attribute.name).unwrap(), given.clone()).unwrap();
                }
            }
            assert_eq!(answer(&model, &request), answer(&shuffled, &same), "{}: {request:?}", path.display());
        }
    }
}

/// A proof that is said to hold is not broken by requests tried at random; one that is refuted is really broken.
#[test]
fn proofs_are_what_requests_show() {
    let mut proved = 0;
    for path in all_policies() {
        let model = model_of(&path);
        let requests = Requests::new(&model);
        let mut random = Random(5);
        for proof in &model.proofs {
            assert!(matches!(proof.decide(&model), placet_model::proof::Verdict::Proved), "{}", proof.name);
            proved += 1;
            for _ in 0..10 * REQUESTS {
                let required_only = requests.request(&mut random, 0);
                let request = completed(&requests, &mut random, &required_only);
                let facts = Assignment::new(&model, &request).unwrap();
                let completions = Completions::new(&model, &facts).unwrap();
                if completions.is_certain(proof.when) {
                    let claimed = proof.claim.subject.is_in(&completions.decision());
                    assert_eq!(claimed, proof.claim.always, "{}: {request:?}", proof.name);
                }
            }
        }
    }
    assert!(proved > 10, "there are proofs: {proved}");
}

#[test]
fn answers_are_sorted_and_without_repetitions() {
    for path in all_policies() {
        let model = model_of(&path);
        let requests = Requests::new(&model);
        let mut random = Random(6);
        for _ in 0..REQUESTS {
            let decision = answer(&model, &requests.request(&mut random, 60));
            for list in
                [&decision.rules, &decision.cites, &decision.basis, &decision.undecided, &decision.missing]
            {
                assert!(list.windows(2).all(|pair| pair[0] < pair[1]), "{list:?}");
            }
            let keys: BTreeMap<_, ()> = decision
                .obligations
                .iter()
                .map(|due| ((due.name.clone(), due.within_seconds.is_none(), due.within_seconds), ()))
                .collect();
            assert_eq!(keys.len(), decision.obligations.len());
            assert!(keys.keys().map(|key| &key.0).eq(decision.obligations.iter().map(|due| &due.name)));
        }
    }
}
