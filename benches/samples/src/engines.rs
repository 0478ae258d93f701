//! One policy, compiled for each way to decide.

use crate::{Agreement, compare};
use placet_core::Limits;
use placet_model::Model;
use placet_model::decision::{Decision, Effect};
use placet_model::reference;
use placet_model::request::{Assignment, Request};
use placet_program::{Frame, Program};
use std::sync::Arc;

/// The model of a policy's text; the faults, where it does not compile.
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

/// Steps of the reference evaluator's search for one decision: engines are not compared by the hard ones.
const SEARCH_STEPS: usize = 5_000;
/// Steps of building a diagram: what needs more gets slices or bitmaps, which want to be compared too.
const GRAPH_STEPS: u64 = 1 << 19;
/// Cells that leave a table to most policies of the small shapes.
const TABLE_CELLS: usize = 1 << 16;

/// The programs of one policy, one for each engine.
#[derive(Debug)]
pub struct Engines {
    model: Arc<Model>,
    programs: Vec<(&'static str, Program)>,
}

/// What an engine answers, beside what is right.
#[derive(Debug)]
pub struct Answer {
    /// The engine that was asked for.
    pub wanted: &'static str,
    /// The engine that the compiler took.
    pub engine: &'static str,
    /// The decision of the reference evaluator.
    pub reference: Decision,
    /// The engine's decision.
    pub decision: Decision,
    /// The effect that the engine gives where it is asked for no more.
    pub effect: Effect,
    /// Whether they agree.
    pub agreement: Agreement,
}

impl Answer {
    /// What is wrong, if anything is.
    pub fn fault(&self) -> Option<&'static str> {
        match self.agreement {
            Agreement::Differs(part) => Some(part),
            _ if self.effect != self.decision.effect => Some("effect alone"),
            _ => None,
        }
    }
}

/// Limits that no diagram keeps, and that are soon reached.
fn without_graph(limits: &mut Limits) {
    limits.graph_nodes = 0;
    limits.graph_steps = 0;
    limits.graph_bytes = 0;
}

impl Engines {
    /// Compiles the policy with limits that lead to each engine in turn.
    pub fn new(model: &Model) -> Self {
        Self::with_search(model, SEARCH_STEPS)
    }

    /// As [`Engines::new`], with so many steps for the search of one decision.
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

    /// The engine that was asked for and the program, which may have another one.
    pub fn programs(&self) -> impl Iterator<Item = (&'static str, &Program)> {
        self.programs.iter().map(|(wanted, program)| (*wanted, program))
    }

    /// A frame for each program, in their order, for [`Engines::answers_in`].
    pub fn frames(&self) -> Vec<Frame> {
        self.programs.iter().map(|(_, program)| program.frame()).collect()
    }

    /// What the engines answer. Erroneous requests get no answer. Those that the reference evaluator answers
    /// approximately get that of the first engine alone: each would be another search that ends at its limit,
    /// with little to compare.
    pub fn answers(&self, request: &Request) -> Vec<Answer> {
        self.answers_in(&mut self.frames(), request)
    }

    /// As [`Engines::answers`], in frames that are used again.
    pub fn answers_in(&self, frames: &mut [Frame], request: &Request) -> Vec<Answer> {
        let Ok(facts) = Assignment::new(&self.model, request) else { return Vec::new() };
        let reference = reference::decide(&self.model, &facts);
        let mut out = Vec::with_capacity(self.programs.len());
        let asked = if reference.approximate { 1 } else { self.programs.len() };
        for ((wanted, program), frame) in self.programs.iter().zip(frames).take(asked) {
            frame.clear(program);
            let given = self.model.attribute_ids().filter_map(|(id, _)| Some((id, request.get(id)?)));
            let all_fit = given.fold(true, |fits, (id, given)| fits & frame.put(program, id, given).is_ok());
            let (Ok(decision), Ok(effect)) = (program.decide(frame), program.effect(frame)) else { continue };
            let agreement =
                if all_fit { compare(&reference, &decision) } else { Agreement::Differs("request") };
            out.push(Answer {
                wanted,
                engine: program.strategy().evaluator,
                reference: reference.clone(),
                decision,
                effect,
                agreement,
            });
        }
        out
    }
}
