//! Texts: named in conditions, matched by patterns, and all others.

use super::{MAX_TRIED, Outcomes, Probe, one_of};
use placet_core::Pattern;
use placet_model::condition::Atom;
use placet_model::decision::Effect;
use placet_model::types::Type;
use placet_model::value::{Value, pattern_literal};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Unnamed texts that the same patterns match.
struct Class {
    sample: Arc<str>,
    /// For each pattern, true if it matches.
    matches: Vec<bool>,
    effect: Effect,
}

pub(super) fn outcomes(probe: &mut Probe<'_>) -> Outcomes {
    let (named, patterns) = tests(probe);
    let mut effects: Vec<(Effect, Vec<&Arc<str>>)> = Vec::new();
    for text in named.iter().take(MAX_TRIED) {
        let Some(effect) = probe.effect(&Value::String(text.clone())) else { continue };
        match effects.iter_mut().find(|(other, _)| *other == effect) {
            Some((_, texts)) => texts.push(text),
            None => effects.push((effect, vec![text])),
        }
    }
    let mut classes: Vec<Class> = Vec::new();
    let mut is_whole = named.len() <= MAX_TRIED;
    for value in probe.representatives() {
        let Value::String(sample) = value else { continue };
        // Conditions that the request has settled name texts too, and a class may be represented by one of them.
        let Some(sample) = unnamed(sample.clone(), &named, &patterns) else {
            // A pattern without a star is matched by one text alone.
            is_whole &= patterns.iter().any(|one| one.pieces().len() == 1 && one.matches(&sample));
            continue;
        };
        if let Some(effect) = probe.effect(&Value::String(sample.clone())) {
            let matches: Vec<bool> = patterns.iter().map(|pattern| pattern.matches(&sample)).collect();
            // Two classes that settled conditions alone tell apart are one.
            if !classes.iter().any(|class| (&class.matches, class.effect) == (&matches, effect)) {
                classes.push(Class { sample, matches, effect });
            }
        }
    }
    let first = classes.first().map(|class| class.effect);
    let only = first.filter(|first| classes.iter().all(|class| class.effect == *first));
    // A named text with the effect of the others needs no line of its own.
    effects.retain(|(effect, _)| only != Some(*effect) || !is_whole);
    let other = if effects.is_empty() { "" } else { "other " };
    let mut out: Outcomes = effects
        .iter()
        .map(|(effect, texts)| {
            let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
            (one_of(&texts, "texts"), *effect)
        })
        .collect();
    if !is_whole {
        // Texts that were not tried get no line.
        out.extend(classes.iter().map(|class| (quoted(&class.sample), class.effect)));
        return out;
    }
    match only {
        Some(effect) => out.push((format!("any {other}text"), effect)),
        None => out.extend(by_patterns(&patterns, &classes, other)),
    }
    out
}

/// Returns a text that no condition names, and that the same patterns match; `None` if none was found.
pub(crate) fn unnamed(
    sample: Arc<str>,
    named: &BTreeSet<Arc<str>>,
    patterns: &[Pattern],
) -> Option<Arc<str>> {
    if !named.contains(&sample) {
        return Some(sample);
    }
    // A letter that occurs nowhere makes no pattern match. It breaks no match if a star takes it.
    let occurs = |letter: char| {
        let pieces = patterns.iter().flat_map(|pattern| pattern.pieces());
        named.iter().any(|text| text.contains(letter))
            || pieces.into_iter().any(|piece| piece.contains(letter))
    };
    let letter = ('a'..).find(|letter| !occurs(*letter))?;
    let ends = sample.char_indices().map(|(at, _)| at).chain([sample.len()]);
    let longer = ends.filter_map(|at| {
        let (before, after) = sample.split_at_checked(at)?;
        Some(format!("{before}{letter}{after}"))
    });
    let alike =
        |text: &String| patterns.iter().all(|pattern| pattern.matches(text) == pattern.matches(&sample));
    longer.into_iter().find(alike).map(Arc::from)
}

/// Returns the texts and patterns in conditions on the attribute.
fn tests(probe: &Probe<'_>) -> (BTreeSet<Arc<str>>, Vec<Pattern>) {
    let (mut named, mut patterns) = (BTreeSet::new(), Vec::new());
    for atom in probe.atoms() {
        match atom {
            Atom::TextIn(_, texts) => named.extend(texts.iter().cloned()),
            Atom::TextLike(_, pattern) if !patterns.contains(pattern) => patterns.push(pattern.clone()),
            other => {
                for value in other.attributes().iter().filter_map(|id| probe.facts.value(*id)) {
                    match value {
                        Value::String(text) => drop(named.insert(text.clone())),
                        Value::Texts(texts) => named.extend(texts.iter().cloned()),
                        _ => {}
                    }
                }
            }
        }
    }
    (named, patterns)
}

/// Returns lines about texts that patterns tell apart: by one pattern if that is enough, otherwise by all of them.
fn by_patterns(patterns: &[Pattern], classes: &[Class], other: &str) -> Outcomes {
    let mut out = Outcomes::new();
    let mut left: Vec<&Class> = classes.iter().collect();
    for (index, pattern) in patterns.iter().enumerate() {
        let is_matched = |class: &&Class| class.matches.get(index) == Some(&true);
        let mut all = classes.iter().filter(is_matched).map(|class| class.effect);
        if left.iter().any(&is_matched)
            && let Some(effect) = all.next()
            && all.all(|next| next == effect)
        {
            out.push((format!("{other}texts like {}", pattern_literal(pattern)), effect));
            left.retain(|class| !is_matched(class));
        }
    }
    let (plain, matched): (Vec<&Class>, Vec<&Class>) =
        left.into_iter().partition(|class| class.matches.iter().all(|matches| !matches));
    for class in matched {
        let of = |wanted: bool| {
            let all = patterns.iter().zip(&class.matches).filter(move |(_, matches)| **matches == wanted);
            all.map(|(pattern, _)| pattern_literal(pattern)).collect::<Vec<String>>()
        };
        let (like, unlike) = (of(true).join(" and like "), of(false).join(" nor like "));
        let unlike = if unlike.is_empty() { unlike } else { format!(" but not like {unlike}") };
        let such = quoted(&class.sample);
        out.push((format!("{other}texts like {like}{unlike}, such as {such}"), class.effect));
    }
    out.extend(plain.into_iter().map(|class| ("any other text".to_owned(), class.effect)));
    out
}

fn quoted(text: &Arc<str>) -> String {
    Value::String(text.clone()).display(&Type::String)
}
