//! The settings of a decision log.

use super::destination::Destination;
use super::queue::Queue;
use super::sampling::{Shares, share};
use super::{DecisionLog, Handle, LogError, writer};
use placet::Effect;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// The default queue capacity, in bytes.
const DEFAULT_CAPACITY: usize = 4 << 20;
/// The default time that callers wait for the writer thread.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// The settings of a [`DecisionLog`].
///
/// ```
/// use placet::Effect;
/// use placet_engine::DecisionLog;
///
/// let log = DecisionLog::builder()
///     .keep(Effect::Allow, 0.01)
///     .value("purpose")
///     .capacity(1 << 20)
///     .to_writer(std::io::sink())?;
/// log.close()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct LogBuilder {
    capacity: usize,
    shares: Shares,
    values: Vec<Box<str>>,
    has_classes: bool,
    timeout: Duration,
}

impl LogBuilder {
    pub(super) fn new() -> Self {
        Self {
            capacity: DEFAULT_CAPACITY,
            shares: Shares::ALL,
            values: Vec::new(),
            has_classes: false,
            timeout: DEFAULT_TIMEOUT,
        }
    }

    /// Sets how many bytes of lines may wait to be written (default 4 MiB, at most 1 GiB). The log takes up to twice
    /// that, since as many bytes may be on their way to the destination. A single line that is longer is dropped.
    pub fn capacity(mut self, bytes: usize) -> Self {
        self.capacity = bytes;
        self
    }

    /// Samples the answers of an effect: logs only this share of them, from 0 to 1 (default 1). Each answer is sampled
    /// independently. Each line states its share, so that a line with share 0.01 stands for a hundred answers.
    pub fn keep(mut self, effect: Effect, of_all: f64) -> Self {
        *self.shares.of_mut(effect) = share(of_all);
        self
    }

    /// Samples the erroneous requests (see [`LogBuilder::keep`]).
    pub fn keep_errors(mut self, of_all: f64) -> Self {
        self.shares.errors = share(of_all);
        self
    }

    /// Logs the value of this attribute if the recorded request has one. Attributes that the policy doesn't have are
    /// skipped.
    pub fn value(mut self, attribute: &str) -> Self {
        if !self.values.iter().any(|known| **known == *attribute) {
            self.values.push(attribute.into());
        }
        self
    }

    /// Logs the class of each attribute's value: the number of the set of values that the policy can't tell apart, in the
    /// order of `placet check --verbose`. `placet replay` decides such a log anew by a changed policy.
    ///
    /// A class can be personal data: if a policy cuts ages at 13 and 18, it says who is a minor.
    pub fn classes(mut self) -> Self {
        self.has_classes = true;
        self
    }

    /// Sets the timeout of [`DecisionLog::flush`], [`DecisionLog::reopen`] and [`DecisionLog::close`], for destinations
    /// that hang (default 10 seconds).
    pub fn timeout(mut self, longest: Duration) -> Self {
        self.timeout = longest;
        self
    }

    /// Opens a log that appends to a file. The file is created if it doesn't exist.
    ///
    /// If the last line of the file has no line end, for example because a process was killed, the log ends that line
    /// first.
    ///
    /// # Errors
    /// If the file can't be opened, or the thread can't be started.
    pub fn to_file(self, path: impl AsRef<Path>) -> Result<DecisionLog, LogError> {
        let path = path.as_ref();
        let destination = Destination::file(path)
            .map_err(|error| LogError::Open { path: path.to_owned(), error: Arc::new(error) })?;
        self.start(destination, Some(path.into()))
    }

    /// Opens a log that goes to a writer. The writer shouldn't buffer, since each write holds many lines.
    ///
    /// # Errors
    /// If the thread can't be started.
    pub fn to_writer(self, writer: impl io::Write + Send + 'static) -> Result<DecisionLog, LogError> {
        self.start(Destination::writer(Box::new(writer)), None)
    }

    fn start(self, destination: Destination, path: Option<Arc<Path>>) -> Result<DecisionLog, LogError> {
        let queue = Arc::new(Queue::new(self.capacity, path));
        let writers = queue.clone();
        thread::Builder::new()
            .name("placet-log".to_owned())
            .spawn(move || writer::run(&writers, destination))
            .map_err(|error| LogError::Thread(Arc::new(error)))?;
        let handle = Handle {
            queue,
            shares: self.shares,
            values: self.values.into(),
            has_classes: self.has_classes,
            timeout: self.timeout,
        };
        Ok(DecisionLog { handle: Arc::new(handle) })
    }
}
