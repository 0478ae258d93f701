//! The stores: both behave like a list in memory.

#[path = "../common/databases.rs"]
mod databases;
mod execute;
mod model;
mod suite;

/// Defines the same tests for each database. Those for PostgreSQL need the server of `PLACET_POSTGRES`.
macro_rules! tests {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() {
                let folder = tempfile::tempdir().unwrap();
                super::suite::$name(&crate::databases::sqlite(&folder));
            })*
        }
        #[cfg(feature = "postgres")]
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
    facts_about_an_unregistered_subject_are_unknown,
    record_rejects_unregistered_subjects,
    the_last_event_counts,
    as_of_includes_its_instant,
    a_repeated_state_keeps_its_first_instant,
    append_never_goes_back_with_the_clock,
    latest_bounds_every_withdrawal,
    marks_can_be_set_and_removed,
    dates_of_birth_can_be_corrected,
    register_is_idempotent,
    append_records_all_events_or_none,
    events_survive_reopening,
    tables_reject_updates_and_deletes,
    concurrent_appends_have_an_order,
    reads_agree_with_the_model,
}

/// SQLite has in-memory databases under several names. Their content would soon be lost.
#[test]
fn open_rejects_databases_in_memory() {
    use placet_consent_service::store::{StoreError, open};
    for place in [":memory:", "", "file::memory:", "file:consents?mode=memory"] {
        let refused = open(place).err();
        assert!(
            matches!(&refused, Some(StoreError::NoFile(named)) if named == place),
            "{place}: {refused:?}"
        );
    }
}

#[cfg(not(feature = "postgres"))]
#[test]
fn open_refuses_postgresql_without_the_feature() {
    use placet_consent_service::store::open;
    let error = open("postgres://ann:secret@localhost/consents").err().unwrap().to_string();
    assert!(error.contains("--features postgres") && !error.contains("secret"), "{error}");
}

/// A restart of the server must cost no answer: closed connections are replaced.
#[cfg(feature = "postgres")]
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
