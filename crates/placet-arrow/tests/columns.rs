//! The meaning of columns of each type, and the errors of columns that don't fit.

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{Int8Type, Int32Type, Int64Type};
use arrow_array::*;
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{DataType, Field, Schema};
use placet::Effect::{Allow, Deny, Indeterminate};
use placet::{Effect, ErrorCode, Policy, Time};
use placet_arrow::{BoundPolicy, ColumnError, Decisions, OnError, Options, Reason, ValueError};
use std::sync::Arc;

/// A policy that allows where its attribute `a` passes.
fn policy(kind: &str, when: &str) -> Policy {
    Policy::from_text(&format!("policy p request {{ a: {kind} }} rule r {{ allow when {when} }}")).unwrap()
}

fn table(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true)))
        .unwrap()
}

fn decide(policy: &Policy, batch: &RecordBatch, options: &Options<'_>) -> Result<Decisions, ColumnError> {
    BoundPolicy::new(policy, &batch.schema(), options)?.decide(batch)
}

fn effects(policy: &Policy, array: impl Array + 'static) -> Vec<Option<Effect>> {
    let batch = table(vec![("a", Arc::new(array))]);
    let decisions = decide(policy, &batch, &Options::new().on_error(OnError::Null)).unwrap();
    (0..decisions.len()).map(|row| decisions.effect(row)).collect()
}

/// The fault of the first row that has one.
fn fault(policy: &Policy, array: impl Array + 'static) -> ValueError {
    match decide(policy, &table(vec![("a", Arc::new(array))]), &Options::new()) {
        Err(ColumnError::Value(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

/// The errors of columns that can't be bound.
fn refusal(policy: &Policy, columns: Vec<(&str, ArrayRef)>, options: &Options<'_>) -> String {
    BoundPolicy::new(policy, &table(columns).schema(), options).unwrap_err().to_string()
}

#[test]
fn integers_of_any_width() {
    let adults = policy("int 0..150", "a >= 18");
    let expected = vec![Some(Deny), Some(Allow), Some(Indeterminate)];
    macro_rules! check {
        ($($array:ty),*) => {
            $(assert_eq!(effects(&adults, <$array>::from(vec![Some(17), Some(18), None])), expected, stringify!($array));)*
        };
    }
    check!(Int8Array, Int16Array, Int32Array, Int64Array, UInt8Array, UInt16Array, UInt32Array, UInt64Array);
    let decimals =
        Decimal128Array::from(vec![Some(17), Some(18), None]).with_precision_and_scale(5, 0).unwrap();
    assert_eq!(effects(&adults, decimals), expected);
}

#[test]
fn an_integer_beyond_its_domain_never_wraps() {
    let adults = policy("int 0..150", "a >= 18");
    let any = policy("int", "a >= 18");
    for (found, value) in [
        (fault(&adults, Int8Array::from(vec![20, -1])), "-1"),
        (fault(&adults, UInt8Array::from(vec![20, 151])), "151"),
        (fault(&adults, UInt64Array::from(vec![20, u64::MAX])), "18446744073709551615"),
        (fault(&any, UInt64Array::from(vec![20, 1 << 63])), "9223372036854775808"),
        (fault(&adults, Int64Array::from(vec![20, i64::MIN])), "-9223372036854775808"),
    ] {
        assert_eq!((found.row, &*found.column, &*found.value), (1, "a", value));
        assert_eq!(found.code, ErrorCode::OutsideDomain);
    }
    assert_eq!(effects(&any, UInt64Array::from(vec![i64::MAX as u64, 1 << 63])), [Some(Allow), None]);
}

#[test]
fn numbers_are_floats_integers_and_decimals() {
    let small = policy("number 0..10", "a < 0.3");
    let expected = vec![Some(Allow), Some(Deny), Some(Indeterminate)];
    assert_eq!(effects(&small, Float64Array::from(vec![Some(-0.0), Some(0.3), None])), expected);
    assert_eq!(effects(&small, Float32Array::from(vec![Some(0.25), Some(0.5), None])), expected);
    assert_eq!(effects(&small, Int32Array::from(vec![Some(0), Some(1), None])), expected);
    // 0.3 is the number nearest to three tenths, as it is in the policy.
    let tenths = Decimal128Array::from(vec![Some(2), Some(3), None]).with_precision_and_scale(5, 1).unwrap();
    assert_eq!(effects(&small, tenths), expected);
    let long =
        Decimal128Array::from(vec![Some(299_999_999_999_999_900), Some(300_000_000_000_000_000), None]);
    assert_eq!(effects(&small, long.with_precision_and_scale(30, 18).unwrap()), expected);
    assert_eq!(effects(&small, Float64Array::from(vec![f64::NAN, f64::INFINITY, 10.5])), [None, None, None]);
}

#[test]
fn texts_in_every_encoding() {
    let country = policy("string", "a is \"SG\" or a like \"A*\"");
    let texts = || vec![Some("SG"), Some("AT"), Some(""), None];
    let expected = vec![Some(Allow), Some(Allow), Some(Deny), Some(Indeterminate)];
    assert_eq!(effects(&country, StringArray::from(texts())), expected);
    assert_eq!(effects(&country, LargeStringArray::from(texts())), expected);
    assert_eq!(effects(&country, StringViewArray::from(texts())), expected);
    assert_eq!(effects(&country, DictionaryArray::<Int8Type>::from_iter(texts())), expected);
    assert_eq!(effects(&country, RunArray::<Int32Type>::from_iter(texts())), expected);
    assert_eq!(effects(&country, NullArray::new(2)), [Some(Indeterminate), Some(Indeterminate)]);
}

#[test]
fn a_value_that_does_not_fit_is_found_among_many_rows() {
    const ROWS: usize = 20_000;
    // All hangs on one attribute, nothing on the other.
    let text = "policy p request { a: int 0..150  b: { x, y } } rule r { allow when a >= 18 }";
    let policy = Policy::from_text(text).unwrap();
    let words: ArrayRef = Arc::new(StringArray::from(vec!["x", "y", "z"]));
    let batch = |ages: Vec<u8>, keys: Vec<i8>| {
        let names = DictionaryArray::<Int8Type>::try_new(keys.into(), words.clone()).unwrap();
        table(vec![("a", Arc::new(UInt8Array::from(ages))), ("b", Arc::new(names))])
    };
    let (ages, keys): (Vec<u8>, Vec<i8>) = (0..ROWS).map(|row| ((row % 150) as u8, (row % 2) as i8)).unzip();
    let fine = decide(&policy, &batch(ages.clone(), keys.clone()), &Options::new()).unwrap();
    assert_eq!(fine.tally().errors, 0);
    for row in [0, 2_047, 2_048, 8_191, 8_192, ROWS - 1] {
        let (mut odd_ages, mut odd_keys) = (ages.clone(), keys.clone());
        (odd_ages[row], odd_keys[row]) = (151, 2);
        for (batch, column) in [(batch(odd_ages, keys.clone()), "a"), (batch(ages.clone(), odd_keys), "b")] {
            match decide(&policy, &batch, &Options::new()) {
                Err(ColumnError::Value(fault)) => {
                    assert_eq!((fault.row, &*fault.column), (row as u64, column))
                }
                other => panic!("{row}: {other:?}"),
            }
            let counted = decide(&policy, &batch, &Options::new().on_error(OnError::Null)).unwrap();
            assert_eq!((counted.tally().errors, counted.effect(row)), (1, None));
        }
    }
}

#[test]
fn each_batch_is_read_by_its_own_dictionary() {
    let policy = policy("{ granted, refused }", "a is granted");
    let batch = |words: [&str; 2]| {
        let keys = Int8Array::from(vec![0, 1]);
        let array = DictionaryArray::<Int8Type>::try_new(keys, Arc::new(StringArray::from(words.to_vec())));
        table(vec![("a", Arc::new(array.unwrap()))])
    };
    let (one, other) = (batch(["granted", "refused"]), batch(["refused", "granted"]));
    let binding = BoundPolicy::new(&policy, &one.schema(), &Options::new()).unwrap();
    for _ in 0..2 {
        assert_eq!(binding.decide(&one).unwrap().keys().values(), &[1, 2]);
        assert_eq!(binding.decide(&other).unwrap().keys().values(), &[2, 1]);
    }
}

#[test]
fn a_dictionary_counts_for_what_its_rows_use() {
    let country = policy("{ at, sg }", "a is sg");
    // "xx" is no name, and no row has it; one null is a key, one a value.
    let values: ArrayRef = Arc::new(StringArray::from(vec![Some("xx"), Some("sg"), None, Some("at")]));
    let keys = Int8Array::from(vec![Some(3), Some(1), Some(2), None]);
    let dictionary = DictionaryArray::try_new(keys, values.clone()).unwrap();
    assert_eq!(effects(&country, dictionary), [Deny, Allow, Indeterminate, Indeterminate].map(Some));
    let used = DictionaryArray::try_new(Int8Array::from(vec![1, 0]), values).unwrap();
    let fault = fault(&country, used);
    assert_eq!((fault.row, &*fault.value, &*fault.expected), (1, "\"xx\"", "{ at, sg }"));
}

#[test]
fn an_inner_node_is_one_of_its_leaves() {
    let text = "policy p taxonomy T { x { y, z } w }
        request { a: T } rule r { allow when a in x } rule s { deny when a is y }";
    let policy = Policy::from_text(text).unwrap();
    for array in [
        Arc::new(StringArray::from(vec!["z", "y", "x", "w"])) as ArrayRef,
        Arc::new(DictionaryArray::<Int8Type>::from_iter(["z", "y", "x", "w"])),
    ] {
        let batch = table(vec![("a", array)]);
        let options = Options::new().reasons([Reason::Missing]);
        let decisions = decide(&policy, &batch, &options).unwrap();
        let found: Vec<_> = (0..4).map(|row| decisions.effect(row).unwrap()).collect();
        assert_eq!(found, [Allow, Deny, Indeterminate, Deny]);
    }
}

fn lists(rows: &[Option<&[Option<&str>]>]) -> ListArray {
    let mut lists = ListBuilder::new(StringBuilder::new());
    for row in rows {
        for text in row.unwrap_or_default() {
            lists.values().append_option(*text);
        }
        lists.append(row.is_some());
    }
    lists.finish()
}

#[test]
fn sets_are_lists() {
    let pii = policy("set of { email, phone, clicks }", "all a in {email, phone}");
    let rows: [Option<&[Option<&str>]>; 3] =
        [Some(&[Some("email"), Some("email")]), Some(&[Some("clicks")]), None];
    assert_eq!(effects(&pii, lists(&rows)), [Allow, Deny, Indeterminate].map(Some));
    assert_eq!(effects(&pii, lists(&rows).slice(1, 2)), [Deny, Indeterminate].map(Some));
    let empty = fault(&pii, lists(&[Some(&[])]));
    assert_eq!((&*empty.value, empty.code), ("[]", ErrorCode::OutsideDomain));
    let null = fault(&pii, lists(&[Some(&[Some("email"), None])]));
    assert_eq!((&*null.value, null.code), ("[\"email\", null]", ErrorCode::WrongType));
    let unknown = fault(&pii, lists(&[Some(&[Some("email"), Some("mail")])]));
    assert_eq!((&*unknown.value, unknown.code), ("[\"email\", \"mail\"]", ErrorCode::OutsideDomain));
    let labels = policy("set? of string", "\"pii\" in a");
    let rows: [Option<&[Option<&str>]>; 3] = [Some(&[Some("x"), Some("pii")]), Some(&[]), None];
    assert_eq!(effects(&labels, lists(&rows)), [Allow, Deny, Indeterminate].map(Some));
}

#[test]
fn names_of_any_length_are_told_apart_wherever_they_stand() {
    // As long as fits a number, longer, and such that one is the beginning of another.
    let names = ["a", "abcdefgh", "abcdefghijkl", "abcdefghijklm", "abcdefghijklmnop", "abcdefghijklmnopq"];
    let none = ["", "b", "abcdefghijklmno", "abcdefghijklmnoq", "abcdefghijklmnopqr", "a\0"];
    let sets = policy(&format!("set of {{ {} }}", names.join(", ")), "any a in {abcdefghijklmnopq, a}");
    let alone = policy(&format!("{{ {} }}", names.join(", ")), "a in {abcdefghijklmnopq, a}");
    for (at, name) in names.into_iter().enumerate() {
        let expected = [if at == 0 || at == 5 { Allow } else { Deny }].map(Some);
        let arrays: [ArrayRef; 3] = [
            Arc::new(StringArray::from(vec![name])),
            Arc::new(LargeStringArray::from(vec![name])),
            Arc::new(StringViewArray::from(vec![name])),
        ];
        for array in arrays {
            assert_eq!(effects(&alone, array.clone()), expected);
            let field = Arc::new(Field::new("item", array.data_type().clone(), true));
            let list = ListArray::new(field, OffsetBuffer::from_lengths([1]), array, None);
            assert_eq!(effects(&sets, list), expected);
        }
    }
    for name in none {
        assert_eq!(fault(&alone, StringArray::from(vec![name, "a"])).row, 0);
        assert_eq!(fault(&alone, StringViewArray::from(vec![name, "a"])).row, 0);
        assert_eq!(fault(&sets, lists(&[Some(&[Some("a"), Some(name)]), Some(&[Some("a")])])).row, 0);
    }
}

#[test]
fn dates_are_whole_days() {
    let late = policy("date", "a >= 1970-01-03");
    assert_eq!(effects(&late, Date32Array::from(vec![1, 2])), [Deny, Allow].map(Some));
    assert_eq!(effects(&late, Date64Array::from(vec![86_400_000, 172_800_000])), [Deny, Allow].map(Some));
    assert_eq!(effects(&late, StringArray::from(vec!["1970-01-02", "1970-01-03"])), [Deny, Allow].map(Some));
    let fine = fault(&late, Date64Array::from(vec![86_400_001]));
    assert_eq!((&*fine.value, fine.code), ("86400001 milliseconds", ErrorCode::OutsideDomain));
    assert_eq!(fault(&late, Date32Array::from(vec![i32::MAX])).value, "2147483647 days from 1970-01-01");
    assert_eq!(fault(&late, StringArray::from(vec!["1970-02-30"])).code, ErrorCode::OutsideDomain);
}

#[test]
fn times_are_instants() {
    let late = policy("time", "a >= 1970-01-01T00:00:02Z");
    let seconds = TimestampSecondArray::from(vec![1, 2]);
    assert_eq!(effects(&late, seconds.clone().with_timezone("+08:00")), [Deny, Allow].map(Some));
    let nanos = TimestampNanosecondArray::from(vec![1_999_999_000, 2_000_000_000]).with_timezone("UTC");
    assert_eq!(effects(&late, nanos), [Deny, Allow].map(Some));
    let millis = TimestampMillisecondArray::from(vec![1_999, 2_000]).with_timezone("Asia/Singapore");
    assert_eq!(effects(&late, millis), [Deny, Allow].map(Some));
    let fine = fault(&late, TimestampNanosecondArray::from(vec![2_000_000_001]).with_timezone("UTC"));
    assert_eq!((&*fine.value, fine.code), ("2000000001 nanoseconds", ErrorCode::OutsideDomain));
    let far = fault(&late, TimestampSecondArray::from(vec![i64::MAX]).with_timezone("UTC"));
    assert_eq!(far.value, "9223372036854775807 seconds");
    let error = refusal(&late, vec![("a", Arc::new(seconds))], &Options::new());
    assert!(error.contains("`a`") && error.contains("without a time zone"), "{error}");
}

#[test]
fn durations_of_any_unit_and_seconds() {
    let long = policy("duration", "a > 1 minutes");
    assert_eq!(effects(&long, DurationSecondArray::from(vec![60, 61])), [Deny, Allow].map(Some));
    assert_eq!(
        effects(&long, DurationNanosecondArray::from(vec![0, 60_000_001_000])),
        [Deny, Allow].map(Some)
    );
    assert_eq!(effects(&long, Int32Array::from(vec![60, 61])), [Deny, Allow].map(Some));
    assert_eq!(effects(&long, Float64Array::from(vec![60.0, 60.5])), [Deny, Allow].map(Some));
    assert_eq!(effects(&long, StringArray::from(vec!["PT1M", "PT1M1S"])), [Deny, Allow].map(Some));
    assert_eq!(fault(&long, UInt64Array::from(vec![u64::MAX])).code, ErrorCode::OutsideDomain);
}

#[test]
fn structs_are_dotted_names_and_null_ones_say_nothing() {
    let text =
        "policy p request { subject.age: int 0..150  subject.home.country: string  b: bool default true }
        rule r { allow when subject.age >= 18 and subject.home.country is \"SG\" and b }";
    let policy = Policy::from_text(text).unwrap();
    let country: ArrayRef = Arc::new(StringArray::from(vec!["SG", "SG", "SG"]));
    let home = StructArray::from(vec![(Arc::new(Field::new("country", DataType::Utf8, true)), country)]);
    let age: ArrayRef = Arc::new(Int32Array::from(vec![20, 10, 20]));
    let fields =
        vec![Field::new("age", DataType::Int32, true), Field::new("home", home.data_type().clone(), true)];
    let nulls = NullBuffer::from(vec![true, true, false]);
    let subject = StructArray::new(fields.into(), vec![age, Arc::new(home)], Some(nulls));
    let batch = table(vec![("subject", Arc::new(subject))]);
    for (batch, expected) in
        [(batch.clone(), vec![Allow, Deny, Indeterminate]), (batch.slice(1, 2), vec![Deny, Indeterminate])]
    {
        let decisions = decide(&policy, &batch, &Options::new()).unwrap();
        let found: Vec<_> = (0..batch.num_rows()).map(|row| decisions.effect(row).unwrap()).collect();
        assert_eq!(found, expected);
    }
}

#[test]
fn null_is_missing_whatever_the_default_and_an_error_where_required() {
    let default = policy("bool default true", "a");
    assert_eq!(
        effects(&default, BooleanArray::from(vec![Some(true), Some(false), None])),
        [Allow, Deny, Indeterminate].map(Some)
    );
    // Without the column the default holds.
    let batch = table(vec![("other", Arc::new(NullArray::new(1)))]);
    let decisions = decide(&default, &batch, &Options::new().ignore_unknown(true)).unwrap();
    assert_eq!(decisions.effect(0), Some(Allow));
    let required = policy("int 0..9 required", "a > 3");
    for array in [
        Arc::new(Int64Array::from(vec![Some(5), None])) as ArrayRef,
        Arc::new(UInt8Array::from(vec![Some(5), None])),
        Arc::new(
            DictionaryArray::try_new(
                Int8Array::from(vec![Some(0), None]),
                Arc::new(Int64Array::from(vec![5])),
            )
            .unwrap(),
        ),
    ] {
        let batch = table(vec![("a", array)]);
        let Err(ColumnError::Value(fault)) = decide(&required, &batch, &Options::new()) else {
            panic!("an error")
        };
        assert_eq!((fault.row, fault.code, &*fault.value), (1, ErrorCode::RequiredAttribute, "null"));
        let decisions = decide(&required, &batch, &Options::new().on_error(OnError::Null)).unwrap();
        assert_eq!((decisions.effect(0), decisions.effect(1)), (Some(Allow), None));
        assert!(
            decisions.effects().unwrap().is_null(1)
                && !decisions.allowed().value(1)
                && decisions.allowed().is_valid(1)
        );
    }
    let error =
        refusal(&required, vec![("x", Arc::new(NullArray::new(1)))], &Options::new().ignore_unknown(true));
    assert!(error.contains("`a`") && error.contains("required"), "{error}");
}

#[test]
fn columns_are_matched_by_name_unless_said_otherwise() {
    let text = "policy p request { age: int 0..150  at: time  purpose: { deliver, marketing } }
        rule r { allow when age >= 18 and at >= 2026-01-01T00:00:00Z and purpose is deliver }";
    let policy = Policy::from_text(text).unwrap();
    let ages: ArrayRef = Arc::new(Int64Array::from(vec![17, 18]));
    let purposes: ArrayRef = Arc::new(StringArray::from(vec!["marketing", "deliver"]));
    let at = Time::from_micros(1_800_000_000_000_000);
    let batch = table(vec![("customer_age", ages.clone()), ("purpose", purposes.clone())]);
    let options = Options::new().column("age", "customer_age").constant("at", at);
    let decisions = decide(&policy, &batch, &options).unwrap();
    assert_eq!((decisions.effect(0), decisions.effect(1)), (Some(Deny), Some(Allow)));
    // A constant stands in place of a column of its name.
    let decisions = decide(&policy, &batch, &options.clone().constant("purpose", "deliver")).unwrap();
    assert_eq!((decisions.effect(0), decisions.effect(1)), (Some(Deny), Some(Allow)));

    let columns = || vec![("age", ages.clone()), ("purpse", purposes.clone())];
    let error = refusal(&policy, columns(), &Options::new());
    assert!(error.contains("`purpse`") && error.contains("did you mean `purpose`"), "{error}");
    let error = refusal(&policy, columns(), &Options::new().column("purpose", "purpos"));
    assert!(error.contains("`purpos`") && error.contains("did you mean `purpse`"), "{error}");
    let error = refusal(&policy, columns(), &Options::new().column("agee", "age"));
    assert!(error.contains("`agee`") && error.contains("did you mean `age`"), "{error}");
    let error = refusal(&policy, columns(), &Options::new().constant("age", 200));
    assert!(error.contains("`age`") && error.contains("int 0..150"), "{error}");
    let twice = Options::new().column("age", "age").constant("age", 20);
    let error = refusal(&policy, columns(), &twice);
    assert!(error.contains("`age` is given twice") && error.contains("a constant"), "{error}");
    let error = refusal(&policy, vec![("age", purposes.clone())], &Options::new());
    assert!(error.contains("`age`") && error.contains("Utf8") && error.contains("int 0..150"), "{error}");
    let schema =
        Schema::new(vec![Field::new("age", DataType::Int64, true), Field::new("age", DataType::Int64, true)]);
    let error = BoundPolicy::new(&policy, &schema, &Options::new()).unwrap_err().to_string();
    assert!(error.contains("`age` is given twice"), "{error}");
}

#[test]
fn a_batch_of_other_columns_is_refused() {
    let adults = policy("int 0..150", "a >= 18");
    let bound = table(vec![("a", Arc::new(Int64Array::from(vec![1])))]);
    let binding = BoundPolicy::new(&adults, &bound.schema(), &Options::new()).unwrap();
    let other = table(vec![("a", Arc::new(Int32Array::from(vec![1])))]);
    let error = binding.decide(&other).unwrap_err().to_string();
    assert!(error.contains("`a`") && error.contains("Int64") && error.contains("Int32"), "{error}");
    let moved = table(vec![("b", Arc::new(NullArray::new(1))), ("a", Arc::new(Int64Array::from(vec![30])))]);
    assert!(binding.decide(&moved).is_err(), "a column in another place");
    let swapped = table(vec![("b", Arc::new(Int64Array::from(vec![30])))]);
    let error = binding.decide(&swapped).unwrap_err().to_string();
    assert!(error.contains("`a`") && error.contains("not there"), "{error}");
}

#[test]
fn an_error_names_column_row_value_and_what_was_expected() {
    let adults = policy("int 0..150", "a >= 18");
    let batch = table(vec![("age_in_years", Arc::new(Int64Array::from(vec![30, 200])))]);
    let error = decide(&adults, &batch, &Options::new().column("a", "age_in_years")).unwrap_err().to_string();
    for part in ["row 1", "`age_in_years`", "200", "int 0..150"] {
        assert!(error.contains(part), "{error}");
    }
    let many = Int64Array::from_iter_values((0..5_000).map(|row| if row % 100 == 99 { -1 } else { 20 }));
    let batch = table(vec![("a", Arc::new(many))]);
    let decisions = decide(&adults, &batch, &Options::new().on_error(OnError::Null)).unwrap();
    assert_eq!((decisions.tally().errors, decisions.tally().allowed), (50, 4_950));
    let rows: Vec<u64> = decisions.tally().faults.iter().take(3).map(|fault| fault.row).collect();
    assert_eq!(rows, [99, 199, 299]);
}

#[test]
fn reasons_stand_beside_the_effects() {
    let text = "policy p request { age: int 0..150  ok: bool }
        rule adults { cite \"§1\" allow when age >= 18 oblige log within 2 days \"keep it\" }
        rule willing { cite \"§2\" allow when ok }";
    let policy = Policy::from_text(text).unwrap();
    let ages: ArrayRef = Arc::new(Int64Array::from(vec![Some(20), Some(20), Some(3), None]));
    let ok: ArrayRef = Arc::new(BooleanArray::from(vec![true, false, false, false]));
    let batch = table(vec![("age", ages), ("ok", ok)]);
    let binding = BoundPolicy::new(&policy, &batch.schema(), &Options::new().reasons(Reason::ALL)).unwrap();
    let decisions = binding.decide(&batch).unwrap();
    let tally = decisions.tally().clone();
    assert_eq!((tally.allowed, tally.denied, tally.indeterminate), (2, 1, 1));
    assert_eq!(tally.rules.into_iter().collect::<Vec<_>>(), [("adults".into(), 2), ("willing".into(), 1)]);
    let dictionary = decisions.reason(Reason::Obligations).unwrap();
    assert_eq!(dictionary.keys().values(), &[1, 2, 3, 4]);
    let due = dictionary.values().as_list::<i32>().value(1);
    let within = due.as_struct().column(1).as_primitive::<Int64Type>();
    assert_eq!(within.value(0), 172_800);
    let out = decisions.into_batch().unwrap();
    assert_eq!(out.schema(), binding.output_schema());
    let names: Vec<_> = out.schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(
        names,
        ["effect", "rules", "certain", "clauses", "basis", "obligations", "undecided", "missing"]
    );
}

/// A dictionary with more values than are classified in advance is read cell by cell.
#[test]
fn inner_nodes_of_a_large_dictionary_are_told_apart() {
    let policy = Policy::from_text(
        "policy p
         taxonomy Purpose { a { a1, a2 } b { b1, b2 } }
         request { purpose: Purpose  m: bool }
         rule one { allow when purpose is b1 oblige tell when m }
         rule two { allow when purpose is b2 }
         rule three { allow when purpose is a1 }",
    )
    .unwrap();
    let names = ["a", "b"].into_iter().chain(std::iter::repeat_n("a1", 400));
    let values: ArrayRef = Arc::new(StringArray::from_iter_values(names));
    let keys = Int32Array::from(vec![1, 0, 1, 0]);
    let column: ArrayRef = Arc::new(DictionaryArray::new(keys, values));
    let batch = RecordBatch::try_from_iter([("purpose", column)]).unwrap();
    let bound = BoundPolicy::new(&policy, &batch.schema(), &Options::new()).unwrap();
    let decisions = bound.decide(&batch).unwrap();
    let effects: Vec<_> = (0..4).map(|row| decisions.effect(row).unwrap()).collect();
    assert_eq!(effects, [Effect::Allow, Effect::Indeterminate, Effect::Allow, Effect::Indeterminate]);
}
