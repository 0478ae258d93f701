//! Decides the lines of a decision log anew by a changed policy.
//!
//! Most lines of a log differ from earlier ones only in their time and duration. What lies between these two fields is
//! looked up as a whole ([`repeated`]), so only new combinations are parsed; and of these only new classes are decided.

use super::line::{LineError, Text, unknown, weight};
use super::names::Tally;
use super::summary::Malformed;
use placet::replay::{Replay, ReplayAnswer, ReplayAnswers, ReplayError};
use placet::{Effect, Policy};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::sync::Arc;

/// The maximum number of bytes of repeated lines and of classes that are kept. A log with more of them is read more
/// slowly.
const MAX_CACHED_BYTES: usize = 256 << 20;

/// The results of a replay.
pub(crate) struct Replayed {
    replay: Replay,
    old: String,
    new: String,
    /// The number of lines that are log entries.
    pub(crate) lines: u64,
    /// The verdicts on repeated lines, with the number of times that each was read.
    verdicts: Vec<(Verdict, f64, u64)>,
    /// For the repeated part of a line, the index of its verdict.
    repeated: HashMap<Box<[u8]>, usize>,
    answers: HashMap<Box<str>, Arc<Result<ReplayAnswers, ReplayError>>>,
    cached_bytes: usize,
    changes: Vec<Change>,
    change_ids: BTreeMap<Change, usize>,
    lost: u64,
    malformed: u64,
    first_malformed: Option<Malformed>,
    /// The number of last lines without a line ending.
    pub(crate) unfinished: u64,
}

/// What replaying one line shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// The answer is the same.
    Same,
    /// The effect is the same, for other reasons.
    OtherReasons,
    /// The effect changes: the index of the change.
    Changed(usize),
    /// The effect may change: the index of the change.
    MayChange(usize),
    /// The line can't be replayed.
    Not(Obstacle),
    /// The request was erroneous.
    Erroneous,
    /// The line reports lost lines.
    Lost,
}

/// The reason why a line can't be replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Obstacle {
    NoClasses,
    OtherPolicy,
    OtherType,
    UnknownClasses,
}

/// An effect with the rules that determine it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Ruling {
    /// The effect; `error` for a request that the new policy refuses.
    pub(crate) effect: String,
    pub(crate) rules: Vec<String>,
}

/// A change of the answer: the answers that are possible after it, more than one if the classes don't tell.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Change {
    pub(crate) before: Ruling,
    pub(crate) after: Vec<Ruling>,
}

/// The counts of a replay.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Counts {
    pub(crate) decisions: Tally,
    pub(crate) same: Tally,
    pub(crate) other_reasons: Tally,
    pub(crate) changed: Tally,
    pub(crate) may_change: Tally,
    pub(crate) not_replayed: NotReplayed,
    pub(crate) erroneous: Tally,
    pub(crate) lost: u64,
    pub(crate) malformed: u64,
    pub(crate) unfinished: u64,
}

/// The counts of decisions that can't be replayed, by the reason.
#[derive(Debug, Default, Serialize)]
pub(crate) struct NotReplayed {
    /// The line has no classes.
    pub(crate) no_classes: Tally,
    /// Neither the old nor the new policy decided.
    pub(crate) other_policy: Tally,
    /// An attribute has another type in the new policy.
    pub(crate) other_type: Tally,
    /// The old policy doesn't have these classes.
    pub(crate) unknown_classes: Tally,
}

/// The fields that a replay reads.
#[derive(Debug, Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    event: Text<'a>,
    policy: Option<PolicyHash<'a>>,
    effect: Option<Text<'a>>,
    #[serde(default)]
    rules: Vec<Text<'a>>,
    #[serde(default)]
    missing: Vec<Text<'a>>,
    #[serde(default)]
    obligations: Vec<Due<'a>>,
    classes: Option<&'a RawValue>,
    share: Option<f64>,
    lines: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct PolicyHash<'a> {
    #[serde(borrow)]
    hash: Text<'a>,
}

#[derive(Debug, Deserialize)]
struct Due<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    within_seconds: Option<i64>,
}

impl Replayed {
    pub(crate) fn new(old: &Policy, new: &Policy) -> Self {
        Self {
            replay: Replay::new(old, new),
            old: hash(old),
            new: hash(new),
            lines: 0,
            verdicts: Vec::new(),
            repeated: HashMap::new(),
            answers: HashMap::new(),
            cached_bytes: 0,
            changes: Vec::new(),
            change_ids: BTreeMap::new(),
            lost: 0,
            malformed: 0,
            first_malformed: None,
            unfinished: 0,
        }
    }

    /// Replays a line.
    ///
    /// # Errors
    /// If the line is not a log entry. Then nothing is counted.
    pub(crate) fn add(&mut self, text: &[u8]) -> Result<(), LineError> {
        let repeated = repeated(text);
        let known = repeated.and_then(|part| self.repeated.get(part)).copied();
        let index = match known {
            Some(index) => index,
            None => {
                let (verdict, weight) = self.judge(text)?;
                let index =
                    match self.verdicts.iter().position(|known| (known.0, known.1) == (verdict, weight)) {
                        Some(index) => index,
                        None => {
                            self.verdicts.push((verdict, weight, 0));
                            self.verdicts.len() - 1
                        }
                    };
                if let Some(part) = repeated.filter(|part| self.has_room(part.len())) {
                    self.repeated.insert(part.into(), index);
                }
                index
            }
        };
        if let Some((.., count)) = self.verdicts.get_mut(index) {
            *count += 1;
        }
        self.lines += 1;
        Ok(())
    }

    /// Takes room for a text that is kept, if there is any.
    fn has_room(&mut self, bytes: usize) -> bool {
        let has_room = self.cached_bytes.saturating_add(bytes) <= MAX_CACHED_BYTES;
        if has_room {
            self.cached_bytes += bytes;
        }
        has_room
    }

    /// Counts a line that is not a log entry.
    pub(crate) fn add_malformed(&mut self, file: &str, line: u64, error: &LineError) {
        self.malformed += 1;
        self.first_malformed.get_or_insert_with(|| Malformed::new(file, line, error));
    }

    /// Replays a line that differs from the known ones. Returns the verdict with the number of requests that the line
    /// stands for.
    fn judge(&mut self, text: &[u8]) -> Result<(Verdict, f64), LineError> {
        let line: Line<'_> = serde_json::from_slice(text)?;
        match &*line.event.0 {
            "decision" => {}
            "error" => return Ok((Verdict::Erroneous, weight(line.share)?)),
            "lost" => {
                self.lost = self.lost.saturating_add(line.lines.ok_or(LineError::Missing("lines"))?);
                return Ok((Verdict::Lost, 1.0));
            }
            other => return Err(unknown("event", other)),
        }
        let weight = weight(line.share)?;
        let effect = line.effect.as_ref().ok_or(LineError::Missing("effect"))?;
        if !["allow", "deny", "indeterminate"].contains(&&*effect.0) {
            return Err(unknown("effect", &effect.0));
        }
        let hash = &*line.policy.as_ref().ok_or(LineError::Missing("policy"))?.hash.0;
        if hash == self.new {
            return Ok((Verdict::Same, weight));
        }
        let verdict = match line.classes {
            _ if hash != self.old => Verdict::Not(Obstacle::OtherPolicy),
            None => Verdict::Not(Obstacle::NoClasses),
            Some(classes) => match &*self.answers(classes.get()) {
                Ok(answers) => self.compare(&line, &effect.0, answers),
                Err(ReplayError::OtherType(_)) => Verdict::Not(Obstacle::OtherType),
                Err(_) => Verdict::Not(Obstacle::UnknownClasses),
            },
        };
        Ok((verdict, weight))
    }

    /// Returns the answers of the new policy to requests with these classes.
    fn answers(&mut self, classes: &str) -> Arc<Result<ReplayAnswers, ReplayError>> {
        if let Some(known) = self.answers.get(classes) {
            return known.clone();
        }
        let answers = Arc::new(self.replay.answers(classes));
        if self.has_room(classes.len()) {
            self.answers.insert(classes.into(), answers.clone());
        }
        answers
    }

    fn compare(&mut self, line: &Line<'_>, effect: &str, answers: &ReplayAnswers) -> Verdict {
        match answers.only().map(|answer| word(answer.effect)) {
            Some(after) if after == effect => {
                let is_same =
                    answers.has_exact_reasons && answers.answers.iter().all(|one| has_reasons(line, one));
                if is_same { Verdict::Same } else { Verdict::OtherReasons }
            }
            after => {
                let before = Ruling {
                    effect: effect.to_owned(),
                    rules: line.rules.iter().map(|rule| rule.0.to_string()).collect(),
                };
                let mut all: Vec<Ruling> = answers.answers.iter().map(Ruling::from).collect();
                all.sort();
                all.dedup();
                let index = self.change(Change { before, after: all });
                if after.is_some() { Verdict::Changed(index) } else { Verdict::MayChange(index) }
            }
        }
    }

    fn change(&mut self, change: Change) -> usize {
        if let Some(index) = self.change_ids.get(&change) {
            return *index;
        }
        let index = self.changes.len();
        self.change_ids.insert(change.clone(), index);
        self.changes.push(change);
        index
    }

    /// Returns the counts.
    pub(crate) fn counts(&self) -> Counts {
        let mut out = Counts {
            lost: self.lost,
            malformed: self.malformed,
            unfinished: self.unfinished,
            ..Counts::default()
        };
        for (verdict, weight, lines) in &self.verdicts {
            let tally = match verdict {
                Verdict::Lost => continue,
                Verdict::Erroneous => &mut out.erroneous,
                Verdict::Same => &mut out.same,
                Verdict::OtherReasons => &mut out.other_reasons,
                Verdict::Changed(_) => &mut out.changed,
                Verdict::MayChange(_) => &mut out.may_change,
                Verdict::Not(Obstacle::NoClasses) => &mut out.not_replayed.no_classes,
                Verdict::Not(Obstacle::OtherPolicy) => &mut out.not_replayed.other_policy,
                Verdict::Not(Obstacle::OtherType) => &mut out.not_replayed.other_type,
                Verdict::Not(Obstacle::UnknownClasses) => &mut out.not_replayed.unknown_classes,
            };
            tally.add_lines(*lines, *weight);
            if *verdict != Verdict::Erroneous {
                out.decisions.add_lines(*lines, *weight);
            }
        }
        out
    }

    /// Returns the changes that are certain, or those that are possible, the most frequent first.
    pub(crate) fn changes(&self, are_certain: bool) -> Vec<(&Change, Tally)> {
        let mut tallies: BTreeMap<usize, Tally> = BTreeMap::new();
        for (verdict, weight, lines) in &self.verdicts {
            let (Verdict::Changed(index) | Verdict::MayChange(index)) = verdict else { continue };
            if matches!(verdict, Verdict::Changed(_)) == are_certain {
                tallies.entry(*index).or_default().add_lines(*lines, *weight);
            }
        }
        let all = tallies.into_iter().filter_map(|(index, tally)| Some((self.changes.get(index)?, tally)));
        let mut all: Vec<(&Change, Tally)> = all.collect();
        all.sort_by(|(one, first), (other, second)| {
            second.weight.total_cmp(&first.weight).then_with(|| one.cmp(other))
        });
        all
    }

    pub(crate) fn first_malformed(&self) -> Option<&Malformed> {
        self.first_malformed.as_ref()
    }

    /// Returns true if an answer changes or may change.
    pub(crate) fn has_changes(&self) -> bool {
        let counts = self.counts();
        counts.changed.lines + counts.may_change.lines > 0
    }

    /// Returns true if lines are malformed, or there are decisions and none can be replayed.
    pub(crate) fn is_unreadable(&self) -> bool {
        let counts = self.counts();
        counts.malformed > 0 || counts.decisions.lines > 0 && counts.replayed().lines == 0
    }
}

impl Counts {
    /// Returns the number of decisions that were replayed.
    pub(crate) fn replayed(&self) -> Tally {
        let all = [self.same, self.other_reasons, self.changed, self.may_change];
        Tally {
            lines: all.iter().map(|tally| tally.lines).sum(),
            weight: all.iter().map(|tally| tally.weight).sum(),
        }
    }
}

impl From<&ReplayAnswer> for Ruling {
    fn from(answer: &ReplayAnswer) -> Self {
        Self {
            effect: word(answer.effect).to_owned(),
            rules: answer.rules.iter().map(ToString::to_string).collect(),
        }
    }
}

/// Returns the word for an effect, or for the refusal of a request.
fn word(effect: Option<Effect>) -> &'static str {
    effect.map_or("error", Effect::as_str)
}

/// Returns true if an answer has the rules, obligations and missing attributes of a line.
fn has_reasons(line: &Line<'_>, answer: &ReplayAnswer) -> bool {
    let are_same = |one: &[Text<'_>], other: &[Arc<str>]| {
        one.iter().map(|text| &*text.0).eq(other.iter().map(|name| &**name))
    };
    let due = line.obligations.iter().map(|due| (&*due.name.0, due.within_seconds));
    are_same(&line.rules, &answer.rules)
        && are_same(&line.missing, &answer.missing)
        && due.eq(answer.obligations.iter().map(|(name, within)| (&**name, *within)))
}

/// Returns the part of a decision's line that lines with the same meaning share: all but its time and its duration, in the
/// form that the log writes. `None` for a line of another form.
fn repeated(line: &[u8]) -> Option<&[u8]> {
    const HEAD: &[u8] = br#"{"event":"decision","time":""#;
    const TAIL: &[u8] = br#","nanoseconds":"#;
    let (time, rest) = line.strip_prefix(HEAD)?.split_at_checked("2026-01-15T10:00:00.000000Z".len())?;
    let is_time = time.iter().all(|byte| byte.is_ascii_digit() || b"-T:.Z".contains(byte));
    let middle = rest.strip_suffix(b"}")?;
    let number = middle.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (middle, number) = middle.split_at_checked(middle.len().checked_sub(number)?)?;
    // A number of more digits isn't one that the log writes, and one that begins with 0 may be none of JSON.
    let is_number = matches!(number, [b'0'] | [b'1'..=b'9', ..]) && number.len() < 20;
    let middle = middle.strip_suffix(TAIL)?;
    (is_time && is_number && middle.starts_with(b"\"")).then_some(middle)
}

/// Returns the hash of a policy, in hexadecimal.
fn hash(policy: &Policy) -> String {
    let mut out = String::with_capacity(64);
    for byte in policy.hash() {
        // INVARIANT: writing to a string can't fail.
        let _ = write!(out, "{byte:02x}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_leaves_out_time_and_duration() {
        let line = |time: &str, more: &str| format!("{{\"event\":\"decision\",\"time\":\"{time}\"{more}}}");
        let time = "2026-01-15T10:00:00.000000Z";
        let whole = line(time, r#","effect":"deny","nanoseconds":12"#);
        assert_eq!(repeated(whole.as_bytes()), Some(&br#"","effect":"deny""#[..]));
        for other in [
            line("2026-01-15T10:00:00.000000\"", r#","effect":"deny","nanoseconds":12"#),
            line(time, r#","effect":"deny","nanoseconds":012"#),
            line(time, r#","effect":"deny","nanoseconds":"#),
            line(time, r#","nanoseconds":12,"effect":"deny""#),
            line(time, r#","effect":"deny","nanoseconds":123456789012345678901"#),
            "{}".to_owned(),
        ] {
            assert_eq!(repeated(other.as_bytes()), None, "{other}");
        }
    }
}
