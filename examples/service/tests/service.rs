//! Starts the service and sends it requests.

use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use ureq::Agent;

/// A running service with files of its own.
struct Service {
    folder: TempDir,
    process: Child,
    address: String,
    agent: Agent,
}

impl Service {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["shop.placet", "people.json"] {
            fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join(name), folder.path().join(name)).unwrap();
        }
        let mut process = Command::new(env!("CARGO_BIN_EXE_placet-example-service"))
            .args(["shop.placet", "people.json", "decisions.jsonl", "127.0.0.1:0"])
            .current_dir(folder.path())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines().map(Result::unwrap);
        let address = lines.find_map(|line| line.strip_prefix("listening on ").map(str::to_owned)).unwrap();
        // The pipe stays open and is emptied: the service writes its reloads to it.
        std::thread::spawn(move || lines.for_each(drop));
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(30)))
            .build()
            .into();
        Self { folder, process, address, agent }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a new file and renames it over the old one, so that no half-written file is read.
    fn replace(&self, name: &str, text: &str) {
        fs::write(self.path("new"), text).unwrap();
        fs::rename(self.path("new"), self.path(name)).unwrap();
    }

    fn post(&self, body: &str) -> (u16, Value) {
        let mut response = self.agent.post(format!("{}/decide", self.address)).send(body).unwrap();
        (response.status().as_u16(), response.body_mut().read_json().unwrap())
    }

    fn decide(&self, subject: &str, purpose: &str) -> (u16, Value) {
        self.post(&json!({ "subject": { "id": subject }, "purpose": purpose }).to_string())
    }

    fn put(&self, subject: &str, purpose: &str, state: &str) -> u16 {
        let consent = json!({ "subject": subject, "purpose": purpose, "state": state });
        self.agent.put(format!("{}/consents", self.address)).send_json(consent).unwrap().status().as_u16()
    }

    fn get(&self, path: &str) -> String {
        let mut response = self.agent.get(format!("{}{path}", self.address)).call().unwrap();
        assert_eq!(response.status(), 200);
        response.body_mut().read_to_string().unwrap()
    }

    /// Gets `path` until the response contains `text`.
    fn wait_for(&self, path: &str, text: &str) {
        let start = Instant::now();
        while !self.get(path).contains(text) {
            assert!(start.elapsed() < Duration::from_secs(30), "no `{text}` in {}", self.get(path));
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn decide_follows_the_consents() {
    let service = Service::start();
    let (status, answer) = service.decide("anna", "fulfil_order");
    assert_eq!((status, &answer["effect"], &answer["rules"]), (200, &json!("allow"), &json!(["orders"])));
    assert_eq!(answer["origins"], json!([]), "no store is asked about an order");

    assert_eq!(service.decide("anna", "newsletter").1["effect"], "deny");
    assert_eq!(service.put("anna", "newsletter", "granted"), 204);
    let (status, answer) = service.decide("anna", "newsletter");
    assert_eq!((status, &answer["effect"], &answer["rules"]), (200, &json!("allow"), &json!(["consented"])));
    assert_eq!(service.decide("anna", "profiling").1["effect"], "deny", "consents are given for one purpose");

    assert_eq!(service.put("anna", "newsletter", "withdrawn"), 204);
    assert_eq!(service.decide("anna", "newsletter").1["effect"], "deny");

    assert_eq!(service.put("ben", "newsletter", "granted"), 204);
    assert_eq!(service.decide("ben", "newsletter").1["rules"], json!(["minors"]));

    service.wait_for("/metrics", "placet_log_lines_total{fate=\"written\"} 6\n");
    let log = fs::read_to_string(service.path("decisions.jsonl")).unwrap();
    assert_eq!(log.lines().count(), 6);
    assert!(!log.contains("anna") && !log.contains("newsletter"), "the log holds no values: {log}");
}

#[test]
fn decide_is_indeterminate_about_a_person_who_is_not_listed() {
    let service = Service::start();
    assert_eq!(service.put("dora", "newsletter", "granted"), 204);
    let (status, answer) = service.decide("dora", "newsletter");
    assert_eq!(
        (status, &answer["effect"], &answer["missing"]),
        (200, &json!("indeterminate"), &json!(["subject.age"]))
    );
}

#[test]
fn decide_answers_503_while_a_store_fails() {
    let service = Service::start();
    assert_eq!(service.put("cleo", "newsletter", "granted"), 204);
    let people = fs::read_to_string(service.path("people.json")).unwrap();
    for broken in ["{", r#"{"cleo": 200}"#] {
        service.replace("people.json", broken);
        let (status, answer) = service.decide("cleo", "newsletter");
        assert_eq!((status, &answer["effect"]), (503, &json!("indeterminate")), "{broken}");
        assert_eq!(answer["failures"][0]["resolver"], "people");
        assert_eq!(service.decide("cleo", "fulfil_order").0, 200, "an order doesn't depend on that store");
    }
    service.replace("people.json", &people);
    assert_eq!(service.decide("cleo", "newsletter").1["effect"], "allow");
    service.wait_for("/metrics", "placet_resolver_total{resolver=\"people\",event=\"failure\"} 2\n");
}

#[test]
fn erroneous_requests_are_rejected() {
    let service = Service::start();
    for (body, code, attribute) in [
        ("{", "invalid_json", json!(null)),
        (r#"{"purpose": "newsletter"}"#, "required_attribute", json!("subject.id")),
        (r#"{"subject": {"id": "anna"}, "purpose": "newslettr"}"#, "outside_domain", json!("purpose")),
        (r#"{"subject": {"id": "anna"}, "prupose": "newsletter"}"#, "unknown_attribute", json!("prupose")),
    ] {
        let (status, error) = service.post(body);
        assert_eq!((status, &error["code"], &error["attribute"]), (400, &json!(code), &attribute), "{body}");
    }
    let body = r#"{"subject": {"id": "anna"}, "purpose": "newsletter", "consent": "granted"}"#;
    let (status, error) = service.post(body);
    assert_eq!((status, &error["message"]), (400, &json!("`consent` is fetched from a store: leave it out")));

    assert_eq!(service.put("anna", "newsletter", "grantd"), 400);
    assert_eq!(service.put("anna", "newslettr", "granted"), 400);
    service.wait_for("/metrics", "placet_log_lines_total{fate=\"written\"} 4\n");
}

#[test]
fn a_changed_policy_is_swapped_in_if_it_is_fit() {
    let service = Service::start();
    assert_eq!(service.put("cleo", "newsletter", "granted"), 204);
    assert_eq!(service.decide("cleo", "newsletter").1["effect"], "allow");
    let policy = fs::read_to_string(service.path("shop.placet")).unwrap();

    let untested = policy.replace("subject.age < 16", "subject.age < 50");
    service.replace("shop.placet", &untested);
    service.wait_for("/metrics", "placet_reloads_total{outcome=\"failed\"} 1\n");
    assert_eq!(service.decide("cleo", "newsletter").1["effect"], "allow", "a test of the new policy fails");

    let stricter =
        untested.replace("version \"1\"", "version \"2\"").replace("subject.age: 30", "subject.age: 60");
    service.replace("shop.placet", &stricter);
    service.wait_for("/ready", "\"version\":\"2\"");
    let (_, answer) = service.decide("cleo", "newsletter");
    assert_eq!((&answer["effect"], &answer["policy"]["version"]), (&json!("deny"), &json!("2")));
}
