//! The format of a line, and its agreement with the schema.

use super::support::*;
use boon::{Compiler, Draft, SchemaIndex, Schemas};
use placet::Effect;
use placet_engine::{Answer, DecisionLog, Failure, FailureReason, LoadedPolicy, Origin, Origins, Source};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// The schema of the format.
struct Schema {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Schema {
    fn new() -> Self {
        let schema: Value = serde_json::from_str(include_str!("../../decision-log.schema.json")).unwrap();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.set_default_draft(Draft::V2020_12);
        compiler.add_resource("schema.json", schema).unwrap();
        let index = compiler.compile("schema.json", &mut schemas).unwrap();
        Self { schemas, index }
    }

    fn is_valid(&self, line: &Value) -> bool {
        self.schemas.validate(line, self.index).is_ok()
    }
}

/// Returns a line of each kind, with each field.
fn all_lines() -> Vec<Value> {
    let shop = Shop::new();
    let disk = Disk::new();
    let log = DecisionLog::builder()
        .capacity(8_000)
        .keep(Effect::Deny, 1.0 - f64::EPSILON)
        .value("subject.age")
        .value("no.such")
        .to_writer(disk.clone())
        .unwrap();

    let request =
        shop.request(r#"{"member": true, "purpose": "marketing", "subject": {"age": 12}, "consent": null}"#);
    log.record(&shop.answer(&request), &request);

    let asked = shop.request(r#"{"member": true, "purpose": "newsletter"}"#);
    let failures = [
        FailureReason::Failed { message: "no row for 17".into(), error: Default::default() },
        FailureReason::Late { after_ms: 50 },
        FailureReason::Unfit { attribute: "score".into(), expected: "number".into() },
        FailureReason::Unfit { attribute: "scores".into(), expected: "no such attribute".into() },
        FailureReason::NoKey { key: "subject.id".into() },
    ];
    let answer = Answer {
        origins: Origins::from_iter([
            Origin { attribute: "consent", resolver: "consents", source: Source::Fetched },
            Origin { attribute: "subject.age", resolver: "people", source: Source::Cached },
        ]),
        failures: failures.map(|why| Failure { resolver: "people".into(), why }).to_vec(),
        ..shop.answer(&asked)
    };
    log.record(&answer, &asked);
    let filled =
        shop.request(r#"{"member": true, "purpose": "newsletter", "consent": "granted", "subject.age": 40}"#);
    log.record(&Answer { decision: shop.answer(&filled).decision, ..answer }, &filled);

    for text in [r#"{"subject.age": 151}"#, r#"{"alice@example.org": 1}"#, "[]"] {
        let error = shop.version.policy().request_from_json(text).unwrap_err();
        log.record_error(&shop.version, &error, None, Duration::from_micros(3));
    }
    let incomplete = shop.request(r#"{"subject.age": 30}"#);
    let error = shop.version.policy().decide(&incomplete).unwrap_err();
    log.record_error(&shop.version, &error, Some(&incomplete), Duration::from_micros(4));
    log.flush().unwrap();

    disk.shut();
    let before = disk.writes();
    shop.record(&log, 0, 1);
    disk.wait_for_a_writer(before + 1);
    shop.record(&log, 1, 100);
    disk.open();
    log.close().unwrap();
    lines(&disk.text())
}

#[test]
fn a_decision_line_holds_the_decision_and_its_inputs() {
    let all = all_lines();
    let policy = json!({"name": "shop", "version": "1.0", "hash": Shop::new().version.hash()});
    let mut line = all[0].clone();
    let time = line.as_object_mut().unwrap().remove("time").unwrap();
    let time: jiff::Timestamp = time.as_str().unwrap().parse().unwrap();
    let age = jiff::Timestamp::now().duration_since(time);
    assert!(age.as_secs().abs() < 600, "{time}");
    assert_eq!(
        line,
        json!({
            "event": "decision", "policy": policy, "effect": "deny", "rules": ["children"],
            "certain": ["children"], "cites": ["§9"], "basis": [], "obligations": [{"name": "erase", "within_seconds": 2_592_000, "certain": true}],
            "undecided": [], "missing": [], "given": ["subject.age", "purpose", "consent", "member"],
            "resolved": [], "failures": [], "values": {"subject.age": 12}, "share": 1.0 - f64::EPSILON,
            "nanoseconds": 1_234,
        })
    );
    let line = &all[1];
    assert_eq!(line["effect"], "indeterminate");
    assert_eq!(line["missing"], json!(["consent", "subject.age"]));
    assert_eq!(line["undecided"], json!(["children", "marketing"]));
    assert_eq!(line["given"], json!(["purpose", "member"]));
    assert_eq!(
        line["resolved"],
        json!([
            {"attribute": "consent", "resolver": "consents", "source": "fetched"},
            {"attribute": "subject.age", "resolver": "people", "source": "cached"},
        ])
    );
    assert_eq!(
        line["failures"],
        json!([
            {"resolver": "people", "why": "failed"},
            {"resolver": "people", "why": "late", "after_ms": 50},
            {"resolver": "people", "why": "unfit", "attribute": "score"},
            {"resolver": "people", "why": "unfit"},
            {"resolver": "people", "why": "no_key", "key": "subject.id"},
        ])
    );
    assert_eq!(line["values"], json!({}), "it was asked without an age");
}

#[test]
fn given_excludes_resolved_attributes() {
    let line = &all_lines()[2];
    assert_eq!(line["effect"], "allow");
    assert_eq!(line["given"], json!(["purpose", "member"]));
    assert_eq!(line["values"], json!({"subject.age": 40}), "the request holds it by now");
}

#[test]
fn an_error_line_has_an_error_and_no_effect() {
    let all = all_lines();
    let errors: Vec<&Value> = all.iter().filter(|line| line["event"] == "error").collect();
    assert_eq!(errors[0]["error"], json!({"code": "outside_domain", "attribute": "subject.age"}));
    assert_eq!(errors[1]["error"], json!({"code": "unknown_attribute"}), "whose name may be anything");
    assert_eq!(errors[2]["error"], json!({"code": "invalid_json"}));
    assert_eq!(errors[3]["error"], json!({"code": "required_attribute", "attribute": "member"}));
    assert_eq!(errors[3]["given"], json!(["subject.age"]));
    assert_eq!(errors[3]["nanoseconds"], 4_000);
    for line in errors {
        assert!(line.get("effect").is_none() && line.get("rules").is_none(), "{line}");
        assert_eq!(line["policy"]["name"], "shop");
    }
}

#[test]
fn a_request_of_another_policy_has_no_given_attributes() {
    let (shop, other) = (Shop::new(), Shop::new());
    let disk = Disk::new();
    let log = DecisionLog::builder().value("subject.age").to_writer(disk.clone()).unwrap();
    let request = shop.request(r#"{"member": true, "subject.age": 30}"#);
    log.record(&shop.answer(&request), &other.request(r#"{"member": true, "subject.age": 31}"#));
    log.close().unwrap();
    let line = &lines(&disk.text())[0];
    assert!(line.get("given").is_none() && line.get("values").is_none(), "{line}");
}

#[test]
fn values_have_the_form_of_a_request() {
    let shop = Shop::new();
    let whole = json!({
        "subject.id": "a\"b\n", "subject.age": 30, "purpose": "marketing", "consent": "granted",
        "segments": ["a", "b"], "labels": ["gold"], "score": 0.1, "born": "2001-02-03",
        "seen": "2026-01-15T10:00:00.000001Z", "delay": 90, "member": true,
    });
    let disk = Disk::new();
    let mut builder = DecisionLog::builder();
    for name in whole.as_object().unwrap().keys() {
        builder = builder.value(name);
    }
    let log = builder.to_writer(disk.clone()).unwrap();
    let request = shop.request(&whole.to_string());
    log.record(&shop.answer(&request), &request);
    let odd = shop.request(r#"{"member": true, "delay": "-PT0.000001S", "score": null}"#);
    log.record(&shop.answer(&odd), &odd);
    log.close().unwrap();
    let all = lines(&disk.text());
    assert_eq!(all[0]["values"], whole);
    assert_eq!(all[1]["values"], json!({"member": true, "delay": "-PT0.000001S", "score": null}));
    let again = shop.request(&all[1]["values"].to_string());
    assert_eq!(shop.answer(&again).decision, shop.answer(&odd).decision);
}

#[test]
fn classes_stand_in_place_of_values() {
    let text = "policy p
        taxonomy Place { near { here, there }, far }
        request { age: int 0..150  left: date?  at: date  place: Place  name: string  tags: set of string  ok: bool }
        rule minors { deny when age < 13 or age in 60..70 }
        rule gone { deny when at > left }
        rule here { allow when place is here or name like \"a*\" }";
    let shop = Shop { version: Arc::new(LoadedPolicy::new(placet::Policy::from_text(text).unwrap())) };
    let (plain, disk) = (Disk::new(), Disk::new());
    let logs = [
        DecisionLog::builder().to_writer(plain.clone()).unwrap(),
        DecisionLog::builder().classes().to_writer(disk.clone()).unwrap(),
    ];
    for request in [
        r#"{"age": 64, "left": "2026-01-01", "at": "2026-03-01", "place": "near", "name": "bob", "tags": ["x"]}"#,
        r#"{"age": null, "left": null, "at": "2026-03-01", "place": "far", "ok": true}"#,
    ] {
        let request = shop.request(request);
        logs.iter().for_each(|log| log.record(&shop.answer(&request), &request));
    }
    logs.iter().for_each(|log| log.close().unwrap());
    assert!(lines(&plain.text()).iter().all(|line| line.get("classes").is_none()));
    let all = lines(&disk.text());
    let related =
        |line: &Value| line["classes"].as_object().unwrap().keys().filter(|name| name.contains(' ')).count();
    assert_eq!((related(&all[0]), related(&all[1])), (1, 0), "{all:#?}");
    for (name, class) in [
        ("age", json!(2)),
        ("left", json!([])),
        ("place", json!({"one_of": [0, 1]})),
        ("name", json!(1)),
        ("tags", json!([])),
    ] {
        assert_eq!(all[0]["classes"][name], class, "{name}");
    }
    assert_eq!(all[1]["classes"], json!({"age": null, "left": "none", "at": [], "place": 1, "ok": []}));
    let schema = Schema::new();
    assert!(all.iter().all(|line| schema.is_valid(line)), "{all:#?}");
}

#[test]
fn values_tell_none_from_missing() {
    let text = "policy p request { x: int?  y: int } rule r { allow when x is none }";
    let policy = placet::Policy::from_text(text).unwrap();
    let shop = Shop { version: Arc::new(LoadedPolicy::new(policy.clone())) };
    let disk = Disk::new();
    let log = DecisionLog::builder().value("x").value("y").to_writer(disk.clone()).unwrap();
    let none = shop.request(r#"{"x": null, "y": null}"#);
    log.record(&shop.answer(&none), &none);
    let mut missing = policy.request();
    missing.put_missing(policy.attribute::<i64>("x").unwrap()).unwrap();
    log.record(&shop.answer(&missing), &missing);
    log.close().unwrap();
    let all = lines(&disk.text());
    assert_eq!([&all[0]["values"], &all[1]["values"]], [&json!({"x": null, "y": null}), &json!({})]);
}

#[test]
fn every_line_matches_the_schema() {
    let schema = Schema::new();
    let all = all_lines();
    let kinds = |kind: &str| all.iter().filter(|line| line["event"] == kind).count();
    assert!(kinds("decision") > 3 && kinds("error") == 4 && kinds("lost") == 1);
    for line in &all {
        assert!(schema.is_valid(line), "{line}");
    }
}

#[test]
fn the_schema_rejects_additional_fields() {
    let schema = Schema::new();
    let mut seen = 0;
    for line in all_lines() {
        // The path of every object in the line except that of the values.
        let mut paths = vec![String::new()];
        while let Some(path) = paths.pop() {
            let below: Vec<String> = match line.pointer(&path).unwrap() {
                Value::Object(fields) => fields.keys().map(|key| format!("{path}/{key}")).collect(),
                Value::Array(items) => (0..items.len()).map(|at| format!("{path}/{at}")).collect(),
                _ => continue,
            };
            let mut changed = line.clone();
            if let Some(Value::Object(fields)) = changed.pointer_mut(&path).filter(|_| path != "/values") {
                fields.insert("value".to_owned(), json!("granted"));
                assert!(!schema.is_valid(&changed), "{changed}");
                seen += 1;
            }
            paths.extend(below);
        }
    }
    assert!(seen > 40, "only {seen} objects");
}
