//! Questions about a policy itself.

mod diagrams;
pub mod difference;
mod prove;
pub mod reach;
mod witness;

pub use difference::{Difference, difference};
pub use prove::prove;
