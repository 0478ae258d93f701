//! Placet for Python: single decisions, whole tables, and an engine for services.
//!
//! This crate converts values between Python and the Rust crates and holds no policy logic. `policy.rs` is the place to
//! begin: it defines `placet.Policy`. `request.rs` and `values.rs` read requests, `columns/` decides tables over the
//! Arrow C interfaces, and `engine/` runs resolvers that are Python callables. `cargo build` makes the extension module
//! `_placet`; the package `placet` in `python/` re-exports it.

mod attribute;
mod bound_policy;
mod cache;
mod columns;
mod decision;
mod diagnostic;
mod dict;
mod engine;
mod errors;
mod facts;
mod incremental;
mod pickle;
mod policy;
mod questions;
mod request;
mod testing;
mod values;

use pyo3::prelude::*;

/// The extension module behind the package `placet`. Import `placet`, not this module.
#[pymodule(gil_used = false)]
mod _placet {
    #[pymodule_export]
    use crate::attribute::{Attribute, Strategy};
    #[pymodule_export]
    use crate::bound_policy::BoundPolicy;
    #[pymodule_export]
    use crate::columns::{Batch, BatchIterator, Batches, Tally};
    #[pymodule_export]
    use crate::decision::{Decision, Obligation};
    #[pymodule_export]
    use crate::diagnostic::Diagnostic;
    #[pymodule_export]
    use crate::engine::{
        Answer, DecisionLog, Engine, Failure, LogCounts, Origin, ReloadCounts, ReloadReport, Reloader,
        Resolver, ResolverCounts, Swap, watch,
    };
    #[pymodule_export]
    use crate::incremental::{Dependency, IncrementalDecision};
    #[pymodule_export]
    use crate::pickle::{_answer, _decision, _diagnostic, _failure, _obligation, _origin, _tally};
    #[pymodule_export]
    use crate::policy::{_loads, _restore, Policy};
    #[pymodule_export]
    use crate::testing::Draft;

    #[pymodule_export]
    #[allow(non_upper_case_globals, reason = "it is Python's name")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
