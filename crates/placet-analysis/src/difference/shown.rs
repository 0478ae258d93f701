//! Describes classes of requests in words.

use super::Constraint;
use super::merge::{CommonValues, Merged, universe};
use placet_compile::{ClassLabels, Encoding, Texts};
use placet_model::condition::{Atom, Collection, Condition};
use placet_model::linear::{Linear, Term};
use placet_model::types::{AttributeId, Type};
use placet_model::value::{Value, pattern_literal};
use placet_model::{BitSet, Model};
use placet_program::formula::{Formula, Test};
use placet_program::{ClassSet, Sum, VariableKind};

/// The number of listed names; the others are counted.
const MAX_NAMES: usize = 12;
/// The number of tests that describe sets.
const MAX_TESTS: usize = 3;
/// The number of sets given as examples.
const MAX_SETS: usize = 3;

/// Describes the condition that a variable has one of these classes.
pub(super) fn constraint(
    space: &Encoding,
    merged: &Merged,
    variable: u32,
    classes: &ClassSet,
) -> Option<Constraint> {
    let source = &space.variables.get(variable as usize)?.source;
    let meaning = space.meanings.get(variable as usize)?;
    let name = |id: &AttributeId| merged.model.attribute_name(*id);
    let of = match source {
        VariableKind::Value(id) => name(id).to_owned(),
        VariableKind::Missing(id) => format!("{} is missing", name(id)),
        VariableKind::Group(id, group) => format!("{} has a member of its group {}", name(id), group + 1),
        VariableKind::Test(id, test) => format!("{} satisfies its test {}", name(id), test + 1),
        VariableKind::HasMember(id, test) => format!("{} has a member of its test {}", name(id), test + 1),
        VariableKind::Sum(sum) => {
            of_sum(&merged.model, sum).map_or_else(String::new, |linear| shown_sum(&merged.model, &linear))
        }
        VariableKind::Same(a, b) | VariableKind::SameSet(a, b) => format!("{} is {}", name(a), name(b)),
        VariableKind::MemberOf(a, b) => format!("{} in {}", name(a), name(b)),
        VariableKind::Meet(a, b) => format!("any {} in {}", name(a), name(b)),
        VariableKind::Subset(a, b) => format!("all {} in {}", name(a), name(b)),
    };
    let is = match (meaning, source) {
        (ClassLabels::Truth, _) => if classes.contains(1) { "yes" } else { "no" }.to_owned(),
        (ClassLabels::Sums(all), VariableKind::Sum(sum)) => {
            let linear = of_sum(&merged.model, sum).unwrap_or_default();
            sums(&merged.model, &linear, all, classes)
        }
        (_, VariableKind::Value(id)) if is_companion(&merged.model, *id) => {
            if classes.contains(1) { "none" } else { "not none" }.to_owned()
        }
        (ClassLabels::Sets(_), VariableKind::Value(id)) => sets(space, merged, *id, variable, classes)?,
        (_, VariableKind::Value(id)) => {
            let kind = &merged.model.attribute(*id)?.kind;
            values(kind, merged.known(*id)?, meaning, classes)
        }
        _ => return None,
    };
    Some(Constraint { of, is })
}

fn is_companion(model: &Model, id: AttributeId) -> bool {
    model.attribute(id).is_some_and(|attribute| attribute.companion_of.is_some())
}

/// Returns true if a variable says only that an attribute isn't `none`, and another one of these says more about it.
pub(super) fn is_implied(
    space: &Encoding,
    merged: &Merged,
    (variable, classes): (u32, &ClassSet),
    all: &[(u32, &ClassSet)],
) -> bool {
    let source = |variable: u32| space.variables.get(variable as usize).map(|about| &about.source);
    let Some(VariableKind::Value(id)) = source(variable) else { return false };
    let declared = merged.model.declared_id(*id);
    declared != *id
        && !classes.contains(1)
        && all.iter().any(|(other, _)| source(*other).is_some_and(|one| one.attributes().contains(&declared)))
}

fn values(kind: &Type, known: &CommonValues, meaning: &ClassLabels, classes: &ClassSet) -> String {
    match meaning {
        ClassLabels::Intervals(all) => {
            let bounds = known.ordinals.unwrap_or((i64::MIN, i64::MAX));
            let joined = classes.ranges().iter().filter_map(|(first, end)| {
                let (low, _) = all.get(*first as usize)?;
                let (_, high) = all.get(end.checked_sub(1)? as usize)?;
                Some(interval(kind, (*low).max(bounds.0), (*high).min(bounds.1), bounds))
            });
            listed(joined.collect())
        }
        ClassLabels::Symbols(all) => {
            let symbols = classes.iter().filter_map(|class| all.get(class as usize)).flatten().copied();
            match kind {
                Type::Symbol(universe) => {
                    let set = BitSet::from_iter(universe.len(), symbols);
                    listed(names(known, &set, |symbol| universe.name(symbol).to_owned()))
                }
                _ => listed(symbols.map(|symbol| (symbol == 1).to_string()).collect()),
            }
        }
        ClassLabels::Texts(all) => texts(classes.iter().filter_map(|class| all.get(class as usize))),
        // A set has too many members to list, so the tests that it passes describe it.
        ClassLabels::Sets(_) | ClassLabels::Truth | ClassLabels::Sums(_) => String::new(),
    }
}

/// Describes the sets with these classes: a few tests that all of them pass or fail, and examples if these tests don't
/// determine the classes.
fn sets(
    space: &Encoding,
    merged: &Merged,
    id: AttributeId,
    variable: u32,
    classes: &ClassSet,
) -> Option<String> {
    let arity = space.variables.get(variable as usize)?.classes;
    let meaning = space.meanings.get(variable as usize)?;
    let kind = &merged.model.attribute(id)?.kind;
    let known = merged.known(id)?;
    let ClassLabels::Sets(samples) = meaning else { return None };
    let mut tests: Vec<(ClassSet, String)> = Vec::new();
    for (atom, condition) in merged.atoms() {
        let (words, of) = match atom {
            Atom::AnyIn(on, Collection::Like(pattern)) if *on == id => {
                (["any like", "none like"], pattern_literal(pattern))
            }
            Atom::AllIn(on, Collection::Like(pattern)) if *on == id => {
                (["all like", "not all like"], pattern_literal(pattern))
            }
            Atom::AnyIn(on, of) if *on == id => (["any in", "none in"], members(kind, known, of)),
            Atom::AllIn(on, of) if *on == id => (["all in", "not all in"], members(kind, known, of)),
            Atom::Exactly(on, of) if *on == id => (["is", "is not"], members(kind, known, of)),
            _ => continue,
        };
        let formula = space.formula(condition).map(|formula| space.formulas.get(formula));
        let Some(Formula::Leaf(Test { variable: on, classes: pass })) = formula else { continue };
        let [passes, fails] = words;
        if *on == variable && classes.is_subset(pass) {
            tests.push((pass.clone(), format!("{passes} {of}")));
        } else if *on == variable && !classes.intersects(pass) {
            tests.push((pass.complement(arity), format!("{fails} {of}")));
        }
    }
    tests.sort_by_cached_key(|(pass, words)| (pass.len(), words.len(), words.clone()));
    let mut left = ClassSet::full(arity);
    let mut words = Vec::new();
    for (pass, test) in tests {
        let next = left.intersection(&pass);
        if next.len() < left.len() && words.len() < MAX_TESTS && left != *classes {
            left = next;
            words.push(test);
        }
    }
    if left != *classes {
        let some =
            classes.iter().filter_map(|class| samples.get(class as usize)).map(|set| set.display(kind));
        words.push(format!("such as {}", some.take(MAX_SETS).collect::<Vec<_>>().join(", ")));
    }
    Some(words.join("; "))
}

/// Formats members of a set, with a category in place of all its leaves.
fn members(kind: &Type, known: &CommonValues, of: &Collection) -> String {
    match (of, universe(kind)) {
        (Collection::Symbols(set), Some(universe)) => {
            format!("{{{}}}", listed(names(known, set, |symbol| universe.name(symbol).to_owned())))
        }
        (Collection::Symbols(set), None) => Value::Symbols(set.clone()).display(kind),
        (Collection::Texts(texts), _) => Value::Texts(texts.clone()).display(kind),
        (Collection::Like(pattern), _) => pattern_literal(pattern),
    }
}

/// Formats the ordinals from the first to the last as a range.
fn interval(kind: &Type, low: i64, high: i64, bounds: (i64, i64)) -> String {
    let shown = |ordinal: i64| {
        Value::from_ordinal(kind, ordinal).map_or_else(String::new, |value| value.display(kind))
    };
    let is_bounded = matches!(kind, Type::Int(first, last) if *first != i64::MIN && *last != i64::MAX);
    match (low, high) {
        (low, high) if low == high => shown(low),
        (low, high) if low == bounds.0 && !is_bounded => format!("<= {}", shown(high)),
        (low, high) if high == bounds.1 && !is_bounded => format!(">= {}", shown(low)),
        (low, high) => format!("{}..{}", shown(low), shown(high)),
    }
}

/// Formats symbols that both policies know, with a category in place of all its leaves.
fn names(known: &CommonValues, set: &BitSet, name: impl Fn(u32) -> String) -> Vec<String> {
    let common = known.symbols.clone().unwrap_or_else(|| BitSet::full(set.bound()));
    let mut left = set.intersection(&common);
    let mut out: Vec<(u32, String)> = Vec::new();
    for (category, below) in &known.categories {
        let below = below.intersection(&common);
        if below.len() > 1 && below.is_subset(&left) {
            out.extend(below.iter().next().map(|first| (first, category.to_string())));
            left = left.intersection(&below.complement());
        }
    }
    out.extend(left.iter().map(|symbol| (symbol, name(symbol))));
    out.sort();
    out.into_iter().map(|(_, name)| name).collect()
}

fn texts<'t>(classes: impl Iterator<Item = &'t Texts>) -> String {
    let (mut named, mut others) = (Vec::new(), Vec::new());
    for class in classes {
        named.extend(class.mentioned.iter().map(|text| Value::String(text.clone()).display(&Type::String)));
        if class.is_open {
            others.push(Value::String(class.sample.clone()).display(&Type::String));
        }
    }
    if !others.is_empty() {
        named.push(format!("another text, such as {}", others.join(", ")));
    }
    listed(named)
}

fn listed(names: Vec<String>) -> String {
    if names.len() <= MAX_NAMES {
        return names.join(", ");
    }
    let more = names.len() - MAX_NAMES;
    let shown: Vec<String> = names.into_iter().take(MAX_NAMES).collect();
    format!("{} and {more} more", shown.join(", "))
}

/// Returns the sum as a condition has it; a variable keeps a reduced form.
fn of_sum(model: &Model, sum: &Sum) -> Option<Linear> {
    model.conditions.nodes().iter().find_map(|node| {
        let Condition::Leaf(Atom::Within(linear, _)) = node else { return None };
        let bare = linear.clone().plus(Linear::constant(linear.added()), -1);
        [bare.clone(), bare.times(-1)]
            .into_iter()
            .find(|bare| Sum::new(bare, sum.cuts().iter().copied()) == *sum)
    })
}

/// The unit of a sum.
#[derive(PartialEq)]
enum Unit {
    Number,
    Days,
    Micros,
}

fn unit(model: &Model, linear: &Linear) -> Unit {
    let kinds = linear.terms().iter().filter_map(|(term, factor)| match term {
        Term::Attribute(id) => Some((&model.attribute(*id)?.kind, factor)),
        Term::Between(..) => None,
    });
    let mut unit = Unit::Number;
    for (kind, factor) in kinds {
        match kind {
            Type::Date if factor.unsigned_abs() == 1 => unit = Unit::Days,
            Type::Date | Type::Time | Type::Duration => unit = Unit::Micros,
            _ => {}
        }
    }
    unit
}

fn shown_sum(model: &Model, linear: &Linear) -> String {
    let mut terms: Vec<(bool, String)> = Vec::new();
    for (term, factor) in linear.terms() {
        let name = match term {
            Term::Attribute(id) => model.attribute_name(*id).to_owned(),
            Term::Between(unit, from, to) => {
                format!("{}({}, {})", unit.as_str(), shown_sum(model, from), shown_sum(model, to))
            }
        };
        let is_day =
            matches!(term, Term::Attribute(id) if model.attribute(*id).is_some_and(|a| a.kind == Type::Date));
        let times = factor.unsigned_abs();
        let shown = if times == 1 || is_day { name } else { format!("{times} times {name}") };
        terms.push((*factor < 0, shown));
    }
    terms.sort_by_key(|(is_negative, _)| *is_negative);
    let mut out = String::new();
    for (is_negative, term) in terms {
        match (is_negative, out.is_empty()) {
            (false, true) => {}
            (false, false) => out.push_str(" + "),
            (true, true) => out.push('-'),
            (true, false) => out.push_str(" - "),
        }
        out.push_str(&term);
    }
    out
}

fn sums(model: &Model, linear: &Linear, all: &[(i128, i128)], classes: &ClassSet) -> String {
    let unit = unit(model, linear);
    let (least, most) = (all.first().map(|(low, _)| *low), all.last().map(|(_, high)| *high));
    let shown = |number: i128| match unit {
        Unit::Number => number.to_string(),
        Unit::Days => format!("{number} days"),
        Unit::Micros => i64::try_from(number).map_or_else(
            |_| format!("{number} microseconds"),
            |micros| Value::Duration(micros).display(&Type::Duration),
        ),
    };
    // Between two neighbouring microseconds, the whole second is the bound in the text.
    let is_whole = |micros: i128| unit == Unit::Micros && micros % 1_000_000 == 0;
    let below = |high: i128| match high {
        high if is_whole(high + 1) => format!("< {}", shown(high + 1)),
        high => format!("<= {}", shown(high)),
    };
    let above = |low: i128| match low {
        low if is_whole(low - 1) => format!("> {}", shown(low - 1)),
        low => format!(">= {}", shown(low)),
    };
    let ranges = classes.ranges().iter().filter_map(|(first, end)| {
        let (low, _) = *all.get(*first as usize)?;
        let (_, high) = *all.get(end.checked_sub(1)? as usize)?;
        Some(match (Some(low) == least, Some(high) == most) {
            _ if low == high => shown(low),
            (true, _) => below(high),
            (false, true) => above(low),
            (false, false) => format!("{} and {}", above(low), below(high)),
        })
    });
    listed(ranges.collect())
}
