//! Placet for Python: single calls, whole tables, and services. No policy logic is here, only the way from Python's values
//! and back.

mod attribute;
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
mod request;
mod values;

use pyo3::prelude::*;

/// The extension behind the package `placet`, which is what to import.
#[pymodule(gil_used = false)]
mod _placet {
    #[pymodule_export]
    use crate::attribute::{Attribute, Strategy};
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
    #[allow(non_upper_case_globals, reason = "it is Python's name")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
