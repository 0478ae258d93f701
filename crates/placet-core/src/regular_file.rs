//! Bounded reads of regular files. The project reads every policy through this module.
//!
//! It checks the path before opening it: opening alone can block (a pipe without a writer) or have effects (a device).
//! It checks the open handle again, because the path may point to another file by then. The size that the system
//! reports is no bound (`/proc` reports 0), so the read itself stops one byte after the limit.

use std::fmt;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

/// The first bytes of every saved policy. No policy text begins with them: it begins with a declaration or a comment.
///
/// ```
/// assert!(!b"// A policy.".starts_with(&placet_core::SAVED_POLICY_MAGIC));
/// ```
pub const SAVED_POLICY_MAGIC: [u8; 6] = *b"placet";

/// The reason why a file can't be read. The caller adds the path.
///
/// ```
/// # use placet_core as placet;
/// use placet::FileError;
/// use std::io;
///
/// let error = FileError::TooLarge { limit: 10 };
/// assert_eq!(error.to_string(), "it is larger than 10 bytes");
/// assert_eq!(io::Error::from(error).kind(), io::ErrorKind::FileTooLarge);
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The operating system reported an error.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The path is not a regular file.
    #[error("it is {0}, not a regular file")]
    NotRegular(FileKind),
    /// The file is larger than the limit.
    #[error("it is larger than {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
}

/// The kinds of files that are not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileKind {
    /// A folder.
    Folder,
    /// A pipe, named or not.
    Pipe,
    /// A device, such as a disk or a terminal.
    Device,
    /// A socket.
    Socket,
    /// Any other kind.
    Other,
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Folder => "a folder",
            Self::Pipe => "a pipe",
            Self::Device => "a device",
            Self::Socket => "a socket",
            Self::Other => "a special file",
        })
    }
}

impl From<FileError> for io::Error {
    fn from(error: FileError) -> Self {
        let kind = match &error {
            FileError::Io(_) => io::ErrorKind::Other,
            FileError::NotRegular(FileKind::Folder) => io::ErrorKind::IsADirectory,
            FileError::NotRegular(_) => io::ErrorKind::InvalidInput,
            FileError::TooLarge { .. } => io::ErrorKind::FileTooLarge,
        };
        match error {
            FileError::Io(error) => error,
            other => io::Error::new(kind, other),
        }
    }
}

/// Opens a regular file for reading. Never blocks on a pipe or a device.
///
/// # Errors
/// If the file can't be opened or isn't a regular file.
///
/// ```
/// use placet_core::{FileError, FileKind, open_regular_file};
/// use std::path::Path;
///
/// let folder = open_regular_file(Path::new("src"));
/// assert!(matches!(folder, Err(FileError::NotRegular(FileKind::Folder))));
/// ```
pub fn open_regular_file(path: &Path) -> Result<File, FileError> {
    check_regular(&std::fs::metadata(path)?)?;
    open_checked(path)
}

/// Opens a path that was checked before, and checks the open handle.
fn open_checked(path: &Path) -> Result<File, FileError> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // Another file may have replaced the checked one: opening a pipe must not block, and a terminal must not become
        // the controlling one.
        options.custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    }
    let file = options.open(path)?;
    check_regular(&file.metadata()?)?;
    Ok(file)
}

/// Reads a regular file of at most `limit` bytes.
///
/// # Errors
/// Like [`open_regular_file`], and if the file is larger than the limit. Reads at most `limit + 1` bytes to find out.
///
/// ```
/// use placet_core::{FileError, read_regular_file};
/// use std::path::Path;
///
/// let manifest = Path::new("Cargo.toml");
/// assert!(read_regular_file(manifest, 100_000)?.starts_with(b"[package]"));
/// assert!(matches!(read_regular_file(manifest, 10), Err(FileError::TooLarge { limit: 10 })));
/// # Ok::<(), FileError>(())
/// ```
pub fn read_regular_file(path: &Path, limit: usize) -> Result<Vec<u8>, FileError> {
    read_regular_file_with(path, 0, |_| limit)
}

/// Like [`read_regular_file`], but chooses the limit by the first `head` bytes of the file (fewer if it is shorter).
///
/// # Errors
/// Like [`read_regular_file`].
///
/// ```
/// use placet_core::read_regular_file_with;
/// use std::path::Path;
///
/// let limit = |head: &[u8]| if head == b"[" { 100_000 } else { 10 };
/// assert!(read_regular_file_with(Path::new("Cargo.toml"), 1, limit).is_ok());
/// ```
pub fn read_regular_file_with(
    path: &Path,
    head: usize,
    limit: impl FnOnce(&[u8]) -> usize,
) -> Result<Vec<u8>, FileError> {
    let mut file = open_regular_file(path)?;
    let mut bytes = Vec::new();
    file.by_ref().take(head as u64).read_to_end(&mut bytes)?;
    let limit = limit(&bytes);
    read_bounded(file, bytes, limit)
}

/// Reads the rest of a stream after `bytes`. Returns all bytes together, at most `limit`.
///
/// # Errors
/// If the stream can't be read, or has more bytes than the limit.
///
/// ```
/// use placet_core::read_bounded;
///
/// assert_eq!(read_bounded(&b"cd"[..], b"ab".to_vec(), 4)?, b"abcd");
/// assert!(read_bounded(&b"cd"[..], b"ab".to_vec(), 3).is_err());
/// # Ok::<(), placet_core::FileError>(())
/// ```
pub fn read_bounded(stream: impl Read, mut bytes: Vec<u8>, limit: usize) -> Result<Vec<u8>, FileError> {
    let rest = (limit as u64).saturating_add(1).saturating_sub(bytes.len() as u64);
    stream.take(rest).read_to_end(&mut bytes)?;
    if bytes.len() > limit { Err(FileError::TooLarge { limit }) } else { Ok(bytes) }
}

fn check_regular(about: &Metadata) -> Result<(), FileError> {
    if about.is_file() { Ok(()) } else { Err(FileError::NotRegular(file_kind(about))) }
}

fn file_kind(about: &Metadata) -> FileKind {
    if about.is_dir() {
        return FileKind::Folder;
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let ty = about.file_type();
        if ty.is_fifo() {
            return FileKind::Pipe;
        }
        if ty.is_char_device() || ty.is_block_device() {
            return FileKind::Device;
        }
        if ty.is_socket() {
            return FileKind::Socket;
        }
    }
    FileKind::Other
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use std::process::Command;

    fn fifo(name: &str) -> std::path::PathBuf {
        let path = std::env::temp_dir().join(format!("placet-{name}-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        path
    }

    #[test]
    fn open_checked_rejects_a_pipe_that_replaced_the_file() {
        let path = fifo("race");
        let error = open_checked(&path).unwrap_err();
        std::fs::remove_file(path).unwrap();
        assert!(matches!(error, FileError::NotRegular(FileKind::Pipe)), "{error}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn read_regular_file_stops_after_the_limit_whatever_size_is_reported() {
        // The system reports a size of 0 bytes.
        let path = Path::new("/proc/self/maps");
        assert_eq!(std::fs::metadata(path).unwrap().len(), 0);
        let error = read_regular_file(path, 10).unwrap_err();
        assert!(matches!(error, FileError::TooLarge { limit: 10 }), "{error}");
    }

    #[test]
    fn read_regular_file_accepts_a_file_of_exactly_the_limit() {
        let path = std::env::temp_dir().join(format!("placet-limit-{}", std::process::id()));
        std::fs::write(&path, b"0123456789").unwrap();
        assert_eq!(read_regular_file(&path, 10).unwrap(), b"0123456789");
        assert!(matches!(read_regular_file(&path, 9), Err(FileError::TooLarge { limit: 9 })));
        let by_head = read_regular_file_with(&path, 2, |head| if head == b"01" { 10 } else { 0 });
        assert_eq!(by_head.unwrap().len(), 10);
        std::fs::remove_file(path).unwrap();
    }
}
