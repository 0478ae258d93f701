//! Progress on a terminal: a bar over files, and a spinner.

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// The time after which work shows a spinner.
const SPINNER_DELAY: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(200);

/// A progress bar on standard error, if that is a terminal.
pub(crate) struct Progress {
    bar: ProgressBar,
    /// The total size of the files before the current one, in bytes.
    before: u64,
    /// The name of the counted items.
    what: &'static str,
}

impl Progress {
    /// Creates a progress bar over the total size of the files, if it is known. `what` names the counted items.
    pub(crate) fn new(files: &[PathBuf], is_shown: bool, what: &'static str) -> Self {
        let bytes = total(files);
        let target = if is_shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(bytes, target);
        let template = match bytes {
            Some(_) => "{wide_bar} {percent:>3} % {bytes_per_sec}, {eta} left, {msg}",
            None => "{spinner} {bytes}, {bytes_per_sec}, {elapsed}, {msg}",
        };
        // The templates are constants; if one were invalid, the default style would be used.
        bar.set_style(
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        bar.enable_steady_tick(TICK);
        Self { bar, before: 0, what }
    }

    /// Sets the bytes read of the current file, and the total number of items.
    pub(crate) fn at(&self, bytes: u64, count: u64) {
        self.bar.set_position(self.before.saturating_add(bytes));
        self.bar.set_message(format!("{} {}", HumanCount(count), self.what));
    }

    /// Finishes a file of this size.
    pub(crate) fn end_file(&mut self, bytes: u64) {
        self.before = self.before.saturating_add(bytes);
    }

    /// Removes the bar.
    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

/// Runs some work. If it takes longer than a second and standard error is a terminal, shows a spinner with the elapsed time
/// there.
pub(crate) fn with_spinner<T>(what: &'static str, work: impl FnOnce() -> T) -> T {
    if !io::stderr().is_terminal() {
        return work();
    }
    let (running, ended) = channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            // The sender sends nothing: the channel closes when the work ends.
            if ended.recv_timeout(SPINNER_DELAY) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            let bar =
                ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()).with_elapsed(SPINNER_DELAY);
            let style = ProgressStyle::with_template("{spinner} {msg}, {elapsed}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar.set_message(what);
            bar.enable_steady_tick(TICK);
            let _ = ended.recv();
            bar.finish_and_clear();
        });
        let running = running;
        let out = work();
        drop(running);
        out
    })
}

/// Returns the total size of the files, if all of them are regular files.
fn total(files: &[PathBuf]) -> Option<u64> {
    let size = |path: &PathBuf| {
        let metadata = std::fs::metadata(path).ok()?;
        metadata.is_file().then_some(metadata.len())
    };
    files.iter().map(size).sum()
}

/// Formats a number of bytes.
pub(crate) fn bytes(count: u64) -> String {
    HumanBytes(count).to_string()
}

/// Formats a count with thousands separators.
pub(crate) fn count(count: u64) -> String {
    HumanCount(count).to_string()
}
