//! Pairs the rules of two policies, and compares their texts.

use super::{RuleChange, RulePart};
use placet_model::Model;
use placet_model::policy::{Obligation, Rule};
use placet_model::value::Value;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;

/// The rules of two policies, paired by index.
#[derive(Default)]
pub(super) struct Pairs {
    pub(super) both: Vec<(usize, usize)>,
    pub(super) removed: Vec<usize>,
    pub(super) added: Vec<usize>,
}

impl Pairs {
    /// Pairs rules with one name. Pairs the others, and numbered rows, if they fire for the same requests: a row's number is
    /// only its position. `fires` is equal for rules that fire for the same requests.
    pub(super) fn new<F: Copy + Eq + Hash>(old: &Model, new: &Model, fires: [&[F]; 2]) -> Self {
        let [of_old, of_new] = fires;
        let same = |(a, b): (usize, usize)| of_old.get(a) == of_new.get(b) && effects_agree(old, new, a, b);
        let named: HashMap<&str, usize> =
            old.rules.iter().zip(0..).map(|(rule, at)| (&*rule.name, at)).collect();
        let mut out = Self::default();
        let (mut used_old, mut used_new) = (HashSet::new(), HashSet::new());
        let mut pair = |a: usize, b: usize, out: &mut Self| {
            if !used_old.contains(&a) && !used_new.contains(&b) {
                used_old.insert(a);
                used_new.insert(b);
                out.both.push((a, b));
            }
        };
        let by_name =
            || new.rules.iter().zip(0..).filter_map(|(rule, b)| Some((*named.get(&*rule.name)?, b)));
        // Three passes, the surest first: same name and meaning; same meaning under another name (renamed or moved);
        // same name alone.
        by_name().filter(|both| same(*both)).for_each(|(a, b)| pair(a, b, &mut out));
        let mut alike: HashMap<F, Vec<usize>> = HashMap::new();
        for (fires, at) in of_old.iter().zip(0..) {
            alike.entry(*fires).or_default().push(at);
        }
        for (at, rule) in new.rules.iter().enumerate() {
            let candidates = of_new.get(at).and_then(|fires| alike.get(fires)).map_or(&[][..], Vec::as_slice);
            let is_free = |a: &usize| {
                let name = old.rules.get(*a).map_or("", |rule| &rule.name);
                same((*a, at))
                    && (row_of(name) == row_of(&rule.name)
                        || new.rules.iter().all(|rule| *rule.name != *name))
            };
            // A numbered row stays in its table, and a rule whose old name another rule has now wasn't renamed.
            let may_move = row_of(&rule.name).is_some() || !named.contains_key(&*rule.name);
            if may_move {
                candidates.iter().filter(|a| is_free(a)).for_each(|a| pair(*a, at, &mut out));
            }
        }
        by_name().for_each(|(a, b)| pair(a, b, &mut out));
        out.removed = (0..old.rules.len()).filter(|at| !used_old.contains(at)).collect();
        out.added = (0..new.rules.len()).filter(|at| !used_new.contains(at)).collect();
        out.both.sort_unstable_by_key(|(_, new)| *new);
        out
    }
}

fn effects_agree(old: &Model, new: &Model, a: usize, b: usize) -> bool {
    old.rules.get(a).map(|rule| rule.effect) == new.rules.get(b).map(|rule| rule.effect)
}

/// Returns the table of a row with a number in place of a name.
fn row_of(name: &str) -> Option<&str> {
    let (table, row) = name.split_once('/')?;
    row.bytes().all(|byte| byte.is_ascii_digit()).then_some(table)
}

/// Returns the changes between two paired rules. `due` returns true if an old and a new obligation are due for the same
/// requests.
pub(super) fn compare(
    old: &Rule,
    new: &Rule,
    fires_elsewhere: bool,
    due: impl Fn(usize, usize) -> bool,
) -> Option<RuleChange> {
    let mut parts = Vec::new();
    let mut note = |what: &'static str, old: BTreeSet<String>, new: BTreeSet<String>| {
        if old != new {
            let only =
                |one: &BTreeSet<String>, other: &BTreeSet<String>| one.difference(other).cloned().collect();
            parts.push(RulePart { what, old: only(&old, &new), new: only(&new, &old) });
        }
    };
    let one = |text: &Option<Arc<str>>| text.iter().map(ToString::to_string).collect::<BTreeSet<String>>();
    let all = |texts: &[Arc<str>]| texts.iter().map(ToString::to_string).collect::<BTreeSet<String>>();
    let effect = |rule: &Rule| BTreeSet::from([super::verb(rule.effect).to_owned()]);
    if !(row_of(&old.name).is_some() && row_of(&old.name) == row_of(&new.name)) {
        note("name", BTreeSet::from([old.name.to_string()]), BTreeSet::from([new.name.to_string()]));
    }
    note("effect", effect(old), effect(new));
    note("cites", all(&old.cites), all(&new.cites));
    note("basis", one(&old.basis), one(&new.basis));
    note("because", one(&old.because), one(&new.because));
    let obligations = |rule: &Rule| rule.obligations.iter().map(obligation).collect::<BTreeSet<String>>();
    note("obligations", obligations(old), obligations(new));
    // Texts may repeat, so each obligation needs a partner with the same text and condition.
    let is_due_elsewhere = new.obligations.iter().enumerate().any(|(b, is)| {
        let mut alike =
            old.obligations.iter().enumerate().filter(|(_, was)| obligation(was) == obligation(is));
        alike.clone().next().is_some() && !alike.any(|(a, _)| due(a, b))
    });
    let is_changed = !parts.is_empty() || fires_elsewhere || is_due_elsewhere;
    is_changed.then(|| RuleChange::Changed {
        rule: new.name.to_string(),
        parts,
        fires_elsewhere,
        obliges_elsewhere: is_due_elsewhere,
    })
}

/// Formats an obligation without its condition.
fn obligation(obligation: &Obligation) -> String {
    let duration = |micros: i64| Value::Duration(micros).display(&placet_model::types::Type::Duration);
    let within = obligation.within.map_or_else(String::new, |micros| format!(" within {}", duration(micros)));
    let text = obligation.text.as_ref().map_or_else(String::new, |text| format!(" \"{text}\""));
    format!("{}{within}{text}", obligation.name)
}
