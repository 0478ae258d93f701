//! A policy in watched files, and the reports of its reloader.

use placet::Policy;
use placet_engine::{Engine, Reload, ReloadCause, ReloadOptions, ReloadReport, Reloader};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use tempfile::TempDir;

/// The time limit for a report.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Shop {
    pub(crate) folder: TempDir,
    pub(crate) engine: Engine,
    pub(crate) reports: Receiver<Arc<ReloadReport>>,
    pub(crate) reloader: Reloader,
}

/// Returns a policy of a version that allows requests from a minimum age.
pub(crate) fn adults(version: &str, age: u8) -> String {
    format!(
        "policy shop version \"{version}\"\nrequest {{ age: int 0..150 }}\nrule adults {{ allow when age >= {age} }}\n"
    )
}

/// Returns options that make tests quick.
pub(crate) fn brisk() -> ReloadOptions {
    let mut options = ReloadOptions::default();
    options.quiet = Duration::from_millis(10);
    options
}

/// Returns options for polling without events.
pub(crate) fn polled() -> ReloadOptions {
    let mut options = brisk();
    options.events = false;
    options.poll = Some(Duration::from_millis(10));
    options
}

/// Returns options for reading files only on demand.
pub(crate) fn on_demand() -> ReloadOptions {
    let mut options = brisk();
    options.events = false;
    options
}

/// Replaces a file by renaming another, like editors do.
pub(crate) fn replace(path: &Path, content: impl AsRef<[u8]>) {
    let beside = path.with_extension("new");
    fs::write(&beside, content).unwrap();
    fs::rename(&beside, path).unwrap();
}

impl Shop {
    /// Creates and watches `main.placet` with this text.
    pub(crate) fn open(text: &str) -> Self {
        Self::open_with(text, &brisk())
    }

    pub(crate) fn open_with(text: &str, options: &ReloadOptions) -> Self {
        Self::of("main.placet", options, |folder| fs::write(folder.join("main.placet"), text).unwrap())
    }

    /// Watches a file in a folder that `fill` fills.
    pub(crate) fn of(path: &str, options: &ReloadOptions, fill: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fill(folder.path());
        let path = folder.path().join(path);
        let engine = Engine::new(Policy::open(&path).unwrap());
        let (sender, reports) = channel();
        let tell = move |report: &Arc<ReloadReport>| drop(sender.send(report.clone()));
        let reloader = Reloader::watch_with(&engine, &path, options, tell).unwrap();
        let shop = Self { folder, engine, reports, reloader };
        let first = shop.next();
        assert_eq!(first.cause, ReloadCause::Start);
        assert!(matches!(&first.reload, Reload::Unchanged(_)), "{first}");
        assert!(first.unwatched.is_empty(), "{first}");
        shop
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file in place.
    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn replace(&self, name: &str, content: impl AsRef<[u8]>) {
        replace(&self.path(name), content);
    }

    /// Returns the next report.
    pub(crate) fn next(&self) -> Arc<ReloadReport> {
        self.reports.recv_timeout(PATIENCE).unwrap()
    }

    /// Returns the next report for which `says` returns true. Earlier reports concern incomplete states, and must not
    /// report a swap.
    pub(crate) fn until(&self, says: impl Fn(&ReloadReport) -> bool) -> Arc<ReloadReport> {
        loop {
            let report = self.next();
            if says(&report) {
                return report;
            }
            assert!(report.swapped().is_none(), "{report}");
        }
    }

    /// Returns the report of the next swap, which must be to this version.
    pub(crate) fn swapped_to(&self, version: &str) -> Arc<ReloadReport> {
        let report = self.until(|report| report.swapped().is_some());
        let new = &report.swapped().unwrap().swap.new;
        assert_eq!(new.version(), Some(version), "{report}");
        assert_eq!(self.engine.version().hash(), new.hash());
        report
    }

    /// Returns the report of the next failure. The engine must still have this version.
    pub(crate) fn kept(&self, version: &str) -> Arc<ReloadReport> {
        let report = self.until(|report| report.error().is_some());
        assert_eq!(self.engine.version().version(), Some(version), "{report}");
        report
    }
}
