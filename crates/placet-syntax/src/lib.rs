//! Parses the text of a Placet policy into a syntax tree and formats the tree.
//!
//! [`source`] reads files and their imports. The private module `scan` splits a text into declarations, and [`parse()`]
//! turns each into a part of an [`ast::File`] by the grammar `placet.pest`. [`format()`] writes the tree back
//! in the one canonical layout. Errors are [`Diagnostic`]s, each with a stable [`Code`], a span and the likely fix. One
//! run reports all of them: parsing continues after an error.
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
pub use parse::parse;
pub use placet_core::{
    FileId, Limits, Pattern, RESERVED_WORDS, Span, calendar, closest, is_plain_name, written_name,
    written_text,
};
pub use print::{condition_line, format};
pub use source::Sources;
