//! The door to the inner crates, for the crates of this workspace. Semantic versioning does not cover it.

#[cfg(feature = "compile")]
use crate::compile::CompileError;
#[cfg(feature = "compile")]
use crate::draft::Draft;
use crate::policy::Policy;
use crate::request::Request;
use placet_model::Model;
use placet_model::request::RequestError;
use placet_program::{Frame, Program};
use std::sync::Arc;

pub use crate::classes::{RelationNames, RequestClasses};

/// Access to the values that a [`Policy`] wraps.
///
/// For the crates of this workspace; not covered by semantic versioning.
pub trait Internals {
    /// Returns the compiled program.
    fn program(&self) -> &Arc<Program>;

    /// Returns the typed model: attributes, rules, proofs and tests.
    fn model(&self) -> &Model;

    /// Returns a request as the evaluators see it: the class of each variable of the program.
    ///
    /// # Errors
    /// If the request belongs to another policy.
    fn frame<'r>(&self, request: &'r Request) -> Result<&'r Frame, RequestError>;
}

impl Internals for Policy {
    #[inline]
    fn program(&self) -> &Arc<Program> {
        self.program()
    }

    #[inline]
    fn model(&self) -> &Model {
        self.model()
    }

    #[inline]
    fn frame<'r>(&self, request: &'r Request) -> Result<&'r Frame, RequestError> {
        self.frame(request)
    }
}

/// Compiles the policy text at `path` and the files that it imports. Unlike [`Draft::open`] it refuses saved policies,
/// and reports an unreadable file as a diagnostic.
///
/// For the crates of this workspace; not covered by semantic versioning.
///
/// # Errors
/// All errors of the policy other than failing proofs.
#[cfg(feature = "compile")]
pub fn compile_draft(path: &std::path::Path, limits: &placet_core::Limits) -> Result<Draft, CompileError> {
    Draft::compile(placet_syntax::source::load(path, limits), limits)
}

/// Returns the policy of a draft, whose proofs may fail: to describe it, not to decide with.
///
/// For the crates of this workspace; not covered by semantic versioning.
#[cfg(feature = "compile")]
pub fn policy_of(draft: &Draft) -> &Policy {
    draft.policy()
}

/// Like [`compile_draft`], but returns a policy, which decides.
///
/// For the crates of this workspace; not covered by semantic versioning.
///
/// # Errors
/// All errors of the policy.
#[cfg(feature = "compile")]
pub fn compile_file(path: &std::path::Path, limits: &placet_core::Limits) -> Result<Policy, CompileError> {
    compile_draft(path, limits)?.into_policy()
}
