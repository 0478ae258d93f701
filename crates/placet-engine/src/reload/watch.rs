//! The watch on a policy's files: by events of their folders, by polling, by both, or not at all.

use super::error::WatchError;
use super::event_filter::EventFilter;
use super::symlinks::Symlinks;
use super::worker::Message;
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use placet::{FileError, Limits};
use placet_core::open_regular_file;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hasher};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;

/// The watch on the files of a policy.
pub(super) struct Watch {
    events: Option<Events>,
    /// The fingerprint of each file when it was last read, if files are polled.
    fingerprints: Option<BTreeMap<PathBuf, Fingerprint>>,
}

struct Events {
    watcher: RecommendedWatcher,
    filter: EventFilter,
    folders: BTreeSet<PathBuf>,
}

impl Watch {
    /// Creates a watch on nothing.
    pub(super) fn new(
        events: bool,
        poll: bool,
        filter: EventFilter,
        outbox: Sender<Message>,
    ) -> Result<Self, WatchError> {
        let events = if events { Some(Events::new(filter, outbox)?) } else { None };
        Ok(Self { events, fingerprints: poll.then(BTreeMap::new) })
    }

    /// Watches these paths and no others. Every later change is noticed, except where the returned errors say
    /// otherwise. Earlier changes aren't noticed, so read the files after this call.
    pub(super) fn begin(&mut self, paths: &BTreeSet<PathBuf>) -> Vec<WatchError> {
        if let Some(fingerprints) = &mut self.fingerprints {
            *fingerprints = paths.iter().map(|path| (path.clone(), Fingerprint::new(path))).collect();
        }
        self.events.as_mut().map_or_else(Vec::new, |events| events.begin(paths))
    }

    /// Restricts the watch to these paths, all of which are watched already.
    pub(super) fn narrow(&mut self, paths: &BTreeSet<PathBuf>) {
        if let Some(fingerprints) = &mut self.fingerprints {
            fingerprints.retain(|path, _| paths.contains(path));
        }
        if let Some(events) = &self.events {
            events.filter.focus(Symlinks::new(paths).entries);
        }
    }

    /// Returns true if a polled file has changed since watching began. Cost: reads each file.
    pub(super) fn has_changed(&self) -> bool {
        let fingerprints = self.fingerprints.iter().flatten();
        fingerprints.into_iter().any(|(path, print)| Fingerprint::new(path) != *print)
    }
}

impl Events {
    fn new(filter: EventFilter, outbox: Sender<Message>) -> Result<Self, WatchError> {
        let seen = filter.clone();
        let watcher = notify::recommended_watcher(move |event| seen.event(event, &outbox));
        let watcher = watcher.map_err(|error| WatchError::Unavailable { reason: reason(&error) })?;
        Ok(Self { watcher, filter, folders: BTreeSet::new() })
    }

    fn begin(&mut self, paths: &BTreeSet<PathBuf>) -> Vec<WatchError> {
        let Symlinks { entries, folders } = Symlinks::new(paths);
        self.filter.focus(entries);
        // A watch follows a folder that is renamed, so all watches are renewed. Finding out which folders are unchanged
        // isn't needed: a change between the end of one watch and the start of the next is seen by the read that
        // follows.
        for folder in std::mem::take(&mut self.folders) {
            // This fails if the folder is gone, and its watch with it.
            let _ = self.watcher.unwatch(&folder);
        }
        let mut errors = Vec::new();
        for folder in folders {
            match self.watcher.watch(&folder, RecursiveMode::NonRecursive) {
                Ok(()) => drop(self.folders.insert(folder)),
                Err(error) => errors.push(WatchError::Folder { reason: reason(&error), folder }),
            }
        }
        errors
    }
}

fn reason(error: &notify::Error) -> String {
    match &error.kind {
        notify::ErrorKind::Io(error) => error.to_string(),
        notify::ErrorKind::MaxFilesWatch => "the system watches no more folders for this user".to_owned(),
        notify::ErrorKind::PathNotFound => "it is not there".to_owned(),
        _ => error.to_string(),
    }
}

/// The fingerprint of a file.
#[derive(Debug, PartialEq, Eq)]
enum Fingerprint {
    /// A hash of the content. Modification times are too coarse, and say nothing about a redirected link.
    File(u64),
    /// No readable regular file.
    Other(Option<io::ErrorKind>),
}

impl Fingerprint {
    fn new(path: &Path) -> Self {
        match content_hash(path) {
            Ok(hash) => Fingerprint::File(hash),
            Err(FileError::Io(error)) => Fingerprint::Other(Some(error.kind())),
            Err(_) => Fingerprint::Other(None),
        }
    }
}

/// Hashes a regular file in constant memory, up to the size of the largest policy.
fn content_hash(path: &Path) -> Result<u64, FileError> {
    let mut file = open_regular_file(path)?.take(Limits::MAX_SAVED_BYTES as u64);
    let mut hasher = DefaultHasher::new();
    let mut piece = vec![0; 1 << 16];
    loop {
        match file.read(&mut piece) {
            Ok(0) => return Ok(hasher.finish()),
            Ok(read) => hasher.write(piece.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
}
