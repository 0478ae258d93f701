//! The lines of a file, one at a time.

use super::line::LineError;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

/// The longest line that is taken for one, in bytes.
const LONGEST: usize = 1 << 20;

/// A log that is read.
pub(crate) struct Lines {
    /// What it is called, for people.
    pub(crate) name: String,
    /// How many bytes were read.
    pub(crate) bytes: u64,
    reader: BufReader<Box<dyn Read>>,
    line: Vec<u8>,
}

/// What was read.
pub(crate) enum Piece<'l> {
    /// A line.
    Line {
        /// Without its end.
        text: &'l [u8],
        /// Whether it has an end.
        is_ended: bool,
    },
    /// More than a line can be.
    TooLong(LineError),
}

impl Lines {
    /// Opens a log: `-` is standard input.
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
            let message = format!("it is compressed; `{packer} -dc FILE | placet log -` reads it");
            return Err(fail(&name, &io::Error::new(io::ErrorKind::InvalidData, message)));
        }
        Ok(Self { name, bytes: 0, reader, line: Vec::new() })
    }

    /// The next line; `None` at the end.
    ///
    /// # Errors
    /// If the file can't be read.
    pub(crate) fn next(&mut self) -> io::Result<Option<Piece<'_>>> {
        if !self.part()? {
            return Ok(None);
        }
        if !self.line.ends_with(b"\n") && self.line.len() > LONGEST {
            while self.part()? && !self.line.ends_with(b"\n") {}
            return Ok(Some(Piece::TooLong(LineError::TooLong(LONGEST))));
        }
        let is_ended = self.line.ends_with(b"\n");
        Ok(Some(Piece::Line { text: self.line.trim_ascii(), is_ended }))
    }

    /// Reads on to the end of the line, or as much as a line can be; whether there was anything.
    fn part(&mut self) -> io::Result<bool> {
        self.line.clear();
        let mut part = (&mut self.reader).take(LONGEST as u64 + 1);
        let count = part.read_until(b'\n', &mut self.line).map_err(|error| fail(&self.name, &error))?;
        self.bytes += count as u64;
        Ok(count > 0)
    }
}

fn fail(name: &str, error: &io::Error) -> io::Error {
    crate::command::named(Path::new(name), error)
}
