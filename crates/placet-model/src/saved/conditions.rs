//! Validates the conditions of a saved model against its attributes.

use super::restore::Fault;
use crate::bits::BitSet;
use crate::condition::{Atom, Collection, Condition, ConditionId};
use crate::linear::{Linear, Term};
use crate::ranges::Ranges;
use crate::types::{Attribute, AttributeId, Members, Type};

/// The limit on the absolute value of sums. Sums in a policy's text stay below it, and it leaves enough room within
/// `i128` for further arithmetic.
const REACH: i128 = 1 << 100;

/// Checks the condition at an index: its parts come before it, and its comparison fits the attributes' types.
///
/// The order of parts rules out cycles, so evaluators can process conditions in one pass.
pub(super) fn check_condition(node: &Condition, index: usize, attributes: &[Attribute]) -> Result<(), Fault> {
    let stands_before = |id: &ConditionId| id.index() < index;
    match node {
        Condition::Leaf(atom) => Kinds(attributes).check(atom)?,
        Condition::All(parts) | Condition::Any(parts) => {
            holds(parts.len() >= 2, "joins fewer than two conditions")?;
            holds(parts.is_sorted_by(|a, b| a < b), "joins conditions twice or in no order")?;
        }
        Condition::Constant(_) | Condition::Not(_) => {}
    }
    holds(node.parts().iter().all(stands_before), "refers to itself or a later condition")
}

/// Returns the fault unless the test is true.
fn holds(is_so: bool, fault: Fault) -> Result<(), Fault> {
    if is_so { Ok(()) } else { Err(fault) }
}

/// The attributes of the model, looked up by type.
struct Kinds<'m>(&'m [Attribute]);

impl<'m> Kinds<'m> {
    /// Returns the type of an attribute.
    fn of(&self, id: AttributeId) -> Result<&'m Type, Fault> {
        let attribute = self.0.get(id.index()).ok_or("names an unknown attribute")?;
        Ok(&attribute.kind)
    }

    /// Returns the members' type of a set attribute.
    fn members(&self, id: AttributeId) -> Result<&'m Members, Fault> {
        match self.of(id)? {
            Type::Set { of, .. } => Ok(of),
            _ => Err("takes an attribute for a set"),
        }
    }

    /// Checks that a comparison fits the types of its attributes.
    fn check(&self, atom: &Atom) -> Result<(), Fault> {
        match atom {
            Atom::Missing(id) => self.of(*id).map(drop),
            Atom::Within(sum, ranges) => self.sum(sum, ranges),
            Atom::OneOf(id, symbols) => match self.of(*id)? {
                Type::Bool => fits(symbols, 2),
                Type::Symbol(universe) => fits(symbols, universe.len()),
                _ => Err("takes an attribute for one of a few names"),
            },
            Atom::TextIn(id, _) | Atom::TextLike(id, _) => {
                holds(*self.of(*id)? == Type::String, "takes an attribute for a text")
            }
            Atom::Same(a, b) => {
                let (kind, other) = (self.of(*a)?, self.of(*b)?);
                let is_single = matches!(kind, Type::Bool | Type::Symbol(_) | Type::String);
                holds(a != b && is_single && kind == other, UNLIKE)
            }
            Atom::AnyIn(id, of) | Atom::AllIn(id, of) | Atom::Exactly(id, of) => {
                match (self.members(*id)?, of) {
                    (Members::Symbols(universe), Collection::Symbols(symbols)) => {
                        fits(symbols, universe.len())
                    }
                    (Members::Texts, Collection::Texts(_)) => Ok(()),
                    (Members::Texts, Collection::Like(_)) => holds(
                        !matches!(atom, Atom::Exactly(..)),
                        "compares a set with all texts of a pattern",
                    ),
                    _ => Err("compares a set with members of another kind"),
                }
            }
            Atom::MemberOf(element, set) => {
                let is_member = match (self.of(*element)?, self.members(*set)?) {
                    (Type::Symbol(own), Members::Symbols(universe)) => own == universe,
                    (Type::String, Members::Texts) => true,
                    _ => false,
                };
                holds(is_member, UNLIKE)
            }
            Atom::Meet(a, b) | Atom::Subset(a, b) | Atom::SameSet(a, b) => {
                holds(a != b && self.members(*a)? == self.members(*b)?, UNLIKE)
            }
        }
    }

    /// Checks a sum and its ranges: all terms are ordered, and no value leaves [`REACH`].
    fn sum(&self, sum: &Linear, ranges: &Ranges) -> Result<(), Fault> {
        holds(!sum.terms().is_empty(), "is a sum of nothing")?;
        let ends = ranges.iter().flat_map(|(low, high)| [low, high]);
        // `i128::MIN` and `i128::MAX` stand for infinities, which any sum may have as ends of its ranges.
        let finite = ends.filter(|end| *end != i128::MIN && *end != i128::MAX);
        let reach = self.reach(sum, true)?.ok_or(TOO_FAR)?;
        holds(finite.chain([reach]).all(|n| (-REACH..=REACH).contains(&n)), TOO_FAR)
    }

    /// Returns a bound on the absolute value of a sum; `None` if it exceeds `i128`.
    ///
    /// Recurses one level: a deserialised [`Term::Between`] never contains another one. `outermost` is false inside
    /// it, where only dates, times and durations may be added.
    fn reach(&self, sum: &Linear, outermost: bool) -> Result<Option<i128>, Fault> {
        let mut total = sum.added().checked_abs();
        for (term, factor) in sum.terms() {
            let part = match term {
                Term::Attribute(id) => {
                    let kind = self.of(*id)?;
                    let is_instant = matches!(kind, Type::Date | Type::Time | Type::Duration);
                    let (low, high) =
                        kind.ordinals().filter(|_| outermost || is_instant).ok_or("adds what has no sums")?;
                    Some(i128::from(low).abs().max(i128::from(high).abs()))
                }
                Term::Between(_, from, to) => match (self.reach(from, false)?, self.reach(to, false)?) {
                    (Some(from), Some(to)) => from.checked_add(to).and_then(|both| both.checked_add(1)),
                    _ => None,
                },
            };
            let part = part.zip(factor.checked_abs()).and_then(|(part, factor)| part.checked_mul(factor));
            total = total.zip(part).and_then(|(total, part)| total.checked_add(part));
        }
        Ok(total)
    }
}

const UNLIKE: Fault = "compares attributes that can't be compared";
const TOO_FAR: Fault = "exceeds the range of sums";

/// Checks that symbols belong to a universe of this size.
fn fits(symbols: &BitSet, bound: u32) -> Result<(), Fault> {
    holds(symbols.bound() == bound, "has names of another universe")
}
