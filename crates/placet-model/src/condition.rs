//! Typed conditions: a [`Dag`] over [`Atom`]s, which stores each condition once.
//!
//! ```
//! use placet_model::condition::{Condition, Conditions};
//!
//! let mut conditions = Conditions::default();
//! let yes = conditions.constant(true);
//! let no = conditions.not(yes);
//! let both = conditions.all([yes, no]);
//! assert_eq!(both, no);
//! assert_eq!(conditions.get(both), &Condition::Constant(false));
//! ```

use crate::bits::BitSet;
use crate::linear::Linear;
use crate::ranges::Ranges;
use crate::types::AttributeId;
use crate::value::Member;
use placet_core::Pattern;
use placet_core::dag::{Dag, Id, Node};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// All conditions of a policy, each stored once.
pub type Conditions = Dag<Atom>;

/// A condition: a comparison, or made of other conditions. In a policy, a conjunction or disjunction has at least two
/// parts, in ascending order.
pub type Condition = Node<Atom>;

/// The index of a condition among the conditions of its policy.
pub type ConditionId = Id<Atom>;

/// A constant set of symbols or texts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Collection {
    /// Numbers of an enum's names or a taxonomy's leaves.
    Symbols(BitSet),
    /// Texts, each by itself.
    Texts(BTreeSet<Arc<str>>),
    /// All texts that match a pattern.
    Like(Pattern),
}

impl Collection {
    /// Returns true if the collection has no members.
    pub fn is_empty(&self) -> bool {
        match self {
            Collection::Symbols(symbols) => symbols.is_empty(),
            Collection::Texts(texts) => texts.is_empty(),
            Collection::Like(_) => false,
        }
    }

    /// Returns the members, or `None` for the texts of a pattern, which can't be listed.
    pub fn members(&self) -> Option<BTreeSet<Member>> {
        match self {
            Collection::Symbols(symbols) => Some(symbols.iter().map(Member::Symbol).collect()),
            Collection::Texts(texts) => Some(texts.iter().cloned().map(Member::Text).collect()),
            Collection::Like(_) => None,
        }
    }

    /// Returns true if the collection has this member.
    ///
    /// ```
    /// use placet_core::Pattern;
    /// use placet_model::condition::Collection;
    /// use placet_model::value::Member;
    ///
    /// let invoices = Collection::Like(Pattern::from_pieces(vec!["invoice-".to_owned(), String::new()]));
    /// assert!(invoices.contains(&Member::Text("invoice-7".into())));
    /// assert!(!invoices.contains(&Member::Text("order-7".into())));
    /// ```
    pub fn contains(&self, member: &Member) -> bool {
        match (self, member) {
            (Collection::Symbols(symbols), Member::Symbol(symbol)) => symbols.contains(*symbol),
            (Collection::Texts(texts), Member::Text(text)) => texts.contains(text),
            (Collection::Like(pattern), Member::Text(text)) => pattern.matches(text),
            _ => false,
        }
    }
}

/// A comparison of attributes with constants or with each other. One theory decides each variant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Atom {
    /// The request, after defaults are applied, gives no value for the attribute.
    Missing(AttributeId),
    /// A sum of ordered attributes lies in ranges. Covers `is`, `<` … `>=` and `in` for all ordered types.
    Within(Linear, Ranges),
    /// A `bool`, enum or taxonomy attribute is one of these symbols.
    OneOf(AttributeId, BitSet),
    /// A string attribute is one of these strings.
    TextIn(AttributeId, BTreeSet<Arc<str>>),
    /// A string attribute matches a pattern.
    TextLike(AttributeId, Pattern),
    /// Two symbol or string attributes have the same value.
    Same(AttributeId, AttributeId),
    /// A set attribute has a member in the collection.
    AnyIn(AttributeId, Collection),
    /// All members of a set attribute are in the collection.
    AllIn(AttributeId, Collection),
    /// A set attribute equals the collection, which is not [`Collection::Like`].
    Exactly(AttributeId, Collection),
    /// The first attribute, a single value, is a member of the second, a set.
    MemberOf(AttributeId, AttributeId),
    /// Two set attributes have a common member.
    Meet(AttributeId, AttributeId),
    /// All members of the first set attribute are members of the second.
    Subset(AttributeId, AttributeId),
    /// Two set attributes are equal.
    SameSet(AttributeId, AttributeId),
}

impl Atom {
    /// Returns the attributes whose values the atom depends on. Empty for `Missing`, which depends on presence and not
    /// on the value.
    pub fn attributes(&self) -> Vec<AttributeId> {
        match self {
            Atom::Missing(_) => Vec::new(),
            Atom::Within(sum, _) => {
                let mut all = sum.attributes();
                all.sort_unstable();
                all.dedup();
                all
            }
            Atom::OneOf(a, _)
            | Atom::TextIn(a, _)
            | Atom::TextLike(a, _)
            | Atom::AnyIn(a, _)
            | Atom::AllIn(a, _)
            | Atom::Exactly(a, _) => vec![*a],
            Atom::Same(a, b)
            | Atom::MemberOf(a, b)
            | Atom::Meet(a, b)
            | Atom::Subset(a, b)
            | Atom::SameSet(a, b) => vec![*a, *b],
        }
    }
}
