//! A service around a [Placet](placet) policy: facts fetched when a decision hangs on them, a cache that forgets at once,
//! and a policy that changes under load.
//!
//! [`Engine`] is where to begin.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod answer;
mod builder;
mod cache;
mod counters;
mod engine;
mod fact;
mod fetch;
mod in_flight;
mod key;
mod key_error;
mod key_names;
mod key_type;
mod loaded_policy;
mod log;
mod origins;
mod query;
mod reload;
mod resolution;
mod resolver;
mod sync;

pub use answer::{Answer, Failure, FailureReason, FailureSource, Source};
pub use builder::{BuildError, Builder};
pub use counters::ResolverCounts;
pub use engine::{Engine, Readiness, Swap};
pub use fact::{Fact, Facts};
pub use key::Key;
pub use key_error::{KeyError, SwapError};
pub use key_type::KeyType;
pub use loaded_policy::LoadedPolicy;
pub use log::{DecisionLog, LogBuilder, LogCounts, LogError};
pub use origins::{Origin, Origins};
pub use query::Query;
pub use reload::{
    FailedTest, FailedTests, Reload, ReloadCause, ReloadCounts, ReloadError, ReloadOptions, ReloadReport,
    Reloader, Swapped, WatchError,
};
pub use resolver::{Found, Resolver, ResolverError};

/// The first page speaks of policies and of engines: here is the first place that knows both.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct ReadmeExamples;
