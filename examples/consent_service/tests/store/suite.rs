//! Tests that every store must pass.

use crate::execute::execute;
use crate::model::Model;
use placet_consent_service::store::{Born, Event, Instant, Mark, Standing, State, StoreError, open};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

fn at(seconds: i64) -> Instant {
    Instant::from_microseconds(seconds * 1_000_000).unwrap()
}

fn says(state: State, purpose: &str) -> Event {
    Event::Consent { purpose: purpose.to_owned(), state }
}

fn marked(mark: Mark, on: bool) -> Event {
    Event::Mark { mark, on }
}

fn born(day: &str) -> Event {
    Event::Born(day.parse().unwrap())
}

fn said(state: State, since: Instant) -> Option<Standing> {
    Some(Standing::Said { state, since })
}

pub(crate) fn facts_about_an_unregistered_subject_are_unknown(place: &str) {
    let store = open(place).unwrap();
    store.register("ann", &[], at(10)).unwrap();
    for (subject, as_of) in
        [("bob", Instant::LAST), ("ann", at(9)), ("", Instant::LAST), ("ANN", Instant::LAST)]
    {
        assert_eq!(store.consent(subject, "marketing", as_of).unwrap(), None);
        assert_eq!(store.person(subject, as_of).unwrap(), None);
        assert_eq!(store.mark(subject, Mark::Objected, as_of).unwrap(), None);
    }
    assert_eq!(store.consent("ann", "marketing", at(10)).unwrap(), Some(Standing::NotAsked));
    assert_eq!(store.mark("ann", Mark::Objected, at(10)).unwrap(), Some(false));
    assert_eq!(store.person("ann", at(10)).unwrap().unwrap().born, None);
    store.ready().unwrap();
}

pub(crate) fn record_rejects_unregistered_subjects(place: &str) {
    let store = open(place).unwrap();
    let refused = store.record("ann", &[says(State::Granted, "marketing")], at(1));
    assert!(matches!(refused, Err(StoreError::UnknownSubject(subject)) if subject == "ann"));
    store.register("ann", &[], at(2)).unwrap();
    assert_eq!(store.consent("ann", "marketing", Instant::LAST).unwrap(), Some(Standing::NotAsked));
}

pub(crate) fn the_last_event_counts(place: &str) {
    let store = open(place).unwrap();
    store.register("ann", &[], at(0)).unwrap();
    // The last three have the same instant.
    for (second, state) in [
        (1, State::Refused),
        (2, State::Granted),
        (3, State::Withdrawn),
        (3, State::Granted),
        (3, State::Refused),
    ] {
        store.record("ann", &[says(state, "marketing")], at(second)).unwrap();
        assert_eq!(store.consent("ann", "marketing", Instant::LAST).unwrap(), said(state, at(second)));
    }
    assert_eq!(store.consent("ann", "research", Instant::LAST).unwrap(), Some(Standing::NotAsked));
}

pub(crate) fn as_of_includes_its_instant(place: &str) {
    let store = open(place).unwrap();
    let microsecond = |count| Instant::from_microseconds(count).unwrap();
    store.register("ann", &[], microsecond(0)).unwrap();
    store.record("ann", &[says(State::Granted, "marketing")], microsecond(100)).unwrap();
    store.record("ann", &[says(State::Withdrawn, "marketing")], microsecond(101)).unwrap();
    let read = |count| store.consent("ann", "marketing", microsecond(count)).unwrap();
    assert_eq!(read(99), Some(Standing::NotAsked));
    assert_eq!(read(100), said(State::Granted, microsecond(100)));
    assert_eq!(read(101), said(State::Withdrawn, microsecond(101)));
}

pub(crate) fn a_repeated_state_keeps_its_first_instant(place: &str) {
    let store = open(place).unwrap();
    store.register("ann", &[], at(0)).unwrap();
    for (second, state, since) in [
        (1, State::Withdrawn, 1),
        (2, State::Withdrawn, 1),
        (3, State::Granted, 3),
        (4, State::Granted, 3),
        (5, State::Withdrawn, 5),
        (6, State::Withdrawn, 5),
    ] {
        store
            .record("ann", &[says(state, "marketing"), says(State::Granted, "research")], at(second))
            .unwrap();
        assert_eq!(store.consent("ann", "marketing", Instant::LAST).unwrap(), said(state, at(since)));
        assert_eq!(store.consent("ann", "research", Instant::LAST).unwrap(), said(State::Granted, at(1)));
    }
}

pub(crate) fn append_never_goes_back_with_the_clock(place: &str) {
    let store = open(place).unwrap();
    assert_eq!(store.register("ann", &[], at(100)).unwrap(), at(100));
    assert_eq!(store.record("ann", &[marked(Mark::Verified, true)], at(90)).unwrap(), at(100));
    assert_eq!(store.record("ann", &[says(State::Granted, "marketing")], at(110)).unwrap(), at(110));
    assert_eq!(store.record("ann", &[says(State::Withdrawn, "marketing")], at(50)).unwrap(), at(110));
    assert_eq!(store.consent("ann", "marketing", Instant::LAST).unwrap(), said(State::Withdrawn, at(110)));
    // Other subjects aren't affected.
    assert_eq!(store.register("bob", &[], at(50)).unwrap(), at(50));
}

pub(crate) fn latest_bounds_every_withdrawal(place: &str) {
    let store = open(place).unwrap();
    assert_eq!(store.latest().unwrap(), Instant::FIRST);
    store.register("ann", &[says(State::Withdrawn, "marketing")], at(100)).unwrap();
    store.register("bob", &[says(State::Withdrawn, "marketing")], at(99)).unwrap();
    assert_eq!(store.latest().unwrap(), at(100));
}

pub(crate) fn marks_can_be_set_and_removed(place: &str) {
    let store = open(place).unwrap();
    store.register("ann", &[], at(0)).unwrap();
    let marks = [Mark::GuardianPermission, Mark::Verified, Mark::Objected, Mark::Restricted];
    for (second, mark) in (1..).zip(marks) {
        for (later, on) in [(0, true), (10, false), (20, true)] {
            store.record("ann", &[marked(mark, on)], at(second + later)).unwrap();
        }
    }
    let read = |mark, as_of| store.mark("ann", mark, as_of).unwrap().unwrap();
    for mark in marks {
        assert!(!read(mark, at(0)));
        assert!(read(mark, Instant::LAST));
    }
    assert!(read(Mark::GuardianPermission, at(1)) && !read(Mark::GuardianPermission, at(11)));
    assert!(!read(Mark::Verified, at(1)));
    assert!(store.person("ann", at(1)).unwrap().unwrap().guardian_permission);
    assert!(!store.person("ann", at(11)).unwrap().unwrap().guardian_permission);
}

pub(crate) fn dates_of_birth_can_be_corrected(place: &str) {
    let store = open(place).unwrap();
    store.register("ann", &[born("2010-05-01")], at(1)).unwrap();
    store.record("ann", &[born("2011-05-01")], at(2)).unwrap();
    let read = |as_of| store.person("ann", as_of).unwrap().unwrap().born;
    assert_eq!(read(at(1)), "2010-05-01".parse().ok());
    assert_eq!(read(Instant::LAST), "2011-05-01".parse().ok());
}

pub(crate) fn register_is_idempotent(place: &str) {
    let store = open(place).unwrap();
    store.register("ann", &[born("2010-05-01")], at(1)).unwrap();
    store.register("ann", &[marked(Mark::Verified, true)], at(5)).unwrap();
    assert_eq!(store.person("ann", at(1)).unwrap().unwrap().born, "2010-05-01".parse().ok());
    assert_eq!(store.mark("ann", Mark::Verified, at(4)).unwrap(), Some(false));
    assert_eq!(store.mark("ann", Mark::Verified, at(5)).unwrap(), Some(true));
}

pub(crate) fn append_records_all_events_or_none(place: &str) {
    let store = open(place).unwrap();
    store.register("ann", &[], at(0)).unwrap();
    // A constraint that refuses the third event.
    let trap = if place.starts_with("postgres") {
        "ALTER TABLE marks ADD CHECK (mark <> 'restricted')"
    } else {
        "CREATE TRIGGER trap BEFORE INSERT ON marks WHEN new.mark = 'restricted' BEGIN SELECT RAISE(ABORT, 'trap'); END"
    };
    execute(place, trap).unwrap();
    let events =
        [says(State::Granted, "marketing"), marked(Mark::Objected, true), marked(Mark::Restricted, true)];
    assert!(store.record("ann", &events, at(1)).is_err());
    assert!(store.register("bob", &events, at(1)).is_err());
    assert_eq!(store.consent("ann", "marketing", Instant::LAST).unwrap(), Some(Standing::NotAsked));
    assert_eq!(store.mark("ann", Mark::Objected, Instant::LAST).unwrap(), Some(false));
    assert_eq!(store.mark("bob", Mark::Objected, Instant::LAST).unwrap(), None);
    // The store isn't affected by the failure.
    store.record("ann", &events[..2], at(1)).unwrap();
    assert_eq!(store.mark("ann", Mark::Objected, Instant::LAST).unwrap(), Some(true));
}

pub(crate) fn events_survive_reopening(place: &str) {
    let store = open(place).unwrap();
    store.register("ann", &[born("2000-02-29"), says(State::Granted, "marketing")], at(1)).unwrap();
    drop(store);
    let store = open(place).unwrap();
    assert_eq!(store.consent("ann", "marketing", Instant::LAST).unwrap(), said(State::Granted, at(1)));
}

pub(crate) fn tables_reject_updates_and_deletes(place: &str) {
    let store = open(place).unwrap();
    let events = [born("2010-05-01"), says(State::Withdrawn, "marketing"), marked(Mark::Objected, true)];
    store.register("ann", &events, at(1)).unwrap();
    for table in ["subjects", "births", "consents", "marks"] {
        for statement in [format!("UPDATE {table} SET subject = 'bob'"), format!("DELETE FROM {table}")] {
            let refused = execute(place, &statement).unwrap_err();
            assert!(refused.contains(&format!("{table} are only appended to")), "{refused}");
        }
    }
    let unknown =
        "INSERT INTO consents (subject, purpose, state, instant, since) VALUES ('ann', 'x', 'maybe', 1, 1)";
    assert!(execute(place, unknown).is_err());
    assert_eq!(store.consent("ann", "marketing", Instant::LAST).unwrap(), said(State::Withdrawn, at(1)));
}

pub(crate) fn concurrent_appends_have_an_order(place: &str) {
    const THREADS: i64 = 4;
    const EVENTS: i64 = 25;
    let store = open(place).unwrap();
    store.register("ann", &[], at(0)).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let store = &store;
            scope.spawn(move || {
                let state = if thread % 2 == 0 { State::Granted } else { State::Withdrawn };
                // The clocks disagree.
                for event in 0..EVENTS {
                    store.record("ann", &[says(state, "marketing")], at(1 + event + thread * 3)).unwrap();
                }
            });
        }
    });
    let mut history = history(place);
    assert_eq!(history.len() as i64, THREADS * EVENTS);
    assert!(history.is_sorted_by_key(|(instant, ..)| *instant), "{history:?}");
    history.dedup_by(|later, earlier| later.1 == earlier.1);
    assert!(history.iter().all(|(instant, _, since)| instant == since), "a change of mind begins anew");
}

/// Returns the instant, state and `since` of all consents, in the order of recording.
fn history(place: &str) -> Vec<(i64, String, i64)> {
    let all = "SELECT instant, state, since FROM consents ORDER BY seq";
    #[cfg(feature = "postgres")]
    if place.starts_with("postgres") {
        let mut client = postgres::Client::connect(place, postgres::NoTls).unwrap();
        let rows = client.query(all, &[]).unwrap();
        return rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
    }
    let connection = rusqlite::Connection::open(place).unwrap();
    let mut statement = connection.prepare(all).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

fn any_event() -> impl Strategy<Value = Event> {
    let state = prop::sample::select(vec![State::Granted, State::Refused, State::Withdrawn]);
    let mark = prop::sample::select(vec![
        Mark::GuardianPermission,
        Mark::Verified,
        Mark::Objected,
        Mark::Restricted,
    ]);
    let day: BoxedStrategy<Born> = (1990..2015_i32, 1..=12_i32)
        .prop_map(|(year, month)| format!("{year}-{month:02}-01").parse().unwrap())
        .boxed();
    prop_oneof![
        4 => (prop::sample::select(vec!["marketing", "research"]), state).prop_map(|(purpose, state)| says(state, purpose)),
        2 => (mark, any::<bool>()).prop_map(|(mark, on)| marked(mark, on)),
        1 => day.prop_map(Event::Born),
    ]
}

pub(crate) fn reads_agree_with_the_model(place: &str) {
    const LAST_SECOND: i64 = 12;
    let store = open(place).unwrap();
    let recorded =
        prop::collection::vec((0..3_u8, prop::collection::vec(any_event(), 0..3), 0..LAST_SECOND), 0..20);
    // Each case has subjects of its own.
    let case = std::cell::Cell::new(0);
    let result = TestRunner::new(ProptestConfig::with_cases(48)).run(&recorded, |recorded| {
        case.set(case.get() + 1);
        let name = |subject: u8| format!("{}/{subject}", case.get());
        let mut model = Model::default();
        for (subject, events, second) in &recorded {
            let subject = name(*subject);
            let instant = store.register(&subject, events, at(*second)).unwrap();
            prop_assert_eq!(instant, model.register(&subject, events, at(*second)));
        }
        for subject in (0..3).map(name) {
            for as_of in (0..LAST_SECOND).map(at).chain([Instant::LAST]) {
                for purpose in ["marketing", "research"] {
                    let read = store.consent(&subject, purpose, as_of).unwrap();
                    prop_assert_eq!(read, model.consent(&subject, purpose, as_of));
                }
                prop_assert_eq!(store.person(&subject, as_of).unwrap(), model.person(&subject, as_of));
                for mark in [Mark::Verified, Mark::Objected, Mark::Restricted] {
                    prop_assert_eq!(
                        store.mark(&subject, mark, as_of).unwrap(),
                        model.mark(&subject, mark, as_of)
                    );
                }
            }
        }
        Ok(())
    });
    result.unwrap();
}
