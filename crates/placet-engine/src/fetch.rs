//! Fetching: calls resolvers, with at most one concurrent call for each key, and never waits beyond the timeout.
//!
//! The cache decides what a caller does: use a cached fact, wait for a fetch in flight, or call the resolver itself.
//! The results are validated once, before they are cached and before waiters get them.

use crate::answer::{FailureReason, Source};
use crate::cache::{FetchGuard, Lookup, ShardedCache};
use crate::engine::Inner;
use crate::facts::Facts;
use crate::in_flight::{InFlight, Outcome};
use crate::key::Key;
use crate::loaded_policy::LoadedPolicy;
use crate::resolver::{Fetch, Found, Resolver};
use futures_lite::FutureExt;
use placet::{Fact, PreparedValue, with_sources};
use smallvec::SmallVec;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The number of values stored inline in cached facts.
const INLINE_FACTS: usize = 2;

/// Facts that a policy version accepts. The cache stores them.
#[derive(Debug, Clone)]
pub(crate) struct ValidatedFacts {
    /// The facts as the resolver returned them, shared by the cache and all waiters.
    facts: Arc<Facts>,
    /// The number of the policy version that validated them.
    by: u64,
    /// The facts about attributes of that version: the attribute's index among those that the resolver serves, and the
    /// prepared value.
    values: SmallVec<[(usize, PreparedValue); INLINE_FACTS]>,
}

impl ValidatedFacts {
    /// Validates facts: the resolver must serve each attribute, and the policy must accept each value. Attributes that
    /// the policy doesn't have are skipped without an error, and so is null for an attribute that isn't optional.
    pub(crate) fn new(
        version: &LoadedPolicy,
        resolver: &Resolver,
        facts: Arc<Facts>,
    ) -> Result<Self, FailureReason> {
        let policy = version.policy();
        let mut values = SmallVec::new();
        for (attribute, fact) in facts.iter() {
            let unfit = |expected| FailureReason::Unfit { attribute: attribute.clone(), expected };
            let Some(index) = resolver.attributes.iter().position(|served| served == attribute) else {
                return Err(unfit("one of the attributes that the resolver serves".into()));
            };
            let declared = policy.attribute_declaration(attribute);
            if declared.is_some_and(|declared| *fact != Fact::Null || declared.is_optional()) {
                let value = policy.prepare(attribute, fact).map_err(|fault| unfit(fault.expected.into()))?;
                values.push((index, value));
            }
        }
        Ok(Self { facts, by: version.number(), values })
    }

    /// Returns true if this version validated the facts.
    pub(crate) fn is_by(&self, version: &LoadedPolicy) -> bool {
        self.by == version.number()
    }

    /// Validates the same facts for another version.
    pub(crate) fn anew(&self, version: &LoadedPolicy, resolver: &Resolver) -> Result<Self, FailureReason> {
        Self::new(version, resolver, self.facts.clone())
    }

    /// Iterates over the prepared values, each with the attribute's index among those that the resolver serves.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(usize, PreparedValue)> {
        self.values.iter()
    }
}

/// The cache of an engine.
pub(crate) type Cache = ShardedCache<Key, ValidatedFacts, FailureReason>;
type Guard = FetchGuard<Key, ValidatedFacts, FailureReason>;

/// Returns the facts of a resolver for a key, and whether they were cached. Concurrent decisions share one fetch.
pub(crate) async fn ask(
    engine: &Inner,
    version: &Arc<LoadedPolicy>,
    index: usize,
    key: &Key,
) -> (Result<ValidatedFacts, FailureReason>, Source) {
    let Some(resolver) = engine.resolver(index) else {
        return (Err(FailureReason::NoKey { key: Arc::default() }), Source::Fetched);
    };
    let counters = engine.counters_of(index);
    let deadline = Instant::now() + resolver.timeout;
    let outcome = loop {
        let now = Instant::now();
        // A fetch in flight may be abandoned repeatedly, so each round checks the deadline.
        if now >= deadline {
            break Err(FailureReason::late(resolver.timeout));
        }
        let flight = match ShardedCache::look(&engine.cache, key, index, now, resolver.timeout) {
            Lookup::Kept(facts) => return (Ok(facts), Source::Cached),
            Lookup::Wait(flight) => {
                counters.shared();
                flight
            }
            Lookup::Fetch(guard) => {
                counters.fetched();
                let flight = guard.flight();
                let delivery = Delivery::new(resolver, version);
                match &resolver.fetch {
                    Fetch::Blocking(fetch) => {
                        let (fetch, key) = (fetch.clone(), key.clone());
                        // The call runs detached: the decision below waits for the outcome only up to its deadline, and
                        // a late result is still cached.
                        blocking::unblock(move || delivery.deliver(guard, Some(call(|| fetch(&key)))))
                            .detach();
                    }
                    Fetch::InPlace(fetch) => {
                        let found = call(|| fetch(key));
                        // The call can't be interrupted. A late result counts as a timeout, like that of every other
                        // kind of resolver.
                        delivery.deliver(guard, (Instant::now() < deadline).then_some(found));
                    }
                    Fetch::Future(fetch) => {
                        let fetching = AssertUnwindSafe(async { fetch(key.clone()).await }).catch_unwind();
                        // If this decision is dropped here, the guard is dropped with it, and the waiters retry.
                        let found = within(deadline, fetching).await;
                        delivery.deliver(guard, found.map(|found| found.unwrap_or_else(|_| panicked())));
                    }
                }
                flight
            }
        };
        match within(deadline, InFlight::wait(flight)).await {
            Some(Outcome::With(result)) => break result,
            // The caller that fetched it was dropped, for example by a cancelled request. The next round looks again,
            // and may fetch.
            Some(Outcome::Abandoned) => {}
            None => break Err(FailureReason::late(resolver.timeout)),
        }
    };
    if let Err(why) = &outcome {
        counters.failed(why);
    }
    (outcome, Source::Fetched)
}

/// Calls a resolver. A panic counts as a failure, so that it neither ends the thread nor leaves the waiters without an
/// outcome.
fn call(fetch: impl FnOnce() -> Found) -> Found {
    catch_unwind(AssertUnwindSafe(fetch)).unwrap_or_else(|_| panicked())
}

fn panicked() -> Found {
    Err("it panicked".into())
}

/// Awaits a future up to a deadline. Returns `None` if the deadline passes first.
async fn within<T>(deadline: Instant, future: impl Future<Output = T>) -> Option<T> {
    let future = async { Some(future.await) };
    let clock = async {
        futures_timer::Delay::new(deadline.saturating_duration_since(Instant::now())).await;
        None
    };
    future.or(clock).await
}

/// The delivery of a resolver's result, on whichever thread the resolver ran.
struct Delivery {
    resolver: Resolver,
    version: Arc<LoadedPolicy>,
}

impl Delivery {
    fn new(resolver: &Resolver, version: &Arc<LoadedPolicy>) -> Self {
        Self { resolver: resolver.clone(), version: version.clone() }
    }

    /// Validates the result and completes the fetch. `None` stands for a result past the timeout.
    fn deliver(self, guard: Guard, found: Option<Found>) {
        let checked = match found {
            Some(Ok(facts)) => ValidatedFacts::new(&self.version, &self.resolver, Arc::new(facts)),
            Some(Err(error)) => {
                Err(FailureReason::Failed { message: with_sources(&*error).into(), error: error.into() })
            }
            None => Err(FailureReason::late(self.resolver.timeout)),
        };
        guard.complete(checked, self.resolver.time_to_live);
    }
}

impl FailureReason {
    fn late(after: Duration) -> Self {
        FailureReason::Late { after_ms: u64::try_from(after.as_millis()).unwrap_or(u64::MAX) }
    }
}
