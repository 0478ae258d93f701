//! The comparison of a policy with its lock, and of the lock with the document, for `placet check`.

use super::named;
use crate::document::{self, Document, DocumentError, Resolution};
use crate::lock::{self, Change, Lock, Pinned};
use crate::render;
use placet::{Code, Diagnostic, Policy, RuleDeclaration, Sources};
use placet_core::{FileId, Span, excerpt_within};
use std::collections::{HashMap, HashSet};
use std::io;
use std::path::Path;

/// The number of changes of a clause, and of new words of a change, that are shown.
const MAX_CHANGES: usize = 8;
const MAX_WORDS: usize = 12;

/// The number of characters of a run of words that is shown.
const MAX_CHARS: usize = 200;

/// A cite of a policy, and the rules that have it.
pub(super) struct Cited<'p> {
    pub(super) text: &'p str,
    pub(super) rules: Vec<RuleDeclaration<'p>>,
}

/// Returns the cites of a policy, in the order of the text.
pub(super) fn cites(policy: &Policy) -> Vec<Cited<'_>> {
    let mut cites: Vec<Cited<'_>> = Vec::new();
    let mut known: HashMap<&str, usize> = HashMap::new();
    for rule in policy.rules() {
        for cite in rule.cites() {
            let index = *known.entry(cite).or_insert(cites.len());
            match cites.get_mut(index) {
                Some(cited) if cited.rules.last().is_some_and(|last| last.name() == rule.name()) => {}
                Some(cited) => cited.rules.push(rule),
                None => cites.push(Cited { text: cite, rules: vec![rule] }),
            }
        }
    }
    cites
}

/// Compares a policy and its document with the policy's lock, if there is one. Says in a note if the document isn't here.
///
/// # Errors
/// If the lock or the document can't be read, or if a document is given but there is no lock.
pub(super) fn verify(file: &Path, policy: &Policy, given: Option<&Path>) -> io::Result<Vec<Diagnostic>> {
    let path = lock::path(file);
    let source = given.map_or(String::new(), |path| format!(" --source {}", path.display()));
    let pin = format!("placet clauses {}{source} --pin", file.display());
    let lock = Lock::read(&path).map_err(|error| {
        let error = format!("{error}; `{pin}` writes a lock");
        named(&path, &io::Error::other(error))
    })?;
    let lock = match (lock, given) {
        (Some(lock), _) => lock,
        (None, None) => return Ok(Vec::new()),
        (None, Some(_)) => {
            return Err(io::Error::other(format!(
                "{} doesn't exist, so no clause is compared: `{pin}` writes it",
                path.display()
            )));
        }
    };
    let cites = cites(policy);
    let mut found: Vec<Diagnostic> = outdated(&path, &pin, policy, &cites, &lock).into_iter().collect();
    let document = match document::locate(file, policy.source(), given) {
        Ok(location) => document::read(&location)?,
        Err(error @ (DocumentError::Absent { .. } | DocumentError::Unnamed { .. })) => {
            render::note(&format!("the clauses in {} aren't compared: {error}", path.display()));
            return Ok(found);
        }
        Err(error) => return Err(error.into()),
    };
    for pinned in &lock.clauses {
        let cited = cites.iter().find(|cited| cited.text == pinned.cite);
        found.extend(cited.and_then(|cited| changed(policy.sources(), &pin, cited, pinned, &document)));
    }
    Ok(found)
}

/// Reports cites that aren't pinned, and pinned ones that the policy doesn't have.
fn outdated(path: &Path, pin: &str, policy: &Policy, cites: &[Cited<'_>], lock: &Lock) -> Option<Diagnostic> {
    let pinned: HashSet<&str> = lock.clauses.iter().map(|pinned| pinned.cite.as_str()).collect();
    let cited: HashSet<&str> = cites.iter().map(|cited| cited.text).collect();
    let new: Vec<&Cited<'_>> = cites.iter().filter(|cited| !pinned.contains(cited.text)).collect();
    let gone: Vec<&str> =
        lock.clauses.iter().map(|pinned| pinned.cite.as_str()).filter(|cite| !cited.contains(cite)).collect();
    if new.is_empty() && gone.is_empty() {
        return None;
    }
    let first = new.first().and_then(|cited| cited.rules.first().copied()).or_else(|| policy.rules().next());
    let span = first.map(|rule| line(policy.sources(), rule));
    let message = format!("{} pins other clauses than the policy cites", path.display());
    let mut fault = Diagnostic::new(Code::LockOutdated, span.unwrap_or_default(), message);
    if let Some(cited) = new.first() {
        fault = fault.because(format!("cites {}, which isn't pinned", names([cited.text])));
    }
    if !gone.is_empty() {
        fault = fault.note(format!("pinned, but not cited: {}", names(gone)));
    }
    if new.len() > 1 {
        fault = fault.note(format!("cited, but not pinned: {}", names(new.iter().map(|cited| cited.text))));
    }
    Some(fault.help(format!("read the clauses, then run `{pin}`")))
}

/// Reports a pinned clause that is different now, or that isn't there.
fn changed(
    sources: &Sources,
    pin: &str,
    cited: &Cited<'_>,
    pinned: &Pinned,
    document: &Document,
) -> Option<Diagnostic> {
    let cite = names([cited.text]);
    let (message, changes) = match document.resolve(cited.text) {
        Resolution::Clause(index) => {
            let words = document.words(index);
            if pinned.fits(&words) {
                return None;
            }
            (format!("{cite} has changed since it was pinned"), differences(pinned, &words))
        }
        Resolution::Ambiguous(_) => (format!("{cite} was pinned, and now means several clauses"), Vec::new()),
        Resolution::Unknown { .. } => {
            (format!("{cite} was pinned, and isn't in the document any more"), Vec::new())
        }
    };
    let span = cited.rules.first().map(|rule| line(sources, *rule)).unwrap_or_default();
    let mut fault = Diagnostic::new(Code::ClauseChanged, span, message).because("cites it");
    for change in changes {
        fault = fault.note(change);
    }
    fault = fault.note(format!("depends on it: {}", names(cited.rules.iter().map(|rule| rule.name()))));
    Some(fault.help(format!("see if the rules still fit, then run `{pin}`")))
}

/// Describes the changes of a clause, a sentence for each.
fn differences(pinned: &Pinned, words: &[&str]) -> Vec<String> {
    let changes = pinned.changes(words);
    let mut out: Vec<String> = changes.iter().take(MAX_CHANGES).map(difference).collect();
    match changes.len().saturating_sub(MAX_CHANGES) {
        0 => {}
        more => out.push(format!("{more} more changes")),
    }
    if changes.is_empty() {
        out.push(format!("it had {} words, and has {}", pinned.len(), words.len()));
    }
    out
}

fn difference(change: &Change<'_>) -> String {
    let place = match change.after.as_slice() {
        [] => "at the beginning".to_owned(),
        words => format!("after `{}`", run(words)),
    };
    let removed = match change.removed {
        0 => None,
        1 => Some("1 word removed".to_owned()),
        several => Some(format!("{several} words removed")),
    };
    let added = match (change.added.get(..MAX_WORDS), change.added.len()) {
        (_, 0) => None,
        (Some(first), length) if length > MAX_WORDS => {
            Some(format!("added `{}` and {} more words", run(first), length - MAX_WORDS))
        }
        _ => Some(format!("added `{}`", run(&change.added))),
    };
    format!("{place}: {}", removed.into_iter().chain(added).collect::<Vec<_>>().join(", "))
}

fn run(words: &[&str]) -> String {
    excerpt_within(MAX_CHARS, words.join(" "))
}

fn names<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    names
        .into_iter()
        .map(|name| format!("`{}`", excerpt_within(MAX_CHARS, name)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Returns the line that a rule begins in.
fn line(sources: &Sources, rule: RuleDeclaration<'_>) -> Span {
    let location = rule.location();
    let file = (0..).zip(sources.iter()).find(|(_, (name, _))| *name == location.file());
    let Some((index, (_, text))) = file else { return Span::default() };
    let before = text.split_inclusive('\n').take(location.line().saturating_sub(1)).map(str::len).sum();
    let line = text.get(before..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    let start = before + line.len() - line.trim_start().len();
    Span::new(FileId(index), start, before + line.trim_end().len())
}
