//! `placet clauses`.

use super::lock::{Cited, cites};
use super::{counted, write_file, write_json};
use crate::args::{Clauses, Format};
use crate::document::{self, Document, Resolution};
use crate::lock::{self, Lock, Pinned};
use crate::render::{self, emphasis};
use crate::undecidable::{self, Mark};
use placet::__private::compile_file;
use placet::{Limits, Policy, RuleDeclaration};
use placet_core::{did_you_mean, excerpt, excerpt_within};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};
use std::path::Path;

/// The number of tests of a clause that the text lists.
const MAX_TESTS: usize = 3;

/// The comparison of a policy with its document.
#[derive(Serialize)]
struct Report<'a> {
    policy: String,
    document: String,
    /// In the order of the document.
    clauses: Vec<ClauseReport<'a>>,
    unresolved: Vec<Unresolved<'a>>,
    marks: Vec<FaultyMark<'a>>,
    /// The lock, if it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    lock: Option<String>,
}

#[derive(Serialize)]
struct ClauseReport<'a> {
    clause: &'a str,
    title: &'a str,
    line: usize,
    state: State,
    /// The rules that cite it.
    rules: Vec<&'a str>,
    /// The titles of the tests that these rules decide.
    tests: Vec<&'a str>,
    /// The reason why no rule can decide it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Cited,
    Undecidable,
    Uncited,
}

/// A cite that doesn't mean one clause.
#[derive(Serialize)]
struct Unresolved<'a> {
    cite: &'a str,
    rules: Vec<&'a str>,
    /// The file and line of the first rule.
    location: String,
    problem: String,
}

/// A mark that should go.
#[derive(Serialize)]
struct FaultyMark<'a> {
    clause: &'a str,
    line: usize,
    problem: String,
}

pub(crate) fn run(args: &Clauses) -> io::Result<u8> {
    let mut out = anstream::stdout().lock();
    let policy = match compile_file(&args.policy, &Limits::default()) {
        Ok(policy) => policy,
        Err(error) => {
            render::compile_error(&error, args.format, &mut out)?;
            return Ok(1);
        }
    };
    let location = document::locate(&args.policy, policy.source(), args.source.as_deref())?;
    let document = document::read(&location)?;
    let marks = undecidable::read(&undecidable::path(&args.policy))?;
    let cites = cites(&policy);
    let mut report = Report {
        policy: args.policy.display().to_string(),
        document: location.path().display().to_string(),
        clauses: Vec::new(),
        unresolved: Vec::new(),
        marks: Vec::new(),
        lock: None,
    };
    report.compare(&policy, &cites, &document, &marks);
    if args.pin && report.unresolved.is_empty() {
        let path = lock::path(&args.policy);
        write_file(&path, &pinned(&cites, &document).to_bytes()?)?;
        report.lock = Some(path.display().to_string());
    }
    match args.format {
        Format::Text => report.write(&undecidable::path(&args.policy), &mut out)?,
        Format::Json => write_json(&mut out, &report)?,
    }
    out.flush()?;
    if args.pin && report.lock.is_none() {
        render::failure("nothing is pinned, because a cite doesn't mean one clause");
    }
    Ok(u8::from(!report.is_complete()))
}

/// Pins each cite.
fn pinned(cites: &[Cited<'_>], document: &Document) -> Lock {
    let pin = |cited: &Cited<'_>| match document.resolve(cited.text) {
        Resolution::Clause(index) => Some(Pinned::new(cited.text, &document.words(index))),
        _ => None,
    };
    Lock::new(cites.iter().filter_map(pin).collect())
}

/// Says why a cite, or the clause of a mark, doesn't mean one clause.
fn problem(document: &Document, resolution: &Resolution) -> String {
    match resolution {
        Resolution::Clause(_) => String::new(),
        Resolution::Unknown { similar } => {
            format!("the document has no such clause{}", did_you_mean(similar.as_deref()))
        }
        Resolution::Ambiguous(clauses) => {
            let lines = clauses.iter().filter_map(|index| Some(document.clause(*index)?.line.to_string()));
            format!("several clauses have this name, in the lines {}", lines.collect::<Vec<_>>().join(", "))
        }
    }
}

impl<'a> Report<'a> {
    fn compare(
        &mut self,
        policy: &'a Policy,
        cites: &[Cited<'a>],
        document: &'a Document,
        marks: &'a [Mark],
    ) {
        // The rules of each cited clause.
        let mut cited: BTreeMap<usize, Vec<RuleDeclaration<'a>>> = BTreeMap::new();
        for cite in cites {
            match document.resolve(cite.text) {
                Resolution::Clause(index) => {
                    let rules = cited.entry(index).or_default();
                    rules.extend(cite.rules.iter().copied());
                }
                other => self.unresolved.push(Unresolved {
                    cite: cite.text,
                    rules: cite.rules.iter().map(|rule| rule.name()).collect(),
                    location: cite.rules.first().map(|rule| rule.location().to_string()).unwrap_or_default(),
                    problem: problem(document, &other),
                }),
            }
        }
        let decided = document.within(cited.keys().copied());
        let mut marked: BTreeMap<usize, &'a Mark> = BTreeMap::new();
        for mark in marks {
            let resolution = document.resolve(&mark.clause);
            let problem = match resolution {
                Resolution::Clause(index) if decided.get(index) == Some(&true) => {
                    "a rule cites it".to_owned()
                }
                Resolution::Clause(index)
                    if document.within(marked.keys().copied()).get(index) == Some(&true) =>
                {
                    "it is marked twice".to_owned()
                }
                Resolution::Clause(index) => {
                    marked.insert(index, mark);
                    continue;
                }
                other => problem(document, &other),
            };
            self.marks.push(FaultyMark { clause: &mark.clause, line: mark.line, problem });
        }
        let accounted: Vec<usize> = cited.keys().chain(marked.keys()).copied().collect();
        let mut listed = accounted.clone();
        listed.extend(document.outside(&accounted));
        listed.sort_unstable();
        let tests = tests(policy);
        self.clauses.extend(listed.into_iter().filter_map(|index| {
            let clause = document.clause(index)?;
            let rules = cited.get(&index).map_or(&[][..], Vec::as_slice);
            let mark = marked.get(&index);
            let state = match (rules, mark) {
                ([], None) => State::Uncited,
                ([], Some(_)) => State::Undecidable,
                _ => State::Cited,
            };
            let mut names: Vec<&str> = Vec::new();
            for rule in rules {
                // A rule may cite a clause by several names.
                if !names.contains(&rule.name()) {
                    names.push(rule.name());
                }
            }
            let mut of_rules: Vec<(usize, &str)> =
                names.iter().filter_map(|rule| tests.get(*rule)).flatten().copied().collect();
            of_rules.sort_unstable();
            of_rules.dedup();
            Some(ClauseReport {
                clause: &clause.name,
                title: &clause.title,
                line: clause.line,
                state,
                rules: names,
                tests: of_rules.into_iter().map(|(_, title)| title).collect(),
                reason: mark.map(|mark| mark.reason.as_str()),
            })
        }));
    }

    fn is_complete(&self) -> bool {
        let is_open = |clause: &ClauseReport<'_>| clause.state == State::Uncited;
        self.unresolved.is_empty() && self.marks.is_empty() && !self.clauses.iter().any(is_open)
    }

    /// Writes the report as text. `marks` is the file of the marks.
    fn write(&self, marks: &Path, out: &mut impl Write) -> io::Result<()> {
        let of_state = |state| self.clauses.iter().filter(move |clause| clause.state == state);
        let mut gap = "";
        for (state, heading) in [
            (State::Cited, "Clauses with rules"),
            (State::Undecidable, "Clauses that no rule can decide"),
            (State::Uncited, "Clauses that no rule cites"),
        ] {
            for (index, clause) in of_state(state).enumerate() {
                if index == 0 {
                    writeln!(out, "{gap}{}", emphasis(heading))?;
                    gap = "\n";
                }
                clause.write(out)?;
            }
        }
        if let Some(clause) = of_state(State::Uncited).next() {
            let mark = format!("undecidable {}: \"…\"", serde_json::Value::from(clause.clause));
            writeln!(out, "  if no rule can decide one, write in {}: {mark}", marks.display())?;
        }
        for (index, cite) in self.unresolved.iter().enumerate() {
            if index == 0 {
                writeln!(out, "{gap}{}", emphasis("Cites without a clause"))?;
                gap = "\n";
            }
            writeln!(out, "  {}  {}: {}", excerpt(cite.cite), cite.location, cite.problem)?;
            writeln!(out, "    rules: {}", cite.rules.join(", "))?;
        }
        for (index, mark) in self.marks.iter().enumerate() {
            if index == 0 {
                writeln!(out, "{gap}{}", emphasis("Marks to remove"))?;
                gap = "\n";
            }
            writeln!(out, "  {}  {}:{}: {}", excerpt(mark.clause), marks.display(), mark.line, mark.problem)?;
        }
        let count = |state| of_state(state).count();
        writeln!(
            out,
            "{gap}{}: {} with rules, {} undecidable, {} that no rule cites; {} without a clause",
            self.document,
            counted(count(State::Cited), "clause"),
            count(State::Undecidable),
            count(State::Uncited),
            counted(self.unresolved.len(), "cite")
        )?;
        self.lock.iter().try_for_each(|lock| writeln!(out, "the cited clauses are pinned in {lock}"))
    }
}

impl ClauseReport<'_> {
    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let gap = if self.title.is_empty() || self.title == self.clause { "" } else { " " };
        let title = if gap.is_empty() { String::new() } else { excerpt_within(80, self.title) };
        writeln!(out, "  {}{gap}{title}  line {}", excerpt_within(80, self.clause), self.line)?;
        if let Some(reason) = self.reason {
            writeln!(out, "    {}", excerpt_within(200, reason))?;
        }
        if !self.rules.is_empty() {
            writeln!(out, "    rules: {}", self.rules.join(", "))?;
            let shown: Vec<String> = self
                .tests
                .iter()
                .take(MAX_TESTS)
                .map(|title| format!("\"{}\"", excerpt_within(80, title)))
                .collect();
            let more = match self.tests.len().saturating_sub(MAX_TESTS) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let none = if shown.is_empty() { "none" } else { "" };
            writeln!(out, "    tests: {none}{}{more}", shown.join(", "))?;
        }
        Ok(())
    }
}

/// Returns the tests that each rule decides, with their numbers and titles.
fn tests(policy: &Policy) -> HashMap<String, Vec<(usize, &str)>> {
    let mut tests: HashMap<String, Vec<(usize, &str)>> = HashMap::new();
    for (index, (test, outcome)) in policy.run_tests().enumerate() {
        for rule in outcome.answer.iter().flat_map(|decision| &decision.rules) {
            tests.entry(rule.to_string()).or_default().push((index, test.title()));
        }
    }
    tests
}
