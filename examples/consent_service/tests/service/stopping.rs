//! A service that is told to stop completes open requests.

use crate::client::POLICY;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The running command, which ends with its test.
pub(crate) struct Spawned {
    child: Child,
    pub(crate) address: String,
}

pub(crate) fn spawn(folder: &Path) -> Spawned {
    let mut child = Command::new(env!("CARGO_BIN_EXE_placet-consent-service"))
        .args(["--policy", POLICY, "--listen", "127.0.0.1:0", "--store"])
        .arg(folder.join("consents.sqlite3"))
        .arg("--log")
        .arg(folder.join("decisions.jsonl"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("http://").unwrap().to_owned();
    Spawned { child, address }
}

impl Spawned {
    /// Sends SIGTERM, like a supervisor.
    pub(crate) fn terminate(&self) {
        assert!(Command::new("kill").arg(self.child.id().to_string()).status().unwrap().success());
    }

    /// Waits for its end. Returns true if it succeeded.
    pub(crate) fn ends_well(mut self) -> bool {
        self.child.wait().unwrap().success()
    }

    /// Kills it, like a failing machine.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Spawned {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
#[cfg(unix)]
fn terminate_completes_and_logs_open_requests() {
    let folder = tempfile::tempdir().unwrap();
    let service = spawn(folder.path());
    let address = service.address.clone();
    let body = r#"{"subject": "ann", "request": {"service": "consumer", "action": "use"}}"#;
    let mut connection = TcpStream::connect(&address).unwrap();
    let head = format!(
        "POST /decide HTTP/1.1\r\nHost: {address}\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        body.len()
    );
    connection.write_all(head.as_bytes()).unwrap();
    // The request has begun once the service asks for its body.
    let mut continues = [0; 25];
    connection.read_exact(&mut continues).unwrap();
    assert_eq!(&continues, b"HTTP/1.1 100 Continue\r\n\r\n");
    service.terminate();
    // The signal has arrived once the service accepts no more connections.
    while TcpStream::connect(&address).is_ok() {
        std::thread::yield_now();
    }
    connection.write_all(body.as_bytes()).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(
        answer.contains(r#""effect":"deny""#) || answer.contains(r#""effect":"indeterminate""#),
        "{answer}"
    );
    assert!(service.ends_well());
    let log = std::fs::read_to_string(folder.path().join("decisions.jsonl")).unwrap();
    assert_eq!(log.lines().count(), 1, "{log}");
}
