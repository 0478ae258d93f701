//! The effect of a request that leaves something open: a walk through the diagram that takes every way at once.

use super::feasible::feasible_classes;
use crate::class_set::ClassSet;
use crate::frame::Frame;
use crate::packed::{NodeRef, Packed, Step};
use crate::program::{ALLOW, DENY, Program};
use crate::unknown::work::WALK;
use crate::variable::{UNKNOWN, Variable};
use foldhash::{HashMap, HashMapExt};
use placet_model::decision::Effect;
use std::cell::RefCell;

/// The memory of a walk, kept from one to the next.
#[derive(Debug, Default)]
struct Scratch {
    /// Which nodes have been reached: a bit for each word of the diagram.
    reached: Vec<u64>,
    /// The words of `reached` that are not 0.
    touched: Vec<usize>,
    todo: Vec<NodeRef>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// The effect, where the diagram tells it; `None` where variables stand in the way that are not independent of each
/// other, or slices that are left to the bitmaps, or where there is too much to walk through.
///
/// Cost: a visit to each node that can be reached, up to a limit; no allocation once a thread has walked a diagram as
/// large, but for what is known of a relation.
pub(crate) fn effect(program: &Program, frame: &Frame) -> Option<Effect> {
    walk(program, frame.classes(), |variable| {
        let is_narrowed = variable.source.is_relation() || frame.has_leaves(variable);
        is_narrowed.then(|| feasible_classes(program, frame, variable).classes)
    })
}

/// As [`effect`], where nothing is known of a request but its classes: what is open has any class.
pub(crate) fn effect_of_classes(program: &Program, classes: &[u32]) -> Option<Effect> {
    walk(program, classes, |_| None)
}

/// `narrowed` gives the classes that an open variable can have, where these are not simply all.
fn walk(
    program: &Program,
    classes: &[u32],
    narrowed: impl Fn(&Variable) -> Option<ClassSet>,
) -> Option<Effect> {
    let graph = program.data().graph.as_ref()?;
    SCRATCH.with(|scratch| match scratch.try_borrow_mut() {
        Ok(mut scratch) => {
            let effect = scratch.walk(program, graph, classes, narrowed);
            scratch.clear();
            effect
        }
        // INVARIANT: a walk calls nothing that walks.
        Err(_) => None,
    })
}

impl Scratch {
    fn clear(&mut self) {
        for word in self.touched.drain(..) {
            if let Some(word) = self.reached.get_mut(word) {
                *word = 0;
            }
        }
        self.todo.clear();
    }

    fn walk(
        &mut self,
        program: &Program,
        graph: &Packed,
        classes: &[u32],
        narrowed: impl Fn(&Variable) -> Option<ClassSet>,
    ) -> Option<Effect> {
        if self.reached.len() * 64 < graph.words() {
            self.reached.resize(graph.words().div_ceil(64), 0);
        }
        let (mut allowed, mut denied, mut tangled) = (false, false, false);
        let mut left = WALK;
        let mut known: HashMap<u32, ClassSet> = HashMap::new();
        let mut next = Some(graph.root());
        loop {
            let step = match next.take() {
                Some(step) => step,
                None => match self.todo.pop() {
                    Some(place) => Step::Node(place),
                    None => break,
                },
            };
            let place = match step {
                Step::End(ALLOW) => {
                    allowed = true;
                    continue;
                }
                Step::End(DENY) => {
                    denied = true;
                    continue;
                }
                Step::End(_) => return None,
                Step::Node(place) => place,
            };
            if !self.reach(graph.offset(place)) {
                continue;
            }
            let variable = graph.variable(place);
            let class = classes.get(variable as usize).copied().unwrap_or(UNKNOWN);
            if class != UNKNOWN {
                left = left.saturating_sub(1);
                next = Some(graph.child(place, class));
                continue;
            }
            let open = program.variables().get(variable as usize)?;
            tangled |= open.source.is_relation();
            let mut unresolved = false;
            let mut note = |scratch: &mut Self, step| match step {
                Step::End(ALLOW) => allowed = true,
                Step::End(DENY) => denied = true,
                Step::End(_) => unresolved = true,
                Step::Node(place) => scratch.todo.push(place),
            };
            if !known.contains_key(&variable)
                && let Some(classes) = narrowed(open)
            {
                known.insert(variable, classes);
            }
            match known.get(&variable) {
                Some(classes) => {
                    left = left.saturating_sub(classes.len() as usize);
                    classes.iter().for_each(|class| note(self, graph.child(place, class)));
                }
                None => graph.children(place, open.classes).for_each(|child| {
                    left = left.saturating_sub(1);
                    note(self, child);
                }),
            }
            if unresolved || left == 0 {
                return None;
            }
            if allowed && denied {
                break;
            }
        }
        match (allowed, denied) {
            (true, false) => Some(Effect::Allow),
            (false, true) => Some(Effect::Deny),
            // Both ways are open: each variable by itself leaves them so, or they hang together and may not.
            _ => (!tangled).then_some(Effect::Indeterminate),
        }
    }

    /// Notes that a node is reached; whether it was not before.
    fn reach(&mut self, offset: usize) -> bool {
        let at = offset / 64;
        // INVARIANT: a bit for each word of the diagram.
        let Some(word) = self.reached.get_mut(at) else { return false };
        let bit = 1 << (offset % 64);
        if *word == 0 {
            self.touched.push(at);
        }
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }
}
