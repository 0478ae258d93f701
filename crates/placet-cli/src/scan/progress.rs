//! How far a scan is, on a terminal.

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Duration;

/// A bar on standard error, where that is a terminal; otherwise nothing.
pub(crate) struct Progress {
    bar: ProgressBar,
    /// Bytes of the files before this one.
    before: u64,
}

impl Progress {
    /// Of so many bytes, if that is known.
    pub(crate) fn new(bytes: Option<u64>, is_shown: bool) -> Self {
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
        Self { bar, before: 0 }
    }

    /// So many bytes of this file are read, and so many rows in all.
    pub(crate) fn at(&self, bytes: u64, rows: u64) {
        self.bar.set_position(self.before.saturating_add(bytes));
        self.bar.set_message(format!("{} rows", HumanCount(rows)));
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

/// Bytes for people.
pub(crate) fn bytes(count: u64) -> String {
    HumanBytes(count).to_string()
}

/// A count for people.
pub(crate) fn count(count: u64) -> String {
    HumanCount(count).to_string()
}
