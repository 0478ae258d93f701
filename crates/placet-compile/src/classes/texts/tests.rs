use super::{Automaton, PatternTest, TextPartition, Texts, Tree, partition};
use placet_core::Pattern;
use placet_program::classify::TextClasses;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const LIMIT: usize = 1 << 22;

#[derive(Debug, Clone)]
enum Owned {
    OneOf(BTreeSet<Arc<str>>),
    Like(Pattern),
}

impl Owned {
    fn test(&self) -> PatternTest<'_> {
        match self {
            Owned::OneOf(texts) => PatternTest::OneOf(texts),
            Owned::Like(pattern) => PatternTest::Like(pattern),
        }
    }

    fn holds(&self, text: &str) -> bool {
        match self {
            Owned::OneOf(texts) => texts.contains(text),
            Owned::Like(pattern) => pattern.matches(text),
        }
    }

    fn mentions(&self, text: &str) -> bool {
        match self {
            Owned::OneOf(texts) => texts.contains(text),
            Owned::Like(pattern) => pattern.as_text() == Some(text),
        }
    }
}

fn like(raw: &str) -> Owned {
    Owned::Like(Pattern::from_pieces(raw.split('*').map(str::to_owned).collect()))
}

fn one_of(texts: &[&str]) -> Owned {
    Owned::OneOf(texts.iter().map(|text| Arc::from(*text)).collect())
}

fn partition_of(tests: &[Owned]) -> Option<TextPartition> {
    partition(&tests.iter().map(Owned::test).collect::<Vec<_>>(), LIMIT)
}

/// All texts of up to `length` of the characters, shorter ones first.
fn all_texts(characters: &[char], length: usize) -> Vec<String> {
    let mut texts = vec![String::new()];
    let mut first = 0;
    for _ in 0..length {
        let end = texts.len();
        for at in first..end {
            texts.extend(characters.iter().map(|c| format!("{}{c}", texts[at])).collect::<Vec<_>>());
        }
        first = end;
    }
    texts
}

/// The example of each class.
fn samples(parts: &TextPartition) -> Vec<&str> {
    parts.labels.iter().map(|texts| &*texts.sample).collect()
}

/// Compares the classes with what the tests say of the given texts; `complete` if those show every class.
fn check(tests: &[Owned], texts: &[String], complete: bool) {
    let parts = partition_of(tests).unwrap();
    let classes = &parts.classes;
    assert!(classes.is_valid());
    let count = classes.classes() as usize;
    assert_eq!(parts.labels.len(), count);
    assert_eq!(parts.holds.len(), tests.len());
    assert!(parts.holds.iter().all(|set| set.is_valid(classes.classes())));

    let loaded: TextClasses = serde_json::from_str(&serde_json::to_string(classes).unwrap()).unwrap();
    let truths_of = |text: &str| tests.iter().map(|test| test.holds(text)).collect::<Vec<bool>>();
    let mut class_of: BTreeMap<Vec<bool>, u32> = BTreeMap::new();
    // The least length of the texts in each class that aren't mentioned.
    let mut shortest: BTreeMap<u32, usize> = BTreeMap::new();
    let mut mentioned = vec![BTreeSet::new(); count];
    for text in texts.iter().map(String::as_str).chain(samples(&parts)) {
        let class = classes.class(text);
        assert!(class < classes.classes());
        assert_eq!(loaded.class(text), class);
        let truths = truths_of(text);
        for (test, holds) in truths.iter().enumerate() {
            assert_eq!(parts.holds[test].contains(class), *holds, "test {test} of {text:?}");
        }
        assert_eq!(*class_of.entry(truths).or_insert(class), class, "one class for all like {text:?}");
        if tests.iter().any(|test| test.mentions(text)) {
            mentioned[class as usize].insert(Arc::from(text));
        } else {
            assert!(parts.labels[class as usize].is_open, "{text:?} isn't mentioned");
            let least = shortest.entry(class).or_insert(usize::MAX);
            *least = text.chars().count().min(*least);
        }
    }
    // As many classes as combinations of truths, and each has its sample.
    assert_eq!(class_of.len(), count);
    for (class, Texts { sample, mentioned, .. }) in (0..).zip(&*parts.labels) {
        assert_eq!(classes.class(sample), class);
        match shortest.get(&class) {
            Some(length) => assert_eq!(sample.chars().count(), *length),
            None => assert_eq!(mentioned.first(), Some(sample)),
        }
    }
    for ((class, found), label) in (0..).zip(mentioned).zip(&*parts.labels) {
        assert!(label.mentioned.is_sorted());
        assert!(found.iter().all(|text| label.mentioned.contains(text)));
        assert_eq!(found.len(), label.mentioned.len());
        assert_eq!(shortest.contains_key(&class), label.is_open);
    }
    if complete {
        let shown: BTreeSet<u32> = texts.iter().map(|text| classes.class(text)).collect();
        assert_eq!(shown.len(), count, "no class but those that texts have");
    }
    // Where none of the tests holds comes last.
    if let Some(nothing) = class_of.get(&vec![false; tests.len()]) {
        assert_eq!(*nothing as usize, count - 1);
    }
}

/// Four for the tests, of which two share their first byte; and two for other texts, of which one shares its last byte
/// with "é".
const LETTERS: [char; 6] = ['a', 'b', 'é', 'ê', 'z', 'ĩ'];

fn small_tests() -> impl Strategy<Value = Vec<Owned>> {
    let text =
        || prop::collection::vec(prop::sample::select(&LETTERS[..4]), 0..3).prop_map(String::from_iter);
    let pattern = prop::collection::vec(text(), 1..4).prop_map(|pieces| {
        let short = pieces.concat().chars().count() <= 4;
        Owned::Like(Pattern::from_pieces(if short { pieces } else { vec![String::new(), pieces[0].clone()] }))
    });
    let texts = prop::collection::btree_set(text().prop_map(Arc::from), 0..5).prop_map(Owned::OneOf);
    prop::collection::vec(prop_oneof![3 => pattern, 1 => texts], 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn classes_are_what_tests_tell_apart(tests in small_tests()) {
        check(&tests, &all_texts(&LETTERS, 5), false);
    }
}

#[test]
fn classes_of_tests_that_come_close() {
    let texts = all_texts(&LETTERS, 5);
    let all: [&[Owned]; 12] = [
        &[],
        &[like("*")],
        &[like("**"), one_of(&[""])],
        &[one_of(&[])],
        &[one_of(&["", "a"]), one_of(&["a", "b"]), like("a")],
        &[like("a*"), like("*a"), like("*aa*"), one_of(&["ab", "ba", "z"])],
        // Of those that begin and end with "a", only "a" has not two of them.
        &[like("a*"), like("*a"), like("a*a"), one_of(&["a"])],
        &[like("a*"), like("*a"), like("a*a")],
        // Two characters that begin with the same byte, and end with it.
        &[like("é*"), like("*ê"), like("*éê*")],
        &[like("ab*ba"), like("a*b*a")],
        &[like("*a**b*"), like("*a*b*")],
        &[like("a*b"), like("a*"), one_of(&["ab", "aab", "éé"])],
    ];
    for tests in all {
        check(tests, &texts, true);
    }
}

#[test]
fn a_class_has_a_text() {
    let parts = partition_of(&[like("*")]).unwrap();
    assert_eq!(parts.classes.classes(), 1);
    assert!(parts.holds[0].is_full(1));

    // "a" is mentioned, and no other text begins and ends with the same "a".
    let ends = [like("a*"), like("*a"), like("a*a")];
    let open = partition_of(&ends).unwrap();
    assert_eq!(open.classes.classes(), 5);
    let mentioned = partition_of(&[ends[0].clone(), ends[1].clone(), ends[2].clone(), like("a")]).unwrap();
    assert_eq!(mentioned.classes.classes(), 5);
    let open: Vec<bool> = mentioned.labels.iter().map(|texts| texts.is_open).collect();
    assert_eq!(open, [false, true, true, true, true]);
}

#[test]
fn neighbours_are_in_the_same_sets() {
    let parts = partition_of(&[
        like("user/*"),
        like("user/admin/*"),
        like("group/*"),
        one_of(&["user/eve", "group/all", "root"]),
        one_of(&["user/eve"]),
    ])
    .unwrap();
    assert_eq!(samples(&parts), ["group/all", "root", "user/eve", "group/", "user/", "user/admin/", ""]);
    let ranges: Vec<_> = parts.holds.iter().map(|set| set.ranges().to_vec()).collect();
    assert_eq!(
        ranges,
        [vec![(2, 3), (4, 6)], vec![(5, 6)], vec![(0, 1), (3, 4)], vec![(0, 3)], vec![(2, 3)]]
    );
}

#[test]
fn a_sample_is_readable() {
    let parts = partition_of(&[one_of(&["", "x", "y"]), like("a*")]).unwrap();
    assert_eq!(samples(&parts), ["", "a", "z"]);
    let letters: Vec<String> = ('a'..='z').map(String::from).chain([String::new()]).collect();
    let parts = partition_of(&[one_of(&letters.iter().map(String::as_str).collect::<Vec<_>>())]).unwrap();
    assert_eq!(samples(&parts)[1], "A");
}

#[test]
fn no_two_states_could_be_one() {
    for patterns in [
        &["abab*ab*", "*ab*ba*", "aba*", "*aab"][..],
        &["*abc*xyz*", "*xyzabc", "abc*"],
        &["t0*", "t1*", "t10*", "t11*", "t12*5"],
        &["*a*b*c*d*", "*b*c*a*d*"],
    ] {
        let mut tree = Tree::default();
        for raw in patterns {
            let Owned::Like(pattern) = like(raw) else { unreachable!() };
            tree.plant(&pattern).unwrap();
        }
        let automaton = Automaton::of(&tree, LIMIT).unwrap();
        let mut parts = automaton.verdicts.clone();
        let count = |parts: &[u32]| parts.iter().collect::<BTreeSet<_>>().len();
        loop {
            let mut ids: BTreeMap<(u32, Vec<u32>), u32> = BTreeMap::new();
            let finer: Vec<u32> = (0..parts.len())
                .map(|state| {
                    let row = &automaton.rows[state * automaton.width..][..automaton.width];
                    let next = ids.len() as u32;
                    *ids.entry((parts[state], row.iter().map(|to| parts[*to as usize]).collect()))
                        .or_insert(next)
                })
                .collect();
            if count(&finer) == count(&parts) {
                break;
            }
            parts = finer;
        }
        assert_eq!(count(&parts), automaton.verdicts.len(), "{patterns:?}");
    }
}

#[test]
fn many_texts_and_many_prefixes() {
    let texts: Vec<String> = (0..10_000).map(|n| format!("account-number-{n}")).collect();
    let tests: Vec<Owned> = texts.iter().map(|text| one_of(&[text])).collect();
    let parts = partition_of(&tests).unwrap();
    assert_eq!(parts.classes.classes(), 10_001);

    let prefixes: Vec<Owned> = (0..10_000).map(|n| like(&format!("t{n}*"))).collect();
    let parts = partition_of(&prefixes).unwrap();
    assert_eq!(parts.classes.classes(), 10_001);
    assert!(parts.holds.iter().all(|set| set.ranges().len() == 1));
    assert!(parts.holds[77].contains(parts.classes.class("t7788 and more")));
    assert_eq!(parts.holds[1].len(), 1111);
}

#[test]
fn what_explodes_is_given_up() {
    let letters: Vec<char> = ('a'..='z').chain('A'..='Z').collect();
    let tests: Vec<Owned> = (0..30)
        .map(|n| {
            let at = |k: usize| letters[(n * 7 + k * 11) % letters.len()];
            like(&format!("*{}*{}*{}*", at(0), at(1), at(2)))
        })
        .collect();
    assert!(partition_of(&tests).is_none());
    assert!(partition(&[one_of(&["a"]).test(), one_of(&["b"]).test()], 2).is_none());
}
