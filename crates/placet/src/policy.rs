//! A compiled policy: what people embed.

use crate::explain::{self, Explanation};
use crate::request::Request;
use placet_check::check;
use placet_model::decision::Decision;
use placet_model::proof::Verdict;
use placet_model::request::{Facts, Given, RequestError};
use placet_model::{Model, reference, testing};
use placet_syntax::source::{Loaded, load, load_text};
use placet_syntax::{Code, Diagnostic, Limits, Sources};
use std::path::Path;
use std::sync::Arc;

/// A policy, compiled: immutable, cheap to clone, shared between threads.
#[derive(Debug, Clone)]
pub struct Policy {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    model: Arc<Model>,
    sources: Sources,
    warnings: Vec<Diagnostic>,
}

/// Why a policy does not compile: all its faults, with the texts that they speak of.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", self.summary())]
pub struct CompileError {
    /// The files.
    pub sources: Sources,
    /// The faults, errors and warnings, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

impl CompileError {
    /// The first error with its place, and how many there are.
    fn summary(&self) -> String {
        let errors: Vec<&Diagnostic> = self.diagnostics.iter().filter(|fault| fault.is_error()).collect();
        let Some(first) = errors.first() else { return "the policy does not compile".to_owned() };
        let place = first.span().map_or(String::new(), |span| {
            let (line, column) = self.sources.position(span);
            format!("{}:{line}:{column}: ", self.sources.name(span.file))
        });
        let more = match errors.len() {
            1 => String::new(),
            count => format!(" (and {} more)", count - 1),
        };
        format!("{place}{first}{more}")
    }
}

impl Policy {
    /// Compiles the file at `path` and what it imports.
    ///
    /// # Errors
    /// Every fault of the policy, a refuted proof among them.
    pub fn from_path(path: impl AsRef<Path>) -> Result<Self, CompileError> {
        Self::from_path_with(path, &Limits::default())
    }

    /// As [`Policy::from_path`], within limits of the caller's.
    ///
    /// # Errors
    /// As [`Policy::from_path`].
    pub fn from_path_with(path: impl AsRef<Path>, limits: &Limits) -> Result<Self, CompileError> {
        Self::compile(load(path.as_ref(), limits), limits)
    }

    /// Compiles a text that imports nothing.
    ///
    /// # Errors
    /// As [`Policy::from_path`].
    pub fn from_text(text: &str) -> Result<Self, CompileError> {
        Self::from_text_with("policy", text, &Limits::default())
    }

    /// As [`Policy::from_text`], under a name for diagnostics and within limits of the caller's.
    ///
    /// # Errors
    /// As [`Policy::from_path`].
    pub fn from_text_with(name: &str, text: &str, limits: &Limits) -> Result<Self, CompileError> {
        Self::compile(load_text(name, text, limits), limits)
    }

    fn compile(loaded: Loaded, limits: &Limits) -> Result<Self, CompileError> {
        let (model, mut diagnostics) = check(&loaded, limits);
        if let Some(model) = &model {
            diagnostics.extend(model.proofs.iter().filter_map(|proof| judge(model, proof)));
            diagnostics.sort_by_key(Diagnostic::span);
        }
        let sources = loaded.sources;
        match model {
            Some(model) if !diagnostics.iter().any(Diagnostic::is_error) => {
                let inner = Inner { model: Arc::new(model), sources, warnings: diagnostics };
                Ok(Self { inner: Arc::new(inner) })
            }
            _ => Err(CompileError { sources, diagnostics }),
        }
    }

    /// The policy's name.
    pub fn name(&self) -> &str {
        &self.model().name
    }

    /// The policy's version, as its header says.
    pub fn version(&self) -> Option<&str> {
        self.model().version.as_deref()
    }

    /// What is doubtful in the policy.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.inner.warnings
    }

    /// The texts that diagnostics speak of.
    pub fn sources(&self) -> &Sources {
        &self.inner.sources
    }

    /// The typed model: attributes, rules, proofs, tests.
    pub fn model(&self) -> &Model {
        &self.inner.model
    }

    /// A request that gives nothing yet.
    pub fn request(&self) -> Request {
        Request::new(self.inner.model.clone())
    }

    /// The request of a JSON object: attribute names as keys, dotted or nested.
    ///
    /// # Errors
    /// The first fault in the order of the text. That a `required` attribute is missing is found by
    /// [`Policy::decide`].
    pub fn request_from_json(&self, text: &str) -> Result<Request, RequestError> {
        self.request_from_json_bytes(text.as_bytes())
    }

    /// As [`Policy::request_from_json`], from bytes that may not be UTF-8.
    ///
    /// # Errors
    /// As [`Policy::request_from_json`].
    pub fn request_from_json_bytes(&self, bytes: &[u8]) -> Result<Request, RequestError> {
        let inner = placet_model::request::Request::from_json_bytes(self.model(), bytes)?;
        Ok(Request::from_parts(self.inner.model.clone(), inner))
    }

    /// Decides a request.
    ///
    /// # Errors
    /// If a `required` attribute is missing, or the request was made for another policy.
    pub fn decide(&self, request: &Request) -> Result<Decision, RequestError> {
        Ok(reference::decide(self.model(), &self.facts(request)?))
    }

    /// Whether the request may go through. Anything but a proven allow is `false`.
    ///
    /// # Errors
    /// As [`Policy::decide`].
    pub fn is_allowed(&self, request: &Request) -> Result<bool, RequestError> {
        self.decide(request).map(|decision| decision.is_allowed())
    }

    /// Decides a request and tells why: the rules that spoke or were silent, their exceptions, the values that they
    /// hang on, and what each value of what is missing would lead to.
    ///
    /// # Errors
    /// As [`Policy::decide`].
    pub fn explain(&self, request: &Request) -> Result<Explanation, RequestError> {
        Ok(explain::explain(self.model(), &self.inner.sources, request.parts(), &self.facts(request)?))
    }

    /// The policy's tests, each with how it goes now.
    pub fn run_tests(&self) -> impl Iterator<Item = (&testing::Test, testing::Outcome)> {
        self.model().tests.iter().map(|test| (test, test.run(self.model())))
    }

    fn facts(&self, request: &Request) -> Result<Facts, RequestError> {
        request.check_policy(&self.inner.model)?;
        Facts::of(self.model(), request.parts())
    }
}

/// What is wrong with a proof, if anything.
fn judge(model: &Model, proof: &placet_model::policy::Proof) -> Option<Diagnostic> {
    let name = &proof.name;
    let claim = if proof.always { "always allows" } else { "never allows" };
    Some(match proof.decide(model) {
        Verdict::Proved => return None,
        Verdict::Vacuous => Diagnostic::new(
            Code::VacuousProof,
            proof.span,
            format!("no request satisfies the condition of `{name}`"),
        )
        .help("a proof about no request says nothing: mend its condition"),
        Verdict::NotDecided => Diagnostic::new(
            Code::ProofNotDecided,
            proof.span,
            format!("it could not be decided whether the policy {claim} as `{name}` says"),
        ),
        Verdict::Refuted { counterexample, rules } => {
            let by =
                if rules.is_empty() { "by default".to_owned() } else { format!("by {}", rules.join(", ")) };
            let outcome = if proof.always { "denied" } else { "allowed" };
            Diagnostic::new(Code::ProofRefuted, proof.span, format!("a request breaks `{name}`"))
                .because(format!("this request is {outcome} {by}"))
                .note(format!("the request: {{ {} }}", shown(model, &counterexample)))
        }
    })
}

/// A request as an example writes it.
fn shown(model: &Model, request: &placet_model::request::Request) -> String {
    let parts: Vec<String> = model
        .attribute_ids()
        .filter_map(|(id, attribute)| match request.get(id)? {
            Given::Value(value) => Some(format!("{}: {}", attribute.name, value.display(&attribute.kind))),
            Given::Null | Given::OneOf(_) => None,
        })
        .collect();
    parts.join(", ")
}
