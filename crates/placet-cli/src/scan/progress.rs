//! How far reading is, on a terminal.

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::path::PathBuf;
use std::time::Duration;

/// A bar on standard error, where that is a terminal; otherwise nothing.
pub(crate) struct Progress {
    bar: ProgressBar,
    /// Bytes of the files before this one.
    before: u64,
    /// What is counted.
    what: &'static str,
}

impl Progress {
    /// Of all bytes of some files, if that is known; `what` is counted.
    pub(crate) fn new(files: &[PathBuf], is_shown: bool, what: &'static str) -> Self {
        let bytes = total(files);
        let target = if is_shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(bytes, target);
        let template = match bytes {
            Some(_) => "{wide_bar} {percent:>3} % {bytes_per_sec}, {eta} left, {msg}",
            None => "{spinner} {bytes}, {bytes_per_sec}, {elapsed}, {msg}",
        };
        // What can't be understood would be this program's own fault; the bar then has its usual look.
        bar.set_style(
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar, before: 0, what }
    }

    /// So many bytes of this file are read, and so many rows, or what else is counted, in all.
    pub(crate) fn at(&self, bytes: u64, count: u64) {
        self.bar.set_position(self.before.saturating_add(bytes));
        self.bar.set_message(format!("{} {}", HumanCount(count), self.what));
    }

    /// A file of so many bytes is done.
    pub(crate) fn end_file(&mut self, bytes: u64) {
        self.before = self.before.saturating_add(bytes);
    }

    /// Takes the bar away.
    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

/// The size of all files, if it is known.
fn total(files: &[PathBuf]) -> Option<u64> {
    let size = |path: &PathBuf| {
        let metadata = std::fs::metadata(path).ok()?;
        metadata.is_file().then_some(metadata.len())
    };
    files.iter().map(size).sum()
}

/// Bytes for people.
pub(crate) fn bytes(count: u64) -> String {
    HumanBytes(count).to_string()
}

/// A count for people.
pub(crate) fn count(count: u64) -> String {
    HumanCount(count).to_string()
}
