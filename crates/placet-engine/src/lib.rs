//! A service around a [Placet](placet) policy.

mod answer;
mod engine;
mod fact;
mod version;

pub use answer::{Answer, Failure, Origin, Source, Why};
pub use engine::{Engine, Swap};
pub use fact::{Fact, Facts};
pub use version::Version;
