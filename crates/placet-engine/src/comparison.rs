//! Comparisons: the answers that change when facts are invalidated.
//!
//! The side before has the cached facts alone. Then the facts are invalidated, and the side after fetches what its
//! answers depend on: it asks the policy for regions, calls a resolver of an attribute that one of them depends on, and
//! asks again, until no more resolver can help. If obligations differ then, it also fetches the other facts that were
//! cached before. An attribute that no resolver gave stays unknown on its side.

use crate::answer::{Failure, FailureReason};
use crate::engine::{Engine, Inner};
use crate::fetch;
use crate::key_error::KeyError;
use crate::loaded_policy::LoadedPolicy;
use crate::query::Query;
use crate::resolution::Resolution;
use placet::query::{ChangedRegion, Changes, QueryError};
use placet::{Attribute, Fact, Request, Untyped};
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The answers that changed when facts were invalidated, for the values of some attributes.
/// [`Engine::invalidate_comparing`] returns it. The examples of its regions hold fetched values, which may be personal data.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Comparison {
    /// The regions whose answer changed. An answer that depends on a fact that isn't known is indeterminate, and names the
    /// attribute.
    #[serde(flatten)]
    pub changes: Changes,
    /// The attributes of resolvers that weren't cached, and that some answer before depends on, also one that didn't
    /// change. Unless this is empty, answers that were allowed before may be indeterminate on that side.
    pub unknown_before: Vec<Arc<str>>,
    /// The attributes of resolvers that couldn't be fetched, and that some answer after depends on, also one that
    /// didn't change. Unless this is empty, some answers after are indeterminate.
    pub unknown_after: Vec<Arc<str>>,
    /// The resolvers that failed, also those that can't be called.
    pub failures: Vec<Failure>,
    /// The policy that decided.
    #[serde(skip)]
    pub version: Arc<LoadedPolicy>,
}

/// An error of a comparison.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ComparisonError {
    /// The key was refused: see [`Engine::invalidate`], which tells when the facts are invalidated nevertheless.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The question can't be answered. The facts are invalidated.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The query gives an attribute of the comparison, as a value or as a key. The facts are invalidated.
    #[error("the query gives `{attribute}`, but the comparison is over its values: leave it out")]
    Given {
        /// The attribute.
        attribute: Arc<str>,
    },
}

/// A comparison whose facts are invalidated.
struct Begun {
    query: Query,
    over: Vec<Arc<str>>,
    unknown: Vec<Attribute<Untyped>>,
    /// The request with the facts that were cached before.
    before: Request,
    /// The attributes of resolvers that are known in it, or stay unknown.
    cached: BTreeSet<Arc<str>>,
}

impl Engine {
    /// Invalidates all facts that were fetched by this value of a key, like [`Engine::invalidate`], and returns the
    /// regions whose answer changes, with the answers before and after, over the values of some attributes.
    ///
    /// The answers before come from the facts that are cached at this call, so a change may be missing. A fact whose
    /// time to live has ended is unknown before. If another decision has fetched it anew since the store was written,
    /// the answer before is the new one already, and no region is listed. So a pipeline must stop everything that the
    /// answers after don't allow, not only the regions: [`Engine::decide`] tells for each request that is under way.
    ///
    /// The query gives everything else; it gets the key, unless it has another value. The answers before are those with
    /// the cached facts. Facts that weren't cached are unknown, so answers that depend on them are indeterminate before
    /// ([`Comparison::unknown_before`]). The answers after are those with facts that are fetched anew. If a resolver
    /// fails, its attributes are unknown, and answers that depend on them are indeterminate
    /// ([`Comparison::unknown_after`]): none is called allowed. An answer that is indeterminate on both sides for the
    /// same reason is in no region. A resolver that is keyed by an attribute of the comparison can't be called, since
    /// its facts differ from value to value.
    ///
    /// The thread blocks while resolvers are called. The facts are invalidated before, as soon as the cached ones are read.
    /// The decision log records nothing: no request was decided.
    ///
    /// Cost: that of [`Policy::query_changes`](placet::Policy::query_changes), of two
    /// [`Policy::query`](placet::Policy::query), and of one more for each call of a resolver.
    ///
    /// ```
    /// use placet::{Effect, Policy};
    /// use placet_engine::{Engine, Facts, Key, KeyType, Resolver};
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicBool, Ordering};
    /// use std::time::Duration;
    ///
    /// let policy = Policy::from_text("
    ///     policy shop
    ///     request { purpose: { deliver, marketing }  consent: { granted, withdrawn } }
    ///     rule delivery { allow when purpose is deliver }
    ///     rule marketing { allow when purpose is marketing and consent is granted }
    /// ")?;
    /// let has_withdrawn = Arc::new(AtomicBool::new(false));
    /// let store = has_withdrawn.clone();
    /// let consent = Resolver::blocking("consent", move |_: &Key| {
    ///     let state = if store.load(Ordering::SeqCst) { "withdrawn" } else { "granted" };
    ///     Ok(Facts::new().with("consent", state))
    /// });
    /// let consent = consent.attributes(["consent"]).keyed_by(["subject.id"]).time_to_live(Duration::from_secs(60));
    /// let engine = Engine::builder(policy).key("subject.id", KeyType::Text).resolver(consent).build()?;
    /// let mut query = engine.query();
    /// query.key("subject.id", "anna")?.set("purpose", "marketing")?;
    /// assert!(engine.decide(query)?.is_allowed());
    ///
    /// has_withdrawn.store(true, Ordering::SeqCst);
    /// let changed = engine.invalidate_comparing("subject.id", "anna", engine.query(), ["purpose"])?;
    /// let [stopped] = &changed.changes.regions[..] else { return Err("one region".into()) };
    /// assert_eq!(stopped.values["purpose"].to_string(), "marketing");
    /// assert_eq!((stopped.before.effect, stopped.after.effect), (Effect::Allow, Effect::Deny));
    /// assert!(changed.unknown_before.is_empty() && changed.unknown_after.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Engine::invalidate`]. If the question can't be answered, the facts are invalidated nevertheless: if the
    /// query gives an attribute of the comparison or was created by another engine, and in the cases of
    /// [`Policy::query`](placet::Policy::query).
    pub fn invalidate_comparing<'n>(
        &self,
        key: &str,
        value: impl Into<Fact>,
        query: Query,
        over: impl IntoIterator<Item = &'n str>,
    ) -> Result<Comparison, ComparisonError> {
        let begun = self.begin_comparing(key, value.into(), query, over)?;
        futures_lite::future::block_on(compare(self.inner(), begun))
    }

    /// Like [`Engine::invalidate_comparing`], on any executor. The facts are invalidated when this returns, even if the future
    /// is dropped.
    ///
    /// # Errors
    /// Like [`Engine::invalidate_comparing`].
    pub fn invalidate_comparing_async<'n>(
        &self,
        key: &str,
        value: impl Into<Fact>,
        query: Query,
        over: impl IntoIterator<Item = &'n str>,
    ) -> impl Future<Output = Result<Comparison, ComparisonError>> + Send {
        let begun = self.begin_comparing(key, value.into(), query, over);
        async move { compare(self.inner(), begun?).await }
    }

    /// Reads the cached facts, and invalidates those of the key, whatever else fails.
    fn begin_comparing<'n>(
        &self,
        key: &str,
        value: Fact,
        query: Query,
        over: impl IntoIterator<Item = &'n str>,
    ) -> Result<Begun, ComparisonError> {
        let over: Vec<Arc<str>> = over.into_iter().map(Arc::from).collect();
        let begun = self.with_cached(key, &value, query, over);
        self.invalidate(key, value)?;
        begun
    }

    /// Completes the query with the cached facts.
    fn with_cached(
        &self,
        key: &str,
        value: &Fact,
        mut query: Query,
        over: Vec<Arc<str>>,
    ) -> Result<Begun, ComparisonError> {
        query.key_if_none(key, value);
        if let Some(attribute) = over.iter().find(|name| query.gives(name)) {
            return Err(ComparisonError::Given { attribute: attribute.clone() });
        }
        let policy = query.version.policy();
        let unknown = over.iter().map(|name| policy.untyped_attribute(name)).collect::<Result<Vec<_>, _>>();
        let unknown = unknown.map_err(QueryError::Request)?;
        let cached =
            Resolution::without(self.inner(), query.clone(), &unknown).map_err(QueryError::Request)?;
        Ok(Begun { before: cached.request().clone(), cached: cached.settled(), query, over, unknown })
    }
}

/// Fetches the facts anew, and compares the answers.
async fn compare(engine: &Inner, begun: Begun) -> Result<Comparison, ComparisonError> {
    let Begun { query, over, unknown, before, cached } = begun;
    let version = query.version.clone();
    let policy = version.policy();
    let names = || over.iter().map(|name| &**name);
    let mut resolution = Resolution::without(engine, query, &unknown).map_err(QueryError::Request)?;
    // Regions of changes don't tell it: an answer that misses the same attributes on both sides is in none.
    let missing_of = |request: &Request| -> Result<BTreeSet<Arc<str>>, QueryError> {
        let found = policy.query(request, names())?;
        Ok(found.regions.into_iter().flat_map(|region| region.answer.missing).collect())
    };
    let missing_before = missing_of(&before)?;
    // Each round asks one resolver, and none twice, so the loop ends.
    let (changes, missing_after) = loop {
        let missing = missing_of(resolution.request())?;
        let (index, key) = match resolution.next_of(engine, &missing) {
            Some(next) => next,
            None => {
                let changes = policy.query_changes(&before, resolution.request(), names())?;
                // Obligations may differ only because a fact that no effect depends on was cached, and isn't known again.
                let is_due = changes.regions.iter().any(differs_in_obligations);
                match is_due.then(|| resolution.next_of(engine, &cached)).flatten() {
                    Some(next) => next,
                    None => break (changes, missing),
                }
            }
        };
        let (facts, source) = fetch::ask(engine, &version, index, &key).await;
        resolution.take(engine, index, facts.as_ref().map_err(FailureReason::clone), source);
    };
    let served: BTreeSet<&str> = version.served().map(|served| &*served.name).collect();
    let unknown = |missing: BTreeSet<Arc<str>>| -> Vec<Arc<str>> {
        missing.into_iter().filter(|name| served.contains(&**name) && !over.contains(name)).collect()
    };
    Ok(Comparison {
        changes,
        unknown_before: unknown(missing_before),
        unknown_after: unknown(missing_after),
        failures: resolution.into_failures(),
        version,
    })
}

/// Returns true if only the obligations of a region change.
fn differs_in_obligations(region: &ChangedRegion) -> bool {
    let (before, after) = (&region.before, &region.after);
    (before.effect, &before.missing) == (after.effect, &after.missing)
}
