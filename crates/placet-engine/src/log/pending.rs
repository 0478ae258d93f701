//! Lines on their way to the destination.

use super::destination::Destination;
use super::line::{self, Instant, Lost};
use std::io;

/// Lines that are being written, and again where that fails.
#[derive(Debug, Default)]
pub(super) struct Pending {
    bytes: Vec<u8>,
    /// So many bytes are written. Between attempts, a line begins here.
    written: usize,
    /// So many bytes are lines that were recorded; what follows tells of lost ones.
    recorded: usize,
}

/// Bytes that telling of lost lines takes.
const TOLD: usize = 512;

impl Pending {
    /// Room for so many bytes of lines, so that taking more never moves them.
    pub(super) fn buffer(capacity: usize) -> Vec<u8> {
        Vec::with_capacity(capacity + TOLD)
    }

    pub(super) fn new(capacity: usize) -> Self {
        Self { bytes: Self::buffer(capacity), ..Self::default() }
    }

    /// Whether all is written.
    pub(super) fn is_empty(&self) -> bool {
        self.written >= self.bytes.len()
    }

    /// Takes over the lines of a buffer, which is left empty.
    pub(super) fn fill(&mut self, lines: &mut Vec<u8>) {
        self.bytes.clear();
        std::mem::swap(&mut self.bytes, lines);
        self.written = 0;
        self.recorded = self.bytes.len();
    }

    /// Tells behind the lines of some that are lost.
    pub(super) fn tell(&mut self, lines: u64, since: Instant, write_errors: u64) {
        let whole = self.bytes.len();
        if line::write(&mut self.bytes, &Lost::new(lines, since, write_errors)).is_err() {
            // INVARIANT: a line of numbers is JSON.
            self.bytes.truncate(whole);
        }
    }

    /// The number of recorded lines that are not written.
    pub(super) fn lines(&self) -> u64 {
        lines(self.bytes.get(self.written..self.recorded).unwrap_or_default())
    }

    /// Writes what is left, whole lines: one of which a part was written before the destination failed is written again
    /// from its beginning. How many recorded lines were written, and whether all were.
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
            write_some(destination, b"\n")?;
        }
        while let Some(rest) = self.bytes.get(self.written..).filter(|rest| !rest.is_empty()) {
            self.written += write_some(destination, rest)?;
        }
        Ok(())
    }

    /// To the beginning of a line that is written in part; past one that lacks but its end, which whatever is written
    /// next begins with.
    fn step_back(&mut self) {
        let (done, rest) = self.bytes.split_at_checked(self.written).unwrap_or((&self.bytes, &[]));
        let begin = done.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let is_whole = begin < self.written && rest.first() == Some(&b'\n');
        self.written = if is_whole { self.written + 1 } else { begin };
    }
}

/// Writes some bytes, whatever interrupts it.
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
