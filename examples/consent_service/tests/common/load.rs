//! Clients that consent and withdraw for many people, and others that ask about them meanwhile, whatever happens to the
//! service. A wrong answer fails the test.

use crate::keep_alive::Client;
use serde_json::Value;
use std::io;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

/// The time limit for any wait.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// The number of clients.
const CLIENTS: usize = 4;
/// The number of other people that a client asks about for each person that it registers.
const OTHERS: usize = 3;

/// The progress of a person. One client sends all events about a person, and repeats each until it is acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Registering,
    Registered,
    Agreeing,
    Agreed,
    Withdrawing,
    /// The withdrawal was acknowledged, and counts for ever.
    Withdrawn,
}

/// All events and answers.
#[derive(Default)]
pub(crate) struct Load {
    people: Mutex<Vec<Stage>>,
    over: AtomicBool,
    /// True if the service may be killed, so that connections may end.
    mortal: AtomicBool,
    fault: Mutex<Option<String>>,
    counts: Counts,
}

/// The number of answers, by kind.
#[derive(Debug, Default)]
struct Counts {
    allowed: AtomicUsize,
    denied: AtomicUsize,
    /// Undecided because a resolver failed.
    failed: AtomicUsize,
    /// Not recorded because the store failed.
    refused: AtomicUsize,
    withdrawn: AtomicUsize,
}

/// A snapshot of the counts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) allowed: usize,
    pub(crate) denied: usize,
    pub(crate) failed: usize,
    pub(crate) refused: usize,
    pub(crate) withdrawn: usize,
}

/// Stops the clients, even if the test fails.
struct End<'l>(&'l Load);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.over.store(true, SeqCst);
    }
}

impl Load {
    /// Runs clients while `happening` runs.
    pub(crate) fn during(&self, address: SocketAddr, happening: impl FnOnce()) {
        self.over.store(false, SeqCst);
        self.mortal.store(false, SeqCst);
        thread::scope(|scope| {
            let end = End(self);
            for number in 0..CLIENTS {
                scope.spawn(move || match self.work(address, number) {
                    Ok(()) => {}
                    Err(_) if self.mortal.load(SeqCst) => {}
                    Err(error) => self.fault(format!("the service does not answer: {error}")),
                });
            }
            happening();
            drop(end);
        });
        self.check();
    }

    /// Waits until the counts satisfy a condition relative to those at the start.
    pub(crate) fn until(&self, what: &str, is_so: impl Fn(Seen) -> bool) {
        let begun = self.seen();
        let deadline = Instant::now() + LONGEST_WAIT;
        loop {
            let now = self.seen();
            let since = Seen {
                allowed: now.allowed - begun.allowed,
                denied: now.denied - begun.denied,
                failed: now.failed - begun.failed,
                refused: now.refused - begun.refused,
                withdrawn: now.withdrawn - begun.withdrawn,
            };
            if is_so(since) {
                return;
            }
            self.check();
            assert!(Instant::now() < deadline, "{what}: not after {LONGEST_WAIT:?}, only {since:?}");
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Waits until people consent and withdraw again without failures.
    pub(crate) fn until_well(&self) {
        let deadline = Instant::now() + LONGEST_WAIT;
        loop {
            let before = self.seen();
            self.until("people agree and withdraw", |seen| seen.withdrawn >= 10 && seen.allowed >= 10);
            let after = self.seen();
            if (after.failed, after.refused) == (before.failed, before.refused) {
                return;
            }
            assert!(Instant::now() < deadline, "something fails still: {before:?}, {after:?}");
        }
    }

    /// Allows connections to end from now on.
    pub(crate) fn may_be_killed(&self) {
        self.mortal.store(true, SeqCst);
    }

    /// Returns the counts so far.
    pub(crate) fn seen(&self) -> Seen {
        let of = |count: &AtomicUsize| count.load(SeqCst);
        let Counts { allowed, denied, failed, refused, withdrawn } = &self.counts;
        Seen {
            allowed: of(allowed),
            denied: of(denied),
            failed: of(failed),
            refused: of(refused),
            withdrawn: of(withdrawn),
        }
    }

    /// Checks that a healthy service reports every acknowledged event. Returns the number of withdrawals.
    pub(crate) fn check_all(&self, address: SocketAddr) -> usize {
        let mut client = Client::connect(address).unwrap();
        let people = self.people.lock().unwrap().clone();
        for (person, stage) in people.iter().enumerate() {
            if *stage == Stage::Registering {
                continue;
            }
            let answer = asked(&mut client, person).unwrap();
            let effect = &answer["effect"];
            let is_right = match stage {
                Stage::Agreed => effect == "allow",
                Stage::Withdrawn => {
                    effect == "deny" && answer["rules"].as_array().unwrap().contains(&"withdrawal".into())
                }
                Stage::Registered => effect == "deny",
                // The event was never acknowledged, so it may or may not have been recorded.
                _ => effect != "indeterminate",
            };
            assert!(is_right, "of {person}, {stage:?}: {answer}");
        }
        people.iter().filter(|stage| **stage == Stage::Withdrawn).count()
    }

    fn work(&self, address: SocketAddr, number: usize) -> io::Result<()> {
        let mut client = Client::connect(address)?;
        let mut others = number;
        while !self.over.load(SeqCst) {
            let person = {
                let mut people = self.people.lock().unwrap();
                people.push(Stage::Registering);
                people.len() - 1
            };
            let name = name(person);
            let body = format!(r#"{{"subject": "{name}", "born": "1990-05-01"}}"#);
            if !self.say(&mut client, "/subjects", &body)? {
                return Ok(());
            }
            self.set(person, Stage::Registered);
            for (saying, said, state) in [
                (Stage::Agreeing, Stage::Agreed, "granted"),
                (Stage::Withdrawing, Stage::Withdrawn, "withdrawn"),
            ] {
                self.set(person, saying);
                let body = format!(r#"{{"subject": "{name}", "purpose": "marketing", "state": "{state}"}}"#);
                if !self.say(&mut client, "/consents", &body)? {
                    return Ok(());
                }
                self.set(person, said);
                self.ask(&mut client, person)?;
            }
            self.counts.withdrawn.fetch_add(1, SeqCst);
            for _ in 0..OTHERS {
                // Mostly the latest people, who still change.
                others += 1;
                self.ask(&mut client, person.saturating_sub(others % (2 * CLIENTS)))?;
            }
        }
        Ok(())
    }

    /// Sends an event until it is acknowledged. Returns false if the test ends before.
    fn say(&self, client: &mut Client, path: &str, body: &str) -> io::Result<bool> {
        while !self.over.load(SeqCst) {
            let (status, answer) = client.post(path, body)?;
            match status {
                201 => return Ok(true),
                500.. => self.counts.refused.fetch_add(1, SeqCst),
                _ => {
                    self.fault(format!("{status} to {body}: {}", String::from_utf8_lossy(answer)));
                    return Ok(false);
                }
            };
        }
        Ok(false)
    }

    /// Asks about a person, and checks the answer against the events before and during the request.
    fn ask(&self, client: &mut Client, person: usize) -> io::Result<()> {
        let before = self.stage(person);
        let answer = asked(client, person)?;
        let after = self.stage(person);
        let has_failed = answer["failures"].as_array().is_some_and(|failures| !failures.is_empty());
        let (count, is_possible) = match answer["effect"].as_str() {
            Some("allow") => (&self.counts.allowed, after >= Stage::Agreeing && before < Stage::Withdrawn),
            Some("deny") => (&self.counts.denied, before < Stage::Agreed || after > Stage::Agreed),
            Some("indeterminate") if has_failed => (&self.counts.failed, true),
            Some("indeterminate") => (&self.counts.denied, before < Stage::Registered),
            _ => (&self.counts.failed, false),
        };
        count.fetch_add(1, SeqCst);
        if !is_possible {
            self.fault(format!("of {person}, {before:?} before and {after:?} after: {answer}"));
        }
        Ok(())
    }

    fn stage(&self, person: usize) -> Stage {
        self.people.lock().unwrap()[person]
    }

    fn set(&self, person: usize, stage: Stage) {
        self.people.lock().unwrap()[person] = stage;
    }

    fn fault(&self, words: String) {
        self.fault.lock().unwrap().get_or_insert(words);
        self.over.store(true, SeqCst);
    }

    fn check(&self) {
        let fault = self.fault.lock().unwrap().clone();
        assert!(fault.is_none(), "{}", fault.unwrap_or_default());
    }
}

fn name(person: usize) -> String {
    format!("person-{person}")
}

/// Asks whether a person may be sent marketing.
fn asked(client: &mut Client, person: usize) -> io::Result<Value> {
    let body = format!(
        r#"{{"subject": "{}", "request":
            {{"service": "consumer", "action": "use", "purpose": "marketing", "data": ["email"]}}}}"#,
        name(person)
    );
    let (_, answer) = client.post("/decide", &body)?;
    Ok(serde_json::from_slice(answer).unwrap_or_default())
}
