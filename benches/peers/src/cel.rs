//! The Common Expression Language, by cel.

use crate::{Engine, Failure, growth};
use cel::{Context, Env, Program, Value};
use serde_json::Value as Json;
use std::sync::Arc;

/// A policy in CEL: expressions, one of which must hold.
pub struct Cel {
    env: Arc<Env>,
    programs: Vec<Program>,
}

impl Cel {
    /// Privacy-12, as one expression.
    ///
    /// # Errors
    ///
    /// The expression does not compile.
    pub fn privacy_12() -> Result<Self, Failure> {
        let env = Arc::new(Env::stdlib());
        let programs = vec![env.compile(include_str!("../../privacy_12/policy.cel"))?];
        Ok(Self { env, programs })
    }

    /// The growing policy of this size, one expression for each rule.
    ///
    /// # Errors
    ///
    /// An expression does not compile.
    pub fn growth(rules: usize) -> Result<Self, Failure> {
        let env = Arc::new(Env::stdlib());
        let programs = growth::rules(rules)
            .map(|growth::Rule { tenant, purpose, age }| {
                env.compile(&format!("tenant == \"{tenant}\" && purpose == \"{purpose}\" && age >= {age}"))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { env, programs })
    }
}

impl Engine for Cel {
    const NAME: &str = "cel";
    const PACKAGE: Option<&str> = Some("cel");
    type Request = Context<'static, 'static>;

    fn prepare(&self, json: &str) -> Result<Self::Request, Failure> {
        let attributes: serde_json::Map<String, Json> = serde_json::from_str(json)?;
        // The environment is shared: a context of its own for each request would cost more than the decision.
        let mut context = Context::with_env(Arc::clone(&self.env));
        for (name, value) in attributes {
            context.add_variable_from_value(name, value_of(value)?);
        }
        Ok(context)
    }

    fn decide(&mut self, request: &mut Self::Request) -> Result<bool, Failure> {
        for program in &self.programs {
            match program.execute(request)? {
                Value::Bool(true) => return Ok(true),
                Value::Bool(false) => {}
                other => return Err(format!("the policy says {other:?}").into()),
            }
        }
        Ok(false)
    }
}

/// By hand, since by serde a number that is not negative would become a `uint`, which CEL keeps apart from `int`.
fn value_of(json: Json) -> Result<Value, Failure> {
    Ok(match json {
        Json::Bool(value) => Value::Bool(value),
        Json::String(value) => value.into(),
        Json::Number(value) => Value::Int(value.as_i64().ok_or("a number that is no int")?),
        Json::Array(values) => {
            Value::List(Arc::new(values.into_iter().map(value_of).collect::<Result<_, _>>()?))
        }
        Json::Null | Json::Object(_) => return Err("a value that the policy does not have".into()),
    })
}
