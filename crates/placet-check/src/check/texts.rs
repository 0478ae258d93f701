//! Keeps the text of conditions that are written out: quantifiers, and comparisons with the values of lookups.

use super::Checker;
use placet_model::condition::{Condition as Node, ConditionId};
use placet_model::written::{LookupCall, Written};
use placet_syntax::ast::{Condition, ConditionKind, OperandKind};
use placet_syntax::condition_line;

/// The width at which a text is cut, in columns.
const MAX_WIDTH: usize = 400;

impl Checker<'_> {
    /// Keeps the text of a condition if its nodes are another form of it. `calls` is the number of lookups that had given
    /// way to their cases before.
    pub(super) fn keep_text(&mut self, node: ConditionId, condition: &Condition, calls: usize) {
        let is_written_out = match &condition.kind {
            ConditionKind::Each(_) => true,
            ConditionKind::Compare(..) | ConditionKind::Quantified(..) => calls < self.replaced_calls.len(),
            ConditionKind::Operand(operand) => matches!(operand.kind, OperandKind::Lookup(..)),
            // These keep their form.
            ConditionKind::Or(_)
            | ConditionKind::And(_)
            | ConditionKind::Not(_)
            | ConditionKind::Group(_)
            | ConditionKind::Presence(..) => false,
        };
        let is_plain = match self.conditions.get(node) {
            Node::Constant(_) | Node::Leaf(_) => true,
            Node::Not(inner) => self.conditions.get(*inner).as_leaf().is_some(),
            Node::All(_) | Node::Any(_) => false,
        };
        // An equal condition that stands before has its own text.
        if !is_written_out || is_plain || self.written.contains_key(&node) {
            return;
        }
        let mut uses: Vec<LookupCall> = Vec::new();
        for call in self.replaced_calls.get(calls..).unwrap_or_default() {
            // The member of a quantifier has no value of its own.
            if let Some(entry) = self.lookups.get(call.lookup)
                && !self.is_parameter(call.key)
            {
                let new = LookupCall { lookup: entry.words.clone(), key: call.key };
                if !uses.contains(&new) {
                    uses.push(new);
                }
            }
        }
        let text = condition_line(self.sources, condition, MAX_WIDTH).into();
        self.written.insert(node, Written { text, calls: uses });
    }
}
