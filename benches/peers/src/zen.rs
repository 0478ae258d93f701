//! ZEN expressions, the language inside GoRules' decision tables.

use crate::{Engine, Failure};
use zen_expression::expression::Standard;
use zen_expression::vm::VM;
use zen_expression::{Expression, Scope, Variable, compile_expression};

/// A policy as one ZEN expression.
pub struct Zen {
    expression: Expression<Standard>,
    machine: VM,
}

impl Zen {
    /// Privacy-12.
    ///
    /// # Errors
    ///
    /// The expression does not compile.
    pub fn privacy_12() -> Result<Self, Failure> {
        let expression = compile_expression(include_str!("../../privacy_12/policy.zen"))?;
        Ok(Self { expression, machine: VM::new() })
    }
}

impl Engine for Zen {
    const NAME: &str = "zen-expression";
    const PACKAGE: Option<&str> = Some("zen-expression");
    type Request = Scope;

    fn prepare(&self, json: &str) -> Result<Scope, Failure> {
        Ok(Scope::new(serde_json::from_str::<Variable>(json)?))
    }

    fn decide(&mut self, request: &mut Scope) -> Result<bool, Failure> {
        let value = self.expression.evaluate_with_scope(request, &mut self.machine)?;
        Ok(value.as_bool().ok_or("the policy says neither true nor false")?)
    }
}
