//! Files, watched: by events of their folders, by looking at them now and then, or not at all.

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

/// What watches the files of a policy.
pub(super) struct Watch {
    events: Option<Events>,
    /// How each file was when it was last looked at, if files are polled.
    prints: Option<BTreeMap<PathBuf, Print>>,
}

struct Events {
    watcher: RecommendedWatcher,
    sight: EventFilter,
    folders: BTreeSet<PathBuf>,
}

impl Watch {
    /// Watches nothing yet.
    pub(super) fn new(
        events: bool,
        poll: bool,
        sight: EventFilter,
        outbox: Sender<Message>,
    ) -> Result<Self, WatchError> {
        let events = if events { Some(Events::new(sight, outbox)?) } else { None };
        Ok(Self { events, prints: poll.then(BTreeMap::new) })
    }

    /// Begins to watch these paths and no others: whatever changes from now on is noticed, but for what the errors
    /// name. What changed before is not, so read the files afterwards.
    pub(super) fn begin(&mut self, paths: &BTreeSet<PathBuf>) -> Vec<WatchError> {
        if let Some(prints) = &mut self.prints {
            *prints = paths.iter().map(|path| (path.clone(), Print::new(path))).collect();
        }
        self.events.as_mut().map_or_else(Vec::new, |events| events.begin(paths))
    }

    /// No longer tells of other paths than these, all of which are watched.
    pub(super) fn narrow(&mut self, paths: &BTreeSet<PathBuf>) {
        if let Some(prints) = &mut self.prints {
            prints.retain(|path, _| paths.contains(path));
        }
        if let Some(events) = &self.events {
            events.sight.focus(Symlinks::new(paths).entries);
        }
    }

    /// Whether a polled file is another than it was when watching began. Cost: each is read.
    pub(super) fn has_changed(&self) -> bool {
        let prints = self.prints.iter().flatten();
        prints.into_iter().any(|(path, print)| Print::new(path) != *print)
    }
}

impl Events {
    fn new(sight: EventFilter, outbox: Sender<Message>) -> Result<Self, WatchError> {
        let seen = sight.clone();
        let watcher = notify::recommended_watcher(move |event| seen.event(event, &outbox));
        let watcher = watcher.map_err(|error| WatchError::Unavailable { reason: reason(&error) })?;
        Ok(Self { watcher, sight, folders: BTreeSet::new() })
    }

    fn begin(&mut self, paths: &BTreeSet<PathBuf>) -> Vec<WatchError> {
        let Symlinks { entries, folders } = Symlinks::new(paths);
        self.sight.focus(entries);
        // A watch stays with a folder that was renamed or removed. Whether that happened need not be found out: what
        // happens between the end of one watch and the begin of the next is seen by who reads afterwards.
        for folder in std::mem::take(&mut self.folders) {
            // It fails where the folder is gone, and the watch with it.
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

/// How a file is.
#[derive(Debug, PartialEq, Eq)]
enum Print {
    /// Its content, by a hash: times of changes are too coarse, and where links lead elsewhere they say nothing.
    File(u64),
    /// Something else, or nothing.
    Other(Option<io::ErrorKind>),
}

impl Print {
    fn new(path: &Path) -> Self {
        match content_hash(path) {
            Ok(hash) => Print::File(hash),
            Err(FileError::Io(error)) => Print::Other(Some(error.kind())),
            Err(_) => Print::Other(None),
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
