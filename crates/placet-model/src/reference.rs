//! The reference evaluator: what a request is answered, exactly, by the shortest way from the language's definition.
//!
//! 1. `truth`: every condition is evaluated with what is known, three-valued. A complete request ends here.
//! 2. `ground`: the conditions still open are written over finitely many *representatives* of the values that they
//!    can tell apart.
//!    Where that takes too many, `related` writes them over intervals of sums, and the theory of bounds tells which of
//!    these go together.
//! 3. `formula`: questions such as "can this rule fire?" are answered by simplifying, branching on one open
//!    attribute, and simplifying again.
//! 4. `decide`: the fields of the decision, each by its definition, as such questions.
//!
//! It is the oracle that faster engines are compared with, so it is kept plain.

mod decide;
mod formula;
mod ground;
mod ordered;
mod related;
mod symbols;
mod truth;
mod words;

pub use decide::{decide, decide_among, firing, obligations_depend_on, reasons_depend_on};
pub(crate) use formula::{Exhausted, Formula};
pub use ground::representatives;
pub(crate) use ground::{Ground, Purpose};
pub use truth::truths;
pub(crate) use truth::{holds, truths_of_complete};
