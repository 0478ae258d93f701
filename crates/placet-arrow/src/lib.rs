//! Decides Arrow arrays and batches: columns in, decisions out.
//!
//! A [`BoundPolicy`] is a policy with the columns that give its attributes. Each row is a request:
//!
//! ```
//! use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
//! use placet::{Effect, Policy};
//! use placet_arrow::{BoundPolicy, Options, Reason};
//! use std::sync::Arc;
//!
//! let policy = Policy::from_text("
//!     policy shop
//!     request { subject.age: int 0..150  purpose: { deliver, marketing } }
//!     rule adults { allow when purpose is deliver or subject.age >= 18 }
//! ")?;
//! let age: ArrayRef = Arc::new(Int64Array::from(vec![Some(30), Some(12), None]));
//! let purpose: ArrayRef = Arc::new(StringArray::from(vec!["marketing", "marketing", "marketing"]));
//! let batch = RecordBatch::try_from_iter([("subject.age", age), ("purpose", purpose)])?;
//!
//! let options = Options::new().reasons([Reason::Missing]);
//! let binding = BoundPolicy::new(&policy, &batch.schema(), &options)?;
//! let decisions = binding.decide(&batch)?;
//! assert_eq!(decisions.effect(0), Some(Effect::Allow));
//! assert_eq!(decisions.effect(1), Some(Effect::Deny));
//! assert_eq!(decisions.effect(2), Some(Effect::Indeterminate));
//! assert_eq!(decisions.tally().allowed, 1);
//! assert_eq!(binding.filter(&batch)?.num_rows(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Columns and attributes
//!
//! A column gives the attribute of its name, like `subject.age`, and so does a field of a struct, like `age` in `subject`.
//! [`Options`] can say otherwise. An attribute without a column is left out of each request. Null is `none` for an optional
//! attribute (`time?`); for any other an unknown value, even if the attribute has a default. A null struct is a missing
//! group: each attribute below its name is missing in that row, also an optional one or one without a field. The same
//! holds for a column of nulls with the name of a group.
//!
//! | attributes | columns |
//! | --- | --- |
//! | `bool` | booleans |
//! | `int` | integers of any width, decimals without a scale |
//! | `number` | floats, integers, decimals |
//! | `string`, enums, taxonomies | texts: `Utf8`, `LargeUtf8`, `Utf8View`; a taxonomy's inner node is *one of its leaves* |
//! | sets | lists of texts: `List`, `LargeList`, `FixedSizeList`, `ListView`, `LargeListView` |
//! | `date` | `Date32`, whole days in `Date64`, texts as requests write them |
//! | `time` | `Timestamp` of any unit with a time zone, texts as requests write them |
//! | `duration` | `Duration` of any unit, seconds as numbers, texts as requests write them |
//!
//! Each type may also be dictionary-encoded with any key type, run-end encoded, or `Null`. A value outside the domain is
//! an error, and so is a value finer than a microsecond: nothing is rounded.
//!
//! # How rows are decided
//!
//! [`BoundPolicy`] assigns columns to attributes (`column`). For each batch a `column_reader` picks a layout, and `worker`
//! decides blocks of 8,192 rows: the readers write the class of each row in each variable (`block`), or lend its keys
//! with a table of classes (`keys`), and the program decides whole blocks of classes. With reasons, complete rows that leave
//! the same cubes of the rules share one decision (`shared_answers`); other rows fall back to single decisions (`answers`).

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod answers;
mod block;
mod bound_policy;
mod cell;
mod column;
mod column_reader;
mod decisions;
mod error;
mod groups;
mod keys;
mod lists;
mod needed;
mod options;
mod ordinals;
mod output;
mod relations;
mod sets;
mod shared_answers;
mod stream;
mod texts;
mod value_classes;
mod worker;

pub use bound_policy::BoundPolicy;
pub use decisions::{Decisions, Tally};
pub use error::{ColumnError, ErrorFields, ValueError};
pub use needed::needed_columns;
pub use options::{EffectDictionary, OnError, Options, Reason, UnknownReason};
pub use output::Output;
pub use stream::{OutputReader, Stream};
