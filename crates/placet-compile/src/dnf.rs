//! Splits conditions into alternatives: a bounded disjunctive normal form.

use placet_program::formula::{Formula, FormulaId, Formulas};

/// The maximum number of products when disjunctions inside a conjunction are multiplied out.
const MAX_COMBINATIONS: usize = 16;
/// The maximum number of nodes that are visited. Beyond it, a condition is one alternative.
const MAX_VISITS: usize = 1 << 16;
/// The maximum depth, which bounds the recursion.
const MAX_DEPTH: usize = 64;

/// Returns conditions whose disjunction is equivalent to the given one. Splits disjunctions, and multiplies out
/// conjunctions of few disjunctions, so that most alternatives are products of tests on single variables (cubes).
///
/// Cost: linear in the condition, and bounded by the constants above. A condition beyond them stays whole, which is
/// still correct: its alternative is merely not a cube.
pub(crate) fn dnf(formulas: &mut Formulas, id: FormulaId) -> Vec<FormulaId> {
    Splitter { formulas, visits: MAX_VISITS }.split(id, true, 0)
}

/// The state of one split.
struct Splitter<'f> {
    formulas: &'f mut Formulas,
    visits: usize,
}

impl Splitter<'_> {
    /// Returns the alternatives of a condition, or of its negation if `positive` is false.
    fn split(&mut self, id: FormulaId, positive: bool, depth: usize) -> Vec<FormulaId> {
        if self.visits == 0 || depth > MAX_DEPTH {
            return vec![self.literal(id, positive)];
        }
        self.visits -= 1;
        match self.formulas.get(id).clone() {
            Formula::Constant(_) | Formula::Leaf(_) => vec![self.literal(id, positive)],
            Formula::Not(inner) => self.split(inner, !positive, depth + 1),
            // By De Morgan, a negated conjunction is a disjunction.
            Formula::Any(parts) if positive => self.apart(&parts, positive, depth),
            Formula::All(parts) if !positive => self.apart(&parts, positive, depth),
            Formula::All(parts) | Formula::Any(parts) => self.multiplied(&parts, positive, depth),
        }
    }

    /// Returns the alternatives of a disjunction: those of all its parts.
    fn apart(&mut self, parts: &[FormulaId], positive: bool, depth: usize) -> Vec<FormulaId> {
        parts.iter().flat_map(|part| self.split(*part, positive, depth + 1)).collect()
    }

    /// Returns the alternatives of a conjunction: the products of its parts' alternatives.
    fn multiplied(&mut self, parts: &[FormulaId], positive: bool, depth: usize) -> Vec<FormulaId> {
        let mut products: Vec<Vec<FormulaId>> = vec![Vec::new()];
        for part in parts {
            let ways = self.split(*part, positive, depth + 1);
            let whole = [self.literal(*part, positive)];
            // As long as there is one product, a part only splits it and multiplies nothing. A later part that would
            // exceed the limit stays whole.
            let few = products.len() == 1 || products.len().saturating_mul(ways.len()) <= MAX_COMBINATIONS;
            let ways = if few { ways.as_slice() } else { &whole };
            products = products
                .iter()
                .flat_map(|product| ways.iter().map(|way| product.iter().copied().chain([*way]).collect()))
                .collect();
        }
        products.into_iter().map(|product| self.formulas.add(Formula::All(product.into()))).collect()
    }

    /// Returns the condition or its negation.
    fn literal(&mut self, id: FormulaId, positive: bool) -> FormulaId {
        if positive { id } else { self.formulas.add(Formula::Not(id)) }
    }
}
