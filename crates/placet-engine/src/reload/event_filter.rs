//! The filter of file system events: passes those that concern the watched files, and tracks files that are being
//! written.

use super::worker::Message;
use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{Event, EventKind};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// True if the system reports that a written file was closed. Elsewhere a file counts as finished when it has been
/// quiet for a while.
const TELLS_CLOSE: bool = cfg!(any(target_os = "linux", target_os = "android"));

/// The state shared by the event thread and the reload thread.
#[derive(Debug, Clone, Default)]
pub(super) struct EventFilter {
    inner: Arc<Mutex<Seen>>,
}

#[derive(Debug, Default)]
struct Seen {
    /// The watched entries: `true` for folders, `false` for files and links (see
    /// [`Symlinks`](super::symlinks::Symlinks)).
    entries: BTreeMap<PathBuf, bool>,
    /// The files that were written and aren't closed yet.
    writing: BTreeSet<PathBuf>,
    /// True while a message is waiting that the reload thread hasn't received.
    is_notified: bool,
}

impl EventFilter {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces the watched entries.
    pub(super) fn focus(&self, entries: BTreeMap<PathBuf, bool>) {
        let mut seen = self.seen();
        seen.writing.retain(|path| entries.contains_key(path));
        seen.entries = entries;
    }

    /// Returns true if a file is being written, as far as the system reports.
    pub(super) fn is_written(&self) -> bool {
        !self.seen().writing.is_empty()
    }

    /// Notes that a message was received, so that the next event sends another.
    pub(super) fn received(&self) {
        self.seen().is_notified = false;
    }

    /// Sends a message if an event concerns the watched files. At most one message waits, however many events arrive,
    /// so the channel needs no bound.
    pub(super) fn event(&self, event: notify::Result<Event>, outbox: &Sender<Message>) {
        let mut seen = self.seen();
        if seen.matters(event) && !seen.is_notified {
            // The receiver lives as long as the watcher that calls this.
            seen.is_notified = outbox.send(Message::Changed).is_ok();
        }
    }
}

impl Seen {
    fn matters(&mut self, event: notify::Result<Event>) -> bool {
        let event = match event {
            Ok(event) if !event.need_rescan() => event,
            // Events were lost, so any file may have changed.
            _ => {
                self.writing.clear();
                return true;
            }
        };
        let mut matters = false;
        for path in &event.paths {
            let Some(&folder) = self.entries.get(path) else { continue };
            matters |= concerns(&event.kind, folder);
            if TELLS_CLOSE && !folder {
                self.follow(&event.kind, path);
            }
        }
        matters
    }

    fn follow(&mut self, kind: &EventKind, path: &Path) {
        match kind {
            EventKind::Modify(ModifyKind::Data(_)) => {
                self.writing.insert(path.to_path_buf());
            }
            EventKind::Access(AccessKind::Close(AccessMode::Write))
            | EventKind::Create(_)
            | EventKind::Remove(_)
            | EventKind::Modify(ModifyKind::Name(_)) => {
                self.writing.remove(path);
            }
            _ => {}
        }
    }
}

/// Returns true if an event may change what the policy says. Reading a file changes nothing. A change within a folder
/// is reported for its entries too.
fn concerns(kind: &EventKind, folder: bool) -> bool {
    match kind {
        EventKind::Access(access) => *access == AccessKind::Close(AccessMode::Write),
        EventKind::Modify(ModifyKind::Any | ModifyKind::Data(_)) => !folder,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::{EventFilter, Message, TELLS_CLOSE};
    use notify::event::{
        AccessKind, AccessMode, CreateKind, DataChange, Event, EventKind, Flag, ModifyKind, RemoveKind,
        RenameMode,
    };
    use std::sync::mpsc::{Receiver, Sender, channel};

    const WRITTEN: EventKind = EventKind::Modify(ModifyKind::Data(DataChange::Any));
    const OPENED: EventKind = EventKind::Access(AccessKind::Open(AccessMode::Any));
    const CLOSED: EventKind = EventKind::Access(AccessKind::Close(AccessMode::Write));
    const RENAMED: EventKind = EventKind::Modify(ModifyKind::Name(RenameMode::To));

    fn filter() -> (EventFilter, Sender<Message>, Receiver<Message>) {
        let filter = EventFilter::default();
        filter.focus([("/p/main".into(), false), ("/p".into(), true)].into());
        let (outbox, inbox) = channel();
        (filter, outbox, inbox)
    }

    #[test]
    fn event_passes_only_changes_of_watched_entries() {
        let tells = |kind: EventKind, path: &str| {
            let (filter, outbox, inbox) = filter();
            filter.event(Ok(Event::new(kind).add_path(path.into())), &outbox);
            inbox.try_recv().is_ok()
        };
        for kind in [WRITTEN, CLOSED, RENAMED, EventKind::Create(CreateKind::File), EventKind::Any] {
            assert!(tells(kind, "/p/main"), "{kind:?}");
            assert!(!tells(kind, "/p/other"), "{kind:?}");
        }
        assert!(!tells(OPENED, "/p/main"));
        assert!(!tells(WRITTEN, "/p"));
        assert!(tells(RENAMED, "/p"));
        assert!(tells(EventKind::Remove(RemoveKind::Folder), "/p"));
    }

    #[test]
    fn event_passes_lost_events_and_errors() {
        let (filter, outbox, inbox) = filter();
        filter.event(Ok(Event::new(EventKind::Other).set_flag(Flag::Rescan)), &outbox);
        assert!(inbox.try_recv().is_ok());
        filter.received();
        filter.event(Err(notify::Error::generic("lost")), &outbox);
        assert!(inbox.try_recv().is_ok());
    }

    #[test]
    fn event_sends_one_message_until_it_is_received() {
        let (filter, outbox, inbox) = filter();
        for _ in 0..1_000 {
            filter.event(Ok(Event::new(WRITTEN).add_path("/p/main".into())), &outbox);
        }
        assert_eq!(inbox.try_iter().count(), 1);
        filter.received();
        filter.event(Ok(Event::new(WRITTEN).add_path("/p/main".into())), &outbox);
        assert_eq!(inbox.try_iter().count(), 1);
    }

    #[test]
    fn is_written_until_closed_or_replaced() {
        for end in [CLOSED, RENAMED, EventKind::Remove(RemoveKind::File)] {
            let (filter, outbox, _inbox) = filter();
            assert!(!filter.is_written());
            filter.event(Ok(Event::new(WRITTEN).add_path("/p/main".into())), &outbox);
            assert_eq!(filter.is_written(), TELLS_CLOSE);
            filter.event(Ok(Event::new(end).add_path("/p/main".into())), &outbox);
            assert!(!filter.is_written(), "{end:?}");
        }
    }
}
