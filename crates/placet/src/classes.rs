//! The classes of a request's values, as the decision log records them.

use crate::policy::Policy;
use crate::request::Request;
use placet_model::Model;
use placet_model::linear::{Linear, Term};
use placet_model::request::RequestError;
use placet_model::types::AttributeId;
use placet_program::{Frame, Program, State, UNKNOWN, VariableKind};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The names of the variables of a policy that relate attributes to each other.
#[derive(Debug)]
pub struct RelationNames(Box<[Relation]>);

/// A variable that relates attributes.
#[derive(Debug)]
pub(crate) struct Relation {
    pub(crate) variable: u32,
    pub(crate) attributes: Box<[AttributeId]>,
    pub(crate) name: Arc<str>,
}

impl RelationNames {
    /// Names the variables of a policy, each differently.
    pub fn new(policy: &Policy) -> Self {
        let (model, program) = (policy.model(), policy.program());
        let mut names: BTreeSet<String> = BTreeSet::new();
        let relations = (0..).zip(program.variables()).filter_map(|(variable, own)| {
            let attributes: Box<[AttributeId]> = own.source.attributes().into();
            if !is_between_attributes(&own.source) {
                return None;
            }
            let name = variable_name(model, &own.source);
            let numbered = (2..).map(|number: u32| format!("{name} ({number})"));
            let free = std::iter::once(name.clone()).chain(numbered).find(|name| !names.contains(name))?;
            names.insert(free.clone());
            Some(Relation { variable, attributes, name: free.into() })
        });
        Self(relations.collect())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Relation> {
        self.0.iter()
    }

    /// Returns the classes of a request's values.
    ///
    /// # Errors
    /// If the request belongs to another policy.
    pub fn classes<'r>(
        &'r self,
        policy: &'r Policy,
        request: &'r Request,
    ) -> Result<RequestClasses<'r>, RequestError> {
        Ok(RequestClasses { program: policy.program(), frame: policy.frame(request)?, relations: self })
    }
}

/// Returns true if a variable isn't one of a single attribute.
fn is_between_attributes(source: &VariableKind) -> bool {
    !matches!(
        source,
        VariableKind::Value(_)
            | VariableKind::Group(..)
            | VariableKind::Test(..)
            | VariableKind::HasMember(..)
            | VariableKind::Missing(_)
    )
}

/// The classes of a request's values. Serializes to an object by the names of attributes and of relations between them.
///
/// An attribute that the request leaves out has no entry. The others have the number of the class of their value; a list
/// of numbers if the policy has several variables for the attribute, or none; `{"one_of": […]}` for an inner node, with the
/// classes of its leaves; `"none"`; null for null; `"unavailable"` for a value that couldn't be fetched; `"pending"` for
/// one that wasn't, since the decision doesn't depend on it.
#[derive(Debug, Clone, Copy)]
pub struct RequestClasses<'r> {
    program: &'r Program,
    frame: &'r Frame,
    relations: &'r RelationNames,
}

/// The words for inputs that have no class.
pub(crate) const NONE: &str = "none";
pub(crate) const UNAVAILABLE: &str = "unavailable";
pub(crate) const PENDING: &str = "pending";

impl Serialize for RequestClasses<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { program, frame, relations } = *self;
        let mut map = serializer.serialize_map(None)?;
        for (id, attribute) in program.model().declared() {
            let Some(plan) = program.plan(id) else { continue };
            let name = &*attribute.name;
            match frame.state(id) {
                State::Absent => {}
                State::Null => map.serialize_entry(name, &())?,
                State::Pending => map.serialize_entry(name, PENDING)?,
                State::Withheld => map.serialize_entry(name, UNAVAILABLE)?,
                State::None => map.serialize_entry(name, NONE)?,
                State::Leaves => {
                    let classes = frame.leaves_of(id).filter_map(|leaf| plan.classifier.scalar(leaf.into()));
                    let classes: BTreeSet<u32> = classes.collect();
                    map.serialize_entry(name, &OneOf { one_of: &classes })?;
                }
                State::Known => match &*plan.variables {
                    [variable] => map.serialize_entry(name, &class(frame, *variable))?,
                    all => {
                        let classes: Vec<u32> = all.iter().map(|variable| class(frame, *variable)).collect();
                        map.serialize_entry(name, &classes)?;
                    }
                },
            }
        }
        for relation in relations.iter() {
            let is_known = relation.attributes.iter().all(|id| frame.state(*id) == State::Known);
            let class = class(frame, relation.variable);
            if is_known && class != UNKNOWN {
                map.serialize_entry(&*relation.name, &class)?;
            }
        }
        map.end()
    }
}

#[derive(serde::Serialize)]
struct OneOf<'c> {
    one_of: &'c BTreeSet<u32>,
}

/// Returns the class of a variable.
pub(crate) fn class(frame: &Frame, variable: u32) -> u32 {
    frame.classes().get(variable as usize).copied().unwrap_or(UNKNOWN)
}

/// Names a variable: by its attribute, or the relation between several.
pub(crate) fn variable_name(model: &Model, source: &VariableKind) -> String {
    let of = |id: &AttributeId| model.attribute_name(*id);
    match source {
        VariableKind::Value(a) if is_companion(model, *a) => format!("{} is none", of(a)),
        VariableKind::Value(a) => of(a).to_owned(),
        VariableKind::Group(a, group) => format!("{}, members of group {}", of(a), group + 1),
        VariableKind::Test(a, test) => format!("{}, test {}", of(a), test + 1),
        VariableKind::HasMember(a, test) => format!("{}, members of test {}", of(a), test + 1),
        VariableKind::Missing(a) => format!("{} is missing", of(a)),
        VariableKind::Sum(sum) => sum_name(model, sum.linear()),
        VariableKind::Same(a, b) | VariableKind::SameSet(a, b) => format!("{} is {}", of(a), of(b)),
        VariableKind::MemberOf(a, b) => format!("{} in {}", of(a), of(b)),
        VariableKind::Meet(a, b) => format!("any {} in {}", of(a), of(b)),
        VariableKind::Subset(a, b) => format!("all {} in {}", of(a), of(b)),
    }
}

/// Returns true for the hidden attribute that tells if another one is `none`.
pub(crate) fn is_companion(model: &Model, id: AttributeId) -> bool {
    model.attribute(id).is_some_and(|attribute| attribute.companion_of.is_some())
}

/// Formats a sum without its constant.
fn sum_name(model: &Model, sum: &Linear) -> String {
    let mut out = String::new();
    for (term, factor) in sum.terms() {
        let name = match term {
            Term::Attribute(id) => model.attribute_name(*id).to_owned(),
            Term::Between(unit, from, to) => {
                let ids = [from, to].into_iter().flat_map(|instant| instant.attributes());
                let names: Vec<&str> = ids.map(|id| model.attribute_name(id)).collect();
                format!("{} between {}", unit.as_str(), names.join(", "))
            }
        };
        out.push_str(match (*factor < 0, out.is_empty()) {
            (false, true) => "",
            (true, true) => "-",
            (false, false) => " + ",
            (true, false) => " - ",
        });
        match factor.unsigned_abs() {
            1 => out.push_str(&name),
            times => out.push_str(&format!("{times} × {name}")),
        }
    }
    out
}
