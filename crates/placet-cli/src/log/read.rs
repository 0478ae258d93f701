//! Reads the lines of log files into counts.

use super::line::LineError;
use super::lines::{Lines, Piece};
use crate::progress::Progress;
use serde::Serialize;
use std::fmt;
use std::io;
use std::path::Path;

/// The number of lines between two updates of the progress bar.
const LINES_PER_UPDATE: u64 = 4_096;

/// Counts of the lines of logs.
pub(crate) trait LineCounts {
    /// Returns the number of lines that were counted.
    fn lines(&self) -> u64;

    /// Counts a line.
    ///
    /// # Errors
    /// If the line is not a log entry. Then nothing is counted.
    fn add(&mut self, text: &[u8]) -> Result<(), LineError>;

    /// Returns the lines that aren't log entries.
    fn faults(&mut self) -> &mut LineFaults;
}

/// The lines of logs that aren't log entries.
#[derive(Debug, Default)]
pub(crate) struct LineFaults {
    pub(crate) malformed: u64,
    pub(crate) first_malformed: Option<Malformed>,
    /// The number of last lines without a line ending.
    pub(crate) unfinished: u64,
}

impl LineFaults {
    fn add_malformed(&mut self, file: &str, line: u64, error: &LineError) {
        self.malformed += 1;
        self.first_malformed.get_or_insert_with(|| Malformed {
            file: file.to_owned(),
            line,
            message: error.to_string(),
        });
    }
}

/// A line that is not a log entry.
#[derive(Debug, Serialize)]
pub(crate) struct Malformed {
    file: String,
    line: u64,
    message: String,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

/// Counts the lines of a file. Returns its number of bytes.
///
/// # Errors
/// If the file can't be read.
pub(crate) fn read(path: &Path, counts: &mut impl LineCounts, progress: &mut Progress) -> io::Result<u64> {
    let mut lines = Lines::open(path)?;
    let name = lines.name.clone();
    let mut number = 0;
    loop {
        if number % LINES_PER_UPDATE == 0 {
            progress.at(lines.bytes, counts.lines());
        }
        let Some(piece) = lines.next()? else { break };
        number += 1;
        match piece {
            // A writer that stopped within a line ends it before it continues, which can leave an empty line.
            Piece::Line { text: [], .. } => {}
            Piece::Line { text, is_ended } => match counts.add(text) {
                Ok(()) => {}
                Err(error) if is_ended => counts.faults().add_malformed(&name, number, &error),
                Err(_) => counts.faults().unfinished += 1,
            },
            Piece::TooLong(error) => counts.faults().add_malformed(&name, number, &error),
        }
    }
    progress.end_file(lines.bytes);
    Ok(lines.bytes)
}
