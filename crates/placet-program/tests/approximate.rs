//! Decisions of incomplete requests say that they are approximate only where they may differ from the exact ones.

use placet_model::decision::Effect;
use placet_samples::{Engines, Random, Requests, Shape, model, policy};

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
                let mut expected = answer.expected.clone();
                expected.approximate = answer.decision.approximate;
                let is_same = answer.decision == expected;
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
