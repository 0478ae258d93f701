//! Binding: checks that each field of a struct fits an attribute of a policy.

use crate::policy::Policy;
use crate::request::schema::Schema;
use crate::request::symbol_table::universe;
use crate::typed::reader::BoundField;
use crate::typed::{Field, FieldKind, Fields};
use placet_core::{closest, did_you_mean, quoted};
use placet_model::types::{Attribute, AttributeId, Presence, Universe};
use placet_program::value_masks::Values;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

/// The reasons why a struct doesn't fit a policy (see [`Policy::bind`](crate::Policy::bind)). Displays one line for each.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", lines(.mismatches))]
#[non_exhaustive]
pub struct BindError {
    /// The mismatches, in the order of the fields; attributes without a field come last. There is at least one.
    pub mismatches: Vec<Mismatch>,
}

/// A field that doesn't fit its attribute, or an attribute that needs a field. Displays with both places.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mismatch {
    /// The field, as `Struct::field`. `None` for an attribute without a field.
    pub field: Option<String>,
    /// The file and line of the field.
    pub field_location: Option<(String, u32)>,
    /// The attribute. `None` if the policy has none of the field's name.
    pub attribute: Option<String>,
    /// The place of the attribute's declaration, as `file:line:column`. `None` for a saved policy.
    pub attribute_location: Option<String>,
    /// One sentence for people.
    pub message: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((file, line)) = &self.field_location {
            write!(f, "{file}:{line}: ")?;
        }
        f.write_str(&self.message)?;
        if let Some(location) = &self.attribute_location {
            write!(f, " ({location})")?;
        }
        Ok(())
    }
}

fn lines(mismatches: &[Mismatch]) -> String {
    mismatches.iter().map(Mismatch::to_string).collect::<Vec<_>>().join("\n")
}

/// The fields of a struct as attributes of a policy.
pub(crate) struct Bound {
    pub(crate) fields: Vec<BoundField>,
    /// The values that the fields have.
    pub(crate) values: Vec<(AttributeId, Option<Values>)>,
}

/// Checks that each field fits an attribute, and that each required attribute has a field.
///
/// # Errors
/// All mismatches.
pub(crate) fn bind(policy: &Policy, fields: &Fields) -> Result<Bound, BindError> {
    let schema = policy.schema();
    let model = schema.program.model();
    let mut bound = Bound { fields: Vec::new(), values: Vec::new() };
    let mut mismatches = Vec::new();
    let mut known: BTreeMap<AttributeId, &Field> = BTreeMap::new();
    for field in &fields.0 {
        let found = schema.names.attribute(&field.attribute).and_then(|id| Some((id, model.attribute(id)?)));
        let Some((id, attribute)) = found else {
            let near = closest(&field.attribute, model.declared().map(|(_, attribute)| &*attribute.name));
            let name = quoted(&field.attribute);
            let of = if field.field == field.attribute { "" } else { &format!(" for `{}`", field.field) };
            let message = format!("the policy has no attribute {name}{of}{}", did_you_mean(near));
            mismatches.push(mismatch(policy, Some(field), None, message));
            continue;
        };
        if let Some(other) = known.insert(id, field) {
            let message = format!("`{}` and `{}` are both `{}`", other.field, field.field, attribute.name);
            mismatches.push(mismatch(policy, Some(field), Some(attribute), message));
            continue;
        }
        match fit(schema, id, attribute, field) {
            Ok((bound_field, values)) => {
                bound.fields.push(bound_field);
                bound.values.push((id, values));
            }
            Err(messages) => {
                mismatches.extend(
                    messages.into_iter().map(|text| mismatch(policy, Some(field), Some(attribute), text)),
                );
            }
        }
    }
    for id in schema.program.required() {
        if let Some(attribute) = model.attribute(*id).filter(|_| !known.contains_key(id)) {
            let message = format!("`{}` is required, and has no field", attribute.name);
            mismatches.push(mismatch(policy, None, Some(attribute), message));
        }
    }
    if mismatches.is_empty() { Ok(bound) } else { Err(BindError { mismatches }) }
}

fn mismatch(
    policy: &Policy,
    field: Option<&Field>,
    attribute: Option<&Attribute>,
    message: String,
) -> Mismatch {
    let declaration = attribute.and_then(|attribute| policy.attribute_declaration(&attribute.name));
    Mismatch {
        field: field.map(|field| field.field.clone()),
        field_location: field.and_then(|field| field.location.clone()),
        attribute: attribute.map(|attribute| attribute.name.to_string()),
        attribute_location: declaration.and_then(|declaration| Some(declaration.location()?.to_string())),
        message,
    }
}

/// Returns the field as a part of requests, and its values if masks can hold them.
///
/// # Errors
/// The reasons why the field doesn't fit its attribute.
fn fit(
    schema: &Schema,
    id: AttributeId,
    attribute: &Attribute,
    field: &Field,
) -> Result<(BoundField, Option<Values>), Vec<String>> {
    let (name, place) = (&attribute.name, &field.field);
    let names: &[String] = match &field.kind {
        FieldKind::Symbol(names) | FieldKind::Symbols(names) => names,
        _ => &[],
    };
    if schema.kind(id) != Some(field.kind.kind()) {
        let given = match field.kind {
            FieldKind::Symbols(_) | FieldKind::Texts => format!("a set of `{}`", field.ty),
            _ => format!("`{}`", field.ty),
        };
        return Err(vec![format!("`{place}` is {given}, but `{name}` is {}", attribute.declared_type())]);
    }
    if field.may_be_missing && attribute.presence == Presence::Required {
        return Err(vec![format!("`{place}` may be missing, but `{name}` is required")]);
    }
    let mut variants: Vec<Range<u32>> = Vec::new();
    let mut faults = Vec::new();
    for variant in names {
        match schema.symbol_tables.get(id).and_then(|table| table.find(variant)) {
            Some(symbols) => variants.push(symbols),
            None => {
                let all = universe(&attribute.kind).map(Universe::names);
                let near = did_you_mean(closest(variant, all.unwrap_or_default()));
                faults.push(format!(
                    "`{name}` has no {} for a variant of `{}`{near}",
                    quoted(variant),
                    field.ty
                ));
            }
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let values = match field.kind {
        FieldKind::Symbol(_) => Some(Values::Variants(variants.clone())),
        FieldKind::Symbols(_) => Some(Values::Sets(variants.clone())),
        FieldKind::Text => Some(Values::Texts),
        FieldKind::Texts => None,
        _ => Some(Values::Scalars),
    };
    Ok((BoundField { id, variants, names: names.to_vec() }, values))
}
