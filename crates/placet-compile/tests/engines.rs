//! Tests of the choice of the evaluator, and of its limits for adversarial policies.

use placet_compile::{DiagramBuilder, Encoding, compile};
use placet_graph::Budget;
use placet_model::Model;
use placet_program::Program;
use placet_samples::adversarial;
use placet_syntax::{Limits, source::load_text};
use proptest::prelude::*;
use std::fmt::Write;
use std::sync::Arc;

fn model(text: &str, limits: &Limits) -> Model {
    let (model, diagnostics) = placet_check::check(&load_text("test", text, limits), limits);
    model.unwrap_or_else(|| panic!("{diagnostics:?}\n{text}"))
}

fn program(text: &str, limits: &Limits) -> Program {
    compile(Arc::new(model(text, limits)))
}

/// Returns rules of the form `tenant is "t…" and purpose is … and age >= …`.
fn tenants(count: usize) -> String {
    let mut out =
        "policy tenants request { age: int 0..150  purpose: { p, q, r }  tenant: string }\n".to_owned();
    for number in 0..count {
        let purpose = ["p", "q", "r"][number % 3];
        let age = number % 20 + 1;
        let _ = writeln!(
            out,
            "rule r{number} {{ allow when tenant is \"t{number}\" and purpose is {purpose} and age >= {age} }}"
        );
    }
    out
}

#[test]
fn compile_takes_masks_for_few_products_and_a_graph_for_many() {
    let limits = Limits::default();
    assert_eq!(program(&tenants(10), &limits).strategy().evaluator, "masks");
    let many = program(&tenants(1_000), &limits).strategy();
    assert_eq!(many.evaluator, "graph");
    // The grouping variable must come first, wherever it is declared. Otherwise the graph needs a node for each pair of
    // tenant and age.
    assert!(many.nodes < 200 && many.depth == 3, "{many:?}");
}

#[test]
fn compile_respects_the_limits_of_masks_and_graphs() {
    let mut limits = Limits::default();
    limits.mask_words = 0;
    assert_eq!(program(&tenants(10), &limits).strategy().evaluator, "graph");
    limits.graph_bytes = 0;
    assert_eq!(program(&tenants(10), &limits).strategy().evaluator, "bitmaps");
}

#[test]
fn compile_uses_bitmaps_if_no_order_fits() {
    let mut limits = Limits::default();
    // A smaller budget keeps the test fast.
    limits.graph_steps = 1 << 18;
    let strategy = program(&adversarial(2_000), &limits).strategy();
    assert_eq!(strategy.evaluator, "bitmaps");
    assert!(strategy.bitmap_bytes < 8 << 20, "{strategy:?}");
}

#[test]
fn compile_orders_related_variables_next_to_each_other() {
    let mut text = "policy pairs request {".to_owned();
    for name in ["x", "y"] {
        for number in 0..24 {
            let _ = write!(text, " {name}{number}: bool");
        }
    }
    text.push_str(" }\n");
    for number in 0..24 {
        let _ = writeln!(text, "rule r{number} {{ allow when x{number} and y{number} }}");
    }
    // In declaration order there is a node for each of the 2^24 assignments of the first half.
    let strategy = program(&text, &Limits::default()).strategy();
    assert_eq!(strategy.nodes, 48);
}

#[test]
fn compile_slices_a_graph_over_its_budget() {
    // One tenant's rules are adversarial, the others' are simple.
    let mut text = tenants(40).replace("request {", "request { wild: bool ");
    let ranges = adversarial(60);
    let (head, rules) = ranges.split_once('}').unwrap();
    let declared = head.split_once('{').unwrap().1;
    text = text.replace("request {", &format!("request {{ {declared} "));
    for line in rules.lines() {
        let _ = writeln!(
            text,
            "{}",
            line.replace("rule r", "rule w").replace("when", "when tenant is \"t0\" and")
        );
    }
    let mut limits = Limits::default();
    limits.mask_words = 0;
    limits.graph_nodes = 1 << 13;
    limits.graph_steps = 1 << 17;
    let strategy = program(&text, &limits).strategy();
    assert_eq!(strategy.evaluator, "sliced graph", "{strategy:?}");
}

/// Generates a condition over attributes of several types, and an equivalent one.
fn twins() -> impl Strategy<Value = (String, String)> {
    const ATOMS: [&str; 8] = [
        "a < 3",
        "a in 2..5",
        "e is p",
        "e in {p, q}",
        "b",
        "any s in {p, q}",
        "all s in {q, r}",
        "t like \"x*\"",
    ];
    let atom = prop::sample::select(&ATOMS[..]).prop_map(|atom| (atom.to_owned(), atom.to_owned()));
    atom.prop_recursive(3, 12, 3, |inner| {
        let pair = (inner.clone(), inner.clone(), inner.clone());
        prop_oneof![
            // Distribution, De Morgan, double negation, and the order of parts.
            pair.clone().prop_map(|((a, a2), (b, b2), (c, c2))| {
                (format!("({a} and ({b} or {c}))"), format!("(({c2} and {a2}) or ({b2} and {a2}))"))
            }),
            pair.prop_map(|((a, a2), (b, b2), (c, c2))| {
                (format!("(not ({a} and {b}) or {c})"), format!("({c2} or not {b2} or not not not {a2})"))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn build_maps_equivalent_conditions_to_one_node((one, other) in twins()) {
        let request = "a: int 0..9  b: bool  e: { p, q, r }  s: set of { p, q, r }  t: string";
        let text = format!(
            "policy twins request {{ {request} }} rule one {{ allow when {one} }} rule other {{ allow when {other} }}"
        );
        let model = model(&text, &Limits::default());
        let space = Encoding::new(&model, model.rules.iter().map(|rule| rule.fires));
        let order: Vec<u32> = (0..space.variables.len() as u32).collect();
        let mut builder = DiagramBuilder::new(&space, &order, Budget::default());
        let mut nodes = model.rules.iter().map(|rule| builder.build(space.formula(rule.fires).unwrap()).unwrap());
        prop_assert_eq!(nodes.next(), nodes.next());
    }
}
