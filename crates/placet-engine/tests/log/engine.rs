//! The records that an engine writes by itself.

use super::support::*;
use placet::{ErrorCode, Policy};
use placet_engine::{DecisionLog, Engine, Facts, Resolver};
use std::time::Duration;

#[test]
fn an_engine_records_answers_and_errors() {
    let disk = Disk::new();
    let log = DecisionLog::to_writer(disk.clone()).unwrap();
    let consent = Resolver::blocking("consents", |_| Ok(Facts::new().with("consent", "granted")))
        .attributes(["consent"])
        .keyed_by(["subject.id"])
        .time_to_live(Duration::from_secs(60));
    let age = Resolver::blocking("people", |_| Err("no row for anna".into())).attributes(["subject.age"]);
    let engine = Engine::builder(Policy::from_text(SHOP).unwrap())
        .resolver(consent)
        .resolver(age)
        .log(log.clone())
        .build()
        .unwrap();
    let question = |json: &str| {
        let mut question = engine.query();
        question.key("subject.id", "anna").unwrap().fill_from_json(json).unwrap();
        question
    };
    let asked = r#"{"member": true, "purpose": "newsletter"}"#;
    engine.decide(question(asked)).unwrap();
    engine.decide(question(asked)).unwrap();
    let refused = engine.decide(question(r#"{"purpose": "newsletter"}"#)).unwrap_err();
    assert_eq!(refused.code, ErrorCode::RequiredAttribute);
    log.close().unwrap();
    let lines = lines(&disk.text());
    let [first, second, third] = &lines[..] else { panic!("{lines:?}") };
    for line in [first, second] {
        assert_eq!((&line["effect"], &line["missing"][0]), (&"indeterminate".into(), &"subject.age".into()));
        assert_eq!(line["given"], serde_json::json!(["purpose", "member"]));
        assert_eq!(
            (&line["failures"][0]["resolver"], &line["failures"][0]["why"]),
            (&"people".into(), &"failed".into())
        );
    }
    let source = |line: &serde_json::Value| line["resolved"][0]["source"].as_str().map(str::to_owned);
    assert_eq!((source(first).as_deref(), source(second).as_deref()), (Some("fetched"), Some("cached")));
    assert_eq!((&third["event"], &third["error"]["code"]), (&"error".into(), &"required_attribute".into()));
    assert!(!String::from_utf8(disk.text()).unwrap().contains("anna"));
}
