//! The decision log: one JSON object a line for each decision, with the policy that made it.
//!
//! The threads that decide format a line and push it into a bounded queue (`queue.rs`). One thread takes the lines from
//! the queue and writes them (`writer.rs`). `decision-log.md` in this crate describes the format.

mod builder;
mod destination;
mod error;
mod line;
mod pending;
mod queue;
mod sampling;
mod writer;

pub use builder::LogBuilder;
pub use error::LogError;
pub use queue::LogCounts;

use crate::answer::Answer;
use crate::loaded_policy::LoadedPolicy;
use line::{Decided, Logged, Refused};
use placet::{Request, RequestError};
use queue::Queue;
use sampling::Shares;
use serde::Serialize;
use std::cell::Cell;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A log of decisions in JSON Lines, written by a background thread. Cheap to clone, shared between threads.
///
/// Recording puts a line into a queue that is bounded in bytes. The line is written a few milliseconds later. Recording
/// never waits for the destination. If the queue is full, the line is dropped and counted, and the log itself says how
/// many lines were dropped once there is room again. The log holds no value of a request, except for attributes named
/// with [`LogBuilder::value`]; [`LogBuilder::classes`] adds the classes of all values.
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
/// let mut query = engine.query();
/// query.set("age", 30)?;
/// engine.decide(query)?;
/// log.close()?;
///
/// let line = std::fs::read_to_string(&path)?;
/// assert!(line.contains(r#""effect":"allow","rules":["adults"],"certain":["adults"],"cites":["§1"]"#));
/// assert!(line.contains(r#""given":["age"]"#) && !line.contains("30,"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Dropping the last clone closes the log, like [`DecisionLog::close`].
#[derive(Debug, Clone)]
pub struct DecisionLog {
    handle: Arc<Handle>,
}

/// The state that all clones share.
#[derive(Debug)]
struct Handle {
    queue: Arc<Queue>,
    shares: Shares,
    /// The attributes whose values are logged.
    values: Box<[Box<str>]>,
    /// True if the classes of all values are logged.
    has_classes: bool,
    timeout: Duration,
}

/// Ends the writer thread when the last clone is dropped.
impl Drop for Handle {
    fn drop(&mut self) {
        // Lines that can't be written are counted. There is no caller left to report an error to.
        let _ = self.queue.close(self.timeout);
    }
}

impl DecisionLog {
    /// Opens a log with default settings that appends to a file. The file is created if it doesn't exist.
    ///
    /// # Errors
    /// If the file can't be opened, or the thread can't be started.
    pub fn to_file(path: impl AsRef<Path>) -> Result<Self, LogError> {
        Self::builder().to_file(path)
    }

    /// Opens a log with default settings that goes to a writer. The writer shouldn't buffer, since each write holds
    /// many lines.
    ///
    /// ```
    /// use placet_engine::DecisionLog;
    ///
    /// let log = DecisionLog::to_writer(std::io::sink())?;
    /// log.flush()?;
    /// assert_eq!(log.counts().written, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the thread can't be started.
    pub fn to_writer(writer: impl io::Write + Send + 'static) -> Result<Self, LogError> {
        Self::builder().to_writer(writer)
    }

    /// Returns a builder of a log with other settings.
    pub fn builder() -> LogBuilder {
        LogBuilder::new()
    }

    /// Records an answer and its request, either as the caller gave it or completed with fetched facts.
    ///
    /// Cost: formatting the line in memory. If the effect is sampled and this answer is left out, a few nanoseconds.
    pub fn record(&self, answer: &Answer, request: &Request) {
        let Some(share) = self.kept(self.handle.shares.of(answer.effect())) else { return };
        let inputs = Logged { values: &self.handle.values, has_classes: self.handle.has_classes };
        self.push(&Decided::new(answer, request, inputs, share));
    }

    /// Records an erroneous request, the policy, and the elapsed time. Pass no request if its text couldn't be read.
    ///
    /// Cost: like [`DecisionLog::record`].
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

    /// Waits until all lines recorded before this call have been handed to the operating system.
    ///
    /// # Errors
    /// If the lines can't be written now (they are kept and tried again later), or if writing takes longer than
    /// [`LogBuilder::timeout`].
    pub fn flush(&self) -> Result<(), LogError> {
        self.handle.queue.flush(false, self.handle.timeout)
    }

    /// Reopens the log's file, for log rotation by signals. Lines recorded before this call are in the old file. Lines
    /// recorded after this returns are in the file that has the log's name then.
    ///
    /// On Unix this is optional: before each write, the log notices that its file was renamed or removed.
    ///
    /// # Errors
    /// Like [`DecisionLog::flush`]. Also if the file can't be opened: then the log continues in the old one.
    pub fn reopen(&self) -> Result<(), LogError> {
        self.handle.queue.flush(true, self.handle.timeout)
    }

    /// Writes the remaining lines and ends the log. Lines recorded later are dropped and counted.
    ///
    /// # Errors
    /// If a line couldn't be written, which loses it. Also if writing takes longer than [`LogBuilder::timeout`]: then
    /// the thread continues to write the rest while the process lives.
    pub fn close(&self) -> Result<(), LogError> {
        self.handle.queue.close(self.handle.timeout)
    }

    /// Returns the number of lines that were written, and of those that weren't.
    pub fn counts(&self) -> LogCounts {
        self.handle.queue.counts()
    }

    /// Returns the error of the last attempt to write, or `None` if it succeeded.
    pub fn trouble(&self) -> Option<LogError> {
        self.handle.queue.trouble()
    }

    /// Returns the share to write into the line if sampling keeps it. Otherwise counts it as left out.
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
            // INVARIANT: every line can be represented as JSON.
            Err(_) => self.handle.queue.drop_line(),
        }
        if text.capacity() <= MAX_SCRATCH {
            text.clear();
            // A thread that is ending has no thread-local memory left; the buffer is dropped.
            let _ = SCRATCH.try_with(|scratch| scratch.set(text));
        }
    }
}

/// The largest buffer, in bytes, that a thread keeps for its next line. One unusually long line shouldn't cost every
/// thread its memory.
const MAX_SCRATCH: usize = 1 << 16;

thread_local! {
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}
