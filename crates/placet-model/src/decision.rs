//! The decision on a request and its reasons.

use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::sync::Arc;

/// The effect of a decision. In JSON it is its keyword in lower case.
///
/// ```
/// # use placet_model::decision as placet;
/// use placet::Effect;
///
/// assert_eq!(Effect::Allow.as_str(), "allow");
/// assert_eq!(Effect::Indeterminate.to_string(), "indeterminate");
/// assert_eq!(serde_json::from_str::<Effect>(r#""deny""#)?, Effect::Deny);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Every completion of the request is allowed. No other effect permits anything.
    Allow,
    /// Every completion of the request is denied.
    Deny,
    /// Some completions are allowed and some denied, or a search reached its limit.
    Indeterminate,
}

impl Effect {
    /// Returns the keyword of the policy language.
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

/// The decision on a request, with its reasons. All lists are in byte order and free of duplicates.
///
/// Serialises to the JSON form of the language reference.
///
/// ```
/// # use placet_model::decision as placet;
/// use placet::{Decision, Effect};
///
/// let mut decision = Decision::new(Effect::Allow);
/// decision.rules = vec!["adults".into(), "members".into()];
/// decision.uncertain.rules = vec!["members".into()];
/// assert!(decision.is_allowed());
/// assert_eq!(decision.certain().map(|rule| &**rule).collect::<Vec<_>>(), ["adults"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Decision {
    /// The effect: allow, deny or indeterminate.
    pub effect: Effect,
    /// The determining rules: those with the decision's effect that fire in at least one completion. Empty for a denial
    /// by default and for indeterminate. [`Decision::certain`] returns those that fire in every completion.
    pub rules: Vec<Arc<str>>,
    /// The clauses that the determining rules cite.
    pub cites: Vec<Arc<str>>,
    /// The legal bases of the determining rules.
    pub basis: Vec<Arc<str>>,
    /// The obligations of the determining rules, by name, then by deadline; those without a deadline come last.
    pub obligations: Vec<DueObligation>,
    /// For indeterminate: the rules that fire in some completions but not in all.
    pub undecided: Vec<Arc<str>>,
    /// For indeterminate: the only unknown attributes on which the effect can depend.
    pub missing: Vec<Arc<str>>,
    /// True if a search reached a limit, or treated two conditions on the same attributes as independent. The effect
    /// may then be indeterminate although a longer search could decide it (never the reverse), and the lists may have
    /// extra entries.
    pub approximate: bool,
    /// The entries of `rules`, `cites` and `basis` that do not certainly apply. Empty for a complete request.
    pub uncertain: Uncertain,
}

/// The reasons of a decision that apply in some completions of its request, but not in all.
///
/// The certain reasons are the other entries of the decision's lists. Storing the uncertain ones costs a complete
/// request no memory.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Uncertain {
    /// The determining rules that do not fire in every completion.
    pub rules: Vec<Arc<str>>,
    /// The clauses that only uncertain rules cite.
    pub cites: Vec<Arc<str>>,
    /// The legal bases that only uncertain rules have.
    pub basis: Vec<Arc<str>>,
}

/// Returns the entries of `all` that are not in `other`. Both lists are in byte order.
fn without<'a>(all: &'a [Arc<str>], other: &'a [Arc<str>]) -> impl Iterator<Item = &'a Arc<str>> + Clone {
    all.iter().filter(|one| other.is_empty() || other.binary_search(one).is_err())
}

impl Decision {
    /// Returns a decision with this effect and empty lists.
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

    /// Returns the determining rules that fire in every completion, in byte order. For an approximate decision the list
    /// may be incomplete, but each of its rules does fire in every completion.
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

    /// Returns true if the effect is allow: only then may the request proceed.
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

/// An obligation of a decision. Displays as its name with its deadline: in days if it is a whole number of them, otherwise
/// in seconds.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct DueObligation {
    /// The name of the duty.
    pub name: Arc<str>,
    /// The deadline, in seconds after the decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within_seconds: Option<i64>,
    /// The duty in prose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<Arc<str>>,
    /// True if the obligation is due in every completion of the request.
    pub certain: bool,
}

impl DueObligation {
    /// Returns an obligation. For the evaluators.
    #[doc(hidden)]
    pub fn new(name: Arc<str>, within_seconds: Option<i64>, text: Option<Arc<str>>, certain: bool) -> Self {
        Self { name, within_seconds, text, certain }
    }
}

impl fmt::Display for DueObligation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DAY: i64 = 86_400;
        f.write_str(&self.name)?;
        match self.within_seconds {
            None => Ok(()),
            Some(DAY) => f.write_str(" within 1 day"),
            Some(seconds) if seconds % DAY == 0 => write!(f, " within {} days", seconds / DAY),
            Some(seconds) => write!(f, " within {seconds} seconds"),
        }
    }
}
