//! Tables: columns, rows and cells.

use super::*;
use crate::Span;

/// `table name { … }`.
#[derive(Debug, Clone)]
pub struct Table {
    /// The table's name.
    pub name: Name,
    /// The parts before the first row, in source order. They belong to every row.
    pub parts: Vec<Part>,
    /// The column headers; empty for a table without any row.
    pub columns: Vec<Column>,
    /// The rows below the column headers.
    pub rows: Vec<Row>,
    /// The span of the column headers, if the table has them.
    pub head_span: Option<Span>,
    /// The whole declaration.
    pub span: Span,
}

/// The header of a table column.
#[derive(Debug, Clone)]
pub enum Column {
    /// `name`: the names of the rows.
    Name(Span),
    /// `basis`.
    Basis(Span),
    /// `because`.
    Because(Span),
    /// `oblige`.
    Oblige(Span),
    /// `cite`.
    Cite(Span),
    /// A condition that the cells complete.
    Test(Heading),
}

impl Column {
    /// Returns the span of the header.
    pub fn span(&self) -> Span {
        match self {
            Column::Name(span)
            | Column::Basis(span)
            | Column::Because(span)
            | Column::Oblige(span)
            | Column::Cite(span) => *span,
            Column::Test(heading) => heading.span,
        }
    }
}

/// The first half of a condition. A cell is the second half.
#[derive(Debug, Clone)]
pub struct Heading {
    /// The left side of the comparison.
    pub subject: Subject,
    /// The comparison; `None` if the header leaves it to the cells.
    pub relation: Option<Relation>,
    /// The whole header.
    pub span: Span,
}

/// The left side of a comparison.
#[derive(Debug, Clone)]
pub enum Subject {
    /// A value.
    Operand(Operand),
    /// A quantifier over a set-valued attribute or lookup.
    Quantified(Quantifier, Operand),
}

/// A row of a table.
#[derive(Debug, Clone)]
pub struct Row {
    /// The cells, one for each column.
    pub cells: Vec<Cell>,
    /// The whole row.
    pub span: Span,
}

/// A cell of a table.
#[derive(Debug, Clone)]
pub struct Cell {
    /// The cell's content.
    pub content: CellContent,
    /// The span of the content, without the white space around it.
    pub span: Span,
}

/// The content of a cell, whose form depends on the column.
#[derive(Debug, Clone)]
pub enum CellContent {
    /// `*`: any value, or no annotation.
    Any,
    /// The row's name or basis.
    Name(Name),
    /// The row's `because`.
    Text(Text),
    /// The row's citations.
    Texts(Vec<Text>),
    /// The row's obligations.
    Obligations(Vec<Obligation>),
    /// The second half of the column's condition. The flag is true after `not`.
    Test(bool, CellTest),
}

/// The second half of a column's condition.
#[derive(Debug, Clone)]
pub enum CellTest {
    /// One value, or several separated by commas without braces.
    Operands(Vec<Operand>),
    /// `{ a, b }`.
    Braces(Braces),
    /// `a..b`.
    Range(Range),
    /// `< 13`.
    Compare(Relation, Operand),
    /// `missing` or `known`.
    Presence(Knowledge),
}
