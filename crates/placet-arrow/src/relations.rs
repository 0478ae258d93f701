//! Conditions that relate attributes, at least one of them a column.

use crate::block::BlockScratch;
use crate::column::Column;
use crate::column_reader::{ColumnReader, Layout};
use crate::ordinals;
use placet::__private::Internals;
use placet::{Policy, Request};
use placet_model::request::AttributeInput;
use placet_model::types::{AttributeId, Presence, Type};
use placet_model::value::Value;
use placet_program::{Sum, UNKNOWN, VariableKind as Kind};
use std::ops::Range;

/// A variable that relates attributes.
#[derive(Debug)]
pub(crate) struct Relation {
    pub(crate) variable: u32,
    /// The indices of its columns.
    columns: Vec<usize>,
    /// The sum, if all its columns are read as ordinals.
    sum: Option<(Sum, Vec<(AttributeId, Operand)>)>,
}

/// The source of an attribute's ordinal in a sum.
#[derive(Debug, Clone, Copy)]
enum Operand {
    /// The column with this index.
    Column(usize),
    /// The same ordinal in every row; `None` if it is unknown.
    Same(Option<i64>),
}

/// Returns the relations with at least one column.
pub(crate) fn relations(policy: &Policy, base: &Request, columns: &[Column]) -> Vec<Relation> {
    let program = policy.program();
    let place = |id: AttributeId| columns.iter().position(|column| column.id == id);
    let mut variables: Vec<u32> =
        columns.iter().flat_map(|column| column.relations.iter().copied()).collect();
    variables.sort_unstable();
    variables.dedup();
    let relation = |variable: u32| {
        let source = &program.variables().get(variable as usize)?.source;
        let columns_in: Vec<usize> = source.attributes().into_iter().filter_map(place).collect();
        let are_ordinals = columns_in.iter().all(|at| {
            columns.get(*at).is_some_and(|column| ordinals::are_ordinals(&column.data_type, &column.kind))
        });
        let sum = match source {
            Kind::Sum(sum) if are_ordinals => {
                let operand = |id| match place(id) {
                    Some(at) => Operand::Column(at),
                    None => Operand::Same(ordinal(policy, base, id)),
                };
                Some((sum.clone(), sum.attributes().into_iter().map(|id| (id, operand(id))).collect()))
            }
            _ => None,
        };
        Some(Relation { variable, columns: columns_in, sum })
    };
    variables.into_iter().filter_map(relation).collect()
}

/// Returns the ordinal that an attribute has in every row, if it is known.
fn ordinal(policy: &Policy, base: &Request, id: AttributeId) -> Option<i64> {
    let given = policy.frame(base).ok()?.given(policy.program(), id);
    let attribute = policy.model().attribute(id)?;
    match (&given, &attribute.presence) {
        (Some(AttributeInput::Value(Value::None)), _) | (None, Presence::Default(Value::None)) => {
            any_ordinal(&attribute.kind)
        }
        (Some(AttributeInput::Value(value)), _) | (None, Presence::Default(value)) => value.ordinal(),
        _ => None,
    }
}

/// Returns the ordinal that stands in for `none`. Any would do: no condition reads it, but it keeps the row complete.
fn any_ordinal(kind: &Type) -> Option<i64> {
    kind.ordinals().map(|(low, _)| low)
}

/// Writes the classes of relations, after the classes of all columns.
pub(crate) fn classify(
    relations: &[Relation],
    readers: &[ColumnReader<'_>],
    rows: Range<usize>,
    scratch: &mut BlockScratch,
) {
    let mut by_request = Vec::new();
    for relation in relations {
        let is_read =
            |at: &usize| readers.get(*at).is_some_and(|reader| matches!(reader.layout, Layout::Ordinals));
        match &relation.sum {
            Some((sum, operands)) if relation.columns.iter().all(is_read) => {
                add(sum, operands, relation.variable, readers, rows.clone(), scratch);
            }
            _ => by_request.push(relation),
        }
    }
    if !by_request.is_empty() {
        relate(&by_request, readers, rows, scratch);
    }
}

/// Writes the classes of a sum.
fn add(
    sum: &Sum,
    operands: &[(AttributeId, Operand)],
    variable: u32,
    readers: &[ColumnReader<'_>],
    rows: Range<usize>,
    scratch: &mut BlockScratch,
) {
    let Some(mut buffer) = scratch.classes.get_mut(variable as usize).map(std::mem::take) else { return };
    buffer.fill(rows.len(), UNKNOWN);
    for (at, row) in rows.enumerate() {
        let ordinal = |id: AttributeId| {
            let (_, operand) = operands.iter().find(|(operand, _)| *operand == id)?;
            match operand {
                Operand::Same(ordinal) => *ordinal,
                Operand::Column(place) => {
                    let reader = readers.get(*place)?;
                    match reader.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                        true if reader.column.is_optional => any_ordinal(&reader.column.kind),
                        true => None,
                        false => scratch.ordinals.get(id.index())?.get(at).copied(),
                    }
                }
            }
        };
        if let Some(class) = sum.class(&ordinal) {
            buffer.set(at, class);
        }
    }
    if let Some(slot) = scratch.classes.get_mut(variable as usize) {
        *slot = buffer;
    }
}

/// Writes the classes of other relations, row by row through a request.
fn relate(
    relations: &[&Relation],
    readers: &[ColumnReader<'_>],
    rows: Range<usize>,
    scratch: &mut BlockScratch,
) {
    let variables: Vec<u32> = relations.iter().map(|relation| relation.variable).collect();
    for variable in &variables {
        if let Some(buffer) = scratch.classes.get_mut(*variable as usize) {
            buffer.fill(rows.len(), UNKNOWN);
        }
    }
    let mut places: Vec<usize> =
        relations.iter().flat_map(|relation| relation.columns.iter().copied()).collect();
    places.sort_unstable();
    places.dedup();
    for (at, row) in rows.enumerate() {
        let fits = places
            .iter()
            .filter_map(|at| readers.get(*at))
            .all(|reader| reader.put(&mut scratch.request, &mut scratch.row_scratch, row).is_ok());
        if fits {
            scratch.keep(at, &variables);
        }
    }
}
