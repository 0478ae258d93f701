//! The real policy's requests as a service gets them: what a store knows of the subject is not in the request.

use serde_json::{Map, Value};

/// The attributes that stores know, by the question that gives them.
pub const SERVED: [(&str, &[&str]); 6] = [
    ("consent", &["consent", "consent.withdrawn_at"]),
    ("person", &["subject.age", "subject.guardian_permission", "subject.verified"]),
    ("objection", &["objected"]),
    ("restriction", &["restricted"]),
    ("account", &["account_open", "still_needed", "retention_required_by_law"]),
    ("cookies", &["cookie_consent", "cookie_consent_required"]),
];

/// A request without what stores know, and what they know.
#[derive(Debug, Clone)]
pub struct ServedRequest {
    /// What the caller knows, as JSON.
    pub given: String,
    /// What the stores know, by attribute; the others are not known.
    pub known: Map<String, Value>,
}

/// The requests of a file of JSON Lines; lines that are no objects are left out.
pub fn served(lines: &str) -> Vec<ServedRequest> {
    let objects = lines.lines().filter_map(|line| serde_json::from_str::<Map<String, Value>>(line).ok());
    objects
        .map(|object| {
            let (known, given) = flat(object).into_iter().partition(|(name, _)| {
                SERVED.iter().any(|(_, attributes)| attributes.contains(&name.as_str()))
            });
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
