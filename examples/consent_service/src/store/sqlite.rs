//! The store in a file, by SQLite. One connection writes and several read.

use super::statements::{
    self, ADD_BIRTH, ADD_CONSENT, ADD_MARK, CONSENT, LATEST, LATEST_OF_ALL, MARK, PERSON, REGISTER,
};
use super::{Event, Instant, MAX_CONNECTIONS, Mark, Person, Standing, Store, StoreError, TIMEOUT};
use r2d2::{ManageConnection, Pool};
use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior, params};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// A store in a SQLite file.
pub struct Sqlite {
    writer: Mutex<Connection>,
    readers: Pool<Readers>,
}

/// The factory of reading connections.
struct Readers(PathBuf);

impl Sqlite {
    /// Opens the file at `path`. It is created if it doesn't exist.
    ///
    /// # Errors
    /// If it can't be opened, is another kind of database, or isn't a file.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        let writer = Connection::open(path)?;
        if writer.path().is_none_or(str::is_empty) {
            return Err(StoreError::NoFile(path.display().to_string()));
        }
        writer.busy_timeout(TIMEOUT)?;
        // With a write-ahead log, readers and the writer don't wait for each other.
        writer.pragma_update(None, "journal_mode", "wal")?;
        // `full` puts each commit on disk. With `normal`, a power failure could lose the last commits.
        writer.pragma_update(None, "synchronous", "full")?;
        writer.pragma_update(None, "foreign_keys", true)?;
        writer.execute_batch(include_str!("sqlite.sql"))?;
        let readers = Pool::builder()
            .max_size(MAX_CONNECTIONS)
            .connection_timeout(TIMEOUT)
            .test_on_check_out(false)
            .build(Readers(path.to_owned()))?;
        Ok(Self { writer: Mutex::new(writer), readers })
    }
}

impl Store for Sqlite {
    fn append(
        &self,
        subject: &str,
        events: &[Event],
        now: Instant,
        new: bool,
    ) -> Result<Instant, StoreError> {
        // If a thread panicked, its transaction was rolled back before the lock was poisoned.
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if new {
            transaction.prepare_cached(REGISTER)?.execute(params![subject, now.microseconds()])?;
        }
        let latest: Option<i64> =
            transaction.prepare_cached(LATEST)?.query_one([subject], |row| row.get(0))?;
        let latest = latest.ok_or_else(|| StoreError::UnknownSubject(subject.to_owned()))?;
        let instant = now.max(statements::instant(latest)?);
        let at = instant.microseconds();
        for event in events {
            match event {
                Event::Born(born) => {
                    transaction.prepare_cached(ADD_BIRTH)?.execute(params![subject, born.to_string(), at])?
                }
                Event::Consent { purpose, state } => transaction
                    .prepare_cached(ADD_CONSENT)?
                    .execute(params![subject, purpose, state.name(), at])?,
                Event::Mark { mark, on } => {
                    transaction.prepare_cached(ADD_MARK)?.execute(params![subject, mark.name(), on, at])?
                }
            };
        }
        transaction.commit()?;
        Ok(instant)
    }

    fn consent(&self, subject: &str, purpose: &str, as_of: Instant) -> Result<Option<Standing>, StoreError> {
        let reader = self.readers.get()?;
        let row: Option<(Option<String>, Option<i64>)> = reader
            .prepare_cached(CONSENT)?
            .query_one(params![subject, purpose, as_of.microseconds()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        row.map(|(state, since)| statements::standing(state, since)).transpose()
    }

    fn person(&self, subject: &str, as_of: Instant) -> Result<Option<Person>, StoreError> {
        let reader = self.readers.get()?;
        let row: Option<(Option<String>, i64)> = reader
            .prepare_cached(PERSON)?
            .query_one(params![subject, as_of.microseconds(), Mark::GuardianPermission.name()], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        row.map(|(born, permission)| statements::person(born, is_on(permission)?)).transpose()
    }

    fn mark(&self, subject: &str, mark: Mark, as_of: Instant) -> Result<Option<bool>, StoreError> {
        let reader = self.readers.get()?;
        let on = reader
            .prepare_cached(MARK)?
            .query_one(params![subject, mark.name(), as_of.microseconds()], |row| row.get(0))
            .optional()?;
        on.map(is_on).transpose()
    }

    fn latest(&self) -> Result<Instant, StoreError> {
        statements::latest(self.readers.get()?.query_one(LATEST_OF_ALL, [], |row| row.get(0))?)
    }

    fn ready(&self) -> Result<(), StoreError> {
        let reader = self.readers.get()?;
        reader.prepare_cached("SELECT 1 FROM subjects LIMIT 1")?.exists([])?;
        Ok(())
    }
}

/// Converts SQLite's integer into a Boolean. The value is checked here too, because connections can disable the table's
/// `CHECK`.
fn is_on(number: i64) -> Result<bool, StoreError> {
    match number {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(StoreError::Garbage { what: "mark that is", text: number.to_string() }),
    }
}

impl ManageConnection for Readers {
    type Connection = Connection;
    type Error = rusqlite::Error;

    fn connect(&self) -> Result<Connection, rusqlite::Error> {
        let reader = Connection::open_with_flags(&self.0, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        reader.busy_timeout(TIMEOUT)?;
        Ok(reader)
    }

    fn is_valid(&self, _: &mut Connection) -> Result<(), rusqlite::Error> {
        Ok(())
    }

    fn has_broken(&self, _: &mut Connection) -> bool {
        false
    }
}
