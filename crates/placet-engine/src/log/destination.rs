//! The destination of the log: a file or a writer.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// A destination, which remembers whether it ends within a line.
pub(super) struct Destination {
    out: Box<dyn Write + Send>,
    file: Option<Opened>,
    /// True if the destination ends with part of a line.
    in_line: bool,
}

/// An open file with its path.
struct Opened {
    path: PathBuf,
    identity: Identity,
    /// True if an operation has failed since the file was opened.
    is_suspect: bool,
}

impl Destination {
    /// Opens a file to append to it.
    pub(super) fn file(path: &Path) -> io::Result<Self> {
        let (file, in_line) = open(path)?;
        let identity = identity(&file.metadata()?);
        let opened = Opened { path: path.to_owned(), identity, is_suspect: false };
        Ok(Self { out: Box::new(file), file: Some(opened), in_line })
    }

    pub(super) fn writer(out: Box<dyn Write + Send>) -> Self {
        Self { out, file: None, in_line: false }
    }

    /// Returns true if the destination ends with part of a line.
    pub(super) fn is_in_line(&self) -> bool {
        self.in_line
    }

    /// Writes some of the bytes and returns their number.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let out = &mut self.out;
        let wrote = guarded(|| out.write(bytes));
        match wrote {
            Ok(0) => self.failed(io::ErrorKind::WriteZero.into()),
            Ok(count) => {
                let last = bytes.get(..count).unwrap_or(bytes).last();
                self.in_line = last != Some(&b'\n');
                Ok(count)
            }
            Err(error) => self.failed(error),
        }
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        let out = &mut self.out;
        guarded(|| out.flush())
    }

    fn failed<T>(&mut self, error: io::Error) -> io::Result<T> {
        if let Some(file) = &mut self.file
            && error.kind() != io::ErrorKind::Interrupted
        {
            file.is_suspect = true;
        }
        Err(error)
    }

    /// Reopens the file if it was renamed, removed, or couldn't be written.
    ///
    /// # Errors
    /// If it can't be opened. The old file stays in use.
    pub(super) fn refresh(&mut self) -> io::Result<()> {
        match &self.file {
            Some(file) if file.is_suspect || file.has_moved() => self.reopen(),
            _ => Ok(()),
        }
    }

    /// Reopens the file.
    ///
    /// # Errors
    /// If it can't be opened. The old file stays in use.
    pub(super) fn reopen(&mut self) -> io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let mut opened = Self::file(&file.path)?;
        // The new descriptor may lack the permission to read the last byte. This log still knows what it wrote to the
        // same file.
        let is_same = opened.file.as_ref().is_some_and(|other| other.identity == file.identity);
        opened.in_line |= self.in_line && is_same;
        *self = opened;
        Ok(())
    }
}

impl Opened {
    /// Returns true if the path leads to another file, or to none. Other errors don't count: the file may still be
    /// there.
    fn has_moved(&self) -> bool {
        match fs::metadata(&self.path) {
            Ok(metadata) => identity(&metadata) != self.identity,
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        }
    }
}

/// Opens a file, and returns whether its last line has no line end.
fn open(path: &Path) -> io::Result<(File, bool)> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    // A file may be writable without being readable. Its last line is then assumed to be complete.
    if fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() > 0)
        && let Ok(mut file) = options.clone().read(true).open(path)
    {
        let mut last = [b'\n'];
        let is_read = file.seek(SeekFrom::End(-1)).and_then(|_| file.read_exact(&mut last)).is_ok();
        return Ok((file, is_read && last != [b'\n']));
    }
    Ok((options.open(path)?, false))
}

/// The identity of a file, which tells a renamed file from the one that took its name.
#[cfg(unix)]
type Identity = (u64, u64);
#[cfg(not(unix))]
type Identity = ();

#[cfg(unix)]
fn identity(metadata: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Identity {}

/// Calls a writer. A panic counts as a failed write, so that the log continues.
fn guarded<T>(work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(io::Error::other("the writer panicked")))
}
