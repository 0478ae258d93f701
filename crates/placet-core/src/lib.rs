//! Types and functions that all layers of Placet share. This crate depends on no other crate of the project.
//!
//! * Source text: [`Sources`], [`Span`], [`FileId`], [bounded reads of regular files](read_regular_file), [`Limits`].
//! * Conditions: Boolean functions as a [`dag`], in three-valued logic.
//! * Values: the [`calendar`], [`bounds`] between ordinals, the [`Pattern`]s of `like`, a [binary search](first_where).
//! * Names and messages: [`NameTable`], [excerpts of values](excerpt), [suggestions](closest) for misspelt names,
//!   [errors with their sources](with_sources).

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

pub mod bounds;
pub mod calendar;
pub mod dag;
mod dotted_name;
mod effect;
mod error_chain;
mod excerpt;
mod limits;
mod name_table;
mod names;
mod pattern;
mod regular_file;
mod search;
mod sources;
mod span;
mod suggest;

pub use dotted_name::is_below;
pub use effect::RuleEffect;
pub use error_chain::with_sources;
pub use excerpt::{excerpt, excerpt_within, quoted};
pub use limits::Limits;
pub use name_table::{NameTable, ShortText};
pub use names::{RESERVED_WORDS, escaped_text, is_plain_name, written_name, written_text};
pub use pattern::Pattern;
pub use regular_file::{
    FileError, FileKind, SAVED_POLICY_MAGIC, open_regular_file, read_bounded, read_regular_file,
    read_regular_file_with,
};
pub use search::first_where;
pub use sources::Sources;
pub use span::{FileId, Span};
pub use suggest::{closest, did_you_mean};
