//! What is seen of the files: events that concern them, and who is writing them.

use super::worker::Message;
use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{Event, EventKind};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Whether the system tells when a file is closed that was written.
const TELLS_CLOSE: bool = cfg!(any(target_os = "linux", target_os = "android"));

/// What the thread of the events and that of the reloads share.
#[derive(Debug, Clone, Default)]
pub(super) struct EventFilter {
    inner: Arc<Mutex<Seen>>,
}

#[derive(Debug, Default)]
struct Seen {
    /// The entries that matter; `true` for folders (see [`Symlinks`](super::symlinks::Symlinks)).
    entries: BTreeMap<PathBuf, bool>,
    /// Files that were written and not closed yet.
    writing: BTreeSet<PathBuf>,
    /// Whether a message is on its way that has not been received.
    told: bool,
}

impl EventFilter {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on these entries matter, and no others.
    pub(super) fn focus(&self, entries: BTreeMap<PathBuf, bool>) {
        let mut seen = self.seen();
        seen.writing.retain(|path| entries.contains_key(path));
        seen.entries = entries;
    }

    /// Whether a file is being written, as far as the system tells.
    pub(super) fn is_written(&self) -> bool {
        !self.seen().writing.is_empty()
    }

    /// That a message was received: of what happens from now on there is another.
    pub(super) fn received(&self) {
        self.seen().told = false;
    }

    /// Tells of an event if it matters. However many there are, one message waits at most.
    pub(super) fn event(&self, event: notify::Result<Event>, outbox: &Sender<Message>) {
        let mut seen = self.seen();
        if seen.matters(event) && !seen.told {
            // The receiver lives as long as the watch that calls this.
            seen.told = outbox.send(Message::Changed).is_ok();
        }
    }
}

impl Seen {
    fn matters(&mut self, event: notify::Result<Event>) -> bool {
        let event = match event {
            Ok(event) if !event.need_rescan() => event,
            // Events were lost: anything may have happened.
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

/// Whether what the policy says may be another after an event. Reading changes nothing, and what changes in a folder is
/// told of its entries.
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

    fn sight() -> (EventFilter, Sender<Message>, Receiver<Message>) {
        let sight = EventFilter::default();
        sight.focus([("/p/main".into(), false), ("/p".into(), true)].into());
        let (outbox, inbox) = channel();
        (sight, outbox, inbox)
    }

    #[test]
    fn only_what_may_change_the_policy_matters() {
        let tells = |kind: EventKind, path: &str| {
            let (sight, outbox, inbox) = sight();
            sight.event(Ok(Event::new(kind).add_path(path.into())), &outbox);
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
    fn lost_events_and_errors_matter() {
        let (sight, outbox, inbox) = sight();
        sight.event(Ok(Event::new(EventKind::Other).set_flag(Flag::Rescan)), &outbox);
        assert!(inbox.try_recv().is_ok());
        sight.received();
        sight.event(Err(notify::Error::generic("lost")), &outbox);
        assert!(inbox.try_recv().is_ok());
    }

    #[test]
    fn many_events_are_one_message_until_it_is_received() {
        let (sight, outbox, inbox) = sight();
        for _ in 0..1_000 {
            sight.event(Ok(Event::new(WRITTEN).add_path("/p/main".into())), &outbox);
        }
        assert_eq!(inbox.try_iter().count(), 1);
        sight.received();
        sight.event(Ok(Event::new(WRITTEN).add_path("/p/main".into())), &outbox);
        assert_eq!(inbox.try_iter().count(), 1);
    }

    #[test]
    fn a_file_is_being_written_until_it_is_closed_or_replaced() {
        for end in [CLOSED, RENAMED, EventKind::Remove(RemoveKind::File)] {
            let (sight, outbox, _inbox) = sight();
            assert!(!sight.is_written());
            sight.event(Ok(Event::new(WRITTEN).add_path("/p/main".into())), &outbox);
            assert_eq!(sight.is_written(), TELLS_CLOSE);
            sight.event(Ok(Event::new(end).add_path("/p/main".into())), &outbox);
            assert!(!sight.is_written(), "{end:?}");
        }
    }
}
