//! A service around a [Placet](placet) policy. It fetches facts when a decision depends on them, caches them,
//! invalidates them at once, and swaps policies while requests are decided.
//!
//! Begin with [`Engine`]. It answers a [`Query`] with an [`Answer`]. A [`Resolver`] fetches attributes that requests
//! leave out, a [`Reloader`] watches the policy's files, and a [`DecisionLog`] records the answers.
//! ```
//! use placet::Policy;
//! use placet_engine::{Engine, Facts, Resolver};
//!
//! let policy = Policy::from_text("policy p  request { consent: bool }  rule r { allow when consent }")?;
//! let consent = Resolver::blocking("consent", |_key| Ok(Facts::new().with("consent", true)));
//! let engine = Engine::builder(policy).resolver(consent.attributes(["consent"])).build()?;
//! assert!(engine.decide(engine.query())?.is_allowed());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Features
//!
//! | feature | default | adds |
//! | --- | --- | --- |
//! | `log` | yes | the [decision log](DecisionLog) |
//! | `reload` | yes | the [`Reloader`], which compiles changed policies; without it, and with `placet` without its feature `compile`, a service decides saved policies and needs no parser |
//! | `chrono`, `jiff`, `time`, `uuid` | no | conversions from the types of these crates to [`Fact`] |

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod answer;
mod builder;
mod cache;
mod comparison;
mod counters;
mod engine;
mod facts;
mod fetch;
mod in_flight;
mod key;
mod key_error;
mod key_names;
mod key_type;
mod loaded_policy;
#[cfg(feature = "log")]
mod log;
mod origins;
mod query;
#[cfg(feature = "reload")]
mod reload;
mod resolution;
mod resolver;
mod sync;

pub use answer::{Answer, Failure, FailureReason, FailureSource, Source};
pub use builder::{BuildError, Builder};
pub use comparison::{Comparison, ComparisonError};
pub use counters::ResolverCounts;
pub use engine::{Engine, Readiness, Swap};
pub use facts::Facts;
pub use key::Key;
pub use key_error::{KeyError, SwapError};
pub use key_type::KeyType;
pub use loaded_policy::LoadedPolicy;
#[cfg(feature = "log")]
pub use log::{DecisionLog, LogBuilder, LogCounts, LogError};
pub use origins::{Origin, Origins};
pub use placet::Fact;
pub use query::Query;
#[cfg(feature = "reload")]
pub use reload::{
    FailedTest, FailedTests, Reload, ReloadCause, ReloadCounts, ReloadError, ReloadOptions, ReloadReport,
    Reloader, Swapped, WatchError,
};
pub use resolver::{Found, Resolver, ResolverError};

/// Runs the examples of the repository's README, which use both policies and engines. This is the lowest crate that
/// knows both.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct ReadmeExamples;
