//! Tests of requests filled through handles.

use placet::__private::Internals;
use placet::{
    Date, Duration, Effect, ErrorCode, Input, Policy, Request, RequestError, Symbol, SymbolSet, Time,
};
use std::time::SystemTime;

const TEXT: &str = r#"
    policy handles
    taxonomy Data { contact { email, phone }  health { mental }  log }
    request {
      flag: bool
      age: int 0..150
      risk: number 0..1
      country: string
      consent: { granted, refused }
      other_consent: { refused, granted }
      kind: Data
      data: set of Data
      seen: set? of { granted, refused }
      tags: set? of string
      day: date
      at: time
      within: duration
      limit: int 0..150 default 18
      owner: string required
    }
    rule flag { allow when flag }
    rule age { allow when age >= limit }
    rule risk { allow when risk < 0.25 }
    rule country { allow when country like "D*" }
    rule consent { allow when consent is granted }
    rule other_consent { allow when other_consent is granted }
    rule kind { allow when kind in contact }
    rule data { allow when any data in contact }
    rule seen { allow when granted in seen }
    rule tags { allow when "pii" in tags }
    rule day { allow when day > 2026-01-15 }
    rule at { allow when at > 2026-01-15T10:00:00Z }
    rule within { allow when within < 1 hour }
"#;

fn policy() -> Policy {
    Policy::from_text(TEXT).unwrap_or_else(|error| panic!("{:#?}", error.diagnostics))
}

/// Returns true if the policy allows, with a rule of this name among the reasons.
fn allows(policy: &Policy, request: &Request, rule: &str) -> bool {
    let decision = policy.decide(request).unwrap();
    decision.effect == Effect::Allow && decision.rules.contains(&rule.into())
}

fn code<T: std::fmt::Debug>(result: Result<T, RequestError>) -> ErrorCode {
    result.unwrap_err().code
}

#[test]
fn put_takes_values_of_every_type() {
    let policy = policy();
    let owner = policy.attribute::<str>("owner").unwrap();
    let request = |fill: &dyn Fn(&mut Request)| {
        let mut request = policy.request();
        request.put(owner, "me").unwrap();
        fill(&mut request);
        request
    };
    macro_rules! check {
        ($name:literal: $of:ty, |$handle:ident| $good:expr, $bad:expr) => {{
            let $handle = policy.attribute::<$of>($name).unwrap();
            let good = request(&|request| {
                request.put($handle, $good).unwrap();
            });
            assert!(allows(&policy, &good, $name), "{}", $name);
            let bad = request(&|request| {
                request.put($handle, $bad).unwrap();
            });
            assert!(!allows(&policy, &bad, $name), "{}", $name);
            // A new value replaces the earlier one.
            let both = request(&|request| {
                request.put($handle, $bad).unwrap().put($handle, $good).unwrap();
            });
            assert_eq!(policy.decide(&both), policy.decide(&good), "{}", $name);
            let missing = request(&|request| {
                request.put($handle, $good).unwrap().put_missing($handle).unwrap();
            });
            assert_eq!(policy.effect(&missing), Ok(Effect::Indeterminate), "{}", $name);
        }};
    }
    check!("flag": bool, |handle| true, false);
    check!("age": i64, |handle| 18, 17);
    check!("risk": f64, |handle| 0.2, 0.25);
    check!("country": str, |handle| "DE", "AT");
    check!("consent": Symbol, |handle| policy.symbol(handle, "granted").unwrap(), policy.symbol(handle, "refused").unwrap());
    check!("kind": Symbol, |handle| policy.symbol(handle, "phone").unwrap(), policy.symbol(handle, "log").unwrap());
    check!("kind": Symbol, |handle| policy.symbol(handle, "contact").unwrap(), policy.symbol(handle, "mental").unwrap());
    check!("kind": Symbol, |handle| policy.symbol(handle, "email").unwrap(), policy.symbol(handle, "health").unwrap());
    check!(
        "data": [Symbol],
        |handle| &[policy.symbol(handle, "log").unwrap(), policy.symbol(handle, "contact").unwrap()],
        &[policy.symbol(handle, "health").unwrap()]
    );
    check!(
        "data": SymbolSet,
        |handle| &policy.symbol_set(handle, ["email", "log"]).unwrap(),
        &policy.symbol_set(handle, ["log"]).unwrap()
    );
    check!("tags": [&str], |handle| &["x", "pii"], &[]);
    check!("tags": [String], |handle| &["pii".to_owned()], &["x".to_owned(), String::new()]);
    check!("day": Date, |handle| Date::from_days(20_469), Date::from_days(20_468));
    check!("at": Time, |handle| Time::from_micros(1_768_471_200_000_001), Time::from_micros(1_768_471_200_000_000));
    check!("age": u8, |handle| 18, 17);
    check!("age": i32, |handle| 18, 17);
    check!("age": u64, |handle| 18, 17);
    check!("risk": f32, |handle| 0.2, 0.25);
    let at = |micros| SystemTime::UNIX_EPOCH + std::time::Duration::from_micros(micros);
    check!("at": SystemTime, |handle| at(1_768_471_200_000_001), at(1_768_471_200_000_000));
    let long = std::time::Duration::from_millis;
    check!("within": std::time::Duration, |handle| long(3_599_999), long(3_600_000));
    check!("within": Duration, |handle| Duration::from_micros(3_599_000_000), Duration::from_micros(3_600_000_000));
}

#[test]
fn put_refuses_invalid_values_and_changes_nothing() {
    let policy = policy();
    let mut request = policy.request();
    let age = policy.attribute::<i64>("age").unwrap();
    let risk = policy.attribute::<f64>("risk").unwrap();
    let owner = policy.attribute::<str>("owner").unwrap();
    let data = policy.attribute::<[Symbol]>("data").unwrap();
    let email = policy.symbol(data, "email").unwrap();
    let consent = policy.attribute::<Symbol>("consent").unwrap();
    request.put(owner, "me").unwrap().put(age, 18).unwrap().put(data, &[email]).unwrap();
    let before = policy.decide(&request);

    let error = request.put(age, 151).unwrap_err();
    assert_eq!(error.code, ErrorCode::OutsideDomain);
    assert_eq!(error.attribute.as_deref(), Some("age"));
    assert_eq!(error.to_string(), "`age`: `151` lies outside its domain, expected int 0..150");
    for number in [f64::NAN, f64::INFINITY, -0.1] {
        assert_eq!(code(request.put(risk, number)), ErrorCode::OutsideDomain);
    }
    let wide = policy.attribute::<u64>("age").unwrap();
    assert_eq!(code(request.put(wide, u64::MAX)), ErrorCode::OutsideDomain);
    let within = policy.attribute::<std::time::Duration>("within").unwrap();
    for length in [std::time::Duration::MAX, std::time::Duration::from_nanos(1)] {
        assert_eq!(code(request.put(within, length)), ErrorCode::OutsideDomain);
    }
    assert_eq!(code(request.put(data, &[])), ErrorCode::OutsideDomain);
    // A value of another type, or a set with one such member.
    assert_eq!(code(request.put(consent, email)), ErrorCode::WrongType);
    let granted = policy.symbol(consent, "granted").unwrap();
    assert_eq!(code(request.put(data, &[email, granted])), ErrorCode::WrongType);
    assert_eq!(code(request.put_missing(owner)), ErrorCode::RequiredAttribute);
    let day = policy.attribute::<Date>("day").unwrap();
    assert_eq!(code(request.put(day, Date::from_days(i32::MAX))), ErrorCode::OutsideDomain);
    let at = policy.attribute::<Time>("at").unwrap();
    assert_eq!(code(request.put(at, Time::from_micros(i64::MIN))), ErrorCode::OutsideDomain);
    assert_eq!(policy.decide(&request), before);
}

#[test]
fn symbols_are_shared_by_attributes_of_one_type() {
    let policy = policy();
    let consent = policy.attribute::<Symbol>("consent").unwrap();
    let granted = policy.symbol(consent, "granted").unwrap();
    let other = policy.attribute::<Symbol>("other_consent").unwrap();
    let seen = policy.attribute::<[Symbol]>("seen").unwrap();
    let owner = policy.attribute::<str>("owner").unwrap();
    let mut request = policy.request();
    request.put(owner, "me").unwrap().put(other, granted).unwrap();
    assert!(allows(&policy, &request, "other_consent"));
    request.clear().put(owner, "me").unwrap().put(seen, &[granted]).unwrap();
    assert!(allows(&policy, &request, "seen"));
}

#[test]
fn handles_are_of_one_name_one_type_and_one_policy() {
    let policy = policy();
    let error = policy.attribute::<i64>("agee").unwrap_err();
    assert_eq!(error.code, ErrorCode::UnknownAttribute);
    assert_eq!(error.to_string(), "the policy has no attribute `agee`; did you mean `age`?");
    let error = policy.attribute::<[&str]>("age").unwrap_err();
    assert_eq!(error.code, ErrorCode::WrongType);
    assert_eq!(error.to_string(), "`age` is int 0..150, which is not given as `[&str]`");
    for name in ["flag", "risk", "country", "consent", "kind", "data", "tags", "day", "at", "within"] {
        assert_eq!(code(policy.attribute::<i64>(name)), ErrorCode::WrongType, "{name}");
    }
    let consent = policy.attribute::<Symbol>("consent").unwrap();
    let error = policy.symbol(consent, "grantd").unwrap_err();
    assert_eq!(error.code, ErrorCode::OutsideDomain);
    assert!(error.to_string().ends_with("did you mean `granted`?"), "{error}");
    assert!(policy.symbol_set(policy.attribute::<SymbolSet>("data").unwrap(), ["email", "granted"]).is_err());

    // Equal text compiled twice gives two policies.
    let other = Policy::from_text(TEXT).unwrap();
    let mut request = other.request();
    assert_eq!(
        code(request.put(consent, policy.symbol(consent, "granted").unwrap())),
        ErrorCode::UnknownAttribute
    );
    assert_eq!(code(request.put_missing(consent)), ErrorCode::UnknownAttribute);
    assert_eq!(code(other.symbol(consent, "granted")), ErrorCode::UnknownAttribute);
    assert_eq!(
        code(other.symbol_set(policy.attribute::<[Symbol]>("data").unwrap(), [])),
        ErrorCode::UnknownAttribute
    );
    let own = other.attribute::<Symbol>("consent").unwrap();
    assert_eq!(code(request.put(own, policy.symbol(consent, "granted").unwrap())), ErrorCode::WrongType);
    let data = other.attribute::<SymbolSet>("data").unwrap();
    let set = policy.symbol_set(policy.attribute::<SymbolSet>("data").unwrap(), ["email"]).unwrap();
    assert_eq!(code(request.put(data, &set)), ErrorCode::WrongType);
    assert_eq!(code(other.effect(&policy.request())), ErrorCode::UnknownAttribute);
    // A clone is the same policy.
    let clone = policy.clone();
    assert!(clone.request().put(consent, clone.symbol(consent, "granted").unwrap()).is_ok());
}

#[test]
fn clear_makes_a_request_empty() {
    let policy = policy();
    let owner = policy.attribute::<str>("owner").unwrap();
    let age = policy.attribute::<i64>("age").unwrap();
    let limit = policy.attribute::<i64>("limit").unwrap();
    let mut request = policy.request();
    request.put(owner, "me").unwrap().put(age, 30).unwrap().put(limit, 40).unwrap();
    assert!(!allows(&policy, &request, "age"));
    request.clear();
    assert_eq!(code(policy.effect(&request)), ErrorCode::RequiredAttribute);
    request.put(owner, "me").unwrap().put(age, 30).unwrap();
    assert!(allows(&policy, &request, "age"), "the default is back");
}

#[test]
fn handles_and_policies_are_shared_by_threads() {
    fn shared<T: Send + Sync + Clone + 'static>() {}
    shared::<Policy>();
    shared::<Request>();
    shared::<placet::Attribute<str>>();
    shared::<placet::Attribute<[Symbol]>>();
    shared::<SymbolSet>();
    fn copied<T: Copy>() {}
    copied::<placet::Attribute<[String]>>();
    copied::<Symbol>();
}

#[test]
fn put_prepared_agrees_with_set() {
    let policy = policy();
    for (name, value) in [
        ("flag", Input::Bool(true)),
        ("age", 17.into()),
        ("risk", 0.2.into()),
        ("country", "DE".into()),
        ("consent", "granted".into()),
        ("kind", "contact".into()),
        ("data", ["email", "log"].into()),
        ("tags", ["pii"].into()),
        ("day", "2026-02-01".into()),
        ("limit", Input::Null),
    ] {
        let (mut set, mut put) = (policy.request(), policy.request());
        set.set("owner", "ann").unwrap().set(name, value.clone()).unwrap();
        let prepared = policy.prepare(name, value).unwrap();
        put.set("owner", "ann").unwrap().put_prepared(&prepared).unwrap();
        assert!(put.gives(name) && put.gives(&prepared), "{name}");
        assert!(put.gives(policy.untyped_attribute(name).unwrap()));
        let given = |request: &Request| policy.frame(request).unwrap().request(policy.program());
        assert_eq!(given(&set), given(&put), "{name}");
        assert_eq!(policy.decide(&set), policy.decide(&put), "{name}");
    }
}

#[test]
fn prepare_checks_values_and_binds_them_to_the_policy() {
    let (policy, other) = (policy(), policy());
    for (name, value) in
        [("age", Input::Int(200)), ("age", "old".into()), ("nobody", 1.into()), ("owner", Input::Null)]
    {
        let refused = policy.prepare(name, value.clone()).unwrap_err();
        assert_eq!(refused, policy.request().set(name, value).unwrap_err(), "{name}");
    }
    let foreign = other.prepare("flag", true).unwrap();
    let mut request = policy.request();
    assert_eq!(request.put_prepared(&foreign).unwrap_err().code, ErrorCode::UnknownAttribute);
    assert!(!request.gives("flag") && !request.gives(&foreign) && !request.gives("nobody"));
    assert!(!request.gives(other.untyped_attribute("flag").unwrap()));
}
