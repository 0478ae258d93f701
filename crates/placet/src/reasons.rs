//! The reasons of a decision that are named when they are asked for.

use crate::declarations::RuleDeclaration;
use crate::policy::Policy;
use placet_model::decision::{Decision, Effect};
use placet_model::policy::Rule;
use placet_program::{Determined, DeterminingRules};
use std::sync::Arc;

/// The effect of a decision with its reasons, which are named when they are asked for. [`Policy::reasons`] and
/// [`BoundPolicy::reasons`](crate::BoundPolicy::reasons) return it.
///
/// For a complete request of a policy with masks it holds one bit for each alternative of a rule, and takes no memory. In
/// other cases it holds the whole decision.
///
/// ```
/// use placet::{Effect, Policy};
///
/// let policy = Policy::from_text("
///     policy shop
///     request { age: int 0..150 }
///     rule children { cite \"§9\"  deny when age < 13 }
///     rule minors { cite \"§10\"  deny when age < 18 }
/// ")?;
/// let mut request = policy.request();
/// let reasons = policy.reasons(request.set("age", 12)?)?;
/// assert_eq!(reasons.effect(), Effect::Deny);
/// let rules: Vec<(&str, Option<&str>)> =
///     reasons.rules().map(|rule| (rule.name(), rule.cites().next())).collect();
/// assert_eq!(rules, [("children", Some("§9")), ("minors", Some("§10"))]);
/// assert_eq!(reasons.into_decision(), policy.decide(&request)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Reasons<'p> {
    policy: &'p Policy,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    Determined(Determined),
    Decision(Box<Decision>),
}

impl<'p> Reasons<'p> {
    pub(crate) fn determined(policy: &'p Policy, determined: Determined) -> Self {
        Self { policy, kind: Kind::Determined(determined) }
    }

    pub(crate) fn decision(policy: &'p Policy, decision: Decision) -> Self {
        Self { policy, kind: Kind::Decision(Box::new(decision)) }
    }

    /// Returns the effect.
    pub fn effect(&self) -> Effect {
        match &self.kind {
            Kind::Determined(determined) => determined.effect,
            Kind::Decision(decision) => decision.effect,
        }
    }

    /// Returns true if the effect is allow: only then may the request proceed.
    pub fn is_allowed(&self) -> bool {
        self.effect() == Effect::Allow
    }

    /// Iterates over the determining rules, in the order of the policy: those with the decision's effect that fire in at
    /// least one completion. None for a denial by default and for indeterminate.
    #[inline]
    pub fn rules(&self) -> impl Iterator<Item = RuleDeclaration<'p>> + '_ {
        let rules = match &self.kind {
            Kind::Determined(determined) => Rules::Bits(self.policy.program().determining_rules(*determined)),
            Kind::Decision(decision) => Rules::Names(self.policy.model().rules.iter(), &decision.rules),
        };
        rules.map(|rule| RuleDeclaration::new(self.policy, rule))
    }

    /// Returns the decision with all its lists, independent of the policy.
    pub fn into_decision(self) -> Decision {
        match self.kind {
            Kind::Determined(determined) => self.policy.program().decision_of(determined),
            Kind::Decision(decision) => *decision,
        }
    }
}

/// The determining rules, by their bits or by their names.
enum Rules<'r, 'p> {
    Bits(DeterminingRules<'p>),
    /// The policy's rules that are left, and the names in byte order.
    Names(std::slice::Iter<'p, Rule>, &'r [Arc<str>]),
}

impl<'p> Iterator for Rules<'_, 'p> {
    type Item = &'p Rule;

    #[inline]
    fn next(&mut self) -> Option<&'p Rule> {
        match self {
            Rules::Bits(rules) => rules.next(),
            Rules::Names(rules, names) => rules.find(|rule| names.binary_search(&rule.name).is_ok()),
        }
    }
}
