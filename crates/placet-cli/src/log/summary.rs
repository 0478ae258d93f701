//! Counts of the events in decision logs.

use super::line::{Common, Decision, Event, Failure, Fault, Line, LineError, Origin, Text};
use super::names::{Names, Tally};
use super::read::{LineCounts, LineFaults};
use hdrhistogram::Histogram;
use placet::Effect;
use serde::Serialize;
use std::collections::BTreeMap;

/// The histogram counts in units of 1/100 request, since it takes whole numbers and weights may be fractional.
const UNITS_PER_REQUEST: f64 = 100.0;

/// The counts of some logs.
#[derive(Debug)]
pub(crate) struct Summary {
    pub(crate) files: u64,
    pub(crate) bytes: u64,
    pub(crate) lines: u64,
    /// The times of the first and the last line.
    pub(crate) span: Option<(String, String)>,
    pub(crate) allow: Tally,
    pub(crate) deny: Tally,
    pub(crate) indeterminate: Tally,
    pub(crate) erroneous: Tally,
    /// The determining rules that certainly applied.
    pub(crate) rules: Names<Tally>,
    /// The determining rules that may have applied.
    pub(crate) uncertain_rules: Names<Tally>,
    /// The missing attributes of indeterminate decisions, as names joined by commas.
    pub(crate) missing: Names<Tally>,
    /// The errors, as the code and the attribute joined by a space.
    pub(crate) errors: Names<Tally>,
    pub(crate) resolvers: Names<Resolver>,
    /// The policies, by their hashes.
    pub(crate) policies: Names<Policy>,
    durations: Histogram<u64>,
    pub(crate) lost: u64,
    pub(crate) write_errors: u64,
    pub(crate) faults: LineFaults,
}

/// The counts of a resolver.
#[derive(Debug, Default)]
pub(crate) struct Resolver {
    pub(crate) fetched: Tally,
    pub(crate) cached: Tally,
    /// The failures, by their reasons.
    pub(crate) failures: BTreeMap<String, Tally>,
}

/// The counts of a policy.
#[derive(Debug, Default)]
pub(crate) struct Policy {
    pub(crate) name: String,
    pub(crate) version: Option<String>,
    pub(crate) requests: Tally,
}

/// The durations of requests in nanoseconds, exact to three digits.
#[derive(Debug, Serialize)]
pub(crate) struct Durations {
    pub(crate) p50: u64,
    pub(crate) p90: u64,
    pub(crate) p99: u64,
    pub(crate) p999: u64,
    pub(crate) max: u64,
}

impl LineCounts for Summary {
    fn lines(&self) -> u64 {
        self.lines
    }

    fn add(&mut self, text: &[u8]) -> Result<(), LineError> {
        let (time, event) = Line::read(text)?;
        // The lines of several logs come in no order.
        match &mut self.span {
            None => self.span = Some((time.to_string(), time.into_owned())),
            Some((first, _)) if *time < **first => *first = time.into_owned(),
            Some((_, last)) if *time > **last => *last = time.into_owned(),
            Some(_) => {}
        }
        self.lines += 1;
        match event {
            Event::Decision(decision) => self.decision(&decision),
            Event::Error { fault, common } => self.error(&fault, &common),
            Event::Lost { lines, write_errors } => {
                self.lost = self.lost.saturating_add(lines);
                self.write_errors = self.write_errors.saturating_add(write_errors);
            }
        }
        Ok(())
    }

    fn faults(&mut self) -> &mut LineFaults {
        &mut self.faults
    }
}

impl Summary {
    /// Creates an empty summary. Returns `None` if the histogram can't be created, which would be a bug.
    pub(crate) fn new() -> Option<Self> {
        Some(Self {
            files: 0,
            bytes: 0,
            lines: 0,
            span: None,
            allow: Tally::default(),
            deny: Tally::default(),
            indeterminate: Tally::default(),
            erroneous: Tally::default(),
            rules: Names::default(),
            uncertain_rules: Names::default(),
            missing: Names::default(),
            errors: Names::default(),
            resolvers: Names::default(),
            policies: Names::default(),
            durations: Histogram::new(3).ok()?,
            lost: 0,
            write_errors: 0,
            faults: LineFaults::default(),
        })
    }

    fn decision(&mut self, decision: &Decision<'_>) {
        let weight = decision.common.weight;
        match decision.effect {
            Effect::Allow => &mut self.allow,
            Effect::Deny => &mut self.deny,
            Effect::Indeterminate => &mut self.indeterminate,
        }
        .add(weight);
        for Text(rule) in &decision.certain {
            self.rules.count(rule, weight, |tally| tally.add(weight));
        }
        for rule in decision.uncertain() {
            self.uncertain_rules.count(rule, weight, |tally| tally.add(weight));
        }
        if decision.effect == Effect::Indeterminate {
            let names: Vec<&str> = decision.missing.iter().map(|Text(name)| &**name).collect();
            self.missing.count(&names.join(", "), weight, |tally| tally.add(weight));
        }
        for Origin { resolver, source } in &decision.resolved {
            self.resolvers.count(&resolver.0, weight, |resolver| {
                let is_cached = source.0 == "cached";
                let tally = if is_cached { &mut resolver.cached } else { &mut resolver.fetched };
                tally.add(weight);
            });
        }
        for Failure { resolver, why } in &decision.failures {
            self.resolvers.count(&resolver.0, weight, |resolver| resolver.failed(&why.0, weight));
        }
        self.request(&decision.common);
    }

    fn error(&mut self, fault: &Fault<'_>, common: &Common<'_>) {
        let weight = common.weight;
        self.erroneous.add(weight);
        let attribute = fault.attribute.as_ref().map_or("", |attribute| &attribute.0);
        let name = format!("{} {attribute}", fault.code.0);
        self.errors.count(name.trim_end(), weight, |tally| tally.add(weight));
        self.request(common);
    }

    fn request(&mut self, common: &Common<'_>) {
        self.policies.count(&common.policy.hash.0, common.weight, |policy| {
            // All lines with a hash have the same name and version.
            if policy.requests.lines == 0 {
                policy.name = common.policy.name.0.to_string();
                policy.version = common.policy.version.as_ref().map(|version| version.0.to_string());
            }
            policy.requests.add(common.weight);
        });
        // INVARIANT: a resizable histogram accepts every value.
        let _ =
            self.durations.record_n(common.nanoseconds, (common.weight * UNITS_PER_REQUEST).round() as u64);
    }

    /// Returns the number of all requests, decided or erroneous.
    pub(crate) fn requests(&self) -> Tally {
        let all = [self.allow, self.deny, self.indeterminate, self.erroneous];
        Tally {
            lines: all.iter().map(|tally| tally.lines).sum(),
            weight: all.iter().map(|tally| tally.weight).sum(),
        }
    }

    /// Returns the durations of requests, or `None` without requests.
    pub(crate) fn durations(&self) -> Option<Durations> {
        let at = |quantile| self.durations.value_at_quantile(quantile);
        let max = self.durations.max();
        (!self.durations.is_empty()).then(|| Durations {
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max,
        })
    }
}

impl Resolver {
    /// The maximum number of reasons. There are fewer, so only input that is not a log reaches it.
    const MAX_KINDS: usize = 16;

    fn failed(&mut self, why: &str, weight: f64) {
        let has_room = self.failures.len() < Self::MAX_KINDS;
        if has_room || self.failures.contains_key(why) {
            self.failures.entry(why.to_owned()).or_default().add(weight);
        }
    }

    /// Returns the number of requests that needed the resolver.
    pub(crate) fn weight(&self) -> f64 {
        self.failures.values().map(|tally| tally.weight).sum::<f64>()
            + self.fetched.weight
            + self.cached.weight
    }
}
