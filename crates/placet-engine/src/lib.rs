//! A service around a [Placet](placet) policy.

mod answer;
mod engine;
mod fact;
mod reload;
mod version;

pub use answer::{Answer, Failure, Origin, Source, Why};
pub use engine::{Engine, Swap};
pub use fact::{Fact, Facts};
pub use reload::{
    FailedTest, FailedTests, Reload, ReloadCause, ReloadCounts, ReloadError, ReloadOptions, ReloadReport,
    Reloader, Swapped, WatchError,
};
pub use version::Version;
