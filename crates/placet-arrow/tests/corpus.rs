//! The corpus and the examples as tables: what their requests give, decided as the policy decides each.

mod support;

use arrow_array::{ArrayRef, NullArray, RecordBatch};
use placet::__private::Internals;
use placet::Policy;
use placet_arrow::{BoundPolicy, Options, Reason};
use placet_samples::Random;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use support::{Cell, Told, by_json, column};

/// The requests of a file that are none of the erroneous ones, by which attributes they give.
fn tables(policy: &Policy, requests: &str) -> BTreeMap<Vec<String>, Vec<Vec<Cell>>> {
    let mut tables: BTreeMap<Vec<String>, Vec<Vec<Cell>>> = BTreeMap::new();
    for line in requests.lines() {
        let Ok(request) = policy.request_from_json(line) else { continue };
        if policy.decide(&request).is_err() {
            continue;
        }
        let request = policy.frame(&request).unwrap().request(policy.program());
        let given = policy.model().declared().filter_map(|(id, attribute)| {
            Some((attribute.name.to_string(), Cell::of(&attribute.kind, request.get(id)?)))
        });
        let (names, cells) = given.unzip();
        tables.entry(names).or_default().push(cells);
    }
    tables
}

/// The number of compared rows of a policy's requests.
fn compare(policy: &Policy, requests: &str) -> usize {
    let mut random = Random::new(7);
    let mut compared = 0;
    for (names, rows) in tables(policy, requests) {
        let column_of = |(at, name): (usize, &String)| -> (String, ArrayRef) {
            let cells: Vec<Cell> = rows.iter().map(|row| row[at].clone()).collect();
            let kind = &policy.model().attribute(policy.model().find(name).unwrap()).unwrap().kind;
            (name.clone(), column(&mut random, kind, &cells))
        };
        let columns = names.iter().enumerate().map(column_of).collect::<Vec<_>>();
        // A request that gives nothing is a row too.
        let unknown: (String, ArrayRef) = ("no.attribute".to_owned(), Arc::new(NullArray::new(rows.len())));
        let batch = RecordBatch::try_from_iter(columns.into_iter().chain([unknown])).unwrap();
        let options = Options::new().ignore_unknown(true).reasons(Reason::ALL);
        let decisions = BoundPolicy::new(policy, &batch.schema(), &options).unwrap().decide(&batch).unwrap();
        let told = Told::new(&decisions);
        for (row, cells) in rows.iter().enumerate() {
            let cells: Vec<(&str, &Cell)> = names.iter().map(String::as_str).zip(cells).collect();
            let expected = by_json(policy, &cells).unwrap();
            assert_eq!(decisions.effect(row), Some(expected.effect), "{cells:?}");
            let texts = |names: &[Arc<str>]| names.iter().map(|name| name.to_string()).collect::<Vec<_>>();
            assert_eq!(told.list(Reason::Rules, row), texts(&expected.rules), "{cells:?}");
            assert_eq!(told.list(Reason::Missing, row), texts(&expected.missing), "{cells:?}");
        }
        compared += rows.len();
    }
    compared
}

/// The number of requests that aren't erroneous.
fn decided(policy: &Policy, requests: &str) -> usize {
    requests.lines().filter(|line| policy.decide_json(line).is_ok()).count()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn the_corpus_as_tables() {
    let folder = root().join("crates/placet/tests/corpus");
    let mut policies = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let requests = path.with_extension("requests.jsonl");
        if path.extension().is_some_and(|extension| extension == "placet") && requests.exists() {
            let policy = Policy::open(&path).unwrap();
            let requests = std::fs::read_to_string(requests).unwrap();
            assert_eq!(compare(&policy, &requests), decided(&policy, &requests), "{}", path.display());
            policies += 1;
        }
    }
    assert!(policies > 0, "no corpus");
}

#[test]
fn the_privacy_policy_as_tables() {
    let folder = root().join("examples/zai");
    let policy = Policy::open(folder.join("privacy.placet")).unwrap();
    let requests = std::fs::read_to_string(folder.join("requests.jsonl")).unwrap();
    assert_eq!(compare(&policy, &requests), decided(&policy, &requests));
}
