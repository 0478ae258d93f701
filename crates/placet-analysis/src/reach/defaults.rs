//! Defaults that let through what another value would not.

use super::{Finding, Kind, of_effect};
use crate::diagrams::{Study, variables_of_complete};
use crate::witness::{self, Certain, class_of};
use placet_compile::{Space, orders, projections};
use placet_graph::{Budget, NodeId};
use placet_model::Model;
use placet_model::decision::Effect;
use placet_model::policy::RuleEffect;
use placet_model::request::{Given, Request};
use placet_model::types::{AttributeId, Presence};
use placet_model::value::Value;
use placet_program::Source;
use placet_program::formula::FormulaId;

/// What these questions may use together.
const BUDGET: Budget = Budget { nodes: 1 << 18, runs: 1 << 20, steps: 1 << 21 };
/// Classes of an attribute that are tried.
const MOST_CLASSES: u32 = 64;

/// The attributes of which the default lets something through that another value would not.
pub(super) fn findings(model: &Model, space: &Space) -> Vec<Finding> {
    let defaults: Vec<(AttributeId, &Value, u32)> = model
        .attribute_ids()
        .filter_map(|(id, attribute)| match &attribute.presence {
            Presence::Default(value) => Some((id, value, variable_of(space, id)?)),
            _ => None,
        })
        .collect();
    if defaults.is_empty() {
        return Vec::new();
    }
    let Some((mut study, allowed)) = allowed(model, space) else { return Vec::new() };
    let mut out = Vec::new();
    for (id, value, variable) in defaults {
        if let (Some(kind), Some(attribute)) =
            (permissive(model, space, &mut study, allowed, (id, value, variable)), model.attribute(id))
        {
            out.push(Finding { span: attribute.span, kind });
        }
    }
    out
}

/// The variable of an attribute's values.
fn variable_of(space: &Space, id: AttributeId) -> Option<u32> {
    let at = space.variables.iter().position(|variable| variable.source == Source::Value(id))?;
    u32::try_from(at).ok()
}

/// Where complete requests are allowed.
fn allowed<'s>(model: &Model, space: &'s Space) -> Option<(Study<'s>, NodeId)> {
    let fires = |effect| -> Vec<FormulaId> {
        of_effect(model, effect).map(|rule| space.formula(rule.fires).unwrap_or_default()).collect()
    };
    let (denials, allows) = (fires(RuleEffect::Deny), fires(RuleEffect::Allow));
    let all = [denials.as_slice(), &allows].concat();
    let asked = projections(&space.formulas, &space.variables, &all);
    orders(space, &all, &asked, &variables_of_complete(space, &all)).into_iter().find_map(|order| {
        let mut study = Study::new(space, order, BUDGET);
        let built =
            study.ask(2, |builder| builder.allowed(denials.iter().copied(), allows.iter().copied()))?;
        study.extend(BUDGET);
        Some((study, built))
    })
}

/// A request that is allowed by an attribute's default and denied with another value of it, if there is one and it was
/// found.
fn permissive(
    model: &Model,
    space: &Space,
    study: &mut Study<'_>,
    allowed: NodeId,
    (id, value, variable): (AttributeId, &Value, u32),
) -> Option<Kind> {
    let level = study.level(variable)?;
    let own = class_of(space, id, value)?;
    let at = |study: &mut Study<'_>, class: u32| {
        let fixed = move |other: u32| (other == level).then_some(class);
        study.ask(4, |builder| builder.diagrams.restrict(allowed, &fixed))
    };
    let with_default = at(study, own)?;
    let classes = study.builder.diagrams.arity(level).min(MOST_CLASSES);
    (0..classes).filter(|class| *class != own).find_map(|class| {
        let other = at(study, class)?;
        let differ = study.ask(4, |builder| builder.diagrams.difference(with_default, other))?;
        let path = study.witness(differ, space)?;
        let denied = witness::value(model, space, variable, class)?;
        let given = witness::request(model, space, &path);
        let holds = |request: &Request| {
            let with = |value: &Value| {
                let mut request = request.clone();
                request.put(model, id, Given::Value(value.clone())).ok()?;
                Certain::of(model, &request)?.effect()
            };
            with(value) == Some(Effect::Allow) && with(&denied) == Some(Effect::Deny)
        };
        let sample = witness::reduced(model, &witness::without(model, &given, id), holds);
        holds(&sample).then_some(Kind::PermissiveDefault { attribute: id, denied, sample })
    })
}
