//! A compiled policy: what people embed.

use crate::analysis::{self, Partition};
use crate::explain::{self, Explanation};
use crate::request::handle::{Attribute, AttributeType, Symbol, SymbolSet, SymbolType, Untyped};
use crate::request::pool::with_buffer;
use crate::request::prepared::PreparedValue;
use crate::request::reader::RequestReader;
use crate::request::schema::Schema;
use crate::request::{Input, Request};
use crate::request::{json, serialize};
use placet_check::check;
use placet_model::decision::{Decision, Effect};
use placet_model::request::{Assignment, RequestError};
use placet_model::{Model, testing};
use placet_program::{Frame, Program, Strategy};
use placet_syntax::source::{Loaded, load, load_text};
use placet_syntax::{Diagnostic, Limits, Sources};
use serde::Serialize;
use std::path::Path;
use std::sync::Arc;

/// A policy, compiled: immutable, cheap to clone, shared between threads.
#[derive(Debug, Clone)]
pub struct Policy {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    schema: Schema,
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

    pub(crate) fn compile(loaded: Loaded, limits: &Limits) -> Result<Self, CompileError> {
        let (model, mut diagnostics) = check(&loaded, limits);
        if let Some(model) = &model {
            diagnostics.extend(analysis::proofs(model));
            diagnostics.sort_by_key(Diagnostic::span);
        }
        let sources = loaded.sources;
        match model {
            Some(model) if !diagnostics.iter().any(Diagnostic::is_error) => {
                Ok(Self::new(placet_compile::compile(Arc::new(model)), sources, diagnostics))
            }
            _ => Err(CompileError { sources, diagnostics }),
        }
    }

    fn new(program: Program, sources: Sources, warnings: Vec<Diagnostic>) -> Self {
        let schema = Schema::new(Arc::new(program));
        Self { inner: Arc::new(Inner { schema, sources, warnings }) }
    }

    /// The policy of a program that was loaded, of which there is no text.
    pub(crate) fn of_program(program: Program) -> Self {
        Self::new(program, Sources::default(), Vec::new())
    }

    /// What reads its requests.
    pub(crate) fn schema(&self) -> &Schema {
        &self.inner.schema
    }

    /// What decides: for those who build on the engine itself, as whole tables are.
    pub fn program(&self) -> &Arc<Program> {
        &self.inner.schema.program
    }

    /// A request as the engines see it: the class of each variable of [`Policy::program`].
    ///
    /// # Errors
    /// If the request was made for another policy.
    pub fn frame<'r>(&self, request: &'r Request) -> Result<&'r Frame, RequestError> {
        request.frame(self.program())
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
        self.program().model()
    }

    /// A request that gives nothing yet.
    pub fn request(&self) -> Request {
        Request::new(self.clone())
    }

    /// The handle of an attribute whose values are given as `T` (see [`AttributeType`]), for [`Request::put`].
    ///
    /// # Errors
    /// If the policy has no such attribute, or it is of another type.
    pub fn attribute<T: AttributeType + ?Sized>(&self, name: &str) -> Result<Attribute<T>, RequestError> {
        Attribute::new(self.schema(), name)
    }

    /// The handle of an attribute of whatever type, for what wants to know which one it is and no more.
    ///
    /// # Errors
    /// If the policy has no such attribute.
    pub fn untyped_attribute(&self, name: &str) -> Result<Attribute<Untyped>, RequestError> {
        Attribute::untyped(self.schema(), name)
    }

    /// A value of an attribute, read and checked once, for [`Request::put_prepared`].
    ///
    /// Cost: that of giving it to a request.
    ///
    /// # Errors
    /// As [`Request::set`].
    pub fn prepare<'v>(
        &self,
        name: &str,
        value: impl Into<Input<'v>>,
    ) -> Result<PreparedValue, RequestError> {
        PreparedValue::new(self.schema(), name, &value.into())
    }

    /// The value of an enum or a taxonomy, by its name, for attributes of this one's type.
    ///
    /// # Errors
    /// If there is no such name, or the handle was made by another policy.
    pub fn symbol<T: SymbolType + ?Sized>(
        &self,
        attribute: Attribute<T>,
        name: &str,
    ) -> Result<Symbol, RequestError> {
        Symbol::new(self.schema(), attribute, name)
    }

    /// The set of an enum's or a taxonomy's values, by their names, for attributes of this one's type.
    ///
    /// # Errors
    /// If there is no such name, or the handle was made by another policy.
    pub fn symbol_set<'n, T: SymbolType + ?Sized>(
        &self,
        attribute: Attribute<T>,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Result<SymbolSet, RequestError> {
        SymbolSet::new(self.schema(), attribute, names)
    }

    /// The request of a JSON object: attribute names as keys, dotted or nested.
    ///
    /// # Errors
    /// The first fault in the order of the text. That a `required` attribute is missing is found by
    /// [`Policy::decide`].
    pub fn request_from_json(&self, text: &str) -> Result<Request, RequestError> {
        let mut request = self.request();
        request.fill_from_json(text)?;
        Ok(request)
    }

    /// As [`Policy::request_from_json`], from bytes that may not be UTF-8.
    ///
    /// # Errors
    /// As [`Policy::request_from_json`].
    pub fn request_from_json_bytes(&self, bytes: &[u8]) -> Result<Request, RequestError> {
        let mut request = self.request();
        request.fill_from_json_bytes(bytes)?;
        Ok(request)
    }

    /// Decides what a value that serialises itself asks: a struct or a map, read as its JSON would be.
    ///
    /// Fields are attributes, nested ones joined by dots, also with `#[serde(flatten)]` and `#[serde(rename)]`; `None` is
    /// missing, whatever the default, and a field that is skipped is not given. Names of enums and taxonomies are strings
    /// or unit variants.
    ///
    /// ```
    /// use placet::Policy;
    ///
    /// #[derive(serde::Serialize)]
    /// struct Question { subject: Subject, purpose: Purpose, consent: Option<&'static str> }
    ///
    /// #[derive(serde::Serialize)]
    /// struct Subject { age: u8 }
    ///
    /// #[derive(serde::Serialize)]
    /// #[serde(rename_all = "snake_case")]
    /// enum Purpose { Deliver, Marketing }
    ///
    /// let policy = Policy::from_text("
    ///     policy shop
    ///     request { subject.age: int 0..150  purpose: { deliver, marketing }  consent: { granted, refused } }
    ///     rule delivery { allow when purpose is deliver and subject.age >= 13 }
    ///     rule marketing { allow when purpose is marketing and consent is granted }
    /// ")?;
    /// let question = Question { subject: Subject { age: 30 }, purpose: Purpose::Deliver, consent: None };
    /// assert!(policy.decide_from(&question)?.is_allowed());
    /// let question = Question { purpose: Purpose::Marketing, ..question };
    /// assert_eq!(policy.decide_from(&question)?.missing, ["consent".into()]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The first fault in the order in which the value serialises itself, and after all others a missing `required`
    /// attribute.
    pub fn decide_from<T: Serialize + ?Sized>(&self, value: &T) -> Result<Decision, RequestError> {
        with_buffer(self.schema(), |intake| {
            serialize::fill(intake, value)?;
            self.program().decide(intake.frame)
        })
    }

    /// The effect alone of what a value asks: what [`Policy::decide_from`] says, without its reasons. Once a thread has
    /// asked the policy before, without allocating.
    ///
    /// # Errors
    /// As [`Policy::decide_from`].
    pub fn effect_from<T: Serialize + ?Sized>(&self, value: &T) -> Result<Effect, RequestError> {
        with_buffer(self.schema(), |intake| {
            serialize::fill(intake, value)?;
            self.program().effect(intake.frame)
        })
    }

    /// Whether what a value asks may go through. Anything but a proven allow is `false`.
    ///
    /// # Errors
    /// As [`Policy::decide_from`].
    pub fn is_allowed_from<T: Serialize + ?Sized>(&self, value: &T) -> Result<bool, RequestError> {
        self.effect_from(value).map(|effect| effect == Effect::Allow)
    }

    /// Decides the request of a JSON object (see [`Policy::request_from_json`]).
    ///
    /// # Errors
    /// The first fault in the order of the text, and after all others a missing `required` attribute.
    pub fn decide_json(&self, text: &str) -> Result<Decision, RequestError> {
        with_buffer(self.schema(), |intake| {
            json::fill(intake, text)?;
            self.program().decide(intake.frame)
        })
    }

    /// The effect alone of the request of a JSON object: what [`Policy::decide_json`] says, without its reasons. Once a
    /// thread has asked the policy before, and where the text has no escapes, without allocating.
    ///
    /// # Errors
    /// As [`Policy::decide_json`].
    pub fn effect_json(&self, text: &str) -> Result<Effect, RequestError> {
        with_buffer(self.schema(), |intake| {
            json::fill(intake, text)?;
            self.program().effect(intake.frame)
        })
    }

    /// Decides what a value asks that the caller walks itself (see [`RequestReader`]).
    ///
    /// # Errors
    /// What `read` says, and after that a missing `required` attribute.
    pub fn decide_with<E: From<RequestError>>(
        &self,
        read: impl FnOnce(&mut RequestReader<'_, '_>) -> Result<(), E>,
    ) -> Result<Decision, E> {
        with_buffer(self.schema(), |intake| {
            read(&mut RequestReader::new(intake))?;
            Ok(self.program().decide(intake.frame)?)
        })
    }

    /// The effect alone of what a value asks that the caller walks itself: what [`Policy::decide_with`] says, without its
    /// reasons. Once a thread has asked the policy before, without allocating.
    ///
    /// # Errors
    /// As [`Policy::decide_with`].
    pub fn effect_with<E: From<RequestError>>(
        &self,
        read: impl FnOnce(&mut RequestReader<'_, '_>) -> Result<(), E>,
    ) -> Result<Effect, E> {
        with_buffer(self.schema(), |intake| {
            read(&mut RequestReader::new(intake))?;
            Ok(self.program().effect(intake.frame)?)
        })
    }

    /// The request of a value that the caller walks itself, to be kept (see [`RequestReader`]).
    ///
    /// # Errors
    /// What `read` says. That a `required` attribute is missing is found by [`Policy::decide`].
    pub fn request_with<E: From<RequestError>>(
        &self,
        read: impl FnOnce(&mut RequestReader<'_, '_>) -> Result<(), E>,
    ) -> Result<Request, E> {
        with_buffer(self.schema(), |intake| {
            read(&mut RequestReader::new(intake))?;
            Ok(Request::from_frame(self.clone(), intake.frame))
        })
    }

    /// Decides a request, with all its reasons.
    ///
    /// # Errors
    /// If a `required` attribute is missing, or the request was made for another policy.
    pub fn decide(&self, request: &Request) -> Result<Decision, RequestError> {
        self.program().decide(request.frame(self.program())?)
    }

    /// The effect alone: what [`Policy::decide`] says, without its reasons and without allocating.
    ///
    /// # Errors
    /// As [`Policy::decide`].
    pub fn effect(&self, request: &Request) -> Result<Effect, RequestError> {
        self.program().effect(request.frame(self.program())?)
    }

    /// Whether the request may go through. Anything but a proven allow is `false`.
    ///
    /// # Errors
    /// As [`Policy::decide`].
    pub fn is_allowed(&self, request: &Request) -> Result<bool, RequestError> {
        self.effect(request).map(|effect| effect == Effect::Allow)
    }

    /// Decides a request and tells why: the rules that spoke or were silent, their exceptions, the values that they
    /// hang on, and what each value of what is missing would lead to.
    ///
    /// # Errors
    /// As [`Policy::decide`].
    pub fn explain(&self, request: &Request) -> Result<Explanation, RequestError> {
        let program = self.program();
        let frame = request.frame(program)?;
        let decision = program.decide(frame)?;
        let request = frame.request(program);
        Ok(explain::explain(program, decision, &request, &Assignment::new(program.model(), &request)?))
    }

    /// What the policy says without effect, or with one that its author may not have meant: warnings of their own,
    /// which compiling does not look for.
    ///
    /// Cost: about linear in the policy, within a fixed budget of about a second. Of a policy that was loaded, of which
    /// there is no text, the places mean nothing.
    pub fn analyze(&self) -> Vec<Diagnostic> {
        analysis::reach(self.model())
    }

    /// What decisions hang on: the variables in the order of the attributes, with the classes of values that the policy
    /// can't tell apart, in words for people.
    ///
    /// Cost: that of compiling without an engine.
    pub fn distinctions(&self) -> Vec<Partition> {
        analysis::distinctions(self.model())
    }

    /// Which engine decides, why, and how large it is.
    pub fn strategy(&self) -> Strategy {
        self.program().strategy()
    }

    /// The policy's tests, each with how it goes now.
    pub fn run_tests(&self) -> impl Iterator<Item = (&testing::Test, testing::Outcome)> {
        let program = self.program();
        let decide = |request: &_| program.decide(&program.frame_of(request)?);
        self.model().tests.iter().map(move |test| (test, test.run(decide)))
    }
}

#[cfg(test)]
mod tests {
    use super::Policy;
    use std::sync::Arc;

    #[test]
    fn a_policy_is_dropped_when_the_last_that_holds_it_is() {
        let policy =
            Policy::from_text("policy door request { open: bool } rule open { allow when open }").unwrap();
        let program = Arc::downgrade(policy.program());
        let request = policy.request_from_json(r#"{"open": true}"#).unwrap();
        // What threads keep for the next decision must not keep the policy.
        assert!(policy.effect_json(r#"{"open": true}"#).is_ok());
        drop(policy);
        assert!(program.upgrade().is_some());
        drop(request);
        assert!(program.upgrade().is_none());
    }
}
