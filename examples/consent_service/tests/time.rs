//! Instants and ages.

use placet_consent_service::store::{Born, Instant};

fn age(born: &str, at: &str) -> i64 {
    born.parse::<Born>().unwrap().age(at.parse().unwrap())
}

#[test]
fn age_counts_whole_years_by_the_day_in_utc() {
    assert_eq!(age("2008-03-10", "2026-03-09T23:59:59.999999Z"), 17);
    assert_eq!(age("2008-03-10", "2026-03-10T00:00:00Z"), 18);
    assert_eq!(age("2008-03-10", "2026-03-10T01:00:00+08:00"), 17);
    assert_eq!(age("2026-03-10", "2026-03-09T00:00:00Z"), -1);
    assert_eq!(age("2026-03-10", "2026-03-10T00:00:00Z"), 0);
}

#[test]
fn age_counts_29_february_as_1_march_in_other_years() {
    assert_eq!(age("2008-02-29", "2026-02-28T12:00:00Z"), 17);
    assert_eq!(age("2008-02-29", "2026-03-01T00:00:00Z"), 18);
    assert_eq!(age("2008-02-29", "2028-02-28T12:00:00Z"), 19);
    assert_eq!(age("2008-02-29", "2028-02-29T00:00:00Z"), 20);
    assert_eq!(age("2008-02-29", "2026-01-31T12:00:00Z"), 17);
    assert_eq!(age("2008-02-29", "2026-12-31T12:00:00Z"), 18);
}

#[test]
fn dates_have_one_spelling() {
    for text in
        ["2010-02-30", "2010-2-1", "10-02-01", "2010-02-01T00:00:00", "+002010-02-01", "0000-01-01", "", "x"]
    {
        assert!(text.parse::<Born>().is_err(), "{text}");
    }
    assert_eq!("2010-02-01".parse::<Born>().unwrap().to_string(), "2010-02-01");
}

#[test]
fn instants_have_microsecond_resolution() {
    let instant: Instant = "2026-01-15T10:00:00.000001+08:00".parse().unwrap();
    assert_eq!(instant.to_string(), "2026-01-15T02:00:00.000001Z");
    assert_eq!(Instant::from_microseconds(instant.microseconds()), Ok(instant));
    for text in ["2026-01-15T10:00:00.0000001Z", "2026-01-15", "1969-12-31T23:59:59Z", "yesterday"] {
        assert!(text.parse::<Instant>().is_err(), "{text}");
    }
    assert!(Instant::FIRST < instant && instant < Instant::now() && Instant::now() < Instant::LAST);
}
