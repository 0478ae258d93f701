//! A linearizability test: many clients withdraw consents at random while policies are reloaded. All answers are
//! recorded, and checked afterwards.
//!
//! `PLACET_HISTORY` sets the number of requests (a million for the full run). `PLACET_POSTGRES` names a server, over
//! which the test runs again.

mod check;
#[path = "../common/databases.rs"]
mod databases;
#[path = "../common/keep_alive.rs"]
mod keep_alive;
mod policies;
mod record;
mod run;

#[test]
fn no_answer_is_older_than_what_was_acknowledged_over_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    run::run(&databases::sqlite(&folder));
}

#[cfg(feature = "postgres")]
#[test]
fn no_answer_is_older_than_what_was_acknowledged_over_postgres() {
    if let Some(place) = databases::postgres() {
        run::run(&place);
    }
}
