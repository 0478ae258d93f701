//! The service, asked through HTTP.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "what helps a test may panic as the test may, of which alone clippy.toml speaks"
)]

mod answers;
mod client;
mod failures;
mod garbage;
mod readme;
mod records;
mod stopping;
