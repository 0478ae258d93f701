//! Whether the differences between attributes that a path through a diagram asks for can be had together.
//!
//! `low ≤ x − y ≤ high` are two edges of a graph of the attributes; they contradict one another exactly if the graph has
//! a cycle of negative length (R. Bellman, *On a routing problem*, 1958).

use placet_compile::{Meaning, Space};
use placet_model::Model;
use placet_model::types::AttributeId;
use placet_program::{Source, Sum};
use std::collections::BTreeMap;

/// A box of classes: for each variable that matters the ranges of its classes, first and first after.
pub(super) type Classes = [(u32, Vec<(u32, u32)>)];

/// Ordinals of attributes that satisfy the differences and the bounds that a box asks for, each difference and bound
/// taken as one interval; `Err` if there are none. What is no difference is left out.
///
/// Cost: cubic in the attributes that differences speak of.
pub(super) fn solve(
    model: &Model,
    space: &Space,
    classes: &Classes,
) -> Result<BTreeMap<AttributeId, i64>, Contradiction> {
    let mut system = System::default();
    for (variable, ranges) in classes {
        let of = space.variables.get(*variable as usize).zip(space.meanings.get(*variable as usize));
        let (Some((first, _)), Some((_, end))) = (ranges.first(), ranges.last()) else { continue };
        let (first, last) = (*first as usize, end.saturating_sub(1) as usize);
        match of.map(|(variable, meaning)| (&variable.source, meaning)) {
            Some((Source::Sum(sum), Meaning::Sums(intervals))) => {
                if let (Some((x, y)), Some((low, _)), Some((_, high))) =
                    (difference(sum), intervals.get(first), intervals.get(last))
                {
                    system.add(Some(x), Some(y), *low, *high);
                }
            }
            Some((Source::Value(id), Meaning::Intervals(intervals))) => {
                if let (Some((low, _)), Some((_, high))) = (intervals.get(first), intervals.get(last)) {
                    system.add(Some(*id), None, (*low).into(), (*high).into());
                }
            }
            _ => {}
        }
    }
    let own: Vec<AttributeId> = system.distances.keys().copied().flatten().collect();
    for id in own {
        if let Some((low, high)) = model.attribute(id).and_then(|attribute| attribute.kind.ordinals()) {
            system.add(Some(id), None, low.into(), high.into());
        }
    }
    system.solve()
}

/// That nothing satisfies some differences.
#[derive(Debug)]
pub(super) struct Contradiction;

/// The attributes of which a sum is the difference.
fn difference(sum: &Sum) -> Option<(AttributeId, AttributeId)> {
    let all = sum.attributes();
    let [a, b] = *all.as_slice() else { return None };
    let at = |x: i64, y: i64| {
        let point = |id: AttributeId| if id == a { (x, x) } else { (y, y) };
        sum.extent(&point).0
    };
    // Years do not grow with each microsecond, nor by as much as what they lie between.
    let grows = |by: i64| (at(by, 0).saturating_sub(at(0, 0)), at(0, by).saturating_sub(at(0, 0)));
    let steps = [1, 1_000_000, 1_000_000_000_000_000];
    let is = |sign: i128| {
        steps.iter().all(|step| grows(*step) == (sign * i128::from(*step), -sign * i128::from(*step)))
    };
    match at(0, 0) {
        0 if is(1) => Some((a, b)),
        0 if is(-1) => Some((b, a)),
        _ => None,
    }
}

/// Differences between attributes; the attribute that is none is 0.
#[derive(Default)]
struct System {
    /// From the first to the second no more than this.
    edges: Vec<(Option<AttributeId>, Option<AttributeId>, i128)>,
    distances: BTreeMap<Option<AttributeId>, i128>,
}

impl System {
    /// Demands that `x − y` lies between two bounds.
    fn add(&mut self, x: Option<AttributeId>, y: Option<AttributeId>, low: i128, high: i128) {
        self.edges.push((y, x, high));
        self.edges.push((x, y, low.saturating_neg()));
        self.distances.insert(x, 0);
        self.distances.insert(y, 0);
    }

    fn solve(mut self) -> Result<BTreeMap<AttributeId, i64>, Contradiction> {
        // Of shortest ways none has more edges than there are nodes; one that still gets shorter goes round for ever.
        for _ in 0..=self.distances.len() {
            let mut is_settled = true;
            for (from, to, length) in &self.edges {
                let through = self.distances.get(from).copied().unwrap_or_default().saturating_add(*length);
                if let Some(distance) = self.distances.get_mut(to)
                    && through < *distance
                {
                    *distance = through;
                    is_settled = false;
                }
            }
            if is_settled {
                let zero = self.distances.get(&None).copied().unwrap_or_default();
                let ordinal = |distance: i128| i64::try_from(distance.saturating_sub(zero)).ok();
                let all = self.distances.into_iter();
                return Ok(all.filter_map(|(id, distance)| Some((id?, ordinal(distance)?))).collect());
            }
        }
        Err(Contradiction)
    }
}
