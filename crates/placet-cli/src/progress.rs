//! The progress bar.

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::path::PathBuf;
use std::time::Duration;

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
        bar.enable_steady_tick(Duration::from_millis(200));
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
