//! The classes of values that a policy tells apart, described for people.

use crate::classes::{is_companion, variable_name};
use placet_compile::{ClassLabels, Compilation, Texts};
use placet_model::Model;
use placet_model::linear::Term;
use placet_model::policy::Rule;
use placet_model::types::Type;
use placet_model::value::Value;
use placet_program::VariableKind;
use serde::Serialize;

/// A variable of the policy, with its classes: values that the policy can't tell apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Partition {
    /// The attribute, or the relation of several attributes.
    pub name: String,
    /// The classes in words, in order.
    pub classes: Vec<String>,
}

/// The type of a count.
const COUNT: Type = Type::Int(i64::MIN, i64::MAX);
/// The classes of a truth value.
const TRUTHS: [&str; 2] = ["no", "yes"];
/// The names or texts of one class that are shown.
const SHOWN: usize = 4;

/// Returns the variables of a policy, in the order of its attributes.
pub(crate) fn distinctions(compilation: &mut Compilation) -> Vec<Partition> {
    let model = &*compilation.model().clone();
    let space = compilation.encoding(model.rules.iter().flat_map(Rule::conditions));
    let all = space.variables.iter().zip(&space.meanings);
    all.map(|(variable, meaning)| Partition {
        name: variable_name(model, &variable.source),
        classes: classes(model, &variable.source, meaning),
    })
    .collect()
}

/// Returns true if a variable counts years or months.
fn is_count(source: &VariableKind) -> bool {
    let is_calendar = |(term, _): &(Term, i128)| matches!(term, Term::Between(..));
    matches!(source, VariableKind::Sum(sum) if sum.linear().terms().iter().any(is_calendar))
}

fn classes(model: &Model, source: &VariableKind, meaning: &ClassLabels) -> Vec<String> {
    let kind =
        source.attributes().first().and_then(|id| model.attribute(*id)).map(|attribute| &attribute.kind);
    let Some(kind) = kind else { return Vec::new() };
    match meaning {
        // A bool's classes are in the order of its values, if a condition tells them apart.
        ClassLabels::Symbols(classes)
            if classes.len() == TRUTHS.len()
                && matches!(source, VariableKind::Value(id) if is_companion(model, *id)) =>
        {
            TRUTHS.map(str::to_owned).into()
        }
        ClassLabels::Intervals(intervals) => {
            let domain = kind.ordinals().unwrap_or((i64::MIN, i64::MAX));
            intervals.iter().map(|interval| ordinals(kind, domain, *interval)).collect()
        }
        ClassLabels::Symbols(classes) => classes
            .iter()
            .map(|symbols| {
                let names = symbols.iter().map(|symbol| match kind {
                    Type::Bool => (*symbol == 1).to_string(),
                    _ => Value::Symbol(*symbol).display(kind),
                });
                listed(names)
            })
            .collect(),
        ClassLabels::Texts(classes) => classes.iter().map(texts).collect(),
        ClassLabels::Sets(classes) => classes.iter().map(|set| set.display(kind)).collect(),
        ClassLabels::Truth => TRUTHS.map(str::to_owned).into(),
        ClassLabels::Sums(intervals) => sums(if is_count(source) { &COUNT } else { kind }, intervals),
    }
}

/// Formats an interval of an ordered type. Leaves out the ends of an unbounded domain.
fn ordinals(kind: &Type, domain: (i64, i64), (low, high): (i64, i64)) -> String {
    // The ends of a declared range mean something; those of other types are only where the calendar or the number
    // format ends.
    let is_open = !matches!(kind, Type::Int(..) | Type::Number(..)) || domain == (i64::MIN, i64::MAX);
    let shown = |ordinal: i64, end: i64| match Value::from_ordinal(kind, ordinal) {
        Some(value) if !(is_open && ordinal == end) => value.display(kind),
        _ => String::new(),
    };
    match (shown(low, domain.0), shown(high, domain.1)) {
        (low, high) if low == high && !low.is_empty() => low,
        (low, high) => format!("{low}..{high}"),
    }
}

/// Formats intervals of a sum. The first and the last have no outer end.
///
/// `kind` is the type of its attributes; years and months are a count.
fn sums(kind: &Type, intervals: &[(i128, i128)]) -> Vec<String> {
    let shown = |sum: i128| match (kind, i64::try_from(sum)) {
        (Type::Time | Type::Duration, Ok(micros)) => Value::Duration(micros).display(&Type::Duration),
        (Type::Date, _) => format!("{sum} days"),
        _ => sum.to_string(),
    };
    let last = intervals.len().saturating_sub(1);
    let all = intervals.iter().enumerate().map(|(at, (low, high))| {
        let low_shown = if at == 0 { String::new() } else { shown(*low) };
        let high_shown = if at == last { String::new() } else { shown(*high) };
        if low == high && !low_shown.is_empty() { low_shown } else { format!("{low_shown}..{high_shown}") }
    });
    all.collect()
}

fn texts(texts: &Texts) -> String {
    let quoted = |text: &std::sync::Arc<str>| Value::String(text.clone()).display(&Type::String);
    match (texts.mentioned.is_empty(), texts.is_open) {
        (true, _) => format!("texts such as {}", quoted(&texts.sample)),
        (false, false) => listed(texts.mentioned.iter().map(quoted)),
        (false, true) => format!("{} and others", listed(texts.mentioned.iter().map(quoted))),
    }
}

/// Joins names by commas and cuts long lists.
fn listed(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(SHOWN);
    let shown: Vec<String> = names.take(SHOWN).collect();
    let shown = shown.join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}
