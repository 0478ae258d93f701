//! Writes operands, conditions, values and taxonomy nodes on one line.

use super::layout::width;
use crate::ast::*;
use crate::{Sources, Span};

/// A writer for one line of a bounded width. Its methods return `None` as soon as the line is full, so an attempt costs
/// no more than the width, however large the tree is.
pub(super) struct Flat<'a> {
    sources: &'a Sources,
    pub(super) out: String,
    /// The remaining columns.
    left: usize,
}

impl<'a> Flat<'a> {
    pub(super) fn new(sources: &'a Sources, width: usize) -> Self {
        Self { sources, out: String::new(), left: width }
    }

    pub(super) fn put(&mut self, text: &str) -> Option<()> {
        self.left = self.left.checked_sub(width(text))?;
        self.out.push_str(text);
        Some(())
    }

    fn source(&mut self, span: Span) -> Option<()> {
        self.put(self.sources.slice(span))
    }

    /// Writes items separated by commas.
    pub(super) fn list<T>(
        &mut self,
        all: &[T],
        mut write: impl FnMut(&mut Self, &T) -> Option<()>,
    ) -> Option<()> {
        for (index, one) in all.iter().enumerate() {
            if index > 0 {
                self.put(", ")?;
            }
            write(self, one)?;
        }
        Some(())
    }

    pub(super) fn condition(&mut self, condition: &Condition) -> Option<()> {
        // Parentheses are nodes of their own, so none have to be added.
        match &condition.kind {
            ConditionKind::Or(all) => self.chain(all, " or "),
            ConditionKind::And(all) => self.chain(all, " and "),
            ConditionKind::Not(inner) => {
                self.put("not ")?;
                self.condition(inner)
            }
            ConditionKind::Group(inner) => {
                self.put("(")?;
                self.condition(inner)?;
                self.put(")")
            }
            ConditionKind::Operand(operand) => self.operand(operand),
            ConditionKind::Compare(left, relation, right) => {
                self.operand(left)?;
                self.relation(*relation)?;
                self.right(right)
            }
            ConditionKind::Quantified(quantifier, subject, relation, right) => {
                self.quantified(*quantifier, subject)?;
                self.relation(*relation)?;
                self.right(right)
            }
            ConditionKind::Each(each) => {
                self.each_head(each)?;
                self.condition(&each.condition)?;
                self.put(")")
            }
            ConditionKind::Presence(operand, knowledge) => {
                self.operand(operand)?;
                self.put(" is ")?;
                self.knowledge(*knowledge)
            }
        }
    }

    fn chain(&mut self, all: &[Condition], word: &str) -> Option<()> {
        for (index, condition) in all.iter().enumerate() {
            if index > 0 {
                self.put(word)?;
            }
            self.condition(condition)?;
        }
        Some(())
    }

    /// Writes the relation between spaces.
    pub(super) fn relation(&mut self, relation: Relation) -> Option<()> {
        self.put(" ")?;
        self.put(relation.as_str())?;
        self.put(" ")
    }

    pub(super) fn quantified(&mut self, quantifier: Quantifier, subject: &Operand) -> Option<()> {
        self.put(quantifier.as_str())?;
        self.put(" ")?;
        self.operand(subject)
    }

    /// Writes `some p in S where (`.
    pub(super) fn each_head(&mut self, each: &Each) -> Option<()> {
        self.put(if each.every { "every " } else { "some " })?;
        self.name(&each.variable)?;
        self.put(" in ")?;
        self.right(&each.set)?;
        self.put(" where (")
    }

    pub(super) fn knowledge(&mut self, knowledge: Knowledge) -> Option<()> {
        self.put(match knowledge {
            Knowledge::Missing => "missing",
            Knowledge::Known => "known",
        })
    }

    pub(super) fn right(&mut self, right: &Right) -> Option<()> {
        match right {
            Right::Operand(operand) => self.operand(operand),
            Right::Braces(braces) => self.braces(braces),
            Right::Range(range) => self.range(range),
        }
    }

    pub(super) fn braces(&mut self, braces: &Braces) -> Option<()> {
        self.put("{")?;
        self.list(&braces.entries, Self::operand)?;
        self.put("}")
    }

    pub(super) fn range(&mut self, range: &Range) -> Option<()> {
        self.operand(&range.low)?;
        self.put("..")?;
        self.operand(&range.high)
    }

    pub(super) fn operand(&mut self, operand: &Operand) -> Option<()> {
        match &operand.kind {
            OperandKind::Name(_) => self.source(operand.span),
            OperandKind::Literal(literal) => self.literal(literal, operand.span),
            OperandKind::Sum(first, rest) => {
                self.operand(first)?;
                for (sign, term) in rest {
                    self.put(match sign {
                        Sign::Plus => " + ",
                        Sign::Minus => " - ",
                    })?;
                    self.operand(term)?;
                }
                Some(())
            }
            OperandKind::Lookup(lookup, key) => {
                self.name(lookup)?;
                self.put("(")?;
                self.operand(key)?;
                self.put(")")
            }
            OperandKind::Between(unit, from, to) => {
                self.put(unit.as_str())?;
                self.put("(")?;
                self.operand(from)?;
                self.put(", ")?;
                self.operand(to)?;
                self.put(")")
            }
            OperandKind::Group(inner) => {
                self.put("(")?;
                self.condition(inner)?;
                self.put(")")
            }
        }
    }

    fn literal(&mut self, literal: &Literal, span: Span) -> Option<()> {
        match literal {
            Literal::Duration(_) => self.duration(span),
            _ => self.source(span),
        }
    }

    /// Writes the number and the unit of a duration, without the white space and comments between them in the source.
    fn duration(&mut self, span: Span) -> Option<()> {
        let text = self.sources.slice(span);
        let number = text.find(|c: char| !matches!(c, '-' | '_' | '0'..='9')).unwrap_or(text.len());
        // A comment ends with its line, so the last word is the unit.
        let unit = text.rfind(|c: char| !c.is_ascii_lowercase()).map_or(0, |at| at + 1);
        self.put(text.get(..number).unwrap_or_default())?;
        self.put(" ")?;
        self.put(text.get(unit..).unwrap_or_default())
    }

    pub(super) fn value(&mut self, value: &Value) -> Option<()> {
        match &value.kind {
            ValueKind::Missing | ValueKind::Name(_) | ValueKind::Faulty(_) => self.source(value.span),
            ValueKind::Literal(literal) => self.literal(literal, value.span),
            ValueKind::Set(entries) => {
                self.put("{")?;
                self.list(entries, Self::operand)?;
                self.put("}")
            }
        }
    }

    pub(super) fn name(&mut self, name: &Name) -> Option<()> {
        self.source(name.span)
    }

    pub(super) fn string(&mut self, text: &Text) -> Option<()> {
        self.source(text.span)
    }

    /// Writes `word` and the names, unless there are none.
    fn clause(&mut self, word: &str, listed: &Listed) -> Option<()> {
        if listed.nothing.is_some() {
            self.put(word)?;
            self.put("nothing")?;
        }
        if listed.names.is_empty() {
            return Some(());
        }
        self.put(word)?;
        if listed.only.is_some() {
            self.put("only ")?;
        }
        self.list(&listed.names, Self::name)
    }

    pub(super) fn expectation(&mut self, expectation: &Expectation) -> Option<()> {
        match &expectation.outcome {
            Outcome::Allow => self.put("allow")?,
            Outcome::Deny => self.put("deny")?,
            Outcome::Indeterminate => self.put("indeterminate")?,
            Outcome::Error(attribute) => {
                self.put("error ")?;
                self.name(attribute)?;
            }
        }
        self.clause(" by ", &expectation.by)?;
        if expectation.by_default.is_some() {
            self.put(" by default")?;
        }
        self.clause(" oblige ", &expectation.oblige)?;
        self.clause(" basis ", &expectation.basis)?;
        self.clause(" missing ", &expectation.missing)
    }

    /// Writes the name of an obligation and its deadline.
    pub(super) fn duty(&mut self, obligation: &Obligation) -> Option<()> {
        self.name(&obligation.name)?;
        match &obligation.within {
            Some(Deadline::Duration(_, span)) => {
                self.put(" within ")?;
                self.duration(*span)
            }
            Some(Deadline::Name(name)) => {
                self.put(" within ")?;
                self.name(name)
            }
            None => Some(()),
        }
    }

    pub(super) fn obligation(&mut self, obligation: &Obligation) -> Option<()> {
        self.duty(obligation)?;
        if let Some(condition) = &obligation.when {
            self.put(" when ")?;
            self.condition(condition)?;
        }
        if let Some(text) = &obligation.text {
            self.put(" ")?;
            self.string(text)?;
        }
        Some(())
    }

    pub(super) fn set_expression(&mut self, expression: &SetExpression) -> Option<()> {
        for (index, term) in expression.terms.iter().enumerate() {
            if index > 0 {
                self.put(" except ")?;
            }
            match term {
                SetTerm::Braces(braces) => self.braces(braces)?,
                SetTerm::Operand(operand) => self.operand(operand)?,
            }
        }
        Some(())
    }

    /// Writes a type.
    pub(super) fn kind(&mut self, kind: &Kind) -> Option<()> {
        match kind {
            Kind::Named(name) => self.name(name),
            Kind::Ranged(name, range) => {
                self.name(name)?;
                self.put(" ")?;
                self.range(range)
            }
            Kind::Enum(names, _) => {
                self.put("{ ")?;
                self.list(names, Self::name)?;
                self.put(" }")
            }
            Kind::Set { may_be_empty, of, .. } => {
                self.put(if *may_be_empty { "set? of " } else { "set of " })?;
                self.kind(of)
            }
            // The mark stands behind the word, before a range.
            Kind::Optional(kind, _) => match &**kind {
                Kind::Ranged(name, range) => {
                    self.name(name)?;
                    self.put("? ")?;
                    self.range(range)
                }
                kind => {
                    self.kind(kind)?;
                    self.put("?")
                }
            },
        }
    }

    /// Writes a taxonomy node and its descendants.
    pub(super) fn node(&mut self, node: &Node) -> Option<()> {
        self.name(&node.name)?;
        match &node.children {
            Some(children) => {
                self.put(" ")?;
                self.nodes(children)
            }
            None => Some(()),
        }
    }

    pub(super) fn nodes(&mut self, nodes: &[Node]) -> Option<()> {
        if nodes.is_empty() {
            return self.put("{}");
        }
        self.put("{ ")?;
        self.list(nodes, Self::node)?;
        self.put(" }")
    }
}
