//! What rules do.

/// What a rule does when it fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleEffect {
    /// `allow`.
    Allow,
    /// `deny`.
    Deny,
}
