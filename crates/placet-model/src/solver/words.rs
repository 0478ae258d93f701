//! Representative texts: some for every combination of predicates that a text can satisfy.

use placet_core::Pattern;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

/// A predicate on texts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TextTest {
    /// The text is one of these.
    OneOf(BTreeSet<Arc<str>>),
    /// The text matches a pattern.
    Like(Pattern),
}

impl TextTest {
    pub(super) fn holds(&self, text: &str) -> bool {
        match self {
            TextTest::OneOf(texts) => texts.contains(text),
            TextTest::Like(pattern) => pattern.matches(text),
        }
    }
}

/// A state of the product automaton: a node of the prefix tree and a set of positions in each pattern.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct State {
    /// The node of the prefix tree, as long as the text is a prefix of a mentioned text.
    prefix: Option<usize>,
    /// The positions in each pattern that the text can have reached.
    places: Vec<BTreeSet<usize>>,
}

/// A pattern as a nondeterministic automaton: `Some` steps over a literal character, `None` is a star, which loops.
struct Track {
    signs: Vec<Option<char>>,
}

impl Track {
    fn of(pattern: &Pattern) -> Self {
        let mut signs = Vec::new();
        for (at, piece) in pattern.pieces().iter().enumerate() {
            if at > 0 {
                signs.push(None);
            }
            signs.extend(piece.chars().map(Some));
        }
        Self { signs }
    }

    /// Adds the positions behind stars, which can match nothing.
    fn closed(&self, mut places: BTreeSet<usize>) -> BTreeSet<usize> {
        let mut todo: Vec<usize> = places.iter().copied().collect();
        while let Some(place) = todo.pop() {
            if self.signs.get(place) == Some(&None) && places.insert(place + 1) {
                todo.push(place + 1);
            }
        }
        places
    }

    fn step(&self, places: &BTreeSet<usize>, c: char) -> BTreeSet<usize> {
        let moved = places.iter().filter_map(|place| match self.signs.get(*place)? {
            None => Some(*place),
            Some(sign) => (*sign == c).then_some(place + 1),
        });
        self.closed(moved.collect())
    }
}

/// Returns `per_class` texts (or as many as exist) for every combination of truths of the tests that some text has.
/// `None` if the search exceeds its number of states, finds more than `limit` texts, or uses up `left`.
///
/// The search walks the product of the patterns' automata and the prefix tree of the mentioned texts breadth-first, so
/// shorter texts come first. The alphabet is the characters that occur, and one that doesn't.
pub(super) fn words(
    tests: &[TextTest],
    per_class: usize,
    limit: usize,
    left: &mut usize,
) -> Option<Vec<Arc<str>>> {
    let mut tree: Vec<BTreeMap<char, usize>> = vec![BTreeMap::new()];
    let mut tracks = Vec::new();
    for test in tests {
        match test {
            TextTest::OneOf(texts) => texts.iter().for_each(|text| plant(&mut tree, text)),
            TextTest::Like(pattern) => tracks.push(Track::of(pattern)),
        }
    }
    let signs: BTreeSet<char> =
        tracks.iter().flat_map(|track| track.signs.iter().copied().flatten()).collect();
    let mentioned: BTreeSet<char> =
        tree.iter().flat_map(|node| node.keys().copied()).chain(signs.clone()).collect();
    let fresh = ('x'..='z').chain('a'..='w').chain('\u{e000}'..).find(|c| !mentioned.contains(c))?;

    let start = State {
        prefix: Some(0),
        places: tracks.iter().map(|track| track.closed(BTreeSet::from([0]))).collect(),
    };
    let mut visits: HashMap<State, usize> = HashMap::from([(start.clone(), 1)]);
    let mut queue = VecDeque::from([(start, String::new())]);
    let mut found: HashMap<Vec<bool>, usize> = HashMap::new();
    let mut weight = 0;
    let mut take = |size: usize| {
        let after = left.checked_sub(size);
        *left = after.unwrap_or(0);
        after.map(drop)
    };
    let mut out: Vec<Arc<str>> = Vec::new();
    while let Some((state, word)) = queue.pop_front() {
        take(tests.len())?;
        let truths = tests.iter().map(|test| test.holds(&word)).collect();
        let count = found.entry(truths).or_default();
        if *count < per_class {
            *count += 1;
            out.push(word.as_str().into());
            if out.len() > limit {
                return None;
            }
        }
        let children = state.prefix.and_then(|node| tree.get(node));
        let nexts: BTreeSet<char> = children
            .into_iter()
            .flat_map(|node| node.keys().copied())
            .chain(signs.iter().copied())
            .chain([fresh])
            .collect();
        for c in nexts {
            let next = State {
                prefix: children.and_then(|node| node.get(&c).copied()),
                places: tracks.iter().zip(&state.places).map(|(track, at)| track.step(at, c)).collect(),
            };
            // Prefixes of mentioned texts are cheap, one state a character, so they don't count.
            if next.prefix.is_none() {
                weight += 1 + tracks.len();
            }
            // Long texts and patterns with many positions make a state expensive.
            take(
                1 + 3 * tracks.len() + next.places.iter().map(BTreeSet::len).sum::<usize>() + word.len() / 64,
            )?;
            if weight > limit.saturating_mul(16) {
                return None;
            }
            let seen = visits.entry(next.clone()).or_default();
            if *seen < per_class {
                *seen += 1;
                queue.push_back((next, format!("{word}{c}")));
            }
        }
    }
    Some(out)
}

fn plant(tree: &mut Vec<BTreeMap<char, usize>>, text: &str) {
    let mut at = 0;
    for c in text.chars() {
        let next = tree.len();
        let Some(node) = tree.get_mut(at) else { return };
        at = *node.entry(c).or_insert(next);
        if at == next {
            tree.push(BTreeMap::new());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn like(raw: &str) -> TextTest {
        TextTest::Like(Pattern::from_pieces(raw.split('*').map(str::to_owned).collect()))
    }

    fn one_of(texts: &[&str]) -> TextTest {
        TextTest::OneOf(texts.iter().map(|text| Arc::from(*text)).collect())
    }

    #[test]
    fn words_cover_every_possible_combination() {
        let tests = [like("a*"), like("*b"), like("*c*"), one_of(&["ab", "c"])];
        let found: BTreeSet<Vec<bool>> = words(&tests, 1, 10_000, &mut usize::MAX.clone())
            .unwrap()
            .iter()
            .map(|word| tests.iter().map(|test| test.holds(word)).collect())
            .collect();
        // All texts of up to five of the characters that the tests distinguish.
        let mut all = BTreeSet::new();
        let mut texts = vec![String::new()];
        for _ in 0..5 {
            let longer: Vec<String> =
                texts.iter().flat_map(|text| ["a", "b", "c", "x"].map(|c| format!("{text}{c}"))).collect();
            texts.extend(longer);
        }
        for text in texts {
            all.insert(tests.iter().map(|test| test.holds(&text)).collect::<Vec<bool>>());
        }
        assert_eq!(found, all);
    }

    #[test]
    fn words_returns_several_texts_of_each_class() {
        let all = words(&[one_of(&["a", "b", "c"])], 2, 1_000, &mut usize::MAX.clone()).unwrap();
        assert_eq!(all.iter().filter(|word| ["a", "b", "c"].contains(&&***word)).count(), 2);
        assert_eq!(all.len(), 4);
    }
}
