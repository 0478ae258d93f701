//! The Python view of the engine: a policy for a service, with Python callables that fetch missing attributes.
//!
//! `resolver.rs` has the resolvers' options and `call.rs` calls them; `asyncio.rs` drives decisions on an event loop;
//! `process.rs` handles interpreter exit and forks.

mod answer;
mod asyncio;
mod call;
mod key_type;
mod log;
mod process;
mod reload;
mod resolver;

pub(crate) use answer::{Answer, Failure, Origin, ResolverCounts, Swap};
pub(crate) use call::Raised;
pub(crate) use log::{DecisionLog, LogCounts};
pub(crate) use reload::{ReloadCounts, ReloadReport, Reloader, watch};
pub(crate) use resolver::Resolver;
use resolver::Seconds;

use crate::errors::{self, Fault};
use crate::facts::fact;
use crate::incremental::Depth;
use crate::policy::Policy;
use crate::request::Arguments;
use asyncio::Deciding;
use futures_lite::future::block_on;
use key_type::KeyTypes;
use placet_engine::Readiness;
use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping, PyString, PyTuple};
use std::num::NonZeroUsize;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

/// A policy for a service, with resolvers that fetch the attributes that requests leave out. Safe to share between
/// threads.
///
/// The engine asks a resolver only if the decision depends on an attribute that it serves. If a resolver fails, is
/// late, or returns a value that the policy rejects, its attributes are unknown and the answer names the reason. A
/// failure never turns a decision into an allow.
///
/// Parameters
/// ----------
/// policy : Policy
///     The policy that decides, until `swap` replaces it.
/// resolvers : iterable of Resolver, default ()
///     The resolvers. They may serve attributes that the policy does not declare: see `unknown`.
/// keys : mapping of str to type, optional
///     The keys that callers pass beside requests, such as the identifier of a person, with the type of each: `str`,
///     `int`, `float`, `bool`, `datetime.date`, `datetime.datetime`, `datetime.timedelta` or `frozenset`. Resolvers can
///     also be keyed by attributes of the policy, which need no declaration.
/// capacity : int, default 65536
///     The approximate cache capacity, in keys; the least recently used key is evicted first. The results of all
///     resolvers with the same key count once, for example those of one person.
/// log : DecisionLog, optional
///     The log that records answers and erroneous requests.
///
/// Raises
/// ------
/// InvalidKeyError
///     If a resolver is keyed by a name that is neither an attribute of the policy nor declared, if no resolver is
///     keyed by a declared key, or if a key has two types.
/// ValueError
///     If two resolvers have the same name or serve the same attribute, or if a resolver serves no attribute or its own
///     key.
///
/// Examples
/// --------
/// >>> import placet
/// >>> policy = placet.Policy.from_text('''
/// ...     policy shop
/// ...     request { purpose: { deliver, marketing }  consent: { granted, refused } }
/// ...     rule delivery { allow when purpose is deliver }
/// ...     rule marketing { allow when purpose is marketing and consent is granted }
/// ... ''')
/// >>> consents = {"anna": "granted"}
/// >>> consent = placet.Resolver(
/// ...     "consent",
/// ...     lambda key: {"consent": consents[key["subject.id"]]},
/// ...     serves=["consent"], keys=["subject.id"], time_to_live=60.0,
/// ... )
/// >>> engine = placet.Engine(policy, [consent], keys={"subject.id": str})
/// >>> answer = engine.decide({"purpose": "marketing"}, keys={"subject.id": "anna"})
/// >>> bool(answer), answer.origins
/// (True, (<Origin consent: fetched by consent>,))
///
/// This decision does not depend on consent, so the resolver is not called.
///
/// >>> engine.decide({"purpose": "deliver"}, keys={"subject.id": "bert"}).origins
/// ()
///
/// The failure of a resolver is not an exception, and never an allow.
///
/// >>> answer = engine.decide({"purpose": "marketing"}, keys={"subject.id": "bert"})
/// >>> answer.effect, answer.failures
/// (<Effect.INDETERMINATE: 'indeterminate'>, (<Failure the resolver `consent` failed: 'bert'>,))
///
/// After `invalidate` returns, decisions use no earlier value.
///
/// >>> consents["anna"] = "refused"
/// >>> engine.invalidate("subject.id", "anna")
/// >>> bool(engine.decide({"purpose": "marketing"}, keys={"subject.id": "anna"}))
/// False
///
/// A key has one type, and a name by which no resolver is keyed is an error.
///
/// >>> engine.invalidate("subject_id", "anna")
/// Traceback (most recent call last):
///     ...
/// placet.InvalidKeyError: no resolver is keyed by `subject_id`; did you mean `subject.id`?
#[pyclass(frozen, subclass, module = "placet")]
pub(crate) struct Engine {
    inner: placet_engine::Engine,
    resolvers: Box<[Py<Resolver>]>,
    log: Option<Py<DecisionLog>>,
    /// True if a resolver needs an event loop.
    is_async: bool,
}

/// The arguments of a decision.
struct Call<'c, 'py> {
    arguments: Arguments<'c, 'py>,
    keys: Option<&'c Bound<'py, PyMapping>>,
    depth: Depth,
}

impl Engine {
    fn query(&self, call: &Call<'_, '_>) -> Result<placet_engine::Query, Fault> {
        let mut query = self.inner.query();
        let request = query.version().policy().request_with(|reader| call.arguments.read(reader))?;
        *query.request() = request;
        if let Some(keys) = call.keys {
            for entry in keys.items()?.iter() {
                let (name, value) = entry.extract::<(Bound<'_, PyString>, Bound<'_, PyAny>)>()?;
                if let Some(fact) = fact(&value)? {
                    let key = query.key(name.to_str()?, fact).map(drop);
                    key.map_err(|error| Fault::Raised(errors::key(keys.py(), &error)))?;
                }
            }
        }
        query.with_depth(call.depth.0);
        Ok(query)
    }

    /// Decides as far as possible without waiting, and returns the answer or the waiting decision. With `why_not`,
    /// waiting is an error with this message.
    fn begin(
        &self,
        py: Python<'_>,
        call: &Call<'_, '_>,
        why_not: Option<&'static str>,
    ) -> PyResult<Result<Answer, Deciding>> {
        let begun = Instant::now();
        let query = self.query(call).map_err(|fault| {
            if let (Fault::Request(error), Some(log)) = (&fault, self.inner.log()) {
                log.record_error(&self.inner.version(), error, None, begun.elapsed());
            }
            fault.raise(py)
        })?;
        let why_not = why_not.or(process::why_not());
        let decided = if let Some(why_not) = why_not {
            match self.inner.decide_now(query).map_err(|error| errors::request(py, error))? {
                Readiness::Ready(answer) => Ok(answer),
                Readiness::Waiting(_) => return Err(PyRuntimeError::new_err(why_not)),
            }
        } else {
            let engine = self.inner.clone();
            let mut deciding: Deciding = Box::pin(async move { engine.decide_async(query).await });
            match deciding.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(decided) => decided,
                Poll::Pending => {
                    process::has_threads();
                    return Ok(Err(deciding));
                }
            }
        };
        decided.map_err(|error| errors::request(py, error)).and_then(|answer| Answer::new(py, answer)).map(Ok)
    }
}

#[pymethods]
impl Engine {
    #[new]
    #[pyo3(
        signature = (policy, resolvers=None, *, keys=None, capacity=None, log=None),
        text_signature = "(policy, resolvers=(), *, keys=None, capacity=65536, log=None)"
    )]
    fn new(
        py: Python<'_>,
        policy: &Bound<'_, Policy>,
        resolvers: Option<&Bound<'_, PyAny>>,
        keys: Option<KeyTypes>,
        capacity: Option<NonZeroUsize>,
        log: Option<Py<DecisionLog>>,
    ) -> PyResult<Self> {
        process::attend(py)?;
        let mut builder = placet_engine::Engine::builder(policy.get().inner().clone());
        if let Some(capacity) = capacity {
            builder = builder.capacity(capacity);
        }
        if let Some(log) = &log {
            builder = builder.log(log.get().inner().clone());
        }
        for (name, ty) in keys.into_iter().flat_map(|keys| keys.0) {
            builder = builder.key(name, ty);
        }
        let mut kept = Vec::new();
        if let Some(resolvers) = resolvers {
            for resolver in resolvers.try_iter()? {
                let resolver = resolver?.cast_into::<Resolver>()?;
                builder = builder.resolver(resolver.get().build());
                kept.push(resolver.unbind());
            }
        }
        let is_async = kept.iter().any(|resolver| resolver.get().is_async());
        let inner = builder.build().map_err(|error| errors::build(py, &error))?;
        Ok(Self { inner, resolvers: kept.into(), log, is_async })
    }

    /// Decides a request. The thread waits for resolvers with the GIL released.
    ///
    /// If an event loop runs in this thread, coroutine resolvers can't run: the call then uses cached values alone, and
    /// raises if they don't suffice (see `decide_async`). Otherwise each fetch of a coroutine runs on its own event
    /// loop.
    ///
    /// Parameters
    /// ----------
    /// request : mapping, dataclass, pydantic model or None
    ///     Like for `Policy.decide`. Resolvers are not asked for the attributes that it gives.
    /// keys : mapping of str to object, optional
    ///     The keys for resolvers, such as the identifier of a person, each of its declared type. A key that is None is
    ///     missing. For resolvers, a key takes precedence over the request's attribute of the same name; it does not
    ///     set that attribute.
    /// depth : {"effect", "obligations", "reasons"}, default "effect"
    ///     When the decision is complete: when its effect is certain; when its obligations are certain too; or when its
    ///     determining rules are certain as well.
    /// ignore_unknown : bool, default False
    ///     Ignore keys of the request that the policy does not declare.
    /// **attributes
    ///     Further attributes of the request.
    ///
    /// Returns
    /// -------
    /// Answer
    ///
    /// Raises
    /// ------
    /// RequestError
    ///     If the request is erroneous, or a required attribute is missing and no resolver returned it.
    /// InvalidKeyError
    ///     If no resolver is keyed by a name in `keys`, or a value has another type.
    /// RuntimeError
    ///     If a fetch is needed but impossible: by a coroutine while an event loop runs in this thread, or in a process
    ///     that was forked from one that has fetched.
    #[pyo3(signature = (request=None, /, *, keys=None, depth=Depth::default(), ignore_unknown=false, **attributes),
           text_signature = "($self, request=None, /, *, keys=None, depth='effect', ignore_unknown=False, **attributes)")]
    fn decide(
        &self,
        py: Python<'_>,
        request: Option<&Bound<'_, PyAny>>,
        keys: Option<&Bound<'_, PyMapping>>,
        depth: Depth,
        ignore_unknown: bool,
        attributes: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Answer> {
        let call = Call { arguments: Arguments { request, attributes, ignore_unknown }, keys, depth };
        let would_block = self.is_async && asyncio::running(py)?.is_some();
        let why_not = would_block.then_some(
            "`decide` would block the event loop that a resolver needs; await `decide_async` instead",
        );
        match self.begin(py, &call, why_not)? {
            Ok(answer) => Ok(answer),
            Err(deciding) => {
                let decided = py.detach(|| block_on(deciding));
                Answer::new(py, decided.map_err(|error| errors::request(py, error))?)
            }
        }
    }

    /// Decides as far as possible without waiting, and returns the answer or a future of the running loop.
    #[pyo3(signature = (request=None, /, *, keys=None, depth=Depth::default(), ignore_unknown=false, **attributes),
           text_signature = "($self, request=None, /, *, keys=None, depth='effect', ignore_unknown=False, **attributes)")]
    fn _begin<'py>(
        &self,
        py: Python<'py>,
        request: Option<&Bound<'py, PyAny>>,
        keys: Option<&Bound<'py, PyMapping>>,
        depth: Depth,
        ignore_unknown: bool,
        attributes: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let call = Call { arguments: Arguments { request, attributes, ignore_unknown }, keys, depth };
        match self.begin(py, &call, None)? {
            Ok(answer) => Ok(Bound::new(py, answer)?.into_any()),
            Err(deciding) => asyncio::drive(py, deciding),
        }
    }

    /// Invalidates the cached facts of one value of a key. After it returns, no decision that begins later uses a fact
    /// whose fetch began before the call, even if that fetch is still running.
    ///
    /// To withdraw a consent, a service writes the withdrawal to its store, calls this method, and then acknowledges
    /// it. A value without cached facts is not an error.
    ///
    /// Parameters
    /// ----------
    /// key : str
    ///     The name of a key, as resolvers declare it.
    /// value : object
    ///     The value, of the key's type.
    ///
    /// Raises
    /// ------
    /// InvalidKeyError
    ///     If no resolver is keyed by the name, or the value is None, has another type, or is outside the domain of the
    ///     policy's attribute of this name. In the last case, facts that an earlier policy fetched by the value are
    ///     invalidated nevertheless.
    #[pyo3(signature = (key, value, /))]
    fn invalidate(&self, key: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = value.py();
        // None is not a key's value: no fact was fetched by it.
        let fact = fact(value)?.ok_or_else(|| errors::key_without_value(py, key))?;
        self.inner.invalidate(key, fact).map_err(|error| errors::key(py, &error))
    }

    /// Invalidates all cached facts.
    fn invalidate_all(&self) {
        self.inner.invalidate_all();
    }

    /// Replaces the policy atomically. Decisions that began earlier end with the previous policy; decisions that begin
    /// after the call use the new one. Cached facts stay and are validated against the new policy.
    ///
    /// Parameters
    /// ----------
    /// policy : Policy
    ///     The new policy.
    ///
    /// Returns
    /// -------
    /// Swap
    ///
    /// Raises
    /// ------
    /// InvalidKeyError
    ///     If the new policy would change a key's type, or leave a resolver without a source for its key. The engine
    ///     then keeps its policy.
    #[pyo3(signature = (policy, /))]
    fn swap(&self, py: Python<'_>, policy: &Bound<'_, Policy>) -> PyResult<Swap> {
        let policy = policy.get().inner().clone();
        let swapped = py.detach(|| self.inner.swap(policy));
        swapped.map(|swap| Swap::from(&swap)).map_err(|error| errors::swap(py, &error))
    }

    /// Returns the counters of each resolver since the engine was made.
    ///
    /// Returns
    /// -------
    /// dict of str to ResolverCounts
    ///     The counters by the resolvers' names.
    fn counts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for counts in self.inner.counts() {
            dict.set_item(&*counts.resolver, ResolverCounts::from(&counts))?;
        }
        Ok(dict)
    }

    /// Policy: The current policy.
    #[getter]
    fn policy(&self) -> Policy {
        Policy::new(self.inner.version().policy().clone())
    }

    /// tuple of (str, str): Pairs of a resolver and an attribute that it serves but the policy does not declare. The
    /// engine does not fetch these attributes.
    #[getter]
    fn unknown<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        answer::pairs(py, &self.inner.unknown())
    }

    /// DecisionLog or None: The log that records answers.
    #[getter]
    fn log(&self, py: Python<'_>) -> Option<Py<DecisionLog>> {
        self.log.as_ref().map(|log| log.clone_ref(py))
    }

    /// int: The number of keys with cached facts.
    #[getter]
    fn cached(&self) -> usize {
        self.inner.cached()
    }

    fn __reduce__(&self) -> PyResult<Py<PyAny>> {
        Err(PyTypeError::new_err(
            "an engine can't be pickled: its resolvers and what they fetched belong to a process; pickle its policy",
        ))
    }

    fn __repr__(&self) -> String {
        let version = self.inner.version();
        let names: Vec<&str> = self.resolvers.iter().map(|resolver| resolver.get().name()).collect();
        format!("<Engine {} [{}]>", version.policy().name(), names.join(", "))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.resolvers.iter().try_for_each(|resolver| visit.call(resolver))
    }
}
