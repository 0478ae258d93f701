//! Defaults that allow requests which another value would deny.
//!
//! Diagrams answer for an attribute that no condition relates to others. Otherwise, or if the path of a diagram is
//! infeasible, an exact search over two copies of the policy answers ([`twin`](super::twin)).

use super::{Finding, Kind, twin};
use crate::diagrams::{Study, variables_of_complete};
use crate::witness::{self, Certain, class_of};
use placet_compile::{Encoding, RuleCondition};
use placet_graph::{Budget, NodeId};
use placet_model::Model;
use placet_model::decision::Effect;
use placet_model::policy::RuleEffect;
use placet_model::request::{AttributeInput, Request};
use placet_model::types::{AttributeId, Presence};
use placet_model::value::Value;
use placet_program::VariableKind;

/// The budget of all questions to diagrams.
const BUDGET: Budget = Budget::new(1 << 18, 1 << 21);
/// The steps of all exact searches.
const SEARCH_STEPS: usize = 1 << 20;
/// The number of an attribute's classes that are tried.
const MAX_CLASSES: u32 = 64;

/// Finds the attributes whose default allows a request that another value would deny.
pub(super) fn findings(model: &Model, space: &Encoding, mut rules: Vec<RuleCondition>) -> Vec<Finding> {
    let defaults: Vec<(AttributeId, &Value)> = model
        .declared()
        .filter_map(|(id, attribute)| match &attribute.presence {
            Presence::Default(value) if is_used(model, space, id) => Some((id, value)),
            _ => None,
        })
        .collect();
    if defaults.is_empty() {
        return Vec::new();
    }
    // Equal shares, so that one default can't use up the steps of the others.
    let steps = SEARCH_STEPS / defaults.len();
    // The candidate orders depend on the order of the rules where variables tie.
    rules.sort_by_key(|rule| rule.effect == RuleEffect::Allow);
    let wanted = variables_of_complete(space, rules.iter().map(|rule| rule.fires));
    let orders = space.orders(rules.iter().map(|rule| (rule.fires, &rule.projection)), &wanted);
    let mut diagram = Study::first_that_fits(space, &orders, BUDGET, 2, |builder| {
        builder.allowed(rules.iter().map(|rule| (rule.effect, rule.fires)))
    });
    let mut out = Vec::new();
    for (id, value) in defaults {
        let answer = match &mut diagram {
            Some((study, allowed)) => by_diagram(model, space, study, *allowed, id, value),
            None => Answer::Unknown,
        };
        let found = match answer {
            Answer::Permissive(kind) => Some(kind),
            Answer::Strict => None,
            Answer::Unknown => twin::find(model, id, value, steps)
                .and_then(|(given, denied)| confirmed(model, &given, id, value, denied)),
        };
        if let (Some(kind), Some(attribute)) = (found, model.attribute(id)) {
            out.push(Finding { span: attribute.span, kind });
        }
    }
    out
}

/// Returns true if a condition mentions the attribute.
fn is_used(model: &Model, space: &Encoding, id: AttributeId) -> bool {
    let attributes = space.variables.iter().flat_map(|variable| variable.source.attributes());
    attributes.into_iter().any(|read| model.declared_id(read) == id)
}

/// Returns the only variable that depends on the attribute, if there is just one. An optional attribute has two, since its
/// companion has one.
fn only_variable(model: &Model, space: &Encoding, id: AttributeId) -> Option<u32> {
    if model.attribute(id)?.is_optional() {
        return None;
    }
    let mut own = (0..).zip(&space.variables).filter(|(_, variable)| {
        !matches!(variable.source, VariableKind::Missing(_)) && variable.source.attributes().contains(&id)
    });
    match (own.next(), own.next()) {
        (Some((number, variable)), None) if variable.source == VariableKind::Value(id) => Some(number),
        _ => None,
    }
}

/// The answer of the diagrams about a default.
enum Answer {
    /// The default allows a request that another value would deny.
    Permissive(Kind),
    /// The default allows no such request.
    Strict,
    /// The diagrams can't decide.
    Unknown,
}

/// Searches for a request that an attribute's default allows and another class of its values denies.
fn by_diagram(
    model: &Model,
    space: &Encoding,
    study: &mut Study<'_>,
    allowed: NodeId,
    id: AttributeId,
    value: &Value,
) -> Answer {
    let Some(variable) = only_variable(model, space, id) else { return Answer::Unknown };
    let (Some(level), Some(own)) = (study.level(variable), class_of(space, id, value)) else {
        return Answer::Unknown;
    };
    let at = |study: &mut Study<'_>, class: u32| {
        let fixed = move |other: u32| (other == level).then_some(class);
        study.ask(4, |builder| builder.diagrams.restrict(allowed, &fixed))
    };
    let Some(with_default) = at(study, own) else { return Answer::Unknown };
    let classes = study.builder.diagrams.arity(level);
    // With more classes than are tried, nothing is proved about the others.
    let mut is_strict = classes <= MAX_CLASSES;
    for class in (0..classes.min(MAX_CLASSES)).filter(|class| *class != own) {
        let differ = at(study, class)
            .and_then(|other| study.ask(4, |builder| builder.diagrams.difference(with_default, other)));
        if differ == Some(NodeId::FALSE) {
            continue;
        }
        // From here on only a confirmed request counts: relations can make the path of a diagram infeasible.
        is_strict = false;
        let found = differ.and_then(|differ| {
            let path = study.witness(differ, space)?;
            let denied = witness::value(model, space, variable, class)?;
            confirmed(model, &witness::request(model, space, &path), id, value, denied)
        });
        if let Some(kind) = found {
            return Answer::Permissive(kind);
        }
    }
    if is_strict { Answer::Strict } else { Answer::Unknown }
}

/// Returns the finding with a minimised request, if the policy allows it with the default and denies it with the other
/// value.
fn confirmed(model: &Model, given: &Request, id: AttributeId, value: &Value, denied: Value) -> Option<Kind> {
    let holds = |request: &Request| {
        let with = |value: &Value| {
            let mut request = request.clone();
            request.put(model, id, AttributeInput::Value(value.clone())).ok()?;
            Certain::new(model, &request)?.effect()
        };
        with(value) == Some(Effect::Allow) && with(&denied) == Some(Effect::Deny)
    };
    // Without the attribute, so that the sample is allowed by the default.
    let sample = witness::reduced(model, &witness::without(model, given, id), holds);
    holds(&sample).then_some(Kind::PermissiveDefault { attribute: id, denied, sample })
}
