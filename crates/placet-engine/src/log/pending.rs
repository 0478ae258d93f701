//! Lines on their way to the destination.
//!
//! The destination may fail after any byte. Pending lines resume at the start of the interrupted line, so every line
//! reaches the destination whole, possibly after an incomplete copy of itself.

use super::destination::Destination;
use super::line::{self, Instant, Lost};
use std::io;

/// Lines that are being written, and are written again after a failure.
#[derive(Debug, Default)]
pub(super) struct Pending {
    bytes: Vec<u8>,
    /// The number of bytes written. Between attempts, a line starts here.
    written: usize,
    /// The number of bytes of recorded lines. The rest reports dropped lines.
    recorded: usize,
}

/// An upper bound on the length of a line that reports dropped lines, in bytes.
const MAX_REPORT: usize = 512;

impl Pending {
    /// Creates a buffer for so many bytes of lines, with room for a report of dropped ones, so that filling it never
    /// reallocates.
    pub(super) fn buffer(capacity: usize) -> Vec<u8> {
        Vec::with_capacity(capacity + MAX_REPORT)
    }

    pub(super) fn new(capacity: usize) -> Self {
        Self { bytes: Self::buffer(capacity), ..Self::default() }
    }

    /// Returns true if all lines are written.
    pub(super) fn is_empty(&self) -> bool {
        self.written >= self.bytes.len()
    }

    /// Takes the lines of a buffer, and leaves an empty one. Swapping keeps both allocations.
    pub(super) fn fill(&mut self, lines: &mut Vec<u8>) {
        self.bytes.clear();
        std::mem::swap(&mut self.bytes, lines);
        self.written = 0;
        self.recorded = self.bytes.len();
    }

    /// Appends a line that reports dropped lines.
    pub(super) fn tell(&mut self, lines: u64, since: Instant, write_errors: u64) {
        let whole = self.bytes.len();
        if line::write(&mut self.bytes, &Lost::new(lines, since, write_errors)).is_err() {
            // INVARIANT: a line of numbers can be represented as JSON.
            self.bytes.truncate(whole);
        }
    }

    /// Returns the number of recorded lines that aren't written.
    pub(super) fn lines(&self) -> u64 {
        lines(self.bytes.get(self.written..self.recorded).unwrap_or_default())
    }

    /// Writes the remaining lines. A line that was interrupted by a failure is written again from its start. Returns
    /// the number of recorded lines written, and the outcome.
    pub(super) fn write(&mut self, destination: &mut Destination) -> (u64, io::Result<()>) {
        let before = self.written;
        let outcome = self.write_all(destination);
        if outcome.is_err() {
            self.step_back();
        }
        let done = self.bytes.get(before..self.written.min(self.recorded)).unwrap_or_default();
        (lines(done), outcome.and_then(|()| destination.flush()))
    }

    fn write_all(&mut self, destination: &mut Destination) -> io::Result<()> {
        if !self.is_empty() && destination.is_in_line() {
            // An interrupted line stays in the destination, so it is ended before the line is written again.
            write_some(destination, b"\n")?;
        }
        while let Some(rest) = self.bytes.get(self.written..).filter(|rest| !rest.is_empty()) {
            self.written += write_some(destination, rest)?;
        }
        Ok(())
    }

    /// Moves back to the start of an interrupted line. If the line only lacks its line end, moves past it instead: the
    /// next attempt starts by writing a line end.
    fn step_back(&mut self) {
        let (done, rest) = self.bytes.split_at_checked(self.written).unwrap_or((&self.bytes, &[]));
        let begin = done.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let is_whole = begin < self.written && rest.first() == Some(&b'\n');
        self.written = if is_whole { self.written + 1 } else { begin };
    }
}

/// Writes some bytes, and retries if a signal interrupts the call.
fn write_some(destination: &mut Destination, bytes: &[u8]) -> io::Result<usize> {
    loop {
        match destination.write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

fn lines(bytes: &[u8]) -> u64 {
    bytes.iter().map(|byte| u64::from(*byte == b'\n')).sum()
}
