//! What those who record and the thread that writes share.

use super::LogError;
use super::line::Instant;
use super::pending::Pending;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a line may wait for others, to be written with them: whoever records wakes the writer at most this often.
const GATHERING: Duration = Duration::from_millis(5);

/// The largest capacity, in bytes.
const LARGEST: usize = 1 << 30;

/// How many lines were recorded, and what became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct LogCounts {
    /// Written to the destination.
    pub written: u64,
    /// Not one of the share that is kept.
    pub sampled_out: u64,
    /// Dropped, the queue being full or the log closed.
    pub dropped: u64,
    /// Given up when the log was closed, the destination having failed.
    pub failed: u64,
    /// Not lines: how often the destination failed.
    pub write_errors: u64,
}

/// Lines that wait to be written.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// There is something to do for the writer.
    work: Condvar,
    /// The writer has done something that was asked for.
    done: Condvar,
    capacity: usize,
    written: AtomicU64,
    sampled_out: AtomicU64,
    dropped: AtomicU64,
    failed: AtomicU64,
    write_errors: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    /// Whole lines.
    lines: Vec<u8>,
    /// How many were dropped that the log does not tell of yet, and since when.
    dropped: Option<(u64, Instant)>,
    /// The writer sleeps until there are lines.
    is_idle: bool,
    /// How often it was asked to write at once, and how many of these are answered.
    asked: u64,
    answered: u64,
    reopen: bool,
    is_closing: bool,
    has_ended: bool,
    /// What came of the last attempt to write.
    trouble: Option<Arc<io::Error>>,
}

/// What the writer is woken for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn {
    /// What was asked so far is answered by it.
    pub(super) ticket: u64,
    /// The file is to be opened anew when what is there now is written.
    pub(super) reopen: bool,
    /// It is the last.
    pub(super) is_last: bool,
}

impl Queue {
    pub(super) fn new(capacity: usize) -> Self {
        let capacity = capacity.min(LARGEST);
        Self {
            state: Mutex::new(State { lines: Pending::buffer(capacity), ..State::default() }),
            work: Condvar::new(),
            done: Condvar::new(),
            capacity,
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

    /// The lock is held for a copy of a line or an exchange of pointers, never while something is written.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a line behind the others, or drops it where there is no room.
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
        let half = self.capacity / 2;
        let is_needed = std::mem::take(&mut state.is_idle) || (before < half && state.lines.len() >= half);
        drop(state);
        if is_needed {
            self.work.notify_one();
        }
    }

    /// Drops a line that is none.
    pub(super) fn drop_line(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn sample_out(&self) {
        self.sampled_out.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits until what was recorded before is written, and the file opened anew where that is asked for.
    pub(super) fn flush(&self, reopen: bool, patience: Duration) -> Result<(), LogError> {
        let mut state = self.lock();
        state.asked += 1;
        state.reopen |= reopen;
        let ticket = state.asked;
        self.work.notify_one();
        self.wait(state, patience, |state| state.answered >= ticket)
    }

    /// Waits until the writer has written what it can, and ended.
    pub(super) fn close(&self, patience: Duration) -> Result<(), LogError> {
        let mut state = self.lock();
        state.is_closing = true;
        self.work.notify_one();
        self.wait(state, patience, |_| false)
    }

    fn wait(
        &self,
        state: MutexGuard<'_, State>,
        patience: Duration,
        is_done: impl Fn(&State) -> bool,
    ) -> Result<(), LogError> {
        let is_open = |state: &mut State| !is_done(state) && !state.has_ended;
        let (state, waited) =
            self.done.wait_timeout_while(state, patience, is_open).unwrap_or_else(PoisonError::into_inner);
        match &state.trouble {
            _ if waited.timed_out() => Err(LogError::Late(patience)),
            Some(error) => Err(LogError::Write(error.clone())),
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
        self.lock().trouble.clone().map(LogError::Write)
    }

    /// Waits until the writer has something to do; after a failure, for so long.
    pub(super) fn turn(&self, pause: Option<Duration>) -> Turn {
        let is_asked = |state: &State| state.asked > state.answered || state.is_closing;
        let mut state = self.lock();
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

    /// Takes all lines, and what there is to tell of lost ones.
    pub(super) fn take(&self, pending: &mut Pending, write_errors: u64) -> bool {
        let mut state = self.lock();
        pending.fill(&mut state.lines);
        let dropped = state.dropped.take();
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

    /// Answers what was asked.
    pub(super) fn settle(&self, turn: Turn, outcome: io::Result<()>) {
        let mut state = self.lock();
        state.answered = turn.ticket;
        state.trouble = outcome.err().map(Arc::new);
        drop(state);
        self.done.notify_all();
    }

    /// Gives up what is not written, and ends.
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
