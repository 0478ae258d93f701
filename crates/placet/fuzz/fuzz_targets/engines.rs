//! Any bytes: they choose a policy and requests for it, and every engine decides as the reference evaluator does.
#![no_main]

use libfuzzer_sys::fuzz_target;
use placet_samples::{Engines, Random, Requests, Shape, model, policy};

const REQUESTS: usize = 8;
/// Few, as an instrumented search is slow.
const STEPS: usize = 1_000;

fuzz_target!(|bytes: &[u8]| {
    let mut random = Random::steered(bytes);
    let shapes = [Shape::small(), Shape::related(), Shape::middle()];
    let Some(shape) = random.pick(&shapes) else { return };
    let text = policy(&mut random, shape);
    let model =
        model(&text).unwrap_or_else(|faults| panic!("it does not compile:\n{text}\n{}", faults.join("\n")));
    let engines = Engines::with_search(&model, STEPS);
    let mut frames = engines.frames();
    let requests = Requests::new(&model);
    for _ in 0..REQUESTS {
        let request = requests.any(&mut random);
        for answer in engines.answers_in(&mut frames, &request) {
            assert!(answer.fault().is_none(), "{text}\n{request:?}\n{answer:#?}");
        }
    }
});
