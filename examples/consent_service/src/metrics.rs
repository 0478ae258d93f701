//! Metrics for Prometheus.

use placet::Effect;
use placet_engine::{DecisionLog, Engine, Reloader, ResolverCounts};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::prometheus_text;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

/// The smallest upper bound of a latency bucket, in seconds. Each of the 20 buckets doubles it.
const FASTEST: f64 = 1e-5;
const LATENCIES: u16 = 20;

/// One label with its value.
type Label = [(&'static str, &'static str); 1];

/// The metrics of the service. The engine's own counters are read when Prometheus scrapes them.
pub(crate) struct Metrics {
    registry: Registry,
    allowed: Counter,
    denied: Counter,
    indeterminate: Counter,
    refused: Counter,
    latency: Histogram,
}

impl Metrics {
    pub(crate) fn new(engine: &Engine, reloader: Arc<Reloader>) -> Self {
        let mut registry = Registry::with_prefix("placet");
        registry.register_collector(Box::new(Resolvers(engine.clone())));
        registry.register_collector(Box::new(Reloads(reloader)));
        registry.register_collector(Box::new(Log(engine.clone())));
        let decisions = Family::<Label, Counter>::default();
        let of = |effect| decisions.get_or_create_owned(&[("effect", effect)]);
        let (allowed, denied, indeterminate) = (of("allow"), of("deny"), of("indeterminate"));
        let refused = Counter::<u64, AtomicU64>::default();
        let latency = Histogram::new(exponential_buckets(FASTEST, 2.0, LATENCIES));
        registry.register("decisions", "Decisions, by their effect", decisions);
        registry.register(
            "refused_requests",
            "Requests that were no requests of the policy",
            refused.clone(),
        );
        registry.register("decision_seconds", "Time from a request to its decision", latency.clone());
        Self { registry, allowed, denied, indeterminate, refused, latency }
    }

    /// Counts a decision and its latency.
    pub(crate) fn decided(&self, effect: Effect, elapsed: Duration) {
        match effect {
            Effect::Allow => &self.allowed,
            Effect::Deny => &self.denied,
            Effect::Indeterminate => &self.indeterminate,
        }
        .inc();
        self.latency.observe(elapsed.as_secs_f64());
    }

    /// Counts a request that got no decision.
    pub(crate) fn refused(&self) {
        self.refused.inc();
    }

    /// Returns all metrics in Prometheus' text format.
    pub(crate) fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        prometheus_text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// The collector of the resolvers' counters.
#[derive(Debug)]
struct Resolvers(Engine);

/// A metric of resolvers: its name, its help text, and the counter.
type Figure = (&'static str, &'static str, fn(&ResolverCounts) -> u64);

const FIGURES: [Figure; 5] = [
    ("cache_hits", "Facts that were kept.", |counts| counts.hits),
    ("fetches", "Questions to the store.", |counts| counts.fetches),
    ("shared_fetches", "Decisions that waited for a fetch that another began.", |counts| counts.shared),
    ("failed_fetches", "Decisions that did without facts, because the fetch failed.", |counts| {
        counts.failures
    }),
    ("late_fetches", "Decisions that did without facts, because the fetch was late.", |counts| counts.late),
];

impl Collector for Resolvers {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let counts = self.0.counts();
        for (name, help, figure) in FIGURES {
            let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            for counts in &counts {
                let label = [("resolver", &*counts.resolver)];
                ConstCounter::new(figure(counts)).encode(family.encode_family(&label)?)?;
            }
        }
        let cached = self.0.cached();
        let gauge = ConstGauge::new(i64::try_from(cached).unwrap_or(i64::MAX));
        gauge.encode(encoder.encode_descriptor(
            "cached_keys",
            "Keys of which facts are in the cache.",
            None,
            MetricType::Gauge,
        )?)
    }
}

/// The collector of the reload counters.
#[derive(Debug)]
struct Reloads(Arc<Reloader>);

impl Collector for Reloads {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let counts = self.0.counts();
        let help = "Looks at the policy's files, by what came of it.";
        let mut family = encoder.encode_descriptor("reloads", help, None, MetricType::Counter)?;
        for (result, count) in
            [("swapped", counts.swapped), ("unchanged", counts.unchanged), ("failed", counts.failed)]
        {
            ConstCounter::new(count).encode(family.encode_family(&[("result", result)])?)?;
        }
        Ok(())
    }
}

/// The collector of the decision log's counters.
#[derive(Debug)]
struct Log(Engine);

impl Collector for Log {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Some(counts) = self.0.log().map(DecisionLog::counts) else { return Ok(()) };
        let help = "Lines of the decision log, by what became of them.";
        let mut family = encoder.encode_descriptor("log_lines", help, None, MetricType::Counter)?;
        for (result, count) in [("written", counts.written), ("dropped", counts.dropped)] {
            ConstCounter::new(count).encode(family.encode_family(&[("result", result)])?)?;
        }
        let help = "How often the log could not be written.";
        let errors = encoder.encode_descriptor("log_write_errors", help, None, MetricType::Counter)?;
        ConstCounter::new(counts.write_errors).encode(errors)
    }
}
