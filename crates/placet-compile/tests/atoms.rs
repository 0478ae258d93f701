//! Comparisons of calendar months and of sets with patterns: random policies in which they take the places of others,
//! decided by every evaluator, by the solver, by loaded programs and by the reference.

use placet_core::Pattern;
use placet_core::calendar::CalendarUnit;
use placet_model::condition::{Atom, Collection, Condition};
use placet_model::linear::{Linear, Term};
use placet_model::{Model, Ranges};
use placet_program::{Program, VariableKind};
use placet_samples::{Engines, Random, Requests, Shape, model, policy, with_comparisons};

const POLICIES: u64 = 120;
const REQUESTS: usize = 40;

/// Returns a pattern: `*` is any run of characters.
fn pattern(written: &str) -> Pattern {
    Pattern::from_pieces(written.split('*').map(str::to_owned).collect())
}

/// Compares some texts in sets with patterns, and counts some years in months.
fn changed(random: &mut Random, atom: &Atom) -> Atom {
    const PATTERNS: [&str; 8] = ["a*", "*a", "*b*", "ab*", "*", "SG", "a*b", "*a*b*"];
    let of = |random: &mut Random| Collection::Like(pattern(random.word(&PATTERNS)));
    match atom {
        Atom::AnyIn(id, Collection::Texts(_)) if random.chance(70) => Atom::AnyIn(*id, of(random)),
        Atom::AllIn(id, Collection::Texts(_)) if random.chance(70) => Atom::AllIn(*id, of(random)),
        Atom::Within(sum, ranges) => {
            let mut out = Linear::constant(sum.added());
            let mut is_changed = false;
            for (term, factor) in sum.terms() {
                out = out.plus(
                    match term {
                        Term::Between(_, from, to) if random.chance(50) => {
                            is_changed = true;
                            Linear::between(CalendarUnit::Months, (**from).clone(), (**to).clone())
                        }
                        term => Linear::term(term.clone(), 1),
                    },
                    *factor,
                );
            }
            let by = i128::from(random.below(12));
            let times = |end: i128| if end == i128::MIN || end == i128::MAX { end } else { 12 * end + by };
            let months = Ranges::union(ranges.iter().map(|(low, high)| (times(low), times(high))));
            Atom::Within(out, if is_changed { months } else { ranges.clone() })
        }
        other => other.clone(),
    }
}

/// Asserts that evaluators, solver, loaded programs and the reference agree on random requests. Returns the number of
/// answers beside the reference.
fn decided_alike(random: &mut Random, model: &Model, engines: &Engines, text: &str) -> usize {
    let load = |program: &Program| Program::from_bytes(&program.to_bytes()).unwrap();
    let loaded: Vec<Program> = engines.programs().map(|(_, program)| load(program)).collect();
    let requests = Requests::new(model);
    let mut enumerated = 0;
    for _ in 0..REQUESTS {
        let request = requests.any(random);
        for answer in engines.answers(&request) {
            assert!(answer.fault().is_none(), "{text}\n{request:?}\n{answer:?}");
            enumerated += usize::from(answer.is_enumerated);
        }
        for ((_, program), loaded) in engines.programs().zip(&loaded) {
            let decided = |program: &Program| program.decide(&program.frame_of(&request).unwrap()).unwrap();
            assert_eq!(decided(program), decided(loaded), "{text}\n{request:?}");
        }
    }
    enumerated
}

fn count(model: &Model, is_counted: impl Fn(&Atom) -> bool) -> usize {
    model.conditions.nodes().iter().filter_map(Condition::as_leaf).filter(|atom| is_counted(atom)).count()
}

#[test]
fn months_and_patterns_of_sets_are_decided_alike() {
    let (mut patterns, mut months, mut enumerated) = (0, 0, 0);
    for seed in 0..POLICIES {
        let mut random = Random::new(seed);
        let shapes = [Shape::small(), Shape::related(), Shape::middle()];
        let text = policy(&mut random, &shapes[seed as usize % shapes.len()]);
        let model = with_comparisons(model(&text).unwrap(), |conditions, atom| {
            conditions.leaf(changed(&mut random, atom))
        });
        patterns += count(&model, |atom| {
            matches!(atom, Atom::AnyIn(_, Collection::Like(_)) | Atom::AllIn(_, Collection::Like(_)))
        });
        months += count(&model, |atom| format!("{atom:?}").contains("Between(Months"));
        let engines = Engines::new(&model);
        enumerated += decided_alike(&mut random, &model, &engines, &text);
    }
    assert!(patterns > 20 && months > 20 && enumerated > 10_000, "{patterns}, {months}, {enumerated}");
}

/// Reads texts with a star as patterns.
fn starred(atom: &Atom) -> Atom {
    let like = |of: &Collection| match of {
        Collection::Texts(texts) => {
            let text = texts.first().filter(|text| text.contains('*'));
            text.map_or_else(|| of.clone(), |text| Collection::Like(pattern(text)))
        }
        of => of.clone(),
    };
    match atom {
        Atom::AnyIn(id, of) => Atom::AnyIn(*id, like(of)),
        Atom::AllIn(id, of) => Atom::AllIn(*id, like(of)),
        other => other.clone(),
    }
}

#[test]
fn patterns_with_too_many_groups_are_tests_of_their_own() {
    let mut text = "policy tags request { tags: set? of string  more: set of string  ok: bool }\n".to_owned();
    for (number, letter) in ('a'..='l').enumerate() {
        let effect = if number % 3 == 0 { "deny" } else { "allow" };
        text += &format!("rule r{number} {{ {effect} when any tags in {{\"*{letter}*\"}} and ok }}\n");
    }
    text += "rule every { allow when all tags in {\"a*\"} and all more in {\"*b\"} }
        rule exact { deny when tags is {\"a\", \"b\"} or more is {\"b\"} }
        rule empty { deny when tags is {} and not ok }
        ";
    let model = with_comparisons(model(&text).unwrap(), |conditions, atom| conditions.leaf(starred(atom)));
    let engines = Engines::new(&model);
    let is_member = |source: &VariableKind| matches!(source, VariableKind::HasMember(..));
    for (_, program) in engines.programs() {
        // One variable a pattern, one for members that do not begin with "a", and those of the two exact sets.
        assert_eq!(program.variables().iter().filter(|one| is_member(&one.source)).count(), 17);
    }
    for seed in 0..8 {
        decided_alike(&mut Random::new(seed), &model, &engines, &text);
    }
}
