//! Compares rows of a table with requests decided one by one, over random policies and requests, with every evaluator.

use placet_model::decision::{Decision, Effect};
use placet_model::request::AttributeInput;
use placet_program::columns::{
    Bitmap, Classes, Coded, DecisionKeys, Keys, Results, RowOutcome, UNKNOWN_BYTE,
};
use placet_program::{Program, UNKNOWN};
use placet_samples::{Engines, Random, Requests, Shape, model, policy};
use std::collections::{BTreeMap, BTreeSet};

const POLICIES: u64 = 24;
const REQUESTS: usize = 150;
/// Sizes below, at and above those of words and blocks.
const ROWS: [usize; 8] = [0, 1, 63, 64, 65, 130, 2_048, 4_097];

/// The rows of a table of requests, as classes, with the decision of each request.
struct Table {
    rows: Vec<Vec<u32>>,
    effects: Vec<Effect>,
    /// True if a request has an inner node, which classes don't represent.
    has_leaves: Vec<bool>,
}

/// The form in which a column of classes is passed.
enum Column {
    Each(Vec<u8>),
    Wide(Vec<u32>),
}

impl Column {
    fn classes(&self) -> Classes<'_> {
        match self {
            Column::Each(classes) => Classes::Each(classes),
            Column::Wide(classes) => Classes::Wide(classes),
        }
    }
}

fn columns(program: &Program, rows: &[Vec<u32>], random: &mut Random) -> Vec<Column> {
    let column = |(at, variable): (usize, &placet_program::Variable)| {
        let classes = rows.iter().map(|row| row[at]);
        if variable.classes > 255 || random.chance(20) {
            return Column::Wide(classes.collect());
        }
        let byte = |class| if class == UNKNOWN { UNKNOWN_BYTE } else { u8::try_from(class).unwrap() };
        Column::Each(classes.map(byte).collect())
    };
    program.variables().iter().enumerate().map(column).collect()
}

fn decided(program: &Program, rows: usize, variables: &[Classes<'_>]) -> Vec<RowOutcome> {
    let (mut ends, mut blocks) = (vec![RowOutcome::Undecided; rows], program.batch_evaluator());
    let counts = blocks.decide(program, rows, variables, Results::Outcomes(&mut ends));
    assert_eq!(counts, ends.iter().copied().collect());
    let mut allowed = vec![u64::MAX; rows.div_ceil(64)];
    assert_eq!(blocks.decide(program, rows, variables, Results::Allowed(&mut allowed)), counts);
    for (row, end) in ends.iter().enumerate() {
        assert_eq!(allowed[row / 64] >> (row % 64) & 1 == 1, *end == RowOutcome::Allow, "row {row}");
    }
    for ((at, variable), classes) in (0..).zip(program.variables()).zip(variables) {
        let is_known = |row| classes.get(row).is_some_and(|class| class < variable.classes);
        assert!(!blocks.is_closed(at) || (0..rows).all(is_known), "{at}");
    }
    ends
}

/// Returns true if the classes of an incomplete row determine its effect: all its unknown variables are independent of
/// each other, and the diagram is whole.
fn is_told(program: &Program, row: &[u32]) -> bool {
    let tangled = |(class, variable): (&u32, &placet_program::Variable)| {
        *class == UNKNOWN && variable.source.is_relation()
    };
    let is_whole = program.data().graph.is_some() && program.data().notes.slices.is_none();
    is_whole && !row.iter().zip(program.variables()).any(tangled)
}

#[test]
fn decide_rows_agrees_with_requests() {
    let mut ends_of: BTreeMap<&'static str, [usize; 4]> = BTreeMap::new();
    let shapes =
        [Shape::small, Shape::related, Shape::middle, Shape::structured, Shape::related, Shape::wide];
    for seed in 0..POLICIES {
        let mut random = Random::new(seed);
        let text = policy(&mut random, &shapes[seed as usize % shapes.len()]());
        let model = model(&text).unwrap();
        let engines = Engines::with_search(&model, 100);
        let requests = Requests::new(&model);
        let requests: Vec<_> = (0..REQUESTS).map(|_| requests.any(&mut random)).collect();
        for (engine, program) in engines.programs() {
            let mut table = Table { rows: Vec::new(), effects: Vec::new(), has_leaves: Vec::new() };
            for request in &requests {
                let frame = program.frame_of(request).unwrap();
                // An invalid request has no row.
                let Ok(effect) = program.effect(&frame) else { continue };
                table.rows.push(frame.classes().to_vec());
                table.effects.push(effect);
                let is_inner = |given| matches!(given, Some(&AttributeInput::OneOf(_)));
                table.has_leaves.push(model.declared().any(|(id, _)| is_inner(request.get(id))));
            }
            let told = table.answers(program, &mut random, &format!("policy {seed}, {engine}\n{text}"));
            let all = ends_of.entry(engine).or_default();
            all.iter_mut().zip(told).for_each(|(all, told)| *all += told);
        }
    }
    // Each evaluator saw rows of each kind, and those with a whole diagram leave few undecided.
    for (engine, ends) in &ends_of {
        println!("{engine}: indeterminate, allow, deny, undecided {ends:?}");
        assert!(ends[1..3].iter().all(|count| *count > 50), "{engine}: {ends:?}");
    }
    for engine in ["masks", "graph"] {
        let ends = ends_of[engine];
        assert!(ends[0] > 50 && ends[3] * 4 < ends.iter().sum(), "{engine}: {ends:?}");
    }
}

impl Table {
    /// Compares the rows with the requests, in tables of all sizes. Returns the number of requests with each outcome.
    fn answers(&self, program: &Program, random: &mut Random, of: &str) -> [usize; 4] {
        let mut counts = [0; 4];
        if self.rows.is_empty() {
            return counts;
        }
        for rows in ROWS {
            let places: Vec<usize> = (0..rows).map(|row| row % self.rows.len()).collect();
            let rows: Vec<Vec<u32>> = places.iter().map(|place| self.rows[*place].clone()).collect();
            let columns = columns(program, &rows, random);
            let variables: Vec<Classes<'_>> = columns.iter().map(Column::classes).collect();
            let ends = decided(program, rows.len(), &variables);
            for ((end, place), row) in ends.iter().zip(&places).zip(&rows) {
                let effect = self.effects[*place];
                match end.effect() {
                    None => {
                        assert!(
                            !is_told(program, row) && row.contains(&UNKNOWN),
                            "{of}\n{row:?} is undecided"
                        )
                    }
                    Some(Effect::Indeterminate) if self.has_leaves[*place] => {}
                    Some(found) => assert_eq!(found, effect, "{of}\n{row:?}"),
                }
            }
            for end in ends.iter().take(self.rows.len()) {
                counts[*end as usize] += 1;
            }
        }
        counts
    }
}

/// A column of one class leads to the same whether it says so once or in each row, and rows are decided alike in company and
/// alone, also where they contradict themselves, as no request does.
#[test]
fn rows_do_not_depend_on_how_they_are_given() {
    for seed in 0..POLICIES {
        let mut random = Random::new(1_000 + seed);
        let shape = if seed % 2 == 0 { Shape::middle() } else { Shape::related() };
        let text = policy(&mut random, &shape);
        let model = model(&text).unwrap();
        for (engine, program) in Engines::new(&model).programs() {
            let count = program.variables().len();
            let same: Vec<bool> = (0..count).map(|_| random.chance(40)).collect();
            let open = if random.chance(50) { 0 } else { 15 };
            let mut class = |at: usize| {
                let classes = u64::from(program.variables()[at].classes);
                if random.chance(open) { UNKNOWN } else { random.below(classes) as u32 }
            };
            let first: Vec<u32> = (0..count).map(&mut class).collect();
            let rows: Vec<Vec<u32>> = (0..2_100)
                .map(|_| (0..count).map(|at| if same[at] { first[at] } else { class(at) }).collect())
                .collect();
            let columns = columns(program, &rows, &mut random);
            let each: Vec<Classes<'_>> = columns.iter().map(Column::classes).collect();
            let once: Vec<Classes<'_>> = (0..count)
                .map(|at| if same[at] { Classes::Same(first[at]) } else { columns[at].classes() })
                .collect();
            let ends = decided(program, rows.len(), &each);
            // A constant column may decide more rows, but never differently.
            let agree = |one: RowOutcome, other: RowOutcome| {
                let weak = [RowOutcome::Indeterminate, RowOutcome::Undecided];
                one == other || (weak.contains(&one) && weak.contains(&other))
            };
            for ((one, other), row) in ends.iter().zip(decided(program, rows.len(), &once)).zip(&rows) {
                assert!(agree(*one, other), "policy {seed}, {engine}: {row:?} {one:?} {other:?}\n{text}");
            }
            for (row, end) in rows.iter().zip(&ends).step_by(7) {
                let alone: Vec<Classes<'_>> = row.iter().map(|class| Classes::Same(*class)).collect();
                let alone = decided(program, 1, &alone)[0];
                assert!(agree(*end, alone), "policy {seed}, {engine}: {row:?} {end:?} {alone:?}\n{text}");
                assert!(
                    row.contains(&UNKNOWN)
                        || (*end != RowOutcome::Undecided && alone != RowOutcome::Undecided)
                );
            }
        }
    }
}

/// An invalid class and a missing column count as unknown, so they never lead to an allow.
#[test]
fn invalid_classes_count_as_unknown() {
    let text = "policy door  request { a: bool  n: int }  rule r { allow when a and n > 3 }";
    let model = model(text).unwrap();
    for (engine, program) in Engines::new(&model).programs() {
        let classes = |n: &'static [u8; 1_000]| [Classes::Same(1), Classes::Each(n)];
        for odd in [classes(&[17; 1_000]), classes(&[254; 1_000]), classes(&[UNKNOWN_BYTE; 1_000])] {
            let ends = decided(program, 1_000, &odd);
            assert!(ends.iter().all(|end| *end != RowOutcome::Allow), "{engine}");
        }
        for short in [&[][..], &[Classes::Same(1)], &[Classes::Same(7), Classes::Each(&[1; 3])]] {
            let ends = decided(program, 1_000, short);
            assert!(ends.iter().all(|end| *end != RowOutcome::Allow), "{engine}");
        }
        let ends = decided(program, 1_000, &[Classes::Same(1), Classes::Each(&[1; 3])]);
        assert!(ends.iter().take(3).all(|end| *end == RowOutcome::Allow), "{engine}");
        assert!(ends.iter().skip(3).all(|end| *end != RowOutcome::Allow), "{engine}");
    }
}

#[test]
fn rows_with_equal_keys_have_equal_decisions() {
    let shapes = [Shape::small, Shape::structured, Shape::related, Shape::middle, Shape::wide];
    let (mut shared, mut refused, mut words) = (0, 0, BTreeSet::new());
    for seed in 0..POLICIES / 2 {
        let mut random = Random::new(2_000 + seed);
        let text = policy(&mut random, &shapes[seed as usize % shapes.len()]());
        let model = model(&text).unwrap();
        let requests = Requests::new(&model);
        for (engine, program) in Engines::new(&model).programs() {
            let Some(keys) = DecisionKeys::new(program) else {
                refused += 1;
                continue;
            };
            let requests: Vec<_> = (0..REQUESTS).map(|_| requests.request(&mut random, 2)).collect();
            let frames: Vec<_> = requests.iter().map(|request| program.frame_of(request).unwrap()).collect();
            let rows: Vec<Vec<u32>> = frames.iter().map(|frame| frame.classes().to_vec()).collect();
            let columns = columns(program, &rows, &mut random);
            let variables: Vec<Classes<'_>> = columns.iter().map(Column::classes).collect();
            words.insert(keys.words());
            let mut found: Vec<[u64; 4]> = vec![DecisionKeys::incomplete(); rows.len()];
            keys.write(&variables, &mut found);
            if keys.words() == 1 {
                let mut narrow: Vec<[u64; 1]> = vec![DecisionKeys::incomplete(); rows.len()];
                keys.write(&variables, &mut narrow);
                let first_words = found.iter().map(|[word, ..]| [*word]);
                assert!(narrow.into_iter().eq(first_words), "policy {seed}, {engine}");
            }
            let mut decisions: BTreeMap<[u64; 4], Decision> = BTreeMap::new();
            for (key, frame) in found.into_iter().zip(&frames) {
                assert_eq!(key != DecisionKeys::incomplete(), frame.is_complete());
                let Ok(decision) = program.decide(frame) else { continue };
                if key != DecisionKeys::incomplete() {
                    let known = decisions.entry(key).or_insert_with(|| decision.clone());
                    assert_eq!(*known, decision, "policy {seed}, {engine}\n{text}");
                    shared += 1;
                }
            }
            shared -= decisions.len();
        }
    }
    assert!(shared > 1_000 && refused > 0, "{shared} shared, {refused} refused");
    assert!(words.contains(&1) && words.len() > 1, "{words:?}");
}

#[test]
fn keys_do_not_depend_on_how_classes_are_given() {
    let model = model("policy door  request { a: bool  b: bool }  rule r { allow when a and b }").unwrap();
    for (engine, program) in Engines::new(&model).programs() {
        let keys = DecisionKeys::new(program).unwrap();
        let of = |a: Classes<'_>| {
            let mut found = [DecisionKeys::incomplete::<1>(); 4];
            keys.write(&[a, Classes::Same(1)], &mut found);
            found
        };
        let each = of(Classes::Each(&[1, 0, UNKNOWN_BYTE]));
        assert!(
            each[0] != each[1] && each[..2].iter().all(|key| *key != DecisionKeys::incomplete()),
            "{engine}"
        );
        // An unknown class, and a row beyond the data.
        assert_eq!(each[2..], [DecisionKeys::incomplete(); 2], "{engine}");
        assert_eq!(of(Classes::Wide(&[1, 0, UNKNOWN])), each, "{engine}");
        let mut classes = [UNKNOWN_BYTE; 256];
        (classes[0], classes[1]) = (1, 0);
        let valid = |bits: &'static [u8]| Bitmap::new(bits, 0, 3);
        let coded = |keys, nulls| Classes::Coded(Coded { keys, classes: &classes, nulls });
        assert_eq!(of(coded(Keys::Bytes(&[0, 1, 7]), None)), each, "{engine}");
        assert_eq!(
            of(coded(Keys::Bytes(&[0, 0, 1]), Some((valid(&[0b101]), 0))))[..2],
            each[..2],
            "{engine}"
        );
        assert_eq!(of(coded(Keys::Bits(valid(&[0b010])), None))[..2], each[..2], "{engine}");
        let with_null = of(coded(Keys::Bits(valid(&[0b010])), Some((valid(&[0b011]), UNKNOWN_BYTE))));
        assert_eq!(with_null, each, "{engine}");
    }
}
