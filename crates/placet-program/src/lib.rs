//! The runtime of Placet: what answers requests.
//!
//! A [`Program`] is made by the compiler, or loaded from bytes that were saved. A request becomes a [`Frame`]: each
//! attribute that is set is reduced to its class at once. A decision is a walk over classes through one of three
//! engines: a dense [table], a packed [decision diagram](packed), or [bitmaps] of rules, which are always
//! there, since they also tell which rules decided.
//!
//! Rows of a table become [columns] of classes, and are decided many at once.
//!
//! What a request leaves open is answered exactly: every class of an open variable is looked at.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

pub mod bitmaps;
mod class_set;
pub mod classify;
pub mod columns;
pub mod formula;
mod frame;
pub mod packed;
pub mod plan;
mod program;
mod saved;
mod strategy;
mod sum;
pub mod table;
mod unknown;
mod variable;

pub use class_set::ClassSet;
pub use frame::Frame;
pub use program::{ALLOW, DENY, Program, ProgramData, UNRESOLVED};
pub use saved::LoadError;
pub use strategy::{Strategy, Usage};
pub use sum::Sum;
pub use unknown::{Dependency, Depth};
pub use variable::{UNKNOWN, Variable, VariableKind};
