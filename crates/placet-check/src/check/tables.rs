//! Turns each row of a table into a rule.
//!
//! The column header and the cell become a [`Condition`] of the syntax tree, which is then checked like any other. So a
//! table has no semantics of its own. The condition has the span of the cell.
//!
//! ```
//! use placet_check::check;
//! use placet_syntax::{Limits, source::load_text};
//!
//! let text = "policy p request { age: int 0..150 }
//!     table ages {\n allow\n | name | age in |\n | teen | 13..19 |\n | *    | 65..150 |\n}";
//! let limits = Limits::default();
//! let (model, diagnostics) = check(&load_text("p.placet", text, &limits), &limits);
//! let names: Vec<_> = model.iter().flat_map(|model| &model.rules).map(|rule| &*rule.name).collect();
//! assert_eq!(names, ["ages/teen", "ages/2"], "{diagnostics:?}");
//! ```

use super::Checker;
use super::advice;
use super::knowledge::{Knowledge, Use};
use super::rules::{Annotations, Surroundings};
use placet_model::condition::ConditionId;
use placet_model::policy::Rule;
use placet_model::types::Type;
use placet_syntax::ast::{
    Braces, Cell, CellContent, CellTest, Column, Condition, ConditionKind, Heading, Literal, Name, Operand,
    OperandKind, Relation, Right, Row, Subject, Table,
};
use placet_syntax::{Code, Diagnostic, Span};
use std::collections::HashMap;

impl<'a> Checker<'a> {
    pub(super) fn table(&mut self, tree: &'a Table, around: &Surroundings<'a>) -> Vec<Rule> {
        let parts = self.sort_parts(&tree.parts);
        let name = &tree.name.text;
        let Some(effect) = parts.effect else {
            self.without_effect(
                "table",
                &tree.name,
                tree.span,
                "add `allow` or `deny` before the column headers",
            );
            return Vec::new();
        };
        if let Some(span) = parts.denial {
            self.report(
                Diagnostic::new(Code::MisplacedOtherwise, span, "a table can't have an `otherwise`")
                    .help("remove it: a request that no rule allows is denied by default"),
            );
        }
        if tree.rows.is_empty() && !self.is_damaged(tree.span) {
            self.fault(Code::EmptyDeclaration, tree.span, format!("the table `{name}` has no rows"));
        }
        self.check_columns(tree, &parts.own);
        // The head is checked once, not for each row, so that its faults are reported once.
        let (guard, when, exceptions) = self.head(around, &parts, effect);
        let documentation = self.documentation(tree.span);
        let mut names: HashMap<&'a str, Span> = HashMap::new();
        let mut out = Vec::new();
        for (row, number) in tree.rows.iter().zip(1_usize..) {
            // Rows are checked even if the head is invalid, so that all faults of a table are reported at once.
            let cells = self.row_condition(tree, row, effect.effect);
            let mut own = parts.own.clone();
            let row_name = self.annotate(tree, row, &mut own);
            self.check_basis(effect.effect, &own);
            if let Some(row_name) = row_name
                && let Some(first) = names.insert(&row_name.text, row_name.span)
            {
                self.repeated("row", row_name, first);
            }
            let (Some(guard), Some(when), Some(exceptions), Some(cells)) = (guard, when, &exceptions, cells)
            else {
                continue;
            };
            let when = self.conditions.all([when, cells]);
            let fires = self.own_condition(when, exceptions);
            let label = row_name.map_or_else(|| number.to_string(), |name| name.text.clone());
            out.push(Rule {
                name: format!("{name}/{label}").into(),
                effect: effect.effect,
                guard,
                when,
                fires: self.conditions.all([guard, fires]),
                exceptions: exceptions.clone(),
                cites: own.cites,
                because: own.because.map(|(text, _)| text),
                basis: own.basis.map(|(word, _)| word),
                obligations: own.obligations,
                documentation: documentation.clone(),
                location: self.locations.location(row.span),
                span: row.span,
            });
        }
        out
    }

    /// Reports an annotation column that repeats another one or an annotation of the whole table.
    fn check_columns(&mut self, tree: &'a Table, head: &Annotations) {
        let mut first: HashMap<&str, Span> = HashMap::new();
        for column in &tree.columns {
            let (what, in_head) = match column {
                Column::Name(_) => ("name", None),
                Column::Basis(_) => ("basis", head.basis.as_ref().map(|(_, span)| *span)),
                Column::Because(_) => ("because", head.because.as_ref().map(|(_, span)| *span)),
                Column::Oblige(_) => ("oblige", None),
                Column::Cite(_) => ("cite", None),
                Column::Test(_) => continue,
            };
            // `or`, not `or_else`: the column is recorded in any case.
            if let Some(span) = in_head.or(first.insert(what, column.span())) {
                self.report(
                    Diagnostic::new(Code::MisplacedColumn, column.span(), format!("`{what}` appears twice"))
                        .because("again here")
                        .label(span, "first here"),
                );
            }
        }
    }

    /// Adds the annotations of a row to `own`. Returns the row's name, if it has one.
    fn annotate(&mut self, tree: &'a Table, row: &'a Row, own: &mut Annotations) -> Option<&'a Name> {
        let mut row_name = None;
        for (cell, column) in row.cells.iter().zip(&tree.columns) {
            match (&cell.content, column) {
                (CellContent::Name(name), Column::Name(_)) => {
                    self.check_snake_case("row", None, [name]);
                    if name.text == "otherwise" {
                        let message = "a row can't be called `otherwise`";
                        self.report(
                            Diagnostic::new(Code::ReservedName, name.span, message)
                                .help("choose another name"),
                        );
                    }
                    row_name = Some(name);
                }
                (CellContent::Name(word), _) => {
                    // An unknown word is reported, and the table's basis stands in for it.
                    own.basis = self.basis(word).map(|basis| (basis, word.span)).or(own.basis.take());
                }
                (CellContent::Text(text), _) => own.because = Some((text.text.as_str().into(), text.span)),
                (CellContent::Texts(texts), _) => {
                    own.cites.extend(texts.iter().map(|text| text.text.as_str().into()));
                }
                (CellContent::Obligations(trees), _) => {
                    for tree in trees {
                        let obligation = self.obligation(tree);
                        own.obligations.extend(obligation);
                    }
                }
                (CellContent::Any | CellContent::Test(..), _) => {}
            }
        }
        row_name
    }

    /// Returns the conjunction of a row's cells, or `None` if one is invalid. Checks all of them.
    fn row_condition(
        &mut self,
        tree: &'a Table,
        row: &'a Row,
        effect: placet_syntax::ast::Effect,
    ) -> Option<ConditionId> {
        let mut parts = Vec::new();
        for (cell, column) in row.cells.iter().zip(&tree.columns) {
            if let (CellContent::Test(negated, test), Column::Test(heading)) = (&cell.content, column) {
                let condition = self.completed(heading, test, cell.span).and_then(|c| self.condition(&c));
                if condition.is_some() {
                    let said = self.cell_knowledge(heading, *negated, test, cell);
                    self.judge_knowledge(said, Use::Rule(effect, false), None);
                }
                parts.push(condition.map(|id| if *negated { self.conditions.not(id) } else { id }));
            }
        }
        let parts: Vec<ConditionId> = parts.into_iter().collect::<Option<_>>()?;
        Some(self.conditions.all(parts))
    }

    /// Returns the presence tests of a cell together with its column header.
    fn cell_knowledge(&self, heading: &Heading, negated: bool, test: &CellTest, cell: &Cell) -> Knowledge {
        let head = match &heading.subject {
            Subject::Operand(operand) => {
                let kind = ConditionKind::Operand(operand.clone());
                self.knowledge_of(&Condition { kind, span: cell.span })
            }
            Subject::Quantified(..) => Knowledge::default(),
        };
        self.knowledge_of_cell(head, negated, test, cell.span)
    }

    /// Returns the condition of a column header and a cell, with the span of the cell.
    fn completed(&mut self, heading: &Heading, test: &CellTest, span: Span) -> Option<Condition> {
        let kind = match (&heading.subject, heading.relation) {
            (Subject::Quantified(quantifier, subject), relation) => {
                let relation = relation.unwrap_or(Relation::In);
                let right = match relation {
                    Relation::Like => self.single_cell(test, span)?,
                    _ => self.set_cell(test, span)?,
                };
                ConditionKind::Quantified(*quantifier, Box::new(subject.clone()), relation, Box::new(right))
            }
            (Subject::Operand(operand), Some(relation)) => match (relation, test) {
                (Relation::Is, CellTest::Presence(word)) => {
                    ConditionKind::Presence(Box::new(operand.clone()), *word)
                }
                (Relation::In | Relation::NotIn, _) => compare(operand, relation, self.set_cell(test, span)?),
                _ => compare(operand, relation, self.single_cell(test, span)?),
            },
            (Subject::Operand(operand), None) => self.under_bare_head(operand, test, span)?,
        };
        Some(Condition { kind, span })
    }

    /// Returns the right side for a cell under `in`: a set in any form, or values without braces.
    fn set_cell(&mut self, test: &CellTest, span: Span) -> Option<Right> {
        match test {
            CellTest::Operands(values) => Some(match values.as_slice() {
                [one] => Right::Operand(one.clone()),
                several => Right::Braces(Braces { entries: several.to_vec(), span }),
            }),
            CellTest::Braces(braces) => Some(Right::Braces(braces.clone())),
            CellTest::Range(range) => Some(Right::Range(range.clone())),
            CellTest::Compare(..) | CellTest::Presence(_) => {
                self.wrong_cell(span, "expected a set in a column with `in`")
            }
        }
    }

    /// Returns the right side for a cell under `is`, `like` or an ordering operator.
    fn single_cell(&mut self, test: &CellTest, span: Span) -> Option<Right> {
        match test {
            CellTest::Operands(values) => match values.as_slice() {
                [one] => Some(Right::Operand(one.clone())),
                _ => self.wrong_cell(span, "expected one value; use `in` in the column header for several"),
            },
            CellTest::Braces(braces) => Some(Right::Braces(braces.clone())),
            CellTest::Range(range) => Some(Right::Range(range.clone())),
            CellTest::Compare(..) => self.wrong_cell(span, "the column header already compares"),
            CellTest::Presence(_) => {
                self.wrong_cell(span, "`missing` and `known` need a column header that ends in `is`")
            }
        }
    }

    fn wrong_cell<T>(&mut self, span: Span, message: &str) -> Option<T> {
        self.fault(Code::WrongType, span, message);
        None
    }

    /// Returns the condition of a cell under a header without an operator. The header's type decides the operator:
    /// several values mean `in`, but `is` for a set, and one node of a taxonomy means `in`, because it may be a
    /// category.
    fn under_bare_head(&mut self, operand: &Operand, test: &CellTest, span: Span) -> Option<ConditionKind> {
        let resolved = self.resolved(operand)?;
        let attribute = match &resolved.kind {
            OperandKind::Name(name) => {
                let entry = self.lets.get(name.as_str());
                if entry.is_some_and(|entry| entry.value.is_none()) {
                    return self.under_truth(operand, test, span);
                }
                self.attribute_side(name, operand.span)?;
                let found = self.find_attribute(name);
                found.map(|(_, attribute)| (attribute.kind.clone(), attribute.is_optional()))
            }
            _ => None,
        };
        let is_optional = attribute.as_ref().is_some_and(|(_, is_optional)| *is_optional);
        let attribute = attribute.map(|(kind, _)| kind);
        if is_optional
            && let CellTest::Operands(values) = test
            && let Some(with_none) = self.under_optional(operand, values, span)
        {
            return with_none;
        }
        if attribute == Some(Type::Bool) {
            return self.under_truth(operand, test, span);
        }
        if let CellTest::Compare(relation, value) = test {
            return Some(compare(operand, *relation, Right::Operand(value.clone())));
        }
        let is_set = matches!(attribute, Some(Type::Set { .. }));
        let is_taxonomy = matches!(attribute, Some(Type::Symbol(placet_model::types::Universe::Taxonomy(_))));
        match test {
            CellTest::Operands(values) => Some(match values.as_slice() {
                [one] if is_set && !self.is_set_name(one) => {
                    let entries = vec![one.clone()];
                    compare(operand, Relation::Is, Right::Braces(Braces { entries, span }))
                }
                [one] if is_taxonomy && !self.is_of_type(one, attribute.as_ref()) => {
                    compare(operand, Relation::In, Right::Operand(one.clone()))
                }
                [one] => compare(operand, Relation::Is, Right::Operand(one.clone())),
                several => {
                    let relation = if is_set { Relation::Is } else { Relation::In };
                    let entries = several.to_vec();
                    compare(operand, relation, Right::Braces(Braces { entries, span }))
                }
            }),
            CellTest::Braces(braces) => {
                let relation = if is_set { Relation::Is } else { Relation::In };
                Some(compare(operand, relation, Right::Braces(braces.clone())))
            }
            CellTest::Range(range) => Some(compare(operand, Relation::In, Right::Range(range.clone()))),
            _ => self.wrong_cell(span, "`missing` and `known` need a column header that ends in `is`"),
        }
    }

    /// Returns true if an operand is a named set or a set-valued attribute.
    /// Completes a bare head of an optional attribute with values of which one is `none`: the attribute is `none`, or one
    /// of the others. Returns `None` if no value is `none`.
    fn under_optional(
        &mut self,
        operand: &Operand,
        values: &[Operand],
        span: Span,
    ) -> Option<Option<ConditionKind>> {
        let is_none =
            |value: &&Operand| matches!(&value.kind, OperandKind::Name(name) if name == super::compare::NONE);
        let none = values.iter().find(is_none)?;
        let none = compare(operand, Relation::Is, Right::Operand(none.clone()));
        let others: Vec<Operand> = values.iter().filter(|value| !is_none(value)).cloned().collect();
        if others.is_empty() {
            return Some(Some(none));
        }
        let others = CellTest::Operands(others);
        let rest = self.under_bare_head(operand, &others, span);
        Some(rest.map(|rest| {
            ConditionKind::Or(vec![Condition { kind: none, span }, Condition { kind: rest, span }])
        }))
    }

    fn is_set_name(&self, operand: &Operand) -> bool {
        let OperandKind::Name(name) = &operand.kind else { return false };
        self.sets.contains_key(name.as_str())
            || self.find_attribute(name).is_some_and(|(_, a)| matches!(a.kind, Type::Set { .. }))
    }

    /// Returns true if an operand is an attribute of type `kind`.
    fn is_of_type(&self, operand: &Operand, kind: Option<&Type>) -> bool {
        let OperandKind::Name(name) = &operand.kind else { return false };
        self.find_attribute(name).is_some_and(|(_, attribute)| Some(&attribute.kind) == kind)
    }

    /// Returns the condition of a cell under a `bool` attribute or a let: `true` or `false`.
    fn under_truth(&mut self, operand: &Operand, test: &CellTest, span: Span) -> Option<ConditionKind> {
        if let CellTest::Operands(values) = test
            && let [Operand { kind: OperandKind::Literal(Literal::Bool(value)), .. }] = values.as_slice()
        {
            let is_attribute = self.resolved(operand).is_some_and(|resolved| {
                matches!(&resolved.kind, OperandKind::Name(name) if self.find_attribute(name).is_some())
            });
            if is_attribute {
                let value = Operand { kind: OperandKind::Literal(Literal::Bool(*value)), span };
                return Some(compare(operand, Relation::Is, Right::Operand(value)));
            }
            let bare = Condition { kind: ConditionKind::Operand(operand.clone()), span };
            return Some(if *value { bare.kind } else { ConditionKind::Not(Box::new(bare)) });
        }
        let fault = Diagnostic::new(Code::WrongType, span, "expected `true` or `false` in this column");
        let text = self.sources.slice(span).to_owned();
        self.report(advice::advise(fault, advice::VALUES, &text, None));
        None
    }
}

fn compare(left: &Operand, relation: Relation, right: Right) -> ConditionKind {
    ConditionKind::Compare(Box::new(left.clone()), relation, Box::new(right))
}
