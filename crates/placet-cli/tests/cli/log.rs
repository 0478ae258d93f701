//! `placet log`.

use super::folder::*;
use placet::{Effect, Policy};
use placet_engine::{DecisionLog, Engine};
use serde_json::{Value, json};
use std::fs;
use std::time::Duration;

const HASH: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// Returns a log line of a decision, with additional fields.
fn decision(second: u32, effect: &str, more: Value) -> Value {
    let mut line = json!({
        "event": "decision", "time": format!("2026-01-15T10:00:{second:02}.000000Z"),
        "policy": {"name": "shop", "version": "1.0", "hash": HASH}, "effect": effect, "rules": [],
        "certain": [], "cites": [], "basis": [], "obligations": [], "undecided": [], "missing": [], "given": [], "resolved": [],
        "failures": [], "nanoseconds": 1_000,
    });
    line["certain"] = more.get("rules").cloned().unwrap_or(json!([]));
    if let (Value::Object(line), Value::Object(more)) = (&mut line, more) {
        line.extend(more);
    }
    line
}

fn text(lines: &[Value]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// A log of one minute of a service.
fn minute() -> Vec<Value> {
    let from = |source: &str| json!({"attribute": "consent", "resolver": "consents", "source": source});
    vec![
        decision(0, "allow", json!({"rules": ["delivery"], "resolved": [from("fetched")], "share": 0.01})),
        decision(1, "allow", json!({"rules": ["delivery"], "resolved": [from("cached")], "share": 0.01})),
        decision(2, "deny", json!({"rules": ["minors", "local"], "nanoseconds": 2_500_000})),
        decision(
            3,
            "indeterminate",
            json!({
                "missing": ["consent", "subject.age"],
                "failures": [
                    {"resolver": "consents", "why": "late", "after_ms": 50},
                    {"resolver": "ages", "why": "failed"},
                ],
            }),
        ),
        decision(4, "indeterminate", json!({"missing": ["consent"]})),
        decision(5, "indeterminate", json!({"missing": ["consent"]})),
        json!({
            "event": "error", "time": "2026-01-15T10:00:59.000000Z",
            "policy": {"name": "shop", "hash": HASH.replace('0', "f")},
            "error": {"code": "outside_domain", "attribute": "subject.age"}, "nanoseconds": 100,
        }),
        json!({
            "event": "lost", "time": "2026-01-15T10:01:00.000000Z", "since": "2026-01-15T10:00:59.500000Z",
            "lines": 12_345, "write_errors": 3,
        }),
    ]
}

#[test]
fn log_summarises_as_text() {
    let folder = Folder::new().with("log.jsonl", text(&minute()));
    let ran = folder.run(&["log", "log.jsonl"]).ends(0).quiet();
    let size = fs::metadata(folder.path().join("log.jsonl")).unwrap().len();
    assert_eq!(
        ran.out,
        format!(
            "\
2026-01-15T10:00:00.000000Z to 2026-01-15T10:01:00.000000Z (1m)
allow          ~200   97.6 %
deny              1    0.5 %
indeterminate     3    1.5 %
erroneous         1    0.5 %
Rules
  delivery  ~200
  local        1
  minors       1
Missing in indeterminate decisions
  consent               2
  consent, subject.age  1
Errors
  outside_domain subject.age  1
Resolvers
  consents  ~100 fetched, ~100 cached, 1 late
  ages  0 fetched, 0 cached, 1 failed
Policies
  shop 1.0 0123456789ab  ~204
  shop f123456789ab  1
Duration
  median 1.00 µs, 90 % 1.00 µs, 99 % 1.00 µs, 99.9 % 2.50 ms, longest 2.50 ms
12,345 lines were lost: the log's queue was full; 3 writes failed
~ estimated: the log is a sample of the requests
8 lines of 1 file, {:.2} KiB
",
            size as f64 / 1024.0
        )
    );
}

#[test]
fn log_writes_a_single_loss_in_the_singular() {
    let lost = json!({
        "event": "lost", "time": "2026-01-15T10:00:00.000000Z", "lines": 1, "write_errors": 1,
    });
    let folder = Folder::new().with("log.jsonl", text(&[lost]));
    let ran = folder.run(&["log", "log.jsonl"]).ends(0).quiet();
    assert!(ran.out.contains("\n1 line was lost: the log's queue was full; 1 write failed\n"), "{}", ran.out);
}

#[test]
fn log_summarises_as_json() {
    let folder = Folder::new().with("log.jsonl", text(&minute()));
    let page = &folder.run(&["log", "log.jsonl", "--format", "json"]).ends(0).quiet().json()[0];
    assert_eq!(page["effects"]["allow"], json!({"requests": 200, "lines": 2}));
    assert_eq!(page["effects"]["deny"], json!({"requests": 1, "lines": 1}));
    assert_eq!(page["requests"], json!({"requests": 205, "lines": 7}));
    assert_eq!(page["rules"][0], json!({"rule": "delivery", "requests": 200, "lines": 2}));
    assert_eq!(
        page["missing"],
        json!([
            {"attributes": ["consent"], "requests": 2, "lines": 2},
            {"attributes": ["consent", "subject.age"], "requests": 1, "lines": 1},
        ])
    );
    assert_eq!(
        page["errors"],
        json!([{"code": "outside_domain", "attribute": "subject.age", "requests": 1, "lines": 1}])
    );
    assert_eq!(page["resolvers"][0]["cached"], json!({"requests": 100, "lines": 1}));
    assert_eq!(page["resolvers"][0]["failures"], json!({"late": {"requests": 1, "lines": 1}}));
    assert_eq!(page["policies"][0]["hash"], HASH);
    assert_eq!(page["policies"][1]["version"], Value::Null);
    assert_eq!(page["lost"], json!({"lines": 12_345, "write_errors": 3}));
    assert_eq!(page["malformed"], json!({"lines": 0, "first": null}));
    assert_eq!((&page["first"], &page["files"]), (&json!("2026-01-15T10:00:00.000000Z"), &json!(1)));
    let max = page["nanoseconds"]["max"].as_f64().unwrap();
    assert!((max / 2_500_000.0 - 1.0).abs() < 0.001, "{max}");
}

#[test]
fn log_reports_the_first_malformed_line() {
    let good = text(&minute());
    let cases: [(&[u8], &str); 9] = [
        (b"not json", "expected"),
        (b"[]", "invalid length"),
        (b"{\"event\":\"deci\xc2", "EOF"),
        (br#"{"event": "nothing", "time": "2026-01-15T10:00:00.000000Z"}"#, "unknown event `nothing`"),
        (br#"{"event": "lost", "time": "yesterday", "lines": 1}"#, "unknown time `yesterday`"),
        (br#"{"event": "lost", "time": "2026-01-15T10:00:00.000000Z"}"#, "missing field `lines`"),
        (br#"{"event": "decision", "time": "2026-01-15T10:00:00.000000Z"}"#, "missing field `effect`"),
        (
            br#"{"event": "decision", "time": "2026-01-15T10:00:00.000000Z", "effect": "perhaps"}"#,
            "unknown effect `perhaps`",
        ),
        (
            br#"{"event": "error", "time": "2026-01-15T10:00:00.000000Z", "error": {"code": "x"}, "share": 0}"#,
            "unknown share `0`",
        ),
    ];
    for (line, what) in cases {
        let whole = [good.as_bytes(), b"\n", line, b"\n", line, b"\r\n", good.as_bytes()].concat();
        let folder = Folder::new().with("log.jsonl", whole);
        let ran = folder.run(&["log", "log.jsonl"]).ends(2).quiet();
        let told = ran.line("2 lines aren't decision log entries; the first: log.jsonl:10: ");
        assert!(told.contains(what), "{told}");
        assert_eq!(ran.line("16 lines of 1 file").split(',').count(), 2, "the others are counted");
        let page = &folder.run(&["log", "log.jsonl", "--format", "json"]).ends(2).json()[0];
        assert_eq!(page["malformed"]["first"]["line"], 10);
    }
}

#[test]
fn log_accepts_an_incomplete_last_line() {
    let whole = text(&minute());
    let folder = Folder::new().with("log.jsonl", format!("{whole}{{\"event\":\"deci"));
    let ran = folder.run(&["log", "log.jsonl"]).ends(0).quiet();
    assert_eq!(ran.line("the last line"), "the last line is incomplete");
    let ran = folder.run_with(&["log", "-"], whole.trim_end()).ends(0).quiet();
    assert!(
        ran.out.contains("8 lines of 1 file") && !ran.out.contains("no end"),
        "it lacks nothing but its end"
    );
}

#[test]
fn log_skips_overlong_lines() {
    let whole = text(&minute());
    let long = format!("{whole}{}\n{whole}", "x".repeat(3_000_000));
    let ran = Folder::new().run_with(&["log", "-"], long).ends(2).quiet();
    assert!(
        ran.line("1 line isn't a decision log entry").contains("standard input:9: longer than 1048576 bytes"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("16 lines of 1 file"));
}

#[test]
fn log_reads_several_files_in_any_order() {
    let (first, second) = (minute()[..3].to_vec(), minute()[3..].to_vec());
    let folder = Folder::new().with("a", text(&first)).with("b", text(&second)).with("empty", "");
    let ran = folder.run(&["log", "b", "a", "empty"]).ends(0).quiet();
    assert!(ran.out.contains("8 lines of 3 files"), "{}", ran.out);
    assert_eq!(ran.lines()[0], "2026-01-15T10:00:00.000000Z to 2026-01-15T10:01:00.000000Z (1m)");
    let ran = folder.run(&["log", "empty"]).ends(0).quiet();
    assert!(ran.out.contains("0 lines of 1 file"), "{}", ran.out);
}

#[test]
fn log_top_limits_lists() {
    let rules: Vec<Value> =
        (0..20).map(|rule| decision(0, "deny", json!({"rules": [format!("rule_{rule:02}")]}))).collect();
    let folder = Folder::new().with("log.jsonl", text(&rules));
    let ran = folder.run(&["log", "log.jsonl"]).ends(0);
    assert!(ran.out.contains("rule_11") && !ran.out.contains("rule_12"), "{}", ran.out);
    assert_eq!(ran.line("and "), "and 8 more");
    let ran = folder.run(&["log", "log.jsonl", "--top", "20"]).ends(0);
    assert!(ran.out.contains("rule_19") && !ran.out.contains("more"), "{}", ran.out);
}

#[test]
fn log_reports_unreadable_files() {
    let folder = Folder::new().with("log.gz", b"\x1f\x8b\x08\0").with("log.zst", b"\x28\xb5\x2f\xfd");
    let ran = folder.run(&["log", "nowhere.jsonl"]).ends(1);
    assert!(ran.err.starts_with("error: nowhere.jsonl: ") && ran.out.is_empty(), "{}", ran.err);
    for (file, packer) in [("log.gz", "gzip"), ("log.zst", "zstd")] {
        let ran = folder.run(&["log", file]).ends(1);
        assert!(
            ran.err.contains(&format!("{file}: the file is compressed; read it with `{packer} -dc FILE")),
            "{}",
            ran.err
        );
    }
}

#[test]
fn log_handles_extreme_numbers() {
    let lines = [
        decision(0, "allow", json!({"nanoseconds": u64::MAX, "share": 1e-300})),
        decision(0, "deny", json!({"nanoseconds": 0, "share": f64::MIN_POSITIVE})),
        json!({"event": "lost", "time": "2026-01-15T10:00:00.000000Z", "lines": u64::MAX}),
        json!({"event": "lost", "time": "2026-01-15T10:00:00.000000Z", "lines": u64::MAX}),
    ];
    let folder = Folder::new().with("log.jsonl", text(&lines));
    folder.run(&["log", "log.jsonl"]).ends(0).quiet();
    let page = &folder.run(&["log", "log.jsonl", "--format", "json"]).ends(0).quiet().json()[0];
    assert_eq!(page["lost"]["lines"], u64::MAX);
    assert_eq!(page["nanoseconds"]["p50"], 0);
}

#[test]
fn log_reads_the_engines_log() {
    let folder = Folder::new();
    let path = folder.path().join("log.jsonl");
    let engine = Engine::new(Policy::from_text(SHOP).unwrap());
    let version = engine.version();
    let log = DecisionLog::builder().keep(Effect::Deny, 0.5).to_file(&path).unwrap();
    let request = |json: &str| version.policy().request_from_json(json).unwrap();
    let adult = request(r#"{"subject.age": 30, "purpose": "deliver"}"#);
    let child = request(r#"{"subject.age": 3, "guardian": false}"#);
    let anybody = request(r#"{"purpose": "newsletter", "subject.age": 30}"#);
    for asked in [&adult, &child, &anybody] {
        let mut question = engine.query();
        question.request().clone_from(asked);
        let answer = engine.decide(question).unwrap();
        (0..1_000).for_each(|_| log.record(&answer, asked));
    }
    let error = version.policy().request_from_json(r#"{"subject.age": 151}"#).unwrap_err();
    log.record_error(&version, &error, None, Duration::from_micros(2));
    log.close().unwrap();

    let page = &folder.run(&["log", "log.jsonl", "--format", "json"]).ends(0).quiet().json()[0];
    assert_eq!(page["effects"]["allow"], json!({"requests": 1_000, "lines": 1_000}));
    let denied = &page["effects"]["deny"];
    assert_eq!(denied["requests"].as_u64(), denied["lines"].as_u64().map(|lines| 2 * lines));
    assert_eq!(page["lines"], log.counts().written);
    assert_eq!(page["missing"], json!([{"attributes": ["consented"], "requests": 1_000, "lines": 1_000}]));
    assert_eq!(page["errors"][0]["code"], "outside_domain");
    assert_eq!(page["policies"][0]["hash"], version.hash());
}

#[test]
fn log_counts_uncertain_rules_separately() {
    let denied = json!({"rules": ["children", "minors"], "certain": ["minors"]});
    let folder = Folder::new().with("log.jsonl", text(&[decision(0, "deny", denied)]));
    let page = &folder.run(&["log", "log.jsonl", "--format", "json"]).ends(0).quiet().json()[0];
    assert_eq!(page["rules"], json!([{"rule": "minors", "requests": 1, "lines": 1}]));
    assert_eq!(page["uncertain_rules"], json!([{"rule": "children", "requests": 1, "lines": 1}]));
    let ran = folder.run(&["log", "log.jsonl"]).ends(0).quiet();
    assert!(
        ran.out.contains("Rules\n  minors  1\nRules that may have applied\n  children  1\n"),
        "{}",
        ran.out
    );
}
