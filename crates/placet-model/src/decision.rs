//! The answer to a request.

use serde::{Serialize, Serializer};
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Allow, deny or indeterminate.
    pub effect: Effect,
    /// The determining rules: those of this effect that fire in at least one completion. Empty for a denial by
    /// default and for indeterminate. [`Decision::certain`] gives those that fire in every completion.
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
    pub approximate: bool,
    /// The entries of `rules`, `cites` and `basis` that don't certainly apply. Empty for a complete request.
    pub uncertain: Uncertain,
}

/// The reasons of a decision that apply in some completions of its request, but not in all.
///
/// The certain reasons are the rest of the decision's lists: that way they cost a complete request no memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Uncertain {
    /// The determining rules that don't fire in every completion.
    pub rules: Vec<Arc<str>>,
    /// The clauses that only these rules cite.
    pub cites: Vec<Arc<str>>,
    /// The legal bases that only these rules have.
    pub basis: Vec<Arc<str>>,
}

/// Returns the entries of a list that are not in another one; both are in byte order.
fn without<'a>(all: &'a [Arc<str>], other: &'a [Arc<str>]) -> impl Iterator<Item = &'a Arc<str>> + Clone {
    all.iter().filter(|one| other.is_empty() || other.binary_search(one).is_err())
}

impl Decision {
    /// A decision of this effect that names nothing yet.
    pub fn new(effect: Effect) -> Self {
        Self {
            effect,
            rules: Vec::new(),
            cites: Vec::new(),
            basis: Vec::new(),
            obligations: Vec::new(),
            undecided: Vec::new(),
            missing: Vec::new(),
            approximate: false,
            uncertain: Uncertain::default(),
        }
    }

    /// Returns the determining rules that fire in every completion, in byte order. Of an approximate decision, possibly
    /// fewer, never more.
    pub fn certain(&self) -> impl Iterator<Item = &Arc<str>> + Clone {
        without(&self.rules, &self.uncertain.rules)
    }

    /// Returns the clauses that a certain rule cites, in byte order.
    pub fn certain_cites(&self) -> impl Iterator<Item = &Arc<str>> + Clone {
        without(&self.cites, &self.uncertain.cites)
    }

    /// Returns the legal bases of the certain rules, in byte order.
    pub fn certain_basis(&self) -> impl Iterator<Item = &Arc<str>> + Clone {
        without(&self.basis, &self.uncertain.basis)
    }

    /// Whether the request may go through: only where the effect is allow.
    pub fn is_allowed(&self) -> bool {
        self.effect == Effect::Allow
    }
}

impl Serialize for Decision {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Fields<'a, I: Iterator<Item = &'a Arc<str>> + Clone> {
            effect: Effect,
            rules: &'a [Arc<str>],
            #[serde(serialize_with = "sequence")]
            certain: I,
            cites: &'a [Arc<str>],
            basis: &'a [Arc<str>],
            obligations: &'a [DueObligation],
            undecided: &'a [Arc<str>],
            missing: &'a [Arc<str>],
            #[serde(skip_serializing_if = "std::ops::Not::not")]
            approximate: bool,
        }
        let fields = Fields {
            effect: self.effect,
            rules: &self.rules,
            certain: self.certain(),
            cites: &self.cites,
            basis: &self.basis,
            obligations: &self.obligations,
            undecided: &self.undecided,
            missing: &self.missing,
            approximate: self.approximate,
        };
        fields.serialize(serializer)
    }
}

fn sequence<'a, S: Serializer>(
    names: &(impl Iterator<Item = &'a Arc<str>> + Clone),
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(names.clone())
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
