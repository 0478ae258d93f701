//! Decides the lines of a decision log anew by a changed policy.
//!
//! Most lines of a log differ from earlier ones only in their time and duration. What lies between these two fields is
//! looked up as a whole ([`repeated`]), so only new combinations are parsed; and of these only new classes are decided.

use super::line::{Decision, Event, Line, LineError, Text};
use super::names::Tally;
use super::read::{LineCounts, LineFaults, Malformed};
use super::verdicts::{Obstacle, Verdict, Verdicts};
use placet::replay::{Replay, ReplayAnswer, ReplayAnswers, ReplayError};
use placet::{Effect, Policy};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The maximum number of bytes of repeated lines, and of classes with their answers, that are kept. A log with more of
/// them is read more slowly.
const MAX_CACHED_BYTES: usize = 256 << 20;

/// The approximate number of bytes of an entry beside its texts.
const ENTRY_BYTES: usize = 96;

/// The maximum number of changes that are told apart. Policies have fewer, so only input that is not a log reaches it.
/// Lines with further changes are counted together.
const MAX_CHANGES: usize = 100_000;

/// The maximum number of bytes of the texts of these changes.
const MAX_CHANGE_BYTES: usize = 32 << 20;

/// The results of a replay.
pub(crate) struct Replayed {
    replay: Replay,
    old: String,
    new: String,
    /// The number of lines that are log entries.
    pub(crate) lines: u64,
    verdicts: Verdicts,
    /// For the repeated part of a line, the index of its verdict.
    repeated: HashMap<Box<[u8]>, usize>,
    answers: HashMap<Box<str>, Arc<Result<ReplayAnswers, ReplayError>>>,
    cached_bytes: usize,
    changes: Vec<Arc<Change>>,
    change_ids: HashMap<Arc<Change>, usize>,
    change_bytes: usize,
    lost: u64,
    faults: LineFaults,
}

/// The outcome of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    Allow,
    Deny,
    /// The policy refuses the request.
    Error,
    Indeterminate,
    /// The classes don't tell.
    Unknown,
}

/// An outcome with the rules that determine it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub(crate) struct Ruling {
    pub(crate) effect: Outcome,
    pub(crate) rules: Vec<String>,
}

/// A change of the answer: the answers that are possible after it, more than one if the classes don't tell.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
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

impl LineCounts for Replayed {
    fn lines(&self) -> u64 {
        self.lines
    }

    fn add(&mut self, text: &[u8]) -> Result<(), LineError> {
        let repeated = repeated(text);
        let known = repeated.and_then(|part| self.repeated.get(part)).copied();
        if let Some(index) = known {
            self.verdicts.count(index);
        } else {
            let (verdict, weight) = self.judge(text)?;
            match self.verdicts.index(verdict, weight) {
                Some(index) => {
                    self.verdicts.count(index);
                    if let Some(part) = repeated.filter(|part| self.has_room(part.len())) {
                        self.repeated.insert(part.into(), index);
                    }
                }
                None => self.verdicts.count_other(verdict, weight),
            }
        }
        self.lines += 1;
        Ok(())
    }

    fn faults(&mut self) -> &mut LineFaults {
        &mut self.faults
    }
}

impl Replayed {
    pub(crate) fn new(old: &Policy, new: &Policy) -> Self {
        Self {
            replay: Replay::new(old, new),
            old: old.hash_hex(),
            new: new.hash_hex(),
            lines: 0,
            verdicts: Verdicts::default(),
            repeated: HashMap::new(),
            answers: HashMap::new(),
            cached_bytes: 0,
            changes: Vec::new(),
            change_ids: HashMap::new(),
            change_bytes: 0,
            lost: 0,
            faults: LineFaults::default(),
        }
    }

    /// Takes room for an entry with texts of this size, if there is any.
    fn has_room(&mut self, bytes: usize) -> bool {
        let bytes = bytes.saturating_add(ENTRY_BYTES);
        let has_room = self.cached_bytes.saturating_add(bytes) <= MAX_CACHED_BYTES;
        if has_room {
            self.cached_bytes += bytes;
        }
        has_room
    }

    /// Replays a line that differs from the known ones. Returns the verdict with the number of requests that the line
    /// stands for.
    fn judge(&mut self, text: &[u8]) -> Result<(Verdict, f64), LineError> {
        let (_, event) = Line::read(text)?;
        let decision = match event {
            Event::Decision(decision) => decision,
            Event::Error { common, .. } => return Ok((Verdict::Erroneous, common.weight)),
            Event::Lost { lines, .. } => {
                self.lost = self.lost.saturating_add(lines);
                return Ok((Verdict::Lost, 1.0));
            }
        };
        let hash = &*decision.common.policy.hash.0;
        let verdict = match decision.classes {
            _ if hash == self.new => Verdict::Same,
            _ if hash != self.old => Verdict::Not(Obstacle::OtherPolicy),
            None => Verdict::Not(Obstacle::NoClasses),
            Some(classes) => match &*self.answers(classes.get()) {
                Ok(answers) => self.compare(&decision, answers),
                Err(ReplayError::OtherType(_)) => Verdict::Not(Obstacle::OtherType),
                Err(_) => Verdict::Not(Obstacle::UnknownClasses),
            },
        };
        Ok((verdict, decision.common.weight))
    }

    /// Returns the answers of the new policy to requests with these classes.
    fn answers(&mut self, classes: &str) -> Arc<Result<ReplayAnswers, ReplayError>> {
        if let Some(known) = self.answers.get(classes) {
            return known.clone();
        }
        let answers = Arc::new(self.replay.answers(classes));
        if self.has_room(classes.len().saturating_add(bytes(&answers))) {
            self.answers.insert(classes.into(), answers.clone());
        }
        answers
    }

    fn compare(&mut self, decision: &Decision<'_>, answers: &ReplayAnswers) -> Verdict {
        let after = answers.only().map(|answer| answer.effect);
        if after == Some(Some(decision.effect)) {
            let are_same =
                answers.has_exact_reasons && answers.answers.iter().all(|one| has_reasons(decision, one));
            return if are_same { Verdict::Same } else { Verdict::OtherReasons };
        }
        let before = Ruling {
            effect: Some(decision.effect).into(),
            rules: decision.rules.iter().map(|Text(rule)| rule.to_string()).collect(),
        };
        let mut all: Vec<Ruling> = answers.answers.iter().map(Ruling::from).collect();
        if !answers.is_certain {
            // With pending attributes, indeterminate says only that the classes don't tell.
            all.retain(|ruling| ruling.effect != Outcome::Indeterminate);
            all.push(Ruling { effect: Outcome::Unknown, rules: Vec::new() });
        }
        all.sort();
        all.dedup();
        let index = self.change(Change { before, after: all });
        if after.is_some() { Verdict::Changed(index) } else { Verdict::MayChange(index) }
    }

    /// Returns the index of a change; `None` beyond the limits.
    fn change(&mut self, change: Change) -> Option<usize> {
        if let Some(index) = self.change_ids.get(&change) {
            return Some(*index);
        }
        let index = self.changes.len();
        let bytes = self.change_bytes.saturating_add(change.bytes());
        if index >= MAX_CHANGES || bytes > MAX_CHANGE_BYTES {
            return None;
        }
        self.change_bytes = bytes;
        let change = Arc::new(change);
        self.change_ids.insert(change.clone(), index);
        self.changes.push(change);
        Some(index)
    }

    /// Returns the counts.
    pub(crate) fn counts(&self) -> Counts {
        let mut out = Counts {
            lost: self.lost,
            malformed: self.faults.malformed,
            unfinished: self.faults.unfinished,
            ..Counts::default()
        };
        for (verdict, tally) in self.verdicts.tallies() {
            let own = match verdict {
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
            own.add_tally(tally);
            if verdict != Verdict::Erroneous {
                out.decisions.add_tally(tally);
            }
        }
        out
    }

    /// Returns the changes that are certain, or those that are possible, the most frequent first; and the tally of those
    /// beyond the limits.
    pub(crate) fn changes(&self, are_certain: bool) -> (Vec<(&Change, Tally)>, Tally) {
        let mut tallies: BTreeMap<usize, Tally> = BTreeMap::new();
        let mut others = Tally::default();
        for (verdict, tally) in self.verdicts.tallies() {
            let (Verdict::Changed(index) | Verdict::MayChange(index)) = verdict else { continue };
            if matches!(verdict, Verdict::Changed(_)) == are_certain {
                let own = index.map_or(&mut others, |index| tallies.entry(index).or_default());
                own.add_tally(tally);
            }
        }
        let all = tallies.into_iter().filter_map(|(index, tally)| Some((&**self.changes.get(index)?, tally)));
        let mut all: Vec<(&Change, Tally)> = all.collect();
        all.sort_by(|(one, first), (other, second)| {
            second.weight.total_cmp(&first.weight).then_with(|| one.cmp(other))
        });
        (all, others)
    }

    pub(crate) fn first_malformed(&self) -> Option<&Malformed> {
        self.faults.first_malformed.as_ref()
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

    /// Returns true if anything that may matter wasn't replayed: the new policy may decide it otherwise.
    pub(crate) fn is_partial(&self) -> bool {
        let counts = self.counts();
        counts.replayed().lines < counts.decisions.lines
            || counts.decisions.lines == 0
            || counts.erroneous.lines > 0
            || counts.lost > 0
            || counts.unfinished > 0
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

impl Change {
    /// Returns the approximate number of bytes that the change takes.
    fn bytes(&self) -> usize {
        let rulings = std::iter::once(&self.before).chain(&self.after);
        rulings.map(Ruling::bytes).fold(ENTRY_BYTES, usize::saturating_add)
    }
}

impl Ruling {
    fn bytes(&self) -> usize {
        let rules = self.rules.iter().map(|rule| size_of::<String>() + rule.len());
        rules.fold(size_of::<Self>(), usize::saturating_add)
    }
}

impl From<&ReplayAnswer> for Ruling {
    fn from(answer: &ReplayAnswer) -> Self {
        Self { effect: answer.effect.into(), rules: answer.rules.iter().map(ToString::to_string).collect() }
    }
}

impl From<Option<Effect>> for Outcome {
    fn from(effect: Option<Effect>) -> Self {
        match effect {
            Some(Effect::Allow) => Self::Allow,
            Some(Effect::Deny) => Self::Deny,
            Some(Effect::Indeterminate) => Self::Indeterminate,
            None => Self::Error,
        }
    }
}

impl Outcome {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Error => "error",
            Self::Indeterminate => "indeterminate",
            Self::Unknown => "unknown",
        }
    }
}

/// Returns the approximate number of bytes of some answers.
fn bytes(answers: &Result<ReplayAnswers, ReplayError>) -> usize {
    let of = |answer: &ReplayAnswer| {
        let names = answer.rules.len() + answer.missing.len() + 2 * answer.obligations.len();
        size_of::<ReplayAnswer>() + names * size_of::<Arc<str>>()
    };
    match answers {
        Ok(answers) => answers.answers.iter().map(of).sum(),
        Err(error) => error.to_string().len(),
    }
}

/// Returns true if an answer has the rules, obligations and missing attributes of a logged decision.
fn has_reasons(decision: &Decision<'_>, answer: &ReplayAnswer) -> bool {
    let are_same = |one: &[Text<'_>], other: &[Arc<str>]| {
        one.iter().map(|text| &*text.0).eq(other.iter().map(|name| &**name))
    };
    let due = decision.obligations.iter().map(|due| (&*due.name.0, due.within_seconds));
    are_same(&decision.rules, &answer.rules)
        && are_same(&decision.missing, &answer.missing)
        && due.eq(answer.obligations.iter().map(|(name, within)| (&**name, *within)))
}

/// Returns the part of a decision's line that lines with the same meaning share: all but its time and its duration, in the
/// form that the log writes. `None` for a line of another form.
fn repeated(line: &[u8]) -> Option<&[u8]> {
    const HEAD: &[u8] = br#"{"event":"decision","time":""#;
    const TAIL: &[u8] = br#","nanoseconds":"#;
    let (time, rest) = line.strip_prefix(HEAD)?.split_at_checked("2026-01-15T10:00:00.000000Z".len())?;
    let (last, digits) = time.split_last()?;
    let is_time = *last == b'Z' && digits.iter().all(|byte| byte.is_ascii_digit() || b"-T:.".contains(byte));
    let middle = rest.strip_suffix(b"}")?;
    let number = middle.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (middle, number) = middle.split_at_checked(middle.len().checked_sub(number)?)?;
    // A number of more digits isn't one that the log writes, and one that begins with 0 may be none of JSON.
    let is_number = matches!(number, [b'0'] | [b'1'..=b'9', ..]) && number.len() < 20;
    let middle = middle.strip_suffix(TAIL)?;
    (is_time && is_number && middle.starts_with(b"\"")).then_some(middle)
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
            line("2026-01-15T10:00:00.0000000", r#","effect":"deny","nanoseconds":12"#),
            line(time, r#","effect":"deny","nanoseconds":012"#),
            line(time, r#","effect":"deny","nanoseconds":"#),
            line(time, r#","nanoseconds":12,"effect":"deny""#),
            line(time, r#","effect":"deny","nanoseconds":123456789012345678901"#),
            "{}".to_owned(),
        ] {
            assert_eq!(repeated(other.as_bytes()), None, "{other}");
        }
    }
    /// The texts of changes come from the log: beyond the limits they are counted together.
    #[test]
    fn changes_beyond_the_limits_are_counted_together() {
        let policy =
            |text: &str| Policy::from_text(&format!("policy p  request {{ x: bool }}  {text}")).unwrap();
        let (old, new) = (policy("rule r { allow when x }"), policy("rule r { deny when x }"));
        let mut replayed = Replayed::new(&old, &new);
        let add = |replayed: &mut Replayed, rule: &str, share: f64| {
            let hash = old.hash_hex();
            let line = format!(
                r#"{{"event":"decision","time":"2026-01-15T10:00:00.000000Z","policy":{{"name":"p","hash":"{hash}"}},"effect":"allow","rules":["{rule}"],"classes":{{"x":1}},"share":{share},"nanoseconds":12}}"#
            );
            replayed.add(line.as_bytes()).unwrap();
        };
        let long = "x".repeat(1 << 20);
        for number in 0..40 {
            add(&mut replayed, &format!("{long}{number}"), 0.5);
        }
        let (changes, others) = replayed.changes(true);
        assert!((28..32).contains(&changes.len()), "{}", changes.len());
        assert_eq!(others, Tally { lines: 40 - changes.len() as u64, weight: 2.0 * others.lines as f64 });
        assert_eq!(replayed.counts().changed, Tally { lines: 40, weight: 80.0 });
        assert!(replayed.cached_bytes <= MAX_CACHED_BYTES && replayed.cached_bytes > 40 << 20);
    }
}
