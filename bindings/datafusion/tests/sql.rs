//! Tests of the effect function in SQL and in expressions: each row gets the effect of its request.

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::Int8Type;
use arrow_array::{Array, ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray, UInt32Array};
use datafusion::datasource::MemTable;
use datafusion::prelude::{SessionConfig, SessionContext, col, lit};
use datafusion_expr::ScalarUDF;
use placet::{Effect, Policy};
use placet_datafusion::{EffectFunction, OnError};
use std::collections::HashMap;
use std::sync::Arc;

const POLICY: &str = "
policy shop
taxonomy Purpose { deliver, marketing { newsletter, advertising } }
request {
  purpose: Purpose
  subject.age: int 0..150
  data: set of { email, phone, clicks }
  opted_in: bool
  member: bool required
}
rule delivery { allow when purpose is deliver and member }
rule letters { allow when purpose in marketing and all data in {email, phone} and opted_in }
rule children { deny when subject.age < 13 }
";
const ATTRIBUTES: [&str; 4] = ["purpose", "subject.age", "data", "opted_in"];
const ROWS: usize = 20_000;

struct Random(u64);

impl Random {
    /// Returns a number below a bound; `None` in a tenth of the calls.
    fn below(&mut self, bound: usize) -> Option<usize> {
        let mut next = || {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) as usize
        };
        (!next().is_multiple_of(10)).then(|| next() % bound)
    }
}

fn rows() -> RecordBatch {
    let mut random = Random(3);
    let mut data = ListBuilder::new(StringBuilder::new());
    for _ in 0..ROWS {
        match random.below(7) {
            Some(set) => {
                for (bit, name) in ["email", "phone", "clicks"].into_iter().enumerate() {
                    if (set + 1) >> bit & 1 == 1 {
                        data.values().append_value(name);
                    }
                }
                data.append(true);
            }
            None => data.append_null(),
        }
    }
    let purposes = ["deliver", "marketing", "newsletter", "advertising"];
    let mut numbers = |bound| (0..ROWS).map(|_| random.below(bound)).collect::<Vec<_>>();
    let purpose: StringArray = numbers(4).into_iter().map(|at| at.map(|at| purposes[at])).collect();
    let age: Int64Array = numbers(40).into_iter().map(|age| age.map(|age| age as i64)).collect();
    let opted_in: BooleanArray = numbers(4).into_iter().map(|at| at.map(|at| at > 0)).collect();
    let columns: [(&str, ArrayRef); 5] = [
        ("id", Arc::new((0..ROWS as u32).collect::<UInt32Array>())),
        ("purpose", Arc::new(purpose)),
        ("age", Arc::new(age)),
        ("data", Arc::new(data.finish())),
        ("opted_in", Arc::new(opted_in)),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap()
}

/// Returns the expected effect of each row: that of its request, decided on its own.
fn expected(policy: &Policy, rows: &RecordBatch) -> Vec<Effect> {
    let (purpose, age) =
        (rows["purpose"].as_string::<i32>(), rows["age"].as_any().downcast_ref::<Int64Array>().unwrap());
    let (data, opted_in) = (rows["data"].as_list::<i32>(), rows["opted_in"].as_boolean());
    let one = |row: usize| {
        let mut request = policy.request();
        request.set("member", true).unwrap();
        if purpose.is_valid(row) {
            request.set("purpose", purpose.value(row)).unwrap();
        }
        if age.is_valid(row) {
            request.set("subject.age", age.value(row)).unwrap();
        }
        if data.is_valid(row) {
            let set = data.value(row);
            let names: Vec<&str> = set.as_string::<i32>().iter().flatten().collect();
            request.set("data", names).unwrap();
        }
        if opted_in.is_valid(row) {
            request.set("opted_in", opted_in.value(row)).unwrap();
        }
        policy.effect(&request).unwrap()
    };
    (0..rows.num_rows()).map(one).collect()
}

fn policy() -> Policy {
    Policy::from_text(POLICY).unwrap()
}

fn effect() -> EffectFunction {
    EffectFunction::new("effect", &policy(), ATTRIBUTES).unwrap().constant("member", true).unwrap()
}

/// Creates a session with several partitions and a table of many batches.
fn session(function: EffectFunction) -> SessionContext {
    let rows = rows();
    let parts: Vec<RecordBatch> = (0..ROWS).step_by(1_000).map(|first| rows.slice(first, 1_000)).collect();
    let context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(4));
    let partitions = parts.chunks(5).map(<[_]>::to_vec).collect();
    let table = MemTable::try_new(rows.schema(), partitions).unwrap();
    context.register_table("people", Arc::new(table)).unwrap();
    context.register_udf(function.into());
    context
}

async fn fails(context: &SessionContext, query: &str) -> String {
    match context.sql(query).await {
        Err(error) => error.to_string(),
        Ok(frame) => frame.collect().await.unwrap_err().to_string(),
    }
}

#[tokio::test]
async fn rows_are_decided_as_their_requests() {
    let context = session(effect());
    let query = "select id, effect(purpose, age, data, opted_in) as effect from people";
    let mut came: HashMap<u32, String> = HashMap::new();
    for batch in context.sql(query).await.unwrap().collect().await.unwrap() {
        let ids = batch["id"].as_any().downcast_ref::<UInt32Array>().unwrap();
        let effects = batch["effect"].as_dictionary::<Int8Type>();
        let words = effects.downcast_dict::<StringArray>().unwrap();
        came.extend(ids.values().iter().zip(words).map(|(id, word)| (*id, word.unwrap().to_owned())));
    }
    let expected = expected(&policy(), &rows());
    assert_eq!(came.len(), ROWS);
    let mut counts: HashMap<Effect, usize> = HashMap::new();
    for (row, effect) in expected.iter().enumerate() {
        assert_eq!(came[&(row as u32)], effect.to_string(), "row {row}");
        *counts.entry(*effect).or_default() += 1;
    }
    assert!(counts.len() == 3 && counts.values().all(|count| *count > ROWS / 20), "{counts:?}");
}

#[tokio::test]
async fn effects_are_conditions_and_groups() {
    let context = session(effect());
    let expected = expected(&policy(), &rows());
    let count = |wanted| expected.iter().filter(|effect| **effect == wanted).count();
    let allowed = "select id from people where effect(purpose, age, data, opted_in) = 'allow'";
    assert_eq!(context.sql(allowed).await.unwrap().count().await.unwrap(), count(Effect::Allow));
    let groups =
        "select effect(purpose, age, data, opted_in) as effect, count(*) as rows from people group by effect";
    let groups = context.sql(&format!("select * from ({groups}) where effect = 'deny'")).await.unwrap();
    let groups = groups.collect().await.unwrap();
    let rows: Vec<i64> = groups
        .iter()
        .flat_map(|batch| batch["rows"].as_any().downcast_ref::<Int64Array>().unwrap().values().to_vec())
        .collect();
    assert_eq!(rows, [count(Effect::Deny) as i64]);
    // With constant arguments, the planner may evaluate the function.
    let one = "select effect('deliver', 30, make_array('email'), true) = 'allow' as is_allowed";
    if let Ok(frame) = context.sql(one).await {
        assert!(frame.collect().await.unwrap()[0]["is_allowed"].as_boolean().value(0));
    }
    // The same condition as an expression.
    let function: ScalarUDF = effect().into();
    let call = function.call(["purpose", "age", "data", "opted_in"].map(col).to_vec());
    let frame = context.table("people").await.unwrap().filter(call.eq(lit("allow"))).unwrap();
    assert_eq!(frame.count().await.unwrap(), count(Effect::Allow));
}

#[tokio::test]
async fn what_does_not_fit_is_an_error_of_the_plan() {
    let context = session(effect());
    let error = fails(&context, "select effect(purpose, purpose, data, opted_in) from people").await;
    assert!(error.contains("`subject.age`") && error.contains("Utf8"), "{error}");
    let error = fails(&context, "select effect(purpose, age) from people").await;
    assert!(error.contains("effect"), "{error}");
    let without = session(EffectFunction::new("effect", &policy(), ["purpose"]).unwrap());
    let error = fails(&without, "select effect(purpose) from people").await;
    assert!(error.contains("`member`") && error.contains("required"), "{error}");
    for (made, named) in [
        (EffectFunction::new("effect", &policy(), ["purpos"]), "purpos"),
        (EffectFunction::new("effect", &policy(), ["purpose", "purpose"]), "twice"),
        (effect().constant("purpose", "deliver"), "twice"),
        (effect().constant("member", false), "twice"),
        (EffectFunction::new("effect", &policy(), ["purpose"]).unwrap().constant("subject.age", 151), "151"),
    ] {
        let error = made.unwrap_err().to_string();
        assert!(error.contains(named), "{error}");
    }
}

#[tokio::test]
async fn an_erroneous_value_ends_the_query_or_is_null() {
    let query = "select id from people where effect(purpose, age + 120, data, opted_in)";
    let context = session(effect());
    let error = fails(&context, &format!("{query} = 'allow'")).await;
    assert!(error.contains("`subject.age`") && error.contains("int 0..150"), "{error}");
    let context = session(effect().on_error(OnError::Null));
    let nulls = context.sql(&format!("{query} is null")).await.unwrap().count().await.unwrap();
    let old = context.sql("select id from people where age + 120 > 150").await.unwrap();
    assert_eq!(nulls, old.count().await.unwrap());
    assert!(nulls > ROWS / 10);
}

#[tokio::test]
async fn functions_of_several_policies_stand_side_by_side() {
    let other = Policy::from_text(
        "policy other request { subject.age: int } rule old { allow when subject.age > 20 }",
    );
    let old = EffectFunction::new("old", &other.unwrap(), ["subject.age"]).unwrap();
    let context = session(effect());
    context.register_udf(old.into());
    let query =
        "select id from people where old(age) = 'allow' and effect(purpose, age, data, opted_in) = 'allow'";
    let rows = rows();
    let age = rows["age"].as_any().downcast_ref::<Int64Array>().unwrap();
    let expected = expected(&policy(), &rows);
    let both = |row: &usize| expected[*row] == Effect::Allow && age.is_valid(*row) && age.value(*row) > 20;
    assert_eq!(context.sql(query).await.unwrap().count().await.unwrap(), (0..ROWS).filter(both).count());
    // Functions that differ in one constant are different.
    let unlike =
        EffectFunction::new("effect", &policy(), ATTRIBUTES).unwrap().constant("member", false).unwrap();
    assert!(effect() == effect() && effect() != unlike);
}
