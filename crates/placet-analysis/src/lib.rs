//! Questions about a policy itself.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod diagrams;
pub mod difference;
mod feasible;
mod prove;
pub mod reach;
mod witness;

pub use difference::{Difference, difference};
pub use prove::prove;
