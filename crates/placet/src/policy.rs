//! A compiled policy: the entry point of the library.
//!
//! A [`Policy`] holds the compiled program, the schema that reads its requests, and the source texts for diagnostics.
//! All of them are immutable and shared: a clone copies one pointer.
//!
//! Three families of methods decide. `decide…` returns all reasons, `effect…` returns the effect alone and doesn't
//! allocate, `is_allowed…` compares that effect with allow. Each family takes a [`Request`], a value that implements
//! [`Serialize`] (`…_from`), or a reader that walks the caller's value (`…_with`); `decide_json` and `effect_json` take
//! JSON.

#[cfg(feature = "compile")]
use crate::compile::Compiled;
use crate::explain::{self, Explanation};
use crate::reasons::Reasons;
use crate::request::Request;
use crate::request::handle::{Attribute, AttributeType, Symbol, SymbolSet, SymbolType, Untyped};
use crate::request::pool::with_buffer;
use crate::request::prepared::PreparedValue;
use crate::request::reader::RequestReader;
use crate::request::schema::Schema;
use crate::request::{json, serialize};
use crate::typed::{Attributes, BindError, BoundPolicy};
use placet_core::Sources;
use placet_model::Model;
use placet_model::decision::{Decision, Effect};
use placet_model::input::Input;
use placet_model::request::RequestError;
use placet_model::types::AttributeId;
use placet_program::{Frame, Program, Strategy};
use serde::Serialize;
use std::sync::Arc;

/// A compiled policy: immutable, cheap to clone, shared between threads.
///
/// ```
/// use placet::Policy;
///
/// let policy = Policy::from_text("policy door  request { open: bool }  rule open { allow when open }")?;
/// let shared = policy.clone();
/// let worker = std::thread::spawn(move || shared.effect_json(r#"{"open": true}"#));
/// assert_eq!(worker.join().map_err(|_| "the worker panicked")??, policy.effect_json(r#"{"open": true}"#)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Policy {
    inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) schema: Schema,
    pub(crate) sources: Sources,
    #[cfg(feature = "compile")]
    pub(crate) compiled: Compiled,
}

impl Policy {
    pub(crate) fn new(inner: Inner) -> Self {
        Self { inner: Arc::new(inner) }
    }

    /// Wraps a program that was loaded from a saved policy. It has no source text.
    pub(crate) fn from_program(program: Program) -> Self {
        let program = Arc::new(program);
        Self::new(Inner {
            #[cfg(feature = "compile")]
            compiled: Compiled::loaded(&program),
            schema: Schema::new(program),
            sources: Sources::default(),
        })
    }

    /// Returns the schema that reads requests of this policy.
    pub(crate) fn schema(&self) -> &Schema {
        &self.inner.schema
    }

    /// Returns the compiled program.
    #[inline]
    pub(crate) fn program(&self) -> &Arc<Program> {
        &self.inner.schema.program
    }

    /// Returns a request as the evaluators see it: the class of each variable of the program.
    ///
    /// # Errors
    /// If the request belongs to another policy.
    #[inline]
    pub(crate) fn frame<'r>(&self, request: &'r Request) -> Result<&'r Frame, RequestError> {
        request.frame(self.program())
    }

    /// Returns the policy's name.
    pub fn name(&self) -> &str {
        &self.model().name
    }

    /// Returns the version in the policy's header, if it has one.
    ///
    /// ```
    /// use placet::Policy;
    ///
    /// let text = "policy door version \"2\"  request { open: bool }  rule open { allow when open }";
    /// let policy = Policy::from_text(text)?;
    /// assert_eq!((policy.name(), policy.version()), ("door", Some("2")));
    /// # Ok::<(), placet::CompileError>(())
    /// ```
    pub fn version(&self) -> Option<&str> {
        self.model().version.as_deref()
    }

    /// Returns the document in the policy's header, if it names one.
    ///
    /// ```
    /// use placet::Policy;
    ///
    /// let text = "policy door source \"door.md\"  request { open: bool }  rule open { allow when open }";
    /// assert_eq!(Policy::from_text(text)?.source(), Some("door.md"));
    /// # Ok::<(), placet::CompileError>(())
    /// ```
    pub fn source(&self) -> Option<&str> {
        self.model().source.as_deref()
    }

    /// Returns the result of the compilation beside the program.
    #[cfg(feature = "compile")]
    pub(crate) fn compiled(&self) -> &Compiled {
        &self.inner.compiled
    }

    /// Returns the source texts that diagnostics point into. A policy loaded from a saved file has none.
    pub fn sources(&self) -> &Sources {
        &self.inner.sources
    }

    /// Returns the typed model: attributes, rules, proofs and tests.
    #[inline]
    pub(crate) fn model(&self) -> &Model {
        self.program().model()
    }

    /// Returns an empty request: every attribute has its default or is missing.
    ///
    /// ```
    /// use placet::{Effect, Policy};
    ///
    /// let policy = Policy::from_text("policy door  request { open: bool }  rule open { allow when open }")?;
    /// let decision = policy.decide(&policy.request())?;
    /// assert_eq!(decision.effect, Effect::Indeterminate);
    /// assert_eq!(decision.missing, ["open".into()]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn request(&self) -> Request {
        Request::new(self.clone())
    }

    /// Binds the policy to a struct that derives [`Attributes`](crate::Attributes): checks that every field fits an
    /// attribute and every variant a name.
    ///
    /// ```
    /// use placet::{Attributes, Effect, Policy};
    ///
    /// #[derive(Attributes)]
    /// struct Visit { age: u8, invited: Option<bool> }
    ///
    /// let policy = Policy::from_text("
    ///     policy door
    ///     request { age: int 0..150  invited: bool }
    ///     rule guests { allow when age >= 18 and invited }
    /// ")?.bind::<Visit>()?;
    /// assert_eq!(policy.effect(&Visit { age: 30, invited: Some(true) })?, Effect::Allow);
    /// assert_eq!(policy.effect(&Visit { age: 30, invited: None })?, Effect::Indeterminate);
    /// assert!(policy.effect(&Visit { age: 200, invited: None }).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Cost: that of deciding a request for each value of attributes with few values, and for each class of the others.
    /// Bind once, at start-up.
    ///
    /// # Errors
    /// All fields that don't fit, with their places in the program and in the policy.
    pub fn bind<T: Attributes>(&self) -> Result<BoundPolicy<T>, BindError> {
        BoundPolicy::new(self)
    }

    /// Returns the handle of an attribute whose values have the Rust type `T` (see [`AttributeType`]), for
    /// [`Request::put`].
    ///
    /// ```
    /// use placet::{ErrorCode, Policy};
    ///
    /// let policy = Policy::from_text("policy door  request { open: bool }  rule open { allow when open }")?;
    /// let open = policy.attribute::<bool>("open")?;
    /// assert!(policy.is_allowed(policy.request().put(open, true)?)?);
    /// assert_eq!(policy.attribute::<i64>("open").map_err(|error| error.code).err(), Some(ErrorCode::WrongType));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the policy has no such attribute, or the attribute has another type.
    pub fn attribute<T: AttributeType + ?Sized>(&self, name: &str) -> Result<Attribute<T>, RequestError> {
        Attribute::new(self.schema(), name)
    }

    /// Returns an untyped handle of an attribute. It identifies the attribute but can't put a value.
    ///
    /// ```
    /// use placet::Policy;
    ///
    /// let policy = Policy::from_text("policy door  request { open: bool }  rule open { allow when open }")?;
    /// let open = policy.untyped_attribute("open")?;
    /// assert!(policy.request_from_json(r#"{"open": false}"#)?.gives(open));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the policy has no such attribute.
    pub fn untyped_attribute(&self, name: &str) -> Result<Attribute<Untyped>, RequestError> {
        Attribute::untyped(self.schema(), name)
    }

    /// Parses and checks a value of an attribute once, for [`Request::put_prepared`].
    ///
    /// ```
    /// use placet::Policy;
    ///
    /// let policy = Policy::from_text("
    ///     policy shop
    ///     request { consent: { granted, refused } }
    ///     rule marketing { allow when consent is granted }
    /// ")?;
    /// let granted = policy.prepare("consent", "granted")?;
    /// assert!(policy.is_allowed(policy.request().put_prepared(&granted)?)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Cost: that of [`Request::set`].
    ///
    /// # Errors
    /// Like [`Request::set`].
    pub fn prepare<'v>(
        &self,
        name: &str,
        value: impl Into<Input<'v>>,
    ) -> Result<PreparedValue, RequestError> {
        PreparedValue::new(self.schema(), name, &value.into())
    }

    /// Looks up a value of an enum or a taxonomy by name. It fits every attribute of the same type as `attribute`.
    ///
    /// ```
    /// use placet::{Policy, Symbol};
    ///
    /// let policy = Policy::from_text("
    ///     policy shop
    ///     request { consent: { granted, refused } }
    ///     rule marketing { allow when consent is granted }
    /// ")?;
    /// let consent = policy.attribute::<Symbol>("consent")?;
    /// let granted = policy.symbol(consent, "granted")?;
    /// assert!(policy.is_allowed(policy.request().put(consent, granted)?)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the type has no such name, or the handle belongs to another policy.
    pub fn symbol<T: SymbolType + ?Sized>(
        &self,
        attribute: Attribute<T>,
        name: &str,
    ) -> Result<Symbol, RequestError> {
        Symbol::new(self.schema(), attribute, name)
    }

    /// Looks up a set of values of an enum or a taxonomy by name. It fits every attribute of `attribute`'s type.
    ///
    /// ```
    /// use placet::{Policy, SymbolSet};
    ///
    /// let policy = Policy::from_text("
    ///     policy shop
    ///     request { data: set of { email, phone, health } }
    ///     rule contact { allow when all data in {email, phone} }
    /// ")?;
    /// let data = policy.attribute::<SymbolSet>("data")?;
    /// let contact = policy.symbol_set(data, ["email", "phone"])?;
    /// assert!(policy.is_allowed(policy.request().put(data, &contact)?)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the type has no such name, or the handle belongs to another policy.
    pub fn symbol_set<'n, T: SymbolType + ?Sized>(
        &self,
        attribute: Attribute<T>,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Result<SymbolSet, RequestError> {
        SymbolSet::new(self.schema(), attribute, names)
    }

    /// Reads a request from a JSON object. Keys are attribute names, dotted or nested.
    ///
    /// ```
    /// use placet::Policy;
    ///
    /// let policy = Policy::from_text("
    ///     policy shop
    ///     request { subject.age: int 0..150 }
    ///     rule adults { allow when subject.age >= 18 }
    /// ")?;
    /// let nested = policy.request_from_json(r#"{"subject": {"age": 30}}"#)?;
    /// let dotted = policy.request_from_json(r#"{"subject.age": 30}"#)?;
    /// assert_eq!(policy.effect(&nested)?, policy.effect(&dotted)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The first error in the order of the text. [`Policy::decide`] reports a missing `required` attribute.
    pub fn request_from_json(&self, text: &str) -> Result<Request, RequestError> {
        let mut request = self.request();
        request.fill_from_json(text)?;
        Ok(request)
    }

    /// Like [`Policy::request_from_json`], from bytes that may not be UTF-8.
    ///
    /// ```
    /// use placet::{ErrorCode, Policy};
    ///
    /// let policy = Policy::from_text("policy door  request { open: bool }  rule open { allow when open }")?;
    /// assert!(policy.is_allowed(&policy.request_from_json_bytes(br#"{"open": true}"#)?)?);
    /// let error = policy.request_from_json_bytes(&[0xff]).err();
    /// assert_eq!(error.map(|error| error.code), Some(ErrorCode::InvalidJson));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Like [`Policy::request_from_json`], and if the bytes aren't UTF-8.
    pub fn request_from_json_bytes(&self, bytes: &[u8]) -> Result<Request, RequestError> {
        let mut request = self.request();
        request.fill_from_json_bytes(bytes)?;
        Ok(request)
    }

    /// Decides the request in a struct or a map that implements [`Serialize`]. It is read like its JSON.
    ///
    /// Fields are attributes. Dots join the names of nested fields. `#[serde(flatten)]` and `#[serde(rename)]` work.
    /// `None` means missing, even if the attribute has a default; a skipped field counts as left out. Values of enums
    /// and taxonomies are strings or unit variants.
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
    /// The first error in the order in which the value serialises itself. A missing `required` attribute comes last.
    pub fn decide_from<T: Serialize + ?Sized>(&self, value: &T) -> Result<Decision, RequestError> {
        with_buffer(self.schema(), |writer| {
            serialize::fill(writer, value)?;
            self.program().decide(writer.frame)
        })
    }

    /// Returns only the effect of [`Policy::decide_from`], without reasons.
    ///
    /// Cost: no allocation after the thread's first request of the policy.
    ///
    /// ```
    /// use placet::{Effect, Policy};
    ///
    /// #[derive(serde::Serialize)]
    /// struct Visit { open: bool }
    ///
    /// let policy = Policy::from_text("policy door  request { open: bool }  rule open { allow when open }")?;
    /// assert_eq!(policy.effect_from(&Visit { open: true })?, Effect::Allow);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Like [`Policy::decide_from`].
    pub fn effect_from<T: Serialize + ?Sized>(&self, value: &T) -> Result<Effect, RequestError> {
        with_buffer(self.schema(), |writer| {
            serialize::fill(writer, value)?;
            self.program().effect(writer.frame)
        })
    }

    /// Returns true if the request in a value is allowed. Deny and indeterminate both give `false`.
    ///
    /// # Errors
    /// Like [`Policy::decide_from`].
    pub fn is_allowed_from<T: Serialize + ?Sized>(&self, value: &T) -> Result<bool, RequestError> {
        self.effect_from(value).map(|effect| effect == Effect::Allow)
    }

    /// Decides the request in a JSON object (see [`Policy::request_from_json`]).
    ///
    /// ```
    /// use placet::Policy;
    ///
    /// let policy = Policy::from_text("policy door  request { open: bool }  rule open { allow when open }")?;
    /// let decision = policy.decide_json(r#"{"open": true}"#)?;
    /// assert!(decision.is_allowed());
    /// assert_eq!(decision.rules, ["open".into()]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The first error in the order of the text. A missing `required` attribute comes last.
    pub fn decide_json(&self, text: &str) -> Result<Decision, RequestError> {
        with_buffer(self.schema(), |writer| {
            json::fill(writer, text)?;
            self.program().decide(writer.frame)
        })
    }

    /// Returns only the effect of [`Policy::decide_json`], without reasons.
    ///
    /// Cost: no allocation after the thread's first request of the policy, if the text has no escapes.
    ///
    /// ```
    /// use placet::{Effect, Policy};
    ///
    /// let policy = Policy::from_text("policy door  request { open: bool }  rule open { allow when open }")?;
    /// assert_eq!(policy.effect_json(r#"{"open": false}"#)?, Effect::Deny);
    /// assert_eq!(policy.effect_json("{}")?, Effect::Indeterminate);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Like [`Policy::decide_json`].
    pub fn effect_json(&self, text: &str) -> Result<Effect, RequestError> {
        with_buffer(self.schema(), |writer| {
            json::fill(writer, text)?;
            self.program().effect(writer.frame)
        })
    }

    /// Decides the request that `read` writes into a [`RequestReader`].
    ///
    /// # Errors
    /// The error of `read`. A missing `required` attribute comes last.
    pub fn decide_with<E: From<RequestError>>(
        &self,
        read: impl FnOnce(&mut RequestReader<'_, '_>) -> Result<(), E>,
    ) -> Result<Decision, E> {
        with_buffer(self.schema(), |writer| {
            read(&mut RequestReader::new(writer))?;
            Ok(self.program().decide(writer.frame)?)
        })
    }

    /// Returns only the effect of [`Policy::decide_with`], without reasons.
    ///
    /// Cost: no allocation after the thread's first request of the policy.
    ///
    /// # Errors
    /// Like [`Policy::decide_with`].
    pub fn effect_with<E: From<RequestError>>(
        &self,
        read: impl FnOnce(&mut RequestReader<'_, '_>) -> Result<(), E>,
    ) -> Result<Effect, E> {
        with_buffer(self.schema(), |writer| {
            read(&mut RequestReader::new(writer))?;
            Ok(self.program().effect(writer.frame)?)
        })
    }

    /// Returns the request that `read` writes into a [`RequestReader`].
    ///
    /// # Errors
    /// The error of `read`. [`Policy::decide`] reports a missing `required` attribute.
    pub fn request_with<E: From<RequestError>>(
        &self,
        read: impl FnOnce(&mut RequestReader<'_, '_>) -> Result<(), E>,
    ) -> Result<Request, E> {
        with_buffer(self.schema(), |writer| {
            read(&mut RequestReader::new(writer))?;
            Ok(Request::from_frame(self.clone(), writer.frame))
        })
    }

    /// Decides a request, with all reasons.
    ///
    /// ```
    /// use placet::{Effect, Policy};
    ///
    /// let policy = Policy::from_text("
    ///     policy shop
    ///     request { subject.age: int 0..150 }
    ///     rule children { cite \"§9\"  deny when subject.age < 13  oblige erase within 30 days }
    /// ")?;
    /// let decision = policy.decide(policy.request().set("subject.age", 12)?)?;
    /// assert_eq!(decision.effect, Effect::Deny);
    /// assert_eq!(decision.cites, ["§9".into()]);
    /// assert_eq!(decision.obligations[0].within_seconds, Some(30 * 24 * 60 * 60));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If a `required` attribute is missing, or the request belongs to another policy.
    pub fn decide(&self, request: &Request) -> Result<Decision, RequestError> {
        self.program().decide(request.frame(self.program())?)
    }

    /// Like [`Policy::decide`], but names the reasons only when they are asked for.
    ///
    /// Cost: that of [`Policy::effect`] for a complete request of a policy with masks (see [`Policy::strategy`]) none of
    /// whose obligations depends on a condition. Otherwise that of [`Policy::decide`].
    ///
    /// # Errors
    /// Like [`Policy::decide`].
    #[inline]
    pub fn reasons(&self, request: &Request) -> Result<Reasons<'_>, RequestError> {
        let frame = request.frame(self.program())?;
        Ok(match self.program().determined(frame)? {
            Some(determined) => Reasons::determined(self, determined),
            None => Reasons::decision(self, self.program().decide(frame)?),
        })
    }

    /// Returns only the effect of [`Policy::decide`], without reasons and without allocating.
    ///
    /// ```
    /// use placet::{Effect, Policy};
    ///
    /// let policy = Policy::from_text("policy door  request { open: bool }  rule open { allow when open }")?;
    /// assert_eq!(policy.effect(policy.request().set("open", true)?)?, Effect::Allow);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Like [`Policy::decide`].
    #[inline]
    pub fn effect(&self, request: &Request) -> Result<Effect, RequestError> {
        self.program().effect(request.frame(self.program())?)
    }

    /// Returns true if the request is allowed. Deny and indeterminate both give `false`.
    ///
    /// ```
    /// use placet::Policy;
    ///
    /// let policy = Policy::from_text("policy door  request { open: bool }  rule open { allow when open }")?;
    /// assert!(policy.is_allowed(policy.request().set("open", true)?)?);
    /// assert!(!policy.is_allowed(&policy.request())?, "`open` is unknown");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Like [`Policy::decide`].
    #[inline]
    pub fn is_allowed(&self, request: &Request) -> Result<bool, RequestError> {
        self.effect(request).map(|effect| effect == Effect::Allow)
    }

    /// Decides a request and traces its rules: which fire, which exceptions silence them, the values that they depend
    /// on, and the effect of each value that a missing attribute could have. For a request that isn't allowed, also the
    /// nearest rules that would allow it and the smallest changes that would ([`WhyNot`](crate::WhyNot)): those of unknown
    /// attributes if they suffice, otherwise those of all.
    ///
    /// ```
    /// use placet::Policy;
    ///
    /// let policy = Policy::from_text("policy door  request { open: bool }  rule open { allow when open }")?;
    /// let explanation = policy.explain(&policy.request())?;
    /// assert_eq!(explanation.decision, policy.decide(&policy.request())?);
    /// assert_eq!(&*explanation.what_if[0].attribute, "open");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Cost: decisions for the classes of values of each missing attribute; for a request that isn't allowed, also those
    /// of the search for changes, which ends after [`WhyNot::MAX_STEPS`](crate::WhyNot::MAX_STEPS).
    ///
    /// # Errors
    /// Like [`Policy::decide`].
    pub fn explain(&self, request: &Request) -> Result<Explanation, RequestError> {
        explain::explain(self.program(), request.frame(self.program())?, None)
    }

    /// Like [`Policy::explain`], with the attributes that may change: a request that isn't allowed is explained by
    /// changes of these attributes only ([`WhyNot::changes`](crate::WhyNot::changes)).
    ///
    /// ```
    /// use placet::Policy;
    ///
    /// let policy = Policy::from_text("
    ///     policy shop
    ///     request { age: int 0..150  guardian: bool }
    ///     rule adults { allow when age >= 18 or guardian and age >= 13 }
    /// ")?;
    /// let request = policy.request_from_json(r#"{"age": 15, "guardian": false}"#)?;
    /// let changes = |names: &[&str]| -> Result<Vec<String>, placet::RequestError> {
    ///     let explanation = policy.explain_changing(&request, names.iter().copied())?;
    ///     Ok(explanation.why_not.iter().flat_map(|why_not| &why_not.changes).map(|c| c.to_string()).collect())
    /// };
    /// assert_eq!(changes(&["guardian"])?, ["guardian were true instead of false"]);
    /// assert_eq!(changes(&["age"])?, ["age were at least 18 instead of 15"]);
    /// assert_eq!(changes(&["age", "guardian"])?.len(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Like [`Policy::decide`], and if the policy has no attribute of such a name.
    pub fn explain_changing<'n>(
        &self,
        request: &Request,
        may_change: impl IntoIterator<Item = &'n str>,
    ) -> Result<Explanation, RequestError> {
        let find = |name| self.model().find(name).ok_or_else(|| RequestError::unknown(self.model(), name));
        let ids = may_change.into_iter().map(find).collect::<Result<Vec<AttributeId>, _>>()?;
        explain::explain(self.program(), request.frame(self.program())?, Some(&ids))
    }

    /// Returns the evaluator that decides, the reason for the choice, and its size.
    ///
    /// ```
    /// use placet::Policy;
    ///
    /// let policy = Policy::from_text("policy door  request { open: bool }  rule open { allow when open }")?;
    /// assert_eq!(policy.strategy().variables, 1);
    /// # Ok::<(), placet::CompileError>(())
    /// ```
    pub fn strategy(&self) -> Strategy {
        self.program().strategy()
    }
}

#[cfg(test)]
mod tests {
    use super::Policy;
    use std::sync::Arc;

    #[test]
    fn drop_of_the_last_owner_frees_the_policy() {
        let policy =
            Policy::from_text("policy door request { open: bool } rule open { allow when open }").unwrap();
        let program = Arc::downgrade(policy.program());
        let request = policy.request_from_json(r#"{"open": true}"#).unwrap();
        // The request buffer in this thread's pool must not keep the policy alive.
        assert!(policy.effect_json(r#"{"open": true}"#).is_ok());
        drop(policy);
        assert!(program.upgrade().is_some());
        drop(request);
        assert!(program.upgrade().is_none());
    }
}
