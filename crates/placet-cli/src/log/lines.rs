//! Reads a log line by line, in bounded memory.

use super::line::LineError;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

/// The maximum length of a line, in bytes.
const MAX_LINE_BYTES: usize = 1 << 20;

/// A log file.
pub(crate) struct Lines {
    /// The name for messages.
    pub(crate) name: String,
    /// The number of bytes read.
    pub(crate) bytes: u64,
    reader: BufReader<Box<dyn Read>>,
    line: Vec<u8>,
}

/// A piece of a log.
pub(crate) enum Piece<'l> {
    /// A line.
    Line {
        /// The text without its line ending.
        text: &'l [u8],
        /// True if the line has a line ending.
        is_ended: bool,
    },
    /// A line that exceeds the maximum length.
    TooLong(LineError),
}

impl Lines {
    /// Opens a log file, or standard input for `-`.
    ///
    /// # Errors
    /// If it can't be opened, or is compressed.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let (name, input): (_, Box<dyn Read>) = if path == Path::new("-") {
            ("standard input".to_owned(), Box::new(io::stdin()))
        } else {
            let file = File::open(path).map_err(|error| crate::command::named(path, &error))?;
            (path.display().to_string(), Box::new(file))
        };
        let mut reader = BufReader::with_capacity(1 << 18, input);
        let packer = match reader.fill_buf().map_err(|error| fail(&name, &error))? {
            [0x1f, 0x8b, ..] => Some("gzip"),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some("zstd"),
            _ => None,
        };
        if let Some(packer) = packer {
            let message = format!("the file is compressed; read it with `{packer} -dc FILE | placet log -`");
            return Err(fail(&name, &io::Error::new(io::ErrorKind::InvalidData, message)));
        }
        Ok(Self { name, bytes: 0, reader, line: Vec::new() })
    }

    /// Returns the next line, or `None` at the end.
    ///
    /// # Errors
    /// If the file can't be read.
    pub(crate) fn next(&mut self) -> io::Result<Option<Piece<'_>>> {
        if !self.part()? {
            return Ok(None);
        }
        if !self.line.ends_with(b"\n") && self.line.len() > MAX_LINE_BYTES {
            // Skip to the end of the line, so that the next call starts with a whole one.
            while self.part()? && !self.line.ends_with(b"\n") {}
            return Ok(Some(Piece::TooLong(LineError::TooLong(MAX_LINE_BYTES))));
        }
        let is_ended = self.line.ends_with(b"\n");
        Ok(Some(Piece::Line { text: self.line.trim_ascii(), is_ended }))
    }

    /// Reads up to the end of the line or the maximum length. Returns false at the end of the file.
    fn part(&mut self) -> io::Result<bool> {
        self.line.clear();
        let mut part = (&mut self.reader).take(MAX_LINE_BYTES as u64 + 1);
        let count = part.read_until(b'\n', &mut self.line).map_err(|error| fail(&self.name, &error))?;
        self.bytes += count as u64;
        Ok(count > 0)
    }
}

fn fail(name: &str, error: &io::Error) -> io::Error {
    crate::command::named(Path::new(name), error)
}
