//! Reused request buffers carry no values over.

use placet::{Effect, Input, Policy, Step};

const POLICY: &str = "
    policy labels
    request { label: string default \"x\"  labels: set of string default {\"x\"}  kind: { a, b } default a }
    rule among { allow when label in labels and kind is a }
";

/// The operations on an attribute of a request.
type Way = fn(&Policy, &'static str, Input<'static>);

/// Each leaves the memory of its request to whoever comes next.
const WAYS: [Way; 4] = [
    |policy, name, value| {
        policy.request().set(name, value).unwrap();
    },
    |policy, name, value| {
        policy.request().set(name, value).unwrap().set(name, Input::Null).unwrap();
    },
    // A value, then null, then not known yet.
    |policy, name, value| {
        let mut request = policy.request();
        request.set(name, value).unwrap().set(name, Input::Null).unwrap();
        assert!(policy.begin(request).unwrap().is_pending(name));
    },
    // And then not to be had.
    |policy, name, value| {
        let mut request = policy.request();
        request.set(name, value).unwrap().set(name, Input::Null).unwrap();
        let mut progress = policy.begin(request).unwrap();
        progress.mark_unavailable(name).unwrap();
        assert!(matches!(progress.step().unwrap(), Step::Decided(_)));
    },
];

#[test]
fn reused_buffers_carry_no_values_over() {
    let policy = Policy::from_text(POLICY).unwrap();
    for way in WAYS {
        for (name, value) in
            [("label", Input::from("y")), ("labels", Input::from(["y", "z"])), ("kind", Input::from("b"))]
        {
            way(&policy, name, value);
            assert_eq!(policy.effect(&policy.request()).unwrap(), Effect::Allow);
            // What is given to another attribute is related to the defaults of these.
            let mut request = policy.request();
            request.set("kind", "a").unwrap();
            assert_eq!(policy.effect(&request).unwrap(), Effect::Allow);
            request.set("label", "y").unwrap();
            assert_eq!(policy.effect(&request).unwrap(), Effect::Deny);
            request.clear().set("labels", ["y"]).unwrap();
            assert_eq!(policy.effect(&request).unwrap(), Effect::Deny);
        }
    }
}
