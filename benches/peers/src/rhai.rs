//! Rhai, a scripting language.

use crate::{Engine, Failure, growth};
use rhai::{AST, Dynamic, Map, OptimizationLevel, Scope};
use std::fmt::Write;

/// A policy as a Rhai script.
pub struct Rhai {
    engine: rhai::Engine,
    script: AST,
}

impl Rhai {
    /// Privacy-12.
    ///
    /// # Errors
    ///
    /// The script does not compile.
    pub fn privacy_12() -> Result<Self, Failure> {
        Self::new(include_str!("../../privacy_12/policy.rhai"))
    }

    /// The growing policy of this size, one `if` for each rule.
    ///
    /// # Errors
    ///
    /// The script does not compile.
    pub fn growth(rules: usize) -> Result<Self, Failure> {
        let mut text = String::new();
        for growth::Rule { tenant, purpose, age } in growth::rules(rules) {
            writeln!(
                text,
                "if tenant == \"{tenant}\" && purpose == \"{purpose}\" && age >= {age} {{ return true; }}"
            )?;
        }
        text.push_str("false\n");
        Self::new(&text)
    }

    fn new(script: &str) -> Result<Self, Failure> {
        let mut engine = rhai::Engine::new();
        engine.set_optimization_level(OptimizationLevel::Full);
        let script = engine.compile(script)?;
        Ok(Self { engine, script })
    }
}

impl Engine for Rhai {
    const NAME: &str = "rhai";
    const PACKAGE: Option<&str> = Some("rhai");
    type Request = Scope<'static>;

    fn prepare(&self, json: &str) -> Result<Self::Request, Failure> {
        let request: Dynamic = serde_json::from_str(json)?;
        let attributes: Map = request.try_cast().ok_or("the request is no object")?;
        let mut scope = Scope::with_capacity(attributes.len());
        for (name, value) in attributes {
            scope.push_dynamic(name, value);
        }
        Ok(scope)
    }

    fn decide(&mut self, request: &mut Self::Request) -> Result<bool, Failure> {
        Ok(self.engine.eval_ast_with_scope(request, &self.script)?)
    }
}

/// The growing policy as one `switch` over the tenant. Rhai looks the case up by hash; it is the hash map of
/// [`hand`](crate::hand) written in Rhai, and no longer a list of rules.
pub struct Switch(Rhai);

impl Switch {
    /// The growing policy of this size.
    ///
    /// # Errors
    ///
    /// The script does not compile.
    pub fn growth(rules: usize) -> Result<Self, Failure> {
        let mut text = String::from("switch tenant {\n");
        for growth::Rule { tenant, purpose, age } in growth::rules(rules) {
            writeln!(text, "  \"{tenant}\" => purpose == \"{purpose}\" && age >= {age},")?;
        }
        text.push_str("  _ => false,\n}\n");
        Ok(Self(Rhai::new(&text)?))
    }
}

impl Engine for Switch {
    const NAME: &str = "rhai (switch)";
    const PACKAGE: Option<&str> = Some("rhai");
    type Request = Scope<'static>;

    fn prepare(&self, json: &str) -> Result<Self::Request, Failure> {
        self.0.prepare(json)
    }

    fn decide(&mut self, request: &mut Self::Request) -> Result<bool, Failure> {
        self.0.decide(request)
    }
}
