//! Differences between two policies.

use crate::policy::Policy;

pub use placet_analysis::difference::{
    AttributeChange, Constraint, Difference, Effect, MAX_REGIONS, Region, RuleChange, RulePart, Ruling,
    Sample, Totals,
};

/// Compares two policies: the requests whose effect changes, the attributes, and the texts of rules.
///
/// ```
/// use placet::{Policy, diff};
///
/// let policy = |age: u8| Policy::from_text(&format!("
///     policy door
///     request {{ age: int 0..150 }}
///     rule adults {{ allow when age >= {age} }}
/// "));
/// let change = diff(&policy(18)?, &policy(16)?);
/// let [region] = change.effects.as_slice() else { return Err("more than one region".into()) };
/// assert_eq!((region.when[0].of.as_str(), region.when[0].is.as_str()), ("age", "16..17"));
/// assert!(region.exact && region.certain);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Cost: bounded by the limits of the new policy; beyond them the rules alone are compared, and
/// [`Difference::too_large`] says so.
pub fn diff(old: &Policy, new: &Policy) -> Difference {
    placet_analysis::difference(old.model(), new.model())
}
