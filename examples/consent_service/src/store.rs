//! The store: an append-only log of events about subjects, read as of an instant.
//!
//! Every event is recorded with an instant. The instants of one subject never go back, whatever the clock does. Their
//! order is therefore the order of recording, and the last event counts.

mod age;
mod event;
mod instant;
#[cfg(feature = "postgres")]
mod postgres;
mod sqlite;
mod statements;

#[cfg(feature = "postgres")]
pub use self::postgres::Postgres;
pub use age::{Born, NoSuchDay};
pub use event::{Event, Mark, Person, Standing, State, UnknownName};
pub use instant::{Instant, NoSuchInstant};
pub use sqlite::Sqlite;

use std::sync::Arc;
use std::time::Duration;

/// The maximum number of concurrent reading connections.
const MAX_CONNECTIONS: u32 = 8;
/// The timeout for getting a connection.
const TIMEOUT: Duration = Duration::from_secs(2);
/// The longest name of a subject, in bytes.
pub const MAX_SUBJECT: usize = 200;

/// Returns true if a text is a valid name of a subject: 1 to [`MAX_SUBJECT`] bytes without control characters.
///
/// ```
/// use placet_consent_service::store::{MAX_SUBJECT, is_subject};
///
/// assert!(is_subject("ann"));
/// assert!(!is_subject("") && !is_subject("a\nb") && !is_subject(&"a".repeat(MAX_SUBJECT + 1)));
/// ```
pub fn is_subject(name: &str) -> bool {
    !name.is_empty() && name.len() <= MAX_SUBJECT && !name.chars().any(char::is_control)
}

/// A store of events. All methods block until the store has answered, and may be called by many threads.
///
/// The facts about a subject as of an instant follow from the events up to and including that instant. `None` stands
/// for a subject who wasn't registered by then and about whom nothing is known.
pub trait Store: Send + Sync {
    /// Records `events`, all or none. When this returns, they are on disk. If `new` is set, registers `subject` first
    /// unless that name is registered. Returns the instant recorded with the events: `now`, or the subject's latest
    /// instant if the clock went back.
    ///
    /// # Errors
    /// If the store fails, in which case the events may have been recorded nevertheless.
    /// [`StoreError::UnknownSubject`], in which case nothing was recorded.
    fn append(&self, subject: &str, events: &[Event], now: Instant, new: bool)
    -> Result<Instant, StoreError>;

    /// Registers `subject` unless that name is registered, and records `events`, like [`Store::append`].
    ///
    /// # Errors
    /// Like [`Store::append`].
    fn register(&self, subject: &str, events: &[Event], now: Instant) -> Result<Instant, StoreError> {
        self.append(subject, events, now, true)
    }

    /// Records `events` of a registered subject, like [`Store::append`].
    ///
    /// # Errors
    /// Like [`Store::append`].
    fn record(&self, subject: &str, events: &[Event], now: Instant) -> Result<Instant, StoreError> {
        self.append(subject, events, now, false)
    }

    /// Returns the subject's consent to processing for `purpose`.
    ///
    /// # Errors
    /// If the store fails.
    fn consent(&self, subject: &str, purpose: &str, as_of: Instant) -> Result<Option<Standing>, StoreError>;

    /// Returns the facts about the person.
    ///
    /// # Errors
    /// If the store fails.
    fn person(&self, subject: &str, as_of: Instant) -> Result<Option<Person>, StoreError>;

    /// Returns true if `mark` is set. A mark without an event isn't set.
    ///
    /// # Errors
    /// If the store fails.
    fn mark(&self, subject: &str, mark: Mark, as_of: Instant) -> Result<Option<bool>, StoreError>;

    /// Returns an instant that no withdrawal is later than. The clock of a starting service must not fall behind it.
    ///
    /// # Errors
    /// If the store fails.
    fn latest(&self) -> Result<Instant, StoreError>;

    /// Checks that the store answers.
    ///
    /// # Errors
    /// If it doesn't.
    fn ready(&self) -> Result<(), StoreError>;
}

/// The error of a store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No subject is registered by this name.
    #[error("nobody is registered as `{0}`")]
    UnknownSubject(String),
    /// SQLite failed.
    #[error("the store failed")]
    Sqlite(#[from] rusqlite::Error),
    /// PostgreSQL failed.
    #[cfg(feature = "postgres")]
    #[error("the store failed")]
    Postgres(#[from] ::postgres::Error),
    /// The store is a PostgreSQL database, and the service was built without the feature `postgres`.
    #[cfg(not(feature = "postgres"))]
    #[error(
        "this build can't use PostgreSQL; build it with `--features postgres`, or give the file of a SQLite database"
    )]
    NoPostgres,
    /// The database is in memory: it would vanish with the process, and every withdrawal with it.
    #[error("`{0}` names a database in memory; expected a file, or `postgres://…`")]
    NoFile(String),
    /// No connection was available within the timeout.
    #[error("the store can't be reached")]
    Unreachable(#[from] r2d2::Error),
    /// The store holds a value that it never writes.
    #[error("the store holds a {what} `{text}`")]
    Garbage {
        /// The expected kind of value.
        what: &'static str,
        /// The value found.
        text: String,
    },
}

/// Opens the store at `place`: a PostgreSQL database (`postgres://…` or `postgresql://…`, with the feature `postgres`),
/// or else the file of a SQLite database. The file is created if it doesn't exist.
///
/// # Errors
/// If the store can't be opened.
pub fn open(place: &str) -> Result<Arc<dyn Store>, StoreError> {
    if place.starts_with("postgres://") || place.starts_with("postgresql://") {
        #[cfg(feature = "postgres")]
        return Ok(Arc::new(Postgres::open(place)?));
        // The address may hold a password, so the error leaves it out.
        #[cfg(not(feature = "postgres"))]
        return Err(StoreError::NoPostgres);
    } else {
        Ok(Arc::new(Sqlite::open(place)?))
    }
}
