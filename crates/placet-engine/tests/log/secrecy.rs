//! Secrecy: the log holds no value of a request, unless the builder allows it.

use super::support::*;
use placet::RequestError;
use placet_engine::{Answer, DecisionLog, Failure, FailureReason, Origin, Source};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::time::Duration;

/// Returns the attributes of a policy, each with a value that occurs nowhere else.
fn values(salt: u64) -> Vec<(&'static str, Value, String)> {
    // The number is longer than the other numbers of a line, and has more digits in a row than a hash is likely to
    // have.
    let number = 9_000_000_000_000_000_000 + (salt % 1_000_000_000_000_000) as i64;
    let year = 4_000 + salt % 5_000;
    vec![
        ("who", json!(format!("secret-{salt}-who")), format!("secret-{salt}-who")),
        ("tags", json!([format!("secret-{salt}-tag")]), format!("secret-{salt}-tag")),
        ("account", json!(number), number.to_string()),
        ("state", json!("zq_state"), "zq_state".to_owned()),
        ("place", json!("zq_region"), "zq_region".to_owned()),
        ("states", json!(["zq_state"]), "zq_state".to_owned()),
        ("born", json!(format!("{year}-02-03")), format!("{year}-02-03")),
        ("seen", json!(format!("{year}-11-12T04:05:06.07Z")), format!("{year}-11-12T04:05")),
        ("delay", json!(4_000_000_000_000_i64 + year as i64), (4_000_000_000_000 + year).to_string()),
    ]
}

const POLICY: &str = r#"
policy secret
taxonomy Place { zq_region { zq_town, zq_village }, sea }
request {
  who: string  tags: set of string  account: int  state: { zq_state, other }  place: Place
  states: set of { zq_state, other }  born: date  seen: time  delay: duration
}
rule local { cite "§1"  allow when state is zq_state and who is "somebody" }
rule far { deny when place is sea or account < 0 }
"#;

fn shop() -> Shop {
    Shop {
        version: std::sync::Arc::new(placet_engine::LoadedPolicy::new(
            placet::Policy::from_text(POLICY).unwrap(),
        )),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_value_is_in_the_log_unless_it_may_be(
        salt in 0_u64..1_000_000_000_000_000_000,
        given in 0_u16..512,
        resolved in 0_u16..512,
        allowed in 0_usize..10,
    ) {
        let shop = shop();
        let all = values(salt);
        let with = |bits: u16| {
            let chosen = all.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1);
            let object: serde_json::Map<_, _> =
                chosen.map(|(_, (name, value, _))| ((*name).to_owned(), value.clone())).collect();
            shop.request(&Value::Object(object).to_string())
        };
        let disk = Disk::new();
        let mut builder = DecisionLog::builder();
        if let Some((name, ..)) = all.get(allowed) {
            builder = builder.value(name);
        }
        let log = builder.to_writer(disk.clone()).unwrap();
        let request = with(given | resolved);
        let words = || format!("who is secret-{salt}-who, zq_state in zq_region").into();
        let answer = Answer {
            origins: all
                .iter()
                .enumerate()
                .filter(|(at, _)| resolved >> at & 1 == 1)
                .map(|(_, (name, ..))| Origin {
                    attribute: name,
                    resolver: "store",
                    source: Source::Fetched,
                })
                .collect(),
            failures: vec![
                Failure { resolver: "store".into(), why: FailureReason::Failed { message: words(), error: Default::default() } },
                Failure {
                    resolver: "store".into(),
                    why: FailureReason::Unfit { attribute: words(), expected: "string".into() },
                },
            ],
            ..shop.answer(&request)
        };
        log.record(&answer, &request);
        for (name, value, _) in &all {
            // Wrong type, unknown name, given twice: all the errors that quote the value or a name.
            let wrong: [String; 4] = [
                json!({ *name: { "is": value } }).to_string(),
                json!({ *name: [[value]] }).to_string(),
                json!({ value.to_string(): true }).to_string(),
                format!("{{\"{name}\": {value}, \"{name}\": {value}"),
            ];
            for text in wrong {
                let error: RequestError = shop.version.policy().request_from_json(&text).unwrap_err();
                log.record_error(&shop.version, &error, Some(&request), Duration::ZERO);
            }
        }
        log.close().unwrap();
        let text = String::from_utf8(disk.text()).unwrap();
        prop_assert_eq!(text.lines().count(), 1 + 4 * all.len());
        for (at, (_, _, mark)) in all.iter().enumerate() {
            let may_be = all.iter().enumerate().any(|(other, (_, _, same))| {
                other == allowed && same == mark && (given | resolved) >> other & 1 == 1
            });
            prop_assert_eq!(text.contains(mark.as_str()), may_be, "{} {}: {}", at, mark, text);
        }
    }
}
