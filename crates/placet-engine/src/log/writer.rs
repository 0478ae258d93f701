//! The thread that writes.

use super::destination::Destination;
use super::pending::Pending;
use super::queue::{Queue, Turn};
use std::io;
use std::time::Duration;

/// How long to wait before what failed is tried again, the first time; twice as long each further time.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// How long to wait at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Writes what is queued until the log is closed.
pub(super) fn run(queue: &Queue, destination: Destination) {
    let pending = Pending::new(queue.capacity());
    let mut writer = Writer { queue, destination, pending, write_errors: 0 };
    let mut pause = FIRST_PAUSE;
    loop {
        let turn = queue.turn((!writer.pending.is_empty()).then_some(pause));
        let mut outcome = writer.attempt(turn);
        if turn.is_last && outcome.is_err() {
            outcome = writer.attempt(turn);
        }
        pause = if outcome.is_ok() { FIRST_PAUSE } else { LONGEST_PAUSE.min(pause * 2) };
        queue.settle(turn, outcome);
        if turn.is_last {
            queue.end(&writer.pending);
            return;
        }
    }
}

struct Writer<'q> {
    queue: &'q Queue,
    destination: Destination,
    pending: Pending,
    /// Since lost lines were last told of.
    write_errors: u64,
}

impl Writer<'_> {
    /// Writes what failed before, then what is queued, and opens the file anew where that is asked for.
    fn attempt(&mut self, turn: Turn) -> io::Result<()> {
        let opened = self.note(Destination::refresh);
        self.write()?;
        if self.queue.take(&mut self.pending, self.write_errors) {
            self.write_errors = 0;
        }
        self.write()?;
        let reopened = if turn.reopen { self.note(Destination::reopen) } else { Ok(()) };
        opened.and(reopened)
    }

    fn write(&mut self) -> io::Result<()> {
        let (lines, outcome) = self.pending.write(&mut self.destination);
        self.queue.count_written(lines);
        self.note(|_| outcome)
    }

    /// Counts a failure.
    fn note(&mut self, work: impl FnOnce(&mut Destination) -> io::Result<()>) -> io::Result<()> {
        work(&mut self.destination).inspect_err(|_| {
            self.write_errors += 1;
            self.queue.count_write_error();
        })
    }
}
