//! One policy, compiled for each evaluator.

use crate::{Agreement, compare};
use placet_core::Limits;
use placet_model::decision::{Decision, Effect};
use placet_model::request::{Assignment, Request};
use placet_model::{Model, reference, solver};
use placet_program::{Frame, Program};
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
/// Table cells, enough for most policies of the small shapes.
const TABLE_CELLS: usize = 1 << 16;

/// The programs of one policy, one for each evaluator.
#[derive(Debug)]
pub struct Engines {
    model: Arc<Model>,
    programs: Vec<(&'static str, Program)>,
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
            model.limits.table_cells = 0;
            change(&mut model.limits);
            placet_compile::compile(Arc::new(model))
        };
        let programs = vec![
            ("table", with(|limits| limits.table_cells = TABLE_CELLS)),
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
        Self { model: Arc::new(model), programs }
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
