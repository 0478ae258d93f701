//! The ways in which a condition can hold.

use placet_program::formula::{Formula, FormulaId, Formulas};

/// How many combinations of alternatives are multiplied out.
const MAX_COMBINATIONS: usize = 16;
/// How many parts are looked at; beyond them, a condition is one alternative.
const MAX_VISITS: usize = 1 << 16;
/// How deep.
const MAX_DEPTH: usize = 64;

/// Conditions of which one holds exactly where the given one does: disjunctions taken apart, and conjunctions of few
/// disjunctions multiplied out, so that most of them are products of single tests.
///
/// Cost: linear in the condition, and bounded.
pub(crate) fn dnf(formulas: &mut Formulas, id: FormulaId) -> Vec<FormulaId> {
    Splitter { formulas, visits: MAX_VISITS }.split(id, true, 0)
}

struct Splitter<'f> {
    formulas: &'f mut Formulas,
    visits: usize,
}

impl Splitter<'_> {
    fn split(&mut self, id: FormulaId, positive: bool, depth: usize) -> Vec<FormulaId> {
        if self.visits == 0 || depth > MAX_DEPTH {
            return vec![self.literal(id, positive)];
        }
        self.visits -= 1;
        match self.formulas.get(id).clone() {
            Formula::Constant(_) | Formula::In(..) => vec![self.literal(id, positive)],
            Formula::Not(inner) => self.split(inner, !positive, depth + 1),
            // By De Morgan, a negated conjunction is a disjunction.
            Formula::Any(parts) if positive => self.apart(&parts, positive, depth),
            Formula::All(parts) if !positive => self.apart(&parts, positive, depth),
            Formula::All(parts) | Formula::Any(parts) => self.multiplied(&parts, positive, depth),
        }
    }

    fn apart(&mut self, parts: &[FormulaId], positive: bool, depth: usize) -> Vec<FormulaId> {
        parts.iter().flat_map(|part| self.split(*part, positive, depth + 1)).collect()
    }

    fn multiplied(&mut self, parts: &[FormulaId], positive: bool, depth: usize) -> Vec<FormulaId> {
        let mut products: Vec<Vec<FormulaId>> = vec![Vec::new()];
        for part in parts {
            let ways = self.split(*part, positive, depth + 1);
            let whole = [self.literal(*part, positive)];
            let few = products.len() == 1 || products.len().saturating_mul(ways.len()) <= MAX_COMBINATIONS;
            let ways = if few { ways.as_slice() } else { &whole };
            products = products
                .iter()
                .flat_map(|product| ways.iter().map(|way| product.iter().copied().chain([*way]).collect()))
                .collect();
        }
        products.into_iter().map(|product| self.formulas.add(Formula::All(product.into()))).collect()
    }

    fn literal(&mut self, id: FormulaId, positive: bool) -> FormulaId {
        if positive { id } else { self.formulas.add(Formula::Not(id)) }
    }
}
