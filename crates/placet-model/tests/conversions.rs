//! Inputs and facts from the types that Rust programs hold: each type at its ends, and dates and instants against the project's
//! own calendar.

use placet_core::calendar::{FIRST_TIME, LAST_TIME};
use placet_model::input::{Fact, Input};
use placet_model::temporal::{Duration, TemporalError, Time};
use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::{Duration as Length, SystemTime};

/// Checks that a value converts to this fact, and that an input of the value equals an input of the fact.
macro_rules! check {
    ($($value:expr => $fact:expr;)+) => {$({
        let fact: Fact = $fact;
        assert_eq!(Fact::from($value), fact, "{}", stringify!($value));
        assert_eq!(Input::from($value), Input::from(&fact), "{}", stringify!($value));
        assert_eq!(Input::from(fact.clone()), Input::from(&fact), "{}", stringify!($value));
    })+};
}

#[cfg(all(feature = "chrono", feature = "jiff", feature = "time", feature = "uuid"))]
#[path = "conversions/other_crates.rs"]
mod other_crates;

fn numeral(text: &str) -> Fact {
    Fact::Numeral(text.into())
}

fn outside(text: &str) -> Fact {
    Fact::Outside(text.into())
}

fn micros(micros: i64) -> Fact {
    Fact::Duration(Duration::from_micros(micros))
}

fn time(micros: i64) -> Fact {
    Fact::Time(Time::from_micros(micros))
}

#[test]
fn integers_never_wrap() {
    check! {
        true => Fact::Bool(true);
        i8::MIN => Fact::Int(-128);
        u8::MAX => Fact::Int(255);
        i16::MIN => Fact::Int(-32_768);
        u16::MAX => Fact::Int(65_535);
        i32::MIN => Fact::Int(-2_147_483_648);
        u32::MAX => Fact::Int(4_294_967_295);
        i64::MIN => Fact::Int(i64::MIN);
        i64::MAX => Fact::Int(i64::MAX);
        i64::MAX as u64 => Fact::Int(i64::MAX);
        i64::MAX as u64 + 1 => numeral("9223372036854775808");
        u64::MAX => numeral("18446744073709551615");
        i128::from(i64::MIN) => Fact::Int(i64::MIN);
        i128::from(i64::MIN) - 1 => numeral("-9223372036854775809");
        i128::MIN => numeral("-170141183460469231731687303715884105728");
        u128::MAX => numeral("340282366920938463463374607431768211455");
        7_usize => Fact::Int(7);
        -7_isize => Fact::Int(-7);
    }
    assert_eq!(serde_json::to_string(&Fact::from(u128::MAX)).unwrap(), u128::MAX.to_string());
    assert_eq!(serde_json::to_string(&Fact::from(i128::MIN)).unwrap(), i128::MIN.to_string());
    assert_eq!(serde_json::to_string(&numeral("1.5")).unwrap(), "1.5");
}

#[test]
fn floats_are_exact() {
    check! {
        0.1_f64 => Fact::Number(0.1);
        0.1_f32 => Fact::Number(0.100_000_001_490_116_12);
        f32::MAX => Fact::Number(3.402_823_466_385_288_6e38);
        f32::MIN_POSITIVE => Fact::Number(1.175_494_350_822_287_5e-38);
        f32::INFINITY => Fact::Number(f64::INFINITY);
        f64::NEG_INFINITY => Fact::Number(f64::NEG_INFINITY);
        -0.0_f32 => Fact::Number(-0.0);
    }
    assert!(matches!(Fact::from(f32::NAN), Fact::Number(number) if number.is_nan()));
}

#[test]
fn texts_and_sets_borrow_or_own() {
    let owned = String::from("granted");
    check! {
        "granted" => Fact::Text("granted".into());
        owned.clone() => Fact::Text("granted".into());
        &owned => Fact::Text("granted".into());
        Cow::Borrowed("granted") => Fact::Text("granted".into());
        Cow::<str>::Owned(owned.clone()) => Fact::Text("granted".into());
    }
    assert_eq!(Fact::from(Arc::<str>::from("granted")), Fact::from("granted"));
    assert!(matches!(Input::from(&owned), Input::Text(Cow::Borrowed(_))));

    let strings = vec![String::from("email"), String::from("phone")];
    let both: Fact = ["email", "phone"].into_iter().collect();
    let cows = [Cow::Borrowed("email"), Cow::Owned(String::from("phone"))];
    check! {
        ["email", "phone"] => both.clone();
        &["email", "phone"] => both.clone();
        &["email", "phone"][..] => both.clone();
        vec!["email", "phone"] => both.clone();
        strings.clone() => both.clone();
        &strings => both.clone();
        &strings[..] => both.clone();
        [strings[0].clone(), strings[1].clone()] => both.clone();
        cows.clone() => both.clone();
        &cows => both.clone();
        BTreeSet::from(["phone", "email"]) => both.clone();
        &BTreeSet::from(["phone".to_owned(), "email".to_owned()]) => both.clone();
        HashSet::from(["email".to_owned()]) => Fact::from(["email"]);
        &HashSet::from(["email"]) => Fact::from(["email"]);
        [""; 0] => Fact::Set([].into());
    }
    assert_eq!(Input::from(None::<String>), Input::Null);
}

#[test]
fn instants_take_their_microsecond() {
    let after = |length| SystemTime::UNIX_EPOCH + length;
    let before = |length| SystemTime::UNIX_EPOCH - length;
    check! {
        SystemTime::UNIX_EPOCH => time(0);
        after(Length::from_nanos(1_999)) => time(1);
        before(Length::from_nanos(1)) => time(-1);
        before(Length::from_nanos(1_001)) => time(-2);
        before(Length::from_micros(2)) => time(-2);
        before(Length::from_micros(FIRST_TIME.unsigned_abs())) => time(FIRST_TIME);
        before(Length::from_micros(FIRST_TIME.unsigned_abs()) + Length::from_nanos(1)) => time(FIRST_TIME - 1);
        after(Length::from_micros(LAST_TIME as u64)) => time(LAST_TIME);
    }
    // The ends of the clock saturate beyond the calendar, on both sides.
    if let Some(late) = SystemTime::UNIX_EPOCH.checked_add(Length::from_secs(1 << 62)) {
        assert_eq!(Fact::from(late), time(i64::MAX));
    }
    if let Some(early) = SystemTime::UNIX_EPOCH.checked_sub(Length::from_secs(1 << 62)) {
        assert_eq!(Fact::from(early), time(i64::MIN));
    }
}

#[test]
fn durations_are_exact_or_outside() {
    check! {
        Length::ZERO => micros(0);
        Length::from_micros(1) => micros(1);
        Length::from_nanos(999) => outside("PT0.000000999S");
        Length::from_nanos(1_001) => outside("PT0.000001001S");
        Length::from_micros(i64::MAX as u64) => micros(i64::MAX);
        Length::from_micros(i64::MAX as u64 + 1) => outside("PT9223372036854.775808000S");
        Length::MAX => outside("PT18446744073709551615.999999999S");
    }
    assert_eq!(Duration::try_from(Length::from_nanos(1)), Err(TemporalError::TooFine));
    assert_eq!(Duration::try_from(Length::from_secs(u64::MAX)), Err(TemporalError::TooLong));
    assert_eq!(Duration::from_seconds(i64::MAX), None);
    assert_eq!(Duration::from_seconds(-1), Some(Duration::from_micros(-1_000_000)));
}
