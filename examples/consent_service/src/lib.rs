//! A service that answers by a policy over a store of what people said: consents, objections, restrictions.

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
