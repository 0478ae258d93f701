//! Reload: watches a policy's files, and swaps in a changed policy that compiles and passes its checks.
//!
//! A background thread (`worker.rs`) receives file system events (`watch.rs`, `event_filter.rs`), waits until the files
//! are quiet, reads and tests the policy (`attempt.rs`), and reports the outcome (`report.rs`). The files are always
//! watched before they are read, so no change goes unnoticed.

mod attempt;
mod counters;
mod error;
mod event_filter;
mod report;
mod symlinks;
mod watch;
mod worker;

pub use error::{FailedTest, FailedTests, ReloadError, WatchError};
pub use report::{Reload, ReloadCause, ReloadCounts, ReloadReport, Swapped};

use crate::engine::Engine;
use attempt::Checks;
use counters::Counters;
use event_filter::EventFilter;
use placet::Limits;
use std::collections::BTreeSet;
use std::path::{Path, absolute};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use watch::Watch;
use worker::{Message, Worker};

/// The settings of a [`Reloader`].
///
/// ```
/// use placet_engine::ReloadOptions;
/// use std::time::Duration;
///
/// let mut options = ReloadOptions::default();
/// options.events = false;
/// options.poll = Some(Duration::from_secs(1));
/// assert_eq!(options.quiet, Duration::from_millis(100));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReloadOptions {
    /// Uses file system events (default: true). Most network file systems report none; set `poll` for them.
    pub events: bool,
    /// The interval for polling the files (default: never; at least 10 ms). Without events and polling, the files are
    /// only read when [`Reloader::reload_now`] is called.
    pub poll: Option<Duration>,
    /// The time without changes before the files are read (default: 100 ms).
    pub quiet: Duration,
    /// The longest delay between a change and reading the files (default: 2 s). It applies if the files change all the
    /// time, or if a written file isn't closed as far as the system reports.
    pub longest_delay: Duration,
    /// The time limit for all tests of a policy together (default: 10 s).
    pub test_time: Duration,
    /// The limits on the size and the depth of a policy.
    pub limits: Limits,
}

impl Default for ReloadOptions {
    fn default() -> Self {
        Self {
            events: true,
            poll: None,
            quiet: Duration::from_millis(100),
            longest_delay: Duration::from_secs(2),
            test_time: Duration::from_secs(10),
            limits: Limits::default(),
        }
    }
}

/// Watches a policy's files and keeps an engine's policy up to date, until it is dropped.
///
/// The reloader watches the file of the policy, a text or a saved program, and every file that it imports, even if one
/// is missing. It watches their folders, so any kind of change is noticed: a write in place, a replacement by renaming,
/// a symbolic link that is redirected, or a file that is removed and created again. It also notices that such a folder
/// is replaced as a whole. Folders further up only count if a symbolic link on the path is redirected.
///
/// After a change, a background thread reads all the files once. It compiles the policy, which checks its proofs, and
/// runs its tests. Only then does it swap the policy in atomically ([`Engine::swap`]). Otherwise the current policy
/// stays until the next change. A policy with the same hash isn't swapped.
///
/// After each attempt, including the first, the thread calls the callback with a report, and waits for it to return. A
/// panic in the callback is counted and does no other harm. The swap waits neither for the callback nor for the
/// difference between the policies, which is computed on demand ([`Swapped::difference`]).
///
/// A half-written file that is closed, or left alone for a while, may hold a policy that compiles but lacks rules. If
/// tests and proofs stand after the rules, such a policy lacks them too. A policy without any tests or proofs is
/// therefore refused if its predecessor had some ([`ReloadError::Unchecked`]). Writing a new file and renaming it over
/// the old one avoids all this. For several files, replace a folder that a symbolic link leads to.
///
/// ```no_run
/// use placet::Policy;
/// use placet_engine::{Engine, Reloader};
///
/// let engine = Engine::new(Policy::open("privacy.placet")?);
/// let reloader = Reloader::watch(&engine, "privacy.placet", |report| {
///     eprintln!("{report}");
///     for region in report.swapped().iter().flat_map(|swapped| &swapped.difference().effects) {
///         eprintln!("  {} becomes {}", region.from.as_str(), region.to.as_str());
///     }
/// })?;
/// // Decide with `engine` for as long as the service runs.
/// println!("{} reloads failed", reloader.counts().failed);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A service that reloads on a trigger, such as a signal, needs no watching:
///
/// ```
/// use placet::Policy;
/// use placet_engine::{Engine, Reload, ReloadOptions, Reloader};
/// use std::fs;
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("door.placet");
/// fs::write(&path, "policy door  request { age: int 0..150 }  rule adults { allow when age >= 18 }")?;
/// let engine = Engine::new(Policy::open(&path)?);
/// let mut options = ReloadOptions::default();
/// options.events = false;
/// let reloader = Reloader::watch_with(&engine, &path, &options, |_| {})?;
///
/// fs::write(&path, "policy door  request { age: int 0..150 }  rule adults { allow when age >= 16 }")?;
/// let report = reloader.reload_now();
/// let difference = report.swapped().ok_or("it was not swapped")?.difference();
/// assert_eq!(difference.effects[0].when[0].is, "16..17");
///
/// fs::write(&path, "policy door  request { age: int 0..150 }  rule adults { allow when aeg >= 14 }")?;
/// let report = reloader.reload_now();
/// let error = report.error().ok_or("it was swapped")?;
/// assert!(error.to_string().contains("door.placet:1:68: P0304: unknown attribute `aeg`"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Reloader {
    outbox: Sender<Message>,
    thread: Option<JoinHandle<()>>,
    counters: Arc<Counters>,
}

impl Reloader {
    /// Starts to watch the file at `path` and its imports. A relative path is resolved against the current directory
    /// once, now.
    ///
    /// Cost: one attempt. When this returns, the engine has the policy of the file if that is fit, whatever policy the
    /// engine was built with.
    ///
    /// # Errors
    /// If the folder of the file can't be watched. A file that is missing or doesn't compile is no error: the report
    /// says so.
    pub fn watch(
        engine: &Engine,
        path: impl AsRef<Path>,
        callback: impl FnMut(&Arc<ReloadReport>) + Send + 'static,
    ) -> Result<Self, WatchError> {
        Self::watch_with(engine, path, &ReloadOptions::default(), callback)
    }

    /// Like [`Reloader::watch`], with other settings.
    ///
    /// # Errors
    /// Like [`Reloader::watch`].
    pub fn watch_with(
        engine: &Engine,
        path: impl AsRef<Path>,
        options: &ReloadOptions,
        callback: impl FnMut(&Arc<ReloadReport>) + Send + 'static,
    ) -> Result<Self, WatchError> {
        let path = path.as_ref();
        let path = absolute(path)
            .map_err(|error| WatchError::Path { path: path.to_path_buf(), reason: error.to_string() })?;
        let (outbox, inbox) = channel();
        let filter = EventFilter::default();
        let mut watch = Watch::new(options.events, options.poll.is_some(), filter.clone(), outbox.clone())?;
        let paths = BTreeSet::from([path.clone()]);
        if let Some(error) = watch.begin(&paths).into_iter().next() {
            return Err(error);
        }
        let counters = Arc::new(Counters::default());
        let worker = Worker {
            engine: engine.clone(),
            path,
            paths,
            checks: Checks::new(engine.version().policy()),
            options: options.clone(),
            watch,
            filter,
            inbox,
            callback: Box::new(callback),
            counters: counters.clone(),
        };
        let (started, first) = channel();
        let thread = thread::Builder::new()
            .name("placet-reload".to_owned())
            .spawn(move || worker.run(started))
            .map_err(|error| WatchError::Thread { reason: error.to_string() })?;
        // INVARIANT: the thread catches panics and sends its first report.
        let _ = first.recv();
        Ok(Self { outbox, thread: Some(thread), counters })
    }

    /// Reads the files now, changed or not, and returns the report. The callback gets the report too, possibly after
    /// this returns.
    ///
    /// Cost: compiling and testing, twice if an attempt is in progress. A call from within the callback fails at once,
    /// because it would wait for itself.
    pub fn reload_now(&self) -> Arc<ReloadReport> {
        let refused = |error| {
            let reload = Reload::Kept(error);
            let (cause, elapsed) = (ReloadCause::Call, Duration::ZERO);
            Arc::new(ReloadReport { cause, reload, unwatched: Vec::new(), elapsed })
        };
        if self.is_own_thread() {
            return refused(ReloadError::WithinCallback);
        }
        let (asker, answer) = channel();
        // INVARIANT: the thread catches panics and only ends when this reloader is dropped, so it answers.
        let asked = self.outbox.send(Message::Look(asker)).is_ok();
        let answer = if asked { answer.recv().ok() } else { None };
        answer.unwrap_or_else(|| refused(ReloadError::Panicked("the thread has ended".to_owned())))
    }

    /// Returns the number of attempts, by outcome.
    pub fn counts(&self) -> ReloadCounts {
        self.counters.now()
    }

    /// Returns true on the thread that reloads, which also runs the callback.
    fn is_own_thread(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| thread.thread().id() == thread::current().id())
    }
}

/// Stops watching. Waits for an attempt in progress and its callback, unless the callback itself drops the reloader.
/// After that, nothing is swapped and the callback isn't called.
impl Drop for Reloader {
    fn drop(&mut self) {
        // Sending fails only if the thread has ended.
        let _ = self.outbox.send(Message::Stop);
        if !self.is_own_thread()
            && let Some(thread) = self.thread.take()
        {
            // INVARIANT: the thread catches panics, so joining it can't fail.
            let _ = thread.join();
        }
    }
}
