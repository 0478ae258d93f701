//! Values that Rust programs hold, set by name: accepted as they are, or refused, never changed into another value.

use placet::{Effect, ErrorCode, Fact, Input, Policy, Request, RequestError};
use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::time::{Duration, SystemTime};

fn policy(ty: &str, condition: &str) -> Policy {
    Policy::from_text(&format!("policy p  request {{ x: {ty} }}  rule r {{ allow when {condition} }}"))
        .unwrap()
}

/// Decides `condition` about a value of type `ty`.
fn allows<'v>(ty: &str, condition: &str, value: impl Into<Input<'v>>) -> bool {
    let policy = policy(ty, condition);
    let mut request = policy.request();
    request.set("x", value).unwrap();
    policy.is_allowed(&request).unwrap()
}

fn code<'v>(ty: &str, value: impl Into<Input<'v>>) -> ErrorCode {
    refusal(ty, value).code
}

fn refusal<'v>(ty: &str, value: impl Into<Input<'v>>) -> RequestError {
    let policy = policy(ty, "x is known");
    let mut request = policy.request();
    let error = request.set("x", value).map(drop).unwrap_err();
    assert!(!request.gives("x"), "a refused value leaves the request as it was");
    error
}

#[test]
fn set_takes_texts_and_sets_in_any_form() {
    let text = String::from("a");
    assert!(allows("string", "x is \"a\"", &text));
    assert!(allows("string", "x is \"a\"", text.clone()));
    assert!(allows("{ a, b }", "x is a", Cow::Borrowed("a")));
    assert!(allows("string", "x is \"a\"", Fact::from("a")));
    let set = vec![text.clone(), "b".to_owned()];
    let ordered = BTreeSet::from(["a"]);
    for ty in ["set of { a, b }", "set of string"] {
        let condition = if ty.contains("string") { "\"a\" in x" } else { "a in x" };
        assert!(allows(ty, condition, &set));
        assert!(allows(ty, condition, &set[..]));
        assert!(allows(ty, condition, set.clone()));
        assert!(allows(ty, condition, ["a"]));
        assert!(allows(ty, condition, HashSet::from([text.clone()])));
        assert!(allows(ty, condition, &ordered));
        assert!(allows(ty, condition, Fact::from(&set)));
    }
}

#[test]
fn set_refuses_integers_beyond_64_bits() {
    assert!(allows("int", "x is 9223372036854775807", i64::MAX as u128));
    assert!(allows("int", "x is -9223372036854775808", i128::from(i64::MIN)));
    for ty in ["int", "duration"] {
        assert_eq!(code(ty, u64::MAX), ErrorCode::OutsideDomain);
        assert_eq!(code(ty, i128::MIN), ErrorCode::OutsideDomain);
        assert_eq!(code(ty, u128::MAX), ErrorCode::OutsideDomain);
    }
    assert_eq!(code("string", u64::MAX), ErrorCode::WrongType);
    // A number takes them, like from JSON, rounded once.
    assert!(allows("number", "x >= 18446744073709551615.0 and x <= 18446744073709551616.0", u64::MAX));
    assert!(allows("number", "x > 340282366920938000000000000000000000000.0", u128::MAX));
    let error = refusal("int", u64::MAX);
    assert_eq!(error.message, "`x`: `18446744073709551615` lies outside its domain, expected int");
}

#[test]
fn serialized_integers_of_128_bits_agree_with_set() {
    #[derive(serde::Serialize)]
    struct Body {
        x: u128,
    }
    let policy = policy("number", "x > 340282366920938000000000000000000000000.0");
    assert_eq!(policy.effect_from(&Body { x: u128::MAX }).unwrap(), Effect::Allow);
    let policy = self::policy("int", "x > 0");
    assert_eq!(policy.effect_from(&Body { x: u128::MAX }).unwrap_err().code, ErrorCode::OutsideDomain);
    assert_eq!(policy.effect_from(&Body { x: 1 }).unwrap(), Effect::Allow);
}

#[test]
fn set_refuses_numbers_that_are_not_finite() {
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(code("number", number), ErrorCode::OutsideDomain);
        assert_eq!(code("duration", number), ErrorCode::OutsideDomain);
        assert_eq!(code("number", number as f32), ErrorCode::OutsideDomain);
        assert_eq!(code("int", number), ErrorCode::WrongType);
    }
    assert!(allows("number", "x is 0.5", 0.5_f32));
    // `0.1_f32` is a number of its own: slightly more than 0.1.
    assert!(allows("number", "x > 0.1", 0.1_f32));
    // As seconds, it is finer than a microsecond.
    assert_eq!(code("duration", 0.1_f32), ErrorCode::OutsideDomain);
}

#[test]
fn set_takes_clocks_and_lengths_of_time() {
    assert!(allows("time", "x > 2020-01-01T00:00:00Z", SystemTime::now()));
    assert!(allows("time", "x < 1970-01-01T00:00:00Z", SystemTime::UNIX_EPOCH - Duration::from_nanos(1)));
    let year_10000 = SystemTime::UNIX_EPOCH + Duration::from_secs(253_402_300_800);
    assert_eq!(code("time", year_10000), ErrorCode::OutsideDomain);
    assert_eq!(code("date", SystemTime::now()), ErrorCode::WrongType);

    assert!(allows("duration", "x is 90 minutes", Duration::from_secs(5_400)));
    for length in [Duration::MAX, Duration::from_nanos(1)] {
        assert_eq!(code("duration", length), ErrorCode::OutsideDomain);
        // It never becomes a text or a number.
        assert_eq!(code("string", length), ErrorCode::OutsideDomain);
        assert_eq!(code("number", length), ErrorCode::OutsideDomain);
    }
    let error = refusal("duration", Duration::from_nanos(1_500));
    assert_eq!(error.message, "`x`: `PT0.000001500S` lies outside its domain, expected duration");
}

#[test]
fn a_request_keeps_its_value_if_the_next_one_is_refused() {
    let policy = policy("int", "x is 5");
    let mut request: Request = policy.request();
    request.set("x", 5_u8).unwrap();
    assert!(request.set("x", u64::MAX).is_err());
    assert!(policy.is_allowed(&request).unwrap());
}
