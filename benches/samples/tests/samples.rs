//! Random policies compile, and their requests fit.

use placet_model::condition::Condition;
use placet_model::request::Assignment;
use placet_samples::{Random, Requests, Shape, model, policy};
use std::collections::BTreeSet;

#[test]
fn policies_compile_and_requests_fit_them() {
    for (name, shape) in Shape::all() {
        let count = if name == "big" || name == "structured" { 10 } else { 150 };
        for seed in 0..count {
            let mut random = Random::new(seed);
            let text = policy(&mut random, &shape);
            let model =
                model(&text).unwrap_or_else(|faults| panic!("{name} {seed}:\n{text}\n{}", faults.join("\n")));
            let requests = Requests::new(&model);
            for _ in 0..20 {
                assert!(
                    Assignment::new(&model, &requests.any(&mut random)).is_ok(),
                    "{name} {seed}: required is given"
                );
            }
        }
    }
}

#[test]
fn all_kinds_of_comparisons_occur() {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for seed in 0..300 {
        let text = policy(&mut Random::new(seed), &Shape::related());
        let model = model(&text).unwrap_or_else(|faults| panic!("{seed}:\n{text}\n{}", faults.join("\n")));
        for atom in model.conditions.nodes().iter().filter_map(Condition::as_leaf) {
            let name = format!("{atom:?}");
            let name = name.split('(').next().unwrap_or_default();
            let shown = format!("{atom:?}");
            let kind = match name {
                "Within" if shown.contains("Between(Years") => " of years",
                "Within" if shown.contains("Between(Months") => " of months",
                "AnyIn" | "AllIn" if shown.contains("Like(") => " of a pattern",
                _ => "",
            };
            seen.insert(format!("{name}{kind} of {}", atom.attributes().len().min(2)));
        }
    }
    let wanted = [
        "Missing of 0",
        "Within of 1",
        "Within of 2",
        "Within of years of 1",
        "Within of years of 2",
        "Within of months of 1",
        "Within of months of 2",
        "OneOf of 1",
        "TextIn of 1",
        "TextLike of 1",
        "Same of 2",
        "AnyIn of 1",
        "AllIn of 1",
        "AnyIn of a pattern of 1",
        "AllIn of a pattern of 1",
        "Exactly of 1",
        "MemberOf of 2",
        "Meet of 2",
        "Subset of 2",
        "SameSet of 2",
    ];
    let missing: Vec<&str> = wanted.into_iter().filter(|wanted| !seen.contains(*wanted)).collect();
    assert!(missing.is_empty(), "{missing:?} of {seen:?}");
}

#[test]
fn bytes_steer_and_the_same_bytes_steer_alike() {
    let bytes: Vec<u8> = (0..=255).collect();
    let of = |bytes: &[u8]| policy(&mut Random::steered(bytes), &Shape::small());
    assert_eq!(of(&bytes), of(&bytes));
    assert_ne!(of(&bytes), of(&[]));
    let model = model(&of(&[])).unwrap();
    assert!(model.conditions.nodes().iter().any(|node| node.as_leaf().is_some()));
}
