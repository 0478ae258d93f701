//! A diagram for bitmaps: where each node is a sum of products of rows.
//!
//! A bitmap holds a bit for each row of a block. A node's bitmap says which rows, if they came to the node, could go
//! on to a given end: those that are in a set of classes and could go on from where these lead, for one of the sets.
//! From the ends up to the root that is an `and` and an `or` for each edge, for all rows of a block. A row that leaves
//! a variable open is in all its sets.

use crate::class_set::ClassSet;
use crate::columns::UNKNOWN_BYTE;
use crate::columns::bits::{self, Bits, NONE};
use crate::columns::codes::Codes;
use crate::packed::{NodeRef, Packed, Step};
use crate::program::{ALLOW, DENY, Program, UNRESOLVED};
use crate::variable::UNKNOWN;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

/// What stands for a place in the bitmaps of the values: here and below, of ends.
pub(super) type Value = u32;
pub(super) const DENIED: Value = DENY;
pub(super) const ALLOWED: Value = ALLOW;
pub(super) const LEFT: Value = UNRESOLVED;
/// A way that goes by an open variable that is not independent of the others.
pub(super) const TANGLED: Value = 3;
/// Before the values of nodes.
const ENDS: usize = 4;

/// The mask of all rows.
const ALL: u32 = 0;

/// Edges beyond which rows are decided one by one: an edge costs a row some picoseconds, and a walk some ten
/// nanoseconds, so that the two meet about here.
const MAX_EDGES: usize = 6_000;
/// Bytes that say which sets hold which classes of a variable, beyond which rows are decided one by one.
const MAX_MEMBERS: usize = 1 << 20;
/// Sets of classes in a byte, beside the bit that says that the class is open.
const SETS: usize = 7;

/// Parts of a variable's classes beyond which its sets are read one by one.
const MAX_PARTS: usize = 64;

/// A diagram, what is the same for all rows put in.
#[derive(Debug, Default)]
pub(super) struct Circuit {
    pub(super) inputs: Vec<Input>,
    /// How many masks the inputs make, that of all rows among them.
    pub(super) masks: usize,
    /// For each node, from the ends up, where its edges end.
    nodes: Vec<usize>,
    edges: Vec<Edge>,
    root: Value,
    /// Whether rows may come to [`LEFT`].
    pub(super) leaves_rows: bool,
    /// Whether a variable that it looks at is open in all rows.
    pub(super) is_always_open: bool,
}

/// The rows of a mask go on to a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Edge {
    mask: u32,
    value: Value,
}

/// A variable of which the rows say different things.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) variable: usize,
    /// For each class the part of those that no set tells from it.
    pub(super) parts: Box<[u8]>,
    pub(super) groups: Vec<Group>,
    /// The masks that are made of those of the groups.
    pub(super) derived: Vec<Derived>,
    /// The mask of the rows that leave it open.
    pub(super) open: usize,
}

/// A mask that is made of others.
#[derive(Debug)]
pub(super) struct Derived {
    /// Those whose rows it holds, or does not hold; of the same variable.
    pub(super) of: Vec<usize>,
    /// Whether it holds the rows that are in none of them, and those that are open.
    pub(super) is_inverse: bool,
    pub(super) mask: usize,
}

/// Up to seven sets of classes of a variable.
#[derive(Debug)]
pub(super) struct Group {
    /// For each class the sets that hold it, from the second bit down; the top bit is for what is open.
    pub(super) of_classes: Codes,
    /// The same for each part of the classes.
    pub(super) of_parts: Codes,
    /// Its masks: that of what is open, then those of the sets.
    pub(super) masks: Range<usize>,
}

impl Input {
    /// A variable of `arity` classes and the sets that are read of it, with masks from `open` on. `None` if the sets
    /// tell more classes apart than there are codes, or there are too many of both.
    pub(super) fn new(variable: usize, arity: u32, sets: &[ClassSet], open: usize) -> Option<Self> {
        let chunks = || sets.chunks(SETS);
        if (arity as usize).saturating_mul(chunks().len()) > MAX_MEMBERS {
            return None;
        }
        // What the sets say of each class, a byte for each group.
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
            // What is no class, or no part, is open: so is the last code, whatever there is of classes.
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

    /// The masks of the sets, in their order.
    pub(super) fn set_masks(&self) -> impl Iterator<Item = usize> + '_ {
        self.groups.iter().flat_map(|group| group.masks.clone().skip(1))
    }
}

/// The sets of classes of a variable that edges ask for, with the masks that stand for them while the circuit is built.
#[derive(Debug, Default)]
struct ClassSets {
    known: BTreeMap<ClassSet, u32>,
    /// The stand-in for the mask of what is open.
    open: Option<u32>,
}

/// A circuit in the making.
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
    /// The circuit of a program's diagram, where `same` gives the classes of variables that are the same in all rows.
    /// `None` if it would be too large, or there is no diagram.
    ///
    /// Cost: linear in the nodes that are left, up to a limit.
    pub(super) fn new(program: &Program, same: &[Option<u32>]) -> Option<Self> {
        let graph = program.data().graph.as_ref()?;
        let builder =
            Builder { program, graph, same, sets: BTreeMap::new(), masks: ALL + 1, circuit: Self::default() };
        builder.build()
    }

    /// A circuit that denies all rows once it has read these variables.
    #[cfg(test)]
    pub(super) fn of_inputs(inputs: Vec<Input>, masks: usize) -> Self {
        Self { inputs, masks, ..Self::default() }
    }

    /// How many bitmaps of values it needs.
    pub(super) fn values(&self) -> usize {
        ENDS + self.nodes.len()
    }

    /// The rows that may come to an end.
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
        for place in self.places()? {
            let edges = self.edges(place, &values);
            let value = match edges.as_slice() {
                // All classes that are left lead to one place.
                [] => DENIED,
                [only] => only.value,
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
            values.insert(place, value);
        }
        self.circuit.root = match self.passed(self.graph.root()) {
            Step::End(end) => end,
            Step::Node(place) => values.get(&place).copied()?,
        };
        self.circuit.leaves_rows |= self.circuit.root == LEFT;
        self.finish()
    }

    /// Where a step leads once variables that are the same in all rows are passed.
    fn passed(&self, mut step: Step) -> Step {
        while let Step::Node(place) = step {
            match self.same.get(self.graph.variable(place) as usize).copied().flatten() {
                Some(class) if class != UNKNOWN => step = self.graph.child(place, class),
                _ => break,
            }
        }
        step
    }

    fn arity(&self, variable: u32) -> u32 {
        self.program.variables().get(variable as usize).map_or(0, |variable| variable.classes)
    }

    /// The nodes that rows can come to, what they lead to before them; `None` if there are too many edges.
    fn places(&self) -> Option<Vec<NodeRef>> {
        let mut todo = vec![self.graph.root()];
        let mut seen: BTreeMap<usize, NodeRef> = BTreeMap::new();
        let mut edges = 0;
        while let Some(step) = todo.pop() {
            let Step::Node(place) = self.passed(step) else { continue };
            if seen.insert(self.graph.offset(place), place).is_some() {
                continue;
            }
            let before = todo.len();
            let mut last = None;
            for (_, child) in self.graph.runs(place, self.arity(self.graph.variable(place))) {
                if last.replace(child) != Some(child) {
                    todo.push(child);
                }
            }
            edges += todo.len() - before;
            if edges > MAX_EDGES {
                return None;
            }
        }
        Some(seen.into_values().rev().collect())
    }

    fn edges(&mut self, place: NodeRef, values: &HashMap<NodeRef, Value>) -> Vec<Edge> {
        let variable = self.graph.variable(place);
        let mut ways: BTreeMap<Value, Vec<(u32, u32)>> = BTreeMap::new();
        for (run, child) in self.graph.runs(place, self.arity(variable)) {
            let value = match self.passed(child) {
                Step::End(end) => end,
                // INVARIANT: what a node leads to stands behind it and has been placed.
                Step::Node(place) => values.get(&place).copied().unwrap_or(LEFT),
            };
            ways.entry(value).or_default().push(run);
        }
        let is_open = self.same.get(variable as usize).is_some_and(Option::is_some);
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

    /// Gives each variable its sets, and each mask its place; `None` if a variable has too many.
    fn finish(mut self) -> Option<Circuit> {
        let mut places: Vec<usize> = vec![ALL as usize; self.masks as usize];
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
                let place = known.unwrap_or_else(|| {
                    let is_inverse = left_out.is_subset(set);
                    let is_part = |read: &ClassSet| read.intersects(set) != is_inverse;
                    let of = masks.iter().filter(|(read, _)| is_part(read)).map(|(_, mask)| *mask).collect();
                    input.derived.push(Derived { of, is_inverse, mask: next });
                    next += 1;
                    next - 1
                });
                if let Some(slot) = places.get_mut(*stand_in as usize) {
                    *slot = place;
                }
            }
            if let Some(slot) = sets.open.and_then(|stand_in| places.get_mut(stand_in as usize)) {
                *slot = open;
            }
            self.circuit.inputs.push(input);
        }
        for edge in &mut self.circuit.edges {
            if edge.mask != ALL {
                edge.mask =
                    places.get(edge.mask as usize).and_then(|mask| u32::try_from(*mask).ok()).unwrap_or(ALL);
            }
        }
        self.circuit.masks = next;
        Some(self.circuit)
    }
}

/// The sets that are read from the rows, and classes that are in none of them. All sets are unions of the first, or
/// what is in none of some; a union costs a part of what it costs to read a set.
fn basis<'s>(sets: impl Iterator<Item = &'s ClassSet> + Clone, arity: u32) -> (Vec<ClassSet>, ClassSet) {
    let mut halves: BTreeSet<ClassSet> = BTreeSet::new();
    for set in sets.clone() {
        if !halves.contains(&set.complement(arity)) {
            halves.insert(set.clone());
        }
    }
    // What no set tells apart, if that is fewer; one of them can be left out.
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
