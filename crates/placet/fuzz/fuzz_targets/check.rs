//! Any bytes: compiling ends without a panic; a policy that compiles answers the empty request, and its tests run.
#![no_main]

use libfuzzer_sys::fuzz_target;
use placet::{Limits, Policy};

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let mut limits = Limits::default();
    // What is looked for is a panic, not a hard proof.
    limits.search_steps = 20_000;
    limits.proof_steps = 20_000;
    limits.representatives = 500;
    match Policy::from_text_with("fuzz", &text, &limits) {
        Ok(policy) => {
            let _ = policy.decide(&policy.request());
            let _ = policy.explain(&policy.request());
            policy.run_tests().for_each(drop);
        }
        Err(error) => assert!(error.diagnostics.iter().any(placet::Diagnostic::is_error), "an error says why"),
    }
});
