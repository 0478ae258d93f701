//! Coverage of a policy by its tests: the parts that they exercise, and the edits of the policy that they would notice.
//!
//! [`points`] lists the parts of a policy with the number of tests that exercise each. [`mutants`](fn@mutants) edits the
//! policy in one place at a time and names the edits that change some answer and that no test notices, with a request that
//! tells the edited policy from the original.

mod edits;
mod mutants;
mod points;

pub use mutants::{Mutant, Mutants, mutants};
pub use points::{Kind, Point, points};
