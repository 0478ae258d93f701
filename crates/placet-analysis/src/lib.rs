//! Analyses of a policy: proofs ([`prove`](fn@prove)), unreachable rules and permissive defaults ([`reach`](mod@reach)), differences between
//! two policies ([`difference`](mod@difference)), and what a policy's tests cover ([`coverage`]).
//!
//! Each analysis compiles conditions to decision diagrams (`diagrams`). A diagram treats relations between attributes as
//! independent, so `feasible` removes paths that no request takes, and `witness` builds the requests that are shown. Every
//! reported request was decided by the policy; beyond a budget an analysis reports less, never something false.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

pub mod coverage;
mod diagrams;
pub mod difference;
mod feasible;
mod prove;
pub mod reach;
mod witness;

pub use difference::{Difference, difference};
pub use prove::prove;
