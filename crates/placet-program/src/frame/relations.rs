//! Relations between the attributes of a request: sums and comparisons of several attributes.

use super::{Frame, has, symbols};
use crate::plan::AttributePlan;
use crate::program::Program;
use crate::variable::{UNKNOWN, VariableKind};
use placet_model::types::{AttributeId, Members, Type};

impl Frame {
    /// Sets the classes of the relations that contain an attribute.
    #[inline]
    pub(super) fn relate(&mut self, program: &Program, plan: &AttributePlan) {
        if !plan.relations.is_empty() {
            self.set_relations(program, plan);
        }
    }

    fn set_relations(&mut self, program: &Program, plan: &AttributePlan) {
        for variable in &plan.relations {
            let class = program
                .variables()
                .get(*variable as usize)
                .and_then(|variable| self.relation(program, &variable.source))
                .unwrap_or(UNKNOWN);
            self.set_class(*variable, class);
        }
    }

    /// Returns the class of a relation; `None` if an attribute that it needs is unknown.
    fn relation(&self, program: &Program, source: &VariableKind) -> Option<u32> {
        let is_known = |id: &AttributeId| self.is_known(program, *id);
        match source {
            VariableKind::Sum(sum) => sum.class(&|id| self.is_known(program, id).then(|| self.scalar(id))),
            VariableKind::Same(a, b) | VariableKind::SameSet(a, b) if is_known(a) && is_known(b) => {
                Some(u32::from(self.is_same(program, *a, *b)))
            }
            VariableKind::MemberOf(a, b) if is_known(a) && is_known(b) => {
                Some(u32::from(match program.kind(*a)? {
                    Type::String => self.has_text(*b, &self.buffers.get(a.index())?.text),
                    _ => has(self.words(*b), u32::try_from(self.scalar(*a)).ok()?),
                }))
            }
            VariableKind::Meet(a, b) if is_known(a) && is_known(b) => {
                Some(u32::from(match program.kind(*a)? {
                    Type::Set { of: Members::Texts, .. } => {
                        self.texts(*a).iter().any(|text| self.has_text(*b, text))
                    }
                    _ => self.words(*a).iter().zip(self.words(*b)).any(|(one, other)| one & other != 0),
                }))
            }
            VariableKind::Subset(a, b) if is_known(a) && is_known(b) => {
                Some(u32::from(self.is_subset(program, *a, *b)))
            }
            _ => None,
        }
    }

    fn has_text(&self, set: AttributeId, text: &str) -> bool {
        self.texts(set).iter().any(|member| member == text)
    }

    fn is_same(&self, program: &Program, a: AttributeId, b: AttributeId) -> bool {
        match program.kind(a) {
            Some(Type::String) => {
                let text = |id: AttributeId| self.buffers.get(id.index()).map(|buffer| buffer.text.as_str());
                text(a) == text(b)
            }
            // Texts of a set may repeat and come in any order, so equality is inclusion both ways.
            Some(Type::Set { .. }) => self.is_subset(program, a, b) && self.is_subset(program, b, a),
            _ => self.scalar(a) == self.scalar(b),
        }
    }

    fn is_subset(&self, program: &Program, a: AttributeId, b: AttributeId) -> bool {
        match program.kind(a) {
            Some(Type::Set { of: Members::Texts, .. }) => {
                self.texts(a).iter().all(|text| self.has_text(b, text))
            }
            _ => symbols(self.words(a)).all(|symbol| has(self.words(b), symbol)),
        }
    }
}
