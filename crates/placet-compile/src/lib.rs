//! Compiles the model of a policy to its program.
//!
//! [`Encoding`] computes the classes: for each attribute, the sets of values that the policy's conditions can't
//! distinguish. Over classes, every condition is a formula of small numbers. A [`Projection`] has the classes of
//! each variable that a rule admits, which become the bitmaps, and [`DiagramBuilder`] builds decision diagrams.
//! [`compile`] chooses the evaluator.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod classes;
mod compilation;
mod compile;
mod diagram;
mod dnf;
mod encoding;
mod evaluator;
mod order;
mod projection;

pub use classes::{ClassLabels, Texts};
pub use compilation::Compilation;
pub use compile::compile;
pub use diagram::DiagramBuilder;
pub use encoding::{Encoding, RuleCondition};
pub use projection::Projection;
