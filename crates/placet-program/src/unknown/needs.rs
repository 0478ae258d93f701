//! What a decision still hangs on: the open attributes that are worth asking for.

use super::{Question, Unanswered};
use crate::account;
use crate::formula::FormulaId;
use crate::frame::Frame;
use crate::program::Program;
use placet_graph::NodeId;
use placet_model::decision::Effect;
use placet_model::request::Facts;
use placet_model::types::AttributeId;
use placet_model::{Model, reference};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Up to how many classes of a variable are tried out to see which of them settle the answer.
const TRIED: u32 = 64;

/// The parts of a decision that have to be settled before it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Depth {
    /// Its effect.
    #[default]
    Effect,
    /// Its effect and its obligations: every obligation is certain.
    Obligations,
    /// Its effect, its obligations and its reasons: every determining rule, with what it cites, is certain too.
    Reasons,
}

/// An attribute on which an answer hangs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Need {
    /// The attribute.
    pub attribute: AttributeId,
    /// How likely the attribute alone settles the answer, from 0 to 1, were all its classes as likely: an estimate, to
    /// choose by. 0 also where it could not be found out.
    pub settles: f64,
}

/// The attributes on which the effect hangs.
pub(crate) fn of_effect(program: &Program, frame: &Frame) -> Vec<Need> {
    let mut question = Question::new(program, frame);
    let found = question.allowed().and_then(|allowed| question.hanging(allowed));
    let Ok(levels) = found else {
        return unweighed(program, question.searched().missing);
    };
    question.needs(&levels)
}

/// The attributes on which hangs what a decision of this effect obliges to, and with which texts.
pub(crate) fn of_obligations(program: &Program, frame: &Frame, effect: Effect) -> Vec<Need> {
    let mut question = Question::new(program, frame);
    match question.obligations(effect) {
        Ok(levels) => question.needs(&levels),
        Err(_) => question.searched_needs(effect, reference::obligations_hang_on),
    }
}

/// Returns the attributes that decide which rules determine a decision of this effect, what they oblige to, and with which
/// texts.
pub(crate) fn of_reasons(program: &Program, frame: &Frame, effect: Effect) -> Vec<Need> {
    let mut question = Question::new(program, frame);
    match question.reasons(effect) {
        Ok(levels) => question.needs(&levels),
        Err(_) => question.searched_needs(effect, |model, facts, rules| {
            let mut names = reference::rules_depend_on(model, facts, rules);
            names.extend(reference::obligations_hang_on(model, facts, rules));
            names
        }),
    }
}

/// Attributes of which nothing more is known than that something hangs on them.
fn unweighed(program: &Program, names: Vec<Arc<str>>) -> Vec<Need> {
    let ids = program.model().attribute_ids();
    ids.filter(|(_, attribute)| names.contains(&attribute.name))
        .map(|(attribute, _)| Need { attribute, settles: 0.0 })
        .collect()
}

/// For each level that something hangs on, which share of its classes settles it.
type Levels = BTreeMap<u32, f64>;

/// Adds levels, each with the best share so far.
fn keep_best(levels: &mut Levels, others: Levels) {
    for (level, settles) in others {
        let best = levels.entry(level).or_insert(0.0);
        *best = f64::max(*best, settles);
    }
}

impl Question<'_> {
    /// The levels that a diagram hangs on.
    fn hanging(&mut self, diagram: NodeId) -> Result<Levels, Unanswered> {
        let support = self.independent(diagram)?;
        Ok(support.into_iter().map(|level| (level, self.settles(diagram, level))).collect())
    }

    /// Which share of a level's classes leaves nothing open in a diagram.
    fn settles(&mut self, diagram: NodeId, level: u32) -> f64 {
        let classes = self.diagrams.arity(level);
        if classes > TRIED {
            return 0.0;
        }
        let mut settled = 0;
        for class in 0..classes {
            match self.diagrams.restrict(diagram, &|other| (other == level).then_some(class)) {
                Ok(left) => settled += u32::from(left.is_terminal()),
                Err(_) => return 0.0,
            }
        }
        f64::from(settled) / f64::from(classes.max(1))
    }

    /// Returns the attributes that the model's own search names for the rules of an effect.
    fn searched_needs(
        &self,
        effect: Effect,
        search: impl FnOnce(&Model, &Facts, &[usize]) -> Vec<Arc<str>>,
    ) -> Vec<Need> {
        let rules = self.places(effect);
        let names = self.frame.facts(self.program).map(|facts| search(self.model(), &facts, &rules));
        // INVARIANT: the caller has checked that no required attribute is missing.
        unweighed(self.program, names.unwrap_or_default())
    }

    /// Returns the levels that decide which rules determine the decision, and which obligations are due.
    fn reasons(&mut self, effect: Effect) -> Result<Levels, Unanswered> {
        let mut out = self.obligations(effect)?;
        for plan in self.candidates(effect) {
            let fires = self.formula(plan.fires)?;
            keep_best(&mut out, self.hanging(fires)?);
        }
        Ok(out)
    }

    /// The levels that decide which obligations are due, and with which text.
    fn obligations(&mut self, effect: Effect) -> Result<Levels, Unanswered> {
        // By obligation, and in it by text in byte order, none last: the first that is due is the one that is told.
        let mut due: BTreeMap<_, Texts> = BTreeMap::new();
        for plan in self.candidates(effect) {
            let Some(rule) = self.model().rules.get(plan.rule as usize) else { continue };
            for (obligation, when) in rule.obligations.iter().zip(&plan.obligations) {
                let texts = due.entry(account::key(obligation)).or_default();
                let text = (obligation.text.is_none(), obligation.text.clone());
                texts.entry(text).or_default().push((plan.fires, *when));
            }
        }
        let mut out = Levels::new();
        for texts in due.into_values() {
            // That it is due with one of the texts so far.
            let mut so_far = NodeId::FALSE;
            for pairs in texts.into_values() {
                let mut parts = vec![so_far];
                for (fires, when) in pairs {
                    let (fires, when) = (self.formula(fires)?, self.formula(when)?);
                    parts.push(self.diagrams.and(fires, when)?);
                }
                so_far = self.diagrams.any(parts)?;
                keep_best(&mut out, self.hanging(so_far)?);
            }
        }
        Ok(out)
    }

    /// The attributes of levels, each with the best of its levels.
    fn needs(&self, levels: &Levels) -> Vec<Need> {
        let mut best: BTreeMap<AttributeId, f64> = BTreeMap::new();
        for (level, settles) in levels {
            let Some(open) = self.open.get(*level as usize) else { continue };
            for attribute in self.open_attributes(open) {
                let known = best.entry(attribute).or_insert(0.0);
                *known = f64::max(*known, *settles);
            }
        }
        best.into_iter().map(|(attribute, settles)| Need { attribute, settles }).collect()
    }
}

/// The texts of an obligation, none last; for each the rules that oblige to it so: when they fire, and when it is due.
type Texts = BTreeMap<(bool, Option<Arc<str>>), Vec<(FormulaId, FormulaId)>>;
