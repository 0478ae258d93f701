//! The engine: a policy in a service, with callables of Python's that fetch what requests leave out.

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
use crate::request::Question;
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

/// A policy in a service, with what fetches the facts that requests leave out. Safe to share between threads.
///
/// A resolver is asked where the decision hangs on what it serves, and for nothing else. Where it fails, is late, or
/// gives what the policy does not take, its attributes are missing, and the answer says why: it is exact about what is
/// not known, and never an allow by a failure.
///
/// Parameters
/// ----------
/// policy : Policy
///     What decides, until `swap`.
/// resolvers : iterable of Resolver, default ()
///     What fetches facts. They may serve attributes that the policy does not know: see `unknown`.
/// keys : mapping of str to type, optional
///     The keys that callers give beside requests, such as whose data it is, with the type of each: `str`, `int`, `float`,
///     `bool`, `datetime.date`, `datetime.datetime`, `datetime.timedelta` or `frozenset`. Resolvers may be keyed by them, and
///     by the attributes of the policy, which are not declared.
/// capacity : int, default 65536
///     Of how many keys facts are kept, about: those that were not used for longest go first. What all resolvers say that
///     are keyed by the same counts once, as that of one person.
/// log : DecisionLog, optional
///     Where answers are recorded, and erroneous requests.
///
/// Raises
/// ------
/// InvalidKeyError
///     If a resolver is keyed by what is neither an attribute of the policy nor declared, none is keyed by a declared key, or
///     a key has two types.
/// ValueError
///     If two resolvers have one name or serve one attribute, or one serves nothing or what it is keyed by.
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
/// Nothing hangs on consent here, so nobody is asked.
///
/// >>> engine.decide({"purpose": "deliver"}, keys={"subject.id": "bert"}).origins
/// ()
///
/// A failure is no exception, and no allow.
///
/// >>> answer = engine.decide({"purpose": "marketing"}, keys={"subject.id": "bert"})
/// >>> answer.effect, answer.failures
/// (<Effect.INDETERMINATE: 'indeterminate'>, (<Failure the resolver `consent` failed: 'bert'>,))
///
/// Once `invalidate` returns, nothing is decided by what was known before.
///
/// >>> consents["anna"] = "refused"
/// >>> engine.invalidate("subject.id", "anna")
/// >>> bool(engine.decide({"purpose": "marketing"}, keys={"subject.id": "anna"}))
/// False
///
/// A key has one type, and a name that no resolver is keyed by is an error.
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
    /// Whether a resolver needs an event loop.
    is_async: bool,
}

/// What is asked of an engine.
struct Call<'c, 'py> {
    question: Question<'c, 'py>,
    keys: Option<&'c Bound<'py, PyMapping>>,
    depth: Depth,
}

impl Engine {
    fn question(&self, call: &Call<'_, '_>) -> Result<placet_engine::Query, Fault> {
        let mut question = self.inner.question();
        let request = question.version().policy().request_with(|reader| call.question.read(reader))?;
        *question.request() = request;
        if let Some(keys) = call.keys {
            for entry in keys.items()?.iter() {
                let (name, value) = entry.extract::<(Bound<'_, PyString>, Bound<'_, PyAny>)>()?;
                if let Some(fact) = fact(&value)? {
                    let key = question.key(name.to_str()?, fact).map(drop);
                    key.map_err(|error| Fault::Raised(errors::key(keys.py(), &error)))?;
                }
            }
        }
        question.with_depth(call.depth.0);
        Ok(question)
    }

    /// Decides as far as that needs no waiting. Where it does, `why_not` says why it may not, if so.
    fn begin(
        &self,
        py: Python<'_>,
        call: &Call<'_, '_>,
        why_not: Option<&'static str>,
    ) -> PyResult<Result<Answer, Deciding>> {
        let begun = Instant::now();
        let question = self.question(call).map_err(|fault| {
            if let (Fault::Request(error), Some(log)) = (&fault, self.inner.log()) {
                log.record_error(&self.inner.version(), error, None, begun.elapsed());
            }
            fault.raise(py)
        })?;
        let why_not = why_not.or(process::why_not());
        let decided = if let Some(why_not) = why_not {
            match self.inner.decide_now(question).map_err(|error| errors::request(py, error))? {
                Readiness::Ready(answer) => Ok(answer),
                Readiness::Waiting(_) => return Err(PyRuntimeError::new_err(why_not)),
            }
        } else {
            let engine = self.inner.clone();
            let mut deciding: Deciding = Box::pin(async move { engine.decide_async(question).await });
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

    /// Decides a request. The thread waits while resolvers are asked, without the GIL.
    ///
    /// Where an event loop runs in the thread, resolvers that are coroutine functions could not: then only what is kept
    /// is used, and where that is not enough it is an error; see `decide_async`. Where none runs, each of their fetches has
    /// a loop of its own.
    ///
    /// Parameters
    /// ----------
    /// request : mapping, dataclass, pydantic model or None
    ///     As for `Policy.decide`. No resolver is asked for what is given.
    /// keys : mapping of str to object, optional
    ///     Keys by which resolvers fetch, such as whose data it is, each of its type. One that is None is not given. For
    ///     resolvers a key outweighs the request's attribute of the same name, and it doesn't set that.
    /// depth : {"effect", "obligations", "reasons"}, default "effect"
    ///     When the decision is done: once its effect is settled; or its obligations are certain too; or its determining
    ///     rules as well.
    /// ignore_unknown : bool, default False
    ///     Pass over keys of the request that the policy does not know.
    /// **attributes
    ///     Further attributes.
    ///
    /// Returns
    /// -------
    /// Answer
    ///
    /// Raises
    /// ------
    /// RequestError
    ///     If the request is erroneous, or a required attribute can't be had.
    /// InvalidKeyError
    ///     If no resolver is keyed by a name of `keys`, or its value is of another type.
    /// RuntimeError
    ///     If something has to be fetched and can't be: by a coroutine where an event loop runs, or in a process that was
    ///     forked from one that has fetched.
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
        let call = Call { question: Question { request, attributes, ignore_unknown }, keys, depth };
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

    /// Decides a request as far as that needs no waiting: the answer, or a future of the running loop.
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
        let call = Call { question: Question { request, attributes, ignore_unknown }, keys, depth };
        match self.begin(py, &call, None)? {
            Ok(answer) => Ok(Bound::new(py, answer)?.into_any()),
            Err(deciding) => asyncio::drive(py, deciding),
        }
    }

    /// Invalidates all facts that were fetched by this value of a key: once this returns, no decision that begins later
    /// uses a fact whose fetch began before, also where that fetch is still on its way.
    ///
    /// A service that takes back a consent writes it to its store, calls this, and then acknowledges it. That nothing is
    /// cached by the value is no error.
    ///
    /// Parameters
    /// ----------
    /// key : str
    ///     The name of a key, as resolvers have it.
    /// value : object
    ///     Its value, of the key's type.
    ///
    /// Raises
    /// ------
    /// InvalidKeyError
    ///     If no resolver is keyed by this name, or the value is None, of another type, or one that the policy's attribute of
    ///     this name can't have. In the last case, what an earlier policy had fetched by it is invalidated none the less.
    #[pyo3(signature = (key, value, /))]
    fn invalidate(&self, key: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = value.py();
        // Nothing is fetched by what is not known.
        let fact = fact(value)?.ok_or_else(|| errors::key_without_value(py, key))?;
        self.inner.invalidate(key, fact).map_err(|error| errors::key(py, &error))
    }

    /// Invalidates all facts, as `invalidate` does those of a key.
    fn invalidate_all(&self) {
        self.inner.invalidate_all();
    }

    /// Puts a policy in the place of the one so far, whole: decisions that were begun end by the policy that they began
    /// with, and those that are begun once this returns are made by the new one. What resolvers fetched is kept, and
    /// checked anew.
    ///
    /// Parameters
    /// ----------
    /// policy : Policy
    ///     What decides from now on.
    ///
    /// Returns
    /// -------
    /// Swap
    ///
    /// Raises
    /// ------
    /// InvalidKeyError
    ///     If a key would get another type, or a resolver a key that nothing can give. The policy so far stays.
    #[pyo3(signature = (policy, /))]
    fn swap(&self, py: Python<'_>, policy: &Bound<'_, Policy>) -> PyResult<Swap> {
        let policy = policy.get().inner().clone();
        let swapped = py.detach(|| self.inner.swap(policy));
        swapped.map(|swap| Swap::from(&swap)).map_err(|error| errors::swap(py, &error))
    }

    /// What was counted of each resolver since the engine was made.
    ///
    /// Returns
    /// -------
    /// dict of str to ResolverCounts
    ///     By the resolvers' names.
    fn counts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for counts in self.inner.counts() {
            dict.set_item(&*counts.resolver, ResolverCounts::from(&counts))?;
        }
        Ok(dict)
    }

    /// Policy: What decides now.
    #[getter]
    fn policy(&self) -> Policy {
        Policy::new(self.inner.version().policy().clone())
    }

    /// tuple of (str, str): The attributes that resolvers serve and the policy does not know, each after its resolver.
    /// Nobody is asked for them.
    #[getter]
    fn unknown<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        answer::pairs(py, &self.inner.unknown())
    }

    /// DecisionLog or None: Where answers are recorded.
    #[getter]
    fn log(&self, py: Python<'_>) -> Option<Py<DecisionLog>> {
        self.log.as_ref().map(|log| log.clone_ref(py))
    }

    /// int: Of how many keys facts are kept.
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
