//! Measures decisions through C and the same decisions in Rust: the difference is the cost of the boundary.
#![allow(missing_docs, reason = "criterion's macros make public items")]

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use placet::{Effect, RequestError, Symbol, SymbolSet, Symbols};
use placet_benches::privacy_12;
use placet_c as c;
use std::ffi::{CString, c_void};
use std::hint::black_box;
use std::mem::{MaybeUninit, offset_of};
use std::time::Duration;

const FLAGS: [&str; 4] = ["guardian_permission", "objected", "legal_order", "api_service"];
const SYMBOLS: [&str; 4] = ["consent", "purpose", "action", "recipient"];

fn sure<T, E: std::fmt::Display>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| panic!("{error}"))
}

type ErrorOut<'e> = c::Out<'e, Option<Box<c::Error>>>;
type IsAllowed = extern "C" fn(Option<&c::Policy>, Option<&c::Request>) -> bool;
type GiveEffect =
    extern "C" fn(Option<&c::Policy>, Option<&c::Request>, c::Out<'_, c::Effect>, ErrorOut<'_>) -> c::Status;
type BoundEffect =
    unsafe extern "C" fn(Option<&c::Bound>, *const c_void, c::Out<'_, c::Effect>, ErrorOut<'_>) -> c::Status;
type Clear = extern "C" fn(Option<&mut c::Request>, ErrorOut<'_>) -> c::Status;
type Put<T> = extern "C" fn(Option<&mut c::Request>, c::Attribute, T, ErrorOut<'_>) -> c::Status;
type PutValue =
    extern "C" fn(Option<&mut c::Request>, c::Attribute, Option<&c::Value>, ErrorOut<'_>) -> c::Status;

/// Returns the out argument of a successful call.
fn given<T>(call: impl FnOnce(&mut MaybeUninit<T>) -> c::Status) -> T {
    let mut out = MaybeUninit::uninit();
    let status = call(&mut out);
    assert_eq!(status, c::Status::Ok);
    // SAFETY: every function writes its out argument.
    unsafe { out.assume_init() }
}

fn c_text(text: &str) -> CString {
    sure(CString::new(text))
}

/// The values of a case, looked up for Rust and for C.
struct Values {
    age: i64,
    flags: [bool; 4],
    symbols: [Symbol; 4],
    data: SymbolSet,
    c_symbols: [Box<c::Value>; 4],
    c_data: Box<c::Value>,
}

/// A request as a C program would hold it.
#[derive(Debug)]
#[repr(C)]
struct Record {
    age: u8,
    flags: [bool; 4],
    codes: [u8; 4],
    data: u64,
}

impl From<&privacy_12::Request> for Record {
    fn from(request: &privacy_12::Request) -> Self {
        let privacy_12::Request { guardian_permission, objected, legal_order, api_service, .. } = *request;
        let typed = privacy_12::TypedRequest::from(request);
        let bit = |name: &str| privacy_12::Category::NAMES.iter().position(|known| *known == name);
        Self {
            age: request.age,
            flags: [guardian_permission, objected, legal_order, api_service],
            codes: [
                typed.consent.index() as u8,
                typed.purpose.index() as u8,
                typed.action.index() as u8,
                typed.recipient.index() as u8,
            ],
            data: typed.data.names().filter_map(bit).fold(0, |bits, bit| bits | 1 << bit),
        }
    }
}

/// Binds the policy to the fields of [`Record`].
fn bind(policy: &c::Policy) -> Box<c::Bound> {
    let texts = |names: &[&str]| -> Vec<CString> { names.iter().map(|name| c_text(name)).collect() };
    let names: [&[&str]; 4] = [
        privacy_12::Consent::NAMES,
        privacy_12::Purpose::NAMES,
        privacy_12::Action::NAMES,
        privacy_12::Recipient::NAMES,
    ];
    let mut described = vec![("age", offset_of!(Record, age), c::FieldType::Uint8, Vec::new())];
    for (index, name) in FLAGS.into_iter().enumerate() {
        described.push((name, offset_of!(Record, flags) + index, c::FieldType::Bool, Vec::new()));
    }
    for (index, (name, names)) in SYMBOLS.into_iter().zip(names).enumerate() {
        described.push((name, offset_of!(Record, codes) + index, c::FieldType::Code8, texts(names)));
    }
    let categories = texts(privacy_12::Category::NAMES);
    described.push(("data", offset_of!(Record, data), c::FieldType::Set64, categories));
    let described: Vec<_> = described
        .into_iter()
        .map(|(name, offset, ty, names)| {
            let pointers: Vec<_> = names.iter().map(|name| name.as_ptr()).collect();
            (c_text(name), offset, ty, names, pointers)
        })
        .collect();
    let fields: Vec<c::Field> = described
        .iter()
        .map(|(attribute, offset, ty, _, names)| c::Field {
            attribute: attribute.as_ptr(),
            offset: *offset,
            r#type: *ty as i32,
            is_optional: false,
            presence: 0,
            names: names.as_ptr(),
            name_count: names.len(),
        })
        .collect();
    // SAFETY: the pointer and the count are those of one vector; its texts are `CString`s, which `described` holds.
    let bound =
        given(|out| unsafe { c::placet_bind(Some(policy), fields.as_ptr(), fields.len(), Some(out), None) });
    let Some(bound) = bound else { panic!("a bound policy") };
    bound
}

/// Measures a decision over all cases, after checking that it allows the expected number of them.
fn over<T>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    items: &mut [T],
    allowed: usize,
    mut decide: impl FnMut(&mut T) -> bool,
) {
    assert_eq!(items.iter_mut().filter_map(|item| decide(item).then_some(())).count(), allowed, "{name}");
    group.bench_function(name, |bencher| {
        bencher.iter(|| items.iter_mut().filter_map(|item| decide(black_box(item)).then_some(())).count());
    });
}

fn calls(criterion: &mut Criterion) {
    let rust = sure(placet::Policy::from_text(privacy_12::POLICY));
    let cases = sure(privacy_12::cases());
    let allowed = cases.iter().filter(|case| case.allow).count();
    let text = privacy_12::POLICY;
    // SAFETY: the pointer and the length are those of one `&str`.
    let policy =
        given(|out| unsafe { c::placet_policy_from_text(text.as_ptr().cast(), text.len(), Some(out), None) });
    let Some(policy) = policy else { panic!("a policy") };

    let mut group = criterion.benchmark_group("C");
    group
        .sample_size(30)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .throughput(Throughput::Elements(cases.len() as u64));

    // Hides the functions from the optimizer, which can't inline through a dynamic linker either.
    let is_allowed = black_box(c::placet_policy_is_allowed as IsAllowed);
    let effect = black_box(c::placet_policy_effect as GiveEffect);
    let clear = black_box(c::placet_request_clear as Clear);
    let put_int = black_box(c::placet_request_put_int as Put<i64>);
    let put_bool = black_box(c::placet_request_put_bool as Put<bool>);
    let put_value = black_box(c::placet_request_put_value as PutValue);

    let mut typed: Vec<privacy_12::Request> =
        cases.iter().map(|case| sure(serde_json::from_str(&case.json))).collect();
    over(&mut group, "hand-written", &mut typed, allowed, |request| privacy_12::is_allowed(request));
    let bound = bind(&policy);
    let bound_effect = black_box(c::placet_bound_effect as BoundEffect);
    let mut records: Vec<Record> = typed.iter().map(Record::from).collect();
    over(&mut group, "C, bound, effect", &mut records, allowed, |record| {
        let (mut given, mut error) = (MaybeUninit::uninit(), MaybeUninit::uninit());
        let record = std::ptr::from_ref(record).cast();
        // SAFETY: the record has the fields that were bound.
        let status = unsafe { bound_effect(Some(&bound), record, Some(&mut given), Some(&mut error)) };
        // SAFETY: the function writes the effect whatever its status.
        status == c::Status::Ok && unsafe { given.assume_init() } == c::Effect::Allow
    });

    let new_request = || {
        let request = given(|out| c::placet_request_new(Some(&policy), Some(out), None));
        let Some(request) = request else { panic!("a request") };
        request
    };
    let mut requests: Vec<placet::Request> =
        cases.iter().map(|case| sure(rust.request_from_json(&case.json))).collect();
    let mut c_requests: Vec<Box<c::Request>> = cases
        .iter()
        .map(|case| {
            let mut request = new_request();
            let json = case.json.as_ptr().cast();
            // SAFETY: the pointer and the length are those of one `&str`.
            let status =
                unsafe { c::placet_request_fill_from_json(Some(&mut request), json, case.json.len(), None) };
            assert_eq!(status, c::Status::Ok);
            request
        })
        .collect();
    over(&mut group, "Rust, prepared, effect", &mut requests, allowed, |request| {
        rust.effect(request).is_ok_and(|effect| effect == Effect::Allow)
    });
    over(&mut group, "C, prepared, effect", &mut c_requests, allowed, |request| {
        let (mut given, mut error) = (MaybeUninit::uninit(), MaybeUninit::uninit());
        let status = effect(Some(&policy), Some(request), Some(&mut given), Some(&mut error));
        // SAFETY: the function writes the effect whatever its status.
        status == c::Status::Ok && unsafe { given.assume_init() } == c::Effect::Allow
    });
    over(&mut group, "Rust, prepared, is_allowed", &mut requests, allowed, |request| {
        rust.is_allowed(request).unwrap_or(false)
    });
    over(&mut group, "C, prepared, is_allowed", &mut c_requests, allowed, |request| {
        is_allowed(Some(&policy), Some(request))
    });

    let attribute = |name: &str| {
        let name = c_text(name);
        // SAFETY: a `CString` ends with a NUL.
        given(|out| unsafe { c::placet_policy_attribute(Some(&policy), name.as_ptr(), Some(out), None) })
    };
    let value = |of: c::Attribute, names: &[&str]| {
        let names: Vec<CString> = names.iter().map(|name| c_text(name)).collect();
        let texts: Vec<_> = names.iter().map(|name| name.as_ptr()).collect();
        let (lengths, count) = (std::ptr::null(), texts.len());
        // SAFETY: `count` is the number of pointers, and each is that of a `CString`, which ends with a NUL.
        let value = given(|out| unsafe {
            c::placet_policy_value(Some(&policy), of, texts.as_ptr(), lengths, count, Some(out), None)
        });
        let Some(value) = value else { panic!("a value") };
        value
    };
    let c_age = attribute("age");
    let c_data = attribute("data");
    let c_flags = FLAGS.map(attribute);
    let c_symbols = SYMBOLS.map(attribute);
    let age = sure(rust.attribute::<i64>("age"));
    let data = sure(rust.attribute::<SymbolSet>("data"));
    let flags = FLAGS.map(|name| sure(rust.attribute::<bool>(name)));
    let symbols = SYMBOLS.map(|name| sure(rust.attribute::<Symbol>(name)));

    let read = |json: &serde_json::Value| {
        let text = |name: &str| json.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
        let members = json.get("data").and_then(serde_json::Value::as_array).into_iter().flatten();
        let members: Vec<&str> = members.filter_map(serde_json::Value::as_str).collect();
        let [a, b, d, e] = SYMBOLS.map(text);
        let [of_a, of_b, of_d, of_e] = symbols;
        let [c_a, c_b, c_d, c_e] = c_symbols;
        Values {
            age: json.get("age").and_then(serde_json::Value::as_i64).unwrap_or_default(),
            flags: FLAGS.map(|name| json.get(name).and_then(serde_json::Value::as_bool).unwrap_or_default()),
            symbols: [(of_a, a), (of_b, b), (of_d, d), (of_e, e)]
                .map(|(of, name)| sure(rust.symbol(of, name))),
            data: sure(rust.symbol_set(data, members.iter().copied())),
            c_symbols: [(c_a, a), (c_b, b), (c_d, d), (c_e, e)].map(|(of, name)| value(of, &[name])),
            c_data: value(c_data, &members),
        }
    };
    let mut values: Vec<Values> =
        cases.iter().map(|case| read(&sure(serde_json::from_str(&case.json)))).collect();
    let mut request = rust.request();
    over(&mut group, "Rust, ten by handle, is_allowed", &mut values, allowed, |values| {
        let mut put = || -> Result<bool, RequestError> {
            request.clear().put(age, values.age)?.put(data, &values.data)?;
            for (of, value) in flags.iter().zip(values.flags) {
                request.put(*of, value)?;
            }
            for (of, value) in symbols.iter().zip(values.symbols) {
                request.put(*of, value)?;
            }
            rust.is_allowed(&request)
        };
        put().unwrap_or(false)
    });
    let mut c_request = new_request();
    over(&mut group, "C, ten by handle, is_allowed", &mut values, allowed, |values| {
        let ok = |status: c::Status| status == c::Status::Ok;
        let request = &mut c_request;
        ok(clear(Some(request), None))
            && ok(put_int(Some(request), c_age, values.age, None))
            && ok(put_value(Some(request), c_data, Some(&values.c_data), None))
            && c_flags
                .iter()
                .zip(values.flags)
                .all(|(of, value)| ok(put_bool(Some(request), *of, value, None)))
            && c_symbols
                .iter()
                .zip(&values.c_symbols)
                .all(|(of, value)| ok(put_value(Some(request), *of, Some(value), None)))
            && is_allowed(Some(&policy), Some(request))
    });
}

criterion_group!(benches, calls);
criterion_main!(benches);
