//! SQL statements that bypass the store.

use postgres::{Client, NoTls};

/// Runs statements that bypass the store.
pub(crate) fn execute(place: &str, statements: &str) -> Result<(), String> {
    if place.starts_with("postgres") {
        let mut client = Client::connect(place, NoTls).unwrap();
        let told =
            |error: postgres::Error| error.as_db_error().map_or(error.to_string(), ToString::to_string);
        client.batch_execute(statements).map_err(told)
    } else {
        rusqlite::Connection::open(place)
            .unwrap()
            .execute_batch(statements)
            .map_err(|error| error.to_string())
    }
}
