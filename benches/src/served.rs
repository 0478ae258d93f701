//! The requests that a service gets: facts about the subject are in stores, not in the request.

use serde_json::{Map, Value};

/// The attributes in stores, grouped by query.
pub type Served = &'static [(&'static str, &'static [&'static str])];

/// The attributes in stores for the real policy.
pub const REAL: Served = &[
    ("consent", &["consent", "consent.withdrawn_at"]),
    ("person", &["subject.age", "subject.guardian_permission", "subject.verified"]),
    ("objection", &["objected"]),
    ("restriction", &["restricted"]),
    ("account", &["account_open", "still_needed", "retention_required_by_law"]),
    ("cookies", &["cookie_consent", "cookie_consent_required"]),
];

/// The attributes in stores for privacy-12.
pub const PRIVACY_12: Served =
    &[("consent", &["consent"]), ("person", &["age"]), ("objection", &["objected"])];

/// A request split into the caller's part and the facts in stores.
#[derive(Debug, Clone)]
pub struct ServedRequest {
    /// The caller's part, as JSON.
    pub given: String,
    /// The facts in stores, by attribute; attributes without one are unknown.
    pub known: Map<String, Value>,
}

/// Splits requests in JSON like a service would get them. Texts that aren't objects are left out.
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

/// Flattens nested keys into dotted ones.
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
