//! Placet policies as functions of [DataFusion](https://datafusion.apache.org), for SQL and expressions.
//!
//! ```
//! use datafusion::prelude::SessionContext;
//! use placet::Policy;
//! use placet_datafusion::EffectFunction;
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let policy = Policy::from_text("
//!     policy shop
//!     request { subject.age: int 0..150  purpose: { deliver, marketing } }
//!     rule adults { allow when purpose is deliver or subject.age >= 18 }
//! ")?;
//! let effect = EffectFunction::new("effect", &policy, ["subject.age"])?.constant("purpose", "marketing")?;
//!
//! let context = SessionContext::new();
//! context.register_udf(effect.into());
//! let allowed = "select id from (values (1, 30), (2, 12), (3, null)) as people(id, age) where effect(age) = 'allow'";
//! assert_eq!(context.sql(allowed).await?.count().await?, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bindings;
mod function;

pub use function::EffectFunction;
pub use placet_arrow::OnError;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExamples;
