//! Threads decide without a pause while files bring in fit and unfit policies.

use crate::shop::{Shop, adults, brisk, replace};
use placet::Effect;
use placet_engine::{Answer, Engine};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

const VERSIONS: u32 = 30;

/// Returns a policy whose answer to `open` reveals its version, by its rule and by its effect.
fn told(version: u32) -> String {
    let effect = if version.is_multiple_of(2) { "allow" } else { "deny" };
    format!(
        "policy door version \"{version}\"\n\
         request {{ open: bool }}\n\
         rule rule_{version} {{ {effect} when open }}\n\
         test \"open\" {{ given {{ open: true }} expect {effect} by rule_{version} }}\n"
    )
}

/// Returns the version that an answer names, which must agree with its decision.
fn version(answer: &Answer) -> u32 {
    let version: u32 = answer.version.version().unwrap().parse().unwrap();
    let effect = if version.is_multiple_of(2) { Effect::Allow } else { Effect::Deny };
    assert_eq!(answer.effect(), effect);
    assert_eq!(answer.decision.rules, [format!("rule_{version}").into()]);
    version
}

/// Decides `open` by the current policy.
fn decide(engine: &Engine) -> Answer {
    let mut question = engine.query();
    question.set("open", true).unwrap();
    engine.decide(question).unwrap()
}

#[test]
fn an_answer_agrees_with_the_policy_it_names() {
    let shop = Shop::open_with(&told(0), &brisk());
    let done = AtomicBool::new(false);
    // A decision must not use a policy older than the swap reported before it began.
    let reported = AtomicU32::new(0);
    thread::scope(|scope| {
        let deciders: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let (mut decided, mut last) = (0_u64, 0);
                    while !done.load(Ordering::Acquire) {
                        let oldest = reported.load(Ordering::Acquire);
                        let now = version(&decide(&shop.engine));
                        assert!(now >= oldest && now >= last);
                        last = now;
                        decided += 1;
                    }
                    (decided, last)
                })
            })
            .collect();
        for version in 1..=VERSIONS {
            let good = told(version);
            let bad = match version % 3 {
                0 => good.replace("when open", "when opne"),
                1 => good.replace("by rule_", "by rule_1"),
                _ => good[..good.len() / 2].to_owned(),
            };
            shop.replace("main.placet", bad);
            shop.kept(&(version - 1).to_string());
            shop.replace("main.placet", &good);
            shop.swapped_to(&version.to_string());
            reported.store(version, Ordering::Release);
        }
        done.store(true, Ordering::Release);
        for decider in deciders {
            let (decided, last) = decider.join().unwrap();
            assert!(decided > 0);
            assert!(last <= VERSIONS);
        }
    });
    let counts = shop.reloader.counts();
    assert_eq!(counts.swapped, u64::from(VERSIONS));
    assert!(counts.failed >= u64::from(VERSIONS));
    assert_eq!(version(&decide(&shop.engine)), VERSIONS);
}

#[test]
fn no_edit_is_lost_between_reads_and_watches() {
    let mut options = brisk();
    options.quiet = Duration::ZERO;
    let shop = Shop::open_with(&adults("0", 0), &options);
    for round in 0..30_u8 {
        let folder = format!("parts_{round}");
        std::fs::create_dir(shop.path(&folder)).unwrap();
        let part = format!("{folder}/ages.placet");
        let age =
            |age: u8| format!("request {{ age: int 0..150 }}\nrule adults {{ allow when age >= {age} }}\n");
        shop.replace(&part, age(0));
        let last = 20 + round;
        let path = shop.path(&part);
        thread::scope(|scope| {
            scope.spawn(|| (1..=last).for_each(|edit| replace(&path, age(edit))));
            shop.replace("main.placet", format!("policy shop version \"{round}\"\nimport \"{part}\"\n"));
        });
        let says_last = || {
            let version = shop.engine.version();
            let allows =
                |age: u8| version.policy().decide_json(&format!("{{\"age\": {age}}}")).unwrap().is_allowed();
            version.version() == Some(&round.to_string()) && allows(last) && !allows(last - 1)
        };
        while !says_last() {
            let _ = shop.next();
        }
    }
}
