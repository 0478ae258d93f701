//! SQL statements that bypass the store.

/// Runs statements that bypass the store.
pub(crate) fn execute(place: &str, statements: &str) -> Result<(), String> {
    #[cfg(feature = "postgres")]
    if place.starts_with("postgres") {
        let mut client = postgres::Client::connect(place, postgres::NoTls).unwrap();
        let told =
            |error: postgres::Error| error.as_db_error().map_or(error.to_string(), ToString::to_string);
        return client.batch_execute(statements).map_err(told);
    }
    rusqlite::Connection::open(place).unwrap().execute_batch(statements).map_err(|error| error.to_string())
}
