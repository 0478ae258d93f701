//! Sets whose patterns make too many groups of their members.

use placet_program::{Program, VariableKind};
use placet_samples::{Engines, Random, Requests, model};

const REQUESTS: usize = 40;

#[test]
fn patterns_with_too_many_groups_are_tests_of_their_own() {
    let mut text = "policy tags request { tags: set? of string  more: set of string  ok: bool }\n".to_owned();
    for (number, letter) in ('a'..='l').enumerate() {
        let effect = if number % 3 == 0 { "deny" } else { "allow" };
        text += &format!("rule r{number} {{ {effect} when any tags like \"*{letter}*\" and ok }}\n");
    }
    text += "rule every { allow when all tags like \"a*\" and all more like \"*b\" }
        rule exact { deny when tags is {\"a\", \"b\"} or more is {\"b\"} }
        rule empty { deny when tags is {} and not ok }";
    let model = model(&text).unwrap();
    let engines = Engines::new(&model);
    let is_member = |source: &VariableKind| matches!(source, VariableKind::HasMember(..));
    for (_, program) in engines.programs() {
        // One variable a pattern, one for members that do not begin with "a", and those of the two exact sets.
        assert_eq!(program.variables().iter().filter(|one| is_member(&one.source)).count(), 17);
    }
    let load = |program: &Program| Program::from_bytes(&program.to_bytes()).unwrap();
    let loaded: Vec<Program> = engines.programs().map(|(_, program)| load(program)).collect();
    let requests = Requests::new(&model);
    for seed in 0..8 {
        let mut random = Random::new(seed);
        for _ in 0..REQUESTS {
            let request = requests.any(&mut random);
            for answer in engines.answers(&request) {
                assert!(answer.fault().is_none(), "{text}\n{request:?}\n{answer:?}");
            }
            for ((_, program), loaded) in engines.programs().zip(&loaded) {
                let decided =
                    |program: &Program| program.decide(&program.frame_of(&request).unwrap()).unwrap();
                assert_eq!(decided(program), decided(loaded), "{text}\n{request:?}");
            }
        }
    }
}
