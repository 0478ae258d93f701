//! A service that decides requests by a policy, over a store of consents, objections and restrictions.
//!
//! Begin with [`service`], which assembles the parts, and `routes/decide.rs`, which answers a request. [`store`]
//! defines the events and the two databases that hold them.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod clock;
mod facts;
mod metrics;
mod problem;
mod purpose;
mod resolvers;
mod routes;
pub mod serve;
pub mod service;
pub mod store;

pub use routes::MAX_BODY;
pub use serve::serve;
pub use service::{Options, Service, StartError};
