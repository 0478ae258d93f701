//! Reload: a policy's files are watched, and a changed policy that is fit takes the place of the one that decides.

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

/// How a policy's files are watched.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReloadOptions {
    /// Whether the system tells of changes (default: yes). It does not on most network file systems; there, `poll`.
    pub events: bool,
    /// How often the files are read to see whether they have changed (default: never; at least 10 ms). Without events
    /// and without this, they are looked at when [`Reloader::reload_now`] is called.
    pub poll: Option<Duration>,
    /// How long nothing may have changed before the files are looked at (default: 100 ms).
    pub quiet: Duration,
    /// How long after a change they are looked at anyway (default: 2 s): where they are changed all the time, or, as
    /// far as the system tells, a file that was written is not closed.
    pub longest_delay: Duration,
    /// How long the tests of a policy may take, all together (default: 10 s).
    pub test_time: Duration,
    /// How large and how deep a policy may be.
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

/// Keeps the policy of an engine that of its files, as long as it is not dropped.
///
/// The file of the policy, a text or a saved program, and whatever it imports, found or not, are watched by their
/// folders, so that it does not matter how a file is changed: in place, by another that takes its place or that of a
/// link, or by being removed and made anew. Also noticed is that such a folder, as a whole, takes the place of another;
/// of folders farther up only where a link leads elsewhere.
///
/// A change leads to one look at all the files, on a thread of its own. The policy in them is compiled, which is to say
/// that its proofs hold, its tests are run, and only then does it take the place of the one so far, whole
/// ([`Engine::swap`]). Otherwise the one so far stays until the next change. A policy of the same hash is not swapped.
///
/// After each look, the first one included, the callback gets a report. It is called on the thread, which waits for
/// it; it may panic, which is counted and does no further harm. A swap does not wait for the callback, nor for the
/// difference between the policies, which is found when it is asked for ([`Swapped::difference`]).
///
/// A writer that leaves a file half written, and closed or untouched for a while, may leave a policy that compiles and
/// says less than it should. It has no tests, or no proofs, if they stand behind the rules; so where the policy before
/// it had some, it is not taken ([`ReloadError::Unchecked`]). Who writes a file beside the policy's and renames it is
/// safe from all that; for several files, a folder to which a link leads that is replaced.
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
/// // Decide, for as long as the service runs, by `engine`.
/// println!("{} reloads failed", reloader.counts().failed);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Where there are triggers, such as a signal, nothing need be watched:
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
/// assert!(error.to_string().contains("door.placet:1:68: P0304: there is no attribute `aeg`"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Reloader {
    outbox: Sender<Message>,
    thread: Option<JoinHandle<()>>,
    counters: Arc<Counters>,
}

impl Reloader {
    /// Watches the file at `path`, and what it imports, for an engine. A relative path is taken from the current folder
    /// now, not later.
    ///
    /// Cost: that of a first look, which is waited for: once this returns, what decides is what the file says, if it is
    /// fit, whatever the engine was made with.
    ///
    /// # Errors
    /// If the folder of the file can't be watched. That the file is not there or does not compile is reported.
    pub fn watch(
        engine: &Engine,
        path: impl AsRef<Path>,
        callback: impl FnMut(&Arc<ReloadReport>) + Send + 'static,
    ) -> Result<Self, WatchError> {
        Self::watch_with(engine, path, &ReloadOptions::default(), callback)
    }

    /// As [`Reloader::watch`], by options.
    ///
    /// # Errors
    /// As [`Reloader::watch`].
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
        let sight = EventFilter::default();
        let mut watch = Watch::new(options.events, options.poll.is_some(), sight.clone(), outbox.clone())?;
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
            sight,
            inbox,
            callback: Box::new(callback),
            counters: counters.clone(),
        };
        let (started, first) = channel();
        let thread = thread::Builder::new()
            .name("placet-reload".to_owned())
            .spawn(move || worker.run(started))
            .map_err(|error| WatchError::Thread { reason: error.to_string() })?;
        // INVARIANT: the thread catches what panics, and answers.
        let _ = first.recv();
        Ok(Self { outbox, thread: Some(thread), counters })
    }

    /// Looks at the files now, changed or not, and waits for what comes of it. The callback gets the report as well,
    /// perhaps later than this returns.
    ///
    /// Cost: that of compiling and testing, twice if a look is under way. From within the callback it fails at once.
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
        // INVARIANT: the thread catches what panics and ends when this is dropped, so that it answers.
        let asked = self.outbox.send(Message::Look(asker)).is_ok();
        let answer = if asked { answer.recv().ok() } else { None };
        answer.unwrap_or_else(|| refused(ReloadError::Panicked("the thread has ended".to_owned())))
    }

    /// How often the files have been looked at, by what came of it.
    pub fn counts(&self) -> ReloadCounts {
        self.counters.now()
    }

    /// Whether this is the thread that reloads, which calls the callback.
    fn is_own_thread(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| thread.thread().id() == thread::current().id())
    }
}

/// Stops watching. A look that is under way is waited for, with its callback, unless it is the callback that drops
/// this: after that, nothing is swapped and the callback is not called.
impl Drop for Reloader {
    fn drop(&mut self) {
        // It fails only where the thread has ended.
        let _ = self.outbox.send(Message::Stop);
        if !self.is_own_thread()
            && let Some(thread) = self.thread.take()
        {
            // INVARIANT: the thread catches what panics.
            let _ = thread.join();
        }
    }
}
