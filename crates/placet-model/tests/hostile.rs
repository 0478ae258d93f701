//! Policies that would exceed a search's limits: the decision may be indeterminate, but it arrives within seconds.

use placet_check::check;
use placet_model::Model;
use placet_model::decision::Effect;
use placet_model::request::Assignment;
use placet_model::solver::{decide, representatives};
use placet_syntax::{Limits, source::load_text};

fn checked(text: &str) -> Model {
    let limits = Limits::default();
    let (model, diagnostics) = check(&load_text("p.placet", text, &limits), &limits);
    model.unwrap_or_else(|| panic!("{diagnostics:?}"))
}

/// Decides with every attribute unknown, on a stack of 1 MiB.
fn decide_of_nothing(text: &str) -> Effect {
    let model = checked(text);
    let facts = Assignment::unknown(&model);
    let thread = std::thread::Builder::new().stack_size(1 << 20);
    let deciding = thread.spawn(move || {
        let decision = decide(&model, &facts);
        if let Some((id, _)) = model.declared().next() {
            representatives(&model, &facts, id);
        }
        decision.effect
    });
    deciding.unwrap().join().unwrap()
}

fn joined(count: usize, with: &str, part: impl Fn(usize) -> String) -> String {
    (0..count).map(part).collect::<Vec<_>>().join(with)
}

#[test]
fn decide_survives_a_long_sum_of_constant_attributes() {
    let attributes = joined(20_000, "\n", |n| format!("a{n}: int 1..1"));
    let sum = joined(20_000, " + ", |n| format!("a{n}"));
    let rule = format!("rule r {{ allow when {sum} + b > 20001 }}");
    let text = format!("policy p\nrequest {{\n{attributes}\nb: int 0..3\n}}\n{rule}");
    assert_eq!(decide_of_nothing(&text), Effect::Indeterminate);
}

#[test]
fn decide_survives_a_chain_of_nested_conjunctions() {
    let count = 10_000;
    let attributes = joined(count, "\n", |n| format!("a{n}: bool"));
    let lets = joined(count, "\n", |n| match n {
        0 => "let l0 = a0".to_owned(),
        n => format!("let l{n} = l{} and a{n}", n - 1),
    });
    let rule = format!("rule r {{ allow when l{} }}", count - 1);
    let text = format!("policy p\nrequest {{\n{attributes}\n}}\n{lets}\n{rule}");
    assert_eq!(decide_of_nothing(&text), Effect::Indeterminate);
}

#[test]
fn decide_survives_nested_conditions_that_need_a_search() {
    let count = 2_500;
    let attributes = joined(count, "\n", |n| format!("a{n}: bool"));
    // It cannot be true, which only a search discovers.
    let never = "let never = (p or q) and not p and not q";
    let lets = joined(count, "\n", |n| match n {
        0 => "let l0 = a0".to_owned(),
        n => format!("let l{n} = a{n} and (never or l{})", n - 1),
    });
    let rule = format!("rule r {{ allow when l{} }}", count - 1);
    let text = format!("policy p\nrequest {{\np: bool\nq: bool\n{attributes}\n}}\n{never}\n{lets}\n{rule}");
    assert_eq!(decide_of_nothing(&text), Effect::Indeterminate);
}

#[test]
fn decide_survives_a_chain_of_comparisons() {
    let count = 1_500;
    let attributes = joined(count, "\n", |n| format!("a{n}: int"));
    let chain = joined(count - 1, " and ", |n| format!("a{n} + {n} < a{}", n + 1));
    let text = format!("policy p\nrequest {{\n{attributes}\n}}\nrule r {{ allow when {chain} }}");
    assert_eq!(decide_of_nothing(&text), Effect::Indeterminate);
}

#[test]
fn decide_survives_patterns_of_stars_and_long_strings() {
    let stars = "a*".repeat(50_000);
    let text = format!("policy p\nrequest {{ s: string }}\nrule r {{ allow when s like \"{stars}\" }}");
    assert_eq!(decide_of_nothing(&text), Effect::Indeterminate);
    let long = "a".repeat(300_000);
    let text = format!(
        "policy p\nrequest {{ s: string }}\nrule r {{ allow when s like \"a*a*a*\" or s is \"{long}\" }}"
    );
    assert_eq!(decide_of_nothing(&text), Effect::Indeterminate);
}
