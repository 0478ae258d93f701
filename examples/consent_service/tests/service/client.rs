//! A service for one test, and its HTTP client.

use placet_consent_service::{Options, Service, serve};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::thread::{self, JoinHandle};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use ureq::Agent;

/// The real policy.
pub(crate) const POLICY: &str = "../zai/privacy.placet";

/// A service that runs until it is dropped.
pub(crate) struct Running {
    address: SocketAddr,
    agent: Agent,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    _folder: TempDir,
}

/// Starts a service with the real policy over an empty store.
pub(crate) fn start() -> Running {
    start_with(|options| Service::start(options).unwrap())
}

/// Starts the service that `make` creates from default options, with all files in a new folder.
pub(crate) fn start_with(make: impl FnOnce(&Options) -> Service) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("consents.sqlite3").to_str().unwrap().to_owned();
    let service = make(&Options::new(POLICY, store).log(folder.path().join("decisions.jsonl")));
    let (stop, stopped) = oneshot::channel();
    let (bound, address) = std::sync::mpsc::channel();
    let thread = thread::spawn(move || {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            bound.send(listener.local_addr().unwrap()).unwrap();
            // Sending and dropping both stop the service.
            serve(service, listener, async { drop(stopped.await) }).await.unwrap();
        });
    });
    let agent = Agent::config_builder().http_status_as_error(false).build().into();
    Running {
        address: address.recv().unwrap(),
        agent,
        stop: Some(stop),
        thread: Some(thread),
        _folder: folder,
    }
}

impl Running {
    /// Returns its address.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns a metric, by its name and labels.
    pub(crate) fn figure(&self, name: &str) -> u64 {
        let figures = self.get("/metrics").1;
        let values = figures.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        values.map(|value| value.parse::<u64>().unwrap()).next().unwrap()
    }

    /// Returns the effect of a request once no resolver fails that it depends on. On a busy machine, one may exceed its
    /// timeout.
    pub(crate) fn becomes_decided(&self, subject: &str, request: &Value) -> String {
        loop {
            let answer = self.decide(subject, request);
            if answer["effect"] != "indeterminate" {
                return answer["effect"].as_str().unwrap().to_owned();
            }
            assert_ne!(answer["failures"], json!([]), "{answer}");
        }
    }

    /// Returns status and body.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        let mut response = self.agent.get(format!("http://{}{path}", self.address)).call().unwrap();
        (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
    }

    /// Posts a text, and returns the status and body of the answer.
    pub(crate) fn post_text(&self, path: &str, body: &str) -> (u16, Value) {
        let mut response = self.agent.post(format!("http://{}{path}", self.address)).send(body).unwrap();
        let text = response.body_mut().read_to_string().unwrap();
        (response.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// Posts JSON, and returns the status and body of the answer.
    pub(crate) fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.post_text(path, &body.to_string())
    }

    /// Records an event, and returns the answer.
    pub(crate) fn record(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.post(path, body);
        assert_eq!(status, 201, "{answer}");
        answer
    }

    /// Returns the decision of a request by `subject`.
    pub(crate) fn decide(&self, subject: &str, request: &Value) -> Value {
        let (status, answer) = self.post("/decide", &json!({ "subject": subject, "request": request }));
        assert_eq!(status, 200, "{answer}");
        answer
    }

    /// Returns the effect of a request by `subject`.
    pub(crate) fn effect(&self, subject: &str, request: &Value) -> String {
        self.decide(subject, request)["effect"].as_str().unwrap().to_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || thread::panicking());
        }
    }
}

/// Returns a request to use an e-mail address for a purpose.
pub(crate) fn using(purpose: &str) -> Value {
    json!({ "service": "consumer", "action": "use", "purpose": purpose, "data": ["email"] })
}
