//! Which rules may fire at a point.

use placet_compile::Projection;
use placet_model::BitSet;
use placet_program::{ClassSet, Variable};
use std::collections::BTreeMap;

/// Bits that the index may take: 32 MiB.
const MAX_BITS: u64 = 1 << 28;
/// Classes of one variable that a rule may leave open; one with more is taken to leave open all.
const MAX_UNKNOWN: u32 = 1 << 10;

/// For each class of a variable the rules that leave it open.
pub(super) struct Index {
    rules: u32,
    open: BTreeMap<u32, Vec<BitSet>>,
}

impl Index {
    /// The index of rules by what they ask of each variable. Cost: the classes that the rules name, and the rules times
    /// the classes in bits; variables for which that is too much are left out.
    pub(super) fn new(variables: &[Variable], asked: &[Projection]) -> Self {
        let rules = u32::try_from(asked.len()).unwrap_or(u32::MAX);
        let narrow = |classes: &ClassSet| classes.len() <= MAX_UNKNOWN;
        let mut left = MAX_BITS;
        let mut open: BTreeMap<u32, Vec<BitSet>> = BTreeMap::new();
        for (number, variable) in (0_u32..).zip(variables) {
            let of = |projection: &Projection| {
                projection.classes.get(&number).filter(|classes| narrow(classes)).cloned()
            };
            let bits = u64::from(rules) * u64::from(variable.classes);
            if bits > left || !asked.iter().any(|projection| of(projection).is_some()) {
                continue;
            }
            left -= bits;
            let mut everywhere = BitSet::empty(rules);
            let mut classes = vec![BitSet::empty(rules); variable.classes as usize];
            for (rule, projection) in (0..).zip(asked) {
                match of(projection) {
                    Some(own) => own.iter().for_each(|class| {
                        if let Some(set) = classes.get_mut(class as usize) {
                            set.insert(rule);
                        }
                    }),
                    None => everywhere.insert(rule),
                }
            }
            let classes = classes.into_iter().map(|set| set.union(&everywhere)).collect();
            open.insert(number, classes);
        }
        Self { rules, open }
    }

    /// The rules that the classes of a point leave open. Cost: a look at the bits of one class of each variable.
    pub(super) fn at(&self, point: &[u32]) -> BitSet {
        let sets = self
            .open
            .iter()
            .filter_map(|(variable, classes)| classes.get(*point.get(*variable as usize)? as usize));
        sets.fold(BitSet::full(self.rules), |all, set| all.intersection(set))
    }
}
