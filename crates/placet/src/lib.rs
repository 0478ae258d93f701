//! Placet is a small declarative policy language for the question *may this be done with this data for this purpose?*
//! This crate compiles policies and decides requests inside your process.
//!
//! A decision is allow, deny or indeterminate. It names the determining rules, the clauses that they cite, the
//! obligations that are due, and the attributes that are missing.
//!
//! ```
//! use placet::{Effect, Policy};
//!
//! let policy = Policy::from_text("
//!     policy shop
//!     request {
//!       subject.age: int 0..150
//!       purpose: { deliver, marketing }
//!       consent: { granted, refused, not_asked }
//!     }
//!     rule delivery  { cite \"§3\"  allow when purpose is deliver }
//!     rule marketing { cite \"§5\"  allow when purpose is marketing and consent is granted }
//!     rule children  { cite \"§9\"  deny when subject.age < 13  oblige erase within 30 days }
//! ")?;
//!
//! let mut request = policy.request();
//! request.set("subject.age", 12)?.set("purpose", "marketing")?;
//! let decision = policy.decide(&request)?;
//! assert_eq!(decision.effect, Effect::Deny);
//! assert_eq!(decision.rules, ["children".into()]);
//!
//! // A missing attribute may have any value of its domain. Only a proven allow is an allow.
//! let request = policy.request_from_json(r#"{"subject": {"age": 30}, "purpose": "marketing"}"#)?;
//! let decision = policy.decide(&request)?;
//! assert_eq!(decision.effect, Effect::Indeterminate);
//! assert_eq!(decision.missing, ["consent".into()]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Map
//!
//! - [`Policy`] compiles, decides, explains ([`Explanation`]) and analyses ([`Partition`]). [`Policy::open`] reads a file,
//!   [`Policy::from_text`] and [`Policy::from_texts`] read embedded texts.
//! - [`Draft`] is a policy whose proofs may fail: its author tests and explains it, measures what its tests
//!   cover ([`Draft::coverage`], [`Draft::mutants`]), but it decides nothing.
//! - [`BoundPolicy`] decides from the fields of a struct that derives [`Attributes`]: the fastest way, checked once.
//! - [`Request`] holds the values of one request. [`Attribute`], [`Symbol`] and [`PreparedValue`] are looked up once
//!   and reused; [`RequestReader`] fills a request from a value that the caller walks.
//! - [`Input`] borrows a value for an attribute of any policy, and [`Fact`] owns one.
//! - [`IncrementalDecision`] decides while attributes are still being fetched, and names the ones worth fetching next.
//! - [`Policy::attributes`], [`Policy::rules`], [`Policy::obligations`], [`Policy::tests`] and [`Policy::proofs`] describe
//!   what the policy declares; [`Domain`] the values of an attribute.
//! - [`diff`](mod@diff) compares two policies and finds the requests that they decide differently.
//! - [`Policy::from_bytes`] and [`Policy::to_bytes`] load and save compiled policies, which [`Policy::open`] reads
//!   too.
//!
//! Structs with public fields and enums may grow: match them with `..` and `_`. [`Effect`] will not.
//!
//! # Features
//!
//! | feature | default | adds |
//! | --- | --- | --- |
//! | `compile` | yes | compiling policies from text, [diagnostics](Diagnostic), [reports](Report) and analyses; without it, the crate loads saved policies and needs neither the parser nor the compiler |
//! | `derive` | yes | the derive macros [`Attributes`](macro@Attributes) and [`Symbols`](macro@Symbols) |
//! | `chrono`, `jiff`, `time`, `uuid` | no | conversions from the types of these crates to [`Input`] and [`Fact`] |
//!
//! The crate `placet-engine` adds what a service needs: resolvers that fetch attributes, a cache, reloads and a
//! decision log. The language reference is `grammar/language.md` in the repository.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[doc(hidden)]
pub mod __private;
#[cfg(feature = "compile")]
mod analysis;
mod classes;
#[cfg(feature = "compile")]
mod compile;
#[cfg(feature = "compile")]
mod coverage;
mod declarations;
#[cfg(feature = "compile")]
pub mod diff;
#[cfg(feature = "compile")]
mod draft;
mod explain;
mod incremental;
mod policy;
pub mod query;
mod reasons;
#[cfg(feature = "compile")]
pub mod replay;
#[cfg(feature = "compile")]
mod report;
mod request;
mod saved;
#[doc(hidden)]
pub mod typed;

#[cfg(feature = "compile")]
pub use analysis::{Diagram, DiagramEdge, DiagramNode, DiagramTarget, Partition};
#[cfg(feature = "compile")]
pub use compile::CompileError;
#[cfg(feature = "compile")]
pub use coverage::{CoverageKind, CoveragePoint, MutationReport, SurvivingEdit};
pub use declarations::{
    AttributeDeclaration, Domain, Location, ObligationDeclaration, ProofDeclaration, RuleDeclaration,
    SymbolNames, TestDeclaration,
};
#[cfg(feature = "compile")]
pub use diff::{Difference, diff};
#[cfg(feature = "compile")]
pub use draft::{Draft, ProofOutcome, ProofVerdict};
pub use explain::{
    Change, ConditionTrace, ExceptionTrace, Explanation, LookupTrace, NearRule, NewValue, PageStyle,
    RuleTrace, Truth, ValueTrace, WhatIf, WhyNot,
};
pub use incremental::{Dependency, Depth, IncrementalDecision, Step};
pub use placet_core::{FileError, FileId, FileKind, Limits, Sources, Span, with_sources};
pub use placet_model::decision::{Decision, DueObligation, Effect, Uncertain};
pub use placet_model::input::{Fact, FactText, Input};
pub use placet_model::request::{ErrorCode, RequestError, ValueError};
pub use placet_model::temporal::{Date, Duration, TemporalError, Time};
pub use placet_model::testing::Outcome;
pub use placet_program::{LoadError, Strategy};
#[cfg(feature = "compile")]
pub use placet_syntax::{Code, Diagnostic, Label, Severity};
pub use policy::Policy;
pub use reasons::Reasons;
#[cfg(feature = "compile")]
pub use report::Report;
pub use request::Request;
pub use request::attribute_name::AttributeName;
pub use request::handle::{Attribute, AttributeType, Symbol, SymbolSet, SymbolType, Untyped};
pub use request::json_member::EnvelopeError;
pub use request::prepared::PreparedValue;
pub use request::reader::{AttributeSlot, KeyTarget, RequestReader, Scope};
pub use saved::OpenError;
pub use typed::{Attributes, BindError, BoundPolicy, Mismatch, Set, Symbols};
