//! Why a policy was not swapped, or is not watched.

use crate::key_error::SwapError;
use placet::{CompileError, LoadError};
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why the policy in the files did not take the place of the one that decides, which stays.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReloadError {
    /// The file can't be read.
    #[error("`{}` can't be read: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// The text does not compile: a fault, an import that can't be read, a refuted proof. It holds all diagnostics, and
    /// says the first.
    #[error("{0}")]
    Compile(#[source] CompileError),
    /// The saved policy can't be loaded.
    #[error("`{}` can't be loaded: {error}", path.display())]
    Load {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        error: LoadError,
    },
    /// The text has no tests, or no proofs, where the policy that was fit last had some: so it is of a file that was cut
    /// off before them.
    #[error("there are no {lost}, where there were {had}: the file may be half written")]
    Unchecked {
        /// `tests` or `proofs`.
        lost: &'static str,
        /// How many there were.
        had: usize,
    },
    /// Tests of the policy fail.
    #[error("{0}")]
    Tests(FailedTests),
    /// The tests of the policy did not end in time (see [`ReloadOptions::test_time`](crate::ReloadOptions::test_time)).
    #[error("{run} of {of} tests took longer than {limit:?}")]
    TestsLate {
        /// How many had been run.
        run: usize,
        /// How many there are.
        of: usize,
        /// The time that they may take.
        limit: Duration,
    },
    /// The policy doesn't fit the keys of the engine's resolvers.
    #[error("{0}")]
    Swap(#[source] SwapError),
    /// A fault of the library came to light: it panicked with these words.
    #[error("reloading panicked: {0}")]
    Panicked(String),
    /// The callback asked for a reload, which would wait for the callback.
    #[error("a policy can't be reloaded from within the callback of a reload")]
    WithinCallback,
}

/// The tests of a policy that fail.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FailedTests {
    /// The first of them, at most [`FailedTests::MAX_SHOWN`].
    pub failed: Vec<FailedTest>,
    /// How many fail.
    pub count: usize,
    /// How many the policy has.
    pub of: usize,
}

impl FailedTests {
    /// Tests that are told with what came of them; the others are counted.
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

/// A test of a policy that fails.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FailedTest {
    /// The test, by its title.
    pub title: String,
    /// Where it stands: a file and a line.
    pub place: String,
    /// What was expected and what came instead, a sentence each.
    pub failures: Vec<String>,
}

impl fmt::Display for FailedTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` at {}: {}", self.title, self.place, self.failures.join("; "))
    }
}

/// Why changes of a policy are not noticed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WatchError {
    /// There is no such path.
    #[error("`{}` is no path: {reason}", path.display())]
    Path {
        /// What was given.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The system watches no files for this process, or no more.
    #[error("files can't be watched: {reason}")]
    Unavailable {
        /// Why.
        reason: String,
    },
    /// A folder can't be watched.
    #[error("the folder `{}` can't be watched: {reason}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        reason: String,
    },
    /// No thread could be started.
    #[error("no thread can be started: {reason}")]
    Thread {
        /// Why.
        reason: String,
    },
}
