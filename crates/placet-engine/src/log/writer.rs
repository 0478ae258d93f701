//! The thread that writes the log.

use super::destination::Destination;
use super::pending::Pending;
use super::queue::{Queue, Turn};
use std::io;
use std::time::Duration;

/// The pause before the first retry. Each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause before a retry.
const MAX_PAUSE: Duration = Duration::from_secs(5);

/// Writes queued lines until the log is closed.
pub(super) fn run(queue: &Queue, destination: Destination) {
    let pending = Pending::new(queue.capacity());
    let mut writer = Writer { queue, destination, pending, write_errors: 0 };
    let mut pause = FIRST_PAUSE;
    loop {
        let turn = queue.turn((!writer.pending.is_empty()).then_some(pause));
        let mut outcome = writer.attempt(turn);
        // The last turn tries twice: a first failure marks the file as suspect, so that the second attempt reopens it.
        if turn.is_last && outcome.is_err() {
            outcome = writer.attempt(turn);
        }
        pause = if outcome.is_ok() { FIRST_PAUSE } else { MAX_PAUSE.min(pause * 2) };
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
    /// The failures since dropped lines were last reported.
    write_errors: u64,
}

impl Writer<'_> {
    /// Writes the lines that failed before, then the queued ones, and reopens the file if asked for.
    fn attempt(&mut self, turn: Turn) -> io::Result<()> {
        // A refresh that fails is counted, but doesn't end the attempt: the old file may still take the lines.
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
