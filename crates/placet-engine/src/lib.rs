//! A service around a [Placet](placet) policy.

mod answer;
mod engine;
mod fact;
mod log;
mod version;

pub use answer::{Answer, Failure, Origin, Source, Why};
pub use engine::{Engine, Swap};
pub use fact::{Fact, Facts};
pub use log::{Counts, DecisionLog, LogBuilder, LogError};
pub use version::Version;
