//! Compares every evaluator and the solver with the reference, over random policies and random requests. If a request
//! has too many completions for the reference, compares every evaluator with the solver.
//!
//! `PLACET_DIFFERENTIAL=10000000` sets the number of pairs of a policy and a request, and
//! `PLACET_DIFFERENTIAL_FROM=1000` the first policy. Each evaluator decides each pair. Disagreements are shrunk and
//! printed. Use `--release` for many pairs.

use placet_model::Model;
use placet_model::request::{Assignment, AttributeInput, Request};
use placet_model::types::Type;
use placet_samples::{Agreement, Answer, Case, Engines, Random, Requests, Shape, model, policy, shrunk};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

const PAIRS: u64 = 2_500;
/// Disagreements, each in another part or of another engine, after which the others are not looked for.
const ENOUGH: usize = 3;

/// The shape of each policy of a round: large ones cost more than they find.
const ROUND: [fn() -> Shape; 16] = [
    Shape::small,
    Shape::related,
    Shape::middle,
    Shape::small,
    Shape::related,
    Shape::wide,
    Shape::small,
    Shape::middle,
    Shape::related,
    Shape::structured,
    Shape::small,
    Shape::related,
    Shape::middle,
    Shape::middle,
    Shape::related,
    Shape::big,
];

/// The results of the comparisons with one evaluator.
#[derive(Debug, Default)]
struct Tally {
    answers: u64,
    /// Answers about incomplete requests that the reference evaluator enumerated.
    enumerated: u64,
    /// Answers that it had too many completions for: they are compared with the solver's.
    skipped: u64,
    solver_is_approximate: u64,
    engine_is_approximate: u64,
    /// The number of times that the compiler chose each evaluator.
    took: BTreeMap<&'static str, u64>,
}

#[derive(Default)]
struct Found {
    tallies: BTreeMap<&'static str, Tally>,
    /// The first disagreement of each evaluator in each part.
    faults: BTreeMap<(&'static str, &'static str), String>,
    /// Random policies that don't compile.
    refused: u64,
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.replace('_', "").parse().unwrap())
}

#[test]
fn every_engine_decides_as_the_reference_does() {
    let pairs = number("PLACET_DIFFERENTIAL").unwrap_or(PAIRS);
    let each = (pairs / 2_000).clamp(40, 500);
    let first = number("PLACET_DIFFERENTIAL_FROM").unwrap_or(0);
    let (next, end) = (AtomicU64::new(first), first + pairs.div_ceil(each));
    let found = Mutex::new(Found::default());
    let work = || {
        while let seed = next.fetch_add(1, Ordering::Relaxed)
            && seed < end
            && found.lock().unwrap().faults.len() < ENOUGH
        {
            if catch_unwind(AssertUnwindSafe(|| one_policy(seed, each, &found))).is_err() {
                found.lock().unwrap().faults.insert(("any", "panic"), format!("policy {seed}: a panic"));
            }
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        scope.spawn(work);
    });
    let Found { tallies, faults, refused } = found.into_inner().unwrap();
    for (wanted, tally) in &tallies {
        println!("{wanted}: {tally:?}");
    }
    assert!(refused * 100 <= end - first, "{refused} random policies don't compile");
    assert!(faults.is_empty(), "{}", faults.into_values().collect::<Vec<_>>().join("\n\n"));
    for (wanted, tally) in &tallies {
        if ["solver", "value masks"].contains(wanted) {
            continue;
        }
        let exact = tally.answers - tally.solver_is_approximate;
        assert!(tally.enumerated > 5 * tally.skipped, "{wanted}: few are enumerated: {tally:?}");
        assert!(tally.engine_is_approximate * 50 <= exact, "{wanted}: approximate too often: {tally:?}");
        let engine = if *wanted == "rules alone" { "bitmaps" } else { wanted };
        let took = tally.took.get(engine).copied().unwrap_or_default();
        assert!(took * 3 > tally.took.values().sum(), "{wanted}: taken too seldom: {tally:?}");
    }
}

/// Policies of a kind that a random sequence seldom reaches.
#[test]
fn every_engine_decides_odd_policies_as_the_reference_does() {
    let odd = [
        "policy odd  rule never { allow when false }",
        "policy odd  rule never { deny when false }",
        "policy odd  request { a: bool }  rule never { allow when false }  rule other { deny when a }",
        // Nothing is ever allowed. The diagram shows it, but the search doesn't find it out.
        "policy odd  request { a: time  b: time  c: time }
         rule one { deny when a - c > 7 seconds and a in 1970-12-31T12:00:00Z }
         where b is c and c is 0001-01-01T00:00:00.000001Z {
           rule two { allow when c - a < 365 days and c is 9999-12-31T23:59:59.999998Z }
         }",
        "policy odd  taxonomy Topic { x, y }
         request { a: bool  s: set of Topic  b: duration  c: duration }
         where any s in {x} and b in 1 days..730 days {
           rule one {
             deny when c in {0 days} and (a or c > 30 days) and b + c < 2 seconds and b not in 3600 seconds
           }
           rule two { deny when a and c in 7200 seconds..108000 seconds }
         }",
    ];
    for text in odd {
        let model = model(text).unwrap_or_else(|faults| panic!("{text}\n{}", faults.join("\n")));
        let requests = Requests::new(&model);
        let mut random = Random::new(0);
        for open in [0, 30, 100] {
            let request = requests.request(&mut random, open);
            for answer in Engines::new(&model).answers(&request) {
                assert!(answer.fault().is_none(), "{text}\n{request:?}\n{answer:#?}");
            }
        }
    }
}

/// Compares all evaluators of one policy.
fn one_policy(seed: u64, requests: u64, found: &Mutex<Found>) {
    let mut random = Random::new(seed);
    let shape = ROUND[usize::try_from(seed).unwrap() % ROUND.len()]();
    let text = policy(&mut random, &shape);
    let Ok(model) = model(&text) else {
        // A lookup may not have the value that a random comparison asks for.
        found.lock().unwrap().refused += 1;
        return;
    };
    let engines = Engines::new(&model);
    let mut frames = engines.frames();
    let maker = Requests::new(&model);
    let mut tallies: BTreeMap<&'static str, Tally> = BTreeMap::new();
    for (wanted, program) in engines.programs() {
        *tallies.entry(wanted).or_default().took.entry(program.strategy().evaluator).or_default() += 1;
    }
    for _ in 0..requests {
        let request = maker.any(&mut random);
        let facts = Assignment::new(&model, &request).unwrap();
        let is_incomplete = model.declared().any(|(id, _)| facts.value(id).is_none());
        for answer in engines.answers_in(&mut frames, &request) {
            let tally = tallies.entry(answer.wanted).or_default();
            tally.answers += 1;
            tally.enumerated += u64::from(answer.is_enumerated && is_incomplete);
            tally.skipped += u64::from(!answer.is_enumerated);
            tally.solver_is_approximate += u64::from(answer.agreement == Agreement::ExpectedIsApproximate);
            tally.engine_is_approximate += u64::from(answer.agreement == Agreement::EngineIsApproximate);
            if let Some(part) = answer.fault() {
                let key = (answer.wanted, part);
                // Noted before it is shrunk, so that it is shrunk once.
                let known = found.lock().unwrap().faults.insert(key, String::new());
                let shown = known.unwrap_or_else(|| {
                    format!("policy {seed}: {}", shown(&text, &model, &request, &answer, part))
                });
                found.lock().unwrap().faults.insert(key, shown);
            }
        }
    }
    let mut found = found.lock().unwrap();
    for (wanted, tally) in tallies {
        let all = found.tallies.entry(wanted).or_default();
        all.answers += tally.answers;
        all.enumerated += tally.enumerated;
        all.skipped += tally.skipped;
        all.solver_is_approximate += tally.solver_is_approximate;
        all.engine_is_approximate += tally.engine_is_approximate;
        for (engine, count) in tally.took {
            *all.took.entry(engine).or_default() += count;
        }
    }
}

/// Shrinks a disagreement and formats it.
fn shown(text: &str, model: &Model, request: &Request, answer: &Answer, part: &str) -> String {
    let same = |other: &Answer| other.wanted == answer.wanted && other.fault() == Some(part);
    let is_faulty = |model: &Model, request: &Request| Engines::new(model).answers(request).iter().any(same);
    let case = shrunk(&Case::new(text, model, request), is_faulty);
    let (model, request) = case.read().unwrap();
    let answers = Engines::new(&model).answers(&request);
    let Some(answer) = answers.iter().find(|answer| same(answer)) else {
        return format!(
            "`{part}` of {}, only in a frame that was used before:\n{text}\n{request:?}",
            answer.wanted
        );
    };
    let given: Vec<String> = model
        .declared()
        .filter_map(|(id, attribute)| {
            Some(format!("{}: {}", attribute.name, written(&attribute.kind, request.get(id)?)))
        })
        .collect();
    format!(
        "`{part}` of {} ({}), effect alone {}\n{}\n{{ {} }}\nexpected  {:?}\nengine    {:?}",
        answer.wanted,
        answer.engine,
        answer.effect,
        case.text,
        given.join(", "),
        answer.expected,
        answer.decision
    )
}

/// Formats an attribute's input like a policy.
fn written(kind: &Type, given: &AttributeInput) -> String {
    match (given, kind) {
        (AttributeInput::Value(value), kind) => value.display(kind),
        (AttributeInput::OneOf(leaves), Type::Symbol(universe)) => {
            let names: Vec<&str> = leaves.iter().map(|leaf| universe.name(leaf)).collect();
            format!("one of {}", names.join(", "))
        }
        (AttributeInput::OneOf(_) | AttributeInput::Null | AttributeInput::Pending, _) => {
            "missing".to_owned()
        }
    }
}
