//! Classes of string attributes. If a string has too many classes, each test becomes a variable of its own.

use super::texts::{PatternTest, partition};
use super::{ClassLabels, Texts};
use crate::encoding::Builder;
use placet_model::condition::ConditionId;
use placet_model::types::AttributeId;
use placet_program::classify::{self, Classifier};
use placet_program::{ClassSet, VariableKind};

/// The maximum number of automaton cells (states times columns) and of classes: a few megabytes.
const LARGEST: usize = 1 << 20;

pub(super) fn build(builder: &mut Builder<'_>, id: AttributeId, tests: &[(ConditionId, PatternTest<'_>)]) {
    let find = || {
        let asked: Vec<PatternTest<'_>> = tests.iter().map(|(_, test)| *test).collect();
        partition(&asked, LARGEST)
    };
    let conditions = tests.iter().map(|(condition, _)| *condition).collect();
    let is_kept = builder.partitions.is_kept;
    let Some(found) = builder.partitions.texts.get(conditions, is_kept, find) else {
        return build_apart(builder, id, tests);
    };
    let texts = found.samples.into_iter().zip(found.mentioned).zip(found.open);
    let meaning = texts.map(|((sample, mentioned), is_open)| Texts { sample, mentioned, is_open }).collect();
    let variable =
        builder.variable(VariableKind::Value(id), found.classes.classes(), ClassLabels::Texts(meaning));
    for ((condition, _), set) in tests.iter().zip(found.holds) {
        let formula = builder.test(variable, set);
        builder.set(*condition, formula);
    }
    builder.classify(id, Classifier::Text(found.classes), vec![variable]);
}

fn build_apart(builder: &mut Builder<'_>, id: AttributeId, tests: &[(ConditionId, PatternTest<'_>)]) {
    let mut variables = Vec::new();
    let mut asked = Vec::new();
    for (number, (condition, test)) in (0..).zip(tests) {
        let variable = builder.variable(VariableKind::Test(id, number), 2, ClassLabels::Truth);
        let holds = builder.test(variable, ClassSet::range(1, 2));
        builder.set(*condition, holds);
        variables.push(variable);
        asked.push(match test {
            PatternTest::OneOf(texts) => classify::TextTest::OneOf(texts.iter().cloned().collect()),
            PatternTest::Like(pattern) => classify::TextTest::Like((*pattern).clone()),
        });
    }
    builder.classify(id, Classifier::TextTests(asked.into()), variables);
}
