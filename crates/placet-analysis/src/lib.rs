//! Questions about a policy itself.

mod diagrams;
pub mod difference;
mod feasible;
mod prove;
pub mod reach;
mod witness;

pub use difference::{Difference, difference};
pub use prove::prove;
