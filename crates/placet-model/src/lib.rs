//! The semantics of a Placet policy.
//!
//! The checker turns the text into a [`Model`]: names are resolved, types and domains checked, tables unrolled, and
//! equal conditions shared. [`solver::decide`] decides a [`Request`](request::Request) by search. [`reference::decide`]
//! decides it by definition and is the oracle of every evaluator, including the solver.
//!
//! ```
//! use placet_check::check;
//! use placet_model::{solver, request::{Assignment, AttributeInput, Request}, value::Value};
//! use placet_syntax::{Limits, source::load_text};
//!
//! let text = "policy door  request { age: int 0..150 }  rule adults { allow when age >= 18 }";
//! let limits = Limits::default();
//! let (model, diagnostics) = check(&load_text("door.placet", text, &limits), &limits);
//! assert!(diagnostics.is_empty());
//! let model = model.ok_or("it does not compile")?;
//! let mut request = Request::new();
//! let age = model.find("age").ok_or("no `age`")?;
//! request.put(&model, age, AttributeInput::Value(Value::Int(18)))?;
//! let decision = solver::decide(&model, &Assignment::new(&model, &request)?);
//! assert!(decision.is_allowed());
//! assert_eq!(decision.rules, ["adults".into()]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod bits;
pub mod condition;
pub mod decision;
pub mod input;
pub mod linear;
pub mod policy;
pub mod proof;
mod ranges;
pub mod reference;
pub mod request;
pub mod saved;
pub mod solver;
pub mod temporal;
pub mod testing;
pub mod theory;
pub mod types;
pub mod value;
pub mod words;
pub mod written;

pub use bits::BitSet;
pub use policy::Model;
pub use ranges::Ranges;
