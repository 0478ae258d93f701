//! What all layers of Placet share, and none of them owns: [places in a text](Span), [`Limits`], the
//! [`calendar`], [`bounds`] between ordinals, the [`Pattern`]s of `like`, [tables of names](NameTable), bounded
//! [reads of regular files](read_regular_file), [values in messages](excerpt), a [search](first_where) for where a
//! condition begins to hold, and [suggestions](closest) for names that do not exist.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

pub mod bounds;
pub mod calendar;
mod effect;
mod excerpt;
mod limits;
mod name_table;
mod pattern;
mod regular_file;
mod search;
mod span;
mod suggest;

pub use effect::RuleEffect;
pub use excerpt::{excerpt, excerpt_within, quoted};
pub use limits::Limits;
pub use name_table::{NameTable, ShortText};
pub use pattern::Pattern;
pub use regular_file::{
    FileError, FileKind, SAVED_POLICY_MAGIC, open_regular_file, read_bounded, read_regular_file,
    read_regular_file_with,
};
pub use search::first_where;
pub use span::{FileId, Span};
pub use suggest::{closest, did_you_mean};
