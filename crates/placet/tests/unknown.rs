//! Answers to requests that leave attributes out: what is exact says so, and nothing takes more than its limit.

use placet::{Decision, Depth, Effect, Limits, Policy, Step};
use placet_samples::{Engines, Random, Requests, Shape, model, policy};

fn empty(text: &str) -> (Policy, Decision) {
    let policy = Policy::from_text(text).unwrap();
    let decision = policy.decide(&policy.request()).unwrap();
    (policy, decision)
}

#[test]
fn members_that_no_condition_relates_are_decided_exactly() {
    let (policy, decision) = empty(&placet_samples::independent_members());
    assert_eq!(decision.effect, Effect::Indeterminate);
    assert!(!decision.approximate);
    assert_eq!(decision.undecided, ["some_purpose".into()]);
    assert_eq!(decision.missing, ["c", "co", "io", "li", "na", "vf", "vl", "vp"].map(Into::into));

    // With every purpose refused nothing else matters, and with none vendor's purpose neither.
    let mut request = policy.request();
    request.set("na", vec!["p1", "p2", "p3", "p4", "p5", "p6", "p7"]).unwrap();
    let decision = policy.decide(&request).unwrap();
    assert_eq!((decision.effect, decision.approximate), (Effect::Deny, false));

    let mut request = policy.request();
    request.set("na", vec!["p1", "p2", "p3", "p4", "p5", "p6"]).unwrap();
    request.set("vf", vec!["p7"]).unwrap();
    request.set("c", vec!["p7"]).unwrap();
    request.set("co", vec!["p7"]).unwrap();
    let decision = policy.decide(&request).unwrap();
    assert_eq!((decision.effect, decision.approximate), (Effect::Allow, false));
}

#[test]
fn sets_that_must_not_be_empty_are_decided_exactly() {
    // Five sets of many classes that have a member each: not all of them fail every test.
    let names = ["p1", "p2", "p3", "p4", "p5"];
    let no = |set: &str| names.map(|p| format!("{p} not in {set}")).join(" and ");
    let text = format!(
        "policy sets  taxonomy P {{ p1, p2, p3, p4, p5 }}
         request {{ a: set of P  b: set of P  c: set? of P  d: bool }}
         rule never {{ deny when {} and d }}
         rule some {{ allow when ({}) or p1 in b or p2 in b or p3 in b or p4 in b or p5 in b }}
         rule other {{ deny when {} and p1 in a and p2 in b }}",
        no("a"),
        no("b"),
        no("c"),
    );
    let (policy, decision) = empty(&text);
    assert!(!decision.approximate, "{decision:?}");
    assert_eq!(decision.effect, Effect::Indeterminate);
    assert_eq!(decision.missing, ["a", "b", "c"].map(Into::into));
    assert_eq!(decision.undecided, ["other"].map(Into::into));
    let mut request = policy.request();
    request.set("c", vec!["p1"]).unwrap();
    let decision = policy.decide(&request).unwrap();
    assert_eq!((decision.effect, decision.approximate), (Effect::Allow, false), "{decision:?}");
}

#[test]
fn patterns_of_a_text_are_decided_exactly() {
    for count in [1, 12, 100] {
        let (policy, decision) = empty(&placet_samples::text_patterns(count));
        assert_eq!(decision.effect, Effect::Indeterminate);
        assert!(!decision.approximate, "{count}");
        assert_eq!(decision.undecided.len(), count as usize);
        assert_eq!(decision.missing, ["groups", "table"].map(Into::into));

        let mut request = policy.request();
        request.set("groups", vec!["g0"]).unwrap();
        let decision = policy.decide(&request).unwrap();
        assert_eq!((decision.effect, decision.approximate), (Effect::Deny, false));
    }
}

#[test]
fn dates_that_take_long_to_relate_end_at_the_limit() {
    let text = placet_samples::circle_of_years();
    let (_, decision) = empty(&text);
    assert_eq!((decision.effect, decision.approximate), (Effect::Indeterminate, true));
    let mut limits = Limits::default();
    limits.search_steps = 1 << 24;
    let policy = Policy::from_text_with("circle", &text, &limits).unwrap();
    let decision = policy.decide(&policy.request()).unwrap();
    assert_eq!((decision.effect, decision.approximate), (Effect::Deny, false));
}

/// A decision is exact if no condition relates unknown attributes. So is a settled effect whose lists depend on no unknown
/// attribute, whatever search came before.
#[test]
fn only_what_may_differ_is_approximate() {
    let (mut answers, mut exact_by_definition) = (0, 0);
    for seed in 0..60 {
        let mut random = Random::new(seed);
        let shape = Shape { relations: if seed % 2 == 0 { 0 } else { 40 }, ..Shape::small() };
        let text = policy(&mut random, &shape);
        let model = model(&text).unwrap_or_else(|faults| panic!("{text}\n{}", faults.join("\n")));
        let engines = Engines::with_search(&model, 1 << 16);
        let requests = Requests::new(&model);
        let mut atoms = model.conditions.nodes().iter().filter_map(|node| node.as_leaf());
        let relates = atoms.any(|atom| atom.attributes().len() > 1);
        for _ in 0..20 {
            let request = requests.request(&mut random, 40);
            for answer in engines.answers(&request) {
                answers += 1;
                if !relates {
                    exact_by_definition += 1;
                    assert!(!answer.decision.approximate, "{}\n{text}\n{request:?}", answer.wanted);
                }
                // An approximate answer is never the exact one that another way found.
                let is_same = answer.decision
                    == Decision { approximate: answer.decision.approximate, ..answer.expected.clone() };
                let is_settled = answer.decision.effect != Effect::Indeterminate
                    && answer.decision.rules.is_empty()
                    && answer.decision.obligations.is_empty();
                if is_settled && is_same {
                    assert!(!answer.decision.approximate, "{}\n{text}\n{request:?}", answer.wanted);
                }
            }
        }
    }
    assert!(answers > 1_000 && exact_by_definition > 300, "{answers} {exact_by_definition}");
}

/// A decision step by step asks only for what the decision names.
#[test]
fn step_asks_only_for_missing_attributes() {
    for text in [placet_samples::independent_members(), placet_samples::text_patterns(60)] {
        let (policy, decision) = empty(&text);
        let progress = policy.begin(policy.request()).unwrap().with_depth(Depth::Obligations);
        let Step::DependsOn(needs) = progress.step().unwrap() else { panic!("decided") };
        let mut names: Vec<_> = needs.into_iter().map(|need| need.attribute).collect();
        names.sort();
        assert_eq!(names, decision.missing);
    }
}
