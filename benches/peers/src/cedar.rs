//! Cedar.

use crate::{Engine, Failure, growth};
use cedar_policy::{
    Authorizer, Context, Decision, Entities, EntityId, EntityTypeName, EntityUid, PolicySet, Request,
};
use std::fmt::Write;

/// A Cedar policy set.
pub struct Cedar {
    authorizer: Authorizer,
    policies: PolicySet,
    entities: Entities,
    shape: Shape,
    someone: EntityUid,
    something: EntityUid,
    tenant: EntityTypeName,
    action: EntityTypeName,
}

/// The part of the JSON request that becomes an entity.
enum Shape {
    /// `action` is the action.
    Privacy12,
    /// `tenant` is the principal.
    Growth,
}

impl Cedar {
    /// Privacy-12.
    ///
    /// # Errors
    ///
    /// The policies do not parse.
    pub fn privacy_12() -> Result<Self, Failure> {
        Self::new(include_str!("../../privacy_12/policy.cedar"), Shape::Privacy12)
    }

    /// The growing policy of this size.
    ///
    /// # Errors
    ///
    /// The policies do not parse.
    pub fn growth(rules: usize) -> Result<Self, Failure> {
        let mut text = String::new();
        for growth::Rule { tenant, purpose, age } in growth::rules(rules) {
            writeln!(
                text,
                "permit (principal == Tenant::\"{tenant}\", action, resource) \
                 when {{ context.purpose == \"{purpose}\" && context.age >= {age} }};"
            )?;
        }
        Self::new(&text, Shape::Growth)
    }

    fn new(policies: &str, shape: Shape) -> Result<Self, Failure> {
        Ok(Self {
            authorizer: Authorizer::new(),
            policies: policies.parse()?,
            entities: Entities::empty(),
            shape,
            someone: r#"Person::"someone""#.parse()?,
            something: r#"Resource::"something""#.parse()?,
            tenant: "Tenant".parse()?,
            action: "Action".parse()?,
        })
    }
}

impl Engine for Cedar {
    const NAME: &str = "cedar-policy";
    const PACKAGE: Option<&str> = Some("cedar-policy");
    type Request = Request;

    fn prepare(&self, json: &str) -> Result<Request, Failure> {
        let mut attributes: serde_json::Map<String, serde_json::Value> = serde_json::from_str(json)?;
        let (key, type_name) = match self.shape {
            Shape::Privacy12 => ("action", &self.action),
            Shape::Growth => ("tenant", &self.tenant),
        };
        let Some(serde_json::Value::String(name)) = attributes.shift_remove(key) else {
            return Err(format!("the request has no {key}").into());
        };
        let entity = EntityUid::from_type_name_and_id(type_name.clone(), EntityId::new(name));
        let context = Context::from_json_value(attributes.into(), None)?;
        let (principal, action) = match self.shape {
            Shape::Privacy12 => (self.someone.clone(), entity),
            Shape::Growth => {
                (entity, EntityUid::from_type_name_and_id(self.action.clone(), EntityId::new("use")))
            }
        };
        Ok(Request::new(principal, action, self.something.clone(), context, None)?)
    }

    fn decide(&mut self, request: &mut Request) -> Result<bool, Failure> {
        let response = self.authorizer.is_authorized(request, &self.policies, &self.entities);
        // A policy that fails is skipped, which would look like a decision.
        if let Some(error) = response.diagnostics().errors().next() {
            return Err(error.to_string().into());
        }
        Ok(response.decision() == Decision::Allow)
    }
}
