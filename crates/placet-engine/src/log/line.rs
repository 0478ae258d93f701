//! The lines of the log: exactly the fields that may be logged, and nothing else of an answer.
//!
//! Every field is copied by name, so that a field added to answers doesn't reach the log by accident. Texts that may
//! hold a value are left out, for example the error messages of a store.

use crate::answer::{Answer, Failure, FailureReason};
use crate::loaded_policy::{LoadedPolicy, Named};
use crate::origins::Origins;
use jiff::Timestamp;
use placet::__private::{Internals, RequestClasses};
use placet::{DueObligation, Fact, Policy, Request, RequestError};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::sync::Arc;
use std::time::Duration;

/// Appends a line to a buffer.
///
/// # Errors
/// If a value can't be represented as JSON. The buffer may then hold part of the line.
pub(super) fn write(out: &mut Vec<u8>, line: &impl Serialize) -> serde_json::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.push(b'\n');
    Ok(())
}

/// An instant, formatted by RFC 3339 in UTC, to the microsecond.
#[derive(Debug, Clone, Copy)]
pub(super) struct Instant(Timestamp);

impl Instant {
    pub(super) fn now() -> Self {
        Self(Timestamp::now())
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:.6}", self.0))
    }
}

/// The parts of a request's inputs that are logged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Logged<'a> {
    /// The attributes whose values are logged.
    pub(super) values: &'a [Box<str>],
    /// True if the classes of all values are logged.
    pub(super) has_classes: bool,
}

/// The line of a decision.
#[derive(Debug, serde::Serialize)]
pub(super) struct Decided<'a> {
    event: &'static str,
    time: Instant,
    policy: Named<'a>,
    effect: &'static str,
    rules: &'a [Arc<str>],
    certain: Vec<&'a str>,
    cites: &'a [Arc<str>],
    basis: &'a [Arc<str>],
    #[serde(skip_serializing_if = "is_empty")]
    uncertain_cites: &'a [Arc<str>],
    #[serde(skip_serializing_if = "is_empty")]
    uncertain_basis: &'a [Arc<str>],
    #[serde(serialize_with = "obligations")]
    obligations: &'a [DueObligation],
    undecided: &'a [Arc<str>],
    missing: &'a [Arc<str>],
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    approximate: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    given: Option<Given<'a>>,
    resolved: &'a Origins,
    #[serde(serialize_with = "failures")]
    failures: (&'a [Failure], &'a Policy),
    #[serde(skip_serializing_if = "Values::is_none")]
    values: Values<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    classes: Option<RequestClasses<'a>>,
    #[serde(skip_serializing_if = "is_all")]
    share: f64,
    nanoseconds: u64,
}

/// The line of an erroneous request.
#[derive(Debug, serde::Serialize)]
pub(super) struct Refused<'a> {
    event: &'static str,
    time: Instant,
    policy: Named<'a>,
    error: Fault<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    given: Option<Given<'a>>,
    #[serde(skip_serializing_if = "Values::is_none")]
    values: Values<'a>,
    #[serde(skip_serializing_if = "is_all")]
    share: f64,
    nanoseconds: u64,
}

/// The line that reports dropped lines.
#[derive(Debug, serde::Serialize)]
pub(super) struct Lost {
    event: &'static str,
    time: Instant,
    since: Instant,
    lines: u64,
    write_errors: u64,
}

impl<'a> Decided<'a> {
    pub(super) fn new(answer: &'a Answer, request: &'a Request, logged: Logged<'a>, share: f64) -> Self {
        let (version, decision) = (&*answer.version, &answer.decision);
        let request = Some(request).filter(|request| version.policy().frame(request).is_ok());
        Self {
            event: "decision",
            time: Instant::now(),
            policy: Named::new(version),
            effect: decision.effect.as_str(),
            rules: &decision.rules,
            certain: decision.certain().map(|rule| &**rule).collect(),
            cites: &decision.cites,
            basis: &decision.basis,
            uncertain_cites: &decision.uncertain.cites,
            uncertain_basis: &decision.uncertain.basis,
            obligations: &decision.obligations,
            undecided: &decision.undecided,
            missing: &decision.missing,
            approximate: decision.approximate,
            given: request.map(|request| Given {
                policy: version.policy(),
                request,
                origins: Some(&answer.origins),
            }),
            resolved: &answer.origins,
            failures: (&answer.failures, version.policy()),
            values: Values { version, request, allowed: logged.values },
            classes: request
                .filter(|_| logged.has_classes)
                .and_then(|request| version.relations().classes(version.policy(), request).ok()),
            share,
            nanoseconds: nanoseconds(answer.elapsed),
        }
    }
}

impl<'a> Refused<'a> {
    pub(super) fn new(
        version: &'a LoadedPolicy,
        error: &'a RequestError,
        request: Option<&'a Request>,
        elapsed: Duration,
        allowed: &'a [Box<str>],
        share: f64,
    ) -> Self {
        let policy = version.policy();
        let request = request.filter(|request| policy.frame(request).is_ok());
        Self {
            event: "error",
            time: Instant::now(),
            policy: Named::new(version),
            error: Fault {
                code: error.code.as_str(),
                // A name that the policy doesn't have is a text from the client, and may hold anything.
                attribute: error
                    .attribute
                    .as_deref()
                    .filter(|name| policy.attribute_declaration(name).is_some()),
            },
            given: request.map(|request| Given { policy, request, origins: None }),
            values: Values { version, request, allowed },
            share,
            nanoseconds: nanoseconds(elapsed),
        }
    }
}

impl Lost {
    pub(super) fn new(lines: u64, since: Instant, write_errors: u64) -> Self {
        Self { event: "lost", time: Instant::now(), since, lines, write_errors }
    }
}

/// The error of a request.
#[derive(Debug, serde::Serialize)]
struct Fault<'a> {
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    attribute: Option<&'a str>,
}

/// The names of the attributes that the request gave, without those that resolvers gave.
#[derive(Debug)]
struct Given<'a> {
    policy: &'a Policy,
    request: &'a Request,
    origins: Option<&'a Origins>,
}

impl Serialize for Given<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let is_resolved = |name: &str| {
            self.origins.is_some_and(|origins| origins.iter().any(|origin| origin.attribute == name))
        };
        serializer.collect_seq(
            self.policy
                .attributes()
                .filter(|attribute| self.request.gives(*attribute) && !is_resolved(attribute.name()))
                .map(|attribute| attribute.name()),
        )
    }
}

/// The values of the attributes that may be logged.
#[derive(Debug)]
struct Values<'a> {
    version: &'a LoadedPolicy,
    request: Option<&'a Request>,
    allowed: &'a [Box<str>],
}

impl Values<'_> {
    fn is_none(&self) -> bool {
        self.allowed.is_empty() || self.request.is_none()
    }
}

impl Serialize for Values<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let policy = self.version.policy();
        let (model, program) = (policy.model(), policy.program());
        let frame = self.request.and_then(|request| policy.frame(request).ok());
        let mut map = serializer.serialize_map(None)?;
        for name in self.allowed {
            let attribute = model.find(name).and_then(|id| Some((id, model.attribute(id)?)));
            let Some((id, attribute)) = attribute else { continue };
            let given = frame.and_then(|frame| frame.given(program, id));
            let fact = given.as_ref().and_then(|given| Fact::from_given(&attribute.kind, given));
            // Null would say that an optional attribute is `none`, which nobody knows here.
            if fact.is_some() || given.is_some() && !attribute.is_optional() {
                map.serialize_entry(&**name, &fact)?;
            }
        }
        map.end()
    }
}

fn obligations<S: Serializer>(all: &[DueObligation], serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(serde::Serialize)]
    struct Due<'a> {
        name: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        within_seconds: Option<i64>,
        certain: bool,
    }
    serializer.collect_seq(all.iter().map(|due| Due {
        name: &due.name,
        within_seconds: due.within_seconds,
        certain: due.certain,
    }))
}

fn failures<S: Serializer>(all: &(&[Failure], &Policy), serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Default, serde::Serialize)]
    struct InVain<'a> {
        resolver: &'a str,
        why: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        after_ms: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        attribute: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        key: Option<&'a str>,
    }
    let (all, policy) = all;
    serializer.collect_seq(all.iter().map(|Failure { resolver, why }| {
        let none = InVain { resolver, ..InVain::default() };
        match why {
            FailureReason::Failed { .. } => InVain { why: "failed", ..none },
            FailureReason::Late { after_ms } => InVain { why: "late", after_ms: Some(*after_ms), ..none },
            // A name that the policy doesn't have is a text from the store, and may hold anything.
            FailureReason::Unfit { attribute, .. } => InVain {
                why: "unfit",
                attribute: policy.attribute_declaration(attribute).map(|attribute| attribute.name()),
                ..none
            },
            FailureReason::NoKey { key } => InVain { why: "no_key", key: Some(key), ..none },
        }
    }))
}

fn is_empty(names: &[Arc<str>]) -> bool {
    names.is_empty()
}

/// Returns true if a share keeps every line, and so isn't written.
fn is_all(share: &f64) -> bool {
    *share >= 1.0
}

fn nanoseconds(elapsed: Duration) -> u64 {
    u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX)
}
