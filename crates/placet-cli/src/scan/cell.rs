//! Parses the text of cells as the types of attributes.

use arrow_array::ArrayRef;
use arrow_array::builder::{BooleanBuilder, Float64Builder, Int64Builder, ListBuilder, StringBuilder};
use arrow_schema::{DataType, Field};
use placet::{ErrorCode, Input};
use placet_model::types::Type;
use std::borrow::Cow;
use std::num::IntErrorKind;
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
    pub(crate) fn new(kind: &Type) -> Self {
        match kind {
            Type::Bool => Form::Bool,
            Type::Int(..) => Form::Int,
            Type::Number(..) => Form::Number,
            Type::String | Type::Symbol(_) | Type::Date | Type::Time => Form::Text,
            Type::Duration => Form::Duration,
            Type::Set { .. } => Form::Set,
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
    pub(crate) fn read(self, text: &str) -> Result<Value<'_>, ErrorCode> {
        match self {
            Form::Bool => truth(text).map(Value::Bool).ok_or(ErrorCode::WrongType),
            Form::Int => {
                text.parse().map(Value::Int).map_err(|error: std::num::ParseIntError| match error.kind() {
                    IntErrorKind::PosOverflow | IntErrorKind::NegOverflow => ErrorCode::OutsideDomain,
                    _ => ErrorCode::WrongType,
                })
            }
            Form::Number => text.parse().map(Value::Number).map_err(|_| ErrorCode::WrongType),
            Form::Text => Ok(Value::Text(Cow::Borrowed(text))),
            Form::Duration
                // A plain number is a duration in seconds.
                if text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-')) =>
            {
                let (sign, seconds) = text.strip_prefix('-').map_or(("", text), |seconds| ("-", seconds));
                Ok(Value::Text(Cow::Owned(format!("{sign}PT{seconds}S"))))
            }
            Form::Duration => Ok(Value::Text(Cow::Borrowed(text))),
            Form::Set => members(text).map(Value::Set),
        }
    }
}

/// The value of a cell.
#[derive(Debug)]
pub(crate) enum Value<'a> {
    Bool(bool),
    Int(i64),
    Number(f64),
    Text(Cow<'a, str>),
    Set(Vec<Cow<'a, str>>),
}

impl Value<'_> {
    /// Converts the value for a request.
    pub(crate) fn input(&self) -> Input<'_> {
        match self {
            Value::Bool(value) => Input::Bool(*value),
            Value::Int(value) => Input::Int(*value),
            Value::Number(value) => Input::Number(*value),
            Value::Text(text) => Input::Text(text),
            Value::Set(members) => Input::Set(members.iter().map(|member| &**member).collect()),
        }
    }
}

fn truth(text: &str) -> Option<bool> {
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
    WORDS.iter().find(|(word, _)| word.eq_ignore_ascii_case(text)).map(|(_, value)| *value)
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
    Text(Form, StringBuilder),
    Set(ListBuilder<StringBuilder>),
}

impl Builder {
    pub(crate) fn new(form: Form) -> Self {
        match form {
            Form::Bool => Builder::Bool(BooleanBuilder::new()),
            Form::Int => Builder::Int(Int64Builder::new()),
            Form::Number => Builder::Number(Float64Builder::new()),
            Form::Text | Form::Duration => Builder::Text(form, StringBuilder::new()),
            Form::Set => Builder::Set(ListBuilder::new(StringBuilder::new())),
        }
    }

    pub(crate) fn form(&self) -> Form {
        match self {
            Builder::Bool(_) => Form::Bool,
            Builder::Int(_) => Form::Int,
            Builder::Number(_) => Form::Number,
            Builder::Text(form, _) => *form,
            Builder::Set(_) => Form::Set,
        }
    }

    /// Appends a cell. `None` and a text that doesn't fit become null.
    pub(crate) fn push(&mut self, text: Option<&str>) -> Result<(), ErrorCode> {
        let read = text.map(|text| self.form().read(text)).transpose();
        let (value, fit) = match read {
            Ok(value) => (value, Ok(())),
            Err(code) => (None, Err(code)),
        };
        match (self, value) {
            (Builder::Bool(builder), Some(Value::Bool(value))) => builder.append_value(value),
            (Builder::Bool(builder), _) => builder.append_null(),
            (Builder::Int(builder), Some(Value::Int(value))) => builder.append_value(value),
            (Builder::Int(builder), _) => builder.append_null(),
            (Builder::Number(builder), Some(Value::Number(value))) => builder.append_value(value),
            (Builder::Number(builder), _) => builder.append_null(),
            (Builder::Text(_, builder), Some(Value::Text(text))) => builder.append_value(text),
            (Builder::Text(_, builder), _) => builder.append_null(),
            (Builder::Set(builder), Some(Value::Set(members))) => {
                members.iter().for_each(|member| builder.values().append_value(member));
                builder.append(true);
            }
            (Builder::Set(builder), _) => builder.append_null(),
        }
        fit
    }

    /// Returns the column and starts the next one.
    pub(crate) fn finish(&mut self) -> ArrayRef {
        match self {
            Builder::Bool(builder) => Arc::new(builder.finish()),
            Builder::Int(builder) => Arc::new(builder.finish()),
            Builder::Number(builder) => Arc::new(builder.finish()),
            Builder::Text(_, builder) => Arc::new(builder.finish()),
            Builder::Set(builder) => Arc::new(builder.finish()),
        }
    }
}
