//! The different decisions on requests that give values for the same attributes.

use super::grid::PolicyRequest;
use foldhash::{HashMap, HashMapExt};
use placet_model::decision::Decision;
use placet_model::request::AttributeInput;
use placet_model::types::AttributeId;
use placet_program::plan::AttributePlan;
use placet_program::{Frame, Program, UNKNOWN};
use std::sync::Arc;

/// The different decisions of one policy, each once. Requests whose values the policy can't tell apart are decided once.
pub(super) struct Decisions<'p> {
    program: &'p Program,
    frame: Frame,
    all: Vec<Arc<Decision>>,
    numbers: HashMap<Arc<Decision>, u32>,
    /// The decision by the classes of the attributes that values are given for. `None` if they don't determine it: a
    /// condition relates one of the attributes to others.
    by_classes: Option<HashMap<Box<[u32]>, u32>>,
    /// The variables of these attributes.
    variables: Vec<u32>,
    /// The classes of these variables, as the request is now.
    classes: Vec<u32>,
}

impl<'p> Decisions<'p> {
    /// Starts with a request. Values will be given for these attributes.
    pub(super) fn new(asked: PolicyRequest<'p>, attributes: impl IntoIterator<Item = AttributeId>) -> Self {
        let PolicyRequest { program, frame } = asked;
        let plans: Vec<&AttributePlan> = attributes.into_iter().filter_map(|id| program.plan(id)).collect();
        let is_related = plans.iter().any(|plan| !plan.relations.is_empty());
        let own = plans.iter().flat_map(|plan| plan.variables.iter().copied().chain(plan.none));
        Self {
            program,
            frame: frame.clone(),
            all: Vec::new(),
            numbers: HashMap::new(),
            by_classes: (!is_related).then(HashMap::new),
            variables: own.collect(),
            classes: Vec::new(),
        }
    }

    /// Gives a value, which fits its attribute.
    pub(super) fn put(&mut self, id: AttributeId, value: &AttributeInput) {
        let _ = self.frame.put_unchecked(self.program, id, value);
    }

    /// Returns the number of the decision on the request as it is now, and the steps that this took.
    pub(super) fn decide(&mut self) -> (u32, usize) {
        let class = |variable: &u32| self.frame.classes().get(*variable as usize).copied().unwrap_or(UNKNOWN);
        self.classes.clear();
        self.classes.extend(self.variables.iter().map(class));
        if let Some(number) = self.by_classes.as_ref().and_then(|known| known.get(self.classes.as_slice())) {
            return (*number, 1);
        }
        let (mut decision, steps) = self.program.decide_partial(&self.frame);
        // Answers don't tell it, and it isn't always there.
        decision.undecided = Vec::new();
        let number = match self.numbers.get(&decision) {
            Some(number) => *number,
            None => {
                // INVARIANT: there are no more than combinations, which `MAX_COMBINATIONS` bounds.
                let number = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
                let decision = Arc::new(decision);
                self.all.push(Arc::clone(&decision));
                self.numbers.insert(decision, number);
                number
            }
        };
        if let Some(known) = &mut self.by_classes {
            known.insert(self.classes.as_slice().into(), number);
        }
        (number, steps)
    }

    /// Returns the decision with a number.
    pub(super) fn get(&self, number: u32) -> Option<&Decision> {
        self.all.get(number as usize).map(|decision| &**decision)
    }
}
