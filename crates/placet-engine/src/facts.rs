//! Facts: the attribute values that a resolver found.

use placet::Fact;
use std::sync::Arc;

/// The facts that a resolver found: attribute values. Attributes that are left out are unknown; null is the `none` of an
/// optional attribute, and leaves any other out.
///
/// ```
/// use placet_engine::{Fact, Facts};
///
/// let age: Option<i64> = None;
/// let facts = Facts::new().with("consent", "refused").with("consent", "granted").with_known("age", age);
/// let found: Vec<_> = facts.iter().map(|(name, fact)| (&**name, fact.clone())).collect();
/// assert_eq!(found, [("consent", Fact::from("granted"))]);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts(Vec<(Arc<str>, Fact)>);

impl Facts {
    /// Creates an empty collection.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the value of an attribute, or replaces it. A missing `Option` is null.
    #[must_use]
    pub fn with(mut self, attribute: impl Into<Arc<str>>, value: impl Into<Fact>) -> Self {
        let (attribute, value) = (attribute.into(), value.into());
        match self.0.iter_mut().find(|(known, _)| *known == attribute) {
            Some((_, known)) => *known = value,
            None => self.0.push((attribute, value)),
        }
        self
    }

    /// Adds the value of an attribute if it is known. A missing `Option` leaves the attribute out.
    #[must_use]
    pub fn with_known(self, attribute: impl Into<Arc<str>>, value: Option<impl Into<Fact>>) -> Self {
        match value {
            Some(value) => self.with(attribute, value),
            None => self,
        }
    }

    /// Iterates over the attributes with their values, in the order in which they were first added.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Fact)> {
        self.0.iter().map(|(attribute, fact)| (attribute, fact))
    }
}
