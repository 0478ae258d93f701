//! A line of a decision log, as far as it is summarised. What later versions add is passed over.

use placet::Effect;
use placet_core::quoted;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::HashSet;

/// A text that is borrowed where it has no escapes.
#[derive(Debug, Deserialize)]
pub(crate) struct Text<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

/// A line, whatever it tells.
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
    share: Option<f64>,
    nanoseconds: Option<u64>,
    lines: Option<u64>,
    write_errors: Option<u64>,
}

/// By which policy.
#[derive(Debug, Deserialize)]
pub(crate) struct Policy<'a> {
    #[serde(borrow)]
    pub(crate) name: Text<'a>,
    pub(crate) version: Option<Text<'a>>,
    pub(crate) hash: Text<'a>,
}

/// What was wrong with a request.
#[derive(Debug, Deserialize)]
pub(crate) struct Fault<'a> {
    #[serde(borrow)]
    pub(crate) code: Text<'a>,
    pub(crate) attribute: Option<Text<'a>>,
}

/// Where an attribute came from.
#[derive(Debug, Deserialize)]
pub(crate) struct Origin<'a> {
    #[serde(borrow)]
    pub(crate) resolver: Text<'a>,
    pub(crate) source: Text<'a>,
}

/// A resolver that was asked in vain.
#[derive(Debug, Deserialize)]
pub(crate) struct Failure<'a> {
    #[serde(borrow)]
    pub(crate) resolver: Text<'a>,
    pub(crate) why: Text<'a>,
}

/// What a line tells.
#[derive(Debug)]
pub(crate) enum Event<'a> {
    /// A request was decided.
    Decision(Decision<'a>),
    /// A request was erroneous.
    Error { fault: Fault<'a>, common: Common<'a> },
    /// Lines are not there.
    Lost { lines: u64, write_errors: u64 },
}

/// What is told of a decision.
#[derive(Debug)]
pub(crate) struct Decision<'a> {
    pub(crate) effect: Effect,
    /// The determining rules that certainly apply.
    pub(crate) certain: Vec<Text<'a>>,
    /// The other determining rules.
    pub(crate) uncertain: Vec<Text<'a>>,
    pub(crate) missing: Vec<Text<'a>>,
    pub(crate) resolved: Vec<Origin<'a>>,
    pub(crate) failures: Vec<Failure<'a>>,
    pub(crate) common: Common<'a>,
}

/// What is told of every request.
#[derive(Debug)]
pub(crate) struct Common<'a> {
    pub(crate) policy: Policy<'a>,
    /// How many requests the line stands for.
    pub(crate) weight: f64,
    pub(crate) nanoseconds: u64,
}

/// How a line is not of the format.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LineError {
    /// It is no JSON, or a field is of another type.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// A field is missing.
    #[error("missing field `{0}`")]
    Missing(&'static str),
    /// A field is none of what it can be.
    #[error("unknown {field} {}", quoted(value))]
    Unknown { field: &'static str, value: String },
    /// It is too long to be one.
    #[error("longer than {0} bytes")]
    TooLong(usize),
}

impl<'a> Line<'a> {
    /// What a line tells, and when it was written.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<(Cow<'a, str>, Event<'a>), LineError> {
        let line: Self = serde_json::from_slice(bytes)?;
        let time = line.time.0.clone();
        // In this form the order of texts is that of instants.
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
                let Self { rules, certain, missing, resolved, failures, .. } = self;
                let names: HashSet<&str> = certain.iter().map(|Text(name)| &**name).collect();
                let uncertain = rules.into_iter().filter(|Text(rule)| !names.contains(&**rule)).collect();
                Event::Decision(Decision { effect, certain, uncertain, missing, resolved, failures, common })
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
    let share = share.unwrap_or(1.0);
    let weight = 1.0 / share;
    if !(share > 0.0 && share <= 1.0 && weight.is_finite()) {
        return Err(unknown("share", &share.to_string()));
    }
    Ok(Common {
        policy: policy.ok_or(LineError::Missing("policy"))?,
        weight,
        nanoseconds: nanoseconds.ok_or(LineError::Missing("nanoseconds"))?,
    })
}

fn unknown(field: &'static str, value: &str) -> LineError {
    LineError::Unknown { field, value: value.chars().take(40).collect() }
}
