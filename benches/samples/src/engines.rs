//! One policy, compiled for each evaluator.

use crate::{Agreement, compare};
use placet_core::Limits;
use placet_model::decision::{Decision, Effect};
use placet_model::request::{Assignment, AttributeInput, Request};
use placet_model::types::{AttributeId, Members, Presence, Type, Universe};
use placet_model::value::Value;
use placet_model::{BitSet, Model, reference, solver};
use placet_program::value_masks::{AnyValueMasks, ValueMasks, ValueRequest, Values};
use placet_program::{Determined, Frame, Program};
use std::ops::Range;
use std::sync::Arc;

/// Returns the model of a policy's text.
///
/// # Errors
/// If the text does not compile.
pub fn model(text: &str) -> Result<Model, Vec<String>> {
    let limits = Limits::default();
    let (model, diagnostics) =
        placet_check::check(&placet_syntax::source::load_text("random", text, &limits), &limits);
    model.ok_or_else(|| {
        let faults = diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
        faults.map(|fault| format!("{fault:?}")).collect()
    })
}

/// Compiles a model and saves it, for `placet::Policy::from_bytes`.
pub fn saved(model: Model) -> Vec<u8> {
    placet_compile::compile(Arc::new(model)).to_bytes()
}

/// Steps of the solver's search for one decision.
const SEARCH_STEPS: usize = 5_000;
/// Steps of building a diagram. Policies that need more get slices or bitmaps, which are compared too.
const GRAPH_STEPS: u64 = 1 << 19;

/// The programs of one policy, one for each evaluator.
#[derive(Debug)]
pub struct Engines {
    model: Arc<Model>,
    programs: Vec<(&'static str, Program)>,
    /// The masks of the values of all attributes, and of every second one, where the first program has masks.
    value_masks: Vec<ValuesOf>,
}

/// The masks of the values of some attributes.
#[derive(Debug)]
struct ValuesOf {
    attributes: Vec<AttributeId>,
    masks: AnyValueMasks,
}

/// Returns the symbols of each variant of an enum or a taxonomy: one, or those below an inner node.
fn variants(universe: &Universe) -> Vec<Range<u32>> {
    let symbols = (0..universe.len()).map(|symbol| symbol..symbol + 1);
    match universe {
        Universe::Enum(_) => symbols.collect(),
        Universe::Taxonomy(tree) => {
            symbols.chain(tree.nodes.values().map(|node| node.first..node.end)).collect()
        }
    }
}

/// Creates the masks of the values of each attribute whose number a step divides and whose values masks can hold.
fn value_masks(model: &Model, program: &Program, step: usize) -> Option<ValuesOf> {
    let each = |count: u32| (0..count).map(|symbol| symbol..symbol + 1).collect();
    let fields: Vec<(AttributeId, Values)> = model
        .declared()
        .step_by(step)
        .filter_map(|(id, attribute)| {
            let values = match &attribute.kind {
                Type::String => Values::Texts,
                Type::Symbol(universe) => Values::Variants(variants(universe)),
                Type::Set { of: Members::Symbols(universe), .. } => Values::Sets(each(universe.len())),
                Type::Set { of: Members::Texts, .. } => return None,
                _ => Values::Scalars,
            };
            Some((id, values))
        })
        .collect();
    let masks = AnyValueMasks::new(program, &fields)?;
    Some(ValuesOf { attributes: fields.into_iter().map(|(id, _)| id).collect(), masks })
}

/// Returns the effect of a request if its values decide it alone, and its determining rules if it is complete.
fn answer_of_any(
    ValuesOf { attributes, masks }: &ValuesOf,
    model: &Model,
    request: &Request,
) -> Option<(Effect, Option<Determined>)> {
    let given = Given { attributes, model, request };
    match masks {
        AnyValueMasks::One(masks) => answer_of_values(masks, &given),
        AnyValueMasks::Two(masks) => answer_of_values(masks, &given),
        AnyValueMasks::Four(masks) => answer_of_values(masks, &given),
    }
}

/// A request that is given value by value, for some attributes.
struct Given<'g> {
    attributes: &'g [AttributeId],
    model: &'g Model,
    request: &'g Request,
}

fn answer_of_values<const W: usize>(
    masks: &ValueMasks<W>,
    given: &Given<'_>,
) -> Option<(Effect, Option<Determined>)> {
    let both = |defers| {
        let effect = ask::<Effect, W>(masks, given, defers)?;
        Some((effect, ask::<Determined, W>(masks, given, defers)))
    };
    let (once, twice) = (both(false), both(true));
    assert_eq!(once, twice, "values read once and twice, of {:?}", given.request);
    once
}

/// An answer to a request that is given value by value.
trait Answered: Sized {
    const HAS_REASONS: bool;

    fn of<const W: usize, const SECOND: bool>(values: ValueRequest<'_, W, SECOND>) -> Option<Self>;
}

impl Answered for Effect {
    const HAS_REASONS: bool = false;

    fn of<const W: usize, const SECOND: bool>(values: ValueRequest<'_, W, SECOND>) -> Option<Self> {
        values.effect()
    }
}

impl Answered for Determined {
    const HAS_REASONS: bool = true;

    fn of<const W: usize, const SECOND: bool>(values: ValueRequest<'_, W, SECOND>) -> Option<Self> {
        values.determined()
    }
}

/// Asks about a request. `None` if an input can't be given as a value.
fn ask<A: Answered, const W: usize>(masks: &ValueMasks<W>, given: &Given<'_>, defers: bool) -> Option<A> {
    let mut addends = masks.addends();
    let count = masks.fields();
    let mut values = match masks.has_sums() {
        true => masks.request_with(count, A::HAS_REASONS, defers, &mut addends)?,
        false => masks.request(count, A::HAS_REASONS, defers)?,
    };
    give_values(&mut values, given)?;
    if values.is_settled(A::HAS_REASONS) {
        return A::of(values);
    }
    let mut values = values.read_again();
    give_values(&mut values, given)?;
    A::of(values)
}

/// Gives the values of a request one by one. `None` if an input can't be given as a value.
fn give_values<const W: usize, const SECOND: bool>(
    values: &mut ValueRequest<'_, W, SECOND>,
    Given { attributes, model, request }: &Given<'_>,
) -> Option<()> {
    for (id, attribute) in model.declared() {
        let default = match &attribute.presence {
            Presence::Default(value) => Some(AttributeInput::Value(value.clone())),
            _ => None,
        };
        if !attributes.contains(&id) {
            // It has its default or is missing.
            if request.get(id).is_some() {
                return None;
            }
            continue;
        }
        match request.get(id).or(default.as_ref()) {
            // Left out, an optional attribute is unknown; as a value that is missing it is `none`.
            None if attribute.is_optional() => return None,
            None | Some(AttributeInput::Null | AttributeInput::Value(Value::None)) => values.missing(),
            Some(AttributeInput::Pending) => return None,
            Some(AttributeInput::OneOf(leaves)) => {
                let Type::Symbol(universe) = &attribute.kind else { return None };
                let is_same = |own: &Range<u32>| BitSet::from_iter(universe.len(), own.clone()) == *leaves;
                values.variant(variants(universe).iter().position(is_same)?);
            }
            Some(AttributeInput::Value(Value::String(text))) => values.text(text),
            Some(AttributeInput::Value(Value::Symbols(set))) => {
                values.set(set.words().first().copied().unwrap_or(0));
            }
            Some(AttributeInput::Value(value)) => match (value.ordinal(), value.symbol()) {
                (Some(ordinal), _) => values.scalar(ordinal),
                (None, Some(symbol)) => values.variant(symbol as usize),
                (None, None) => return None,
            },
        }
    }
    Some(())
}

/// An evaluator's decision beside that of the reference.
#[derive(Debug)]
pub struct Answer {
    /// The evaluator that the limits select, or the solver.
    pub wanted: &'static str,
    /// The evaluator that the compiler chose.
    pub engine: &'static str,
    /// The decision of the reference; that of the solver if there are too many completions.
    pub expected: Decision,
    /// True if the expected decision is that of the reference.
    pub is_enumerated: bool,
    /// The evaluator's decision.
    pub decision: Decision,
    /// The effect that the evaluator returns when it is asked for the effect alone.
    pub effect: Effect,
    /// The comparison of both decisions.
    pub agreement: Agreement,
}

impl Answer {
    /// Returns the fault, if the answers disagree.
    pub fn fault(&self) -> Option<&'static str> {
        match self.agreement {
            Agreement::Differs(part) => Some(part),
            _ if self.effect != self.decision.effect => Some("effect alone"),
            _ => None,
        }
    }
}

/// Limits that rule out every diagram.
fn without_graph(limits: &mut Limits) {
    limits.graph_nodes = 0;
    limits.graph_steps = 0;
    limits.graph_bytes = 0;
}

impl Engines {
    /// Compiles the policy with limits that select each evaluator in turn.
    pub fn new(model: &Model) -> Self {
        Self::with_search(model, SEARCH_STEPS)
    }

    /// Like [`Engines::new`], with this many steps for the search of one decision.
    pub fn with_search(model: &Model, steps: usize) -> Self {
        let mut model = model.clone();
        model.limits.search_steps = steps;
        model.limits.graph_steps = GRAPH_STEPS;
        let with = |change: fn(&mut Limits)| {
            let mut model = model.clone();
            model.limits.mask_words = 0;
            change(&mut model.limits);
            placet_compile::compile(Arc::new(model))
        };
        let programs = vec![
            ("masks", with(|limits| limits.mask_words = usize::MAX)),
            ("graph", with(|_| {})),
            ("sliced graph", with(|limits| limits.graph_nodes = 0)),
            ("bitmaps", with(without_graph)),
            (
                "rules alone",
                with(|limits| {
                    without_graph(limits);
                    limits.bitmap_bytes = 0;
                }),
            ),
        ];
        let first = programs.first();
        let value_masks =
            [1, 2].into_iter().filter_map(|step| value_masks(&model, &first?.1, step)).collect();
        Self { model: Arc::new(model), programs, value_masks }
    }

    /// The evaluator that the limits select, and the program, which may have another one.
    pub fn programs(&self) -> impl Iterator<Item = (&'static str, &Program)> {
        self.programs.iter().map(|(wanted, program)| (*wanted, program))
    }

    /// Returns a frame for each program, in their order, for [`Engines::answers_in`].
    pub fn frames(&self) -> Vec<Frame> {
        self.programs.iter().map(|(_, program)| program.frame()).collect()
    }

    /// Returns the answers of the solver and of the evaluators beside that of the reference. If a request has too many
    /// completions, the evaluators are compared with the solver. Erroneous requests get no answers. If the solver's answer
    /// is the only oracle and approximate, only the first evaluator is asked: each would be another search that ends at
    /// its limit, with little to compare.
    pub fn answers(&self, request: &Request) -> Vec<Answer> {
        self.answers_in(&mut self.frames(), request)
    }

    /// Like [`Engines::answers`], with reused frames.
    pub fn answers_in(&self, frames: &mut [Frame], request: &Request) -> Vec<Answer> {
        let Ok(facts) = Assignment::new(&self.model, request) else { return Vec::new() };
        let solved = solver::decide(&self.model, &facts);
        let reference = reference::decide(&self.model, &facts);
        let is_enumerated = reference.is_some();
        let expected = reference.unwrap_or_else(|| solved.clone());
        let mut out = Vec::with_capacity(self.programs.len() + 1);
        let asked = if expected.approximate { 1 } else { self.programs.len() };
        let answer = |wanted, engine, decision: Decision, effect, agreement| Answer {
            wanted,
            engine,
            expected: expected.clone(),
            is_enumerated,
            decision,
            effect,
            agreement,
        };
        if is_enumerated {
            let (effect, agreement) = (solved.effect, compare(&expected, &solved));
            out.push(answer("solver", "solver", solved, effect, agreement));
        }
        for masks in &self.value_masks {
            let Some((_, program)) = self.programs.first() else { continue };
            let Some((effect, determined)) = answer_of_any(masks, &self.model, request) else { continue };
            // Without the rules, the effect alone is compared.
            let decision = determined.map(|determined| program.decision_of(determined));
            let mut decision = decision.unwrap_or_else(|| expected.clone());
            decision.effect = effect;
            let is_refuted = effect != expected.effect && !expected.approximate;
            let agreement = if is_refuted {
                Agreement::Differs("effect of values")
            } else {
                compare(&expected, &decision)
            };
            out.push(answer("value masks", "value masks", decision, effect, agreement));
        }
        for ((wanted, program), frame) in self.programs.iter().zip(frames).take(asked) {
            frame.clear(program);
            let given = self.model.declared().filter_map(|(id, _)| Some((id, request.get(id)?)));
            let all_fit = given.fold(true, |fits, (id, given)| fits & frame.put(program, id, given).is_ok());
            let (Ok(decision), Ok(effect)) = (program.decide(frame), program.effect(frame)) else { continue };
            let agreement =
                if all_fit { compare(&expected, &decision) } else { Agreement::Differs("request") };
            out.push(answer(wanted, program.strategy().evaluator, decision, effect, agreement));
        }
        out
    }
}
