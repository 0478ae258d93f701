//! The C interface of Placet. `include/placet.h` documents each function and its contract for callers. It is written by
//! hand, and `tests/header.rs` compares its declarations with these sources.
//!
//! Invariants:
//!
//! - A pointer to an object is an [`Option`] of a reference or of a [`Box`], which has the ABI of a nullable pointer.
//!   So the contract of such a parameter is that of a reference, and `unsafe` remains for texts, options and Arrow
//!   structs.
//! - A function writes its results through an [`Out`] and never reads them, so C may pass uninitialised memory.
//! - Every function that does more than read fields runs within `boundary::call` or `boundary::quietly`, which catch
//!   panics: none unwinds into C.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod arrow;
mod attribute;
mod bound;
mod bound_policy;
mod boundary;
mod buffer;
mod decide;
mod decision;
mod diagnostics;
mod error;
mod export;
mod import;
mod options;
mod policy;
mod put;
mod query;
mod request;
mod status;
mod tally;
mod texts;

pub use arrow::{ArrowArray, ArrowArrayStream, ArrowSchema};
pub use attribute::*;
pub use bound::*;
pub use bound_policy::*;
pub use boundary::Out;
pub use buffer::*;
pub use decide::*;
pub use decision::*;
pub use diagnostics::Diagnostic;
pub use error::*;
pub use options::{Column, Options};
pub use policy::*;
pub use put::*;
pub use query::*;
pub use request::*;
pub use status::*;
pub use tally::*;
