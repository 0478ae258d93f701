//! What people said, and when: appended, never changed, read as of an instant.
//!
//! An instant is recorded with every event. Those of one subject never go back, whatever the clock does, so their order
//! is the order in which they were recorded, and what was said last holds.

mod age;
mod event;
mod instant;
mod postgres;
mod sqlite;
mod statements;

pub use self::postgres::Postgres;
pub use age::{Born, NoSuchDay};
pub use event::{Event, Mark, Person, Standing, State, UnknownName};
pub use instant::{Instant, NoSuchInstant};
pub use sqlite::Sqlite;

use std::sync::Arc;
use std::time::Duration;

/// Connections that read at the same time, at most.
const CONNECTIONS: u32 = 8;
/// How long a connection is waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// The longest name of a subject, in bytes.
pub const MAX_SUBJECT: usize = 200;

/// Whether a text can name a subject: it has 1 to [`MAX_SUBJECT`] bytes, none of control.
pub fn is_subject(name: &str) -> bool {
    !name.is_empty() && name.len() <= MAX_SUBJECT && !name.chars().any(char::is_control)
}

/// A store of events. All methods block until the store has answered, and may be called by many threads.
///
/// What is known of a subject as of an instant is told by the events up to it, that instant among them. `None` stands
/// for a subject who was not registered by then, of whom nothing is known.
pub trait Store: Send + Sync {
    /// Records `events`, all or none: what returned is on the disk. Where nobody is registered as `subject`, that is done
    /// first if it is `new`. Gives the instant that stands with them: `now`, or the subject's latest where the clock
    /// went back.
    ///
    /// # Errors
    /// If the store fails, in which case the events may have been recorded none the less; and
    /// [`StoreError::UnknownSubject`], in which case nothing was recorded.
    fn append(&self, subject: &str, events: &[Event], now: Instant, new: bool)
    -> Result<Instant, StoreError>;

    /// Registers `subject` where nobody has that name, and records `events`, as [`Store::append`].
    ///
    /// # Errors
    /// As [`Store::append`].
    fn register(&self, subject: &str, events: &[Event], now: Instant) -> Result<Instant, StoreError> {
        self.append(subject, events, now, true)
    }

    /// Records `events` of somebody who is registered, as [`Store::append`].
    ///
    /// # Errors
    /// As [`Store::append`].
    fn record(&self, subject: &str, events: &[Event], now: Instant) -> Result<Instant, StoreError> {
        self.append(subject, events, now, false)
    }

    /// What `subject` said of processing for `purpose`.
    ///
    /// # Errors
    /// If the store fails.
    fn consent(&self, subject: &str, purpose: &str, as_of: Instant) -> Result<Option<Standing>, StoreError>;

    /// Who `subject` is.
    ///
    /// # Errors
    /// If the store fails.
    fn person(&self, subject: &str, as_of: Instant) -> Result<Option<Person>, StoreError>;

    /// Whether `mark` is set; it is not until it was.
    ///
    /// # Errors
    /// If the store fails.
    fn mark(&self, subject: &str, mark: Mark, as_of: Instant) -> Result<Option<bool>, StoreError>;

    /// An instant that no withdrawal is later than: what clocks must not fall behind when a service starts.
    ///
    /// # Errors
    /// If the store fails.
    fn latest(&self) -> Result<Instant, StoreError>;

    /// That the store answers.
    ///
    /// # Errors
    /// If it does not.
    fn ready(&self) -> Result<(), StoreError>;
}

/// Why a store has no answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Nobody of that name was registered.
    #[error("nobody is registered as `{0}`")]
    UnknownSubject(String),
    /// SQLite says so.
    #[error("the store failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// PostgreSQL says so.
    #[error("the store failed: {}", message(.0))]
    Postgres(#[from] ::postgres::Error),
    /// It would be gone with the process, and so would every withdrawal.
    #[error("`{0}` names a database in memory; expected a file, or `postgres://…`")]
    NoFile(String),
    /// No connection was to be had in time.
    #[error("the store can't be reached: {0}")]
    Unreachable(#[from] r2d2::Error),
    /// The store holds what it does not write.
    #[error("the store holds a {what} `{text}`")]
    Garbage {
        /// What it should be.
        what: &'static str,
        /// What it is.
        text: String,
    },
}

/// What PostgreSQL says itself, where it said something.
fn message(error: &::postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string)
}

/// Opens the store that `place` names: a PostgreSQL database by `postgres://…` or `postgresql://…`, or else the file of
/// a SQLite database, which is created where there is none.
///
/// # Errors
/// If it can't be opened.
pub fn open(place: &str) -> Result<Arc<dyn Store>, StoreError> {
    if place.starts_with("postgres://") || place.starts_with("postgresql://") {
        Ok(Arc::new(Postgres::open(place)?))
    } else {
        Ok(Arc::new(Sqlite::open(place)?))
    }
}
