//! Suggestions for a request's value that doesn't fit: the nearest value, or the form that is expected.

use super::ValueError;
use crate::types::{Members, Type, Universe};
use placet_core::{closest, did_you_mean};

/// Returns the end of a message about a value: the nearest name, or the expected form. Empty without advice. `shown` is the
/// value as the message shows it.
pub(super) fn advice(kind: &Type, error: ValueError, shown: &str) -> String {
    let texts = quoted_texts(shown);
    match (kind, error) {
        (
            Type::Symbol(universe) | Type::Set { of: Members::Symbols(universe), .. },
            ValueError::OutsideDomain,
        ) => did_you_mean(texts.iter().find_map(|text| nearest(universe, text)).as_deref()),
        (_, ValueError::OutsideDomain) => String::new(),
        (Type::Date, _) => ", such as `\"2026-03-01\"`".to_owned(),
        (Type::Time, _) => ", such as `\"2026-03-01T10:00:00Z\"`, with `Z` or `±hh:mm`".to_owned(),
        (Type::Duration, _) => ", such as `\"PT36H\"`, `\"P30D\"` or a number of seconds".to_owned(),
        (Type::String, _) => ", a text in quotes".to_owned(),
        (Type::Symbol(_), _) => ", one name in quotes".to_owned(),
        (Type::Set { .. }, _) => ", an array of texts".to_owned(),
        (Type::Bool | Type::Int(..) | Type::Number(..), _) => match texts.as_slice() {
            [text] if is_written_value(kind, text) => format!("; did you mean `{text}`, without quotes?"),
            _ => String::new(),
        },
    }
}

/// Returns the texts in double quotes in a shown value. One that is cut or escaped is left out.
fn quoted_texts(shown: &str) -> Vec<&str> {
    let shown = shown.trim_matches('`');
    shown.split('"').skip(1).step_by(2).filter(|text| !text.contains(['\\', '…'])).collect()
}

/// Returns the name of a taxonomy or an enum that an unknown one resembles.
fn nearest(universe: &Universe, text: &str) -> Option<String> {
    if universe.find(text).is_some() {
        return None;
    }
    let mut names = universe.names();
    // The names of a taxonomy come in random order, of which the first thousand count.
    names.sort_unstable();
    closest(text, names).map(str::to_owned)
}

/// Returns true if a text is a value of a type whose values have no quotes.
fn is_written_value(kind: &Type, text: &str) -> bool {
    match kind {
        Type::Bool => matches!(text, "true" | "false"),
        Type::Int(low, high) => text.parse().is_ok_and(|value: i64| (*low..=*high).contains(&value)),
        _ => text.parse().is_ok_and(|value: f64| value.is_finite()),
    }
}
