//! A bitmap index of the rules that may fire at a point.

use placet_compile::RuleCondition;
use placet_model::BitSet;
use placet_program::{ClassSet, Variable};
use std::collections::BTreeMap;

/// The size limit of the index in bits: 32 MiB.
const MAX_BITS: u64 = 1 << 28;
/// The number of classes of one variable that a rule may list; a rule with more counts as allowing all.
const MAX_UNKNOWN: u32 = 1 << 10;

/// The index: (variable, class) → rules that the class doesn't exclude.
pub(super) struct Index {
    rules: u32,
    open: BTreeMap<u32, Vec<BitSet>>,
}

impl Index {
    /// Builds the index from the classes that rules ask for. Cost: the classes in the rules, and rules times classes in
    /// bits; variables that would exceed the limit are left out.
    pub(super) fn new(variables: &[Variable], conditions: &[RuleCondition]) -> Self {
        let rules = u32::try_from(conditions.len()).unwrap_or(u32::MAX);
        let narrow = |classes: &ClassSet| classes.len() <= MAX_UNKNOWN;
        let mut left = MAX_BITS;
        let mut open: BTreeMap<u32, Vec<BitSet>> = BTreeMap::new();
        for (number, variable) in (0_u32..).zip(variables) {
            let of = |rule: &RuleCondition| {
                rule.projection.classes.get(&number).filter(|classes| narrow(classes)).cloned()
            };
            // An index without a variable is still sound: it only excludes fewer rules.
            let bits = u64::from(rules) * u64::from(variable.classes);
            if bits > left || !conditions.iter().any(|rule| of(rule).is_some()) {
                continue;
            }
            left -= bits;
            let mut everywhere = BitSet::empty(rules);
            let mut classes = vec![BitSet::empty(rules); variable.classes as usize];
            for (rule, condition) in (0..).zip(conditions) {
                match of(condition) {
                    Some(own) => own.iter().for_each(|class| {
                        if let Some(set) = classes.get_mut(class as usize) {
                            set.insert(rule);
                        }
                    }),
                    // Kept apart and added once at the end: such a rule would otherwise be inserted for each class.
                    None => everywhere.insert(rule),
                }
            }
            let classes = classes.into_iter().map(|set| set.union(&everywhere)).collect();
            open.insert(number, classes);
        }
        Self { rules, open }
    }

    /// Returns the rules that the classes of a point don't exclude. Cost: one bitmap for each variable.
    pub(super) fn at(&self, point: &[u32]) -> BitSet {
        let sets = self
            .open
            .iter()
            .filter_map(|(variable, classes)| classes.get(*point.get(*variable as usize)? as usize));
        sets.fold(BitSet::full(self.rules), |all, set| all.intersection(set))
    }
}
