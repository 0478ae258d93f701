//! The thread that reloads: waits until changes settle, reads the files, and reports the outcome.

use super::ReloadOptions;
use super::attempt::{Checks, conclude, open};
use super::counters::Counters;
use super::error::{ReloadError, WatchError};
use super::event_filter::EventFilter;
use super::report::{Reload, ReloadCause, ReloadReport};
use super::watch::Watch;
use crate::engine::Engine;
use std::any::Any;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

/// The maximum number of reads in one attempt. A read is repeated if it found imports that weren't watched. Two reads
/// are enough unless the files are edited meanwhile.
const MAX_LOOKS: usize = 5;

/// The shortest polling interval.
const MIN_POLL: Duration = Duration::from_millis(10);

/// A message to the thread.
#[derive(Debug)]
pub(super) enum Message {
    /// The files have changed.
    Changed,
    /// Read the files now, and send the report.
    Look(Sender<Arc<ReloadReport>>),
    /// End the thread.
    Stop,
}

/// The callback of a reloader.
pub(super) type Callback = Box<dyn FnMut(&Arc<ReloadReport>) + Send>;

/// The state of the thread.
pub(super) struct Worker {
    pub(super) engine: Engine,
    /// The absolute path of the file.
    pub(super) path: PathBuf,
    /// The paths of the file and its imports, present or missing, as known since the last read.
    pub(super) paths: BTreeSet<PathBuf>,
    /// The checks of the last policy that was found fit.
    pub(super) checks: Checks,
    pub(super) options: ReloadOptions,
    pub(super) watch: Watch,
    pub(super) filter: EventFilter,
    pub(super) inbox: Receiver<Message>,
    pub(super) callback: Callback,
    pub(super) counters: Arc<Counters>,
}

/// The event that ended a wait.
enum Wake {
    /// The files have changed and are quiet, or the longest delay has passed.
    Changed,
    /// A caller wants a report.
    Look(Sender<Arc<ReloadReport>>),
    Stop,
}

impl Worker {
    /// Makes a first attempt, reports it, and works until the thread is told to stop.
    pub(super) fn run(mut self, started: Sender<Arc<ReloadReport>>) {
        self.reload(ReloadCause::Start, Some(started));
        loop {
            match self.wait() {
                Wake::Changed => self.reload(ReloadCause::Change, None),
                Wake::Look(asker) => self.reload(ReloadCause::Call, Some(asker)),
                Wake::Stop => return,
            }
        }
    }

    /// Waits for something to do.
    fn wait(&self) -> Wake {
        loop {
            let message = match self.options.poll {
                Some(interval) => self.inbox.recv_timeout(interval.max(MIN_POLL)),
                None => self.inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match message {
                Ok(Message::Changed) => {
                    self.filter.received();
                    return self.settle();
                }
                Ok(Message::Look(asker)) => return Wake::Look(asker),
                Err(RecvTimeoutError::Timeout) if self.watch.has_changed() => return self.settle(),
                Err(RecvTimeoutError::Timeout) => {}
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return Wake::Stop,
            }
        }
    }

    /// Waits after a change until the files are quiet and none is being written, but no longer than the longest delay.
    fn settle(&self) -> Wake {
        let first = Instant::now();
        let mut last = first;
        loop {
            let longest = self.options.longest_delay.saturating_sub(first.elapsed());
            let rest = match self.filter.is_written() {
                true => longest,
                false => longest.min(self.options.quiet.saturating_sub(last.elapsed())),
            };
            match self.inbox.recv_timeout(rest) {
                Ok(Message::Changed) => {
                    self.filter.received();
                    last = Instant::now();
                }
                Ok(Message::Look(asker)) => return Wake::Look(asker),
                Err(RecvTimeoutError::Timeout) => return Wake::Changed,
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return Wake::Stop,
            }
            // A steady stream of messages never lets the receive call time out, so the longest delay is checked here
            // too.
            if first.elapsed() >= self.options.longest_delay {
                return Wake::Changed;
            }
        }
    }

    /// Makes an attempt and reports it. The report goes to the asker before the callback, so that a callback may wait
    /// for the asker.
    fn reload(&mut self, cause: ReloadCause, asker: Option<Sender<Arc<ReloadReport>>>) {
        let begun = Instant::now();
        let (reload, unwatched) = match catch_unwind(AssertUnwindSafe(|| self.look())) {
            Ok(looked) => looked,
            Err(panic) => (Reload::Kept(ReloadError::Panicked(panic_message(&*panic))), Vec::new()),
        };
        let report = Arc::new(ReloadReport { cause, reload, unwatched, elapsed: begun.elapsed() });
        self.counters.count(&report.reload);
        if let Some(asker) = asker {
            // The asker may have stopped waiting.
            let _ = asker.send(report.clone());
        }
        if catch_unwind(AssertUnwindSafe(|| (self.callback)(&report))).is_err() {
            self.counters.callback_panicked();
        }
    }

    /// Reads the files. All of them are watched before they are read, so every later change is noticed.
    fn look(&mut self) -> (Reload, Vec<WatchError>) {
        let mut looks = 0;
        let (opened, unwatched) = loop {
            let unwatched = self.watch.begin(&self.paths);
            let (opened, found) = open(&self.path, &self.options);
            looks += 1;
            // The imports found by this read weren't watched while it read them. Read them once more.
            if !self.learn(found) || looks == MAX_LOOKS {
                break (opened, unwatched);
            }
        };
        self.watch.narrow(&self.paths);
        let reload = match opened {
            Ok(policy) => conclude(&self.engine, policy, &mut self.checks, &self.options),
            Err(error) => Reload::Kept(error),
        };
        (reload, unwatched)
    }

    /// Replaces the paths that the policy depends on. Returns true if some of them are new.
    fn learn(&mut self, found: Option<Vec<PathBuf>>) -> bool {
        // The file couldn't be read. It probably still imports the same files, so they stay watched.
        let Some(found) = found else { return false };
        let mut found: BTreeSet<PathBuf> = found.into_iter().collect();
        found.insert(self.path.clone());
        let news = !found.is_subset(&self.paths);
        self.paths = found;
        news
    }
}

/// Returns the message of a panic.
fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}
