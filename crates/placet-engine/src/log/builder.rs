//! A log's settings.

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

/// Bytes of lines that wait to be written.
const CAPACITY: usize = 4 << 20;
/// How long somebody waits for what is written.
const PATIENCE: Duration = Duration::from_secs(10);

/// The settings of a [`DecisionLog`].
#[derive(Debug, Clone)]
#[must_use]
pub struct LogBuilder {
    capacity: usize,
    shares: Shares,
    values: Vec<Box<str>>,
    patience: Duration,
}

impl LogBuilder {
    pub(super) fn new() -> Self {
        Self { capacity: CAPACITY, shares: Shares::ALL, values: Vec::new(), patience: PATIENCE }
    }

    /// How many bytes of lines may wait to be written, at most 1 GiB; 4 MiB without this. The log takes at most twice that: as much may
    /// be on its way to the destination. A longer line is dropped.
    pub fn capacity(mut self, bytes: usize) -> Self {
        self.capacity = bytes;
        self
    }

    /// Logs only this share of the answers of an effect, from 0 to 1; all without this. Which are kept is chance, each
    /// for itself; each says of which share it is, so that one of share 0.01 stands for a hundred.
    pub fn keep(mut self, effect: Effect, of_all: f64) -> Self {
        *self.shares.of_mut(effect) = share(of_all);
        self
    }

    /// Logs only this share of the erroneous requests (see [`LogBuilder::keep`]).
    pub fn keep_errors(mut self, of_all: f64) -> Self {
        self.shares.errors = share(of_all);
        self
    }

    /// Logs the value of this attribute too, where the recorded request has one. One that the policy does not have is
    /// passed over.
    pub fn value(mut self, attribute: &str) -> Self {
        if !self.values.iter().any(|known| **known == *attribute) {
            self.values.push(attribute.into());
        }
        self
    }

    /// How long [`DecisionLog::flush`], [`DecisionLog::reopen`] and [`DecisionLog::close`] wait for a destination that
    /// hangs; 10 seconds without this.
    pub fn patience(mut self, longest: Duration) -> Self {
        self.patience = longest;
        self
    }

    /// A log that is appended to a file, which is created where there is none.
    ///
    /// A file whose last line has no end, as a process that was killed leaves it, is given one before the next line.
    ///
    /// # Errors
    /// If the file can't be opened, or no thread be started.
    pub fn to_file(self, path: impl AsRef<Path>) -> Result<DecisionLog, LogError> {
        let path = path.as_ref();
        let destination = Destination::file(path)
            .map_err(|error| LogError::Open { path: path.to_owned(), error: Arc::new(error) })?;
        self.start(destination)
    }

    /// A log that goes to any writer. It should not buffer: lines come many at a time.
    ///
    /// # Errors
    /// If no thread can be started.
    pub fn to_writer(self, writer: impl io::Write + Send + 'static) -> Result<DecisionLog, LogError> {
        self.start(Destination::writer(Box::new(writer)))
    }

    fn start(self, destination: Destination) -> Result<DecisionLog, LogError> {
        let queue = Arc::new(Queue::new(self.capacity));
        let writers = queue.clone();
        thread::Builder::new()
            .name("placet-log".to_owned())
            .spawn(move || writer::run(&writers, destination))
            .map_err(|error| LogError::Thread(Arc::new(error)))?;
        let handle =
            Handle { queue, shares: self.shares, values: self.values.into(), patience: self.patience };
        Ok(DecisionLog { handle: Arc::new(handle) })
    }
}
