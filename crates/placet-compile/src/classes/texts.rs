//! Classes of texts: what no test of a policy tells apart is one.
//!
//! All patterns together are one tree of signs, of which the automaton holds sets of nodes. A pattern without a star is
//! a text like those of `OneOf`. The mentioned texts are few and known, so what remains to be found is which verdicts of
//! the patterns *other* texts have: the automaton is walked together with the prefixes of the mentioned texts.

use placet_core::Pattern;
use placet_program::ClassSet;
use placet_program::classify::TextClasses;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

/// How many steps of work a unit of the limit allows.
const WORK: usize = 16;

/// What a test of the policy says of a text.
#[derive(Debug, Clone, Copy)]
pub(crate) enum PatternTest<'a> {
    /// It is one of these.
    OneOf(&'a BTreeSet<Arc<str>>),
    /// It matches.
    Like(&'a Pattern),
}

/// The texts as classes: two are of one class exactly if all tests agree on them, and each class has a text.
///
/// Classes of mentioned texts come first, by their least texts; then those of other texts, by their samples; last the
/// class of the texts of which no test holds. So the texts under a prefix are neighbours.
#[derive(Debug, Clone)]
pub(crate) struct TextPartition {
    /// From a text to its class.
    pub(crate) classes: TextClasses,
    /// For each test, the classes of which it holds.
    pub(crate) holds: Vec<ClassSet>,
    /// For each class, a text of it: the least one mentioned, if any is; else one of the shortest.
    pub(crate) samples: Vec<Arc<str>>,
    /// For each class, the mentioned texts in it, in ascending order.
    pub(crate) mentioned: Vec<Vec<Arc<str>>>,
    /// For each class, whether texts that no test mentions are in it.
    pub(crate) open: Vec<bool>,
}

/// The classes of texts that `tests` tell apart. `None` if there are more than `limit`, or the patterns' automaton would
/// have more than `limit` cells (states by columns), or take work in proportion to that many.
///
/// Cost: the mentioned texts sorted; with patterns, also the states of the automaton by the characters that occur, which
/// is exponential in the patterns that look for something after a star, and linear in the others.
pub(crate) fn partition(tests: &[PatternTest<'_>], limit: usize) -> Option<TextPartition> {
    let limit = limit.min(u32::MAX as usize);
    let Asked { tree, letters, of_text, at_place } = Asked::of(tests)?;
    let automaton = Automaton::of(&tree, limit)?;

    // A mentioned text is one of some test's texts, and no other text is: they never share a class.
    let mut class_of: HashMap<(&[usize], u32), usize> = HashMap::new();
    let mut held: Vec<(&[usize], u32)> = Vec::new();
    let mut mentioned: Vec<Vec<Arc<str>>> = Vec::new();
    let mut known: Vec<(Box<str>, u32)> = Vec::with_capacity(of_text.len());
    for (text, tests) in &of_text {
        let traits = (tests.as_slice(), automaton.verdict(automaton.read(0, text)));
        let class = *class_of.entry(traits).or_insert(held.len());
        if class == held.len() {
            held.push(traits);
            mentioned.push(Vec::new());
        }
        // INVARIANT: a class has its list since it was first met.
        mentioned.get_mut(class)?.push(text.clone());
        known.push((text.as_ref().into(), class as u32));
    }
    let texts: Vec<Arc<str>> = of_text.keys().cloned().collect();
    let mut others = automaton.others(&texts, &letters, limit)?;
    others.sort_by_cached_key(|(verdict, sample)| (automaton.matched(*verdict).is_empty(), sample.clone()));

    let mut samples: Vec<Arc<str>> = mentioned.iter().filter_map(|texts| texts.first().cloned()).collect();
    let mut open = vec![false; held.len()];
    let mut end_of: HashMap<u32, u32> = HashMap::new();
    for (verdict, sample) in others {
        end_of.insert(verdict, held.len() as u32);
        held.push((&[], verdict));
        samples.push(sample);
        mentioned.push(Vec::new());
        open.push(true);
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
    // Where all texts of a verdict are mentioned none is left to read, and any class will do.
    let end = |verdict: &u32| end_of.get(verdict).copied().unwrap_or_default();
    let ends: Vec<u32> = automaton.verdicts.iter().map(end).collect();
    let classes = match end_of.len() {
        1 => TextClasses::of_whole_texts(arity, known, end_of.into_values().sum()),
        _ => TextClasses::of_automaton(arity, known, automaton.columns, &automaton.rows, ends),
    };
    let holds = holds.into_iter().map(ClassSet::from_ranges).collect();
    Some(TextPartition { classes, holds, samples, mentioned, open })
}

/// What the tests ask for.
#[derive(Default)]
struct Asked {
    /// The patterns with a star.
    tree: Tree,
    /// The characters of those patterns.
    letters: BTreeSet<char>,
    /// For each mentioned text, the tests that ask for just this text.
    of_text: BTreeMap<Arc<str>, Vec<usize>>,
    /// For each place in the tree where a pattern ends, the tests that have this pattern.
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

/// The patterns as one tree of signs, which those that begin alike share. The first node is the root.
#[derive(Debug)]
struct Tree {
    nodes: Vec<Node>,
}

/// A place in patterns: what was read of them.
#[derive(Debug, Default)]
struct Node {
    /// The places after a literal byte.
    nexts: BTreeMap<u8, u32>,
    /// The place after a star.
    star: Option<u32>,
    /// Whether it is itself the place after a star, where it stays with any byte.
    stays: bool,
    /// Whether a pattern ends here.
    ends: bool,
}

/// What is to be gained by going on from a place, up to the next stars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Goal {
    Nothing,
    /// The place after this star, and no other.
    Star(u32),
    /// The places after several stars.
    Stars,
    /// A pattern ends before a star.
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
    /// Adds a pattern; gives the place where it ends.
    fn plant(&mut self, pattern: &Pattern) -> Option<u32> {
        let mut at = 0;
        for (index, piece) in pattern.pieces().iter().enumerate() {
            let new = self.nodes.len() as u32;
            let node = self.nodes.get_mut(at as usize)?;
            // Two stars with nothing between them are one.
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
        // A node comes after the one that it is a child of.
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

/// The patterns' automaton over the bytes of texts. The first state is where it begins.
///
/// Bytes do as well as characters: in UTF-8 no character's bytes begin within another's, so a literal piece, which is of
/// whole characters, can only begin where a character of the text does. And a byte that begins no sign leaves a set of
/// nodes with those after stars alone, which one more such byte doesn't change; so a character that no pattern mentions
/// is one step of "any other byte", whatever its bytes. States within a character are met too; no text ends there.
///
/// No two states could be one. Of each pattern, a state tells no more than how many bytes it still needs at least. Where
/// two states differ in that, the shorter rest makes the pattern match from one of them and not from the other, and
/// each set of matched patterns is a verdict of its own.
#[derive(Debug)]
struct Automaton {
    columns: [u8; 256],
    width: usize,
    /// For each state and column, the next state.
    rows: Vec<u32>,
    /// For each state, what is said of the texts that end there.
    verdicts: Vec<u32>,
    /// For each verdict, the places where the patterns end that match.
    matched: Vec<Box<[u32]>>,
}

impl Automaton {
    /// `None` if it has more than `limit` cells, or its states more than `limit` nodes, or if it takes too much work.
    fn of(tree: &Tree, limit: usize) -> Option<Self> {
        let bytes: BTreeSet<u8> = tree.nodes.iter().flat_map(|node| node.nexts.keys().copied()).collect();
        let mut columns = [0; 256];
        // Not every byte occurs in UTF-8, so the first column remains for others.
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

    /// The state after more of the text.
    fn read(&self, state: u32, text: &str) -> u32 {
        // INVARIANT: each byte has a column, each state a row.
        text.bytes().fold(state, |state, byte| {
            let column = self.columns.get(usize::from(byte)).copied().unwrap_or_default();
            self.rows.get(state as usize * self.width + usize::from(column)).copied().unwrap_or_default()
        })
    }

    fn verdict(&self, state: u32) -> u32 {
        // INVARIANT: each state has a verdict.
        self.verdicts.get(state as usize).copied().unwrap_or_default()
    }

    /// The places where the patterns end that match.
    fn matched(&self, verdict: u32) -> &[u32] {
        // INVARIANT: a verdict is a place in the list.
        self.matched.get(verdict as usize).map_or(&[], |places| places)
    }

    /// The verdicts on texts other than `mentioned` (which ascend), each with one of the shortest such texts. `letters`
    /// are the characters of the patterns. `None` if it takes more work than `limit` allows.
    fn others(
        &self,
        mentioned: &[Arc<str>],
        letters: &BTreeSet<char>,
        limit: usize,
    ) -> Option<Vec<(u32, Arc<str>)>> {
        // One character that is mentioned nowhere stands for all of those.
        let is_fresh = |c: &char| !letters.contains(c) && !mentioned.iter().any(|text| text.contains(*c));
        let fresh = ('x'..='z').chain('a'..='w').chain('A'..='Z').chain('\u{c0}'..).find(is_fresh)?;
        let letters: Vec<char> = [fresh].into_iter().chain(letters.iter().copied()).collect();

        let mut walk = vec![Step { last: None, state: 0, within: 0..mentioned.len(), length: 0 }];
        // For each state, the characters that haven't been seen to lead away from the mentioned texts.
        let mut left: HashMap<u32, Vec<char>> = HashMap::new();
        let mut away = vec![false; self.verdicts.len()];
        let mut samples: Vec<Option<Arc<str>>> = vec![None; self.matched.len()];
        let (mut missing, mut work, mut next) = (samples.len(), 0, 0);
        while let Some(Step { state, within, length, .. }) = walk.get(next).cloned() {
            // In ascending texts that begin alike, the first is the one that is just that beginning, if one is.
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
                // INVARIANT: a chunk isn't empty, and its texts are longer than what was read.
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

/// A text on the walk through the automaton.
#[derive(Debug, Clone)]
struct Step {
    /// The text without its last character, as a place on the walk, and that character.
    last: Option<(usize, char)>,
    state: u32,
    /// The mentioned texts that begin with the text.
    within: Range<usize>,
    /// How many bytes it has, while mentioned texts begin with it.
    length: usize,
}

/// The text at a place on the walk.
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
    /// For each node, the last set that it was in, by the number of sets made till then.
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

    /// The state of these nodes, the stars after them that match nothing, and without those that gain nothing.
    ///
    /// The leftmost match of a piece leaves the most for what follows. So once the place after a star is reached there
    /// is no use in reaching it again, and what only leads there is left out: states that differ in it alone are one.
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

    /// Whether a node leads to the end of a pattern, or to a star that isn't in the set being made.
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
