//! Whole Arrow arrays and batches in, Placet's decisions out.
//!
//! A [`BoundPolicy`] is a policy with the columns that give its attributes. Each row is a request, and its decision is what
//! the policy decides of that:
//!
//! ```
//! use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
//! use placet::{Effect, Policy};
//! use placet_arrow::{BoundPolicy, Options, Reasons};
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
//! let options = Options::new().reasons(Reasons { missing: true, ..Reasons::default() });
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
//! A column is an attribute by its name, `subject.age`; so is a field of a struct, `age` in `subject`. [`Options`] say
//! otherwise. An attribute without a column is one that a request leaves out, null is null: what is not known, whatever
//! the default. A null struct is a missing group: each attribute below its name is null in that row, also one that the
//! struct has no field for. So is a column of nulls that has the name of a group.
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
//! Each of them also in a dictionary of any key, or run-end encoded, and `Null`, where nothing is known. A value that an
//! attribute does not have is an error, and so is one that is finer than a microsecond: nothing is rounded.

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
mod needed;
mod options;
mod ordinals;
mod relations;
mod sets;
mod stream;
mod texts;
mod value_classes;
mod worker;

pub use bound_policy::BoundPolicy;
pub use decisions::{Decisions, Tally};
pub use error::{ColumnError, ValueError};
pub use needed::needed_columns;
pub use options::{OnError, Options, Reasons};
pub use stream::{AllowedReader, DecisionReader, Stream};
