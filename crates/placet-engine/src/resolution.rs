//! The state machine of one decision: picks the next resolver, records results, and does no I/O.
//!
//! Each attribute that a resolver serves and the request leaves out is pending. A step of the decision either decides,
//! or returns the pending attributes that it depends on. The state machine then picks the resolver that is most likely
//! to settle the decision for its cost. After its result, none of the resolver's attributes is pending any more, so the
//! number of steps is bounded by the number of resolvers.

use crate::answer::{Answer, Failure, FailureReason, Source};
use crate::cache::Touch;
use crate::engine::Inner;
use crate::fetch::ValidatedFacts;
use crate::key::{Key, Values};
use crate::key_names::Group;
use crate::loaded_policy::{LoadedPolicy, Served};
use crate::origins::Origins;
use crate::query::Query;
use crate::resolver::Resolver;
use placet::__private::Internals;
use placet::{
    Attribute, Decision, Dependency, ErrorCode, Fact, IncrementalDecision, Request, RequestError, Step,
    Untyped,
};
use placet_model::request::AttributeInput;
use placet_model::types::Presence;
use smallvec::SmallVec;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

/// The lowest likelihood of settling the decision that the ranking assumes. A resolver that can't settle it alone ranks
/// after those that can, unless it is much cheaper. It also avoids a division by zero.
const UNLIKELY: f64 = 1.0 / 64.0;

/// The number of resolvers whose flags are stored inline.
const INLINE_RESOLVERS: usize = 16;

/// The state machine of a decision.
#[derive(Debug)]
pub(crate) struct Resolution {
    state: ResolutionState,
    keys: Values,
    begun: Instant,
}

/// The state of a decision.
#[derive(Debug)]
struct ResolutionState {
    version: Arc<LoadedPolicy>,
    progress: IncrementalDecision,
    /// By resolver, whether it was called, or a call is pointless.
    asked: SmallVec<[bool; INLINE_RESOLVERS]>,
    origins: Origins,
    failures: Vec<Failure>,
}

/// The next step of a decision.
#[derive(Debug)]
pub(crate) enum Next {
    /// The decision is made.
    Done(Decision),
    /// Call the resolver at this index with this key.
    Ask(usize, Key),
}

/// A way to call a resolver.
enum ResolverCall {
    /// Call it with this key.
    By(Key),
    /// Call this other resolver first, with a key of its own: it serves a key that is missing.
    After(usize, Key),
    /// It can't be called: this key is missing and can't be fetched.
    Not(Arc<str>),
}

impl Resolution {
    /// Starts a decision with the facts of the request and the cached facts.
    pub(crate) fn new(engine: &Inner, query: Query) -> Result<Self, RequestError> {
        Self::without(engine, query, &[])
    }

    /// Like [`Resolution::new`], but these attributes stay unknown: neither a resolver nor a default gives them, so none of
    /// their values becomes a key.
    pub(crate) fn without(
        engine: &Inner,
        query: Query,
        unknown: &[Attribute<Untyped>],
    ) -> Result<Self, RequestError> {
        let begun = Instant::now();
        let Query { version, request, keys, depth, .. } = query;
        // Key indices of another engine would select other keys here, and fetch another person's facts.
        if !version.is_for(&engine.keys) {
            return Err(foreign());
        }
        let pending = version.served().map(|served| served.attribute).chain(unknown.iter().copied());
        let mut progress = version.policy().begin_with(request, pending)?.with_depth(depth);
        for attribute in unknown {
            progress.mark_unavailable(*attribute)?;
        }
        let is_wanted = |served: &Served| progress.is_pending(served.attribute);
        let resolvers = 0..engine.resolvers.len();
        let asked = resolvers.map(|index| !version.served_by(index).iter().any(is_wanted)).collect();
        let origins = Origins::new(&engine.named);
        let state = ResolutionState { version, progress, asked, origins, failures: Vec::new() };
        let mut resolution = Self { state, keys, begun };
        // Cached facts cost nothing, so all are taken before any resolver is ranked. One of them can be the key of a
        // later group; the facts of an earlier group are found when its resolver is asked.
        for group in engine.keys.groups() {
            resolution.take_kept(engine, group);
        }
        Ok(resolution)
    }

    /// Takes the cached facts of a group of resolvers.
    fn take_kept(&mut self, engine: &Inner, group: &Group) {
        let Self { state, keys, begun } = self;
        if !group.keeping.iter().any(|index| state.can_ask(*index)) {
            return;
        }
        let Ok(key) = keys.pick(&engine.keys, group, |key| state.value(key)) else { return };
        engine.cache.kept(&key, *begun, |index, checked| {
            if !state.can_ask(index) {
                return Touch::Unwanted;
            }
            state.take(engine, index, Ok(checked), Source::Cached).map_or(Touch::AsIs, Touch::Anew)
        });
    }

    /// Returns the decision, or the resolver to call next: the one with the lowest ratio of cost to the likelihood of
    /// settling the decision. For independent facts this order minimizes the expected total cost (Garey, *Optimal task
    /// sequencing with precedence constraints*, 1973).
    pub(crate) fn next(&mut self, engine: &Inner) -> Result<Next, RequestError> {
        let next = self.advance(engine);
        #[cfg(feature = "log")]
        if let (Err(error), Some(log)) = (&next, &engine.log) {
            let ResolutionState { version, progress, .. } = &self.state;
            log.record_error(version, error, Some(progress.request()), self.begun.elapsed());
        }
        next
    }

    fn advance(&mut self, engine: &Inner) -> Result<Next, RequestError> {
        loop {
            let needs = match self.state.progress.step()? {
                Step::DependsOn(needs) => needs,
                Step::Decided(decision) => return Ok(Next::Done(decision)),
            };
            let mut best: Option<(f64, usize, Key)> = None;
            let mut uncallable = Vec::new();
            for (index, resolver) in engine.resolvers.iter().enumerate() {
                let Some(settles) = settles(resolver, &needs) else { continue };
                let (cost, asked, key) = match self.plan_call(engine, index) {
                    ResolverCall::By(key) => (resolver.cost, index, key),
                    ResolverCall::After(first, key) => {
                        // A chain of keys is priced by its ends. That can only misjudge the order of calls.
                        (resolver.cost + engine.resolver(first).map_or(0.0, |first| first.cost), first, key)
                    }
                    ResolverCall::Not(name) => {
                        uncallable.push((index, name));
                        continue;
                    }
                };
                let price = cost / settles.max(UNLIKELY);
                if best.as_ref().is_none_or(|(least, ..)| price < *least) {
                    best = Some((price, asked, key));
                }
            }
            if let Some((_, index, key)) = best {
                return Ok(Next::Ask(index, key));
            }
            // None of the resolvers can be called, so the decision is made without their attributes.
            for (index, key) in uncallable {
                self.state.take(engine, index, Err(FailureReason::NoKey { key }), Source::Fetched);
            }
            // At least one attribute stops being pending in each round, so the loop ends.
            for need in needs {
                self.state.progress.mark_unavailable(&need.attribute)?;
            }
        }
    }

    /// Returns the resolver to call next, and its key, so that one of some attributes becomes known. `None` if no resolver
    /// that serves them can be called: those without a key have failed then.
    pub(crate) fn next_of(
        &mut self,
        engine: &Inner,
        attributes: &BTreeSet<Arc<str>>,
    ) -> Option<(usize, Key)> {
        for (index, resolver) in engine.resolvers.iter().enumerate() {
            let is_wanted = resolver.attributes.iter().any(|name| attributes.contains(name));
            if !(is_wanted && self.state.can_ask(index)) {
                continue;
            }
            match self.plan_call(engine, index) {
                ResolverCall::By(key) => return Some((index, key)),
                ResolverCall::After(first, key) => return Some((first, key)),
                ResolverCall::Not(key) => {
                    self.state.take(engine, index, Err(FailureReason::NoKey { key }), Source::Fetched);
                }
            }
        }
        None
    }

    /// Returns the request with all facts so far. Pending attributes are *not known yet* in it.
    pub(crate) fn request(&self) -> &Request {
        self.state.progress.request()
    }

    /// Returns the attributes of resolvers that aren't pending.
    pub(crate) fn settled(&self) -> BTreeSet<Arc<str>> {
        let is_settled = |served: &&Served| !self.state.progress.is_pending(served.attribute);
        self.state.version.served().filter(is_settled).map(|served| served.name.clone()).collect()
    }

    /// Returns the resolvers that failed.
    pub(crate) fn into_failures(self) -> Vec<Failure> {
        self.state.failures
    }

    /// Completes the decision with its origins and failures, and records it in the log.
    #[cfg_attr(not(feature = "log"), expect(unused_variables, reason = "only the log needs the engine"))]
    pub(crate) fn answer(self, engine: &Inner, decision: Decision) -> Answer {
        let ResolutionState { version, progress, origins, failures, .. } = self.state;
        let request = progress.into_request();
        let answer = Answer { decision, version, request, origins, failures, elapsed: self.begun.elapsed() };
        #[cfg(feature = "log")]
        if let Some(log) = &engine.log {
            log.record(&answer, &answer.request);
        }
        answer
    }

    /// Finds a way to call a resolver. If a key is missing, it follows the chain of resolvers that serve missing keys.
    /// The chain may be circular, so its length is limited by the number of resolvers.
    fn plan_call(&mut self, engine: &Inner, index: usize) -> ResolverCall {
        let mut current = index;
        for _ in 0..=engine.resolvers.len() {
            let Some(group) = engine.keys.group_of(current) else { break };
            let unknown = match self.key(engine, group) {
                Ok(key) => {
                    return if current == index {
                        ResolverCall::By(key)
                    } else {
                        ResolverCall::After(current, key)
                    };
                }
                Err(unknown) => unknown,
            };
            // There is at most one: an engine refuses two resolvers of one attribute.
            let server = engine.resolvers.iter().position(|other| other.attributes.contains(unknown));
            match server.filter(|server| self.state.can_ask(*server)) {
                Some(server) => current = server,
                None => return ResolverCall::Not(unknown.clone()),
            }
        }
        let name = engine.resolver(index).and_then(|resolver| resolver.keys.first().cloned());
        ResolverCall::Not(name.unwrap_or_default())
    }

    /// Returns the key of a group of resolvers, or the first of its names without a value.
    fn key<'g>(&mut self, engine: &Inner, group: &'g Group) -> Result<Key, &'g Arc<str>> {
        self.keys.pick(&engine.keys, group, |key| self.state.value(key)).map(|key| key.to_key())
    }

    /// Records the result of a resolver call.
    pub(crate) fn take(
        &mut self,
        engine: &Inner,
        index: usize,
        found: Result<&ValidatedFacts, FailureReason>,
        source: Source,
    ) {
        self.state.take(engine, index, found, source);
    }

    /// Returns the policy that decides.
    pub(crate) fn version(&self) -> &Arc<LoadedPolicy> {
        &self.state.version
    }
}

impl ResolutionState {
    /// Records the result of a resolver call. Returns the facts if another policy version had validated them, so that
    /// the cache can store the new form.
    fn take(
        &mut self,
        engine: &Inner,
        index: usize,
        found: Result<&ValidatedFacts, FailureReason>,
        source: Source,
    ) -> Option<ValidatedFacts> {
        let resolver = engine.resolver(index)?;
        if let Some(asked) = self.asked.get_mut(index) {
            *asked = true;
        }
        let mut anew = None;
        let seen = found.and_then(|checked| {
            if checked.is_by(&self.version) {
                return Ok(checked);
            }
            checked.anew(&self.version, resolver).map(|checked| &*anew.insert(checked))
        });
        // All or nothing: part of a resolver's result could be mistaken for all of it.
        match seen {
            Ok(checked) => {
                for (attribute, value) in checked.iter() {
                    // What the request gives stays: facts fill in only what is pending.
                    if self.progress.is_pending(value) && self.progress.give_prepared(value).is_ok() {
                        self.origins.push(index, *attribute, source);
                    }
                }
            }
            Err(why) => self.failures.push(Failure { resolver: resolver.name.clone(), why }),
        }
        for Served { attribute, .. } in self.version.served_by(index) {
            if self.progress.is_pending(*attribute) {
                // INVARIANT: the attribute belongs to the version that decides.
                let _ = self.progress.mark_unavailable(*attribute);
            }
        }
        anew
    }

    /// Returns true if a call of the resolver may still be useful.
    fn can_ask(&self, index: usize) -> bool {
        self.asked.get(index) == Some(&false)
    }

    /// Returns the value of the attribute named like a key, by the key's index.
    fn value(&self, key: usize) -> Option<Fact> {
        let policy = self.version.policy();
        let id = self.version.key_attribute(key)?;
        let attribute = policy.model().attribute(id)?;
        let frame = policy.frame(self.progress.request()).ok()?;
        match (frame.given(policy.program(), id), &attribute.presence) {
            (Some(AttributeInput::Value(value)), _) => Fact::from_value(&attribute.kind, &value),
            (None, Presence::Default(value)) => Fact::from_value(&attribute.kind, value),
            // Unknown values and a category of several are no key. Nor is the null of `none`: no key has its type.
            _ => None,
        }
    }
}

#[cold]
fn foreign() -> RequestError {
    RequestError::new(
        ErrorCode::UnknownAttribute,
        "the query was made by another engine",
        None,
        "a query made by this engine",
    )
}

/// Returns the likelihood that a resolver settles the decision, or `None` if the decision doesn't depend on its
/// attributes.
fn settles(resolver: &Resolver, needs: &[Dependency]) -> Option<f64> {
    let served = needs.iter().filter(|need| resolver.attributes.contains(&need.attribute));
    served.map(|need| need.settles).reduce(f64::max)
}
