//! Rego, by regorus: its interpreter, and the virtual machine that it compiles to.

use crate::{Engine, Failure, growth};
use regorus::Value;
use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::RegoVM;
use std::fmt::Write;

const PRIVACY_12: &str = include_str!("../../privacy_12/policy.rego");
const PRIVACY_12_ALLOW: &str = "data.privacy_12.allow";
const GROWTH_ALLOW: &str = "data.growth.allow";

fn growth_policy(rules: usize) -> Result<String, Failure> {
    let mut text = String::from("package growth\n\ndefault allow := false\n");
    for growth::Rule { tenant, purpose, age } in growth::rules(rules) {
        // On one line each: regorus takes no policy of more than 20,000 lines.
        writeln!(
            text,
            "allow if {{ input.tenant == \"{tenant}\"; input.purpose == \"{purpose}\"; input.age >= {age} }}"
        )?;
    }
    Ok(text)
}

fn loaded(policy: &str) -> Result<regorus::Engine, Failure> {
    let mut engine = regorus::Engine::new();
    engine.add_policy("policy.rego".to_owned(), policy.to_owned())?;
    Ok(engine)
}

fn truth(value: &Value) -> Result<bool, Failure> {
    Ok(*value.as_bool()?)
}

/// A Rego policy in the interpreter.
pub struct Interpreter {
    engine: regorus::Engine,
    rule: &'static str,
}

impl Interpreter {
    /// Privacy-12.
    ///
    /// # Errors
    ///
    /// The policy does not parse.
    pub fn privacy_12() -> Result<Self, Failure> {
        Ok(Self { engine: loaded(PRIVACY_12)?, rule: PRIVACY_12_ALLOW })
    }

    /// The growing policy of this size.
    ///
    /// # Errors
    ///
    /// The policy does not parse.
    pub fn growth(rules: usize) -> Result<Self, Failure> {
        Ok(Self { engine: loaded(&growth_policy(rules)?)?, rule: GROWTH_ALLOW })
    }
}

impl Engine for Interpreter {
    const NAME: &str = "regorus (interpreter)";
    const PACKAGE: Option<&str> = Some("regorus");
    type Request = Value;

    fn prepare(&self, json: &str) -> Result<Value, Failure> {
        Ok(Value::from_json_str(json)?)
    }

    fn decide(&mut self, request: &mut Value) -> Result<bool, Failure> {
        self.engine.set_input(request.clone());
        truth(&self.engine.eval_rule(self.rule.to_owned())?)
    }
}

/// A Rego policy compiled for the virtual machine.
pub struct Machine(RegoVM);

impl Machine {
    /// The most rules of the growing policy that it is asked to hold. A program has at most 65,535 instructions, and a
    /// rule takes 17.
    pub const MOST_RULES: usize = 1_000;

    /// Privacy-12.
    ///
    /// # Errors
    ///
    /// The policy does not compile.
    pub fn privacy_12() -> Result<Self, Failure> {
        Self::new(PRIVACY_12, PRIVACY_12_ALLOW)
    }

    /// The growing policy of this size.
    ///
    /// # Errors
    ///
    /// The policy does not compile.
    pub fn growth(rules: usize) -> Result<Self, Failure> {
        Self::new(&growth_policy(rules)?, GROWTH_ALLOW)
    }

    fn new(policy: &str, rule: &str) -> Result<Self, Failure> {
        let compiled = loaded(policy)?.compile_with_entrypoint(&rule.into())?;
        let program = Compiler::compile_from_policy(&compiled, &[rule])?;
        let mut machine = RegoVM::new();
        machine.load_program(program);
        machine.set_data(Value::new_object())?;
        // The default is meant for short policies, and the larger ones of the growing policy need more.
        machine.set_max_instructions(usize::MAX);
        Ok(Self(machine))
    }
}

impl Engine for Machine {
    const NAME: &str = "regorus (virtual machine)";
    const PACKAGE: Option<&str> = Some("regorus");
    type Request = Value;

    fn prepare(&self, json: &str) -> Result<Value, Failure> {
        Ok(Value::from_json_str(json)?)
    }

    fn decide(&mut self, request: &mut Value) -> Result<bool, Failure> {
        self.0.set_input(request.clone());
        truth(&self.0.execute()?)
    }
}
