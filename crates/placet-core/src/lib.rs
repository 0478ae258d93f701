//! What all layers of Placet share, and none of them owns: [places in a text](Span), [`Limits`], the
//! [`calendar`], [`bounds`] between ordinals, the [`Pattern`]s of `like`, [tables of names](NameTable), a
//! [search](first_where) for where a condition begins to hold, and [suggestions](closest) for names that do not exist.

pub mod bounds;
pub mod calendar;
mod effect;
mod limits;
mod name_table;
mod pattern;
mod search;
mod span;
mod suggest;

pub use effect::RuleEffect;
pub use limits::Limits;
pub use name_table::{NameTable, ShortText};
pub use pattern::Pattern;
pub use search::first_where;
pub use span::{FileId, Span};
pub use suggest::closest;
