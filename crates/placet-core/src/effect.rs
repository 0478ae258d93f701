//! The effect of a rule.

/// The effect of a rule that fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleEffect {
    /// Allows the request.
    Allow,
    /// Denies the request.
    Deny,
}
