//! The decision log: what was decided, by which policy, from what; a JSON object a line.
//!
//! The format is described in the crate's `decision-log.md`.

mod builder;
mod destination;
mod error;
mod line;
mod pending;
mod queue;
mod sampling;
mod values;
mod writer;

pub use builder::LogBuilder;
pub use error::LogError;
pub use queue::LogCounts;

use crate::answer::Answer;
use crate::loaded_policy::LoadedPolicy;
use line::{Decided, Refused};
use placet::{Request, RequestError};
use queue::Queue;
use sampling::Shares;
use serde::Serialize;
use std::cell::Cell;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A log of decisions: JSON Lines, written by a thread of its own. Cheap to clone, shared between threads.
///
/// What is recorded is put into a queue that is bounded in bytes, and written a few milliseconds later. Recording never
/// waits for the destination: where the queue is full the line is dropped and counted, and the log says how many were,
/// once there is room again. No value of a request is ever in the log, unless [`LogBuilder::value`] names its attribute.
///
/// ```
/// use placet::Policy;
/// use placet_engine::{DecisionLog, Engine};
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("decisions.jsonl");
/// let log = DecisionLog::to_file(&path)?;
/// let policy = Policy::from_text("
///     policy door
///     request { age: int 0..150 }
///     rule adults { cite \"§1\"  allow when age >= 18 }
/// ")?;
/// let engine = Engine::builder(policy).log(log.clone()).build()?;
/// let mut question = engine.question();
/// question.set("age", 30)?;
/// engine.decide(question)?;
/// log.close()?;
///
/// let line = std::fs::read_to_string(&path)?;
/// assert!(line.contains(r#""effect":"allow","rules":["adults"],"certain":["adults"],"cites":["§1"]"#));
/// assert!(line.contains(r#""given":["age"]"#) && !line.contains("30,"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// When the last clone is dropped, the log is closed as by [`DecisionLog::close`].
#[derive(Debug, Clone)]
pub struct DecisionLog {
    handle: Arc<Handle>,
}

/// What all clones share.
#[derive(Debug)]
struct Handle {
    queue: Arc<Queue>,
    shares: Shares,
    /// The attributes whose values are logged.
    values: Box<[Box<str>]>,
    patience: Duration,
}

/// Ends the writer with the last clone.
impl Drop for Handle {
    fn drop(&mut self) {
        // What can't be written is counted, and nobody is left to be told.
        let _ = self.queue.close(self.patience);
    }
}

impl DecisionLog {
    /// A log with the usual settings that is appended to a file, which is created where there is none.
    ///
    /// # Errors
    /// If the file can't be opened, or no thread be started.
    pub fn to_file(path: impl AsRef<Path>) -> Result<Self, LogError> {
        Self::builder().to_file(path)
    }

    /// A log with the usual settings that goes to any writer. It should not buffer: lines come many at a time.
    ///
    /// # Errors
    /// If no thread can be started.
    pub fn to_writer(writer: impl io::Write + Send + 'static) -> Result<Self, LogError> {
        Self::builder().to_writer(writer)
    }

    /// A log with other settings.
    pub fn builder() -> LogBuilder {
        LogBuilder::new()
    }

    /// Records an answer and the request that it answers: as it was asked, or with what resolvers put in.
    ///
    /// Cost: that of writing the line into memory; where the effect is sampled, and this answer not kept, a few
    /// nanoseconds.
    pub fn record(&self, answer: &Answer, request: &Request) {
        let Some(share) = self.kept(self.handle.shares.of(answer.effect())) else { return };
        self.push(&Decided::new(answer, request, &self.handle.values, share));
    }

    /// Records that a request was erroneous, by which policy, and after how long. There is no request where its text
    /// could not be read.
    ///
    /// Cost: as of [`DecisionLog::record`].
    pub fn record_error(
        &self,
        version: &LoadedPolicy,
        error: &RequestError,
        request: Option<&Request>,
        elapsed: Duration,
    ) {
        let Some(share) = self.kept(self.handle.shares.errors) else { return };
        self.push(&Refused::new(version, error, request, elapsed, &self.handle.values, share));
    }

    /// Waits until all that was recorded before is with the operating system.
    ///
    /// # Errors
    /// If it can't be written now: it is kept, and tried again later; or if it takes longer than
    /// [`LogBuilder::patience`].
    pub fn flush(&self) -> Result<(), LogError> {
        self.handle.queue.flush(false, self.handle.patience)
    }

    /// Opens the log's file anew, for those who rotate logs by a signal: what was recorded before is in the old file,
    /// what is recorded after this returns is in the one that has the log's name then.
    ///
    /// On Unix a file that was renamed or removed is noticed without this, before the next lines are written.
    ///
    /// # Errors
    /// As [`DecisionLog::flush`], or if the file can't be opened: then the old one is written on.
    pub fn reopen(&self) -> Result<(), LogError> {
        self.handle.queue.flush(true, self.handle.patience)
    }

    /// Writes what is left and ends the log. What is recorded later is dropped and counted.
    ///
    /// # Errors
    /// If something could not be written, which is lost then, or it takes longer than [`LogBuilder::patience`]: then the
    /// rest is still written if the process lives on.
    pub fn close(&self) -> Result<(), LogError> {
        self.handle.queue.close(self.handle.patience)
    }

    /// How many lines were written, and how many were not.
    pub fn counts(&self) -> LogCounts {
        self.handle.queue.counts()
    }

    /// Why the log could not be written when that was last tried; `None` where it could.
    pub fn trouble(&self) -> Option<LogError> {
        self.handle.queue.trouble()
    }

    /// The share to note, if the line is kept; otherwise it is counted.
    fn kept(&self, share: f64) -> Option<f64> {
        let is_kept = sampling::keeps(share);
        if !is_kept {
            self.handle.queue.sample_out();
        }
        is_kept.then_some(share)
    }

    fn push(&self, line: &impl Serialize) {
        let mut text = SCRATCH.try_with(Cell::take).unwrap_or_default();
        match line::write(&mut text, line) {
            Ok(()) => self.handle.queue.push(&text),
            // INVARIANT: nothing in a line can't be JSON.
            Err(_) => self.handle.queue.drop_line(),
        }
        if text.capacity() <= KEPT_SCRATCH {
            text.clear();
            // A thread that is ending keeps nothing.
            let _ = SCRATCH.try_with(|scratch| scratch.set(text));
        }
    }
}

/// How many bytes of memory a thread keeps for the next line.
const KEPT_SCRATCH: usize = 1 << 16;

thread_local! {
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}
