//! No engine: the policies written in Rust by hand, over the types that a Rust programmer would choose.

use crate::{Engine, Failure, growth};
use placet_benches::privacy_12::{Purpose, Request, is_allowed};
use serde::Deserialize;
use std::collections::HashMap;

/// Privacy-12 as `if`s.
pub struct Privacy12;

impl Engine for Privacy12 {
    const NAME: &str = "hand-written";
    const PACKAGE: Option<&str> = None;
    type Request = Request;

    fn prepare(&self, json: &str) -> Result<Request, Failure> {
        Ok(serde_json::from_str(json)?)
    }

    fn decide(&mut self, request: &mut Request) -> Result<bool, Failure> {
        Ok(is_allowed(request))
    }
}

/// The growing policy as a hash map: who writes it by hand looks the tenant up.
pub struct Growth(HashMap<String, (Purpose, i64)>);

impl Growth {
    /// The policy of this size.
    pub fn new(rules: usize) -> Self {
        Self(
            growth::rules(rules)
                .map(|rule| {
                    let purpose = match rule.purpose {
                        "improve" => Purpose::Improve,
                        "communicate" => Purpose::Communicate,
                        _ => Purpose::Provide,
                    };
                    (rule.tenant, (purpose, rule.age))
                })
                .collect(),
        )
    }
}

/// A request of the growing policy.
#[derive(Deserialize)]
pub struct GrowthRequest {
    tenant: String,
    purpose: Purpose,
    age: i64,
}

impl Engine for Growth {
    const NAME: &str = "hand-written";
    const PACKAGE: Option<&str> = None;
    type Request = GrowthRequest;

    fn prepare(&self, json: &str) -> Result<GrowthRequest, Failure> {
        Ok(serde_json::from_str(json)?)
    }

    fn decide(&mut self, request: &mut GrowthRequest) -> Result<bool, Failure> {
        let rule = self.0.get(&request.tenant);
        Ok(rule.is_some_and(|(purpose, age)| *purpose == request.purpose && request.age >= *age))
    }
}
