//! One line of a decision log, reduced to the fields that summaries and replays need. Unknown fields are ignored, so logs
//! of later versions can be read.

use placet::Effect;
use placet_core::quoted;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashSet;

/// A text, borrowed from the line if it has no escapes.
#[derive(Debug, Deserialize)]
pub(crate) struct Text<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

/// A line with the fields of all events.
#[derive(Debug, Deserialize)]
pub(crate) struct Line<'a> {
    #[serde(borrow)]
    event: Text<'a>,
    time: Text<'a>,
    policy: Option<Policy<'a>>,
    effect: Option<Text<'a>>,
    error: Option<Fault<'a>>,
    #[serde(default)]
    rules: Vec<Text<'a>>,
    #[serde(default)]
    certain: Vec<Text<'a>>,
    #[serde(default)]
    missing: Vec<Text<'a>>,
    #[serde(default)]
    resolved: Vec<Origin<'a>>,
    #[serde(default)]
    failures: Vec<Failure<'a>>,
    #[serde(default)]
    obligations: Vec<Due<'a>>,
    #[serde(borrow)]
    classes: Option<&'a RawValue>,
    share: Option<f64>,
    nanoseconds: Option<u64>,
    lines: Option<u64>,
    write_errors: Option<u64>,
}

/// The policy that decided a request.
#[derive(Debug, Deserialize)]
pub(crate) struct Policy<'a> {
    #[serde(borrow)]
    pub(crate) name: Text<'a>,
    pub(crate) version: Option<Text<'a>>,
    pub(crate) hash: Text<'a>,
}

/// The error of a request.
#[derive(Debug, Deserialize)]
pub(crate) struct Fault<'a> {
    #[serde(borrow)]
    pub(crate) code: Text<'a>,
    pub(crate) attribute: Option<Text<'a>>,
}

/// The origin of a resolved attribute.
#[derive(Debug, Deserialize)]
pub(crate) struct Origin<'a> {
    #[serde(borrow)]
    pub(crate) resolver: Text<'a>,
    pub(crate) source: Text<'a>,
}

/// A failed call of a resolver.
#[derive(Debug, Deserialize)]
pub(crate) struct Failure<'a> {
    #[serde(borrow)]
    pub(crate) resolver: Text<'a>,
    pub(crate) why: Text<'a>,
}

/// An obligation of a decision.
#[derive(Debug, Deserialize)]
pub(crate) struct Due<'a> {
    #[serde(borrow)]
    pub(crate) name: Text<'a>,
    pub(crate) within_seconds: Option<i64>,
}

/// An event in a log.
#[derive(Debug)]
pub(crate) enum Event<'a> {
    /// A decided request.
    Decision(Decision<'a>),
    /// An erroneous request.
    Error { fault: Fault<'a>, common: Common<'a> },
    /// A number of log lines that were lost.
    Lost { lines: u64, write_errors: u64 },
}

/// The fields of a decision.
#[derive(Debug)]
pub(crate) struct Decision<'a> {
    pub(crate) effect: Effect,
    /// The determining rules.
    pub(crate) rules: Vec<Text<'a>>,
    /// Those of them that certainly apply.
    pub(crate) certain: Vec<Text<'a>>,
    pub(crate) missing: Vec<Text<'a>>,
    pub(crate) obligations: Vec<Due<'a>>,
    /// The classes of the request's values, as JSON.
    pub(crate) classes: Option<&'a RawValue>,
    pub(crate) resolved: Vec<Origin<'a>>,
    pub(crate) failures: Vec<Failure<'a>>,
    pub(crate) common: Common<'a>,
}

impl Decision<'_> {
    /// Iterates over the determining rules that may not apply.
    pub(crate) fn uncertain(&self) -> impl Iterator<Item = &str> {
        let certain: HashSet<&str> = self.certain.iter().map(|Text(name)| &**name).collect();
        self.rules.iter().map(|Text(rule)| &**rule).filter(move |rule| !certain.contains(rule))
    }
}

/// The fields of every request.
#[derive(Debug)]
pub(crate) struct Common<'a> {
    pub(crate) policy: Policy<'a>,
    /// The number of requests that the line stands for.
    pub(crate) weight: f64,
    pub(crate) nanoseconds: u64,
}

/// The reason why a line is not a log entry.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LineError {
    /// The line isn't JSON, or a field has the wrong type.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// A field is missing.
    #[error("missing field `{0}`")]
    Missing(&'static str),
    /// A field has an unknown value.
    #[error("unknown {field} {}", quoted(value))]
    Unknown { field: &'static str, value: String },
    /// The line is too long.
    #[error("longer than {0} bytes")]
    TooLong(usize),
}

impl<'a> Line<'a> {
    /// Parses a line into its time and its event.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<(Cow<'a, str>, Event<'a>), LineError> {
        let line: Self = serde_json::from_slice(bytes)?;
        let time = line.time.0.clone();
        // In this fixed format, the order of texts is the order of times, so they are compared as texts.
        if time.len() != "2026-01-15T10:00:00.000000Z".len() || !time.ends_with('Z') {
            return Err(LineError::Unknown { field: "time", value: time.into_owned() });
        }
        Ok((time, line.event()?))
    }

    fn event(self) -> Result<Event<'a>, LineError> {
        Ok(match &*self.event.0 {
            "decision" => {
                let effect = match self.effect.as_ref().map(|effect| &*effect.0) {
                    Some("allow") => Effect::Allow,
                    Some("deny") => Effect::Deny,
                    Some("indeterminate") => Effect::Indeterminate,
                    Some(other) => return Err(unknown("effect", other)),
                    None => return Err(LineError::Missing("effect")),
                };
                let common = common(self.policy, self.share, self.nanoseconds)?;
                let Self { rules, certain, missing, resolved, failures, obligations, classes, .. } = self;
                Event::Decision(Decision {
                    effect,
                    rules,
                    certain,
                    missing,
                    obligations,
                    classes,
                    resolved,
                    failures,
                    common,
                })
            }
            "error" => Event::Error {
                fault: self.error.ok_or(LineError::Missing("error"))?,
                common: common(self.policy, self.share, self.nanoseconds)?,
            },
            "lost" => Event::Lost {
                lines: self.lines.ok_or(LineError::Missing("lines"))?,
                write_errors: self.write_errors.unwrap_or_default(),
            },
            other => return Err(unknown("event", other)),
        })
    }
}

fn common(
    policy: Option<Policy<'_>>,
    share: Option<f64>,
    nanoseconds: Option<u64>,
) -> Result<Common<'_>, LineError> {
    let weight = weight(share)?;
    Ok(Common {
        policy: policy.ok_or(LineError::Missing("policy"))?,
        weight,
        nanoseconds: nanoseconds.ok_or(LineError::Missing("nanoseconds"))?,
    })
}

/// Returns the number of requests that a line with this share stands for.
fn weight(share: Option<f64>) -> Result<f64, LineError> {
    let share = share.unwrap_or(1.0);
    let weight = 1.0 / share;
    if share > 0.0 && share <= 1.0 && weight.is_finite() {
        Ok(weight)
    } else {
        Err(unknown("share", &share.to_string()))
    }
}

fn unknown(field: &'static str, value: &str) -> LineError {
    LineError::Unknown { field, value: value.chars().take(40).collect() }
}
