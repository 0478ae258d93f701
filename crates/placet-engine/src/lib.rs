//! A service around a [Placet](placet) policy: facts fetched when a decision hangs on them, a cache that forgets at once,
//! and a policy that changes under load.
//!
//! [`Engine`] is where to begin.

mod answer;
mod builder;
mod counters;
mod course;
mod engine;
mod fact;
mod fetch;
mod flight;
mod key;
mod key_error;
mod key_names;
mod key_type;
mod log;
mod origins;
mod question;
mod reload;
mod resolver;
mod store;
mod sync;
mod version;

pub use answer::{Answer, Failure, FailureSource, Source, Why};
pub use builder::{BuildError, Builder};
pub use counters::ResolverCounts;
pub use engine::{Engine, Readiness, Swap};
pub use fact::{Fact, Facts};
pub use key::Key;
pub use key_error::{KeyError, SwapError};
pub use key_type::KeyType;
pub use log::{DecisionLog, LogBuilder, LogCounts, LogError};
pub use origins::{Origin, Origins};
pub use question::Question;
pub use reload::{
    FailedTest, FailedTests, Reload, ReloadCause, ReloadCounts, ReloadError, ReloadOptions, ReloadReport,
    Reloader, Swapped, WatchError,
};
pub use resolver::{Found, Resolver, ResolverError};
pub use version::Version;

/// The first page speaks of policies and of engines: here is the first place that knows both.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct ReadmeExamples;
