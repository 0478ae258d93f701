//! Errors of the decision log.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The reason why the decision log can't be opened or written.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// The file can't be opened.
    #[error("the decision log {} can't be opened: {error}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// The reason.
        error: Arc<io::Error>,
    },
    /// The writer thread can't be started.
    #[error("the thread that writes the decision log can't be started: {0}")]
    Thread(Arc<io::Error>),
    /// The lines can't be written.
    #[error("the decision log can't be written: {0}")]
    Write(Arc<io::Error>),
    /// The lines weren't written within the timeout.
    #[error("the decision log was not written within {0:?}")]
    Late(Duration),
}
