//! The runtime of Placet: decides requests with a compiled policy.
//!
//! The compiler builds a [`Program`], or [`Program::from_bytes`] loads a saved one. Each attribute that a request sets
//! is reduced to its class at once and written into a [`Frame`]. A complete request is then decided by classes alone,
//! with one of three evaluators: [masks] of rules, a packed [decision diagram](packed), or [bitmaps] of rules. The
//! bitmaps always exist, because only they tell which rules determined a decision.
//!
//! Requests with unknown attributes are answered exactly if deterministic budgets allow it, and soundly otherwise: the
//! decision is then marked `approximate`. The module `unknown` describes which algorithm answers when.
//!
//! Batches of rows are given as [columns] of classes and decided many rows at a time.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

pub mod bitmaps;
mod class_set;
pub mod classify;
pub mod columns;
pub mod formula;
mod frame;
pub mod masks;
pub mod packed;
mod partial;
pub mod plan;
mod program;
mod saved;
mod strategy;
mod sum;
mod unknown;
pub mod value_masks;
mod variable;

pub use class_set::ClassSet;
pub use frame::{Frame, State};
pub use program::{ALLOW, DENY, Determined, DeterminingRules, Program, ProgramData, UNRESOLVED};
pub use saved::LoadError;
pub use strategy::{ChoiceNotes, Strategy};
pub use sum::Sum;
pub use unknown::{Dependency, Depth};
pub use variable::{UNKNOWN, Variable, VariableKind};
