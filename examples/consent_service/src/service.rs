//! The service: an engine over a store.

use crate::clock::Clock;
use crate::facts::Source;
use crate::metrics::Metrics;
use crate::resolvers::{AS_OF, SUBJECT, resolvers};
use crate::routes;
use crate::store::{self, Store, StoreError};
use axum::Router;
use placet::{Depth, Policy};
use placet_engine::{DecisionLog, Engine, KeyError, KeyType, LogError, ReloadReport, Reloader};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The default time to live of cached facts.
const DEFAULT_TIME_TO_LIVE: Duration = Duration::from_secs(60);
/// The default timeout of a query to the store.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(2);
/// The default capacity of the decision log's queue, in bytes.
const DEFAULT_LOG_QUEUE: usize = 4 << 20;

/// A listener for reload reports.
type Listener = Arc<dyn Fn(&ReloadReport) + Send + Sync>;

/// The options of a service.
#[derive(Clone)]
pub struct Options {
    policy: PathBuf,
    store: String,
    log: Option<PathBuf>,
    log_queue: usize,
    time_to_live: Duration,
    timeout: Duration,
    listener: Option<Listener>,
}

impl Options {
    /// Creates options from the policy's file, which is watched, and a store: `postgres://…` or a file (see
    /// [`crate::store::open`]).
    pub fn new(policy: impl Into<PathBuf>, store: impl Into<String>) -> Self {
        Self {
            policy: policy.into(),
            store: store.into(),
            log: None,
            log_queue: DEFAULT_LOG_QUEUE,
            time_to_live: DEFAULT_TIME_TO_LIVE,
            timeout: DEFAULT_TIMEOUT,
            listener: None,
        }
    }

    /// Logs decisions to a file. By default they aren't logged.
    #[must_use]
    pub fn log(mut self, file: impl Into<PathBuf>) -> Self {
        self.log = Some(file.into());
        self
    }

    /// Sets how many bytes of lines may wait for the log's file (default 4 MiB). Lines that don't fit, for example
    /// because the disk is full, are dropped and counted.
    #[must_use]
    pub fn log_queue(mut self, bytes: usize) -> Self {
        self.log_queue = bytes;
        self
    }

    /// Sets the timeout of each query to the store (default 2 seconds). At the timeout, the decision continues without
    /// the facts.
    #[must_use]
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = time;
        self
    }

    /// Sets the time to live of cached facts (default one minute). Events recorded by this service count at once
    /// nevertheless. Events recorded by other services over the same store count after this time.
    #[must_use]
    pub fn time_to_live(mut self, time: Duration) -> Self {
        self.time_to_live = time;
        self
    }

    /// Sets a listener that is called with the report of each reload.
    #[must_use]
    pub fn on_reload(mut self, listener: impl Fn(&ReloadReport) + Send + Sync + 'static) -> Self {
        self.listener = Some(Arc::new(listener));
        self
    }

    /// Returns the location of the store.
    pub fn store_location(&self) -> &str {
        &self.store
    }
}

/// The reason why a service can't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The policy can't be opened.
    #[error(transparent)]
    Policy(#[from] placet::OpenError),
    /// The store can't be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The resolvers don't fit together.
    #[error(transparent)]
    Engine(#[from] placet_engine::BuildError),
    /// The decision log can't be opened.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The policy can't be watched.
    #[error(transparent)]
    Watch(#[from] placet_engine::WatchError),
}

/// A service. Cheap to clone, shared between threads. Drop the last clone where blocking is allowed.
#[derive(Clone)]
pub struct Service {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Engine,
    source: Source,
    metrics: Metrics,
}

impl Service {
    /// Starts a service. Blocks until the store is open and the policy has compiled.
    ///
    /// # Errors
    /// If the store can't be opened or the policy doesn't compile.
    pub fn start(options: &Options) -> Result<Self, StartError> {
        Self::over(store::open(&options.store)?, options)
    }

    /// Like [`Service::start`], over an open store.
    ///
    /// # Errors
    /// Like [`Service::start`].
    pub fn over(store: Arc<dyn Store>, options: &Options) -> Result<Self, StartError> {
        let clock = Arc::new(Clock::after(store.latest()?));
        let source = Source { store, clock };
        // The reloader reads the same absolute path, so diagnostics name the file in one way.
        let path = std::path::absolute(&options.policy).unwrap_or_else(|_| options.policy.clone());
        let policy = Policy::open(&path)?;
        // A person is told exactly the rules that apply, so all reasons are resolved rather than just the effect.
        let mut builder = Engine::builder(policy)
            .key(SUBJECT, KeyType::Text)
            .key(AS_OF, KeyType::Text)
            .depth(Depth::Reasons);
        for resolver in resolvers(&source) {
            builder = builder.resolver(resolver.timeout(options.timeout).time_to_live(options.time_to_live));
        }
        if let Some(file) = &options.log {
            builder = builder.log(DecisionLog::builder().capacity(options.log_queue).to_file(file)?);
        }
        let engine = builder.build()?;
        let listener = options.listener.clone();
        let reloader = Reloader::watch(&engine, &path, move |report| {
            if let Some(listener) = &listener {
                listener(report);
            }
        })?;
        let metrics = Metrics::new(&engine, Arc::new(reloader));
        Ok(Self { inner: Arc::new(Inner { engine, source, metrics }) })
    }

    /// Returns the router of the service.
    pub fn router(&self) -> Router {
        routes::router(self.clone())
    }

    /// Returns the engine.
    pub fn engine(&self) -> &Engine {
        &self.inner.engine
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.inner.source.store
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.inner.source.clock
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.inner.metrics
    }

    /// Invalidates all facts about a subject. No decision that begins after this returns uses a fact fetched before.
    ///
    /// # Errors
    /// If the policy can't have such a subject.
    pub(crate) fn invalidate(&self, subject: &str) -> Result<(), KeyError> {
        self.inner.engine.invalidate(SUBJECT, subject)
    }

    /// Writes the remaining log lines, and ends the log.
    pub(crate) fn close(self) -> Result<(), LogError> {
        self.inner.engine.log().map_or(Ok(()), DecisionLog::close)
    }
}
