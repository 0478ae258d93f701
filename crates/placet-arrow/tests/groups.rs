//! Null groups: a struct that is null in a row, and a column of nulls in place of a group.

use arrow_array::*;
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, Field, Fields};
use placet::Effect::{Allow, Deny, Indeterminate};
use placet::{Effect, Policy};
use placet_arrow::{BoundPolicy, ColumnError, Options, needed_columns};
use std::sync::Arc;

fn policy() -> Policy {
    Policy::from_text(
        "policy p
         taxonomy Place { asia { my, sg } eu }
         request {
           subject.age: int 0..150
           subject.trusted: bool default true
           subject.place: Place default sg
           subject.born: date default 2000-01-01
           subject.seen: date
         }
         rule r {
           allow when subject.trusted and subject.place in asia and subject.age >= 18 and subject.born < 2026-01-01
         }
         rule s { deny when subject.seen < subject.born }",
    )
    .unwrap()
}

fn effects(
    columns: Vec<(&str, ArrayRef)>,
    options: &Options<'_>,
) -> Result<Vec<Option<Effect>>, ColumnError> {
    let columns = columns.into_iter().map(|(name, array)| (name, array, true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let decisions = BoundPolicy::new(&policy(), &batch.schema(), options)?.decide(&batch)?;
    Ok((0..decisions.len()).map(|row| decisions.effect(row)).collect())
}

/// A group of one field, which is null in its third row.
fn group() -> ArrayRef {
    let field = Fields::from(vec![Field::new("seen", DataType::Date32, true)]);
    let seen: ArrayRef = Arc::new(Date32Array::from(vec![Some(20_000), Some(0), Some(20_000)]));
    let nulls = NullBuffer::from(vec![true, true, false]);
    Arc::new(StructArray::new(field, vec![seen], Some(nulls)))
}

#[test]
fn null_struct_leaves_attributes_without_field_missing() {
    let age: ArrayRef = Arc::new(Int64Array::from(vec![30; 3]));
    // The defaults hold in the rows where the group is there, also in relations between attributes.
    let found = effects(vec![("subject", group()), ("subject.age", age.clone())], &Options::new()).unwrap();
    assert_eq!(found, [Some(Allow), Some(Deny), Some(Indeterminate)]);
    // What is given elsewhere is no part of the group.
    let constants = Options::new()
        .constant("subject.trusted", true)
        .constant("subject.place", "sg")
        .constant("subject.born", "1990-01-01")
        .constant("subject.seen", "2020-01-01");
    let found = effects(vec![("subject", group()), ("subject.age", age)], &constants).unwrap();
    assert_eq!(found, [Some(Allow), Some(Allow), Some(Allow)]);
}

/// A policy with an optional attribute in the group.
fn withdrawable() -> Policy {
    let text = "policy p
        request {
          consent.given: bool
          consent.withdrawn_at: date?
          consent.score: int? 0..9 default 5
        }
        rule r { allow when consent.withdrawn_at is none and consent.score is not none }
        rule s { deny when consent.withdrawn_at < 2026-01-01 }";
    Policy::from_text(text).unwrap()
}

#[test]
fn null_struct_is_missing_and_null_field_is_none() {
    let withdrawn: ArrayRef = Arc::new(Date32Array::from(vec![None, Some(0), None, Some(30_000)]));
    let withdrawn_names: ArrayRef =
        Arc::new(StringArray::from(vec![None, Some("1970-01-01"), None, Some("2050-01-01")]));
    for (withdrawn, kind) in [(withdrawn, DataType::Date32), (withdrawn_names, DataType::Utf8)] {
        let field = Fields::from(vec![Field::new("withdrawn_at", kind, true)]);
        let nulls = NullBuffer::from(vec![true, true, false, true]);
        let group: ArrayRef = Arc::new(StructArray::new(field, vec![withdrawn.clone()], Some(nulls)));
        let decide = |columns: Vec<(&str, ArrayRef)>| {
            let columns = columns.into_iter().map(|(name, array)| (name, array, true));
            let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
            let bound = BoundPolicy::new(&withdrawable(), &batch.schema(), &Options::new()).unwrap();
            let decisions = bound.decide(&batch).unwrap();
            (0..decisions.len()).map(|row| decisions.effect(row).unwrap()).collect::<Vec<_>>()
        };
        // Nobody said of the third row that nothing was withdrawn.
        assert_eq!(decide(vec![("consent", group.clone())]), [Allow, Deny, Indeterminate, Deny]);
        // A column of the attribute itself says it; the score has its default.
        assert_eq!(decide(vec![("consent.withdrawn_at", withdrawn)]), [Allow, Deny, Allow, Deny]);
        let nulls: ArrayRef = Arc::new(NullArray::new(4));
        assert_eq!(decide(vec![("consent.withdrawn_at", nulls.clone())]), [Allow; 4]);
        // Without the column, or with a null group for it, the attribute is missing.
        let given: ArrayRef = Arc::new(BooleanArray::from(vec![true; 4]));
        assert_eq!(decide(vec![("consent.given", given.clone())]), [Indeterminate; 4]);
        assert_eq!(decide(vec![("consent", nulls), ("consent.given", given)]), [Indeterminate; 4]);
    }
}

#[test]
fn column_of_nulls_is_a_null_group() {
    let age: ArrayRef = Arc::new(Int64Array::from(vec![30; 3]));
    let nulls: ArrayRef = Arc::new(NullArray::new(3));
    let found = effects(vec![("subject", nulls.clone()), ("subject.age", age)], &Options::new()).unwrap();
    assert_eq!(found, [Some(Indeterminate); 3]);
    let error = effects(vec![("subjects", nulls)], &Options::new()).unwrap_err();
    assert!(matches!(error, ColumnError::UnknownColumn { .. }), "{error}");
}

#[test]
fn needed_columns_checks_names() {
    let policy = policy();
    let needed =
        |names: &[&str], options: &Options<'_>| needed_columns(&policy, &policy.request(), names, options);
    let names = ["person", "subject", "name", "subject.age"];
    let options = Options::new().ignore_unknown(true).column("subject.seen", "person.seen");
    assert_eq!(needed(&names, &options).unwrap(), [0, 1, 3]);
    let constant = Options::new().ignore_unknown(true).constant("subject.age", 30);
    assert_eq!(needed(&names, &constant).unwrap(), [1]);
    let unknown = needed(&["subjec"], &Options::new());
    assert!(matches!(unknown, Err(ColumnError::UnknownColumn { .. })));
    let absent = needed(&["name"], &options);
    assert!(matches!(absent, Err(ColumnError::NoSuchColumn { .. })));
}
