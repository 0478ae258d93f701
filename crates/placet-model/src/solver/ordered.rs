//! Representatives for ordered values: one per cell between the cuts that conditions make, directly or through other
//! attributes.

use super::formula::{BEYOND, Formula, Variable, constant};
use super::ground::{Component, Ground, Meaning};
use crate::condition::Atom;
use crate::linear::{Direction, Linear, Term};
use crate::ranges::Ranges;
use crate::types::AttributeId;
use crate::value::Value;
use placet_core::first_where;
use std::collections::{BTreeMap, BTreeSet};

/// The steps of computing the cuts that one value makes in another attribute.
const LOOK: usize = 4;
/// The steps of the binary search for a value at which whole years or months reach a bound.
const CALENDAR_BOUND: usize = 16;

/// A condition on ordered attributes, with the known ones substituted.
struct Test<'a> {
    atom: &'a Atom,
    sum: Linear,
    ranges: &'a Ranges,
    /// The unknown attributes, each once.
    open: Vec<AttributeId>,
}

impl Test<'_> {
    fn value(&self, known: &impl Fn(AttributeId) -> i64) -> bool {
        self.ranges.contains(self.sum.value(known))
    }

    /// Returns the steps of computing the cuts of one value.
    fn look(&self) -> usize {
        let is_calendar = self.sum.terms().iter().any(|(term, _)| matches!(term, Term::Between(..)));
        if is_calendar { LOOK + 2 * CALENDAR_BOUND * self.ranges.iter().count() } else { LOOK }
    }
}

/// Grounds a component of ordered attributes. `None` if it needs too many representatives, which happens for relations
/// between large domains that cuts can't express.
///
/// Each cell of an attribute's domain between two cuts has a representative. Conditions cut directly or through another
/// attribute: if `x − y < 5` and y ends at 10, x is cut at 15. For differences this is Fourier–Motzkin elimination of
/// y, so every satisfiable combination of conditions is satisfied by some representatives.
pub(super) fn ground<'a>(ground: &mut Ground<'a>, component: &Component<'a>) -> Option<()> {
    let tests: Vec<Test<'a>> =
        component.atoms.iter().map(|atom| test(ground, atom)).collect::<Option<_>>()?;
    let related = component.attributes.len() > 1;
    let domains: Domains = component
        .attributes
        .iter()
        .map(|id| Some((*id, ground.model.attribute(*id)?.kind.ordinals()?)))
        .collect::<Option<_>>()?;
    let limits = &ground.model.limits;
    let limit = if related { limits.related_representatives } else { limits.representatives };
    // Where cuts aren't exact, only trying all values is.
    let representatives = if related && !is_exact(&tests, component.attributes.len()) {
        all_values(&tests, &domains, limit)?
    } else {
        let mut cuts = own_cuts(&tests, &domains)?;
        let steps = limit.saturating_mul(limit).saturating_mul(4 * LOOK).min(ground.formulas.room());
        let mut bounds = Bounds { cuts: limit, steps };
        let placed = close(&tests, &domains, &mut cuts, &BTreeMap::new(), None, &mut bounds)
            .and_then(|()| place(&tests, &domains, cuts, ground.asks_for_neighbours(), &mut bounds));
        let has_room = ground.formulas.has_room(steps - bounds.steps);
        placed.filter(|_| has_room)?
    };
    let mut variables: BTreeMap<AttributeId, Variable> = BTreeMap::new();
    for (id, ordinals) in &representatives {
        let kind = &ground.model.attribute(*id)?.kind;
        let value = |ordinal: &i64| Value::from_ordinal(kind, *ordinal).map(|value| (value, Vec::new()));
        let values = ordinals.iter().filter_map(value).collect();
        variables.insert(*id, ground.variable(ordinals.len(), Meaning::Value(*id, values)));
    }
    for test in &tests {
        let formula = whole(ground, test, &representatives, &variables)?;
        ground.set(test.atom, formula);
    }
    Some(())
}

fn test<'a>(ground: &Ground<'a>, atom: &'a Atom) -> Option<Test<'a>> {
    let Atom::Within(sum, ranges) = atom else { return None };
    let sum = sum.substituted(&|id| ground.facts.value(id).and_then(Value::ordinal));
    Some(Test { atom, sum, ranges, open: ground.open_attributes(atom) })
}

/// Returns true if the closure of cuts is exact: each condition has at most two attributes, each pair of attributes has
/// one shape, and the shapes are all differences or form no cycle between the attributes.
fn is_exact(tests: &[Test<'_>], attributes: usize) -> bool {
    let mut shapes: BTreeMap<(AttributeId, AttributeId), Linear> = BTreeMap::new();
    let mut differences = true;
    for test in tests {
        let (a, b) = match test.open.as_slice() {
            [a, b] => (*a.min(b), *a.max(b)),
            [_] => continue,
            _ => return false,
        };
        if test.sum.direction(a).is_none() || test.sum.direction(b).is_none() {
            return false;
        }
        differences &= is_difference(&test.sum);
        let shape = test.sum.clone().plus(Linear::constant(test.sum.added()), -1);
        if let Some(other) = shapes.insert((a, b), shape.clone())
            && other != shape
            && other != shape.clone().times(-1)
        {
            return false;
        }
    }
    // A connected graph without a cycle has one edge less than nodes.
    differences || shapes.len() < attributes
}

/// Returns true if the sum is a difference `x − y` with equal factors.
fn is_difference(sum: &Linear) -> bool {
    match sum.terms() {
        [(Term::Attribute(_), a), (Term::Attribute(_), b)] => *a == -*b,
        _ => false,
    }
}

/// The first and last ordinal of each attribute.
type Domains = BTreeMap<AttributeId, (i64, i64)>;

/// Returns all values of all attributes. `None` if an attribute has too many, or a condition has too many combinations.
fn all_values(
    tests: &[Test<'_>],
    domains: &Domains,
    limit: usize,
) -> Option<BTreeMap<AttributeId, Vec<i64>>> {
    let mut out = BTreeMap::new();
    for (id, (low, high)) in domains {
        let count = usize::try_from(i128::from(*high) - i128::from(*low) + 1).ok()?;
        if count > limit {
            return None;
        }
        out.insert(*id, (*low..=*high).collect::<Vec<i64>>());
    }
    let together =
        |test: &Test<'_>| test.open.iter().try_fold(1_usize, |all, id| all.checked_mul(out.get(id)?.len()));
    let fits =
        tests.iter().all(|test| together(test).is_some_and(|count| count <= limit.saturating_mul(limit)));
    fits.then_some(out)
}

/// The first value of each cell: the first value of the domain, and the cuts.
type Cuts = BTreeMap<AttributeId, BTreeSet<i64>>;

fn own_cuts(tests: &[Test<'_>], domains: &Domains) -> Option<Cuts> {
    let mut cuts: Cuts = domains.iter().map(|(id, (low, _))| (*id, BTreeSet::from([*low]))).collect();
    for test in tests {
        if let [id] = test.open.as_slice() {
            let new = cuts_of(test, *id, &|_| None, domains)?;
            cuts.entry(*id).or_default().extend(new);
        }
    }
    Some(cuts)
}

/// Returns the values at which a test's truth may change as one attribute grows, with all others known.
fn cuts_of(
    test: &Test<'_>,
    id: AttributeId,
    known: &impl Fn(AttributeId) -> Option<i64>,
    domains: &Domains,
) -> Option<BTreeSet<i64>> {
    let sum = test.sum.substituted(known);
    let (low, high) = domains.get(&id).copied()?;
    if let [(Term::Attribute(_), factor)] = sum.terms() {
        // The attribute alone: its cuts are the ends of the ranges.
        let own = test.ranges.shifted(-sum.added()).divided(*factor);
        let bounds = own.iter().flat_map(|(first, last)| [Some(first), last.checked_add(1)]);
        let inside = |bound: i128| i64::try_from(bound).ok().filter(|bound| (low..=high).contains(bound));
        return Some(bounds.flatten().filter_map(inside).collect());
    }
    let direction = sum.direction(id)?;
    let value = |at: i64| sum.value(&|_| at);
    let mut out = BTreeSet::new();
    for (first, last) in test.ranges.iter() {
        for bound in [Some(first), last.checked_add(1)] {
            let Some(bound) = bound.filter(|bound| *bound != i128::MIN && *bound != i128::MAX) else {
                continue;
            };
            // The first value at which the sum has reached, or has fallen below, the bound.
            let passed = |at: i64| match direction {
                Direction::Rising => value(at) >= bound,
                Direction::Falling => value(at) < bound,
            };
            out.extend(first_where(low, high, passed));
        }
    }
    Some(out)
}

/// Returns the first and last value of each cell.
fn ends(cuts: &BTreeSet<i64>, last: i64) -> impl Iterator<Item = (i64, i64)> + '_ {
    let nexts = cuts.iter().skip(1).map(|next| next - 1).chain([last]);
    cuts.iter().copied().zip(nexts)
}

/// The limits of the closure of cuts.
struct Bounds {
    /// The maximum number of cuts of one attribute.
    cuts: usize,
    /// The steps left. Many attributes with many relations take many rounds.
    steps: usize,
}

/// Adds the cuts that come through other attributes. It takes as many rounds as there are attributes, and one more for
/// two neighbouring values of one of them. Of the attributes with representatives, only those placed last cut.
fn close(
    tests: &[Test<'_>],
    domains: &Domains,
    cuts: &mut Cuts,
    placed: &BTreeMap<AttributeId, Vec<i64>>,
    last_placed: Option<AttributeId>,
    bounds: &mut Bounds,
) -> Option<()> {
    for round in 0..=domains.len() {
        let mut added = false;
        for test in tests {
            let [a, b] = test.open.as_slice() else { continue };
            for (from, to) in [(*a, *b), (*b, *a)] {
                if placed.contains_key(&to) {
                    continue;
                }
                let values: Vec<i64> = match placed.get(&from) {
                    Some(values) if round == 0 && last_placed == Some(from) => values.clone(),
                    // Representatives placed earlier cut in an earlier call.
                    Some(_) => continue,
                    None => {
                        let (_, last) = domains.get(&from).copied()?;
                        let own = cuts.get(&from).into_iter();
                        own.flat_map(|cuts| ends(cuts, last)).flat_map(|(low, high)| [low, high]).collect()
                    }
                };
                let left = bounds.steps.checked_sub(values.len().saturating_mul(test.look()));
                bounds.steps = left.unwrap_or(0);
                left?;
                for value in values {
                    let new = cuts_of(test, to, &|id| (id == from).then_some(value), domains)?;
                    let target = cuts.entry(to).or_default();
                    let before = target.len();
                    target.extend(new);
                    added |= target.len() > before;
                    if target.len() > bounds.cuts {
                        return None;
                    }
                }
            }
        }
        if !added {
            break;
        }
    }
    Some(())
}

/// Places representatives, one attribute after the other, preferring neighbours of attributes already placed. Placed
/// values cut the attributes still to come, directly or through others.
fn place(
    tests: &[Test<'_>],
    domains: &Domains,
    mut cuts: Cuts,
    neighbours: bool,
    bounds: &mut Bounds,
) -> Option<BTreeMap<AttributeId, Vec<i64>>> {
    let mut placed: BTreeMap<AttributeId, Vec<i64>> = BTreeMap::new();
    let mut beside: BTreeMap<AttributeId, Vec<AttributeId>> = BTreeMap::new();
    for test in tests {
        if let [a, b] = test.open.as_slice() {
            beside.entry(*a).or_default().push(*b);
            beside.entry(*b).or_default().push(*a);
        }
    }
    let others = |id: AttributeId| beside.get(&id).into_iter().flatten();
    while placed.len() < domains.len() {
        let rank = |id: &AttributeId| {
            let known = others(*id).filter(|other| placed.contains_key(other)).count();
            (known, others(*id).count(), std::cmp::Reverse(*id))
        };
        let id = domains.keys().copied().filter(|id| !placed.contains_key(id)).max_by_key(rank)?;
        let (_, last) = domains.get(&id).copied()?;
        let is_last = others(id).all(|other| placed.contains_key(other));
        // Two neighbouring values need room for other attributes before, between and after them: so take both ends of a
        // cell, and two neighbours inside it.
        let values: BTreeSet<i64> = ends(cuts.get(&id)?, last)
            .flat_map(|(low, high)| {
                let middle = ((i128::from(low) + i128::from(high)).div_euclid(2)) as i64;
                if is_last || !neighbours {
                    vec![low]
                } else {
                    vec![low, middle, middle.saturating_add(1).min(high), high]
                }
            })
            .collect();
        if values.len() > bounds.cuts {
            return None;
        }
        placed.insert(id, values.into_iter().collect());
        close(tests, domains, &mut cuts, &placed, Some(id), bounds)?;
    }
    Some(placed)
}

/// Writes a test as a formula over the representatives.
fn whole(
    ground: &mut Ground<'_>,
    test: &Test<'_>,
    representatives: &BTreeMap<AttributeId, Vec<i64>>,
    variables: &BTreeMap<AttributeId, Variable>,
) -> Option<Formula> {
    let (mut chosen, mut open) = (BTreeMap::new(), Vec::new());
    for id in &test.open {
        match representatives.get(id)?.as_slice() {
            // A single representative is as good as known. The others have at least two, which keeps the recursion
            // shallow.
            [one] => drop(chosen.insert(*id, *one)),
            _ => open.push(*id),
        }
    }
    let known = Test { sum: test.sum.substituted(&|id| chosen.get(&id).copied()), open, ..*test };
    if known.open.is_empty() {
        let holds = known.ranges.contains(known.sum.added());
        return Some(constant(holds));
    }
    formula(ground, &known, &known.open, &mut Vec::new(), representatives, variables)
}

/// Writes a test as a formula: expands the first unknown attribute by its representatives, then the others.
fn formula(
    ground: &mut Ground<'_>,
    test: &Test<'_>,
    open: &[AttributeId],
    chosen: &mut Vec<(AttributeId, i64)>,
    representatives: &BTreeMap<AttributeId, Vec<i64>>,
    variables: &BTreeMap<AttributeId, Variable>,
) -> Option<Formula> {
    let (id, rest) = open.split_first()?;
    let values = representatives.get(id)?;
    let variable = *variables.get(id)?;
    if rest.is_empty() {
        let known = |value: i64| {
            let chosen = &*chosen;
            move |wanted| {
                let other = chosen.iter().find(|(other, _)| *other == wanted).map(|(_, value)| *value);
                other.unwrap_or(value)
            }
        };
        let holds = |class: usize| values.get(class).is_some_and(|value| test.value(&known(*value)));
        return Some(ground.classes_where(variable, values.len(), holds));
    }
    let mut parts = Vec::new();
    for (at, value) in values.iter().enumerate() {
        let here = ground.classes_where(variable, values.len(), |class| class == at);
        chosen.push((*id, *value));
        let there = formula(ground, test, rest, chosen, representatives, variables)?;
        chosen.pop();
        if there == BEYOND {
            return None;
        }
        parts.push(ground.formulas.all([here, there]));
    }
    Some(ground.formulas.any(parts))
}
