//! The effect of a request with unknown attributes, by a walk through the compiled diagram that takes every possible
//! branch.
//!
//! Known variables are followed along their class, unknown ones along each class that they can have. A node is visited
//! once, however many paths lead to it, so the cost is linear in the diagram and not in the number of completions. If
//! all reached terminals agree, they are the effect. If both effects are reached, the request is indeterminate, unless
//! a relation was branched on: then the path to one of the terminals may combine classes that no request has together.

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

/// The buffers of a walk, reused by the next one on the same thread.
#[derive(Debug, Default)]
struct Scratch {
    /// The nodes that have been reached: one bit per word of the diagram.
    reached: Vec<u64>,
    /// The indices of the words of `reached` that aren't 0: clearing these costs as much as the walk, not as much as
    /// the diagram.
    touched: Vec<usize>,
    todo: Vec<NodeRef>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Returns the effect, or `None` if the diagram doesn't tell it.
///
/// It doesn't if there is no diagram, if both effects are reached through a relation, at slices that are left to the
/// bitmaps, or beyond [`WALK`] visits.
///
/// Cost: a visit to each reachable node. Allocates only if no walk on this thread has seen as large a diagram, and for
/// the classes of relations and inner nodes.
pub(crate) fn effect(program: &Program, frame: &Frame) -> Option<Effect> {
    walk(program, frame.classes(), |variable| {
        let is_narrowed = variable.source.is_relation() || frame.has_leaves(variable);
        is_narrowed.then(|| feasible_classes(program, frame, variable).classes)
    })
}

/// Like [`effect`], for a request that is given by its classes alone: an unknown variable can have any class.
pub(crate) fn effect_of_classes(program: &Program, classes: &[u32]) -> Option<Effect> {
    walk(program, classes, |_| None)
}

/// Walks the diagram. `narrowed` returns the classes that an unknown variable can have, or `None` for all of them.
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
        // INVARIANT: a walk calls nothing that walks, so the buffers are free.
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
                    Some(node) => Step::Node(node),
                    None => break,
                },
            };
            let node = match step {
                Step::End(ALLOW) => {
                    allowed = true;
                    continue;
                }
                Step::End(DENY) => {
                    denied = true;
                    continue;
                }
                Step::End(_) => return None,
                Step::Node(node) => node,
            };
            if !self.reach(graph.offset(node)) {
                continue;
            }
            let variable = graph.variable(node);
            let class = classes.get(variable as usize).copied().unwrap_or(UNKNOWN);
            if class != UNKNOWN {
                left = left.saturating_sub(1);
                next = Some(graph.child(node, class));
                continue;
            }
            let about = program.variables().get(variable as usize)?;
            // All feasible classes are followed together, but several relations may be unable to have them together.
            tangled |= about.source.is_relation();
            let mut unresolved = false;
            let mut note = |scratch: &mut Self, step| match step {
                Step::End(ALLOW) => allowed = true,
                Step::End(DENY) => denied = true,
                Step::End(_) => unresolved = true,
                Step::Node(node) => scratch.todo.push(node),
            };
            // Relations are narrowed by arithmetic over the frame, once per variable and not once per node.
            if !known.contains_key(&variable)
                && let Some(classes) = narrowed(about)
            {
                known.insert(variable, classes);
            }
            match known.get(&variable) {
                Some(classes) => {
                    left = left.saturating_sub(classes.len() as usize);
                    classes.iter().for_each(|class| note(self, graph.child(node, class)));
                }
                None => graph.children(node, about.classes).for_each(|child| {
                    left = left.saturating_sub(1);
                    note(self, child);
                }),
            }
            if unresolved || left == 0 {
                return None;
            }
            // No further terminal can change the answer.
            if allowed && denied {
                break;
            }
        }
        match (allowed, denied) {
            (true, false) => Some(Effect::Allow),
            (false, true) => Some(Effect::Deny),
            // Both terminals were reached. Independent variables can take both paths; relations may not allow one of
            // them.
            _ => (!tangled).then_some(Effect::Indeterminate),
        }
    }

    /// Marks a node as reached. Returns true if it wasn't before.
    fn reach(&mut self, offset: usize) -> bool {
        let at = offset / 64;
        // INVARIANT: there is one bit per word of the diagram.
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
