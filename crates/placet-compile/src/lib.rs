//! From the model of a policy to its program.
//!
//! [`Encoding`] finds the classes: for each attribute, which values the policy's conditions can't tell apart. Over classes
//! every condition is a formula of small numbers; [`projections`] find what each rule asks of each variable, which
//! becomes the bitmaps, and [`DiagramBuilder`] makes decision diagrams. [`compile`] chooses the engine that decides.

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
pub use encoding::Encoding;
pub use order::orders;
pub use projection::{Projection, projections};
