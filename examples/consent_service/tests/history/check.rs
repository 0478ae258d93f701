//! The checks of a history.

use crate::policies::FREEZING;
use crate::record::{Answer, Asked, Effect, Entry, What};

/// A summary of a history, for people to read.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    pub(crate) allowed: usize,
    pub(crate) denied: usize,
    pub(crate) indeterminate: usize,
    pub(crate) said: usize,
    /// The number of answers by each policy.
    pub(crate) by_policy: Vec<usize>,
}

/// Summarises a history, or returns the first violation.
pub(crate) fn check(history: &[Entry], subjects: u16, policies: usize) -> Result<Summary, String> {
    let mut summary = Summary { by_policy: vec![0; policies], ..Summary::default() };
    for subject in 0..subjects {
        let of: Vec<Entry> = history.iter().filter(|entry| entry.subject == subject).copied().collect();
        let said = |what: bool| {
            let said = of.iter().filter(move |entry| entry.what == What::Said { granted: what });
            said.copied().collect::<Vec<Entry>>()
        };
        let (grants, withdrawals) = (said(true), said(false));
        summary.said += grants.len() + withdrawals.len();
        let (granted, withdrawn) = (Said::new(&grants), Said::new(&withdrawals));
        for entry in &of {
            let What::Decided(answer) = entry.what else { continue };
            match answer.effect {
                Effect::Allow => {
                    summary.allowed += 1;
                    if !granted.may_hold(&withdrawn, entry) {
                        return Err(format!(
                            "allowed though a withdrawal was acknowledged before: {entry:?}"
                        ));
                    }
                }
                Effect::Deny => {
                    summary.denied += 1;
                    if answer.withdrawn && !withdrawn.may_hold(&granted, entry) {
                        return Err(format!("withdrawn though consent was acknowledged before: {entry:?}"));
                    }
                }
                Effect::Indeterminate => {
                    summary.indeterminate += 1;
                    if answer.failures == 0 {
                        return Err(format!("nothing failed, and yet something is not known: {entry:?}"));
                    }
                }
            }
            summary.by_policy[of_one_policy(&answer)?] += 1;
        }
    }
    Ok(summary)
}

/// Returns the policy that made an answer. All parts of the answer must agree on it.
fn of_one_policy(answer: &Answer) -> Result<usize, String> {
    let Some(policy) = answer.policy else {
        return Err(format!("of a policy that there never was: {answer:?}"));
    };
    let freezing = policy == FREEZING && answer.asked == Asked::Clicks;
    if answer.mark.is_some_and(|mark| mark != policy) {
        return Err(format!("by rules of another policy: {answer:?}"));
    }
    if answer.frozen && !freezing {
        return Err(format!("by a rule that the policy does not have: {answer:?}"));
    }
    if answer.effect == Effect::Allow && freezing {
        return Err(format!("allowed past a rule of the policy: {answer:?}"));
    }
    Ok(policy)
}

/// The events of one effect about a subject, sorted for quick searches.
struct Said {
    /// By time sent: the time, and the latest acknowledgement up to it.
    by_sent: Vec<(u64, u64)>,
    /// By time acknowledged: the time, and the latest sending up to it.
    by_answered: Vec<(u64, u64)>,
}

impl Said {
    fn new(entries: &[Entry]) -> Self {
        let latest = |mut pairs: Vec<(u64, u64)>| {
            pairs.sort_unstable();
            let mut latest = 0;
            for (_, other) in &mut pairs {
                latest = latest.max(*other);
                *other = latest;
            }
            pairs
        };
        Self {
            by_sent: latest(entries.iter().map(|entry| (entry.sent, entry.answered)).collect()),
            by_answered: latest(entries.iter().map(|entry| (entry.answered, entry.sent)).collect()),
        }
    }

    /// Returns true if one of these events may have been in effect at some moment during a request. It must have been
    /// sent before the answer arrived. No event of the `other` effect may have been both sent after its acknowledgement
    /// and acknowledged before the request was sent.
    fn may_hold(&self, other: &Self, request: &Entry) -> bool {
        let before = |pairs: &[(u64, u64)], instant: u64| {
            let count = pairs.partition_point(|(at, _)| *at < instant);
            count.checked_sub(1).map(|last| pairs[last].1)
        };
        let Some(acknowledged) = before(&self.by_sent, request.answered) else { return false };
        before(&other.by_answered, request.sent).is_none_or(|sent| sent < acknowledged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(granted: bool, sent: u64, answered: u64) -> Entry {
        Entry { subject: 0, sent, answered, what: What::Said { granted } }
    }

    fn decided(effect: Effect, sent: u64, answered: u64) -> Entry {
        let answer = Answer {
            asked: Asked::Email,
            effect,
            withdrawn: effect == Effect::Deny,
            policy: Some(0),
            mark: Some(0),
            frozen: false,
            failures: 0,
        };
        Entry { subject: 0, sent, answered, what: What::Decided(answer) }
    }

    fn holds(history: &[Entry]) -> bool {
        check(history, 1, 1).is_ok()
    }

    #[test]
    fn an_allow_needs_a_grant_in_effect() {
        let allow = |sent, answered| decided(Effect::Allow, sent, answered);
        assert!(!holds(&[allow(10, 20)]));
        assert!(holds(&[said(true, 1, 2), allow(10, 20)]));
        assert!(!holds(&[said(true, 1, 2), said(false, 3, 4), allow(10, 20)]));
        // The withdrawal wasn't acknowledged yet when the request was sent.
        assert!(holds(&[said(true, 1, 2), said(false, 3, 11), allow(10, 20)]));
        // Both were in progress at the same time, so either order is possible.
        assert!(holds(&[said(true, 1, 5), said(false, 3, 4), allow(10, 20)]));
        // A later grant, sent before the answer arrived.
        assert!(holds(&[said(true, 1, 2), said(false, 3, 4), said(true, 15, 30), allow(10, 20)]));
        assert!(!holds(&[said(true, 1, 2), said(false, 3, 4), said(true, 21, 30), allow(10, 20)]));
    }

    #[test]
    fn a_deny_needs_a_withdrawal_in_effect() {
        let deny = |sent, answered| decided(Effect::Deny, sent, answered);
        assert!(!holds(&[said(true, 1, 2), deny(10, 20)]));
        assert!(holds(&[said(true, 1, 2), said(false, 3, 4), deny(10, 20)]));
        assert!(!holds(&[said(false, 1, 2), said(true, 3, 4), deny(10, 20)]));
    }

    #[test]
    fn answers_agree_on_one_policy() {
        let answered = |change: fn(&mut Answer)| {
            let mut entry = decided(Effect::Allow, 10, 20);
            if let What::Decided(answer) = &mut entry.what {
                answer.policy = Some(FREEZING);
                answer.mark = Some(FREEZING);
                change(answer);
            }
            check(&[said(true, 1, 2), entry], 1, FREEZING + 1).is_ok()
        };
        assert!(answered(|_| {}));
        assert!(answered(|answer| answer.mark = None));
        assert!(!answered(|answer| answer.mark = Some(0)));
        assert!(!answered(|answer| answer.policy = Some(0)));
        assert!(!answered(|answer| answer.policy = None));
        assert!(!answered(|answer| answer.asked = Asked::Clicks));
        assert!(!answered(|answer| answer.frozen = true));
    }
}
