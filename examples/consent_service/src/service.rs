//! The service: a policy's engine over a store.

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

/// How long facts are kept, if nothing is said.
const KEPT_FOR: Duration = Duration::from_secs(60);
/// How long decisions wait for each question to the store, if nothing is said.
const PATIENCE: Duration = Duration::from_secs(2);
/// Bytes of lines that wait for the decision log, if nothing is said.
const LOG_QUEUE: usize = 4 << 20;

/// What is told of each look at the policy's files.
type Listener = Arc<dyn Fn(&ReloadReport) + Send + Sync>;

/// How a service is set up.
#[derive(Clone)]
pub struct Options {
    policy: PathBuf,
    store: String,
    log: Option<PathBuf>,
    log_queue: usize,
    kept_for: Duration,
    patience: Duration,
    listener: Option<Listener>,
}

impl Options {
    /// A policy's file, which is watched, and a store: `postgres://…`, or a file (see [`crate::store::open`]).
    pub fn new(policy: impl Into<PathBuf>, store: impl Into<String>) -> Self {
        Self {
            policy: policy.into(),
            store: store.into(),
            log: None,
            log_queue: LOG_QUEUE,
            kept_for: KEPT_FOR,
            patience: PATIENCE,
            listener: None,
        }
    }

    /// The file that decisions are logged to; without one they are not.
    #[must_use]
    pub fn log(mut self, file: impl Into<PathBuf>) -> Self {
        self.log = Some(file.into());
        self
    }

    /// How many bytes of lines wait for the log's file, 4 MiB if nothing is said. What finds no room, as where the disk
    /// is full, is dropped and counted.
    #[must_use]
    pub fn log_queue(mut self, bytes: usize) -> Self {
        self.log_queue = bytes;
        self
    }

    /// How long a decision waits for each question to the store, 2 seconds if nothing is said; then it goes on without
    /// what was asked for.
    #[must_use]
    pub fn patience(mut self, time: Duration) -> Self {
        self.patience = time;
        self
    }

    /// How long facts are kept in memory, a minute if nothing is said. What is recorded by this service counts at once
    /// none the less; what is recorded by others, over the same store, after so long.
    #[must_use]
    pub fn kept_for(mut self, time: Duration) -> Self {
        self.kept_for = time;
        self
    }

    /// What is told of each look at the policy's files, and what came of it.
    #[must_use]
    pub fn on_reload(mut self, listener: impl Fn(&ReloadReport) + Send + Sync + 'static) -> Self {
        self.listener = Some(Arc::new(listener));
        self
    }

    /// Where the store is.
    pub fn store_place(&self) -> &str {
        &self.store
    }
}

/// Why a service does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The policy does not compile.
    #[error(transparent)]
    Policy(#[from] placet::CompileError),
    /// The store can't be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The resolvers don't fit together.
    #[error(transparent)]
    Engine(#[from] placet_engine::BuildError),
    /// Nothing can be logged.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The policy can't be watched.
    #[error(transparent)]
    Watch(#[from] placet_engine::WatchError),
}

/// A service: cheap to clone, shared between threads. The last one to be dropped must be dropped where it may block.
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
    /// Sets a service up. Blocks until the store is open and the policy has compiled.
    ///
    /// # Errors
    /// If the one can't be opened or the other does not compile.
    pub fn start(options: &Options) -> Result<Self, StartError> {
        Self::over(store::open(&options.store)?, options)
    }

    /// As [`Service::start`], over a store that is open.
    ///
    /// # Errors
    /// As [`Service::start`].
    pub fn over(store: Arc<dyn Store>, options: &Options) -> Result<Self, StartError> {
        let clock = Arc::new(Clock::after(store.latest()?));
        let source = Source { store, clock };
        // As those who watch it name it, so that it has one name.
        let path = std::path::absolute(&options.policy).unwrap_or_else(|_| options.policy.clone());
        let policy = Policy::from_path(&path)?;
        // A person is told the rules that apply to him, and no others.
        let mut builder = Engine::builder(policy)
            .key(SUBJECT, KeyType::Text)
            .key(AS_OF, KeyType::Text)
            .depth(Depth::Reasons);
        for resolver in resolvers(&source) {
            builder = builder.resolver(resolver.timeout(options.patience).time_to_live(options.kept_for));
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

    /// What it answers, by path.
    pub fn router(&self) -> Router {
        routes::router(self.clone())
    }

    /// What decides.
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

    /// Invalidates what is known of a subject: no decision that begins once this has returned uses what was fetched before.
    ///
    /// # Errors
    /// If the policy can't have such a subject.
    pub(crate) fn invalidate(&self, subject: &str) -> Result<(), KeyError> {
        self.inner.engine.invalidate(SUBJECT, subject)
    }

    /// Writes what is still to be logged, and ends.
    pub(crate) fn close(self) -> Result<(), LogError> {
        self.inner.engine.log().map_or(Ok(()), DecisionLog::close)
    }
}
