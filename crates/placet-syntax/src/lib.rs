//! The text of a Placet policy and its syntax tree.
//!
//! Text comes in through [`source`] (files, imports), is cut into declarations by `scan`, parsed by `parse`
//! (the grammar stands in `grammar/placet.pest`) and becomes an [`ast::File`]; [`format()`] writes it back in its
//! one canonical layout. What is wrong on the way is a [`Diagnostic`]: all of it in one run, each with a stable
//! [`Code`], its place, and the likely fix.
//!
//! ```
//! use placet_syntax::{Limits, Sources, format, parse};
//!
//! let mut sources = Sources::default();
//! let file = sources.add("shop.placet", "policy shop  request{paid:bool}\nrule paid{allow when paid}");
//! let (tree, diagnostics) = parse(&sources, file, &Limits::default());
//! assert!(diagnostics.is_empty());
//! assert_eq!(
//!     format(&sources, &tree),
//!     "policy shop\n\nrequest {\n  paid: bool\n}\n\nrule paid {\n  allow when paid\n}\n"
//! );
//! ```

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

pub mod ast;
mod build;
mod diagnostic;
mod grammar;
mod literal;
mod parse;
mod print;
mod scan;
pub mod source;

pub use diagnostic::{Code, Diagnostic, Label, Severity};
pub use literal::pattern;
pub use parse::{RESERVED_WORDS, parse};
pub use placet_core::{FileId, Limits, Pattern, Span, calendar, closest};
pub use print::format;
pub use source::Sources;
