//! The fields of a bound policy: attributes by name, or the fields of a class.

use super::known::KnownNames;
use crate::errors;
use placet::Policy;
use placet::typed::{Binding, FieldKind, Fields};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyString, PyTuple, PyType};
use std::mem::discriminant;

/// A value of a request.
pub(super) struct Field {
    pub(super) attribute: Box<str>,
    /// The name of the argument: the attribute's name with underscores for dots.
    pub(super) keyword: Py<PyString>,
    pub(super) ty: FieldType,
}

/// The type of an attribute's values.
pub(super) enum FieldType {
    Bool,
    Int,
    Number,
    Text,
    Symbol(KnownNames),
    Symbols(KnownNames),
    Texts,
    Date,
    Time,
    Duration,
}

/// A class whose instances are objects of a request.
pub(super) struct Record {
    pub(super) class: Py<PyType>,
    /// The fields by name, in the order of [`Field`]s.
    pub(super) members: Vec<(Py<PyString>, Member)>,
}

/// A field of a class.
pub(super) enum Member {
    Value,
    Object(Record),
}

/// A field as `placet._records` describes it.
#[derive(FromPyObject)]
struct Described<'py> {
    name: Bound<'py, PyString>,
    /// The class of a nested object.
    record: Option<Bound<'py, PyType>>,
    /// The annotation, or that of the members, for messages.
    written: String,
    /// The kinds of attributes that take such values; `None` if the annotation doesn't tell.
    kinds: Option<Vec<String>>,
    optional: bool,
    /// The names that a value can have, with the objects that stand for them.
    names: Vec<(Py<PyAny>, String)>,
}

/// The description of fields, as far as it is known.
pub(super) struct Description<'p> {
    policy: &'p Policy,
    ignore_unknown: bool,
    described: Fields,
    fields: Vec<Unchecked>,
}

/// A field before the policy is bound.
struct Unchecked {
    attribute: String,
    kind: FieldKind,
    /// Objects that stand for names.
    objects: Vec<(Py<PyAny>, String)>,
}

impl<'p> Description<'p> {
    pub(super) fn new(policy: &'p Policy, ignore_unknown: bool) -> Self {
        Self { policy, ignore_unknown, described: Fields::default(), fields: Vec::new() }
    }

    /// Adds the names of attributes, or the fields of a class, which it returns.
    pub(super) fn add(&mut self, attributes: &Bound<'_, PyTuple>) -> PyResult<Option<Record>> {
        if let (Ok(class), 1) = (attributes.get_item(0), attributes.len())
            && let Ok(class) = class.cast_into::<PyType>()
        {
            return self.record(&class, "").map(Some);
        }
        for name in attributes.iter() {
            let Ok(name) = name.cast_into::<PyString>() else {
                return Err(PyTypeError::new_err(
                    "a policy is bound to names of attributes, or to one class",
                ));
            };
            let name = name.to_str()?;
            let kind = self.kind(name);
            // The type is never shown, since it is the attribute's.
            self.value(name, name, "", kind, false, Vec::new());
        }
        Ok(None)
    }

    /// Returns the kind of an attribute's values; any for an unknown attribute, which binding reports.
    fn kind(&self, attribute: &str) -> FieldKind {
        let declared = self.policy.attribute_declaration(attribute);
        declared.map_or(FieldKind::Texts, |declared| declared.domain().into())
    }

    fn value(
        &mut self,
        attribute: &str,
        field: &str,
        written: &str,
        kind: FieldKind,
        may_be_missing: bool,
        objects: Vec<(Py<PyAny>, String)>,
    ) {
        self.described.named(attribute, field, written, kind.clone(), may_be_missing);
        self.fields.push(Unchecked { attribute: attribute.to_owned(), kind, objects });
    }

    /// Adds the fields of a class. The recursion is bounded by the depth of the policy's attribute names.
    fn record(&mut self, class: &Bound<'_, PyType>, prefix: &str) -> PyResult<Record> {
        static MEMBERS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let py = class.py();
        let described = MEMBERS.import(py, "placet._records", "members")?.call1((class,))?;
        let mut members = Vec::new();
        for member in described.try_iter()? {
            let Described { name, record, written, kinds, optional, mut names } = member?.extract()?;
            let attribute = format!("{prefix}{}", name.to_str()?);
            let is_declared = self.policy.attribute_declaration(&attribute).is_some();
            let below = format!("{attribute}.");
            let is_group = || self.policy.attributes().any(|other| other.name().starts_with(&below));
            match record {
                Some(record) if !is_declared && is_group() => {
                    members.push((name.unbind(), Member::Object(self.record(&record, &below)?)));
                    continue;
                }
                _ if !is_declared && self.ignore_unknown => continue,
                _ => {}
            }
            let mut kind = self.kind(&attribute);
            match &mut kind {
                // The names of the class come first and must all be the policy's. Strings may be others of the policy.
                FieldKind::Symbol(all) | FieldKind::Symbols(all) => {
                    all.retain(|name| !names.iter().any(|(_, named)| named == name));
                    let mut own: Vec<String> = Vec::new();
                    for (_, name) in &names {
                        if !own.contains(name) {
                            own.push(name.clone());
                        }
                    }
                    all.splice(..0, own);
                }
                _ => names.clear(),
            }
            if let Some(kinds) = kinds
                && !kinds.iter().any(|allowed| allowed == kind_name(&kind))
            {
                kind = named_kind(kinds.first().map_or("", String::as_str));
            }
            let field = format!("{}.{}", class.qualname()?, name.to_str()?);
            self.value(&attribute, &field, &written, kind, optional, names);
            members.push((name.unbind(), Member::Value));
        }
        Ok(Record { class: class.clone().unbind(), members })
    }

    /// Checks the fields against the policy.
    ///
    /// # Errors
    /// A `placet.BindError` that names each field that doesn't fit.
    pub(super) fn bind(self, py: Python<'_>) -> PyResult<(Binding, Box<[Field]>)> {
        let binding = Binding::new(self.policy, &self.described).map_err(|error| errors::bind(py, &error))?;
        let mut fields: Vec<Field> = Vec::new();
        for Unchecked { attribute, kind, objects } in self.fields {
            let keyword = attribute.replace('.', "_");
            if let Some(other) = fields.iter().find(|other| other.attribute.replace('.', "_") == keyword) {
                let message =
                    format!("`{}` and `{attribute}` have the same keyword `{keyword}`", other.attribute);
                return Err(PyValueError::new_err(message));
            }
            let ty = match kind {
                FieldKind::Bool => FieldType::Bool,
                FieldKind::Int => FieldType::Int,
                FieldKind::Number => FieldType::Number,
                FieldKind::Text => FieldType::Text,
                FieldKind::Symbol(names) => FieldType::Symbol(KnownNames::new(py, &names, objects)),
                FieldKind::Symbols(names) => FieldType::Symbols(KnownNames::new(py, &names, objects)),
                FieldKind::Texts => FieldType::Texts,
                FieldKind::Date => FieldType::Date,
                FieldKind::Time => FieldType::Time,
                FieldKind::Duration => FieldType::Duration,
            };
            fields.push(Field {
                attribute: attribute.into(),
                keyword: PyString::intern(py, &keyword).unbind(),
                ty,
            });
        }
        Ok((binding, fields.into()))
    }
}

/// The kinds with their names in `placet._records`; names of variants are added later.
static KINDS: [(&str, FieldKind); 10] = [
    ("bool", FieldKind::Bool),
    ("int", FieldKind::Int),
    ("number", FieldKind::Number),
    ("string", FieldKind::Text),
    ("symbol", FieldKind::Symbol(Vec::new())),
    ("symbols", FieldKind::Symbols(Vec::new())),
    ("strings", FieldKind::Texts),
    ("date", FieldKind::Date),
    ("time", FieldKind::Time),
    ("duration", FieldKind::Duration),
];

/// Returns the name of a kind.
fn kind_name(kind: &FieldKind) -> &'static str {
    let is_same = |other: &FieldKind| discriminant(other) == discriminant(kind);
    KINDS.iter().find(|(_, other)| is_same(other)).map_or("", |(name, _)| name)
}

/// Returns the kind of a name, without variants; that of texts for an unknown name.
fn named_kind(name: &str) -> FieldKind {
    let found = KINDS.iter().find(|(known, _)| *known == name);
    found.map_or(FieldKind::Text, |(_, kind)| kind.clone())
}
