//! From the syntax tree of a policy to its [`Model`](placet_model::Model).
//!
//! [`check`] resolves names, checks types and domains, finds contradictions, unrolls tables, and holds `is missing`
//! to its discipline. What it finds wrong are [`Diagnostic`](placet_syntax::Diagnostic)s with their places.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod check;
mod literal;

pub use check::check;
