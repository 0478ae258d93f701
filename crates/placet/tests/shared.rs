//! A policy in a service: shared by threads, and swapped while they decide.

use placet::{Effect, Policy};
use std::sync::RwLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

fn policy(oldest: i64) -> Policy {
    let text =
        format!("policy door request {{ age: int 0..150 }} rule young {{ allow when age <= {oldest} }}");
    Policy::from_text(&text).unwrap()
}

#[test]
fn a_policy_is_shared_and_cheap_to_clone() {
    fn is_shared<T: Send + Sync + Clone>() {}
    is_shared::<Policy>();
    assert!(size_of::<Policy>() <= 2 * size_of::<usize>());
}

#[test]
fn no_decision_is_torn_when_the_policy_is_swapped() {
    let current = RwLock::new(policy(10));
    let (done, decided) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let policy = current.read().unwrap().clone();
                    let request = policy.request_from_json(r#"{"age": 20}"#).unwrap();
                    let again = policy.effect_json(r#"{"age": 20}"#).unwrap();
                    assert_eq!(policy.effect(&request).unwrap(), again);
                    assert_eq!(policy.decide(&request).unwrap().effect, again);
                    decided.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for oldest in [30, 10, 25, 15, 40] {
            let next = policy(oldest);
            let expected = if oldest >= 20 { Effect::Allow } else { Effect::Deny };
            *current.write().unwrap() = next;
            assert_eq!(current.read().unwrap().effect_json(r#"{"age": 20}"#).unwrap(), expected);
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        done.store(true, Ordering::Relaxed);
    });
    assert!(decided.load(Ordering::Relaxed) > 0);
}

#[test]
fn a_request_keeps_its_policy_and_another_refuses_it() {
    let (old, new) = (policy(10), policy(30));
    let request = old.request_from_json(r#"{"age": 20}"#).unwrap();
    assert!(new.decide(&request).is_err());
    assert_eq!(old.effect(&request).unwrap(), Effect::Deny);
}
