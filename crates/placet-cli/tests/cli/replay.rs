//! `placet replay`.

use super::folder::*;
use super::support;
use placet::{Effect, Policy};
use placet_engine::{DecisionLog, LogBuilder};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// [`SHOP`] with a rule that relates attributes, over requests that also say when.
fn old() -> String {
    let text = SHOP.replace("country: string", "at: date  left: date?  country: string");
    format!("{text}\nrule former {{ deny when at > left }}\n")
}

/// The policy after a change: other cuts, another list of names, another delay.
fn new() -> String {
    old()
        .replace("subject.age < 18", "subject.age < 16")
        .replace(
            "purpose is deliver and country is \"SG\"",
            "purpose is deliver and country in {\"SG\", \"JP\"}",
        )
        .replace("| advertising | true ", "| advertising | *    ")
        .replace("rule former { deny when at > left }", "rule gone { deny when at > left }")
}

/// Logs requests as decided by a policy.
fn log(text: &str, requests: &[String], builder: LogBuilder, path: &std::path::Path) {
    let policy = Policy::from_text(text).unwrap();
    support::log(&policy, requests.iter().map(String::as_str), builder, path);
}

/// Returns the log of one adult's delivery, as decided by [`SHOP`].
fn logged_delivery() -> String {
    let folder = Folder::with_shop("");
    let path = folder.path().join("log.jsonl");
    let adult = r#"{"subject.age": 30, "purpose": "deliver"}"#.to_owned();
    log(SHOP, &[adult], DecisionLog::builder().classes(), &path);
    folder.text("log.jsonl")
}

/// Returns requests with every combination of values that stand on both sides of each cut.
fn requests() -> Vec<String> {
    let ages =
        [json!(3), json!(12), json!(13), json!(15), json!(16), json!(17), json!(18), json!(90), Value::Null];
    let purposes = ["deliver", "newsletter", "advertising", "marketing"];
    let countries = [None, Some("SG"), Some("JP"), Some("US")];
    // The class of a day alone doesn't tell if it is the first of all, which no other can be before.
    let days = [
        ("0001-01-01", None),
        ("2026-02-01", None),
        ("2026-02-01", Some(json!(null))),
        ("2026-02-01", Some(json!("2026-01-01"))),
        ("2026-02-01", Some(json!("2026-03-01"))),
    ];
    let mut out = Vec::new();
    for (age, purpose) in ages.iter().flat_map(|age| purposes.map(|purpose| (age, purpose))) {
        for (country, (at, left)) in
            countries.iter().flat_map(|country| days.iter().map(move |days| (country, days)))
        {
            for (consented, guardian) in [(None, None), (Some(true), Some(false)), (Some(false), Some(true))]
            {
                let mut request = json!({"subject.age": age, "purpose": purpose, "at": at});
                let mut add = |name: &str, value: Option<Value>| {
                    if let Some(value) = value {
                        request[name] = value;
                    }
                };
                add("country", country.map(Value::from));
                add("left", left.clone());
                add("consented", consented.map(Value::from));
                add("guardian", guardian.map(Value::from));
                out.push(request.to_string());
            }
        }
    }
    out
}

#[test]
fn replay_counts_what_direct_decisions_count() {
    let folder = Folder::new().with("old.placet", old()).with("new.placet", new());
    let requests = requests();
    let path = folder.path().join("log.jsonl");
    log(&old(), &requests, DecisionLog::builder().classes(), &path);
    let lines: Vec<Value> =
        folder.text("log.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), requests.len());

    // The effects of all requests with the same classes: an effect is determined if it is the only one.
    let changed = Policy::from_text(&new()).unwrap();
    let mut of_classes: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let mut direct = 0;
    for (line, request) in lines.iter().zip(&requests) {
        let after = changed.decide_json(request).unwrap().effect.as_str();
        direct += u64::from(line["effect"] != after);
        of_classes.entry(line["classes"].to_string()).or_default().insert(after);
    }
    let (mut certain, mut possible) = (0, 0);
    for line in &lines {
        let after = &of_classes[&line["classes"].to_string()];
        certain += u64::from(after.len() == 1 && !after.contains(line["effect"].as_str().unwrap()));
        possible += u64::from(after.len() > 1);
    }
    assert!(certain > 100 && possible > 100 && of_classes.len() < requests.len() / 2);

    let ran =
        folder.run(&["replay", "old.placet", "new.placet", "log.jsonl", "--format", "json"]).ends(1).quiet();
    let page = &ran.json()[0];
    let count = |name: &str| page[name]["requests"].as_u64().unwrap();
    assert_eq!(count("replayed"), requests.len() as u64, "{}", ran.out);
    assert_eq!(count("changed"), certain, "{}", ran.out);
    assert_eq!(count("may_change"), possible, "{}", ran.out);
    assert!((certain..=certain + possible).contains(&direct));
    // `gone` denies in place of `former`.
    assert!(count("other_reasons") > 50 && count("same") > 100, "{}", ran.out);
    let listed = |name: &str| -> u64 {
        page[name].as_array().unwrap().iter().map(|change| change["requests"].as_u64().unwrap()).sum()
    };
    assert_eq!((listed("changes"), listed("possible_changes")), (certain, possible));

    let ran = folder.run(&["replay", "old.placet", "new.placet", "log.jsonl"]).ends(1).quiet();
    assert!(ran.out.contains("deny by default → allow by marketing/adverts\n"), "{}", ran.out);
    assert!(ran.out.ends_with(&format!("{n} of {n} decisions replayed\n", n = "2,160")), "{}", ran.out);
    // The same policy with another comment decides alike.
    let folder = folder.with("same.placet", format!("{}\n// A comment.\n", old()));
    let ran =
        folder.run(&["replay", "old.placet", "same.placet", "log.jsonl", "--format", "json"]).ends(0).quiet();
    assert_eq!(ran.json()[0]["same"]["requests"], requests.len(), "{}", ran.out);
}

#[test]
fn replay_says_what_it_cannot_replay() {
    let folder = Folder::with_shop("").with("new.placet", SHOP.replace("< 18", "< 16"));
    let adult = r#"{"subject.age": 30, "purpose": "deliver"}"#.to_owned();
    let path = folder.path().join("log.jsonl");
    let args = ["replay", "shop.placet", "new.placet", "log.jsonl"];
    log(SHOP, std::slice::from_ref(&adult), DecisionLog::builder(), &path);
    let ran = folder.run(&args).ends(2).quiet();
    assert!(ran.out.contains("1 decision not replayed: no classes in the log\n"), "{}", ran.out);
    assert!(ran.out.ends_with("0 of 1 decision replayed\n"), "{}", ran.out);
    log(
        &SHOP.replace("policy shop", "policy other"),
        std::slice::from_ref(&adult),
        DecisionLog::builder().classes(),
        &path,
    );
    // A sampled line stands for several requests.
    let half = DecisionLog::builder().classes().keep(Effect::Allow, 0.5);
    log(SHOP, &vec![adult; 64], half, &path);
    folder.run(&args).ends(2).quiet();
    let ran = folder.run(&[&args[..], &["--allow-partial"]].concat()).ends(0).quiet();
    assert!(ran.out.contains("1 decision not replayed: decided by another policy\n"), "{}", ran.out);
    assert!(ran.line("unchanged").starts_with("unchanged      ~"), "{}", ran.out);

    let typed = SHOP
        .replace("consented: bool", "consented: { agreed, refused }")
        .replace("consented: false", "consented: refused")
        .replace("| true      |", "| agreed    |");
    let folder = folder.with("typed.placet", typed);
    let path = folder.path().join("typed.jsonl");
    log(
        SHOP,
        &[r#"{"consented": true, "purpose": "newsletter"}"#.to_owned()],
        DecisionLog::builder().classes(),
        &path,
    );
    let ran = folder.run(&["replay", "shop.placet", "typed.placet", "typed.jsonl"]).ends(2).quiet();
    assert!(ran.out.contains("has another type in the new policy"), "{}", ran.out);

    let broken = folder.text("log.jsonl") + "{\"event\": \"decision\"}\n";
    let folder = folder.with("broken.jsonl", broken);
    let ran = folder.run(&["replay", "shop.placet", "new.placet", "broken.jsonl"]).ends(2).quiet();
    assert!(ran.out.contains("1 line isn't a decision log entry; the first: broken.jsonl:"), "{}", ran.out);
    folder.run(&["replay", "shop.placet", "no.placet", "log.jsonl"]).ends(2);
    folder.run(&["replay", "shop.placet", "new.placet", "no.jsonl"]).ends(2);
}

/// An attribute that becomes `required` refuses null and `none`, as `placet decide` does.
#[test]
fn replay_counts_null_for_a_required_attribute_as_a_change() {
    let text = |x: &str| format!("policy p  request {{ x: {x}  y: bool }}  rule r {{ allow when y }}");
    let folder = Folder::new().with("new.placet", text("int 0..9 required"));
    let request = r#"{"x":null,"y":true}"#;
    let ran = folder.run_with(&["decide", "new.placet", "-"], request);
    assert!(ran.err.contains("`x` is required") || ran.out.contains("`x` is required"), "{}", ran.out);
    for (old, recorded) in [(text("int 0..9"), "null"), (text("int? 0..9"), "\"none\"")] {
        let folder = Folder::new().with("old.placet", &old).with("new.placet", text("int 0..9 required"));
        let path = folder.path().join("log.jsonl");
        log(&old, &[request.to_owned()], DecisionLog::builder().classes(), &path);
        assert!(folder.text("log.jsonl").contains(&format!("\"x\":{recorded}")));
        let ran = folder.run(&["replay", "old.placet", "new.placet", "log.jsonl"]).ends(1).quiet();
        assert!(ran.out.contains("1  allow by r → error\n"), "{}", ran.out);
    }
}

/// The new policy may allow what wasn't replayed, so nothing is shown to be unchanged.
#[test]
fn replay_fails_for_a_log_that_is_replayed_in_part() {
    let whole = logged_delivery();
    let common = whole.split_once("\"effect\"").unwrap().0;
    let error = common.replace("\"decision\"", "\"error\"")
        + "\"error\":{\"code\":\"outside_domain\"},\"nanoseconds\":1}\n";
    let lost = r#"{"event":"lost","time":"2026-01-15T10:00:00.000000Z","lines":1,"write_errors":0}"#;
    let lines = [
        (whole.clone(), 0, "unchanged      1\n"),
        (format!("{whole}{error}"), 2, "1 erroneous request isn't replayed\n"),
        (format!("{whole}{error}{error}"), 2, "2 erroneous requests aren't replayed\n"),
        (format!("{whole}{lost}\n"), 2, "1 lost line isn't replayed\n"),
        (format!("{whole}{}", &whole[..40]), 2, "the last line is incomplete\n"),
        (String::new(), 2, "0 of 0 decisions replayed\n"),
    ];
    for (text, code, shown) in lines {
        let folder = Folder::with_shop("").with("log.jsonl", &text);
        let args = ["replay", "shop.placet", "shop.placet", "log.jsonl"];
        let ran = folder.run(&args).ends(code).quiet();
        assert!(ran.out.contains(shown), "{text}: {}", ran.out);
        let partial = folder.run(&[&args[..], &["--allow-partial"]].concat()).ends(0).quiet();
        assert_eq!(partial.out, ran.out);
    }
}

/// A line is an entry for `replay` if it is one for `log`.
#[test]
fn replay_reads_the_lines_that_log_reads() {
    let whole = logged_delivery();
    let without_time = whole.replace("\"time\":", "\"times\":");
    let without_end = whole.replace("Z\",", "0\",");
    for line in [without_time, without_end] {
        let folder = Folder::with_shop("").with("log.jsonl", format!("{whole}{line}"));
        for args in [&["log", "log.jsonl"][..], &["replay", "shop.placet", "shop.placet", "log.jsonl"]] {
            let ran = folder.run(args);
            assert!(ran.out.contains("1 line isn't a decision log entry"), "{line}{}{}", ran.out, ran.err);
        }
    }
}

/// An answer that the classes don't tell isn't shown as indeterminate, which an answer before could be, too.
#[test]
fn replay_shows_answers_that_classes_do_not_tell_as_unknown() {
    let text = |condition: &str| {
        format!(
            "policy p  taxonomy P {{ x {{ a, b }}, c }}  request {{ p: P  q: bool }}
             rule r {{ allow when p in {condition} and q }}"
        )
    };
    let folder = Folder::new().with("old.placet", text("x")).with("new.placet", text("a"));
    let path = folder.path().join("log.jsonl");
    let requests = [r#"{"p":"x"}"#.to_owned(), r#"{"p":"x","q":true}"#.to_owned()];
    log(&text("x"), &requests, DecisionLog::builder().classes(), &path);
    let ran = folder.run(&["replay", "old.placet", "new.placet", "log.jsonl"]).ends(1).quiet();
    assert!(ran.out.contains("1  indeterminate → unknown\n"), "{}", ran.out);
    assert!(ran.out.contains("1  allow by r → unknown\n"), "{}", ran.out);
}
