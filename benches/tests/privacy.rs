//! The example policy, hand-written in Rust, decides as Placet does.
//!
//! `PLACET_PRIVACY=100000` sets the number of random requests.

use placet::{Policy, Set};
use placet_benches::privacy::{self, Data, DataSet, Request, is_allowed, random_request};
use placet_samples::Random;
use std::collections::HashSet;

#[test]
fn is_allowed_answers_as_the_policy_does() {
    let policy = Policy::from_text(privacy::POLICY).unwrap();
    let bound = policy.bind::<Request<Set<Data>>>().unwrap();
    let count = std::env::var("PLACET_PRIVACY").map_or(5_000, |count| count.parse().unwrap());
    let mut random = Random::new(1);
    let mut allowed = 0;
    let mut reached = HashSet::new();
    for _ in 0..count {
        let mut same = random.clone();
        let hand_written: Request<DataSet> = random_request(|bound| same.below(bound));
        let typed: Request<Set<Data>> = random_request(|bound| random.below(bound));
        let prepared = bound.request(&typed).unwrap();

        let decision = policy.decide(&prepared).unwrap();
        assert!(decision.missing.is_empty(), "{typed:?}");
        assert_eq!(policy.is_allowed(&prepared).unwrap(), decision.is_allowed(), "{typed:?}");
        assert_eq!(bound.is_allowed(&typed).unwrap(), decision.is_allowed(), "{typed:?}");
        assert_eq!(is_allowed(&hand_written), decision.is_allowed(), "{typed:?}, {decision:?}");
        allowed += usize::from(decision.is_allowed());
        reached.extend(policy.reasons(&prepared).unwrap().rules().map(|rule| rule.name().to_owned()));
    }
    println!("{allowed} allowed, {} denied", count - allowed);
    let unreached: Vec<_> =
        policy.rules().map(|rule| rule.name()).filter(|name| !reached.contains(*name)).collect();
    assert!(unreached.is_empty(), "no request reaches {unreached:?}");
}
