//! What can go wrong with the log.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Why the decision log can't be opened, or was not written.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// The file can't be opened.
    #[error("the decision log {} can't be opened: {error}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        error: Arc<io::Error>,
    },
    /// The thread that writes can't be started.
    #[error("the thread that writes the decision log can't be started: {0}")]
    Thread(Arc<io::Error>),
    /// It can't be written.
    #[error("the decision log can't be written: {0}")]
    Write(Arc<io::Error>),
    /// It was not written in time.
    #[error("the decision log was not written within {0:?}")]
    Late(Duration),
}
