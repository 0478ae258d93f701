//! The SQL statements that both databases understand. SQLite numbers `$1`, `$2`… by first appearance, so every
//! statement uses its parameters in that order.

use super::{Born, Instant, Person, Standing, StoreError};

/// Registers a subject: name, instant.
pub(super) const REGISTER: &str = "\
    INSERT INTO subjects (subject, since) VALUES ($1, $2) ON CONFLICT (subject) DO NOTHING";

/// Selects the latest instant of a subject: name.
pub(super) const LATEST: &str = "SELECT max(instant) FROM instants WHERE subject = $1";

/// Adds a date of birth: name, date, instant.
pub(super) const ADD_BIRTH: &str = "INSERT INTO births (subject, born, instant) VALUES ($1, $2, $3)";

/// Adds a consent: name, purpose, state, instant. `since` is copied from the previous event if that has the same state.
pub(super) const ADD_CONSENT: &str = "\
    INSERT INTO consents (subject, purpose, state, instant, since) VALUES ($1, $2, $3, $4, coalesce((
        SELECT CASE WHEN state = $3 THEN since END FROM consents
        WHERE subject = $1 AND purpose = $2 ORDER BY instant DESC, seq DESC LIMIT 1), $4))";

/// Adds a mark: name, mark, on, instant.
pub(super) const ADD_MARK: &str = "INSERT INTO marks (subject, mark, is_on, instant) VALUES ($1, $2, $3, $4)";

/// Selects state and `since`: name, purpose, instant.
pub(super) const CONSENT: &str = "\
    SELECT state, consents.since FROM subjects LEFT JOIN consents ON seq = (
        SELECT seq FROM consents WHERE subject = $1 AND purpose = $2 AND instant <= $3
        ORDER BY instant DESC, seq DESC LIMIT 1)
    WHERE subjects.subject = $1 AND subjects.since <= $3";

/// Selects date of birth and permission: name, instant, the name of the permission mark.
pub(super) const PERSON: &str = "\
    SELECT (SELECT born FROM births WHERE subject = $1 AND instant <= $2 ORDER BY instant DESC, seq DESC LIMIT 1),
        coalesce((SELECT is_on FROM marks WHERE subject = $1 AND mark = $3 AND instant <= $2
            ORDER BY instant DESC, seq DESC LIMIT 1), FALSE)
    FROM subjects WHERE subject = $1 AND since <= $2";

/// Selects whether a mark is set: name, mark, instant.
pub(super) const MARK: &str = "\
    SELECT coalesce((SELECT is_on FROM marks WHERE subject = $1 AND mark = $2 AND instant <= $3
        ORDER BY instant DESC, seq DESC LIMIT 1), FALSE)
    FROM subjects WHERE subject = $1 AND since <= $3";

/// Selects the latest instant of all consents. The clocks of services never go back, so one of the last recorded
/// consents has it. The query reads several, because concurrent consents may be numbered in another order.
pub(super) const LATEST_OF_ALL: &str = "\
    SELECT max(instant) FROM (SELECT instant FROM consents ORDER BY seq DESC LIMIT 1000) AS last";

/// Converts a row of [`CONSENT`].
pub(super) fn standing(state: Option<String>, since: Option<i64>) -> Result<Standing, StoreError> {
    let (Some(state), Some(since)) = (state, since) else { return Ok(Standing::NotAsked) };
    let since = instant(since)?;
    let state = state.parse().map_err(|_| StoreError::Garbage { what: "state of a consent", text: state })?;
    Ok(Standing::Said { state, since })
}

/// Converts a row of [`PERSON`].
pub(super) fn person(born: Option<String>, guardian_permission: bool) -> Result<Person, StoreError> {
    let day = |text: String| -> Result<Born, StoreError> {
        text.parse().map_err(|_| StoreError::Garbage { what: "day of birth", text })
    };
    Ok(Person { born: born.map(day).transpose()?, guardian_permission })
}

/// Converts a row of [`LATEST_OF_ALL`].
pub(super) fn latest(count: Option<i64>) -> Result<Instant, StoreError> {
    count.map_or(Ok(Instant::FIRST), instant)
}

/// Converts a stored number of microseconds.
pub(super) fn instant(count: i64) -> Result<Instant, StoreError> {
    let garbage = |_| StoreError::Garbage { what: "number of microseconds", text: count.to_string() };
    Instant::from_microseconds(count).map_err(garbage)
}
