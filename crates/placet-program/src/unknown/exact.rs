//! Exact answers about diagrams whose levels may depend on each other.
//!
//! Levels of different attributes are independent. Levels of one attribute are not, and two such cases are handled
//! exactly: the groups of a set that must not be empty, and the tests of one string. A path through the diagram then
//! stands for a completion only if no such set is empty, and if some string passes exactly the tests that the path
//! takes as passed. Such a string is looked for among candidates built from the tests themselves.
//!
//! All other dependent levels return [`Unanswered::Tangled`] and are left to the model's search.

use super::evaluator::{PartialEvaluator, Unanswered};
use super::levels::{Level, Part, groups, may_be_empty};
use crate::classify::{Classifier, TextTest};
use foldhash::{HashMap, HashMapExt, HashSet};
use placet_graph::NodeId;
use placet_model::types::AttributeId;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The maximum number of strings taken from a test, and of tests considered, in the search for a string that passes
/// some tests and fails others.
const TEXTS: usize = 16;

/// The levels of a diagram that depend on each other.
#[derive(Debug, Default)]
pub(super) struct Ties {
    /// The sets that must not be empty and all of whose groups are levels: one list of levels per set.
    sets: Vec<Vec<u32>>,
    /// The strings with several tests.
    texts: Vec<AttributeId>,
}

impl Ties {
    fn is_none(&self) -> bool {
        self.sets.is_empty() && self.texts.is_empty()
    }
}

/// The levels of each attribute that occur in a diagram.
type Support = BTreeMap<AttributeId, Vec<u32>>;

/// A path through a diagram, with strings that take it.
struct Completion {
    classes: HashMap<u32, u32>,
    texts: BTreeMap<AttributeId, String>,
}

impl<'p> PartialEvaluator<'p> {
    /// Returns true if some completion makes a diagram true.
    pub(super) fn is_possible(&mut self, diagram: NodeId) -> Result<bool, Unanswered> {
        if diagram.is_terminal() {
            return Ok(diagram == NodeId::TRUE);
        }
        let (_, ties) = self.support(diagram)?;
        // Without ties, every path has a completion, and a canonical diagram other than `FALSE` has a path to 1.
        if ties.is_none() {
            return Ok(true);
        }
        Ok(self.completion(diagram, &ties, None)?.is_some())
    }

    /// Returns true if every completion makes a diagram true.
    pub(super) fn must_hold(&mut self, diagram: NodeId) -> Result<bool, Unanswered> {
        if diagram.is_terminal() {
            return Ok(diagram == NodeId::TRUE);
        }
        let (_, ties) = self.support(diagram)?;
        // Likewise, a diagram other than `TRUE` has a path to 0.
        if ties.is_none() {
            return Ok(false);
        }
        let contrary = self.diagrams.not(diagram)?;
        Ok(self.completion(contrary, &ties, None)?.is_none())
    }

    /// Returns the attributes that a diagram depends on, with their levels: two completions that differ in such an
    /// attribute alone make it differ.
    pub(super) fn dependencies(&mut self, diagram: NodeId) -> Result<Support, Unanswered> {
        let (mut support, ties) = self.support(diagram)?;
        if ties.is_none() || diagram.is_terminal() {
            return Ok(support);
        }
        // Attributes that the diagram doesn't depend on once impossible completions are excluded.
        let mut independent = Vec::new();
        for (id, levels) in &support {
            let depends = if ties.texts.contains(id) {
                self.depends_on_text(diagram, *id, levels, &ties)?
            } else {
                self.depends_on_levels(diagram, levels, &ties)?
            };
            if !depends {
                independent.push(*id);
            }
        }
        support.retain(|id, _| !independent.contains(id));
        Ok(support)
    }

    /// Returns the levels of each attribute in a diagram, and which of them depend on each other.
    ///
    /// # Errors
    /// Returns `Tangled` if some depend on each other in a way that isn't handled here.
    fn support(&mut self, diagram: NodeId) -> Result<(Support, Ties), Unanswered> {
        let mut levels: BTreeSet<u32> = BTreeSet::new();
        let mut seen: HashSet<NodeId> = HashSet::from_iter([diagram]);
        let mut todo = vec![diagram];
        while let Some(node) = todo.pop() {
            let Some(level) = self.diagrams.level(node) else { continue };
            levels.insert(level);
            let runs = self.diagrams.runs(node);
            self.work.take(runs.len())?;
            todo.extend(runs.iter().map(|run| run.child).filter(|child| seen.insert(*child)));
        }
        let mut support = Support::new();
        let mut parts: BTreeMap<AttributeId, Vec<Part>> = BTreeMap::new();
        for level in levels {
            let Some(about) = self.levels.get(level) else { continue };
            let part = about.part();
            // Groups and tests are inexact by themselves. The ties collected below make up for it.
            let exact = about.is_exact() || matches!(part, Part::Member(_) | Part::Test(..));
            if !exact {
                return Err(Unanswered::Tangled);
            }
            for id in self.unknown_attributes(about) {
                support.entry(id).or_default().push(level);
                if part != Part::Missing {
                    parts.entry(id).or_default().push(part);
                }
            }
        }
        let mut ties = Ties::default();
        for (id, parts) in parts {
            let levels = support.get(&id).map_or(&[][..], Vec::as_slice);
            match parts.as_slice() {
                all if all.iter().all(|part| matches!(part, Part::Member(_))) => {
                    // If one group isn't a level, the set can have a member of that one, so the others are independent.
                    let is_whole = all.len() == groups(self.program, id) as usize;
                    if is_whole && !may_be_empty(self.program, id) {
                        ties.sets
                            .push(levels.iter().copied().filter(|level| self.is_member(*level)).collect());
                    }
                }
                // One test that can fail behaves like a free variable: it needs no string.
                [Part::Test(_, test)] if self.text_test(id, *test).is_some_and(TextTest::can_fail) => {}
                // Several tests of one string may exclude or imply each other.
                all if all.iter().all(|part| matches!(part, Part::Test(..))) => ties.texts.push(id),
                [Part::Whole] => {}
                _ => return Err(Unanswered::Tangled),
            }
        }
        Ok((support, ties))
    }

    fn is_member(&self, level: u32) -> bool {
        self.levels.get(level).is_some_and(|level| matches!(level.part(), Part::Member(_)))
    }

    /// Returns the attributes of a level that aren't known.
    pub(super) fn unknown_attributes(&self, level: &Level<'_>) -> Vec<AttributeId> {
        let mut all = level.variable.source.attributes();
        all.retain(|id| !self.frame.is_known(self.program, *id));
        all
    }

    pub(super) fn names(&self, ids: impl IntoIterator<Item = AttributeId>) -> Vec<Arc<str>> {
        let names: BTreeSet<Arc<str>> = ids
            .into_iter()
            .filter_map(|id| self.model().attribute(id))
            .map(|attribute| attribute.name.clone())
            .collect();
        names.into_iter().collect()
    }

    /// Returns a completion that makes a diagram true, or `None` if there is none.
    ///
    /// `apart` is a level of which the caller compares two classes: a set must then be nonempty without it.
    fn completion(
        &mut self,
        mut diagram: NodeId,
        ties: &Ties,
        apart: Option<u32>,
    ) -> Result<Option<Completion>, Unanswered> {
        // Each round forbids that at least one more set is empty, so the loop needs one round more than there are sets.
        // Conjoining all sets at once would enlarge the diagram for sets that the path leaves nonempty anyway.
        for _ in 0..=ties.sets.len() {
            if diagram == NodeId::FALSE {
                return Ok(None);
            }
            let classes = self.way(diagram)?;
            let mut are_empty = Vec::new();
            for levels in &ties.sets {
                let others = levels.iter().copied().filter(|level| Some(*level) != apart);
                if others.clone().all(|level| classes.get(&level) == Some(&0)) {
                    are_empty.push(others.collect::<Vec<u32>>());
                }
            }
            if are_empty.is_empty() {
                let texts = self.texts(&classes, ties)?;
                return Ok(Some(Completion { classes, texts }));
            }
            for levels in are_empty {
                let members = levels.into_iter().map(|level| self.diagrams.test(level, [(1, 2)]));
                let members = members.collect::<Result<Vec<_>, _>>()?;
                let some = self.diagrams.any(members)?;
                diagram = self.diagrams.and(diagram, some)?;
            }
        }
        Err(Unanswered::Tangled)
    }

    /// Returns a path to the terminal 1. It prefers members for sets and failing tests for strings: both are the
    /// easiest to satisfy.
    fn way(&mut self, mut node: NodeId) -> Result<HashMap<u32, u32>, Unanswered> {
        let mut out = HashMap::new();
        while let Some(level) = self.diagrams.level(node) {
            let is_member = self.is_member(level);
            let runs = self.diagrams.runs(node);
            self.work.take(runs.len())?;
            let firsts = std::iter::once(0).chain(runs.iter().map(|run| run.end));
            let mut open = firsts.zip(runs).filter(|(_, run)| run.child != NodeId::FALSE);
            let chosen = if is_member { open.last() } else { open.next() };
            let Some((class, run)) = chosen else { break };
            out.insert(level, class);
            node = run.child;
        }
        Ok(out)
    }

    /// Returns, for each string with several tests, one that passes and fails the tests like the path says.
    fn texts(
        &mut self,
        classes: &HashMap<u32, u32>,
        ties: &Ties,
    ) -> Result<BTreeMap<AttributeId, String>, Unanswered> {
        let mut out = BTreeMap::new();
        for id in &ties.texts {
            let mut asked: Vec<(u32, bool)> = Vec::new();
            for (level, class) in classes {
                if let Some(Part::Test(of, test)) = self.levels.get(*level).map(Level::part)
                    && of == *id
                {
                    asked.push((test, *class == 1));
                }
            }
            asked.sort_unstable();
            let tests =
                asked.into_iter().filter_map(|(test, passes)| Some((self.text_test(*id, test)?, passes)));
            let asked: Vec<(&TextTest, bool)> = tests.collect();
            let passed: Vec<&TextTest> =
                asked.iter().filter(|(_, passes)| *passes).map(|(test, _)| *test).collect();
            self.work.take(asked.len() * TEXTS / 4)?;
            let fits = |text: &String| asked.iter().all(|(test, passes)| test.holds(text) == *passes);
            match candidates(&passed).into_iter().find(fits) {
                Some(text) => drop(out.insert(*id, text)),
                // No candidate fits, but another string might: this path proves nothing.
                None => return Err(Unanswered::Tangled),
            }
        }
        Ok(out)
    }

    fn text_test(&self, id: AttributeId, test: u32) -> Option<&'p TextTest> {
        match self.program.plan(id).map(|plan| &plan.classifier) {
            Some(Classifier::TextTests(tests)) => tests.get(test as usize),
            _ => None,
        }
    }

    /// Returns true if two classes of one of these levels, all else equal, make a diagram differ.
    fn depends_on_levels(
        &mut self,
        diagram: NodeId,
        levels: &[u32],
        ties: &Ties,
    ) -> Result<bool, Unanswered> {
        for level in levels {
            let (some, every) =
                (self.diagrams.exists(diagram, *level)?, self.diagrams.forall(diagram, *level)?);
            let differs = self.diagrams.difference(some, every)?;
            if self.completion(differs, ties, Some(*level))?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns true if two strings, all else equal, make a diagram differ.
    ///
    /// # Errors
    /// Returns `Tangled` if no such strings were found: there may be some.
    fn depends_on_text(
        &mut self,
        diagram: NodeId,
        id: AttributeId,
        levels: &[u32],
        ties: &Ties,
    ) -> Result<bool, Unanswered> {
        let contrary = self.diagrams.not(diagram)?;
        for (start, truth) in [(diagram, true), (contrary, false)] {
            let Some(completion) = self.completion(start, ties, None)? else { return Ok(false) };
            let tests: Vec<&TextTest> = levels
                .iter()
                .filter_map(|level| match self.levels.get(*level)?.part() {
                    Part::Test(_, test) => self.text_test(id, test),
                    _ => None,
                })
                .take(TEXTS)
                .collect();
            let others = tests.iter().flat_map(|test| candidates(std::slice::from_ref(test)));
            for other in candidates(&[]).into_iter().chain(others) {
                if self.evaluate(diagram, &completion, (id, &other))? != truth {
                    return Ok(true);
                }
            }
        }
        Err(Unanswered::Tangled)
    }

    /// Evaluates a diagram for a completion with one string replaced.
    fn evaluate(
        &mut self,
        mut node: NodeId,
        completion: &Completion,
        (changed, text): (AttributeId, &str),
    ) -> Result<bool, Unanswered> {
        while let Some(level) = self.diagrams.level(node) {
            self.work.take(1)?;
            let class = match self.levels.get(level).map(Level::part) {
                Some(Part::Test(id, test)) => {
                    let text = if id == changed {
                        Some(text)
                    } else {
                        completion.texts.get(&id).map(String::as_str)
                    };
                    match (text, self.text_test(id, test)) {
                        (Some(text), Some(test)) => u32::from(test.holds(text)),
                        _ => completion.classes.get(&level).copied().unwrap_or(0),
                    }
                }
                // If the path leaves a group free, the set has a member of it, so that it isn't empty.
                Some(Part::Member(_)) => completion.classes.get(&level).copied().unwrap_or(1),
                _ => completion.classes.get(&level).copied().unwrap_or(0),
            };
            node = self.diagrams.child(node, class);
        }
        Ok(node == NodeId::TRUE)
    }
}

/// Returns strings that may pass all of some tests and are unlikely to pass others.
fn candidates(passed: &[&TextTest]) -> Vec<String> {
    if passed.is_empty() {
        return ["", "x", "\u{fffd}"].map(str::to_owned).into();
    }
    let mut out: Vec<String> = Vec::new();
    let (mut first, mut middle, mut last) = ("", String::new(), "");
    for test in passed.iter().take(TEXTS) {
        match test {
            TextTest::OneOf(texts) => out.extend(texts.iter().take(TEXTS).map(|text| text.to_string())),
            TextTest::Like(pattern) => {
                out.push(pattern.pieces().concat());
                if let [begins, inner @ .., ends] = pattern.pieces() {
                    first = if begins.len() > first.len() { begins } else { first };
                    last = if ends.len() > last.len() { ends } else { last };
                    inner.iter().for_each(|piece| middle.push_str(piece));
                }
            }
        }
    }
    out.push(format!("{first}{middle}{last}"));
    out
}
