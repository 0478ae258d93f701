//! Formats tables and aligns the cells of their rows.

use super::layout::{Layout, width};
use crate::ast::*;

/// The maximum width to which cells are padded. Without it, one long cell would lengthen every row.
const WIDEST: usize = 200;

/// A row: its source range and the texts of its cells.
pub(super) struct Line {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) cells: Vec<String>,
}

impl Layout<'_> {
    pub(super) fn table(&mut self, table: &Table) {
        let (start, end) = (table.span.start as usize, table.span.end as usize);
        let brace = self.find(b'{', table.name.span.end as usize);
        let head = format!("table {}", self.sources.slice(table.name.span));
        self.block(start, brace, end, &head, |layout| {
            layout.parts(&table.parts);
            let Some(head) = table.head_span else { return };
            let heads = Line {
                start: head.start as usize,
                end: head.end as usize,
                cells: table.columns.iter().map(|column| layout.column(column)).collect(),
            };
            let rows = table.rows.iter().map(|row| Line {
                start: row.span.start as usize,
                end: row.span.end as usize,
                cells: row.cells.iter().map(|cell| layout.cell(cell)).collect(),
            });
            let lines: Vec<Line> = std::iter::once(heads).chain(rows).collect();
            layout.rows(&lines);
        });
    }

    pub(super) fn rows(&mut self, lines: &[Line]) {
        let mut widths: Vec<usize> = Vec::new();
        for line in lines {
            widths.resize(widths.len().max(line.cells.len()), 0);
            for (widest, cell) in widths.iter_mut().zip(&line.cells) {
                *widest = (*widest).max(width(cell)).min(WIDEST);
            }
        }
        for line in lines {
            let mut text = "|".to_owned();
            for (column, cell) in widths.iter().zip(&line.cells) {
                text.push(' ');
                text.push_str(cell);
                text.extend(std::iter::repeat_n(' ', column.saturating_sub(width(cell)) + 1));
                text.push('|');
            }
            self.line(line.start, line.end, &text);
        }
    }

    fn column(&self, column: &Column) -> String {
        let Column::Test(heading) = column else { return self.sources.slice(column.span()).to_owned() };
        let text = self.on_one_line(|flat| {
            match &heading.subject {
                Subject::Operand(operand) => flat.operand(operand)?,
                Subject::Quantified(quantifier, subject) => flat.quantified(*quantifier, subject)?,
            }
            heading.relation.map_or(Some(()), |relation| flat.relation(relation))
        });
        // `relation` ends with a space for its right side, which a heading doesn't have.
        text.trim_end().to_owned()
    }

    fn cell(&self, cell: &Cell) -> String {
        self.on_one_line(|flat| match &cell.content {
            CellContent::Any => flat.put("*"),
            CellContent::Name(name) => flat.name(name),
            CellContent::Text(text) => flat.string(text),
            CellContent::Texts(texts) => flat.list(texts, |flat, text| flat.string(text)),
            CellContent::Obligations(all) => flat.list(all, |flat, obligation| flat.obligation(obligation)),
            CellContent::Test(negated, test) => {
                if *negated {
                    flat.put("not ")?;
                }
                match test {
                    CellTest::Operands(operands) => {
                        flat.list(operands, |flat, operand| flat.operand(operand))
                    }
                    CellTest::Braces(braces) => flat.braces(braces),
                    CellTest::Range(range) => flat.range(range),
                    CellTest::Compare(relation, operand) => {
                        flat.put(relation.as_str())?;
                        flat.put(" ")?;
                        flat.operand(operand)
                    }
                    CellTest::Presence(knowledge) => flat.knowledge(*knowledge),
                }
            }
        })
    }
}
