//! The C interface of Placet. What each function does, and what it asks of its caller, says `include/placet.h`, which is
//! written by hand; the tests hold it against these sources.
//!
//! Of C's pointers, those that may be NULL come in as an [`Option`] of a reference or of a [`Box`], which have the same
//! form: so what is asked of C is what a reference asks, and no more `unsafe` is left here than texts need. Where a
//! function gives something, it is written through an [`Out`], of which nothing is read. Every function
//! that does more than look into what it is given runs within `boundary::call` or `boundary::quietly`, beyond which
//! no panic comes.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod arrow;
mod attribute;
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
mod request;
mod status;
mod tally;
mod texts;

pub use arrow::{ArrowArray, ArrowArrayStream, ArrowSchema};
pub use attribute::*;
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
pub use request::*;
pub use status::*;
pub use tally::*;
