//! The course of one decision: which resolver to ask next, and what came of those that were asked. It does no I/O.

use crate::answer::{Answer, Failure, FailureReason, Source};
use crate::cache::Touch;
use crate::engine::Inner;
use crate::fact::Fact;
use crate::fetch::ValidatedFacts;
use crate::key::{Key, Values};
use crate::key_names::Group;
use crate::loaded_policy::{LoadedPolicy, Served};
use crate::origins::Origins;
use crate::query::Query;
use crate::resolver::Resolver;
use placet::{Decision, Dependency, ErrorCode, IncrementalDecision, RequestError, Step};
use placet_model::request::AttributeInput;
use placet_model::types::Presence;
use smallvec::SmallVec;
use std::sync::Arc;
use std::time::Instant;

/// What counts for the likelihood that a resolver settles the answer where there is none: it is asked after those that
/// may settle it, and not before cheap ones.
const UNLIKELY: f64 = 1.0 / 64.0;

/// Of how many resolvers it takes no memory to know which were asked.
const INLINE_RESOLVERS: usize = 16;

/// A decision that may need facts.
#[derive(Debug)]
pub(crate) struct Resolution {
    found: ResolutionState,
    keys: Values,
    begun: Instant,
}

/// What a decision has found so far.
#[derive(Debug)]
struct ResolutionState {
    version: Arc<LoadedPolicy>,
    progress: IncrementalDecision,
    /// By resolver, whether it was asked, or nothing can come of it.
    asked: SmallVec<[bool; INLINE_RESOLVERS]>,
    origins: Origins,
    failures: Vec<Failure>,
}

/// What comes next.
#[derive(Debug)]
pub(crate) enum Next {
    /// Nothing: it is decided.
    Done(Decision),
    /// A resolver, by its place, is asked by a key.
    Ask(usize, Key),
}

/// How a resolver can be asked.
enum ResolverCall {
    By(Key),
    /// This resolver is asked first, by a key of its own.
    After(usize, Key),
    /// Not without this key.
    Not(Arc<str>),
}

impl Resolution {
    /// Begins with what is kept of the facts that the request does not give.
    pub(crate) fn new(engine: &Inner, question: Query) -> Result<Self, RequestError> {
        let begun = Instant::now();
        let Query { version, request, keys, depth, .. } = question;
        // What its keys and its policy's attributes are to this engine's resolvers goes by their places.
        if !version.is_for(&engine.keys) {
            return Err(foreign());
        }
        let progress = version
            .policy()
            .begin_with(request, version.served().map(|served| served.attribute))?
            .with_depth(depth);
        let is_wanted = |served: &Served| progress.is_pending(served.attribute);
        let resolvers = 0..engine.resolvers.len();
        let asked = resolvers.map(|place| !version.served_by(place).iter().any(is_wanted)).collect();
        let origins = Origins::new(&engine.named);
        let found = ResolutionState { version, progress, asked, origins, failures: Vec::new() };
        let mut course = Self { found, keys, begun };
        for group in engine.keys.groups() {
            course.take_kept(engine, group);
        }
        Ok(course)
    }

    /// Takes what is kept of the facts of a group of resolvers.
    fn take_kept(&mut self, engine: &Inner, group: &Group) {
        let Self { found, keys, begun } = self;
        if !group.keeping.iter().any(|place| found.can_ask(*place)) {
            return;
        }
        let Ok(key) = keys.pick(&engine.keys, group, |key| found.value(key)) else { return };
        engine.cache.kept(&key, *begun, |place, checked| {
            if !found.can_ask(place) {
                return Touch::Unwanted;
            }
            found.take(engine, place, Ok(checked), Source::Cached).map_or(Touch::AsIs, Touch::Anew)
        });
    }

    /// The decision, or whom to ask for what still matters: who is likely to settle most for its cost. For independent facts
    /// that is the order that costs least to the end (Garey, *Optimal task sequencing with precedence constraints*, 1973).
    pub(crate) fn next(&mut self, engine: &Inner) -> Result<Next, RequestError> {
        let next = self.advance(engine);
        if let (Err(error), Some(log)) = (&next, &engine.log) {
            let ResolutionState { version, progress, .. } = &self.found;
            log.record_error(version, error, Some(progress.request()), self.begun.elapsed());
        }
        next
    }

    fn advance(&mut self, engine: &Inner) -> Result<Next, RequestError> {
        loop {
            let needs = match self.found.progress.step()? {
                Step::DependsOn(needs) => needs,
                Step::Decided(decision) => return Ok(Next::Done(decision)),
            };
            let mut best: Option<(f64, usize, Key)> = None;
            let mut hopeless = Vec::new();
            for (place, resolver) in engine.resolvers.iter().enumerate() {
                let Some(settles) = settles(resolver, &needs) else { continue };
                let (cost, asked, key) = match self.way(engine, place) {
                    ResolverCall::By(key) => (resolver.cost, place, key),
                    ResolverCall::After(first, key) => {
                        (resolver.cost + engine.resolver(first).map_or(0.0, |first| first.cost), first, key)
                    }
                    ResolverCall::Not(name) => {
                        hopeless.push((place, name));
                        continue;
                    }
                };
                let price = cost / settles.max(UNLIKELY);
                if best.as_ref().is_none_or(|(least, ..)| price < *least) {
                    best = Some((price, asked, key));
                }
            }
            if let Some((_, place, key)) = best {
                return Ok(Next::Ask(place, key));
            }
            // What matters can't be had: the decision is made without it.
            for (place, key) in hopeless {
                self.found.take(engine, place, Err(FailureReason::NoKey { key }), Source::Fetched);
            }
            for need in needs {
                self.found.progress.mark_unavailable(&need.attribute)?;
            }
        }
    }

    /// The answer, of which this is the decision; it is recorded.
    pub(crate) fn answer(self, engine: &Inner, decision: Decision) -> Answer {
        let ResolutionState { version, progress, origins, failures, .. } = self.found;
        let request = progress.into_request();
        let answer = Answer { decision, version, request, origins, failures, elapsed: self.begun.elapsed() };
        if let Some(log) = &engine.log {
            log.record(&answer, &answer.request);
        }
        answer
    }

    /// How a resolver can be asked. A chain of resolvers is followed from its end, and no further than there are any.
    fn way(&mut self, engine: &Inner, place: usize) -> ResolverCall {
        let mut at = place;
        for _ in 0..=engine.resolvers.len() {
            let Some(group) = engine.keys.group_of(at) else { break };
            let unknown = match self.key(engine, group) {
                Ok(key) => {
                    return if at == place { ResolverCall::By(key) } else { ResolverCall::After(at, key) };
                }
                Err(unknown) => unknown,
            };
            let server = engine.resolvers.iter().position(|other| other.attributes.contains(unknown));
            match server.filter(|server| self.found.can_ask(*server)) {
                Some(server) => at = server,
                None => return ResolverCall::Not(unknown.clone()),
            }
        }
        let name = engine.resolver(place).and_then(|resolver| resolver.keys.first().cloned());
        ResolverCall::Not(name.unwrap_or_default())
    }

    /// The key of a group of resolvers, or the first of its names that has no value.
    fn key<'g>(&mut self, engine: &Inner, group: &'g Group) -> Result<Key, &'g Arc<str>> {
        self.keys.pick(&engine.keys, group, |key| self.found.value(key)).map(|key| key.to_key())
    }

    /// Takes what came of asking a resolver.
    pub(crate) fn take(
        &mut self,
        engine: &Inner,
        place: usize,
        found: Result<&ValidatedFacts, FailureReason>,
        source: Source,
    ) {
        self.found.take(engine, place, found, source);
    }

    /// The policy that decides.
    pub(crate) fn version(&self) -> &Arc<LoadedPolicy> {
        &self.found.version
    }
}

impl ResolutionState {
    /// Takes what came of asking a resolver; what was found, if it had to be checked anew.
    fn take(
        &mut self,
        engine: &Inner,
        place: usize,
        found: Result<&ValidatedFacts, FailureReason>,
        source: Source,
    ) -> Option<ValidatedFacts> {
        let resolver = engine.resolver(place)?;
        if let Some(asked) = self.asked.get_mut(place) {
            *asked = true;
        }
        let mut anew = None;
        let seen = found.and_then(|checked| {
            if checked.is_by(&self.version) {
                return Ok(checked);
            }
            checked.anew(&self.version, resolver).map(|checked| &*anew.insert(checked))
        });
        // All or nothing: half of an answer would be taken for the whole.
        match seen {
            Ok(checked) => {
                for (attribute, value) in checked.iter() {
                    if self.progress.is_pending(value) && self.progress.give_prepared(value).is_ok() {
                        self.origins.push(place, *attribute, source);
                    }
                }
            }
            Err(why) => self.failures.push(Failure { resolver: resolver.name.clone(), why }),
        }
        for Served { attribute, .. } in self.version.served_by(place) {
            if self.progress.is_pending(*attribute) {
                // INVARIANT: the handle is the version's, as the decision is.
                let _ = self.progress.mark_unavailable(*attribute);
            }
        }
        anew
    }

    /// Whether something may come of asking a resolver.
    fn can_ask(&self, place: usize) -> bool {
        self.asked.get(place) == Some(&false)
    }

    /// What the request says of the attribute that is named as a key, by the key's place.
    fn value(&self, key: usize) -> Option<Fact> {
        let policy = self.version.policy();
        let id = self.version.key_attribute(key)?;
        let attribute = policy.model().attribute(id)?;
        let frame = policy.frame(self.progress.request()).ok()?;
        match (frame.given(policy.program(), id), &attribute.presence) {
            (Some(AttributeInput::Value(value)), _) => Fact::from_value(&attribute.kind, &value),
            (None, Presence::Default(value)) => Fact::from_value(&attribute.kind, value),
            _ => None,
        }
    }
}

#[cold]
fn foreign() -> RequestError {
    RequestError {
        code: ErrorCode::UnknownAttribute,
        message: "the question was made by another engine".to_owned(),
        attribute: None,
        expected: "a question made by this engine".to_owned(),
    }
}

/// How likely a resolver settles the answer; none where nothing hangs on what it serves.
fn settles(resolver: &Resolver, needs: &[Dependency]) -> Option<f64> {
    let served = needs.iter().filter(|need| resolver.attributes.contains(&need.attribute));
    served.map(|need| need.settles).reduce(f64::max)
}
