//! The stores: both do the same, and what they do is what a list in memory does.

#[path = "../common/databases.rs"]
mod databases;
mod execute;
mod model;
mod suite;

/// A module of tests for each database. Those of PostgreSQL need the one that `PLACET_POSTGRES` names.
macro_rules! tests {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() {
                let folder = tempfile::tempdir().unwrap();
                super::suite::$name(&crate::databases::sqlite(&folder));
            })*
        }
        mod postgres {
            $(#[test] fn $name() {
                if let Some(place) = crate::databases::postgres() {
                    super::suite::$name(&place);
                }
            })*
        }
    };
}

tests! {
    nothing_is_known_of_who_is_not_registered,
    nothing_is_recorded_of_who_is_not_registered,
    what_is_said_last_holds,
    reading_as_of_an_instant_includes_it,
    what_is_said_again_holds_since_it_was_said_first,
    instants_do_not_go_back_with_the_clock,
    no_withdrawal_is_later_than_the_latest,
    marks_are_set_and_taken_off,
    days_of_birth_can_be_put_right,
    registering_twice_is_registering_once,
    events_are_recorded_together,
    events_outlive_the_process,
    nothing_is_changed_or_deleted,
    concurrent_events_of_a_subject_have_an_order,
    reads_are_those_of_a_list_in_memory,
}

/// SQLite has databases in memory by several names. What is recorded there is soon forgotten.
#[test]
fn a_store_is_in_a_file() {
    use placet_consent_service::store::{StoreError, open};
    for place in [":memory:", "", "file::memory:", "file:consents?mode=memory"] {
        let refused = open(place).err();
        assert!(
            matches!(&refused, Some(StoreError::NoFile(named)) if named == place),
            "{place}: {refused:?}"
        );
    }
}

/// That a restart of the server costs no answer: connections that it closed are replaced.
#[test]
fn lost_connections_are_replaced() {
    use placet_consent_service::store::{Event, Instant, Mark, open};
    let Some(place) = databases::postgres() else { return };
    let store = open(&place).unwrap();
    let objects = |on| [Event::Mark { mark: Mark::Objected, on }];
    store.register("ann", &objects(true), Instant::FIRST).unwrap();
    let close = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    execute::execute(&place, close).unwrap();
    assert_eq!(store.mark("ann", Mark::Objected, Instant::LAST).unwrap(), Some(true));
    execute::execute(&place, close).unwrap();
    store.record("ann", &objects(false), Instant::FIRST).unwrap();
    execute::execute(&place, close).unwrap();
    store.ready().unwrap();
    assert_eq!(store.mark("ann", Mark::Objected, Instant::LAST).unwrap(), Some(false));
}
