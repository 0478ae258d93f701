//! Counts allocations: decisions on prepared requests and refilled requests allocate nothing, with any evaluator.

use allocation_counter::measure;
use placet::{Effect, Input, KeyTarget, Limits, Policy, RequestError, RequestReader, Symbol};

const POLICY: &str = "policy shop
  taxonomy Data { contact { email, phone }  clicks }
  request {
    subject.age: int 0..150  purpose: { deliver, marketing }  data: set of Data  country: string
    at: time  given_at: time  objected: bool default false
  }
  rule children  { deny when subject.age < 13  cite \"§9\"  oblige erase within 30 days }
  rule objection { deny when objected and purpose is marketing }
  rule stale     { deny when purpose is marketing and at - given_at > 365 days }
  rule delivery  { allow when purpose is deliver and country like \"S*\" }
  rule marketing { allow when purpose is marketing and all data in contact }";

const REQUEST: &str = r#"{"subject": {"age": 30}, "purpose": "marketing", "data": ["email", "phone"], "country": "SG",
  "at": "2026-02-01T00:00:00Z", "given_at": "2026-01-01T00:00:00Z"}"#;

fn policies() -> Vec<Policy> {
    let (mut masks, mut graph, mut bitmaps) = (Limits::default(), Limits::default(), Limits::default());
    masks.mask_words = usize::MAX;
    graph.mask_words = 0;
    (bitmaps.mask_words, bitmaps.graph_bytes) = (0, 0);
    let all = [("masks", masks), ("graph", graph), ("bitmaps", bitmaps)].map(|(engine, limits)| {
        let policy = Policy::from_text_with("shop", POLICY, &limits).unwrap();
        assert_eq!(policy.strategy().evaluator, engine);
        policy
    });
    all.into()
}

/// Counts the allocations of the second run.
fn allocations(mut work: impl FnMut()) -> u64 {
    work();
    measure(work).count_total
}

#[test]
fn decide_of_a_prepared_request_allocates_nothing() {
    for policy in policies() {
        let request = policy.request_from_json(REQUEST).unwrap();
        assert_eq!(allocations(|| assert!(policy.is_allowed(&request).unwrap())), 0);
    }
}

#[test]
fn effect_of_an_incomplete_request_allocates_nothing_with_a_diagram() {
    let policy = policies().remove(1);
    let request =
        policy.request_from_json(r#"{"purpose": "deliver", "country": "SG", "data": ["clicks"]}"#).unwrap();
    assert_eq!(allocations(|| assert!(!policy.is_allowed(&request).unwrap())), 0);
}

#[test]
fn refilled_requests_allocate_nothing() {
    #[derive(serde::Serialize)]
    struct Subject {
        age: u8,
    }
    #[derive(serde::Serialize)]
    struct Use<'a> {
        subject: Subject,
        purpose: &'a str,
        data: [&'a str; 1],
        country: &'a str,
    }
    for policy in policies() {
        let age = policy.attribute::<i64>("subject.age").unwrap();
        let purpose = policy.attribute::<Symbol>("purpose").unwrap();
        let country = policy.attribute::<str>("country").unwrap();
        let deliver = policy.symbol(purpose, "deliver").unwrap();
        let mut request = policy.request();
        let by_handles = || {
            request.clear().put(age, 30).unwrap().put(purpose, deliver).unwrap().put(country, "SG").unwrap();
            assert!(policy.is_allowed(&request).unwrap());
        };
        assert_eq!(allocations(by_handles), 0);
        let filled = Use { subject: Subject { age: 30 }, purpose: "deliver", data: ["email"], country: "SG" };
        assert_eq!(allocations(|| assert!(policy.is_allowed_from(&filled).unwrap())), 0);
    }
}

#[test]
fn effect_with_allocates_nothing_when_repeated() {
    let row = [
        ("purpose", Input::from("marketing")),
        ("objected", Input::Bool(false)),
        ("country", Input::from("SG")),
        ("at", Input::from("2026-02-01T00:00:00Z")),
        ("given_at", Input::from("2026-01-01T00:00:00Z")),
    ];
    let read = |reader: &mut RequestReader<'_, '_>| -> Result<(), RequestError> {
        let root = reader.root();
        for (key, value) in &row {
            match reader.entry(root, key)? {
                KeyTarget::Attribute(slot) => reader.put(slot, value)?,
                _ => return Err(reader.unknown(root, key)),
            }
        }
        if let KeyTarget::Attribute(data) = reader.entry(root, "data")? {
            reader.begin_set(data, String::new)?;
            reader.member(data, "contact")?;
            reader.end_set(data)?;
        }
        if let KeyTarget::Object(subject) = reader.entry(root, "subject")? {
            if let KeyTarget::Attribute(age) = reader.entry(subject, "age")? {
                reader.put(age, &Input::Int(30))?;
            }
            reader.leave(subject);
        }
        Ok(())
    };
    for policy in policies() {
        assert_eq!(allocations(|| assert_eq!(policy.effect_with(read), Ok(Effect::Allow))), 0);
    }
}
