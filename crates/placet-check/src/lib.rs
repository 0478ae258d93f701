//! Checks the syntax tree of a policy and builds its [`Model`](placet_model::Model).
//!
//! [`check()`] resolves names, checks types and domains, finds comparisons that never or always hold, and turns each
//! table row into a rule. It also rejects policies that would allow more when a request says less. Problems are
//! [`Diagnostic`](placet_syntax::Diagnostic)s with spans.
//!
//! ```
//! use placet_check::check;
//! use placet_syntax::{Limits, source::load_text};
//!
//! let text = "policy shop request { age: int 0..150 } rule adults { allow when age >= 18 }";
//! let limits = Limits::default();
//! let (model, diagnostics) = check(&load_text("shop.placet", text, &limits), &limits);
//! assert!(diagnostics.is_empty());
//! assert_eq!(model.map(|model| model.rules.len()), Some(1));
//! ```

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod check;
mod lint;
mod literal;

pub use check::check;
pub use lint::{Quiets, lint};
