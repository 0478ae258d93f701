//! Many clients, consents withdrawn at random, policies reloaded meanwhile: what was answered is recorded, and checked
//! afterwards.
//!
//! `PLACET_HISTORY` says how many requests there are (a million, for the full run), and `PLACET_POSTGRES` a server, over
//! which all of it is done again.

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

#[test]
fn no_answer_is_older_than_what_was_acknowledged_over_postgres() {
    if let Some(place) = databases::postgres() {
        run::run(&place);
    }
}
