//! The queue between the threads that record and the thread that writes.
//!
//! The queue is bounded in bytes. Recording threads never wait for the destination: the lock is only held to copy one
//! line or to swap two buffers.

use super::LogError;
use super::line::Instant;
use super::pending::Pending;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The longest time that a line waits so that others are written with it. It also bounds how often recording threads
/// wake the writer.
const GATHERING: Duration = Duration::from_millis(5);

/// The largest capacity, in bytes.
const MAX_CAPACITY: usize = 1 << 30;

/// The number of recorded lines, by their fate.
///
/// ```
/// use placet_engine::{DecisionLog, LogCounts};
///
/// let log = DecisionLog::to_writer(std::io::sink())?;
/// assert_eq!(log.counts(), LogCounts::default());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct LogCounts {
    /// Lines written to the destination.
    pub written: u64,
    /// Lines left out by sampling.
    pub sampled_out: u64,
    /// Lines dropped because the queue was full or the log closed.
    pub dropped: u64,
    /// Lines given up when the log was closed, because the destination had failed.
    pub failed: u64,
    /// Failures of the destination. This counts attempts rather than lines.
    pub write_errors: u64,
}

/// Lines that wait to be written.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// Signals the writer that there is work.
    work: Condvar,
    /// Signals callers that the writer has answered a request.
    done: Condvar,
    capacity: usize,
    /// The file of the log, for errors.
    path: Option<Arc<Path>>,
    written: AtomicU64,
    sampled_out: AtomicU64,
    dropped: AtomicU64,
    failed: AtomicU64,
    write_errors: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    /// Complete lines.
    lines: Vec<u8>,
    /// The number of dropped lines that the log hasn't reported yet, and the time of the first.
    dropped: Option<(u64, Instant)>,
    /// True while the writer sleeps until there are lines.
    is_idle: bool,
    /// The number of requests to write at once, and the number of those answered.
    asked: u64,
    answered: u64,
    reopen: bool,
    is_closing: bool,
    has_ended: bool,
    /// The error of the last attempt to write.
    trouble: Option<Arc<io::Error>>,
}

/// One turn of the writer: the reason why it was woken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn {
    /// Requests up to this number are answered by this turn.
    pub(super) ticket: u64,
    /// True if the file must be reopened after the queued lines are written.
    pub(super) reopen: bool,
    /// True for the last turn.
    pub(super) is_last: bool,
}

impl Queue {
    pub(super) fn new(capacity: usize, path: Option<Arc<Path>>) -> Self {
        let capacity = capacity.min(MAX_CAPACITY);
        Self {
            state: Mutex::new(State { lines: Pending::buffer(capacity), ..State::default() }),
            work: Condvar::new(),
            done: Condvar::new(),
            capacity,
            path,
            written: AtomicU64::new(0),
            sampled_out: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            write_errors: AtomicU64::new(0),
        }
    }

    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Locks the state. The lock is held to copy a line or to swap buffers, never while writing to the destination.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends a line, or drops it if the queue is full.
    pub(super) fn push(&self, line: &[u8]) {
        let mut state = self.lock();
        let before = state.lines.len();
        let has_room = line.len() <= self.capacity.saturating_sub(before);
        if has_room && !state.is_closing {
            state.lines.extend_from_slice(line);
        } else {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            let (count, since) = state.dropped.unwrap_or_else(|| (0, Instant::now()));
            state.dropped = Some((count + 1, since));
        }
        // The writer is woken for the first line and when the queue becomes half full. More wake-ups would gain
        // nothing, since the writer gathers lines for a while anyway.
        let half = self.capacity / 2;
        let is_needed = std::mem::take(&mut state.is_idle) || (before < half && state.lines.len() >= half);
        drop(state);
        if is_needed {
            self.work.notify_one();
        }
    }

    /// Counts a line that couldn't be formatted as dropped.
    pub(super) fn drop_line(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn sample_out(&self) {
        self.sampled_out.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits until the lines recorded before are written, and the file is reopened if asked for.
    pub(super) fn flush(&self, reopen: bool, timeout: Duration) -> Result<(), LogError> {
        let mut state = self.lock();
        state.asked += 1;
        state.reopen |= reopen;
        let ticket = state.asked;
        self.work.notify_one();
        self.wait(state, timeout, |state| state.answered >= ticket)
    }

    /// Waits until the writer has written what it can, and ended.
    pub(super) fn close(&self, timeout: Duration) -> Result<(), LogError> {
        let mut state = self.lock();
        state.is_closing = true;
        self.work.notify_one();
        self.wait(state, timeout, |_| false)
    }

    fn wait(
        &self,
        state: MutexGuard<'_, State>,
        timeout: Duration,
        is_done: impl Fn(&State) -> bool,
    ) -> Result<(), LogError> {
        let is_open = |state: &mut State| !is_done(state) && !state.has_ended;
        let (state, waited) =
            self.done.wait_timeout_while(state, timeout, is_open).unwrap_or_else(PoisonError::into_inner);
        // A timeout comes first: the stored error belongs to an earlier attempt.
        match &state.trouble {
            _ if waited.timed_out() => Err(LogError::Late { path: self.path.clone(), timeout }),
            Some(error) => Err(self.unwritten(error.clone())),
            None => Ok(()),
        }
    }

    pub(super) fn counts(&self) -> LogCounts {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        LogCounts {
            written: count(&self.written),
            sampled_out: count(&self.sampled_out),
            dropped: count(&self.dropped),
            failed: count(&self.failed),
            write_errors: count(&self.write_errors),
        }
    }

    pub(super) fn trouble(&self) -> Option<LogError> {
        self.lock().trouble.clone().map(|error| self.unwritten(error))
    }

    fn unwritten(&self, error: Arc<io::Error>) -> LogError {
        LogError::Write { path: self.path.clone(), error }
    }

    /// Waits until the writer has work. After a failure, waits for `pause` instead.
    pub(super) fn turn(&self, pause: Option<Duration>) -> Turn {
        let is_asked = |state: &State| state.asked > state.answered || state.is_closing;
        let mut state = self.lock();
        // After a failure, new lines don't end the pause. Otherwise a busy service would retry a full disk all the
        // time.
        if let Some(pause) = pause {
            let waited = self.work.wait_timeout_while(state, pause, |state| !is_asked(state));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        } else {
            let is_still = |state: &mut State| {
                state.is_idle = state.lines.is_empty() && state.dropped.is_none() && !is_asked(state);
                state.is_idle
            };
            state = self.work.wait_while(state, is_still).unwrap_or_else(PoisonError::into_inner);
            let half = self.capacity / 2;
            let gathers = |state: &mut State| state.lines.len() < half && !is_asked(state);
            let waited = self.work.wait_timeout_while(state, GATHERING, gathers);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        Turn { ticket: state.asked, reopen: std::mem::take(&mut state.reopen), is_last: state.is_closing }
    }

    /// Takes all lines, and a report of dropped ones if there are any. Returns true if it took a report.
    pub(super) fn take(&self, pending: &mut Pending, write_errors: u64) -> bool {
        let mut state = self.lock();
        pending.fill(&mut state.lines);
        let dropped = state.dropped.take();
        // Formatting the report outside the lock keeps recording threads from waiting for it.
        drop(state);
        if let Some((lines, since)) = dropped {
            pending.tell(lines, since, write_errors);
        }
        dropped.is_some()
    }

    pub(super) fn count_written(&self, lines: u64) {
        self.written.fetch_add(lines, Ordering::Relaxed);
    }

    pub(super) fn count_write_error(&self) {
        self.write_errors.fetch_add(1, Ordering::Relaxed);
    }

    /// Answers the requests of a turn.
    pub(super) fn settle(&self, turn: Turn, outcome: io::Result<()>) {
        let mut state = self.lock();
        state.answered = turn.ticket;
        state.trouble = outcome.err().map(Arc::new);
        drop(state);
        self.done.notify_all();
    }

    /// Counts the lines that aren't written as failed, and ends.
    pub(super) fn end(&self, pending: &Pending) {
        let mut state = self.lock();
        let mut left = Pending::default();
        left.fill(&mut state.lines);
        self.failed.fetch_add(pending.lines() + left.lines(), Ordering::Relaxed);
        state.has_ended = true;
        drop(state);
        self.done.notify_all();
    }
}
