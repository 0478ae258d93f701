//! Builds tables and cases.
//!
//! The form of a cell depends on its column. The grammar therefore matches rows of raw texts, and this module parses
//! each text again by the rule for its column.

use super::condition::{knowledge, quantifier, relation};
use super::{Builder, Children, P, is_sign};
use crate::ast::*;
use crate::grammar::{PlacetParser, Rule as R};
use crate::parse::{Context, syntax_error};
use crate::{Code, Diagnostic, Span, closest};
use pest::Parser;

/// An unparsed cell: its text, trimmed, and the offset of the text in the file.
struct RawCell<'a> {
    text: &'a str,
    start: usize,
}

impl Builder<'_> {
    pub(super) fn table(&mut self, mut parts: Children<'_>, span: Span) -> Option<Table> {
        parts.skip(R::kw_table);
        let name = self.name(parts.next()?);
        let head = self.parts(&mut parts);
        let mut table =
            Table { name, parts: head, columns: Vec::new(), rows: Vec::new(), head_span: None, span };
        let Some(first) = parts.next() else { return Some(table) };
        let head_span = self.span(&first);
        table.head_span = Some(head_span);
        let heads = self.raw_cells(first);
        table.columns = heads.iter().map(|cell| self.column(cell)).collect::<Option<_>>()?;
        while let Some(row) = parts.next() {
            let span = self.span(&row);
            let raw = self.raw_cells(row);
            // A row with too few or too many cells is left out: its cells would be read under the wrong columns.
            if !self.check_row(raw.len(), table.columns.len(), span, head_span) {
                continue;
            }
            let cells = raw.iter().zip(&table.columns).map(|(cell, column)| self.cell(cell, column));
            if let Some(cells) = cells.collect::<Option<Vec<_>>>() {
                table.rows.push(Row { cells, span });
            }
        }
        Some(table)
    }

    pub(super) fn cases(&mut self, mut parts: Children<'_>, span: Span) -> Option<Cases> {
        parts.skip(R::kw_cases);
        let title = self.text(parts.next()?)?;
        let given = self.given(parts.next()?)?;
        let mut cases = Cases { title, given, columns: Vec::new(), rows: Vec::new(), span };
        let Some(first) = parts.next() else { return Some(cases) };
        let head_span = self.span(&first);
        let heads = self.raw_cells(first);
        let mut again = Vec::new();
        for cell in &heads {
            let place = self.cell_span(cell);
            again.push(self.stands_twice(&cases.columns, cell));
            if cell.text == "expect" {
                cases.columns.push(CaseColumn::Expect(place));
            } else {
                let name = self.read(cell, R::only_path, |_, pair| Some(pair.as_str().to_owned()))?;
                cases.columns.push(CaseColumn::Attribute(Name { text: name, span: place }));
            }
        }
        // A misspelt `expect` parses as an attribute, so it is looked for among the headers.
        let expects = cases.columns.iter().any(|column| matches!(column, CaseColumn::Expect(_)));
        if !expects {
            let near = |cell: &&RawCell<'_>| closest(cell.text, ["expect"]).is_some();
            let misspelt = heads.iter().find(near).map(|cell| self.cell_span(cell));
            let fault = Diagnostic::new(
                Code::MisplacedColumn,
                misspelt.unwrap_or(head_span),
                "the column `expect` is missing",
            );
            self.diagnostics.push(match misspelt {
                Some(_) => fault.did_you_mean(Some("expect")),
                None => fault.help("add a column `expect` with the expected effects: `allow`, `deny` …"),
            });
        }
        while let Some(row) = parts.next() {
            let span = self.span(&row);
            let mut raw = self.raw_cells(row);
            if !self.check_row(raw.len(), cases.columns.len(), span, head_span) {
                continue;
            }
            // The cells under a repeated header are dropped: two values of one attribute would be a second error.
            let mut repeated = again.iter();
            raw.retain(|_| repeated.next() != Some(&true));
            let columns = cases.columns.iter().zip(&again).filter(|(_, again)| !**again);
            let columns: Vec<&CaseColumn> = columns.map(|(column, _)| column).collect();
            cases.rows.extend(self.case_row(&raw, &columns, span));
        }
        Some(cases)
    }

    /// Reports a header of `cases` that repeats an earlier one. Returns true if it does.
    fn stands_twice(&mut self, before: &[CaseColumn], cell: &RawCell<'_>) -> bool {
        let first = before.iter().find(|column| match column {
            CaseColumn::Expect(_) => cell.text == "expect",
            CaseColumn::Attribute(name) => cell.text == name.text,
        });
        let Some(first) = first else { return false };
        self.diagnostics.push(
            Diagnostic::new(
                Code::MisplacedColumn,
                self.cell_span(cell),
                format!("the column `{}` appears twice", cell.text),
            )
            .because("again here")
            .label(first.span(), "first here"),
        );
        true
    }

    fn case_row(&mut self, raw: &[RawCell<'_>], columns: &[&CaseColumn], span: Span) -> Option<CaseRow> {
        let mut assignments = Vec::new();
        let mut expect = None;
        for (cell, column) in raw.iter().zip(columns) {
            match column {
                CaseColumn::Expect(_) => {
                    expect = Some(self.read(cell, R::only_expectation, Self::expectation)?);
                }
                CaseColumn::Attribute(name) => {
                    let value = self.read(cell, R::only_value, Self::row_value)?;
                    assignments.push(Assignment { attribute: name.clone(), value });
                }
            }
        }
        self.damaged |= expect.is_none();
        Some(CaseRow { assignments, expect: expect?, span })
    }

    /// Reports a row whose number of cells differs from the number of columns. Returns true if they agree.
    fn check_row(&mut self, cells: usize, columns: usize, span: Span, head: Span) -> bool {
        if cells != columns {
            self.diagnostics.push(
                Diagnostic::new(
                    Code::MalformedRow,
                    span,
                    format!("the row has {} for {}", counted(cells, "cell"), counted(columns, "column")),
                )
                .label(head, "the columns"),
            );
            self.damaged = true;
        }
        cells == columns
    }

    fn raw_cells<'a>(&self, row: P<'a>) -> Vec<RawCell<'a>> {
        let mut parts = Children::new(row);
        let mut out = Vec::new();
        while let Some(cell) = parts.take(R::cell_text) {
            let text = cell.as_str();
            let before = text.len() - text.trim_start().len();
            out.push(RawCell { text: text.trim(), start: self.base + cell.as_span().start() + before });
        }
        out
    }

    fn cell_span(&self, cell: &RawCell<'_>) -> Span {
        Span::new(self.file, cell.start, cell.start + cell.text.len())
    }

    /// Parses the text of a cell by `rule` and builds its content.
    fn read<T>(
        &mut self,
        cell: &RawCell<'_>,
        rule: R,
        build: impl FnOnce(&mut Self, P<'_>) -> Option<T>,
    ) -> Option<T> {
        if cell.text.is_empty() {
            let place = Span::new(self.file, cell.start.saturating_sub(1), cell.start);
            self.diagnostics.push(
                Diagnostic::new(Code::MalformedRow, place, "the cell is empty")
                    .help("write `*` if any value will do"),
            );
            self.damaged = true;
            return None;
        }
        let pairs = match PlacetParser::parse(rule, cell.text) {
            Ok(mut pairs) => pairs.next().map(Children::new).and_then(|mut parts| parts.next()),
            Err(error) => {
                self.diagnostics.push(syntax_error(&error, self.file, cell.text, cell.start, Context::Cell));
                self.damaged = true;
                return None;
            }
        };
        // Spans of pest are relative to the cell while its pairs are built.
        let base = std::mem::replace(&mut self.base, cell.start);
        let built = pairs.and_then(|pair| build(self, pair));
        self.base = base;
        self.damaged |= built.is_none();
        built
    }

    fn column(&mut self, cell: &RawCell<'_>) -> Option<Column> {
        let span = self.cell_span(cell);
        Some(match cell.text {
            "name" => Column::Name(span),
            "basis" => Column::Basis(span),
            "because" => Column::Because(span),
            "oblige" => Column::Oblige(span),
            "cite" => Column::Cite(span),
            _ => Column::Test(self.read(cell, R::only_heading, Self::heading)?),
        })
    }

    fn heading(&mut self, pair: P<'_>) -> Option<Heading> {
        let span = self.span(&pair);
        let mut parts = Children::new(pair);
        if parts.peek() == Some(R::quantifier) {
            let quantifier = quantifier(&parts.next()?);
            let subject = self.term(parts.next()?, false)?;
            let relation = relation(parts.next()?)?;
            if relation == Relation::NotIn {
                self.check_quantifier(quantifier, span);
            }
            return Some(Heading {
                subject: Subject::Quantified(quantifier, subject),
                relation: Some(relation),
                span,
            });
        }
        let operand = self.sum(&mut parts, false)?;
        let relation = parts.next().and_then(relation);
        Some(Heading { subject: Subject::Operand(operand), relation, span })
    }

    fn cell(&mut self, cell: &RawCell<'_>, column: &Column) -> Option<Cell> {
        let span = self.cell_span(cell);
        let content = match column {
            _ if cell.text == "*" => CellContent::Any,
            Column::Name(_) | Column::Basis(_) => {
                CellContent::Name(self.read(cell, R::only_name, |builder, pair| Some(builder.name(pair)))?)
            }
            Column::Because(_) => CellContent::Text(self.read(cell, R::only_string, Self::text)?),
            Column::Cite(_) => CellContent::Texts(self.read_list(cell, R::only_strings, Self::text)?),
            Column::Oblige(_) => {
                CellContent::Obligations(self.read_list(cell, R::only_obligations, Self::obligation)?)
            }
            Column::Test(heading) => {
                let in_pattern = heading.relation == Some(Relation::Like);
                self.read(cell, R::only_cell, |builder, pair| builder.cell_test(pair, in_pattern))?
            }
        };
        Some(Cell { content, span })
    }

    /// Parses a comma-separated list, whose pairs are siblings.
    fn read_list<T>(
        &mut self,
        cell: &RawCell<'_>,
        rule: R,
        mut build: impl FnMut(&mut Self, P<'_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let mut out = Vec::new();
        // `read` parses the cell, reports errors and builds the first pair. The second parse succeeds if that one did.
        let first = self.read(cell, rule, &mut build)?;
        out.push(first);
        let base = std::mem::replace(&mut self.base, cell.start);
        if let Ok(mut pairs) = PlacetParser::parse(rule, cell.text)
            && let Some(list) = pairs.next()
        {
            for pair in
                list.into_inner().filter(|pair| !is_sign(pair.as_rule()) && pair.as_rule() != R::EOI).skip(1)
            {
                out.extend(build(self, pair));
            }
        }
        self.base = base;
        Some(out)
    }

    fn cell_test(&mut self, pair: P<'_>, in_pattern: bool) -> Option<CellContent> {
        let mut parts = Children::new(pair);
        let negated = parts.skip(R::kw_not);
        let test = match parts.peek()? {
            R::cell_compare => {
                let mut inner = Children::new(parts.next()?);
                let relation = relation(inner.next()?)?;
                CellTest::Compare(relation, self.sum(&mut inner, false)?)
            }
            R::cell_presence => CellTest::Presence(knowledge(&Children::new(parts.next()?).next()?)),
            R::braces => CellTest::Braces(self.braces(parts.next()?)?),
            R::range => CellTest::Range(self.range(parts.next()?)?),
            _ => {
                let mut operands = Vec::new();
                while parts.peek().is_some() {
                    operands.push(self.sum(&mut parts, in_pattern)?);
                }
                CellTest::Operands(operands)
            }
        };
        Some(CellContent::Test(negated, test))
    }
}

/// Returns the count and the noun in the right number: "1 cell", "2 cells".
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
