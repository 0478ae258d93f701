//! Partitions texts into classes: two texts share a class if no test of a policy distinguishes them.
//!
//! All patterns with a star form one trie, and a subset construction over its nodes gives a deterministic automaton. A
//! pattern without a star is treated like a text of `OneOf`.
//!
//! The mentioned texts are few and known. The remaining question is which verdicts of the patterns *other* texts can
//! have, so the automaton is walked together with the prefixes of the mentioned texts.

use super::Texts;
use placet_core::Pattern;
use placet_program::ClassSet;
use placet_program::classify::TextClasses;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

/// The maximum number of automaton cells (states times columns) and of classes of an attribute: a few megabytes.
pub(super) const LARGEST: usize = 1 << 20;
/// The number of work steps per unit of the limit.
const WORK: usize = 16;

/// A test on a text.
#[derive(Debug, Clone, Copy)]
pub(crate) enum PatternTest<'a> {
    /// The text equals one of these.
    OneOf(&'a BTreeSet<Arc<str>>),
    /// The text matches the pattern.
    Like(&'a Pattern),
}

/// A partition of all texts into classes. Two texts share a class exactly if all tests agree on them, and no class is
/// empty.
///
/// Classes of mentioned texts come first, in the order of their least texts; then the classes of other texts, in the
/// order of their examples; last the class of texts that satisfy no test. So texts with a common prefix have
/// neighbouring classes.
#[derive(Debug)]
pub(crate) struct TextPartition {
    /// The mapping from texts to classes.
    pub(crate) classes: TextClasses,
    /// The classes that satisfy each test.
    pub(crate) holds: Vec<ClassSet>,
    /// The texts of each class. The example is the least mentioned text, or else one of the shortest texts; mentioned
    /// texts are in ascending order.
    pub(crate) labels: Arc<[Texts]>,
}

/// Partitions texts into the classes that `tests` distinguish. Returns `None` if there are more than `limit` classes,
/// the patterns' automaton has more than `limit` cells (states times columns), or the work exceeds a multiple of
/// `limit`.
///
/// Cost: sorting the mentioned texts; with patterns, also the states of the automaton times the distinct characters.
/// The states are exponential in the patterns with a literal piece after a star, and linear in the others.
pub(crate) fn partition(tests: &[PatternTest<'_>], limit: usize) -> Option<TextPartition> {
    let limit = limit.min(u32::MAX as usize);
    let Asked { tree, letters, of_text, at_place } = Asked::of(tests)?;
    let automaton = Automaton::of(&tree, limit)?;

    // Mentioned and other texts never share a class, because only mentioned texts satisfy a whole-text test.
    let mut class_of: HashMap<(&[usize], u32), usize> = HashMap::new();
    let mut held: Vec<(&[usize], u32)> = Vec::new();
    let mut labels: Vec<Texts> = Vec::new();
    let mut known: Vec<(Arc<str>, u32)> = Vec::with_capacity(of_text.len());
    for (text, tests) in &of_text {
        let traits = (tests.as_slice(), automaton.verdict(automaton.read(0, text)));
        let class = *class_of.entry(traits).or_insert(held.len());
        if class == held.len() {
            held.push(traits);
            labels.push(Texts { sample: text.clone(), mentioned: Vec::new(), is_open: false });
        }
        // INVARIANT: each class got its label when it was created.
        labels.get_mut(class)?.mentioned.push(text.clone());
        known.push((text.clone(), class as u32));
    }
    let texts: Vec<Arc<str>> = of_text.keys().cloned().collect();
    let mut others = automaton.others(&texts, &letters, limit)?;
    others.sort_by_cached_key(|(verdict, sample)| (automaton.matched(*verdict).is_empty(), sample.clone()));

    let mut end_of: HashMap<u32, u32> = HashMap::new();
    for (verdict, sample) in others {
        end_of.insert(verdict, held.len() as u32);
        held.push((&[], verdict));
        labels.push(Texts { sample, mentioned: Vec::new(), is_open: true });
    }
    if held.len() > limit {
        return None;
    }

    let mut holds: Vec<Vec<(u32, u32)>> = vec![Vec::new(); tests.len()];
    for (class, (as_text, verdict)) in (0..).zip(&held) {
        let matched = automaton.matched(*verdict).iter().filter_map(|place| at_place.get(place)).flatten();
        for test in as_text.iter().chain(matched) {
            let Some(ranges) = holds.get_mut(*test) else { continue };
            match ranges.last_mut() {
                Some((_, end)) if *end == class => *end += 1,
                _ => ranges.push((class, class + 1)),
            }
        }
    }

    let arity = held.len() as u32;
    // A verdict without an entry belongs to mentioned texts only. The automaton never reads them, so any class will do.
    let end = |verdict: &u32| end_of.get(verdict).copied().unwrap_or_default();
    let ends: Vec<u32> = automaton.verdicts.iter().map(end).collect();
    let classes = match end_of.len() {
        1 => TextClasses::of_whole_texts(arity, known, end_of.into_values().sum()),
        _ => TextClasses::of_automaton(arity, known, automaton.columns, &automaton.rows, ends),
    };
    let holds = holds.into_iter().map(ClassSet::from_ranges).collect();
    Some(TextPartition { classes, holds, labels: labels.into() })
}

/// The tests, split into whole texts and patterns.
#[derive(Default)]
struct Asked {
    /// The patterns with a star.
    tree: Tree,
    /// The characters of these patterns.
    letters: BTreeSet<char>,
    /// The whole-text tests that contain each mentioned text.
    of_text: BTreeMap<Arc<str>, Vec<usize>>,
    /// The tests whose pattern ends at a node of the tree.
    at_place: BTreeMap<u32, Vec<usize>>,
}

impl Asked {
    fn of(tests: &[PatternTest<'_>]) -> Option<Self> {
        let mut asked = Self::default();
        for (index, test) in tests.iter().enumerate() {
            match test {
                PatternTest::OneOf(texts) => {
                    texts.iter().for_each(|text| asked.of_text.entry(text.clone()).or_default().push(index));
                }
                PatternTest::Like(pattern) => match pattern.as_text() {
                    Some(text) => asked.of_text.entry(text.into()).or_default().push(index),
                    None => {
                        asked.letters.extend(pattern.pieces().iter().flat_map(|piece| piece.chars()));
                        asked.at_place.entry(asked.tree.plant(pattern)?).or_default().push(index);
                    }
                },
            }
        }
        Some(asked)
    }
}

/// A trie of the patterns. Patterns share their common prefixes. The first node is the root.
#[derive(Debug)]
struct Tree {
    nodes: Vec<Node>,
}

/// A node of the trie: the part of a pattern that was read so far.
#[derive(Debug, Default)]
struct Node {
    /// The nodes after a literal byte.
    nexts: BTreeMap<u8, u32>,
    /// The node after a star.
    star: Option<u32>,
    /// True if this node follows a star: any byte then stays at it.
    stays: bool,
    /// True if a pattern ends here.
    ends: bool,
}

/// The progress that is reachable from a node without passing another star.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Goal {
    Nothing,
    /// The node after this star, and no other.
    Star(u32),
    /// The nodes after several stars.
    Stars,
    /// The end of a pattern.
    End,
}

impl Goal {
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Goal::End, _) | (_, Goal::End) => Goal::End,
            (Goal::Nothing, goal) | (goal, Goal::Nothing) => goal,
            _ if self == other => self,
            _ => Goal::Stars,
        }
    }
}

impl Default for Tree {
    fn default() -> Self {
        Self { nodes: vec![Node::default()] }
    }
}

impl Tree {
    /// Adds a pattern and returns the node where it ends.
    fn plant(&mut self, pattern: &Pattern) -> Option<u32> {
        let mut at = 0;
        for (index, piece) in pattern.pieces().iter().enumerate() {
            let new = self.nodes.len() as u32;
            let node = self.nodes.get_mut(at as usize)?;
            // Adjacent stars are equivalent to one.
            if index > 0 && !node.stays {
                at = *node.star.get_or_insert(new);
                if at == new {
                    self.nodes.push(Node { stays: true, ..Node::default() });
                }
            }
            for byte in piece.bytes() {
                let new = self.nodes.len() as u32;
                at = *self.nodes.get_mut(at as usize)?.nexts.entry(byte).or_insert(new);
                if at == new {
                    self.nodes.push(Node::default());
                }
            }
        }
        self.nodes.get_mut(at as usize)?.ends = true;
        Some(at)
    }

    fn goals(&self) -> Vec<Goal> {
        let mut goals = vec![Goal::Nothing; self.nodes.len()];
        // Children have larger indexes than their parents, so the reverse order visits children first.
        for (at, node) in self.nodes.iter().enumerate().rev() {
            let own = if node.ends { Goal::End } else { Goal::Nothing };
            let nexts = node.nexts.values().filter_map(|next| goals.get(*next as usize).copied());
            let goal = nexts.fold(own.and(node.star.map_or(Goal::Nothing, Goal::Star)), Goal::and);
            if let Some(slot) = goals.get_mut(at) {
                *slot = goal;
            }
        }
        goals
    }

    fn node(&self, at: u32) -> Option<&Node> {
        self.nodes.get(at as usize)
    }
}

/// The deterministic automaton of the patterns, over the bytes of texts. The first state is the initial one.
///
/// Bytes are sufficient. UTF-8 is self-synchronizing, so a literal piece, which consists of whole characters, can only
/// match at a character boundary. A byte that continues no pattern leaves only the nodes after stars, and another such
/// byte does not change that set. So a character that no pattern mentions acts like one step of "any other byte",
/// whatever its length. The automaton also has states within a character; no text ends there.
///
/// The automaton is minimal. For each pattern, a state records only the least number of bytes still needed. If two
/// states differ in that number, the shorter rest completes the pattern from one of them and not from the other, and
/// each set of matched patterns is a separate verdict.
#[derive(Debug)]
struct Automaton {
    columns: [u8; 256],
    width: usize,
    /// The next state by state and column.
    rows: Vec<u32>,
    /// The verdict on the texts that end in each state.
    verdicts: Vec<u32>,
    /// The final nodes of the patterns that match, by verdict.
    matched: Vec<Box<[u32]>>,
}

impl Automaton {
    /// Builds the automaton of a trie. Returns `None` if it has more than `limit` cells, its states have more than
    /// `limit` nodes in all, or the work exceeds its limit.
    fn of(tree: &Tree, limit: usize) -> Option<Self> {
        let bytes: BTreeSet<u8> = tree.nodes.iter().flat_map(|node| node.nexts.keys().copied()).collect();
        let mut columns = [0; 256];
        // Column 0 stands for all bytes without a column of their own. `u8` suffices for the columns because some byte
        // values never occur in UTF-8.
        for (column, byte) in (1..).zip(&bytes) {
            *columns.get_mut(usize::from(*byte))? = column;
        }
        let width = bytes.len() + 1;

        let mut sets = PrefixSets::of(tree, width, limit);
        let mut rows = Vec::new();
        sets.state(vec![0])?;
        let mut next = 0;
        while let Some(set) = sets.list.get(next).cloned() {
            next += 1;
            let stars: Vec<u32> =
                set.iter().copied().filter(|at| tree.node(*at).is_some_and(|node| node.stays)).collect();
            let mut moved: BTreeMap<u8, Vec<u32>> = BTreeMap::new();
            for (byte, to) in set.iter().filter_map(|at| tree.node(*at)).flat_map(|node| &node.nexts) {
                moved.entry(*byte).or_insert_with(|| stars.clone()).push(*to);
            }
            let start = rows.len();
            rows.resize(start + width, sets.state(stars)?);
            for (byte, nodes) in moved {
                let column = columns.get(usize::from(byte)).copied().unwrap_or_default();
                *rows.get_mut(start + usize::from(column))? = sets.state(nodes)?;
            }
        }

        let mut ids: HashMap<Box<[u32]>, u32> = HashMap::new();
        let mut matched = Vec::new();
        let mut verdicts = Vec::with_capacity(sets.list.len());
        for set in &sets.list {
            let ends: Box<[u32]> =
                set.iter().copied().filter(|at| tree.node(*at).is_some_and(|node| node.ends)).collect();
            verdicts.push(*ids.entry(ends).or_insert_with_key(|ends| {
                matched.push(ends.clone());
                matched.len() as u32 - 1
            }));
        }
        Some(Self { columns, width, rows, verdicts, matched })
    }

    /// Returns the state after reading more of the text.
    fn read(&self, state: u32, text: &str) -> u32 {
        // INVARIANT: each byte has a column and each state has a row.
        text.bytes().fold(state, |state, byte| {
            let column = self.columns.get(usize::from(byte)).copied().unwrap_or_default();
            self.rows.get(state as usize * self.width + usize::from(column)).copied().unwrap_or_default()
        })
    }

    fn verdict(&self, state: u32) -> u32 {
        // INVARIANT: each state has a verdict.
        self.verdicts.get(state as usize).copied().unwrap_or_default()
    }

    /// Returns the final nodes of the patterns that match.
    fn matched(&self, verdict: u32) -> &[u32] {
        // INVARIANT: a verdict is an index into the list.
        self.matched.get(verdict as usize).map_or(&[], |places| places)
    }

    /// Returns the verdicts on texts other than `mentioned` (in ascending order), each with one of the shortest such
    /// texts. `letters` are the characters of the patterns. Returns `None` if the work exceeds a multiple of `limit`.
    fn others(
        &self,
        mentioned: &[Arc<str>],
        letters: &BTreeSet<char>,
        limit: usize,
    ) -> Option<Vec<(u32, Arc<str>)>> {
        // All characters that occur nowhere behave alike, so one of them represents the rest.
        let is_fresh = |c: &char| !letters.contains(c) && !mentioned.iter().any(|text| text.contains(*c));
        let fresh = ('x'..='z').chain('a'..='w').chain('A'..='Z').chain('\u{c0}'..).find(is_fresh)?;
        let letters: Vec<char> = [fresh].into_iter().chain(letters.iter().copied()).collect();

        let mut walk = vec![Step { last: None, state: 0, within: 0..mentioned.len(), length: 0 }];
        // The characters of each state that have so far only continued mentioned texts. The others are explored once,
        // which bounds the work per state.
        let mut left: HashMap<u32, Vec<char>> = HashMap::new();
        let mut away = vec![false; self.verdicts.len()];
        let mut samples: Vec<Option<Arc<str>>> = vec![None; self.matched.len()];
        let (mut missing, mut work, mut next) = (samples.len(), 0, 0);
        while let Some(Step { state, within, length, .. }) = walk.get(next).cloned() {
            // The texts ascend and share the prefix, so a text that equals the prefix comes first.
            let mut texts = mentioned.get(within.clone()).unwrap_or_default();
            let mut first = within.start;
            if let [text, longer @ ..] = texts
                && text.len() == length
            {
                (texts, first) = (longer, first + 1);
            } else if let Some(sample @ None) = samples.get_mut(self.verdict(state) as usize) {
                *sample = Some(spell(&walk, next));
                missing -= 1;
            }
            if missing == 0 {
                break;
            }

            let following = |text: &Arc<str>| text.get(length..).and_then(|rest| rest.chars().next());
            let mut inside = Vec::new();
            for alike in texts.chunk_by(|one, other| following(one) == following(other)) {
                let within = first..first + alike.len();
                first = within.end;
                // INVARIANT: a chunk isn't empty, and its texts are longer than the prefix.
                let Some(c) = alike.first().and_then(following) else { continue };
                let state = self.read(state, c.encode_utf8(&mut [0; 4]));
                walk.push(Step { last: Some((next, c)), state, within, length: length + c.len_utf8() });
                inside.push(c);
            }
            let left = left.entry(state).or_insert_with(|| letters.clone());
            work += left.len();
            left.retain(|c| {
                let stays_inside = inside.binary_search(c).is_ok();
                if !stays_inside {
                    let to = self.read(state, c.encode_utf8(&mut [0; 4]));
                    if let Some(seen @ false) = away.get_mut(to as usize) {
                        *seen = true;
                        walk.push(Step { last: Some((next, *c)), state: to, within: 0..0, length: 0 });
                    }
                }
                stays_inside
            });
            left.shrink_to_fit();
            if work > limit.saturating_mul(WORK) {
                return None;
            }
            next += 1;
        }
        Some((0..).zip(samples).filter_map(|(verdict, sample)| Some((verdict, sample?))).collect())
    }
}

/// A text that the breadth-first walk through the automaton reached.
#[derive(Debug, Clone)]
struct Step {
    /// The index of the step for the text without its last character, and that character.
    last: Option<(usize, char)>,
    state: u32,
    /// The indexes of the mentioned texts that begin with the text.
    within: Range<usize>,
    /// The length of the text in bytes, if a mentioned text begins with it.
    length: usize,
}

/// Returns the text of the step at index `at`.
fn spell(walk: &[Step], at: usize) -> Arc<str> {
    let mut text: Vec<char> = Vec::new();
    let mut step = walk.get(at);
    while let Some((before, c)) = step.and_then(|step| step.last) {
        text.push(c);
        step = walk.get(before);
    }
    text.iter().rev().collect::<String>().into()
}

/// The sets of nodes that are states of the automaton.
struct PrefixSets<'a> {
    tree: &'a Tree,
    goals: Vec<Goal>,
    width: usize,
    limit: usize,
    ids: HashMap<Rc<[u32]>, u32>,
    list: Vec<Rc<[u32]>>,
    /// The number of the last set that each node was in. A counter avoids clearing this list for each set.
    seen: Vec<usize>,
    made: usize,
    work: usize,
    held: usize,
}

impl<'a> PrefixSets<'a> {
    fn of(tree: &'a Tree, width: usize, limit: usize) -> Self {
        let (ids, list) = (HashMap::new(), Vec::new());
        let seen = vec![0; tree.nodes.len()];
        Self { tree, goals: tree.goals(), width, limit, ids, list, seen, made: 0, work: 0, held: 0 }
    }

    /// Returns the state for these nodes, after adding the nodes that follow their stars and removing nodes without
    /// progress.
    ///
    /// The leftmost match of a piece leaves the longest rest for the following pieces. So once the node after a star is
    /// reached, reaching it again is useless, and nodes that lead only there are removed. This merges states that
    /// differ only in such nodes.
    fn state(&mut self, mut nodes: Vec<u32>) -> Option<u32> {
        let stars: Vec<u32> = nodes.iter().filter_map(|at| self.tree.node(*at)?.star).collect();
        nodes.extend(stars);
        self.made += 1;
        for at in &nodes {
            if let Some(seen) = self.seen.get_mut(*at as usize) {
                *seen = self.made;
            }
        }
        self.work += nodes.len();
        nodes.retain(|at| self.tree.node(*at).is_some_and(|node| node.stays) || self.gains(*at));
        nodes.sort_unstable();
        nodes.dedup();
        if self.work > self.limit.saturating_mul(WORK) {
            return None;
        }
        if let Some(id) = self.ids.get(nodes.as_slice()) {
            return Some(*id);
        }
        let id = self.list.len();
        self.held += nodes.len();
        if (id + 1).saturating_mul(self.width).max(self.held) > self.limit {
            return None;
        }
        let set: Rc<[u32]> = nodes.into();
        self.list.push(set.clone());
        self.ids.insert(set, id as u32);
        Some(id as u32)
    }

    /// Returns true if a node leads to the end of a pattern, or to a star that isn't in the current set.
    fn gains(&mut self, node: u32) -> bool {
        let mut todo = vec![node];
        while let Some(at) = todo.pop() {
            self.work += 1;
            let is_new = |star: u32| self.seen.get(star as usize) != Some(&self.made);
            match self.goals.get(at as usize) {
                Some(Goal::End) => return true,
                Some(Goal::Star(star)) if is_new(*star) => return true,
                Some(Goal::Stars) => {
                    let Some(node) = self.tree.node(at) else { continue };
                    if node.star.is_some_and(is_new) {
                        return true;
                    }
                    todo.extend(node.nexts.values());
                }
                Some(Goal::Star(_) | Goal::Nothing) | None => {}
            }
        }
        false
    }
}

#[cfg(test)]
mod tests;
