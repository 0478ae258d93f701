//! Compiles a model to a program.
//!
//! The steps: encode the conditions over classes, split each rule into cubes, index the cubes with bitmaps, and choose
//! the evaluators: a diagram if one is small enough, and masks if every cube is a product of tests of single variables.

use crate::compilation::{Compilation, Partitions};
use crate::dnf::dnf;
use crate::encoding::Encoding;
use crate::evaluator;
use crate::projection::Projection;
use placet_core::RuleEffect;
use placet_model::Model;
use placet_model::policy::Rule;
use placet_program::bitmaps::BitmapsBuilder;
use placet_program::formula::FormulaId;
use placet_program::masks::Masks;
use placet_program::plan::{Cube, RulePlan};
use placet_program::{Program, ProgramData};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Compiles a policy.
///
/// Cost: about linear in the policy for its classes and bitmaps. The diagram takes at most the steps, nodes and bytes
/// of the model's [`Limits`](placet_core::Limits), whatever the policy.
pub fn compile(model: Arc<Model>) -> Program {
    Compilation::new(model).program()
}

pub(crate) fn program(model: Arc<Model>, partitions: &mut Partitions) -> Program {
    let roots = model.rules.iter().flat_map(Rule::conditions);
    let mut space = Encoding::with_partitions(&model, roots, partitions);
    let of = |condition| space.root(condition);
    let mut rules: Vec<RulePlan> = Vec::with_capacity(model.rules.len());
    // Denials come first, so that one number (`denials`) separates the two effects.
    for effect in [RuleEffect::Deny, RuleEffect::Allow] {
        rules.extend((0..).zip(&model.rules).filter(|(_, rule)| rule.effect == effect).map(
            |(number, rule)| RulePlan {
                rule: number,
                fires: of(rule.fires),
                obligations: rule.obligations.iter().map(|obligation| of(obligation.when)).collect(),
            },
        ));
    }
    let denials = model.rules.iter().filter(|rule| rule.effect == RuleEffect::Deny).count();
    let mut cubes: Vec<Cube> = Vec::new();
    for (number, rule) in (0..).zip(&rules) {
        let ways = dnf(&mut space.formulas, rule.fires);
        cubes.extend(ways.into_iter().map(|holds| Cube { rule: number, holds, is_exact: false }));
    }
    let ways: Vec<FormulaId> = cubes.iter().map(|cube| cube.holds).collect();
    let projected = space.projections(&ways);
    // Cubes that never hold would only widen the bitmaps.
    let (mut cubes, projected): (Vec<Cube>, Vec<Projection>) =
        cubes.into_iter().zip(projected).filter(|(_, projection)| !projection.is_never()).unzip();
    let (bitmaps, indexed) = bitmaps(&space, &projected, model.limits.bitmap_bytes);
    for (cube, projection) in cubes.iter_mut().zip(&projected) {
        // A cube is exact only if the bitmaps have all of its variables: they then decide it alone.
        cube.is_exact =
            projection.is_exact && projection.classes.keys().all(|variable| indexed.contains(variable));
    }
    let denying = cubes.partition_point(|cube| (cube.rule as usize) < denials);
    let chosen = evaluator::choose(&space, &model);
    let mut parts = ProgramData {
        variables: space.variables.into(),
        plans: space.plans.into(),
        formulas: space.formulas,
        member_tests: space.member_tests.into(),
        rules: rules.into(),
        cubes: cubes.into(),
        // INVARIANT: conditions within their limits have far fewer than `u32::MAX` cubes.
        denials: u32::try_from(denying).unwrap_or(u32::MAX),
        bitmaps,
        has_masks: false,
        graph: chosen.graph,
        notes: chosen.notes,
    };
    if let Some(words) = Masks::words(&parts).filter(|words| *words <= model.limits.mask_words) {
        parts.has_masks = true;
        let cubes = parts.cubes.len();
        parts.notes.reason =
            format!("{cubes} products of tests of single attributes, in {words} words of masks");
    }
    Program::new(model, parts)
}

/// Builds the bitmaps of the cubes, and returns them with the variables that they index. Variables with the fewest
/// classes come first, until the memory limit is reached.
fn bitmaps(
    space: &Encoding,
    projections: &[Projection],
    bytes: usize,
) -> (placet_program::bitmaps::Bitmaps, BTreeSet<u32>) {
    /// The cubes that test a variable, each with the ranges of classes that don't exclude it.
    type Tests<'p> = Vec<(u32, &'p [(u32, u32)])>;
    let mut by_variable: BTreeMap<u32, Tests<'_>> = BTreeMap::new();
    for (cube, projection) in (0..).zip(projections) {
        for (variable, classes) in &projection.classes {
            by_variable.entry(*variable).or_default().push((cube, classes.ranges()));
        }
    }
    let arity =
        |variable: &u32| space.variables.get(*variable as usize).map_or(0, |variable| variable.classes);
    let mut order: Vec<u32> = by_variable.keys().copied().collect();
    // A row per class: variables with few classes cost least.
    order.sort_by_key(|variable| (arity(variable), *variable));
    let mut builder = BitmapsBuilder::new(u32::try_from(projections.len()).unwrap_or(u32::MAX), bytes);
    let mut indexed = BTreeSet::new();
    for variable in order {
        let tests = by_variable.get(&variable).map_or(&[][..], Vec::as_slice);
        if builder.variable(variable, arity(&variable), tests).is_some() {
            indexed.insert(variable);
        }
    }
    (builder.finish(), indexed)
}
