//! The solver: decides formulas over unknown attributes by search, within a limit of steps.
//!
//! 1. `truth` evaluates every condition in three-valued logic, with the known attributes. A complete request ends here.
//! 2. `ground` writes the conditions still unknown over finitely many *representatives* of the values that they can
//!    tell apart. If that takes too many, `related` writes them over intervals of sums, and the theory of bounds
//!    decides which intervals are consistent.
//! 3. `formula` answers questions such as "can this rule fire?": it simplifies, branches on one unknown attribute, and
//!    simplifies again.
//! 4. `decide` asks such questions for each field of the decision.
//!
//! Production falls back on the solver if no diagram holds the policy, and proofs search with it. The oracle of both is
//! the [`reference`](crate::reference), which shares none of the solver's algorithms.

mod decide;
mod formula;
mod ground;
mod ordered;
mod related;
mod symbols;
mod truth;
mod words;

pub use decide::{decide, decide_among, effect_among, firing, obligations_depend_on, reasons_depend_on};
pub(crate) use formula::{Exhausted, Formula};
pub use ground::{AttributeClasses, classes_of, open_atoms, representatives, representatives_of};
pub(crate) use ground::{Ground, Purpose};
pub(crate) use truth::holds;
pub use truth::{truths, truths_of_complete};
