//! A decision diagram packed into one array of words, for fast walks.
//!
//! The compiler builds diagrams with [`Diagrams`], which can grow and share. A [`Packed`] diagram can only be read: a
//! step of a walk loads the class of a variable and one word.

use placet_graph::{Diagrams, NodeId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

/// Set in a reference to a terminal; the other bits are its value.
const END: u32 = 1 << 31;
/// Set in a reference to a node that is searched by runs instead of indexed by class.
const SEARCHED: u32 = 1 << 30;
/// The number of bits of a reference that hold the node's offset and its variable.
const BITS: u32 = 30;

/// A packed decision diagram.
///
/// A reference to a node holds its variable and its offset, so the class can be loaded before the node is: one level of
/// a walk waits for two loads. A node is an array of references, one per class. If few runs of classes share a child,
/// it is a number *n*, the ends of *n* runs, and their *n* references instead. Nodes are stored level by level, so the
/// nodes near the root, which every decision passes, lie close together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packed {
    words: Box<[u32]>,
    root: u32,
    nodes: u32,
    /// The number of bits of a reference that hold the offset.
    shift: u32,
}

/// The target of a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// A terminal with this value.
    End(u32),
    /// A node.
    Node(NodeRef),
}

/// A reference to a node of a packed diagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NodeRef(u32);

impl Packed {
    /// Packs the diagram below a root. `variables` maps each level to its variable.
    ///
    /// Returns `None` if the diagram needs more than `words` words, or if an offset and a variable don't fit into one
    /// reference.
    pub fn new(diagrams: &Diagrams, root: NodeId, variables: &[u32], words: usize) -> Option<Self> {
        let most = variables.iter().max().copied().unwrap_or(0);
        let shift = BITS.checked_sub(u32::BITS - most.leading_zeros())?;
        // An offset has the bits that the variable leaves.
        let words = words.min(1 << shift);
        let mut seen = HashSet::from([root]);
        let mut queue = VecDeque::from([root]);
        let mut order = Vec::new();
        while let Some(node) = queue.pop_front() {
            let Some(level) = diagrams.level(node) else { continue };
            order.push((level, node));
            queue.extend(diagrams.runs(node).iter().map(|run| run.child).filter(|child| seen.insert(*child)));
        }
        // Sorting by level puts each node before its children. `is_valid` checks this order when a program is loaded,
        // since it guarantees that walks end.
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
            // INVARIANT: the traversal above has assigned an offset to every node.
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

    /// Returns the number of nodes.
    pub fn nodes(&self) -> usize {
        self.nodes as usize
    }

    /// Returns the number of words.
    pub fn words(&self) -> usize {
        self.words.len()
    }

    /// Returns the size in bytes.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.words)
    }

    /// Returns the root.
    pub fn root(&self) -> Step {
        step(self.root)
    }

    /// Returns the value of the terminal that these classes lead to, or `None` if the path reaches an unknown variable.
    ///
    /// Cost: two loads, or a short binary search, for each level on the path.
    #[inline]
    pub fn walk(&self, classes: &[u32]) -> Option<u32> {
        self.walk_by(|variable| classes.get(variable).copied())
    }

    /// Like [`Packed::walk`], but calls `class` for each variable on the path. [`UNKNOWN`] and `None` both mean
    /// unknown.
    ///
    /// [`UNKNOWN`]: crate::UNKNOWN
    #[inline]
    pub fn walk_by(&self, class: impl Fn(usize) -> Option<u32>) -> Option<u32> {
        let mut at = self.root;
        while at & END == 0 {
            let class = class(self.variable(NodeRef(at)) as usize)?;
            at = if at & SEARCHED == 0 {
                // No explicit test for `UNKNOWN`: it is the greatest `u32`, so its offset lies beyond the words.
                *self.words.get(self.offset(NodeRef(at)).checked_add(class as usize)?)?
            } else {
                self.search(NodeRef(at), class)?
            };
        }
        Some(at & !END)
    }

    fn search(&self, node: NodeRef, class: u32) -> Option<u32> {
        let (ends, children) = self.searched(node)?;
        children.get(ends.partition_point(|end| *end <= class)).copied()
    }

    /// Returns the ends of the runs of a searched node, and their children.
    fn searched(&self, node: NodeRef) -> Option<(&[u32], &[u32])> {
        let (count, rest) = self.words.get(self.offset(node)..)?.split_first()?;
        let count = *count as usize;
        rest.get(..count.checked_mul(2)?)?.split_at_checked(count)
    }

    /// Returns the offset of a node among the words.
    pub fn offset(&self, node: NodeRef) -> usize {
        (node.0 & !(u32::MAX << self.shift)) as usize
    }

    /// Returns the variable of a node.
    pub fn variable(&self, node: NodeRef) -> u32 {
        (node.0 & !SEARCHED) >> self.shift
    }

    /// Returns the child of a node for a class of its variable.
    pub fn child(&self, node: NodeRef, class: u32) -> Step {
        let child = if node.0 & SEARCHED == 0 {
            self.words.get(self.offset(node) + class as usize).copied()
        } else {
            self.search(node, class)
        };
        // INVARIANT: the class is one of the variable's.
        step(child.unwrap_or(END))
    }

    /// Returns the children of a node, one per class or run of classes. `arity` is the number of classes of its
    /// variable.
    pub fn children(&self, node: NodeRef, arity: u32) -> impl Iterator<Item = Step> + '_ {
        self.targets(node, arity).unwrap_or_default().iter().map(|child| step(*child))
    }

    /// Returns the runs of classes of a node as (first, end), and the child of each. `arity` is the number of classes
    /// of its variable.
    pub(crate) fn runs(&self, node: NodeRef, arity: u32) -> impl Iterator<Item = ((u32, u32), Step)> + '_ {
        let searched = (node.0 & SEARCHED != 0).then(|| self.searched(node)).flatten();
        let (ends, children) = match searched {
            Some((ends, children)) => (ends, children),
            None => (&[][..], self.targets(node, arity).unwrap_or_default()),
        };
        let mut first = 0;
        children.iter().enumerate().map(move |(at, child)| {
            let run = (first, ends.get(at).copied().unwrap_or(first + 1));
            first = run.1;
            (run, step(*child))
        })
    }

    /// Returns the variables in the order of the levels. `arity` returns the number of classes of a variable. Cost:
    /// linear in the words.
    pub(crate) fn order(&self, arity: impl Fn(u32) -> Option<u32>) -> Box<[u32]> {
        let mut seen = vec![false; self.words.len()];
        let mut firsts: BTreeMap<u32, usize> = BTreeMap::new();
        let mut todo = vec![step(self.root)];
        while let Some(step) = todo.pop() {
            let Step::Node(node) = step else { continue };
            let offset = self.offset(node);
            let is_new = seen.get_mut(offset).is_some_and(|seen| !std::mem::replace(seen, true));
            if !is_new {
                continue;
            }
            let variable = self.variable(node);
            // Nodes are stored level by level, so the least offset of a variable's nodes tells its level.
            let first = firsts.entry(variable).or_insert(offset);
            *first = offset.min(*first);
            todo.extend(self.children(node, arity(variable).unwrap_or_default()));
        }
        let mut order: Vec<(usize, u32)> =
            firsts.into_iter().map(|(variable, first)| (first, variable)).collect();
        order.sort_unstable();
        order.into_iter().map(|(_, variable)| variable).collect()
    }

    fn targets(&self, node: NodeRef, arity: u32) -> Option<&[u32]> {
        if node.0 & SEARCHED == 0 {
            let offset = self.offset(node);
            self.words.get(offset..offset.checked_add(arity as usize)?)
        } else {
            let (ends, children) = self.searched(node)?;
            let ascending = ends.iter().zip(ends.iter().skip(1)).all(|(one, next)| one < next);
            (ascending && ends.first() > Some(&0) && ends.last() == Some(&arity)).then_some(children)
        }
    }

    /// Returns true if every reachable node is complete and leads only to nodes behind it, so that a walk ends.
    ///
    /// `arities` holds the number of classes of each variable; terminals must be less than `ends`.
    pub fn is_valid(&self, arities: &[u32], ends: u32) -> bool {
        if self.shift > BITS {
            return false;
        }
        let mut seen = vec![false; self.words.len()];
        let mut todo = vec![(self.root, None)];
        let mut nodes = 0;
        while let Some((reference, from)) = todo.pop() {
            let node = match step(reference) {
                Step::End(value) if value < ends => continue,
                Step::End(_) => return false,
                Step::Node(node) => node,
            };
            let offset = self.offset(node);
            let is_behind = from.is_none_or(|from| from < offset);
            let arity = arities.get(self.variable(node) as usize);
            let (Some(seen), Some(arity), true) = (seen.get_mut(offset), arity, is_behind) else {
                return false;
            };
            let Some(targets) = self.targets(node, *arity) else { return false };
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

/// Returns true if a node is stored as runs: it then needs fewer words than one per class. Small nodes are always
/// indexed, because that avoids the search.
fn is_searched(runs: usize, arity: u32) -> bool {
    const MAX_INDEXED: u32 = 16;
    arity > MAX_INDEXED && 2 * runs + 1 < arity as usize
}
