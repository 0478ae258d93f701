//! The thread that reloads: it waits for changes to settle, looks at the files, and tells.

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

/// How often the files are read in a row, each time because imports were found that had not been watched. Once more
/// than usual is enough unless they are edited meanwhile.
const MAX_LOOKS: usize = 5;

/// The shortest interval in which files are polled.
const SHORTEST_POLL: Duration = Duration::from_millis(10);

/// What the thread is told.
#[derive(Debug)]
pub(super) enum Message {
    /// Something happened to the files.
    Changed,
    /// Look at them now, and answer.
    Look(Sender<Arc<ReloadReport>>),
    /// End.
    Stop,
}

/// What calls the callback.
pub(super) type Callback = Box<dyn FnMut(&Arc<ReloadReport>) + Send>;

/// All that the thread owns.
pub(super) struct Worker {
    pub(super) engine: Engine,
    /// The file, absolute.
    pub(super) path: PathBuf,
    /// The file and what it imports, found or not, as far as that was known when it was last read.
    pub(super) paths: BTreeSet<PathBuf>,
    /// Those of the policy that was found fit last.
    pub(super) checks: Checks,
    pub(super) options: ReloadOptions,
    pub(super) watch: Watch,
    pub(super) sight: EventFilter,
    pub(super) inbox: Receiver<Message>,
    pub(super) callback: Callback,
    pub(super) counters: Arc<Counters>,
}

/// What ended a wait.
enum Wake {
    /// The files have changed and are at rest, or the wait has been long enough.
    Changed,
    /// Somebody asks.
    Look(Sender<Arc<ReloadReport>>),
    Stop,
}

impl Worker {
    /// Looks at the files, says so, and works until it is told to stop.
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
                Some(interval) => self.inbox.recv_timeout(interval.max(SHORTEST_POLL)),
                None => self.inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match message {
                Ok(Message::Changed) => {
                    self.sight.received();
                    return self.settle();
                }
                Ok(Message::Look(asker)) => return Wake::Look(asker),
                Err(RecvTimeoutError::Timeout) if self.watch.has_changed() => return self.settle(),
                Err(RecvTimeoutError::Timeout) => {}
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return Wake::Stop,
            }
        }
    }

    /// Waits, after a change, until nothing has changed for a while and nobody is writing, though not for too long.
    fn settle(&self) -> Wake {
        let first = Instant::now();
        let mut last = first;
        loop {
            let longest = self.options.longest_delay.saturating_sub(first.elapsed());
            let rest = match self.sight.is_written() {
                true => longest,
                false => longest.min(self.options.quiet.saturating_sub(last.elapsed())),
            };
            match self.inbox.recv_timeout(rest) {
                Ok(Message::Changed) => {
                    self.sight.received();
                    last = Instant::now();
                }
                Ok(Message::Look(asker)) => return Wake::Look(asker),
                Err(RecvTimeoutError::Timeout) => return Wake::Changed,
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return Wake::Stop,
            }
            // However many messages there are, the longest delay ends the wait.
            if first.elapsed() >= self.options.longest_delay {
                return Wake::Changed;
            }
        }
    }

    /// Looks at the files and tells what came of it: who asked first, so that a callback may wait for them.
    fn reload(&mut self, cause: ReloadCause, asker: Option<Sender<Arc<ReloadReport>>>) {
        let begun = Instant::now();
        let (reload, unwatched) = match catch_unwind(AssertUnwindSafe(|| self.look())) {
            Ok(looked) => looked,
            Err(panic) => (Reload::Kept(ReloadError::Panicked(words(&*panic))), Vec::new()),
        };
        let report = Arc::new(ReloadReport { cause, reload, unwatched, elapsed: begun.elapsed() });
        self.counters.count(&report.reload);
        if let Some(asker) = asker {
            // Who asked may have given up.
            let _ = asker.send(report.clone());
        }
        if catch_unwind(AssertUnwindSafe(|| (self.callback)(&report))).is_err() {
            self.counters.callback_panicked();
        }
    }

    /// Reads the files, all of which are watched before they are read: whatever changes after that is noticed.
    fn look(&mut self) -> (Reload, Vec<WatchError>) {
        let mut looks = 0;
        let (opened, unwatched) = loop {
            let unwatched = self.watch.begin(&self.paths);
            let (opened, found) = open(&self.path, &self.options);
            looks += 1;
            // What was just found was read before it was watched.
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

    /// Takes over the paths on which a policy hangs; says whether some were not known.
    fn learn(&mut self, found: Option<Vec<PathBuf>>) -> bool {
        // Where the file itself could not be read, what it imports is likely what it imported.
        let Some(found) = found else { return false };
        let mut found: BTreeSet<PathBuf> = found.into_iter().collect();
        found.insert(self.path.clone());
        let news = !found.is_subset(&self.paths);
        self.paths = found;
        news
    }
}

/// What a panic said.
fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}
