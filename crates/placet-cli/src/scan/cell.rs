//! Parses the text of cells as the types of attributes.

use arrow_array::ArrayRef;
use arrow_array::builder::{BooleanBuilder, Float64Builder, Int64Builder, ListBuilder, StringBuilder};
use arrow_schema::{DataType, Field};
use placet::{Domain, ErrorCode, Fact};
use std::borrow::Cow;
use std::num::{IntErrorKind, ParseIntError};
use std::sync::Arc;

/// The separator of the members of a set.
pub(crate) const SEPARATOR: char = ';';

/// The form of cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Bool,
    Int,
    Number,
    /// A string, a name, a date or a time.
    Text,
    Duration,
    Set,
}

impl Form {
    pub(crate) fn new(domain: Domain<'_>) -> Self {
        match domain {
            Domain::Bool => Form::Bool,
            Domain::Int { .. } => Form::Int,
            Domain::Number { .. } => Form::Number,
            Domain::Duration => Form::Duration,
            Domain::SymbolSet { .. } | Domain::StringSet { .. } => Form::Set,
            // A string, a name, a date or a time.
            _ => Form::Text,
        }
    }

    /// Returns the type of a column with such cells.
    pub(crate) fn data_type(self) -> DataType {
        match self {
            Form::Bool => DataType::Boolean,
            Form::Int => DataType::Int64,
            Form::Number => DataType::Float64,
            Form::Text | Form::Duration => DataType::Utf8,
            Form::Set => DataType::List(Field::new_list_field(DataType::Utf8, true).into()),
        }
    }

    /// Parses the text of a cell.
    pub(crate) fn fact(self, text: &str) -> Result<Fact, ErrorCode> {
        Ok(match self {
            Form::Bool => truth(text)?.into(),
            Form::Int => int(text)?.into(),
            Form::Number => number(text)?.into(),
            Form::Text => text.into(),
            Form::Duration => Fact::from(&*duration(text)),
            Form::Set => members(text)?.into_iter().collect(),
        })
    }
}

fn truth(text: &str) -> Result<bool, ErrorCode> {
    const WORDS: [(&str, bool); 12] = [
        ("true", true),
        ("false", false),
        ("1", true),
        ("0", false),
        ("t", true),
        ("f", false),
        ("yes", true),
        ("no", false),
        ("y", true),
        ("n", false),
        ("on", true),
        ("off", false),
    ];
    let found = WORDS.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
    found.map(|(_, value)| *value).ok_or(ErrorCode::WrongType)
}

fn int(text: &str) -> Result<i64, ErrorCode> {
    text.parse().map_err(|error: ParseIntError| match error.kind() {
        IntErrorKind::PosOverflow | IntErrorKind::NegOverflow => ErrorCode::OutsideDomain,
        _ => ErrorCode::WrongType,
    })
}

fn number(text: &str) -> Result<f64, ErrorCode> {
    text.parse().map_err(|_| ErrorCode::WrongType)
}

/// Returns the ISO 8601 form of a duration. A plain number counts seconds.
fn duration(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-')) {
        let (sign, seconds) = text.strip_prefix('-').map_or(("", text), |seconds| ("-", seconds));
        format!("{sign}PT{seconds}S").into()
    } else {
        text.into()
    }
}

fn members(text: &str) -> Result<Vec<Cow<'_, str>>, ErrorCode> {
    if text.starts_with('[') {
        let members: Vec<String> = serde_json::from_str(text).map_err(|_| ErrorCode::WrongType)?;
        return Ok(members.into_iter().map(Cow::Owned).collect());
    }
    Ok(text.split(SEPARATOR).map(|member| Cow::Borrowed(member.trim())).collect())
}

/// Formats a set as a cell: joined by separators, or as a JSON array if that could not be parsed back.
pub(crate) fn join<'a>(members: impl Iterator<Item = &'a str> + Clone, out: &mut String) {
    let is_plain = |member: &str| {
        !member.is_empty()
            && member.trim() == member
            && !member.contains(SEPARATOR)
            && !member.starts_with('[')
    };
    if members.clone().next().is_some() && members.clone().all(is_plain) {
        for (at, member) in members.enumerate() {
            if at > 0 {
                out.push(SEPARATOR);
            }
            out.push_str(member);
        }
    } else {
        out.push_str(&serde_json::Value::from_iter(members).to_string());
    }
}

/// A column under construction.
#[derive(Debug)]
pub(crate) enum Builder {
    Bool(BooleanBuilder),
    Int(Int64Builder),
    Number(Float64Builder),
    Text(StringBuilder),
    Duration(StringBuilder),
    Set(ListBuilder<StringBuilder>),
}

impl Builder {
    pub(crate) fn new(form: Form) -> Self {
        match form {
            Form::Bool => Builder::Bool(BooleanBuilder::new()),
            Form::Int => Builder::Int(Int64Builder::new()),
            Form::Number => Builder::Number(Float64Builder::new()),
            Form::Text => Builder::Text(StringBuilder::new()),
            Form::Duration => Builder::Duration(StringBuilder::new()),
            Form::Set => Builder::Set(ListBuilder::new(StringBuilder::new())),
        }
    }

    /// Appends a cell. `None` and a text that doesn't fit become null.
    pub(crate) fn push(&mut self, text: Option<&str>) -> Result<(), ErrorCode> {
        match self {
            Builder::Bool(builder) => append(text, truth, |value| builder.append_option(value)),
            Builder::Int(builder) => append(text, int, |value| builder.append_option(value)),
            Builder::Number(builder) => append(text, number, |value| builder.append_option(value)),
            Builder::Text(builder) => append(text, Ok, |value| builder.append_option(value)),
            Builder::Duration(builder) => {
                append(text, |text| Ok(duration(text)), |value| builder.append_option(value))
            }
            Builder::Set(builder) => append(text, members, |value| {
                builder.append_option(value.map(|members| members.into_iter().map(Some)));
            }),
        }
    }

    /// Returns the column and starts the next one.
    pub(crate) fn finish(&mut self) -> ArrayRef {
        match self {
            Builder::Bool(builder) => Arc::new(builder.finish()),
            Builder::Int(builder) => Arc::new(builder.finish()),
            Builder::Number(builder) => Arc::new(builder.finish()),
            Builder::Text(builder) | Builder::Duration(builder) => Arc::new(builder.finish()),
            Builder::Set(builder) => Arc::new(builder.finish()),
        }
    }
}

/// Parses and appends a cell; null if it has no text or doesn't fit.
fn append<'t, T>(
    text: Option<&'t str>,
    parse: impl FnOnce(&'t str) -> Result<T, ErrorCode>,
    append: impl FnOnce(Option<T>),
) -> Result<(), ErrorCode> {
    let (value, fit) = match text.map(parse).transpose() {
        Ok(value) => (value, Ok(())),
        Err(code) => (None, Err(code)),
    };
    append(value);
    fit
}
