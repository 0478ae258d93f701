//! Counts the parts of a finished model against those of the syntax trees.
//!
//! A part with an error is left out of the model. If a check left one out without a message, the policy would compile
//! without a denial. So this is the last line: whatever the cause, such a policy has an error.

use placet_model::Model;
use placet_syntax::ast::{CellContent, Effect, File, Item, Part};
use placet_syntax::{Code, Diagnostic, Span};

/// The numbers of parts.
#[derive(Debug, Default, PartialEq)]
struct Counts {
    rules: usize,
    obligations: usize,
    proofs: usize,
    tests: usize,
}

/// Returns an error if the model lacks a rule, an obligation, a proof or a test.
pub(super) fn lost_part(files: &[File], model: &Model) -> Option<Diagnostic> {
    let mut wanted = Counts::default();
    files.iter().for_each(|file| wanted.add(&file.items));
    let found = Counts {
        rules: model.rules.len(),
        obligations: model.rules.iter().map(|rule| rule.obligations.len()).sum(),
        proofs: model.proofs.len(),
        tests: model.tests.len(),
    };
    let span = files.iter().flat_map(|file| &file.items).next().map_or_else(Span::default, Item::span);
    let message = "a part of the policy was lost while it was checked; please report this policy as a bug";
    (wanted != found)
        .then(|| Diagnostic::new(Code::UnexpectedText, Span { end: span.start, ..span }, message))
}

impl Counts {
    fn add(&mut self, items: &[Item]) {
        for item in items {
            match item {
                Item::Where(block) => self.add(&block.items),
                Item::Rule(rule) => {
                    let allows = |part: &Part| matches!(part, Part::Effect(e) if e.effect == Effect::Allow);
                    let is_completed = rule.parts.iter().any(|part| matches!(part, Part::Otherwise(_)));
                    self.rules += 1 + usize::from(is_completed && rule.parts.iter().any(allows));
                    self.obligations += obligations(&rule.parts);
                }
                Item::Table(table) => {
                    self.rules += table.rows.len();
                    self.obligations += obligations(&table.parts) * table.rows.len();
                    let cells = table.rows.iter().flat_map(|row| &row.cells);
                    self.obligations += cells
                        .map(|cell| match &cell.content {
                            CellContent::Obligations(all) => all.len(),
                            _ => 0,
                        })
                        .sum::<usize>();
                }
                Item::Proof(_) => self.proofs += 1,
                Item::Test(_) => self.tests += 1,
                Item::Cases(cases) => self.tests += cases.rows.len(),
                _ => {}
            }
        }
    }
}

fn obligations(parts: &[Part]) -> usize {
    parts.iter().filter(|part| matches!(part, Part::Oblige(..))).count()
}
