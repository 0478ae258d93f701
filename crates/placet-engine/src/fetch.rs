//! Asking a resolver: each key once at a time, and never longer than its time-out.

use crate::answer::{FailureReason, Source};
use crate::cache::{FetchGuard, Lookup, ShardedCache};
use crate::engine::Inner;
use crate::fact::Facts;
use crate::in_flight::{InFlight, Outcome};
use crate::key::Key;
use crate::loaded_policy::LoadedPolicy;
use crate::resolver::{Fetch, Found, Resolver};
use futures_lite::FutureExt;
use placet::PreparedValue;
use smallvec::SmallVec;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Of how many attributes the values stand beside each other where the facts are kept.
const INLINE_FACTS: usize = 2;

/// What is kept: facts that fit.
#[derive(Debug, Clone)]
pub(crate) struct ValidatedFacts {
    /// Shared, as all who wait for them get them.
    facts: Arc<Facts>,
    /// The number of the version by which they were checked.
    by: u64,
    /// Those of which that version knows the attribute: its place among those that the resolver serves, and the value as
    /// the version takes it.
    values: SmallVec<[(usize, PreparedValue); INLINE_FACTS]>,
}

impl ValidatedFacts {
    /// Checks that what a resolver found is what it serves, and that the policy takes it. What the policy does not know it
    /// does not take, and that is no fault.
    pub(crate) fn new(
        version: &LoadedPolicy,
        resolver: &Resolver,
        facts: Arc<Facts>,
    ) -> Result<Self, FailureReason> {
        let policy = version.policy();
        let mut values = SmallVec::new();
        for (attribute, fact) in facts.iter() {
            let unfit = |expected| FailureReason::Unfit { attribute: attribute.clone(), expected };
            let Some(place) = resolver.attributes.iter().position(|served| served == attribute) else {
                return Err(unfit("one of the attributes that the resolver serves".into()));
            };
            if policy.model().find(attribute).is_some() {
                let value = policy.prepare(attribute, fact).map_err(|fault| unfit(fault.expected.into()))?;
                values.push((place, value));
            }
        }
        Ok(Self { facts, by: version.number(), values })
    }

    /// Whether it was this version that checked them.
    pub(crate) fn is_by(&self, version: &LoadedPolicy) -> bool {
        self.by == version.number()
    }

    /// As a version sees them: checked anew.
    pub(crate) fn anew(&self, version: &LoadedPolicy, resolver: &Resolver) -> Result<Self, FailureReason> {
        Self::new(version, resolver, self.facts.clone())
    }

    /// The values of attributes that the policy knows, each after its place among those that the resolver serves.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(usize, PreparedValue)> {
        self.values.iter()
    }
}

/// The cache of an engine.
pub(crate) type Cache = ShardedCache<Key, ValidatedFacts, FailureReason>;
type Guard = FetchGuard<Key, ValidatedFacts, FailureReason>;

/// What a resolver says of a key, and whether it was kept. It may be what another decision asks for at the same time.
pub(crate) async fn ask(
    engine: &Inner,
    version: &Arc<LoadedPolicy>,
    place: usize,
    key: &Key,
) -> (Result<ValidatedFacts, FailureReason>, Source) {
    let Some(resolver) = engine.resolver(place) else {
        return (Err(FailureReason::NoKey { key: Arc::default() }), Source::Fetched);
    };
    let counters = engine.counters_of(place);
    let late = Instant::now() + resolver.timeout;
    let landed = loop {
        let now = Instant::now();
        if now >= late {
            break Err(FailureReason::late(resolver.timeout));
        }
        let flight = match ShardedCache::look(&engine.cache, key, place, now, resolver.timeout) {
            Lookup::Kept(facts) => return (Ok(facts), Source::Cached),
            Lookup::Wait(flight) => {
                counters.shared();
                flight
            }
            Lookup::Fetch(duty) => {
                counters.fetched();
                let flight = duty.flight();
                let order = Order::new(resolver, version);
                match &resolver.fetch {
                    Fetch::Blocking(fetch) => {
                        let (fetch, key) = (fetch.clone(), key.clone());
                        blocking::unblock(move || order.deliver(duty, Some(call(|| fetch(&key))))).detach();
                    }
                    Fetch::InPlace(fetch) => {
                        let found = call(|| fetch(key));
                        order.deliver(duty, (Instant::now() < late).then_some(found));
                    }
                    Fetch::Future(fetch) => {
                        let fetching = AssertUnwindSafe(async { fetch(key.clone()).await }).catch_unwind();
                        let found = within(late, fetching).await;
                        order.deliver(duty, found.map(|found| found.unwrap_or_else(|_| panicked())));
                    }
                }
                flight
            }
        };
        match within(late, InFlight::wait(flight)).await {
            Some(Outcome::With(result)) => break result,
            // Whoever fetched it gave it up, as a request that was cancelled does.
            Some(Outcome::Abandoned) => {}
            None => break Err(FailureReason::late(resolver.timeout)),
        }
    };
    if let Err(why) = &landed {
        counters.failed(why);
    }
    (landed, Source::Fetched)
}

/// What a call finds. A panic is a failure like others, and no one's end.
fn call(fetch: impl FnOnce() -> Found) -> Found {
    catch_unwind(AssertUnwindSafe(fetch)).unwrap_or_else(|_| panicked())
}

fn panicked() -> Found {
    Err("it panicked".into())
}

/// What a future gives, if it does before an instant.
async fn within<T>(late: Instant, future: impl Future<Output = T>) -> Option<T> {
    let future = async { Some(future.await) };
    let clock = async {
        futures_timer::Delay::new(late.saturating_duration_since(Instant::now())).await;
        None
    };
    future.or(clock).await
}

/// What is done with what a resolver found, wherever it found it.
struct Order {
    resolver: Resolver,
    version: Arc<LoadedPolicy>,
}

impl Order {
    fn new(resolver: &Resolver, version: &Arc<LoadedPolicy>) -> Self {
        Self { resolver: resolver.clone(), version: version.clone() }
    }

    /// Checks what was found, nothing if it was late, and gives it to those who wait.
    fn deliver(self, duty: Guard, found: Option<Found>) {
        let checked = match found {
            Some(Ok(facts)) => ValidatedFacts::new(&self.version, &self.resolver, Arc::new(facts)),
            Some(Err(error)) => {
                Err(FailureReason::Failed { message: error.to_string().into(), error: error.into() })
            }
            None => Err(FailureReason::late(self.resolver.timeout)),
        };
        duty.complete(checked, self.resolver.time_to_live);
    }
}

impl FailureReason {
    fn late(after: Duration) -> Self {
        FailureReason::Late { after_ms: u64::try_from(after.as_millis()).unwrap_or(u64::MAX) }
    }
}
