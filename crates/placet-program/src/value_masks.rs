//! Masks of values: decides requests that give the same attributes each time, straight from their values.
//!
//! A [`Frame`] reduces a value to its class, stores it, and reads the masks when it decides. Where the attributes of all
//! requests are known beforehand, a table holds the mask of each value instead, and a decision intersects them as it
//! reads the values. Values that need more, and requests whose unknown attributes matter, go to a frame.

use crate::classify::{Classifier, Cuts};
use crate::frame::Frame;
use crate::masks::{KNOWN, Mask, Masks, intersect, meet};
use crate::program::Program;
use crate::sum::Sum;
use crate::variable::{UNKNOWN, VariableKind};
use placet_model::BitSet;
use placet_model::decision::Effect;
use placet_model::types::{AttributeId, Members, Presence, Type};
use std::collections::BTreeSet;
use std::ops::Range;

/// The maximum number of values, or of sets of variants, whose masks are tabulated one by one.
const READ_OFF: u64 = 1024;
/// The maximum number of masks in all tables of a request.
const MAX_ROWS: usize = 1 << 17;
/// The maximum number of attributes of sums.
const MAX_ADDENDS: usize = 8;

/// The values that a request gives for an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Values {
    /// Ordinals of an ordered type (see [`Type::ordinals`]); 0 and 1 of a `bool`.
    Scalars,
    /// Indices of variants: for each, the symbols that it stands for. Several are an inner node of a taxonomy.
    Variants(Vec<Range<u32>>),
    /// Sets of variants, one bit for each index.
    Sets(Vec<Range<u32>>),
    /// Texts.
    Texts,
}

/// The masks of the values of a request's attributes.
#[derive(Debug)]
pub struct ValueMasks<const W: usize> {
    fields: Box<[Field<W>]>,
    rows: Box<[[u64; W]]>,
    /// The cubes that the attributes which are no fields leave.
    start: [u64; W],
    sums: Box<[SumMasks]>,
    /// The ordinals of the attributes of sums that are no fields.
    addends: [Option<i64>; MAX_ADDENDS],
    denials: Mask,
    allows: Mask,
}

/// The masks of one attribute.
#[derive(Debug)]
struct Field<const W: usize> {
    /// The least scalar.
    low: i64,
    /// The distance from the least scalar to the greatest.
    span: u64,
    /// The position of the first mask in [`ValueMasks::rows`].
    first: usize,
    /// The way from a value to its mask.
    lookup: Lookup,
    /// The mask of being given, apart from the value.
    given: [u64; W],
    /// The mask of a missing value, or of `none`. `None` if the attribute is required.
    missing: Option<[u64; W]>,
    /// The place of the value among the addends of sums.
    addend: Option<usize>,
    /// The value of the addend if the attribute is missing.
    missing_addend: Option<i64>,
}

/// The way from a value to its masks.
#[derive(Debug)]
enum Lookup {
    /// A mask for each scalar or each set of variants.
    ReadOff,
    /// A mask for each interval between cuts.
    Cuts(Cuts),
    /// The masks of the classes of some variables, [`STRIDE`] for each.
    Text { classifier: Classifier, variables: usize },
    /// The same for a set with the groups of its variants.
    Groups { classifier: Classifier, variables: usize, variants: Box<[u64]>, may_be_empty: bool },
}

/// The number of masks of each of several variables of an attribute: a variable that isn't the only one has two
/// classes, and can be unknown.
const STRIDE: usize = 3;

/// A sum of several attributes, and the position of the masks of its classes.
#[derive(Debug)]
struct SumMasks {
    sum: Sum,
    /// For each attribute of the sum, its place among the addends.
    addends: Box<[(AttributeId, usize)]>,
    first: usize,
}

impl<const W: usize> ValueMasks<W> {
    /// Creates the masks of requests that give these attributes, each once.
    ///
    /// Returns `None` if the program has no masks of this width, if an attribute is related to another otherwise than
    /// by a sum, if a required attribute isn't among the fields, or if the tables would be too large. Requests then need
    /// a frame.
    pub fn new(program: &Program, fields: &[(AttributeId, Values)]) -> Option<Self> {
        let empty = program.empty();
        let (masks, _) = empty.masks().filter(|(masks, _)| masks.width() == W)?;
        let given: BTreeSet<AttributeId> = fields.iter().map(|(id, _)| *id).collect();
        if given.len() != fields.len() || program.required().iter().any(|id| !given.contains(id)) {
            return None;
        }
        let mut builder = Builder { program, masks, rows: Vec::new(), addends: Vec::new() };
        let mut own_variables = BTreeSet::new();
        let mut sums = Vec::new();
        for (number, variable) in (0..).zip(program.variables()) {
            let attributes = variable.source.attributes();
            if !attributes.iter().any(|id| given.contains(id)) || masks.mask::<W>(number, UNKNOWN).is_none() {
                continue;
            }
            own_variables.insert(number);
            match &variable.source {
                VariableKind::Sum(sum) => sums.push(builder.sum(number, sum)?),
                source if attributes.len() > 1 && source.is_relation() => return None,
                _ => {}
            }
        }
        // A variable of a companion belongs to the attribute.
        own_variables.extend(given.iter().filter_map(|id| program.plan(*id)?.none));
        let mut start = [u64::MAX; W];
        for (number, class) in (0..).zip(empty.classes()) {
            if !own_variables.contains(&number)
                && let Some(mask) = masks.mask::<W>(number, *class)
            {
                intersect(&mut start, &mask);
            }
        }
        let fields: Option<Box<[Field<W>]>> =
            fields.iter().map(|(id, values)| builder.field(*id, values)).collect();
        let mut addends = [None; MAX_ADDENDS];
        for (slot, id) in addends.iter_mut().zip(&builder.addends) {
            *slot = empty.is_known(program, *id).then(|| empty.scalar(*id));
        }
        let (denials, allows) = masks.effects();
        let rows = builder.rows.into();
        Some(Self { fields: fields?, rows, start, sums: sums.into(), addends, denials, allows })
    }

    /// Starts a request.
    #[inline]
    pub fn request(&self) -> ValueRequest<'_, W> {
        ValueRequest {
            masks: self,
            fields: self.fields.iter(),
            left: self.start,
            addends: self.addends,
            fits: true,
        }
    }

    /// Returns the size in bytes.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.rows) + size_of_val(&*self.fields)
    }
}

/// The state of building [`ValueMasks`].
struct Builder<'p, const W: usize> {
    program: &'p Program,
    masks: &'p Masks,
    rows: Vec<[u64; W]>,
    /// The attributes of sums.
    addends: Vec<AttributeId>,
}

impl<const W: usize> Builder<'_, W> {
    /// Adds the masks of a sum's classes.
    fn sum(&mut self, variable: u32, sum: &Sum) -> Option<SumMasks> {
        let first = self.rows.len();
        self.classes(variable, u32::try_from(sum.classes()).ok()?)?;
        let mut addends = Vec::new();
        for id in sum.attributes() {
            let place = self.addends.iter().position(|known| *known == id).unwrap_or_else(|| {
                self.addends.push(id);
                self.addends.len() - 1
            });
            addends.push((id, place));
        }
        (self.addends.len() <= MAX_ADDENDS).then(|| SumMasks {
            sum: sum.clone(),
            addends: addends.into(),
            first,
        })
    }

    /// Adds the masks of a variable's classes, and that of an unknown one.
    fn classes(&mut self, variable: u32, classes: u32) -> Option<()> {
        for class in (0..classes).chain([UNKNOWN]) {
            let mask = self.masks.mask(variable, class).unwrap_or([u64::MAX; W]);
            self.add(mask)?;
        }
        Some(())
    }

    fn add(&mut self, mask: [u64; W]) -> Option<()> {
        self.rows.push(mask);
        (self.rows.len() <= MAX_ROWS).then_some(())
    }

    /// Adds the masks of an attribute's values.
    fn field(&mut self, id: AttributeId, values: &Values) -> Option<Field<W>> {
        let program = self.program;
        let attribute = program.model().attribute(id)?;
        let plan = program.plan(id)?;
        let mut frame = program.frame();
        frame.put_null(program, id);
        let is_required = attribute.presence == Presence::Required && !attribute.is_optional();
        let missing = (!is_required).then(|| self.own(&frame, id));
        let addend = self.addends.iter().position(|known| *known == id);
        let missing_addend = frame.is_known(program, id).then(|| frame.scalar(id));
        let mut given = [u64::MAX; W];
        for variable in [plan.missing, plan.none].into_iter().flatten() {
            if let Some(mask) = self.masks.mask(variable, 0) {
                intersect(&mut given, &mask);
            }
        }
        let first = self.rows.len();
        let (low, span, lookup) = match (values, &attribute.kind) {
            (Values::Scalars, kind) => {
                let (low, high) = if *kind == Type::Bool { (0, 1) } else { kind.ordinals()? };
                let span = high.wrapping_sub(low).cast_unsigned();
                let put = |frame: &mut Frame, scalar: i64| match kind {
                    Type::Bool => frame.put_symbol(program, id, u32::from(scalar == 1)),
                    _ => frame.put_ordinal(program, id, scalar),
                };
                if span < READ_OFF {
                    for scalar in low..=high {
                        put(&mut frame, scalar).ok()?;
                        self.add(self.own(&frame, id))?;
                    }
                    (low, span, Lookup::ReadOff)
                } else {
                    let cuts = match &plan.classifier {
                        Classifier::Ordered(cuts) => cuts.clone(),
                        _ => Cuts::new([]),
                    };
                    // One value stands for its class.
                    for start in [low].into_iter().chain(cuts.starts().iter().copied()) {
                        put(&mut frame, start.clamp(low, high)).ok()?;
                        self.add(self.own(&frame, id))?;
                    }
                    (low, span, Lookup::Cuts(cuts))
                }
            }
            (Values::Variants(variants), Type::Symbol(_)) => {
                for symbols in variants {
                    match symbols.len() {
                        1 => frame.put_symbol(program, id, symbols.start).ok()?,
                        _ => frame.put_leaf_range(program, id, symbols.clone()).ok()?,
                    }
                    self.add(self.own(&frame, id))?;
                }
                (0, (variants.len() as u64).checked_sub(1)?, Lookup::ReadOff)
            }
            (Values::Sets(variants), Type::Set { of: Members::Symbols(universe), may_be_empty }) => {
                let sets = 1_u64.checked_shl(u32::try_from(variants.len()).ok()?)?;
                if sets <= READ_OFF {
                    for bits in u64::from(!may_be_empty)..sets {
                        let chosen = variants.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1);
                        let symbols =
                            BitSet::from_iter(universe.len(), chosen.flat_map(|(_, all)| all.clone()));
                        frame.put_symbols(program, id, symbols.words()).ok()?;
                        self.add(self.own(&frame, id))?;
                    }
                    let low = u64::from(!may_be_empty);
                    (low.cast_signed(), (sets - 1).checked_sub(low)?, Lookup::ReadOff)
                } else {
                    let lookup = self.groups(id, variants, *may_be_empty)?;
                    (0, sets - 1, lookup)
                }
            }
            (Values::Texts, Type::String) => {
                let variables = self.all_classes(id)?;
                (0, 0, Lookup::Text { classifier: plan.classifier.clone(), variables })
            }
            _ => return None,
        };
        Some(Field { low, span, first, lookup, given, missing, addend, missing_addend })
    }

    /// Adds the masks of a set's classes, and returns the groups of its variants.
    fn groups(&mut self, id: AttributeId, variants: &[Range<u32>], may_be_empty: bool) -> Option<Lookup> {
        let plan = self.program.plan(id)?;
        let classifier = plan.classifier.clone();
        let words = classifier.mask_words(plan.variables.len());
        let groups: Option<Box<[u64]>> = variants
            .iter()
            .map(|symbols| {
                let Some(groups) = classifier.groups() else { return Some(0) };
                let mut mask = vec![0; words];
                let bound = symbols.end as usize;
                let mut all = vec![0_u64; bound.div_ceil(64)];
                for symbol in symbols.clone() {
                    *all.get_mut(symbol as usize / 64)? |= 1 << (symbol % 64);
                }
                groups.mark_symbols(&all, &mut mask);
                // More groups than fit in a word need a frame.
                (words <= 1).then(|| mask.first().copied().unwrap_or(0))
            })
            .collect();
        let variables = self.all_classes(id)?;
        Some(Lookup::Groups { classifier, variables, variants: groups?, may_be_empty })
    }

    /// Adds the masks of the classes of an attribute's variables, and returns the number of variables.
    fn all_classes(&mut self, id: AttributeId) -> Option<usize> {
        let variables = &self.program.plan(id)?.variables;
        for variable in variables {
            let classes = self.program.variables().get(*variable as usize)?.classes;
            self.classes(*variable, classes)?;
        }
        Some(variables.len())
    }

    /// Returns the intersection of the masks of an attribute's own variables in a frame.
    fn own(&self, frame: &Frame, id: AttributeId) -> [u64; W] {
        let mut left = [u64::MAX; W];
        let Some(plan) = self.program.plan(id) else { return left };
        let variables = plan.variables.iter().copied().chain(plan.missing).chain(plan.none);
        for variable in variables {
            let class = frame.classes().get(variable as usize).copied().unwrap_or(UNKNOWN);
            if let Some(mask) = self.masks.mask(variable, class) {
                intersect(&mut left, &mask);
            }
        }
        left
    }
}

/// A request in progress: the cubes that its values leave. The values are given in the order of the fields.
#[derive(Debug)]
pub struct ValueRequest<'m, const W: usize> {
    masks: &'m ValueMasks<W>,
    fields: std::slice::Iter<'m, Field<W>>,
    left: [u64; W],
    addends: [Option<i64>; MAX_ADDENDS],
    /// False if a value doesn't fit its attribute, or needs a frame.
    fits: bool,
}

impl<const W: usize> ValueRequest<'_, W> {
    /// Gives a scalar: an ordinal, the index of a variant, or the bits of a set of at most 63 variants.
    ///
    /// Cost: a comparison and a load for attributes of few values, otherwise a search among the cuts or the groups.
    #[inline]
    pub fn scalar(&mut self, scalar: i64) {
        let Some(field) = self.fields.next() else { return };
        // One comparison checks both ends.
        let distance = scalar.wrapping_sub(field.low).cast_unsigned();
        if distance > field.span {
            self.fits = false;
            return;
        }
        let row = match &field.lookup {
            Lookup::ReadOff => distance as usize,
            Lookup::Cuts(cuts) => cuts.class(scalar) as usize,
            _ => return self.groups(field, scalar.cast_unsigned()),
        };
        self.strike(field.first + row);
        if let Some(addend) = field.addend {
            self.add(addend, Some(scalar));
        }
    }

    /// Gives a text.
    pub fn text(&mut self, text: &str) {
        let Some(field) = self.fields.next() else { return };
        let Lookup::Text { classifier, variables } = &field.lookup else {
            self.fits = false;
            return;
        };
        intersect(&mut self.left, &field.given);
        for index in 0..*variables {
            let class = classifier.text(index, text).unwrap_or(0);
            self.strike(field.first + index * STRIDE + class as usize);
        }
    }

    /// Leaves a value out: it is missing, or `none` if the attribute is optional.
    #[inline]
    pub fn missing(&mut self) {
        let Some(field) = self.fields.next() else { return };
        match &field.missing {
            Some(mask) => intersect(&mut self.left, mask),
            None => self.fits = false,
        }
        if let Some(addend) = field.addend {
            self.add(addend, field.missing_addend);
        }
    }

    /// Gives a value that the attribute can't have, or that only a frame can judge.
    #[inline]
    pub fn unfit(&mut self) {
        self.fields.next();
        self.fits = false;
    }

    fn groups(&mut self, field: &Field<W>, bits: u64) {
        let Lookup::Groups { classifier, variables, variants, may_be_empty } = &field.lookup else {
            self.fits = false;
            return;
        };
        if bits == 0 && !may_be_empty {
            self.fits = false;
            return;
        }
        let mut mask = 0;
        let mut rest = bits;
        while rest != 0 {
            mask |= variants.get(rest.trailing_zeros() as usize).copied().unwrap_or(0);
            rest &= rest - 1;
        }
        intersect(&mut self.left, &field.given);
        for index in 0..*variables {
            let class = classifier.set(index, &[mask]).unwrap_or(0);
            self.strike(field.first + index * STRIDE + class as usize);
        }
    }

    #[inline]
    fn strike(&mut self, row: usize) {
        match self.masks.rows.get(row) {
            Some(mask) => intersect(&mut self.left, mask),
            None => self.fits = false,
        }
    }

    #[inline]
    fn add(&mut self, place: usize, value: Option<i64>) {
        if let Some(slot) = self.addends.get_mut(place) {
            *slot = value;
        }
    }

    /// Returns the effect, or `None` if a value doesn't fit or the effect may depend on one that is missing: a frame
    /// tells.
    #[inline]
    pub fn effect(self) -> Option<Effect> {
        let masks = self.masks;
        let left = self.left()?;
        let denied = meet(&left, &masks.denials);
        if !meet(&left, &masks.allows) {
            return Some(Effect::Deny);
        }
        let is_known = left.last().is_some_and(|word| word & KNOWN != 0);
        is_known.then_some(if denied { Effect::Deny } else { Effect::Allow })
    }

    /// Returns the cubes that are left, or `None` if a value doesn't fit.
    #[inline]
    fn left(mut self) -> Option<[u64; W]> {
        let masks = self.masks;
        for sum in &masks.sums {
            self.sum(sum);
        }
        // A field without a value would leave what it must strike.
        (self.fits && self.fields.len() == 0).then_some(self.left)
    }

    fn sum(&mut self, masks: &SumMasks) {
        let addends = self.addends;
        let ordinal = |id: AttributeId| {
            let (_, place) = masks.addends.iter().find(|(known, _)| *known == id)?;
            addends.get(*place).copied().flatten()
        };
        let classes = masks.sum.classes();
        let class = masks.sum.class(&ordinal).map_or(classes, |class| class as usize);
        self.strike(masks.first + class);
    }
}
