//! `POLICY.clauses`: the clauses of a document that no rule can decide.
//!
//! Each line marks a clause and gives the reason, as in `undecidable "§6": "it is about security"`. Strings are those of
//! JSON. Empty lines, and lines that begin with `//`, mark nothing.

use placet_core::{FileError, Limits, excerpt, read_regular_file};
use std::path::{Path, PathBuf};

/// A clause that no rule can decide.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// The clause, in the form of a cite.
    pub(crate) clause: String,
    /// The reason.
    pub(crate) reason: String,
    /// The line, from 1.
    pub(crate) line: usize,
}

/// The reason why marks can't be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MarksError {
    /// The file can't be read.
    #[error("{path}: {error}")]
    Unreadable {
        /// The file.
        path: String,
        /// The reason.
        error: FileError,
    },
    /// The file isn't a text.
    #[error("{path}: it isn't UTF-8")]
    InvalidUtf8 {
        /// The file.
        path: String,
    },
    /// A line is no mark.
    #[error("{path}:{line}: expected `undecidable \"CLAUSE\": \"REASON\"`, found `{found}`")]
    Malformed {
        /// The file.
        path: String,
        /// The line, from 1.
        line: usize,
        /// Its beginning.
        found: String,
    },
}

impl From<MarksError> for std::io::Error {
    fn from(error: MarksError) -> Self {
        std::io::Error::other(error.to_string())
    }
}

/// Returns the path of a policy's marks: beside the policy, with the extension `clauses`.
pub(crate) fn path(policy: &Path) -> PathBuf {
    policy.with_extension("clauses")
}

/// Reads the marks; there are none without a file.
///
/// # Errors
/// If the file can't be read, or a line is no mark.
pub(crate) fn read(path: &Path) -> Result<Vec<Mark>, MarksError> {
    let name = || path.display().to_string();
    let bytes = match read_regular_file(path, Limits::MAX_FILE_BYTES) {
        Ok(bytes) => bytes,
        Err(FileError::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(MarksError::Unreadable { path: name(), error }),
    };
    let text = String::from_utf8(bytes).map_err(|_| MarksError::InvalidUtf8 { path: name() })?;
    let lines = text.lines().zip(1..).map(|(text, line)| (text.trim(), line));
    let marks = lines.filter(|(text, _)| !text.is_empty() && !text.starts_with("//")).map(|(text, line)| {
        let mark = mark(text, line);
        mark.ok_or_else(|| MarksError::Malformed { path: name(), line, found: excerpt(text) })
    });
    marks.collect()
}

fn mark(text: &str, line: usize) -> Option<Mark> {
    let (clause, rest) = string(text.strip_prefix("undecidable")?)?;
    let (reason, rest) = string(rest.trim_start().strip_prefix(':')?)?;
    let is_whole = rest.trim().is_empty() && !reason.trim().is_empty();
    is_whole.then_some(Mark { clause, reason, line })
}

/// Reads a string of JSON, and returns the text after it.
fn string(text: &str) -> Option<(String, &str)> {
    let mut strings = serde_json::Deserializer::from_str(text).into_iter::<String>();
    let string = strings.next()?.ok()?;
    Some((string, text.get(strings.byte_offset()..)?))
}
