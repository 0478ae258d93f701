//! The policy of the comparison suite: every way to build a request gives the same answer under every evaluator, and
//! the fast ways allocate nothing.

mod support;

use allocation_counter::measure;
use placet::{Effect, Request};
use support::privacy_12::{Handles, Prepared, cases, policies};

/// Counts the allocations of the second run.
fn allocations(mut work: impl FnMut()) -> u64 {
    work();
    measure(work).count_total
}

#[test]
fn requests_that_are_ready() {
    let cases = cases();
    for (engine, policy) in policies() {
        assert_eq!(policy.strategy().evaluator, engine);
        let requests: Vec<Request> =
            cases.iter().map(|case| policy.request_from_json(&case.text).unwrap()).collect();
        let run = || {
            for (case, request) in cases.iter().zip(&requests) {
                assert_eq!(policy.effect(request).unwrap() == Effect::Allow, case.allow);
                assert_eq!(policy.is_allowed(request).unwrap(), case.allow);
            }
        };
        assert_eq!(allocations(run), 0, "{engine}");
    }
}

#[test]
fn requests_through_handles() {
    let cases = cases();
    for (engine, policy) in policies() {
        let handles = Handles::new(&policy);
        let prepared: Vec<Prepared> =
            cases.iter().map(|case| handles.prepare(&policy, &case.question)).collect();
        let mut request = policy.request();
        let run = || {
            for (case, prepared) in cases.iter().zip(&prepared) {
                for by_members in [true, false] {
                    handles.put(&mut request, prepared, by_members);
                    assert_eq!(policy.is_allowed(&request).unwrap(), case.allow);
                }
            }
        };
        assert_eq!(allocations(run), 0, "{engine}");
    }
}

#[test]
fn requests_from_structs_and_from_text() {
    let cases = cases();
    for (engine, policy) in policies() {
        let mut request = policy.request();
        let run = || {
            for case in &cases {
                assert_eq!(policy.is_allowed_from(&case.question).unwrap(), case.allow);
                assert_eq!(policy.effect_json(&case.text).unwrap() == Effect::Allow, case.allow);
                request.fill_from(&case.question).unwrap();
                assert_eq!(policy.is_allowed(&request).unwrap(), case.allow);
                request.fill_from_json(&case.text).unwrap();
                assert_eq!(policy.is_allowed(&request).unwrap(), case.allow);
            }
        };
        assert_eq!(allocations(run), 0, "{engine}");
    }
}

#[test]
fn requests_by_name() {
    let cases = cases();
    for (engine, policy) in policies() {
        let mut request = policy.request();
        for case in &cases {
            let question = &case.question;
            let data: Vec<&str> = question.data.iter().map(|data| data.name()).collect();
            request.clear();
            request.set("age", question.age).unwrap().set("data", data).unwrap();
            request.set("guardian_permission", question.guardian_permission).unwrap();
            request.set("consent", question.consent.name()).unwrap();
            request.set("purpose", question.purpose.name()).unwrap();
            request.set("action", question.action.name()).unwrap();
            request.set("recipient", question.recipient.name()).unwrap();
            request.set("objected", question.objected).unwrap();
            request.set("legal_order", question.legal_order).unwrap();
            request.set("api_service", question.api_service).unwrap();
            assert_eq!(policy.is_allowed(&request).unwrap(), case.allow, "{engine}");
        }
    }
}
