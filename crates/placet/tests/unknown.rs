//! Answers to requests that leave attributes out: what is exact says so, and nothing takes more than its limit.

use placet::{Decision, Depth, Effect, Limits, Policy, Step};

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
