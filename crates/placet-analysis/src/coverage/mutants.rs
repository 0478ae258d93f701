//! Decides which edits of a policy change an answer, and which of them a test notices.
//!
//! The conditions of all edits share one arena, so one evaluation of a request gives the truths of all edited policies; a
//! test of a complete request is compared with each in constant time. Whether an edit changes any answer at all is the
//! difference of two decision diagrams: an edit without one is equivalent, and no test could notice it.

use super::edits::{Edit, edits};
use crate::diagrams::{Study, variables_of_complete};
use crate::feasible::{Feasibility, Found};
use crate::witness;
use placet_compile::Encoding;
use placet_core::dag::Truths;
use placet_graph::{Budget, NodeId};
use placet_model::condition::ConditionId;
use placet_model::decision::{Decision, Effect};
use placet_model::policy::{Model, RuleEffect, SourceLocation};
use placet_model::request::{Assignment, Request};
use placet_model::solver::{decide, truths};
use placet_program::formula::FormulaId;

/// The evaluations of edited policies for requests that three-valued logic doesn't decide.
const MAX_SEARCHES: usize = 5_000;

/// The edits of a policy that change some answer.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Mutants {
    /// The number of edits that were made.
    pub edits: usize,
    /// The number of them that change no answer.
    pub equivalent: usize,
    /// The number of them of which it isn't known whether they change an answer.
    pub unknown: usize,
    /// The number of the others that a test notices.
    pub noticed: usize,
    /// The edits that change some answer and that no test notices, in the order of the policy.
    pub survivors: Vec<Mutant>,
    /// Requests that, as tests, would notice all survivors: each with its answer, and the survivors that it notices.
    pub suggestions: Vec<(Request, Decision, Vec<usize>)>,
}

/// An edit of a policy that changes some answer.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Mutant {
    /// The edit in words.
    pub words: String,
    /// The file and line of the edited part.
    pub location: SourceLocation,
    /// A request that the edited policy answers differently.
    pub request: Request,
}

/// Edits a policy in one place at a time, and finds the edits that change some answer and that no passing test notices.
/// `None` if the policy is too large for a diagram.
///
/// Cost: one diagram of the policy within its limits, and for each edit a few operations on it; one evaluation of the
/// conditions of all edits for each test and each suggestion.
pub fn mutants(model: &Model) -> Option<Mutants> {
    let mut edited = model.clone();
    let edits = edits(&mut edited);
    let roots = edited.rules.iter().map(|rule| rule.fires);
    let changed = edits.iter().flat_map(|edit| edit.rules.iter().map(|(_, fires, _)| *fires));
    let space = Encoding::new(&edited, roots.chain(changed).collect::<Vec<_>>());
    let mut lab = Lab::new(model, &edited, &space)?;
    let tests: Vec<usize> = (0..model.tests.len()).filter(|at| lab.passes(*at)).collect();
    let runs: Vec<(usize, Point)> = tests
        .into_iter()
        .filter_map(|at| Some((at, lab.point(model.tests.get(at)?.request.as_ref().ok()?)?)))
        .collect();
    let mut out = Mutants {
        edits: edits.len(),
        equivalent: 0,
        unknown: 0,
        noticed: 0,
        survivors: Vec::new(),
        suggestions: Vec::new(),
    };
    let mut suggested: Vec<Point> = Vec::new();
    let mut searches = MAX_SEARCHES;
    for edit in &edits {
        // A request that tells the edit from the original shows at once that it isn't equivalent.
        if runs.iter().any(|(_, point)| point.tells(&edited, edit)) {
            out.noticed += 1;
            continue;
        }
        let index = out.survivors.len();
        let known = suggested.iter().position(|point| point.tells(&edited, edit));
        let telling = match known.and_then(|at| Some((at, out.suggestions.get(at)?.0.clone()))) {
            Some((at, request)) => Ok((at, request)),
            None => Err(lab.telling(edit)),
        };
        let is_noticed = match &telling {
            Err(Telling::Nothing | Telling::Unknown) => None,
            _ => lab.is_noticed(edit, &runs, &mut searches),
        };
        match (&telling, is_noticed) {
            (Err(Telling::Nothing), _) => out.equivalent += 1,
            (Err(Telling::Unknown), _) | (_, None) => out.unknown += 1,
            (_, Some(true)) => out.noticed += 1,
            (_, Some(false)) => {
                let request = match telling {
                    Ok((at, request)) => {
                        if let Some((.., tells)) = out.suggestions.get_mut(at) {
                            tells.push(index);
                        }
                        request
                    }
                    Err(Telling::Request(request, point)) => {
                        let Ok(facts) = Assignment::new(model, &request) else { continue };
                        out.suggestions.push((request.clone(), decide(model, &facts), vec![index]));
                        suggested.push(*point);
                        request
                    }
                    Err(_) => continue,
                };
                out.survivors.push(Mutant {
                    words: edit.words.clone(),
                    location: edit.location.clone(),
                    request,
                });
            }
        }
    }
    Some(out)
}

/// The result of a search for a request that an edit answers differently.
enum Telling {
    Request(Request, Box<Point>),
    /// No request.
    Nothing,
    Unknown,
}

/// The truths of all conditions for one request.
struct Point {
    truths: Truths,
    /// The number of rules that fire, that may fire, by effect: deny, allow.
    counts: [[usize; 2]; 2],
}

impl Point {
    /// Returns the effect, if three-valued logic decides it.
    fn of(counts: [[usize; 2]; 2]) -> Option<Effect> {
        let [[denies, may_deny], [allows, may_allow]] = counts;
        match (denies, may_deny, allows, may_allow) {
            (1.., ..) | (0, _, 0, 0) => Some(Effect::Deny),
            (0, 0, 1.., _) => Some(Effect::Allow),
            _ => None,
        }
    }

    fn effect(&self) -> Option<Effect> {
        Self::of(self.counts)
    }

    fn effect_after(&self, model: &Model, edit: &Edit) -> Option<Effect> {
        let mut counts = self.counts;
        for (at, fires, effect) in &edit.rules {
            if let Some(rule) = model.rules.get(*at) {
                tally(&mut counts, rule.effect, self.truths.get(rule.fires), |count| {
                    *count = count.saturating_sub(1)
                });
            }
            tally(&mut counts, *effect, self.truths.get(*fires), |count| *count += 1);
        }
        Self::of(counts)
    }

    /// Returns true if the edited policy certainly has another effect.
    fn tells(&self, model: &Model, edit: &Edit) -> bool {
        matches!((self.effect(), self.effect_after(model, edit)), (Some(one), Some(other)) if one != other)
    }
}

fn tally(counts: &mut [[usize; 2]; 2], effect: RuleEffect, truth: Option<bool>, add: impl Fn(&mut usize)) {
    let [denials, allows] = counts;
    let [fires, may_fire] = if effect == RuleEffect::Deny { denials } else { allows };
    match truth {
        Some(true) => add(fires),
        Some(false) => {}
        None => add(may_fire),
    }
}

struct Lab<'s> {
    model: &'s Model,
    /// The policy with the conditions of all edits.
    edited: &'s Model,
    space: &'s Encoding,
    study: Study<'s>,
    feasible: Feasibility,
    allowed: NodeId,
    /// The rules of each effect, deny first, and the unions of those before and from each of them.
    sides: [Side; 2],
    /// A copy of the policy, in which one edit is made at a time.
    scratch: Model,
    budget: Budget,
}

struct Side {
    rules: Vec<usize>,
    before: Vec<NodeId>,
    from: Vec<NodeId>,
}

impl<'s> Lab<'s> {
    fn new(model: &'s Model, edited: &'s Model, space: &'s Encoding) -> Option<Self> {
        let limits = &model.limits;
        // Four times what compiling the policy may use: all edits share these diagrams.
        let budget = Budget::new(limits.graph_nodes.saturating_mul(4), limits.graph_steps.saturating_mul(4));
        let rules = space.rules(model);
        let everything = (0..).map(FormulaId::new).take(space.formulas.nodes().len());
        let wanted = variables_of_complete(space, everything);
        let orders = space.orders(rules.iter().map(|rule| (rule.fires, &rule.projection)), &wanted);
        let (study, allowed) = Study::first_that_fits(space, &orders, budget, 4, |builder| {
            builder.allowed(rules.iter().map(|rule| (rule.effect, rule.fires)))
        })?;
        let feasible = Feasibility::new(edited, space);
        let sides = [RuleEffect::Deny, RuleEffect::Allow].map(|effect| Side {
            rules: (0..model.rules.len())
                .filter(|at| model.rules.get(*at).is_some_and(|rule| rule.effect == effect))
                .collect(),
            before: Vec::new(),
            from: Vec::new(),
        });
        let mut lab =
            Self { model, edited, space, study, feasible, allowed, sides, scratch: edited.clone(), budget };
        for side in 0..2 {
            let unions = lab.unions(side)?;
            if let Some(side) = lab.sides.get_mut(side) {
                (side.before, side.from) = unions;
            }
        }
        Some(lab)
    }

    /// Returns the unions of the rules before and from each rule of an effect.
    fn unions(&mut self, side: usize) -> Option<(Vec<NodeId>, Vec<NodeId>)> {
        let fires: Vec<ConditionId> = self
            .sides
            .get(side)?
            .rules
            .iter()
            .filter_map(|at| self.model.rules.get(*at).map(|rule| rule.fires))
            .collect();
        let space = self.space;
        self.study.extend(self.budget);
        self.study.ask(1, |builder| {
            let (mut before, mut from) = (vec![NodeId::FALSE], vec![NodeId::FALSE]);
            let (mut union, mut rest) = (NodeId::FALSE, NodeId::FALSE);
            for fires in &fires {
                let own = builder.build(space.root(*fires))?;
                union = builder.diagrams.or(union, own)?;
                before.push(union);
            }
            for fires in fires.iter().rev() {
                let own = builder.build(space.root(*fires))?;
                rest = builder.diagrams.or(rest, own)?;
                from.push(rest);
            }
            from.reverse();
            Ok((before, from))
        })
    }

    /// Returns the requests whose effect an edit changes.
    fn changed(&mut self, edit: &Edit) -> Option<NodeId> {
        self.study.extend(self.budget);
        let (space, sides, allowed) = (self.space, &self.sides, self.allowed);
        self.study.ask(1, |builder| {
            let mut unions = [NodeId::FALSE; 2];
            for (union, side) in unions.iter_mut().zip(sides) {
                let left_out = |at: &usize| edit.rules.iter().any(|(other, ..)| other == at);
                // At most one rule of each effect changes.
                *union = match side.rules.iter().position(left_out) {
                    Some(at) => {
                        let [before, after] = [side.before.get(at), side.from.get(at + 1)]
                            .map(|node| node.copied().unwrap_or(NodeId::FALSE));
                        builder.diagrams.or(before, after)?
                    }
                    None => side.before.last().copied().unwrap_or(NodeId::FALSE),
                };
            }
            let [mut denied, mut granted] = unions;
            for (_, fires, effect) in &edit.rules {
                let own = builder.build(space.root(*fires))?;
                let union = if *effect == RuleEffect::Deny { &mut denied } else { &mut granted };
                *union = builder.diagrams.or(*union, own)?;
            }
            let after = builder.diagrams.difference(granted, denied)?;
            let closed = builder.diagrams.difference(allowed, after)?;
            let opened = builder.diagrams.difference(after, allowed)?;
            builder.diagrams.or(closed, opened)
        })
    }

    /// Returns a request that an edited policy answers differently.
    fn telling(&mut self, edit: &Edit) -> Telling {
        let Some(changed) = self.changed(edit) else { return Telling::Unknown };
        if changed == NodeId::FALSE {
            return Telling::Nothing;
        }
        let path = self.study.witness(changed, self.space).unwrap_or_default();
        let first = witness::request(self.edited, self.space, &path);
        if let Some(found) = self.confirmed(edit, &first) {
            return found;
        }
        match self.feasible.find(&mut self.study, self.space, changed, 1) {
            Found::Nothing => Telling::Nothing,
            Found::Way { path, ordinals } => {
                let mut request = witness::request(self.edited, self.space, &path);
                witness::set_ordinals(self.edited, &mut request, &ordinals);
                self.confirmed(edit, &request).unwrap_or(Telling::Unknown)
            }
            Found::Unknown => Telling::Unknown,
        }
    }

    /// Returns the request, without attributes that don't matter, if the edit certainly changes its effect.
    fn confirmed(&self, edit: &Edit, request: &Request) -> Option<Telling> {
        let tells = |request: &Request| self.point(request).filter(|point| point.tells(self.edited, edit));
        let whole = tells(request)?;
        let effect = whole.effect();
        // The original alone has few conditions, so it is asked first.
        let keeps = |fewer: &Request| {
            witness::Certain::new(self.model, fewer).and_then(|certain| certain.effect()) == effect
        };
        let fewer = witness::reduced(self.model, request, keeps);
        if let Some(point) = tells(&fewer) {
            return Some(Telling::Request(fewer, Box::new(point)));
        }
        let fewer = witness::reduced(self.model, request, |fewer| {
            tells(fewer).is_some_and(|point| point.effect() == effect)
        });
        let point = tells(&fewer).unwrap_or(whole);
        Some(Telling::Request(fewer, Box::new(point)))
    }

    /// Evaluates a request.
    fn point(&self, request: &Request) -> Option<Point> {
        let facts = Assignment::new(self.edited, request).ok()?;
        let truths = truths(self.edited, &facts);
        let mut counts = [[0; 2]; 2];
        for rule in &self.edited.rules {
            tally(&mut counts, rule.effect, truths.get(rule.fires), |count| *count += 1);
        }
        Some(Point { truths, counts })
    }

    fn passes(&self, at: usize) -> bool {
        let test = self.model.tests.get(at);
        test.is_some_and(|test| {
            test.run(|request| Ok(decide(self.model, &Assignment::new(self.model, request)?))).passed()
        })
    }

    /// Returns true if a passing test fails for the edited policy in another way than by a certain effect: by its rules,
    /// obligations or missing attributes. `None` if the searches are used up.
    fn is_noticed(&mut self, edit: &Edit, runs: &[(usize, Point)], searches: &mut usize) -> Option<bool> {
        let concerns = |point: &Point| {
            edit.rules.iter().any(|(at, fires, effect)| {
                let rule = self.model.rules.get(*at);
                rule.is_some_and(|rule| {
                    let (old, new) = (point.truths.get(rule.fires), point.truths.get(*fires));
                    old != new || old.is_none() || *effect != rule.effect && old == Some(true)
                })
            })
        };
        let tests: Vec<usize> = runs.iter().filter(|(_, point)| concerns(point)).map(|(at, _)| *at).collect();
        *searches = searches.checked_sub(tests.len())?;
        // The arena is large, so one copy of the policy is edited and restored.
        self.swap(edit);
        let edited = &self.scratch;
        let fails = |at: &usize| {
            let test = self.model.tests.get(*at);
            test.is_some_and(|test| {
                !test.run(|request| Ok(decide(edited, &Assignment::new(edited, request)?))).passed()
            })
        };
        let is_noticed = tests.iter().any(fails);
        self.restore(edit);
        Some(is_noticed)
    }

    fn swap(&mut self, edit: &Edit) {
        for (at, fires, effect) in &edit.rules {
            if let Some(rule) = self.scratch.rules.get_mut(*at) {
                (rule.fires, rule.effect) = (*fires, *effect);
            }
        }
    }

    fn restore(&mut self, edit: &Edit) {
        for (at, ..) in &edit.rules {
            if let (Some(rule), Some(own)) = (self.scratch.rules.get_mut(*at), self.model.rules.get(*at)) {
                (rule.fires, rule.effect) = (own.fires, own.effect);
            }
        }
    }
}
