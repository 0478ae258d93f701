//! Projections of conditions onto single variables.
//!
//! A projection over-approximates a condition by a product of class sets, one for each variable. Conjunctions
//! intersect, disjunctions unite. It is exact if the condition is such a product.

use crate::encoding::Encoding;
use placet_program::formula::{Formula, FormulaId, Test};
use placet_program::{ClassSet, Variable};
use std::collections::BTreeMap;

/// For each variable that a condition restricts, the classes outside which it can't hold.
#[derive(Debug, Clone, Default)]
pub struct Projection {
    /// The restricted variables, with their classes.
    pub classes: BTreeMap<u32, ClassSet>,
    /// True if the condition holds wherever each variable has one of these classes.
    pub is_exact: bool,
}

impl Projection {
    fn constant(value: bool) -> Self {
        let mut out = Self { classes: BTreeMap::new(), is_exact: true };
        if !value {
            // An empty class set of any variable makes the product empty. The first exists if there are conditions.
            out.classes.insert(0, ClassSet::default());
        }
        out
    }

    /// Returns true if the condition never holds.
    pub fn is_never(&self) -> bool {
        self.classes.values().any(ClassSet::is_empty)
    }

    fn all(parts: Vec<&Projection>) -> Self {
        let mut out = Self { classes: BTreeMap::new(), is_exact: true };
        for part in parts {
            out.is_exact &= part.is_exact;
            for (variable, classes) in &part.classes {
                match out.classes.get_mut(variable) {
                    Some(known) => *known = known.intersection(classes),
                    None => {
                        out.classes.insert(*variable, classes.clone());
                    }
                }
            }
        }
        out
    }

    fn any(parts: Vec<&Projection>) -> Self {
        let mut parts = parts.into_iter().filter(|part| !part.is_never());
        let Some(first) = parts.next() else { return Self::constant(false) };
        let mut out = first.clone();
        for part in parts {
            // The union of two products is a product only if they differ in at most one variable.
            let one = |projection: &Self| projection.classes.keys().copied().collect::<Vec<_>>();
            let same = one(&out) == one(part);
            let differing =
                out.classes.iter().filter(|(variable, own)| part.classes.get(variable) != Some(own)).count();
            out.is_exact &= part.is_exact && same && differing <= 1;
            // An alternative that doesn't restrict a variable lets it have every class.
            out.classes.retain(|variable, _| part.classes.contains_key(variable));
            for (variable, own) in &mut out.classes {
                if let Some(other) = part.classes.get(variable) {
                    *own = own.union(other);
                }
            }
        }
        out
    }
}

/// Returns the projections of some conditions, in their order.
///
/// Cost: linear in the conditions, times the variables that each restricts.
pub(crate) fn projections(encoding: &Encoding, roots: &[FormulaId]) -> Vec<Projection> {
    let Encoding { formulas, variables, .. } = encoding;
    // The projection of a negation doesn't follow from that of the condition, so each condition has two. Only those
    // that are needed are computed.
    let mut needed = vec![[false; 2]; formulas.nodes().len()];
    let mut todo: Vec<(FormulaId, bool)> = roots.iter().map(|root| (*root, true)).collect();
    while let Some((id, positive)) = todo.pop() {
        let Some(seen) = needed.get_mut(id.index()).and_then(|seen| seen.get_mut(usize::from(positive)))
        else {
            continue;
        };
        if std::mem::replace(seen, true) {
            continue;
        }
        let node = formulas.get(id);
        let flips = matches!(node, Formula::Not(_));
        todo.extend(node.parts().iter().map(|part| (*part, positive != flips)));
    }
    let mut found: Vec<[Option<Projection>; 2]> = Vec::with_capacity(needed.len());
    for (node, needed) in formulas.nodes().iter().zip(&needed) {
        let mut here = [None, None];
        for (positive, slot) in [false, true].into_iter().zip(&mut here) {
            if needed.get(usize::from(positive)) == Some(&true) {
                *slot = Some(projection(node, positive, variables, &found));
            }
        }
        found.push(here);
    }
    let of = |root: &FormulaId| found.get(root.index()).and_then(|[_, positive]| positive.clone());
    roots.iter().map(|root| of(root).unwrap_or_default()).collect()
}

fn projection(
    node: &Formula,
    positive: bool,
    variables: &[Variable],
    found: &[[Option<Projection>; 2]],
) -> Projection {
    let of = |part: &FormulaId, positive: bool| {
        found.get(part.index()).and_then(|both| both.get(usize::from(positive))).and_then(Option::as_ref)
    };
    match node {
        Formula::Constant(value) => Projection::constant(*value == positive),
        Formula::Leaf(Test { variable, classes }) => {
            let arity = variables.get(*variable as usize).map_or(0, |variable| variable.classes);
            let classes = if positive { classes.clone() } else { classes.complement(arity) };
            Projection { classes: BTreeMap::from([(*variable, classes)]), is_exact: true }
        }
        Formula::Not(inner) => of(inner, !positive).cloned().unwrap_or_default(),
        Formula::All(parts) | Formula::Any(parts) => {
            let parts: Vec<&Projection> = parts.iter().filter_map(|part| of(part, positive)).collect();
            // By De Morgan, a negated disjunction is a conjunction.
            if matches!(node, Formula::All(_)) == positive {
                Projection::all(parts)
            } else {
                Projection::any(parts)
            }
        }
    }
}
