//! Requests as a service gets them: what stores know of the subject is not in the request.

use serde_json::{Map, Value};

/// Attributes that stores know, by the question that gives them.
pub type Served = &'static [(&'static str, &'static [&'static str])];

/// What stores know for the real policy.
pub const REAL: Served = &[
    ("consent", &["consent", "consent.withdrawn_at"]),
    ("person", &["subject.age", "subject.guardian_permission", "subject.verified"]),
    ("objection", &["objected"]),
    ("restriction", &["restricted"]),
    ("account", &["account_open", "still_needed", "retention_required_by_law"]),
    ("cookies", &["cookie_consent", "cookie_consent_required"]),
];

/// What stores know for privacy-12.
pub const PRIVACY_12: Served =
    &[("consent", &["consent"]), ("person", &["age"]), ("objection", &["objected"])];

/// A request without what stores know, and what they know.
#[derive(Debug, Clone)]
pub struct ServedRequest {
    /// What the caller knows, as JSON.
    pub given: String,
    /// What the stores know, by attribute; the others are not known.
    pub known: Map<String, Value>,
}

/// Requests in JSON as a service gets them; texts that are no objects are left out.
pub fn split<'t>(requests: impl IntoIterator<Item = &'t str>, served: Served) -> Vec<ServedRequest> {
    let is_served = |name: &str| served.iter().any(|(_, attributes)| attributes.contains(&name));
    let objects =
        requests.into_iter().filter_map(|text| serde_json::from_str::<Map<String, Value>>(text).ok());
    objects
        .map(|object| {
            let (known, given) = flat(object).into_iter().partition(|(name, _)| is_served(name));
            ServedRequest { given: Value::Object(given).to_string(), known }
        })
        .collect()
}

/// An object with nested keys as dotted ones.
fn flat(object: Map<String, Value>) -> Map<String, Value> {
    let mut out = Map::new();
    for (name, value) in object {
        match value {
            Value::Object(inner) => {
                out.extend(flat(inner).into_iter().map(|(key, value)| (format!("{name}.{key}"), value)));
            }
            value => drop(out.insert(name, value)),
        }
    }
    out
}
