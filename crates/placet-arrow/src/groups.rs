//! Groups of attributes as columns: a struct, or a column of nulls, whose name begins the names of attributes.
//!
//! A null group is a missing group: each attribute below it is missing in that row, even if it has a default or is
//! optional. Fields of
//! the struct take over its nulls. This module finds the other columns that are needed: an attribute with a default but
//! without a field has its default only in rows where the struct isn't null, and a group that is null in every row has no
//! fields at all.

use crate::column::Path;
use arrow_schema::{DataType, Fields, Schema};
use placet::{Policy, PreparedValue, RequestError};
use placet_core::is_below;
use placet_model::input::Fact;
use placet_model::request::ValueError;
use placet_model::types::{Attribute, Presence};

/// A column of a schema, or a field of a struct, that may be a null group.
#[derive(Debug)]
pub(crate) struct Group<'s> {
    pub(crate) name: String,
    pub(crate) path: Path,
    pub(crate) data_type: &'s DataType,
}

impl Group<'_> {
    /// Returns true if the attribute's name begins with the group's.
    pub(crate) fn holds(&self, attribute: &str) -> bool {
        is_below(attribute, &self.name)
    }

    /// Returns true if all rows are null.
    pub(crate) fn is_empty(&self) -> bool {
        *self.data_type == DataType::Null
    }
}

/// Returns the groups of a schema that may be null, the innermost first.
pub(crate) fn groups(schema: &Schema) -> Vec<Group<'_>> {
    let mut out = Vec::new();
    add("", &Vec::new(), schema.fields(), false, &mut out);
    out.sort_by_key(|group| std::cmp::Reverse(group.path.len()));
    out
}

fn add<'s>(within: &str, path: &Path, fields: &'s Fields, may_be_null: bool, out: &mut Vec<Group<'s>>) {
    for (index, field) in fields.iter().enumerate() {
        let may_be_null = may_be_null || field.is_nullable();
        let name = match within {
            "" => field.name().clone(),
            within => format!("{within}.{}", field.name()),
        };
        let path: Path = path.iter().cloned().chain([(index, field.name().clone())]).collect();
        if let DataType::Struct(fields) = field.data_type() {
            add(&name, &path, fields, may_be_null, out);
        }
        if may_be_null && matches!(field.data_type(), DataType::Struct(_) | DataType::Null) {
            out.push(Group { name, path, data_type: field.data_type() });
        }
    }
}

/// Prepares the default of an attribute for requests, if it has one.
pub(crate) fn default(policy: &Policy, attribute: &Attribute) -> Result<Option<PreparedValue>, RequestError> {
    let Presence::Default(value) = &attribute.presence else { return Ok(None) };
    // INVARIANT: a default has the type of its attribute. If it had not, null must not take its place.
    let unfit = || RequestError::unfit(attribute, ValueError::WrongType, "the default");
    let fact = Fact::from_value(&attribute.kind, value).ok_or_else(unfit)?;
    policy.prepare(&attribute.name, &fact).map(Some)
}
