//! Placet itself.

use crate::{Engine, Failure, growth};
use placet::{Policy, Request};
use std::fmt::Write;

/// A Placet policy.
pub struct Placet(Policy);

impl Placet {
    /// Privacy-12.
    ///
    /// # Errors
    ///
    /// The policy does not compile.
    pub fn privacy_12() -> Result<Self, Failure> {
        Ok(Self(Policy::from_text(placet_benches::privacy_12::POLICY)?))
    }

    /// The growing policy of this size.
    ///
    /// # Errors
    ///
    /// The policy does not compile.
    pub fn growth(rules: usize) -> Result<Self, Failure> {
        let mut text = format!(
            "policy growth\n\nrequest {{\n  tenant: string\n  purpose: {{ {} }}\n  age: int 0..150\n}}\n",
            growth::PURPOSES.join(", ")
        );
        for rule in growth::rules(rules) {
            let growth::Rule { tenant, purpose, age } = rule;
            write!(
                text,
                "\nrule {tenant} {{\n  allow when tenant is \"{tenant}\" and purpose is {purpose} and age >= {age}\n}}\n"
            )?;
        }
        Ok(Self(Policy::from_text(&text)?))
    }
}

impl Engine for Placet {
    const NAME: &str = "placet";
    const PACKAGE: Option<&str> = Some("placet");
    type Request = Request;

    fn prepare(&self, json: &str) -> Result<Request, Failure> {
        Ok(self.0.request_from_json(json)?)
    }

    fn decide(&mut self, request: &mut Request) -> Result<bool, Failure> {
        Ok(self.0.is_allowed(request)?)
    }

    fn decide_json(&mut self, json: &str) -> Result<bool, Failure> {
        Ok(self.0.effect_json(json)? == placet::Effect::Allow)
    }
}

/// Placet, asked for the whole decision: the rules that made it, their clauses, and what they oblige to.
pub struct WithReasons(pub Placet);

impl Engine for WithReasons {
    const NAME: &str = "placet, with reasons";
    const PACKAGE: Option<&str> = Some("placet");
    type Request = Request;

    fn prepare(&self, json: &str) -> Result<Request, Failure> {
        self.0.prepare(json)
    }

    fn decide(&mut self, request: &mut Request) -> Result<bool, Failure> {
        Ok(self.0.0.decide(request)?.is_allowed())
    }

    fn decide_json(&mut self, json: &str) -> Result<bool, Failure> {
        Ok(self.0.0.decide_json(json)?.is_allowed())
    }
}
