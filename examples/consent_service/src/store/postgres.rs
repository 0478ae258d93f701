//! The store in a PostgreSQL database, version 14 or later.

use super::statements::{
    self, ADD_BIRTH, ADD_CONSENT, ADD_MARK, CONSENT, LATEST, LATEST_OF_ALL, MARK, PERSON, REGISTER,
};
use super::{Event, Instant, MAX_CONNECTIONS, Mark, Person, Standing, Store, StoreError, TIMEOUT};
use ::postgres::error::{DbError, Severity};
use ::postgres::types::ToSql;
use ::postgres::{Client, Config, Error, NoTls, Row, Statement};
use r2d2::{ManageConnection, Pool, PooledConnection};

/// The advisory lock held while tables are created, since several services may start at once.
const CREATION: i64 = 0x706c_6163_6574;

/// The settings of every connection: commits wait for the disk, and statements time out like connections.
const SESSION: &str = "\
    SELECT set_config('synchronous_commit', 'on', FALSE) WHERE current_setting('synchronous_commit') = 'off';
    SET statement_timeout = '2s'";

/// A store in a PostgreSQL database.
pub struct Postgres {
    pool: Pool<Connections>,
}

/// The connection factory of the pool.
struct Connections(Config);

/// A connection with its prepared statements.
struct Connection {
    client: Client,
    /// True once the server has closed it. The client itself notices a moment later.
    lost: bool,
    latest: Statement,
    consent: Statement,
    person: Statement,
    mark: Statement,
}

impl Postgres {
    /// Opens the database at `place`, for example `postgres://user:password@host/database`. Connections aren't
    /// encrypted. Drop the store where blocking is allowed.
    ///
    /// # Errors
    /// If it can't be opened.
    pub fn open(place: &str) -> Result<Self, StoreError> {
        let mut config: Config = place.parse()?;
        config.connect_timeout(TIMEOUT);
        // The tables come first, because connections prepare statements on them.
        let mut client = config.connect(NoTls)?;
        let mut transaction = client.transaction()?;
        transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&CREATION])?;
        transaction.batch_execute(include_str!("postgres.sql"))?;
        transaction.commit()?;
        let pool = Pool::builder()
            .max_size(MAX_CONNECTIONS)
            .connection_timeout(TIMEOUT)
            .test_on_check_out(false)
            .build(Connections(config))?;
        Ok(Self { pool })
    }

    /// Runs `work` on a connection, and again on another one if the first turns out to be closed. `work` only runs more
    /// than once if a connection was lost, so it must be safe to repeat.
    fn with<T>(&self, mut work: impl FnMut(&mut Connection) -> Result<T, Error>) -> Result<T, StoreError> {
        // After a restart of the server, every pooled connection may be closed. The last attempt below gets a new one.
        for _ in 0..MAX_CONNECTIONS {
            let mut connection = self.pool.get()?;
            match work(&mut connection) {
                Err(error) if connection.lost_by(&error) => {}
                result => return Ok(result?),
            }
        }
        Ok(work(&mut *self.pool.get()?)?)
    }

    /// Returns a connection that was just tested. An append can't be repeated safely, so it needs one that works.
    fn alive(&self) -> Result<PooledConnection<Connections>, StoreError> {
        for _ in 0..MAX_CONNECTIONS {
            let mut connection = self.pool.get()?;
            match connection.client.batch_execute("") {
                Err(error) if connection.lost_by(&error) => {}
                result => return Ok(result.map(|()| connection)?),
            }
        }
        Ok(self.pool.get()?)
    }

    fn row(
        &self,
        statement: impl Fn(&Connection) -> &Statement,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Option<Row>, StoreError> {
        self.with(|connection| {
            let statement = statement(connection).clone();
            connection.client.query_opt(&statement, values)
        })
    }
}

impl Store for Postgres {
    fn append(
        &self,
        subject: &str,
        events: &[Event],
        now: Instant,
        new: bool,
    ) -> Result<Instant, StoreError> {
        let mut connection = self.alive()?;
        let Connection { client, latest, .. } = &mut *connection;
        let mut transaction = client.transaction()?;
        // Appends of one subject are serialized, so that its instants are in commit order.
        transaction.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", &[&subject])?;
        if new {
            transaction.execute(REGISTER, &[&subject, &now.microseconds()])?;
        }
        let latest: Option<i64> = transaction.query_one(&*latest, &[&subject])?.try_get(0)?;
        let latest = latest.ok_or_else(|| StoreError::UnknownSubject(subject.to_owned()))?;
        let instant = now.max(statements::instant(latest)?);
        let at = instant.microseconds();
        for event in events {
            match event {
                Event::Born(born) => transaction.execute(ADD_BIRTH, &[&subject, &born.to_string(), &at])?,
                Event::Consent { purpose, state } => {
                    transaction.execute(ADD_CONSENT, &[&subject, purpose, &state.name(), &at])?
                }
                Event::Mark { mark, on } => {
                    transaction.execute(ADD_MARK, &[&subject, &mark.name(), on, &at])?
                }
            };
        }
        transaction.commit()?;
        Ok(instant)
    }

    fn consent(&self, subject: &str, purpose: &str, as_of: Instant) -> Result<Option<Standing>, StoreError> {
        let row = self.row(|connection| &connection.consent, &[&subject, &purpose, &as_of.microseconds()])?;
        row.map(|row| statements::standing(row.try_get(0)?, row.try_get(1)?)).transpose()
    }

    fn person(&self, subject: &str, as_of: Instant) -> Result<Option<Person>, StoreError> {
        let permission = Mark::GuardianPermission.name();
        let row =
            self.row(|connection| &connection.person, &[&subject, &as_of.microseconds(), &permission])?;
        row.map(|row| statements::person(row.try_get(0)?, row.try_get(1)?)).transpose()
    }

    fn mark(&self, subject: &str, mark: Mark, as_of: Instant) -> Result<Option<bool>, StoreError> {
        let row =
            self.row(|connection| &connection.mark, &[&subject, &mark.name(), &as_of.microseconds()])?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }

    fn latest(&self) -> Result<Instant, StoreError> {
        let row = self.with(|connection| connection.client.query_one(LATEST_OF_ALL, &[]))?;
        statements::latest(row.try_get(0)?)
    }

    fn ready(&self) -> Result<(), StoreError> {
        self.with(|connection| connection.client.batch_execute("SELECT 1 FROM subjects LIMIT 1"))
    }
}

impl ManageConnection for Connections {
    type Connection = Connection;
    type Error = Error;

    fn connect(&self) -> Result<Connection, Error> {
        let mut client = self.0.connect(NoTls)?;
        client.batch_execute(SESSION)?;
        Ok(Connection {
            latest: client.prepare(LATEST)?,
            consent: client.prepare(CONSENT)?,
            person: client.prepare(PERSON)?,
            mark: client.prepare(MARK)?,
            client,
            lost: false,
        })
    }

    fn is_valid(&self, connection: &mut Connection) -> Result<(), Error> {
        connection.client.batch_execute("")
    }

    fn has_broken(&self, connection: &mut Connection) -> bool {
        connection.lost || connection.client.is_closed()
    }
}

impl Connection {
    /// Returns true if an error means that the connection is closed.
    fn lost_by(&mut self, error: &Error) -> bool {
        let fatal = matches!(
            error.as_db_error().and_then(DbError::parsed_severity),
            Some(Severity::Fatal | Severity::Panic)
        );
        self.lost |= fatal || self.client.is_closed();
        self.lost
    }
}
