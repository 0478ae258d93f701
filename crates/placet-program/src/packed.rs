//! A decision diagram as one row of words: what a decision walks through.

use placet_graph::{Diagrams, NodeId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

/// Set in a reference to an end; the other bits are its value.
const END: u32 = 1 << 31;
/// Set in a reference to a node whose classes are searched, not counted off.
const SEARCHED: u32 = 1 << 30;
/// The bits of a reference that say where a node is, and of which variable.
const BITS: u32 = 30;

/// A diagram, packed.
///
/// A reference to a node holds its variable and its place, so that its class can be loaded before the node is: a level
/// of a walk waits for two loads. A node is the references of its classes, one after the other or, where few runs of
/// classes share a child, `n`, the ends of n runs, and their references. Nodes stand level by level, so that what every
/// decision passes is close together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packed {
    words: Box<[u32]>,
    root: u32,
    nodes: u32,
    /// How many bits of a reference are the place.
    shift: u32,
}

/// Where a reference leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// To an end, of this value.
    End(u32),
    /// To a node.
    Node(NodeRef),
}

/// A node of a packed diagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NodeRef(u32);

impl Packed {
    /// Packs what is below a root. `variables` gives the variable of each level. `None` if it needs more than `words`
    /// words, or places and variables do not fit a word together.
    pub fn new(diagrams: &Diagrams, root: NodeId, variables: &[u32], words: usize) -> Option<Self> {
        let most = variables.iter().max().copied().unwrap_or(0);
        let shift = BITS.checked_sub(u32::BITS - most.leading_zeros())?;
        let words = words.min(1 << shift);
        let mut seen = HashSet::from([root]);
        let mut queue = VecDeque::from([root]);
        let mut order = Vec::new();
        while let Some(node) = queue.pop_front() {
            let Some(level) = diagrams.level(node) else { continue };
            order.push((level, node));
            queue.extend(diagrams.runs(node).iter().map(|run| run.child).filter(|child| seen.insert(*child)));
        }
        // What a node leads to stands behind it.
        order.sort_by_key(|(level, _)| *level);
        let mut references: HashMap<NodeId, u32> = HashMap::with_capacity(order.len());
        let mut next = 0_usize;
        for (level, node) in &order {
            let (runs, arity) = (diagrams.runs(*node), diagrams.arity(*level));
            let (flag, size) = match is_searched(runs.len(), arity) {
                true => (SEARCHED, 1 + 2 * runs.len()),
                false => (0, arity as usize),
            };
            let variable = variables.get(*level as usize).copied()?;
            references.insert(*node, flag | variable << shift | u32::try_from(next).ok()?);
            next += size;
            if next > words {
                return None;
            }
        }
        let reference = |node: NodeId| match node.as_terminal() {
            Some(value) => END | value,
            // INVARIANT: the walk above has placed every node.
            None => references.get(&node).copied().unwrap_or(END),
        };
        let mut out: Vec<u32> = Vec::with_capacity(next);
        for (level, node) in &order {
            let runs = diagrams.runs(*node);
            if is_searched(runs.len(), diagrams.arity(*level)) {
                out.push(u32::try_from(runs.len()).ok()?);
                out.extend(runs.iter().map(|run| run.end));
                out.extend(runs.iter().map(|run| reference(run.child)));
            } else {
                let mut first = 0;
                for run in runs {
                    out.extend((first..run.end).map(|_| reference(run.child)));
                    first = run.end;
                }
            }
        }
        let nodes = u32::try_from(order.len()).ok()?;
        Some(Self { words: out.into(), root: reference(root), nodes, shift })
    }

    /// How many nodes it has.
    pub fn nodes(&self) -> usize {
        self.nodes as usize
    }

    /// How many words it has.
    pub fn words(&self) -> usize {
        self.words.len()
    }

    /// How many bytes it takes.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.words)
    }

    /// Where it begins.
    pub fn root(&self) -> Step {
        step(self.root)
    }

    /// The value of the end to which these classes lead; `None` where the way goes by an open variable.
    ///
    /// Cost: two loads, or a short search, for each level that is passed.
    #[inline]
    pub fn walk(&self, classes: &[u32]) -> Option<u32> {
        self.walk_by(|variable| classes.get(variable).copied())
    }

    /// As [`Packed::walk`], with a class asked for where the way comes to its variable; [`UNKNOWN`] or `None` where it is
    /// open.
    ///
    /// [`UNKNOWN`]: crate::UNKNOWN
    #[inline]
    pub fn walk_by(&self, class: impl Fn(usize) -> Option<u32>) -> Option<u32> {
        let mut at = self.root;
        while at & END == 0 {
            let class = class(self.variable(NodeRef(at)) as usize)?;
            at = if at & SEARCHED == 0 {
                // An open class is the greatest number there is and lies beyond the words.
                *self.words.get(self.offset(NodeRef(at)).checked_add(class as usize)?)?
            } else {
                self.search(NodeRef(at), class)?
            };
        }
        Some(at & !END)
    }

    fn search(&self, place: NodeRef, class: u32) -> Option<u32> {
        let (ends, children) = self.searched(place)?;
        children.get(ends.partition_point(|end| *end <= class)).copied()
    }

    /// The ends of the runs of a searched node, and their children.
    fn searched(&self, place: NodeRef) -> Option<(&[u32], &[u32])> {
        let (count, rest) = self.words.get(self.offset(place)..)?.split_first()?;
        let count = *count as usize;
        rest.get(..count.checked_mul(2)?)?.split_at_checked(count)
    }

    /// The place of a node among the words.
    pub fn offset(&self, place: NodeRef) -> usize {
        (place.0 & !(u32::MAX << self.shift)) as usize
    }

    /// The variable of a node.
    pub fn variable(&self, place: NodeRef) -> u32 {
        (place.0 & !SEARCHED) >> self.shift
    }

    /// Where a node leads for a class of its variable.
    pub fn child(&self, place: NodeRef, class: u32) -> Step {
        let child = if place.0 & SEARCHED == 0 {
            self.words.get(self.offset(place) + class as usize).copied()
        } else {
            self.search(place, class)
        };
        // INVARIANT: the class is one of the variable's.
        step(child.unwrap_or(END))
    }

    /// Where a node leads, once for each class or run of classes; its variable has `arity` classes.
    pub fn children(&self, place: NodeRef, arity: u32) -> impl Iterator<Item = Step> + '_ {
        self.targets(place, arity).unwrap_or_default().iter().map(|child| step(*child))
    }

    /// The runs of classes of a node, from their first to before their end, and where each leads; its variable has
    /// `arity` classes.
    pub(crate) fn runs(&self, place: NodeRef, arity: u32) -> impl Iterator<Item = ((u32, u32), Step)> + '_ {
        let searched = (place.0 & SEARCHED != 0).then(|| self.searched(place)).flatten();
        let (ends, children) = match searched {
            Some((ends, children)) => (ends, children),
            None => (&[][..], self.targets(place, arity).unwrap_or_default()),
        };
        let mut first = 0;
        children.iter().enumerate().map(move |(at, child)| {
            let run = (first, ends.get(at).copied().unwrap_or(first + 1));
            first = run.1;
            (run, step(*child))
        })
    }

    /// The variables, from the top. `arity` says how many classes a variable has. Cost: linear in the words.
    pub(crate) fn order(&self, arity: impl Fn(u32) -> Option<u32>) -> Box<[u32]> {
        let mut seen = vec![false; self.words.len()];
        let mut firsts: BTreeMap<u32, usize> = BTreeMap::new();
        let mut todo = vec![step(self.root)];
        while let Some(step) = todo.pop() {
            let Step::Node(place) = step else { continue };
            let offset = self.offset(place);
            let is_new = seen.get_mut(offset).is_some_and(|seen| !std::mem::replace(seen, true));
            if !is_new {
                continue;
            }
            let variable = self.variable(place);
            // Nodes stand level by level.
            let first = firsts.entry(variable).or_insert(offset);
            *first = offset.min(*first);
            todo.extend(self.children(place, arity(variable).unwrap_or_default()));
        }
        let mut order: Vec<(usize, u32)> =
            firsts.into_iter().map(|(variable, first)| (first, variable)).collect();
        order.sort_unstable();
        order.into_iter().map(|(_, variable)| variable).collect()
    }

    fn targets(&self, place: NodeRef, arity: u32) -> Option<&[u32]> {
        if place.0 & SEARCHED == 0 {
            let offset = self.offset(place);
            self.words.get(offset..offset.checked_add(arity as usize)?)
        } else {
            let (ends, children) = self.searched(place)?;
            let ascending = ends.iter().zip(ends.iter().skip(1)).all(|(one, next)| one < next);
            (ascending && ends.first() > Some(&0) && ends.last() == Some(&arity)).then_some(children)
        }
    }

    /// Whether every node that can be reached is whole and leads only to nodes behind it, so that a walk ends.
    /// `arities` says how many classes each variable has, and `ends` is one more than the greatest end.
    pub fn is_valid(&self, arities: &[u32], ends: u32) -> bool {
        if self.shift > BITS {
            return false;
        }
        let mut seen = vec![false; self.words.len()];
        let mut todo = vec![(self.root, None)];
        let mut nodes = 0;
        while let Some((reference, from)) = todo.pop() {
            let place = match step(reference) {
                Step::End(value) if value < ends => continue,
                Step::End(_) => return false,
                Step::Node(place) => place,
            };
            let offset = self.offset(place);
            let is_behind = from.is_none_or(|from| from < offset);
            let arity = arities.get(self.variable(place) as usize);
            let (Some(seen), Some(arity), true) = (seen.get_mut(offset), arity, is_behind) else {
                return false;
            };
            let Some(targets) = self.targets(place, *arity) else { return false };
            if !std::mem::replace(seen, true) {
                nodes += 1;
                todo.extend(targets.iter().map(|child| (*child, Some(offset))));
            }
        }
        nodes == self.nodes
    }
}

fn step(reference: u32) -> Step {
    if reference & END == 0 { Step::Node(NodeRef(reference)) } else { Step::End(reference & !END) }
}

/// A node of many classes in few runs is searched: less to load, and the program stays small.
fn is_searched(runs: usize, arity: u32) -> bool {
    const COUNTED_OFF: u32 = 16;
    arity > COUNTED_OFF && 2 * runs + 1 < arity as usize
}
