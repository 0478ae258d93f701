//! Classes of string attributes. If a string has too many classes, each test becomes a variable of its own.

use super::ClassLabels;
use super::texts::{LARGEST, PatternTest, partition};
use crate::encoding::Builder;
use placet_model::condition::ConditionId;
use placet_model::types::AttributeId;
use placet_program::classify::{self, Classifier};
use placet_program::{ClassSet, VariableKind};
use std::sync::Arc;

pub(super) fn build(builder: &mut Builder<'_>, id: AttributeId, tests: &[(ConditionId, PatternTest<'_>)]) {
    let find = || {
        let asked: Vec<PatternTest<'_>> = tests.iter().map(|(_, test)| *test).collect();
        partition(&asked, LARGEST).map(Arc::new)
    };
    let conditions = tests.iter().map(|(condition, _)| *condition).collect();
    let Some(found) = builder.partitions.texts.entry(conditions).or_insert_with(find).clone() else {
        return build_apart(builder, id, tests);
    };
    let labels = ClassLabels::Texts(found.labels.clone());
    let variable = builder.variable(VariableKind::Value(id), found.classes.classes(), labels);
    for ((condition, _), set) in tests.iter().zip(&found.holds) {
        let formula = builder.test(variable, set.clone());
        builder.set(*condition, formula);
    }
    builder.classify(id, Classifier::Text(found.classes.clone()), vec![variable]);
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
