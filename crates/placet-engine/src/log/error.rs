//! Errors of the decision log.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The reason why the decision log can't be opened or written.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// The file can't be opened.
    #[error("the decision log `{}` can't be opened", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// The reason.
        #[source]
        error: Arc<io::Error>,
    },
    /// The writer thread can't be started.
    #[error("the thread that writes the decision log can't be started")]
    Thread(#[source] Arc<io::Error>),
    /// The lines can't be written.
    #[error("the decision log{} can't be written", named(path.as_deref()))]
    Write {
        /// The file; `None` if the log goes to a writer.
        path: Option<Arc<Path>>,
        /// The reason.
        #[source]
        error: Arc<io::Error>,
    },
    /// The lines weren't written within the timeout.
    #[error("the decision log{} was not written within {timeout:?}", named(path.as_deref()))]
    Late {
        /// The file; `None` if the log goes to a writer.
        path: Option<Arc<Path>>,
        /// The timeout.
        timeout: Duration,
    },
}

/// Returns the name of a file, to follow the words for its kind.
fn named(path: Option<&Path>) -> String {
    path.map(|path| format!(" `{}`", path.display())).unwrap_or_default()
}
