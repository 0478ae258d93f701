//! The decision log: what is in it, what never is, and what becomes of it where it can't be written.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what helps a test may panic as the test may, of which alone clippy.toml speaks"
)]

mod disk;
mod engine;
mod lines;
mod queue;
mod rotation;
mod sampling;
mod secrecy;
mod support;
