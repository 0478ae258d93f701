//! The file of a document: where it is, and how it is read.

use super::Document;
use placet_core::{FileError, Limits, read_regular_file};
use std::io;
use std::path::{Path, PathBuf};

/// The reason why a policy's document can't be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DocumentError {
    /// The policy names no document.
    #[error("{policy} names no document: add `source \"FILE.md\"` to its header, or give `--source FILE.md`")]
    Unnamed {
        /// The policy.
        policy: String,
    },
    /// The document isn't in the policy's folder.
    #[error("{path} is outside the folder of the policy: give it with `--source {path}`")]
    Outside {
        /// The document.
        path: String,
    },
    /// The document has no file here.
    #[error("the document `{name}` isn't here: give its file with `--source FILE.md`")]
    Absent {
        /// The source in the policy's header.
        name: String,
    },
    /// The file can't be read.
    #[error("{path}: {error}")]
    Unreadable {
        /// The document.
        path: String,
        /// The reason.
        error: FileError,
    },
    /// The file isn't a text.
    #[error("{path}: it isn't UTF-8")]
    InvalidUtf8 {
        /// The document.
        path: String,
    },
    /// The document is too large.
    #[error("the document has more than {limit} clauses")]
    TooManyClauses {
        /// The limit.
        limit: usize,
    },
}

impl From<DocumentError> for io::Error {
    fn from(error: DocumentError) -> Self {
        io::Error::other(error.to_string())
    }
}

/// The path of a document.
#[derive(Debug)]
pub(crate) struct Location(PathBuf);

impl Location {
    /// Returns the path.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

/// Finds the document of a policy: the given file or, without one, the source in its header, relative to the policy. Like
/// an import, a source can't leave the policy's folder: a policy from elsewhere must not choose which files are read.
///
/// # Errors
/// If there is no such file.
pub(crate) fn locate(
    policy: &Path,
    source: Option<&str>,
    given: Option<&Path>,
) -> Result<Location, DocumentError> {
    if let Some(path) = given {
        return Ok(Location(path.to_owned()));
    }
    let source = source.ok_or_else(|| DocumentError::Unnamed { policy: policy.display().to_string() })?;
    let folder = policy.parent().unwrap_or(Path::new(""));
    let path = folder.join(source);
    let real = path.canonicalize().map_err(|error| match error.kind() {
        // An address, such as `https://…`, is no file either.
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            DocumentError::Absent { name: source.to_owned() }
        }
        _ => DocumentError::Unreadable { path: path.display().to_string(), error: error.into() },
    })?;
    let root = policy.canonicalize().unwrap_or_else(|_| policy.to_owned());
    if !root.parent().is_some_and(|root| real.starts_with(root)) {
        return Err(DocumentError::Outside { path: path.display().to_string() });
    }
    Ok(Location(path))
}

/// Reads a document.
///
/// # Errors
/// If its file is no regular file or is too large, or isn't UTF-8.
pub(crate) fn read(location: &Location) -> Result<Document, DocumentError> {
    let path = || location.0.display().to_string();
    let bytes = read_regular_file(&location.0, Limits::MAX_FILE_BYTES)
        .map_err(|error| DocumentError::Unreadable { path: path(), error })?;
    let text = String::from_utf8(bytes).map_err(|_| DocumentError::InvalidUtf8 { path: path() })?;
    Document::parse(text.strip_prefix('\u{feff}').unwrap_or(&text))
}
