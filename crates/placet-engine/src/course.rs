//! The course of one decision: which resolver to ask next, and what came of those that were asked. It does no I/O.

use crate::answer::{Answer, Failure, Source, Why};
use crate::engine::Inner;
use crate::fact::Fact;
use crate::fetch::Checked;
use crate::key::{Key, Values};
use crate::key_names::Group;
use crate::origins::Origins;
use crate::question::Question;
use crate::resolver::Resolver;
use crate::version::{Served, Version};
use placet::{Decision, ErrorCode, Need, Progress, RequestError, Step};
use placet_model::request::Given;
use placet_model::types::Presence;
use smallvec::SmallVec;
use std::sync::Arc;
use std::time::Instant;

/// What counts for the likelihood that a resolver settles the answer where there is none: it is asked after those that
/// may settle it, and not before cheap ones.
const UNLIKELY: f64 = 1.0 / 64.0;

/// Of how many resolvers it takes no memory to know which were asked.
const FEW: usize = 16;

/// A decision that may need facts.
#[derive(Debug)]
pub(crate) struct Course {
    version: Arc<Version>,
    progress: Progress,
    keys: Values,
    /// By resolver, whether it was asked, or nothing can come of it.
    asked: SmallVec<[bool; FEW]>,
    origins: Origins,
    failures: Vec<Failure>,
    begun: Instant,
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
enum Way {
    By(Key),
    /// This resolver is asked first, by a key of its own.
    After(usize, Key),
    /// Not without this key.
    Not(Arc<str>),
}

impl Course {
    /// Begins with what is kept of the facts that the request does not give.
    pub(crate) fn new(engine: &Inner, question: Question) -> Result<Self, RequestError> {
        let begun = Instant::now();
        let Question { version, request, keys, depth, .. } = question;
        // What its keys and its policy's attributes are to this engine's resolvers goes by their places.
        if !version.is_for(&engine.keys) {
            return Err(foreign());
        }
        let progress = version
            .policy()
            .begin_obtaining(request, version.served().map(|served| served.attribute))?
            .to(depth);
        let is_wanted = |served: &Served| progress.can_be_had(served.attribute);
        let resolvers = 0..engine.resolvers.len();
        let asked = resolvers.map(|place| !version.served_by(place).iter().any(is_wanted)).collect();
        let origins = Origins::of(&engine.named);
        let mut course = Self { version, progress, keys, asked, origins, failures: Vec::new(), begun };
        for group in engine.keys.groups() {
            course.take_kept(engine, group);
        }
        Ok(course)
    }

    /// Takes what is kept of the facts of a group of resolvers.
    fn take_kept(&mut self, engine: &Inner, group: &Group) {
        let asked = &self.asked;
        let is_wanted = |place| can_be_asked(asked, place);
        if !group.keeping.iter().any(|place| is_wanted(*place)) {
            return;
        }
        let find = |key| value(&self.version, &self.progress, key);
        let key = self.keys.pick(&engine.keys, group, find);
        let found = key.ok().and_then(|key| engine.cache.kept(&key, self.begun, is_wanted));
        let Some(found) = found else { return };
        for (place, checked) in found.iter() {
            if can_be_asked(&self.asked, place)
                && let Some(anew) = self.take(engine, place, Ok(checked), Source::Cached)
            {
                engine.cache.renew(found.key(), place, |kept| Arc::ptr_eq(kept, checked), anew);
            }
        }
    }

    /// The decision, or whom to ask for what still matters: who is likely to settle most for its cost. For independent facts
    /// that is the order that costs least to the end (Garey, *Optimal task sequencing with precedence constraints*, 1973).
    pub(crate) fn next(&mut self, engine: &Inner) -> Result<Next, RequestError> {
        let next = self.advance(engine);
        if let (Err(error), Some(log)) = (&next, &engine.log) {
            log.record_error(&self.version, error, Some(self.progress.request()), self.begun.elapsed());
        }
        next
    }

    fn advance(&mut self, engine: &Inner) -> Result<Next, RequestError> {
        loop {
            let needs = match self.progress.step()? {
                Step::Needs(needs) => needs,
                Step::Decided(decision) => return Ok(Next::Done(decision)),
            };
            let mut best: Option<(f64, usize, Key)> = None;
            let mut hopeless = Vec::new();
            for (place, resolver) in engine.resolvers.iter().enumerate() {
                let Some(settles) = settles(resolver, &needs) else { continue };
                let (cost, asked, key) = match self.way(engine, place) {
                    Way::By(key) => (resolver.cost, place, key),
                    Way::After(first, key) => {
                        (resolver.cost + engine.resolver(first).map_or(0.0, |first| first.cost), first, key)
                    }
                    Way::Not(name) => {
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
                self.take(engine, place, Err(Why::NoKey { key }), Source::Fetched);
            }
            for need in needs {
                self.progress.withhold(&need.attribute)?;
            }
        }
    }

    /// The answer, of which this is the decision; it is recorded.
    pub(crate) fn answer(self, engine: &Inner, decision: Decision) -> Answer {
        let answer = Answer {
            decision,
            version: self.version,
            request: self.progress.into_request(),
            origins: self.origins,
            failures: self.failures,
            elapsed: self.begun.elapsed(),
        };
        if let Some(log) = &engine.log {
            log.record(&answer, &answer.request);
        }
        answer
    }

    /// How a resolver can be asked. A chain of resolvers is followed from its end, and no further than there are any.
    fn way(&mut self, engine: &Inner, place: usize) -> Way {
        let mut at = place;
        for _ in 0..=engine.resolvers.len() {
            let Some(group) = engine.keys.group_of(at) else { break };
            let unknown = match self.key(engine, group) {
                Ok(key) => return if at == place { Way::By(key) } else { Way::After(at, key) },
                Err(unknown) => unknown,
            };
            let server = engine.resolvers.iter().position(|other| other.attributes.contains(unknown));
            match server.filter(|server| can_be_asked(&self.asked, *server)) {
                Some(server) => at = server,
                None => return Way::Not(unknown.clone()),
            }
        }
        let name = engine.resolver(place).and_then(|resolver| resolver.keys.first().cloned());
        Way::Not(name.unwrap_or_default())
    }

    /// The key of a group of resolvers, or the first of its names that has no value.
    fn key<'g>(&mut self, engine: &Inner, group: &'g Group) -> Result<Key, &'g Arc<str>> {
        let find = |key| value(&self.version, &self.progress, key);
        self.keys.pick(&engine.keys, group, find).map(|key| key.to_key())
    }

    /// Takes what came of asking a resolver; what was found, if it had to be checked anew.
    pub(crate) fn take(
        &mut self,
        engine: &Inner,
        place: usize,
        found: Result<&Checked, Why>,
        source: Source,
    ) -> Option<Arc<Checked>> {
        let resolver = engine.resolver(place)?;
        if let Some(asked) = self.asked.get_mut(place) {
            *asked = true;
        }
        let mut anew = None;
        let seen = found.and_then(|checked| {
            if checked.is_by(&self.version) {
                return Ok(checked);
            }
            checked.anew(&self.version, resolver).map(|checked| &**anew.insert(checked))
        });
        // All or nothing: half of an answer would be taken for the whole.
        match seen {
            Ok(checked) => {
                for (attribute, value) in checked.iter() {
                    if self.progress.can_be_had(value) && self.progress.give_prepared(value).is_ok() {
                        self.origins.push(place, *attribute, source);
                    }
                }
            }
            Err(why) => self.failures.push(Failure { resolver: resolver.name.clone(), why }),
        }
        for Served { attribute, .. } in self.version.served_by(place) {
            if self.progress.can_be_had(*attribute) {
                // INVARIANT: the handle is the version's, as the decision is.
                let _ = self.progress.withhold(*attribute);
            }
        }
        anew
    }

    /// The policy that decides.
    pub(crate) fn version(&self) -> &Arc<Version> {
        &self.version
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

/// Whether something may come of asking a resolver.
fn can_be_asked(asked: &[bool], place: usize) -> bool {
    asked.get(place) == Some(&false)
}

/// How likely a resolver settles the answer; none where nothing hangs on what it serves.
fn settles(resolver: &Resolver, needs: &[Need]) -> Option<f64> {
    let served = needs.iter().filter(|need| resolver.attributes.contains(&need.attribute));
    served.map(|need| need.settles).reduce(f64::max)
}

/// What the request says of the attribute that is named as a key, by the key's place.
fn value(version: &Version, progress: &Progress, key: usize) -> Option<Fact> {
    let policy = version.policy();
    let id = version.key_attribute(key)?;
    let attribute = policy.model().attribute(id)?;
    let frame = policy.frame(progress.request()).ok()?;
    match (frame.given(policy.program(), id), &attribute.presence) {
        (Some(Given::Value(value)), _) => Fact::of(&attribute.kind, &value),
        (None, Presence::Default(value)) => Fact::of(&attribute.kind, value),
        _ => None,
    }
}
