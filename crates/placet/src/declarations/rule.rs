//! Rules and their obligations.

use super::Location;
use crate::policy::Policy;
use placet_model::decision::Effect;
use placet_model::policy::{Obligation, Rule, RuleEffect};
use std::fmt;

/// A rule of a policy. [`Policy::rules`] returns it.
///
/// ```
/// use placet::{Effect, Policy};
///
/// let policy = Policy::from_text("
///     policy shop
///     request { subject.age: int 0..150 }
///     /// Children are protected.
///     rule children {
///       cite \"§9\"
///       deny when subject.age < 13
///       because \"Children can't agree to anything themselves.\"
///       oblige erase within 30 days
///     }
/// ")?;
/// let rule = policy.rules().next().ok_or("one rule")?;
/// assert_eq!((rule.name(), rule.effect(), rule.basis()), ("children", Effect::Deny, None));
/// assert_eq!(rule.cites().collect::<Vec<_>>(), ["§9"]);
/// assert_eq!(rule.because(), Some("Children can't agree to anything themselves."));
/// assert_eq!(rule.documentation(), "Children are protected.");
/// assert_eq!(rule.obligations().next().map(|duty| duty.name()), Some("erase"));
/// assert_eq!(rule.location().to_string(), "policy:5:5");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct RuleDeclaration<'p> {
    pub(super) policy: &'p Policy,
    pub(super) rule: &'p Rule,
}

impl<'p> RuleDeclaration<'p> {
    pub(crate) fn new(policy: &'p Policy, rule: &'p Rule) -> Self {
        Self { policy, rule }
    }

    /// Returns the name as decisions list it: `name`, `table/1`, `table/name` or `name/otherwise`.
    pub fn name(&self) -> &'p str {
        &self.rule.name
    }

    /// Returns the effect: [`Effect::Allow`] or [`Effect::Deny`].
    pub fn effect(&self) -> Effect {
        match self.rule.effect {
            RuleEffect::Allow => Effect::Allow,
            RuleEffect::Deny => Effect::Deny,
        }
    }

    /// Returns the clauses that the rule cites, in the order of the text.
    pub fn cites(&self) -> impl ExactSizeIterator<Item = &'p str> + Clone + use<'p> {
        self.rule.cites.iter().map(|clause| &**clause)
    }

    /// Returns the legal basis of an allow rule, if it has one.
    pub fn basis(&self) -> Option<&'p str> {
        self.rule.basis.as_deref()
    }

    /// Returns the reason in prose, if the rule has one.
    pub fn because(&self) -> Option<&'p str> {
        self.rule.because.as_deref()
    }

    /// Returns the obligations that the rule may impose, in the order of the text.
    pub fn obligations(&self) -> impl ExactSizeIterator<Item = ObligationDeclaration<'p>> + Clone + use<'p> {
        self.rule.obligations.iter().map(|obligation| ObligationDeclaration { obligation })
    }

    /// Returns the documentation comment above the rule, without its slashes. Empty without one, and for a saved policy.
    pub fn documentation(&self) -> &'p str {
        &self.rule.documentation
    }

    /// Returns the location of the rule, or of its row in a table.
    pub fn location(&self) -> Location<'p> {
        // The model knows the line. Counting lines from the start of the text would make a walk over all rules quadratic.
        let (known, span, sources) = (&self.rule.location, self.rule.span, self.policy.sources());
        let before = sources.text(span.file).get(..span.start as usize);
        let column = before.filter(|_| !sources.is_empty()).map(|before| {
            let line = before.rsplit('\n').next().unwrap_or_default();
            line.chars().count() + 1
        });
        Location { file: &known.file, line: known.line as usize, column }
    }
}

impl fmt::Debug for RuleDeclaration<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RuleDeclaration")
            .field("name", &self.name())
            .field("effect", &self.effect())
            .finish_non_exhaustive()
    }
}

/// An obligation that rules may impose. [`Policy::obligations`] and [`RuleDeclaration::obligations`] return it.
///
/// ```
/// use placet::Policy;
///
/// let policy = Policy::from_text("
///     policy shop
///     request { email: bool }
///     rule email { allow when email  oblige log within 1 day \"Keep a record.\" }
/// ")?;
/// let log = policy.obligations().next().ok_or("one obligation")?;
/// assert_eq!((log.name(), log.within_seconds()), ("log", Some(86_400)));
/// assert_eq!(log.text(), Some("Keep a record."));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct ObligationDeclaration<'p> {
    pub(super) obligation: &'p Obligation,
}

impl<'p> ObligationDeclaration<'p> {
    /// Returns the name of the duty.
    pub fn name(&self) -> &'p str {
        &self.obligation.name
    }

    /// Returns the deadline, in seconds after the decision, if the obligation has one.
    pub fn within_seconds(&self) -> Option<i64> {
        self.obligation.within.map(|micros| micros / 1_000_000)
    }

    /// Returns the duty in prose, if the policy states it.
    pub fn text(&self) -> Option<&'p str> {
        self.obligation.text.as_deref()
    }
}

impl fmt::Debug for ObligationDeclaration<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObligationDeclaration")
            .field("name", &self.name())
            .field("within_seconds", &self.within_seconds())
            .finish_non_exhaustive()
    }
}
