//! Advice for unknown names that mean something in other languages.

use placet_syntax::Diagnostic;

/// Names and what to write in their place.
type Row = (&'static [&'static str], &'static str);

/// Names in the place of an attribute or a value in a condition.
pub(super) const OPERANDS: &[Row] = &[
    NULL,
    ABSENT,
    PRESENT,
    REST,
    NOW,
    (
        &["empty", "Empty", "EMPTY", "blank"],
        "write `is {}` for the empty set, or `is \"\"` for the empty text",
    ),
    (&["True", "TRUE", "yes", "Yes", "YES", "on", "Y"], "write `true`, or the attribute alone"),
    (&["False", "FALSE", "No", "NO", "off", "N"], "write `false`, or `not` before the attribute"),
    (
        &["input", "context", "principal", "resource", "env"],
        "attributes stand alone: declare them in `request`",
    ),
];

/// Names in the place of a value of a taxonomy or an enum in a condition.
pub(super) const SYMBOLS: &[Row] = &[NULL, ABSENT, PRESENT, REST];

/// Names in the place of a lookup.
pub(super) const LOOKUPS: &[Row] = &[
    (
        &["len", "length", "count", "size", "cardinality"],
        "a set's size can't be tested; `is {}` is true of the empty one",
    ),
    (&["empty", "is_empty", "isempty", "isEmpty"], "write `is {}` after the set"),
    (
        &["exists", "defined", "has", "known", "is_known", "is_set", "isset"],
        "write `is known` after the attribute",
    ),
    (
        &["isnull", "is_null", "isNull", "missing", "is_missing", "undefined"],
        "write `is missing` after the attribute",
    ),
    (&["coalesce", "ifnull", "nvl", "ISNULL", "COALESCE"], "give the attribute a `default` in `request`"),
    (
        &["lower", "upper", "trim", "LOWER", "UPPER", "TRIM", "substr", "substring", "concat"],
        "texts are compared as they are: give them in one form",
    ),
    (
        &["abs", "min", "max", "sum", "avg", "round", "floor", "ceil", "ABS", "MIN", "MAX", "SUM"],
        "only `+` and `-` are supported: give the result as an attribute",
    ),
    (
        &["age", "age_of", "years_since", "YEARS", "year", "year_of"],
        "write `years(birth, today)` with two attributes",
    ),
    (&["months"], "write both ends: `months(from, to)`"),
    (
        &["days", "hours", "minutes", "weeks"],
        "subtract, and compare with a duration: `at - given_at > 30 days`",
    ),
    (&["date", "time", "day", "to_date", "timestamp"], "declare the attribute as a `date` or a `time`"),
    (&["contains", "includes"], "write `any … in` for a set, or `like \"*…*\"` for a text"),
    (&["NOT", "Not"], "write `not` before the condition"),
    (&["if", "iif", "IF", "IIF", "decode", "switch"], "write a rule for each case, or a `lookup`"),
    NOW,
];

/// Names in the place of a value in a request or a default.
pub(super) const VALUES: &[Row] = &[
    (NULLS, "write `none` and a `?` after the type, or leave the attribute out"),
    (&["unknown", "undefined"], "write `missing`, or leave the attribute out"),
    (&["True", "TRUE", "yes", "Yes", "YES", "1"], "write `true`"),
    (&["False", "FALSE", "No", "NO", "0"], "write `false`"),
    (CLOCKS, "write a time in full: `2026-01-31T10:00:00Z`"),
];

const NULL: Row =
    (NULLS, "write `is missing` for what a request leaves out, or `is none` for what is known to be absent");

const ABSENT: Row =
    (&["undefined", "absent", "unset", "unknown", "Missing", "MISSING"], "write `is missing`");

const PRESENT: Row =
    (&["present", "defined", "given", "exists", "available", "Known", "KNOWN"], "write `is known`");

const REST: Row = (
    &["else", "default", "other", "others", "rest", "otherwise", "anything", "everything"],
    "write `otherwise:` for the rest of a lookup's keys, and `*` in a table if any value will do",
);

const NOW: Row = (CLOCKS, "there is no clock: declare an attribute `at: time`, and give it in each request");

const NULLS: &[&str] = &["null", "NULL", "Null", "None", "NONE", "nil"];

const CLOCKS: &[&str] = &[
    "now",
    "Now",
    "NOW",
    "today",
    "Today",
    "TODAY",
    "current_date",
    "current_time",
    "current_timestamp",
    "CURRENT_DATE",
    "CURRENT_TIMESTAMP",
    "sysdate",
    "SYSDATE",
    "getdate",
    "GETDATE",
];

/// Returns the advice of a table for a name.
pub(super) fn find(table: &[Row], name: &str) -> Option<&'static str> {
    table.iter().find(|(names, _)| names.contains(&name)).map(|(_, advice)| *advice)
}

/// Adds the advice of a table for a name or, without one, the suggestion of a similar name.
pub(super) fn advise(fault: Diagnostic, table: &[Row], name: &str, near: Option<&str>) -> Diagnostic {
    match find(table, name) {
        Some(advice) => fault.help(advice),
        None => fault.did_you_mean(near),
    }
}
