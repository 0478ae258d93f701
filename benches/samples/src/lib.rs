//! Random policies and random requests, the same for the same seed.
//!
//! [`policy`] writes the text of a policy that compiles, of a given [`Shape`]. [`Requests`] makes requests
//! for any policy, with values where its conditions change. [`Engines`] holds the programs of one policy, one for each
//! evaluator, and [`compare`] compares their decisions with those of the reference. [`with_optional`] makes attributes of
//! a policy optional, [`with_comparisons`] replaces its comparisons. [`error_chain`] checks errors.
//!
//! ```
//! use placet_samples::{Engines, Random, Requests, Shape, model, policy};
//!
//! let mut random = Random::new(1);
//! let text = policy(&mut random, &Shape::small());
//! let model = model(&text).map_err(|faults| faults.join("\n"))?;
//! let engines = Engines::new(&model);
//! let requests = Requests::new(&model);
//! for _ in 0..10 {
//!     let request = requests.any(&mut random);
//!     for answer in engines.answers(&request) {
//!         assert!(answer.fault().is_none(), "{text}\n{answer:?}");
//!     }
//! }
//! # Ok::<(), String>(())
//! ```

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod adversarial;
mod compare;
mod engines;
mod error_chain;
mod optional;
mod policy;
mod random;
mod requests;
mod rewrite;
mod shape;
mod shrink;
mod unknown;

pub use adversarial::adversarial;
pub use compare::{Agreement, compare};
pub use engines::{Answer, Engines, model, saved};
pub use error_chain::error_chain;
pub use optional::with_optional;
pub use policy::policy;
pub use random::Random;
pub use requests::{Requests, request};
pub use rewrite::with_comparisons;
pub use shape::Shape;
pub use shrink::{Case, shrunk};
pub use unknown::{circle_of_years, independent_members, tangled_shapes, text_patterns};
