//! The answer to a request.

use serde::Serialize;
use std::fmt;
use std::sync::Arc;

/// What a decision says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Every completion of the request is allowed. Nothing else lets anything through.
    Allow,
    /// Every completion of the request is denied.
    Deny,
    /// Some are allowed and some denied, or it could not be found out.
    Indeterminate,
}

impl Effect {
    /// The word of the language.
    pub fn as_str(self) -> &'static str {
        match self {
            Effect::Allow => "allow",
            Effect::Deny => "deny",
            Effect::Indeterminate => "indeterminate",
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The answer to a request, with what it rests on. All lists are in byte order and without repetitions.
///
/// It serialises to the JSON of the language reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// Allow, deny or indeterminate.
    pub effect: Effect,
    /// The determining rules: those of this effect that fire in at least one completion. Empty for a denial by
    /// default and for indeterminate.
    pub rules: Vec<Arc<str>>,
    /// The clauses that these rules cite.
    pub cites: Vec<Arc<str>>,
    /// Their legal bases.
    pub basis: Vec<Arc<str>>,
    /// What they oblige to, by name, then deadline, none last.
    pub obligations: Vec<DueObligation>,
    /// For indeterminate: the rules that fire in some completions but not in all.
    pub undecided: Vec<Arc<str>>,
    /// For indeterminate: the attributes on which alone the effect can hang.
    pub missing: Vec<Arc<str>>,
    /// A search ended at a limit, or took two conditions on the same attributes as independent: the effect may be
    /// indeterminate where it could have been decided (never the reverse), and the lists may hold more.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub approximate: bool,
}

impl Decision {
    /// A decision of this effect that names nothing yet.
    pub fn of(effect: Effect) -> Self {
        Self {
            effect,
            rules: Vec::new(),
            cites: Vec::new(),
            basis: Vec::new(),
            obligations: Vec::new(),
            undecided: Vec::new(),
            missing: Vec::new(),
            approximate: false,
        }
    }

    /// Whether the request may go through: only where the effect is allow.
    pub fn is_allowed(&self) -> bool {
        self.effect == Effect::Allow
    }
}

/// An obligation of a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DueObligation {
    /// What must be done.
    pub name: Arc<str>,
    /// Until when, in seconds from the decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within_seconds: Option<i64>,
    /// What it asks for, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<Arc<str>>,
    /// Whether it is due in every completion of the request.
    pub certain: bool,
}
