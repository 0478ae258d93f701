//! The reasons why a policy wasn't swapped in, or isn't watched.

use crate::key_error::SwapError;
use placet::{CompileError, LoadError};
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// The reason why the policy in the files wasn't swapped in. The current policy stays.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReloadError {
    /// The file can't be read.
    #[error("`{}` can't be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The reason.
        #[source]
        error: io::Error,
    },
    /// The text doesn't compile: it has an error, an import can't be read, or a proof is refuted. The error holds all
    /// diagnostics; its text is the first of them.
    #[error(transparent)]
    Compile(CompileError),
    /// The saved policy can't be loaded.
    #[error("`{}` can't be loaded", path.display())]
    Load {
        /// The file.
        path: PathBuf,
        /// The reason.
        #[source]
        error: LoadError,
    },
    /// The text has no tests or no proofs, although the last fit policy had some. The file was probably cut off before
    /// them.
    #[error("there are no {lost}, where there were {had}: the file may be half written")]
    Unchecked {
        /// `tests` or `proofs`.
        lost: &'static str,
        /// The number that the last fit policy had.
        had: usize,
    },
    /// Some tests of the policy fail.
    #[error("{0}")]
    Tests(FailedTests),
    /// The tests of the policy exceeded their time limit (see
    /// [`ReloadOptions::test_time`](crate::ReloadOptions::test_time)).
    #[error("{run} of {of} tests took longer than {limit:?}")]
    TestsLate {
        /// The number of tests that had run.
        run: usize,
        /// The number of tests.
        of: usize,
        /// The time limit.
        limit: Duration,
    },
    /// The policy doesn't fit the keys of the engine's resolvers.
    #[error(transparent)]
    Swap(SwapError),
    /// The library panicked with this message. This is a bug in the library.
    #[error("reloading panicked: {0}")]
    Panicked(String),
    /// The callback asked for a reload, which would wait for the callback.
    #[error("a policy can't be reloaded from within the callback of a reload")]
    WithinCallback,
}

/// The failing tests of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FailedTests {
    /// The first failing tests, at most [`FailedTests::MAX_SHOWN`].
    pub failed: Vec<FailedTest>,
    /// The number of failing tests.
    pub count: usize,
    /// The number of tests in the policy.
    pub of: usize,
}

impl FailedTests {
    /// The number of failing tests that are described. Further ones are only counted.
    pub const MAX_SHOWN: usize = 50;
}

impl fmt::Display for FailedTests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} tests fail", self.count, self.of)?;
        match self.failed.first() {
            Some(test) if self.count == 1 => write!(f, ": {test}"),
            Some(test) => write!(f, ", the first: {test}"),
            None => Ok(()),
        }
    }
}

/// A failing test of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FailedTest {
    /// The title of the test.
    pub title: String,
    /// The position of the test: its file and line.
    pub location: String,
    /// The failures, one sentence each: the expected value and the actual one.
    pub failures: Vec<String>,
}

impl fmt::Display for FailedTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` at {}: {}", self.title, self.location, self.failures.join("; "))
    }
}

/// The reason why changes of a policy aren't noticed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WatchError {
    /// The path is invalid.
    #[error("`{}` is no path: {reason}", path.display())]
    Path {
        /// The path as it was given.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// The system can't watch files for this process, or can't watch any more.
    #[error("files can't be watched: {reason}")]
    Unavailable {
        /// The reason.
        reason: String,
    },
    /// A folder can't be watched.
    #[error("the folder `{}` can't be watched: {reason}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// The reason.
        reason: String,
    },
    /// The thread couldn't be started.
    #[error("no thread can be started: {reason}")]
    Thread {
        /// The reason.
        reason: String,
    },
}
