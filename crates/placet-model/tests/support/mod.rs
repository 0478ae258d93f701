//! Requests written as JSON, for tests below the facade, which has the reader.

use placet_core::calendar::{DAY, date_from_str, time_from_str};
use placet_model::Model;
use placet_model::request::{AttributeInput, Request, named, named_set};
use placet_model::types::{Members, Type};
use placet_model::value::Value;

/// Reads the flat JSON of a request; `None` if an attribute or a value of it doesn't fit the policy.
pub(crate) fn request(model: &Model, json: &str) -> Option<Request> {
    let mut request = Request::new();
    add(model, &mut request, "", serde_json::from_str(json).ok()?)?;
    Some(request)
}

fn add(model: &Model, request: &mut Request, prefix: &str, json: serde_json::Value) -> Option<()> {
    let serde_json::Value::Object(members) = json else { return None };
    for (key, value) in members {
        let name = format!("{prefix}{key}");
        match model.find(&name) {
            Some(id) => {
                let given = input(&model.attribute(id)?.kind, &value)?;
                request.put(model, id, given).ok()?;
            }
            None => add(model, request, &format!("{name}."), value)?,
        }
    }
    Some(())
}

fn input(kind: &Type, json: &serde_json::Value) -> Option<AttributeInput> {
    let texts = || json.as_array()?.iter().map(serde_json::Value::as_str).collect::<Option<Vec<&str>>>();
    Some(AttributeInput::Value(match kind {
        _ if json.is_null() => return Some(AttributeInput::Null),
        Type::Symbol(universe) => return named(universe, json.as_str()?).ok(),
        Type::Bool => Value::Bool(json.as_bool()?),
        Type::Int(..) => Value::Int(json.as_i64()?),
        Type::Number(..) => Value::Number(json.as_f64()?),
        Type::String => Value::String(json.as_str()?.into()),
        Type::Date => Value::Date(date_from_str(json.as_str()?).ok()?),
        Type::Time => Value::Time(time_from_str(json.as_str()?).ok()?),
        Type::Duration => {
            let days = json.as_str()?.strip_prefix('P')?.strip_suffix('D')?;
            Value::Duration(days.parse::<i64>().ok()? * DAY)
        }
        Type::Set { of: Members::Symbols(universe), .. } => {
            Value::Symbols(named_set(universe, texts()?).ok()?)
        }
        Type::Set { of: Members::Texts, .. } => Value::Texts(texts()?.into_iter().map(Into::into).collect()),
    }))
}
