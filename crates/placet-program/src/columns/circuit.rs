//! A diagram as a circuit of bitmap operations.
//!
//! A bitmap holds a bit for each row of a block. The bitmap of a node tells which rows, if they reached the node, could
//! go on to a given terminal: `or` over its edges of the rows whose class takes the edge `and` the bitmap of the edge's
//! target. Computing all nodes from the terminals up to the root takes one `and` and one `or` per edge, for all rows of
//! a block and without branches. A row with an unknown variable takes all edges of that variable, so one pass per
//! terminal tells which terminals a row can reach.

use crate::class_set::ClassSet;
use crate::columns::UNKNOWN_BYTE;
use crate::columns::bits::{self, Bits, NONE};
use crate::columns::codes::Codes;
use crate::packed::{NodeRef, Packed, Step};
use crate::program::{ALLOW, DENY, Program, UNRESOLVED};
use crate::variable::UNKNOWN;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

/// The index of a bitmap of values: first the terminals, then the nodes.
pub(super) type Value = u32;
pub(super) const DENIED: Value = DENY;
pub(super) const ALLOWED: Value = ALLOW;
pub(super) const LEFT: Value = UNRESOLVED;
/// The pseudo-terminal of paths through an unknown variable that isn't independent of the others.
pub(super) const TANGLED: Value = 3;
/// The number of terminals, which come before the values of nodes.
const ENDS: usize = 4;

/// The mask of all rows.
const ALL: u32 = 0;

/// The maximum number of edges; rows of larger diagrams are decided one by one. An edge costs a row some picoseconds
/// and a walk some ten nanoseconds, so the two meet about here.
const MAX_EDGES: usize = 6_000;
/// The maximum number of bytes for the sets that hold each class of a variable; beyond it rows are decided one by one.
const MAX_MEMBERS: usize = 1 << 20;
/// The number of sets in a byte; the top bit is for unknown rows.
const SETS: usize = 7;

/// The maximum number of parts of a variable's classes; beyond it its sets are read one by one.
const MAX_PARTS: usize = 64;

/// A diagram in which the variables that are the same for all rows have been resolved.
#[derive(Debug, Default)]
pub(super) struct Circuit {
    pub(super) inputs: Vec<Input>,
    /// The number of masks that the inputs compute, including that of all rows.
    pub(super) masks: usize,
    /// For each node, from the terminals up, the end of its edges in `edges`.
    nodes: Vec<usize>,
    edges: Vec<Edge>,
    root: Value,
    /// True if rows can reach [`LEFT`].
    pub(super) leaves_rows: bool,
    /// True if a variable that the circuit reads is unknown in all rows.
    pub(super) is_always_open: bool,
}

/// An edge: the rows of a mask go on to a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Edge {
    mask: u32,
    value: Value,
}

/// A variable whose class differs between rows.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) variable: usize,
    /// For each class its part: the classes of a part are in the same sets.
    pub(super) parts: Box<[u8]>,
    pub(super) groups: Vec<Group>,
    /// The masks that are computed from the masks of the groups.
    pub(super) derived: Vec<Derived>,
    /// The mask of the rows in which the variable is unknown.
    pub(super) open: usize,
}

/// A mask that is computed from others of the same variable.
#[derive(Debug)]
pub(super) struct Derived {
    /// The masks whose union is taken.
    pub(super) of: Vec<usize>,
    /// True if the mask holds the complement of the union, and the unknown rows.
    pub(super) is_inverse: bool,
    pub(super) mask: usize,
}

/// Up to seven sets of classes of a variable.
#[derive(Debug)]
pub(super) struct Group {
    /// For each class the sets that hold it, from the second bit down. The top bit is for unknown rows.
    pub(super) of_classes: Codes,
    /// The same for each part of the classes.
    pub(super) of_parts: Codes,
    /// The masks of the group: that of unknown rows, then those of the sets.
    pub(super) masks: Range<usize>,
}

impl Input {
    /// Creates the input of a variable with `arity` classes and the sets that are read of it. Its masks start at
    /// `open`.
    ///
    /// Returns `None` if the sets tell more classes apart than there are codes, or if there are too many classes and
    /// sets.
    pub(super) fn new(variable: usize, arity: u32, sets: &[ClassSet], open: usize) -> Option<Self> {
        let chunks = || sets.chunks(SETS);
        if (arity as usize).saturating_mul(chunks().len()) > MAX_MEMBERS {
            return None;
        }
        // The sets that hold each class, one byte per group.
        let mut members = vec![vec![0_u8; chunks().len()]; arity as usize];
        for (at, sets) in chunks().enumerate() {
            for (set, bit) in sets.iter().zip((0..SETS).rev()) {
                for class in set.iter() {
                    if let Some(byte) = members.get_mut(class as usize).and_then(|bytes| bytes.get_mut(at)) {
                        *byte |= 1 << bit;
                    }
                }
            }
        }
        let mut known: HashMap<&[u8], u8> = HashMap::new();
        let mut parts = Vec::with_capacity(members.len());
        for bytes in &members {
            let next = u8::try_from(known.len()).ok().filter(|part| *part != UNKNOWN_BYTE)?;
            parts.push(*known.entry(bytes).or_insert(next));
        }
        let mut groups = Vec::with_capacity(chunks().len());
        let mut next = open;
        for (at, sets) in chunks().enumerate() {
            // A code that is no class or part is unknown and has all bits set; so has the last code, `UNKNOWN_BYTE`,
            // however many classes there are.
            let (mut of_classes, mut of_parts) = ([u8::MAX; 256], [u8::MAX; 256]);
            for (code, bytes) in of_classes.iter_mut().take(UNKNOWN_BYTE.into()).zip(&members) {
                *code = bytes.get(at).copied().unwrap_or(u8::MAX);
            }
            for (bytes, part) in members.iter().zip(&parts) {
                if let (Some(code), Some(byte)) = (of_parts.get_mut(usize::from(*part)), bytes.get(at)) {
                    *code = *byte;
                }
            }
            let masks = next..next + 1 + sets.len();
            next = masks.end;
            groups.push(Group {
                of_classes: Codes::new(&of_classes),
                of_parts: Codes::new(&of_parts),
                masks,
            });
        }
        Some(Self { variable, parts: parts.into(), groups, derived: Vec::new(), open })
    }

    /// Returns the masks of the sets, in their order.
    pub(super) fn set_masks(&self) -> impl Iterator<Item = usize> + '_ {
        self.groups.iter().flat_map(|group| group.masks.clone().skip(1))
    }
}

/// The sets of classes of a variable that edges test, with the provisional masks that stand for them during
/// construction.
#[derive(Debug, Default)]
struct ClassSets {
    known: BTreeMap<ClassSet, u32>,
    /// The provisional mask of unknown rows.
    open: Option<u32>,
}

/// Builds a [`Circuit`].
struct Builder<'p> {
    program: &'p Program,
    graph: &'p Packed,
    /// The class of each variable that is the same in all rows.
    same: &'p [Option<u32>],
    sets: BTreeMap<u32, ClassSets>,
    masks: u32,
    circuit: Circuit,
}

impl Circuit {
    /// Builds the circuit of a program's diagram. `same` gives the classes of variables that are the same in all rows.
    ///
    /// Returns `None` if it would be too large, or if there is no diagram. Cost: linear in the remaining nodes, up to a
    /// limit.
    pub(super) fn new(program: &Program, same: &[Option<u32>]) -> Option<Self> {
        let graph = program.data().graph.as_ref()?;
        let builder =
            Builder { program, graph, same, sets: BTreeMap::new(), masks: ALL + 1, circuit: Self::default() };
        builder.build()
    }

    /// Creates a circuit that reads these variables and then denies all rows.
    #[cfg(test)]
    pub(super) fn of_inputs(inputs: Vec<Input>, masks: usize) -> Self {
        Self { inputs, masks, ..Self::default() }
    }

    /// Returns the number of bitmaps of values that it needs.
    pub(super) fn values(&self) -> usize {
        ENDS + self.nodes.len()
    }

    /// Returns the rows that can reach a terminal.
    #[inline(always)]
    pub(super) fn rows(&self, wanted: Value, masks: &[Bits], values: &mut [Bits]) -> Bits {
        for (value, bits) in (0..).zip(values.iter_mut().take(ENDS)) {
            *bits = if value == wanted { bits::ALL } else { NONE };
        }
        let mut first = 0;
        for (at, end) in self.nodes.iter().enumerate() {
            let Some((below, [node, ..])) = values.split_at_mut_checked(ENDS + at) else { break };
            let mut sum = NONE;
            for edge in self.edges.get(first..*end).unwrap_or_default() {
                // INVARIANT: there is a bitmap for each mask and each value.
                let Some(mask) = masks.get(edge.mask as usize) else { continue };
                if edge.value as usize >= ENDS {
                    let Some(value) = below.get(edge.value as usize) else { continue };
                    for ((sum, mask), value) in sum.iter_mut().zip(mask.iter()).zip(value.iter()) {
                        *sum |= mask & value;
                    }
                // The bitmap of a terminal is all or nothing, so an edge to it needs no `and`, and an edge to another
                // one nothing.
                } else if edge.value == wanted {
                    for (sum, mask) in sum.iter_mut().zip(mask.iter()) {
                        *sum |= mask;
                    }
                }
            }
            *node = sum;
            first = *end;
        }
        values.get(self.root as usize).copied().unwrap_or(NONE)
    }
}

impl Builder<'_> {
    fn build(mut self) -> Option<Circuit> {
        let mut values: HashMap<NodeRef, Value> = HashMap::new();
        let mut nodes: HashMap<Vec<Edge>, Value> = HashMap::new();
        for node in self.reachable_nodes()? {
            let edges = self.edges(node, &values);
            let value = match edges.as_slice() {
                // All remaining classes lead to one value.
                [] => DENIED,
                [only] => only.value,
                // Resolving variables can make nodes equal that were not.
                _ => match nodes.get(&edges) {
                    Some(value) => *value,
                    None => {
                        let value = u32::try_from(self.circuit.values()).ok()?;
                        self.circuit.edges.extend_from_slice(&edges);
                        self.circuit.nodes.push(self.circuit.edges.len());
                        nodes.insert(edges, value);
                        value
                    }
                },
            };
            values.insert(node, value);
        }
        self.circuit.root = match self.passed(self.graph.root()) {
            Step::End(end) => end,
            Step::Node(node) => values.get(&node).copied()?,
        };
        self.circuit.leaves_rows |= self.circuit.root == LEFT;
        self.finish()
    }

    /// Follows a step past the variables that are the same in all rows.
    fn passed(&self, mut step: Step) -> Step {
        while let Step::Node(node) = step {
            match self.same.get(self.graph.variable(node) as usize).copied().flatten() {
                Some(class) if class != UNKNOWN => step = self.graph.child(node, class),
                _ => break,
            }
        }
        step
    }

    fn arity(&self, variable: u32) -> u32 {
        self.program.variables().get(variable as usize).map_or(0, |variable| variable.classes)
    }

    /// Returns the nodes that rows can reach, children first, or `None` if there are too many edges.
    fn reachable_nodes(&self) -> Option<Vec<NodeRef>> {
        let mut todo = vec![self.graph.root()];
        let mut seen: BTreeMap<usize, NodeRef> = BTreeMap::new();
        let mut edges = 0;
        while let Some(step) = todo.pop() {
            let Step::Node(node) = self.passed(step) else { continue };
            if seen.insert(self.graph.offset(node), node).is_some() {
                continue;
            }
            let before = todo.len();
            let mut last = None;
            for (_, child) in self.graph.runs(node, self.arity(self.graph.variable(node))) {
                if last.replace(child) != Some(child) {
                    todo.push(child);
                }
            }
            edges += todo.len() - before;
            if edges > MAX_EDGES {
                return None;
            }
        }
        // Children have greater offsets than their parents.
        Some(seen.into_values().rev().collect())
    }

    fn edges(&mut self, node: NodeRef, values: &HashMap<NodeRef, Value>) -> Vec<Edge> {
        let variable = self.graph.variable(node);
        let mut ways: BTreeMap<Value, Vec<(u32, u32)>> = BTreeMap::new();
        for (run, child) in self.graph.runs(node, self.arity(variable)) {
            let value = match self.passed(child) {
                Step::End(end) => end,
                // INVARIANT: a node's children have greater offsets, so they have values.
                Step::Node(node) => values.get(&node).copied().unwrap_or(LEFT),
            };
            ways.entry(value).or_default().push(run);
        }
        // `passed` has skipped the known variables, so one in `same` that is still tested is unknown in all rows.
        let is_open = self.same.get(variable as usize).is_some_and(Option::is_some);
        // With one target left, the class doesn't matter, and neither does an unknown one.
        let is_single = ways.len() < 2;
        let tangles = self
            .program
            .variables()
            .get(variable as usize)
            .is_some_and(|variable| variable.source.is_relation());
        self.circuit.leaves_rows |= ways.contains_key(&LEFT);
        self.circuit.is_always_open |= is_open && !is_single;
        let mut edges: Vec<Edge> = Vec::with_capacity(ways.len() + 1);
        for (value, runs) in ways {
            let mask = match is_open || is_single {
                true => ALL,
                false => self.mask(variable, ClassSet::from_ranges(runs)),
            };
            edges.push(Edge { mask, value });
        }
        // The branches of an unknown relation may combine classes that no request has together: rows that depend on it
        // also reach `TANGLED`.
        if tangles && !is_single {
            let mask = if is_open { ALL } else { self.open(variable) };
            edges.push(Edge { mask, value: TANGLED });
        }
        edges
    }

    fn mask(&mut self, variable: u32, set: ClassSet) -> u32 {
        let next = &mut self.masks;
        *self.sets.entry(variable).or_default().known.entry(set).or_insert_with(|| counted(next))
    }

    fn open(&mut self, variable: u32) -> u32 {
        let next = &mut self.masks;
        *self.sets.entry(variable).or_default().open.get_or_insert_with(|| counted(next))
    }

    /// Assigns each variable its sets and each provisional mask its final index. Returns `None` if a variable has too
    /// many sets.
    fn finish(mut self) -> Option<Circuit> {
        let mut final_masks: Vec<usize> = vec![ALL as usize; self.masks as usize];
        let mut next = ALL as usize + 1;
        for (variable, sets) in &self.sets {
            let arity = self.arity(*variable);
            let open = next;
            let (read, left_out) = basis(sets.known.keys(), arity);
            let mut input = Input::new(*variable as usize, arity, &read, open)?;
            next = input.groups.last().map_or(next, |group| group.masks.end);
            let masks: BTreeMap<&ClassSet, usize> = read.iter().zip(input.set_masks()).collect();
            for (set, stand_in) in &sets.known {
                let known = masks.get(set).copied();
                let final_mask = known.unwrap_or_else(|| {
                    // A set that holds the left-out classes is the complement of the read sets that it doesn't meet;
                    // any other is the union of those that it meets.
                    let is_inverse = left_out.is_subset(set);
                    let is_part = |read: &ClassSet| read.intersects(set) != is_inverse;
                    let of = masks.iter().filter(|(read, _)| is_part(read)).map(|(_, mask)| *mask).collect();
                    input.derived.push(Derived { of, is_inverse, mask: next });
                    next += 1;
                    next - 1
                });
                if let Some(slot) = final_masks.get_mut(*stand_in as usize) {
                    *slot = final_mask;
                }
            }
            if let Some(slot) = sets.open.and_then(|stand_in| final_masks.get_mut(stand_in as usize)) {
                *slot = open;
            }
            self.circuit.inputs.push(input);
        }
        for edge in &mut self.circuit.edges {
            if edge.mask != ALL {
                edge.mask = final_masks
                    .get(edge.mask as usize)
                    .and_then(|mask| u32::try_from(*mask).ok())
                    .unwrap_or(ALL);
            }
        }
        self.circuit.masks = next;
        Some(self.circuit)
    }
}

/// Returns the sets that are read from the rows, and the classes that are in none of them.
///
/// Every set is a union of the returned ones, or the complement of one. A union costs a fraction of reading a set, so
/// fewer sets are read than are tested.
fn basis<'s>(sets: impl Iterator<Item = &'s ClassSet> + Clone, arity: u32) -> (Vec<ClassSet>, ClassSet) {
    let mut halves: BTreeSet<ClassSet> = BTreeSet::new();
    for set in sets.clone() {
        if !halves.contains(&set.complement(arity)) {
            halves.insert(set.clone());
        }
    }
    // The alternative: the parts that no set tells apart, if there are fewer of them. One part can be left out, since
    // it is the complement of the others.
    let mut parts = vec![ClassSet::full(arity)];
    for set in sets {
        let rest = set.complement(arity);
        parts = parts.iter().flat_map(|part| [part.intersection(set), part.intersection(&rest)]).collect();
        parts.retain(|part| !part.is_empty());
        if parts.len() > halves.len() || parts.len() > MAX_PARTS {
            return (halves.into_iter().collect(), ClassSet::default());
        }
    }
    let left_out = parts.pop().unwrap_or_default();
    (parts, left_out)
}

fn counted(next: &mut u32) -> u32 {
    *next += 1;
    *next - 1
}
