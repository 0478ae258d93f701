//! Converts the values of examples, tests and defaults to attribute values.
//!
//! Conditions don't use this module: there, the meaning of a name or a numeral depends on the other side.

use crate::check::NONE;
use placet_model::BitSet;
use placet_model::request::{AttributeInput, ValueError, check_value, named, named_set};
use placet_model::types::{Members, Type, Universe};
use placet_model::value::Value;
use placet_syntax::Span;
use placet_syntax::ast::{Literal, Operand, OperandKind, ValueKind};
use placet_syntax::is_plain_name;

/// A function that returns the symbols of a named set over a universe.
pub(crate) type NamedSets<'n> = &'n dyn Fn(&Universe, &str) -> Option<BitSet>;

/// The type that a value is converted to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'t> {
    pub(crate) kind: &'t Type,
    /// True if the value may be `none`.
    pub(crate) is_optional: bool,
    /// True in a row of `cases`, where a set's members may stand without braces.
    pub(crate) in_row: bool,
}

/// Converts a value to the input of an attribute. `sets` finds named sets.
pub(crate) fn given(
    wanted: Wanted<'_>,
    value: &ValueKind,
    sets: NamedSets<'_>,
) -> Result<AttributeInput, ValueError> {
    let kind = wanted.kind;
    let value = match (kind, value) {
        (_, ValueKind::Missing) => return Ok(AttributeInput::Null),
        (_, ValueKind::Name(name)) if wanted.is_optional && name == NONE => Value::None,
        (Type::Symbol(universe), ValueKind::Name(name)) => return named(universe, name),
        (Type::Symbol(universe), ValueKind::Literal(Literal::String(name, _))) if !is_plain_name(name) => {
            return named(universe, name);
        }
        (Type::Bool, ValueKind::Literal(Literal::Bool(value))) => Value::Bool(*value),
        (Type::Int(..), ValueKind::Literal(Literal::Numeral(digits))) => {
            if digits.contains('.') {
                return Err(ValueError::WrongType);
            }
            Value::Int(digits.parse().map_err(|_| ValueError::OutsideDomain)?)
        }
        (Type::Number(..), ValueKind::Literal(Literal::Numeral(digits))) => {
            let number: f64 = digits.parse().map_err(|_| ValueError::WrongType)?;
            // Adding 0.0 turns -0.0 into 0.0.
            Value::Number(number + 0.0)
        }
        (Type::String, ValueKind::Literal(Literal::String(text, _))) => Value::String(text.as_str().into()),
        (Type::Date, ValueKind::Literal(Literal::Date(day))) => Value::Date(*day),
        (Type::Time, ValueKind::Literal(Literal::Time(instant))) => Value::Time(*instant),
        (Type::Duration, ValueKind::Literal(Literal::Duration(micros))) => Value::Duration(*micros),
        (Type::Set { of, .. }, ValueKind::Set(entries)) => set(of, entries, sets)?,
        (Type::Set { of, .. }, ValueKind::Name(name)) if wanted.in_row => {
            set(of, &[operand(OperandKind::Name(name.clone()))], sets)?
        }
        (Type::Set { of, .. }, ValueKind::Literal(literal)) if wanted.in_row => {
            set(of, &[operand(OperandKind::Literal(literal.clone()))], sets)?
        }
        (_, ValueKind::Faulty(_)) => return Err(ValueError::OutsideDomain),
        _ => return Err(ValueError::WrongType),
    };
    match check_value(kind, &value).filter(|_| value != Value::None) {
        Some(error) => Err(error),
        None => Ok(AttributeInput::Value(value)),
    }
}

fn operand(kind: OperandKind) -> Operand {
    Operand { kind, span: Span::default() }
}

fn set(of: &Members, entries: &[Operand], sets: NamedSets<'_>) -> Result<Value, ValueError> {
    match of {
        Members::Symbols(universe) => {
            let mut all = BitSet::empty(universe.len());
            for entry in entries {
                let name = match &entry.kind {
                    OperandKind::Name(name) => name,
                    OperandKind::Literal(Literal::String(name, _)) if !is_plain_name(name) => name,
                    _ => return Err(ValueError::WrongType),
                };
                let some = sets(universe, name).map_or_else(|| named_set(universe, [name.as_str()]), Ok)?;
                all = all.union(&some);
            }
            Ok(Value::Symbols(all))
        }
        Members::Texts => entries
            .iter()
            .map(|entry| match &entry.kind {
                OperandKind::Literal(Literal::String(text, _)) => Ok(text.as_str().into()),
                _ => Err(ValueError::WrongType),
            })
            .collect::<Result<_, _>>()
            .map(Value::Texts),
    }
}
