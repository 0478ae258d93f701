//! Masks of values: decides requests that give the same attributes each time, straight from their values.
//!
//! A [`Frame`](crate::frame::Frame) reduces a value to its class, stores it, and reads the masks when it decides. Where the
//! attributes of all requests are known beforehand, a table holds the mask of each value instead, and a decision intersects
//! them as it reads the values. Values whose masks must be searched for are left for a second reading, which most requests
//! don't need: the others have decided them. Requests whose unknown attributes matter go to a frame.

mod build;
mod request;

pub use request::ValueRequest;

use crate::classify::{Classifier, Cuts};
use crate::masks::{FITS, KNOWN, certain_effect, intersect, meet};
use crate::program::Program;
use crate::sum::Sum;
use crate::variable::{UNKNOWN, VariableKind};
use build::Builder;
use placet_model::decision::Effect;
use placet_model::types::AttributeId;
use std::collections::BTreeSet;
use std::ops::{BitOr, Range};

/// The maximum number of values, or of sets of variants, whose masks are tabulated one by one.
const READ_OFF: u64 = 1024;
/// The maximum number of combinations of a set's groups whose masks are tabulated one by one.
const MAX_COMBINATIONS: u64 = 4096;
/// The maximum number of masks in all tables of a request.
const MAX_ROWS: usize = 1 << 17;
/// The number of masks of a field of bytes: a cache line more than there are bytes, so that the masks of the same byte in
/// all fields don't compete for the same lines of a cache.
const BYTES: usize = 256 + 8;
/// The maximum number of attributes of sums.
const MAX_ADDENDS: usize = 8;

/// The values that a request gives for an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Values {
    /// Ordinals of an ordered type (see [`Type::ordinals`](placet_model::types::Type::ordinals)); 0 and 1 of a `bool`.
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
    /// For each field, in their order, what every request needs.
    fields: Box<[Field<W>]>,
    /// For each field, what a search for masks and a missing value need.
    details: Box<[Details<W>]>,
    /// The cubes that the attributes which are no fields leave.
    start: [u64; W],
    /// The same without the bits of classes, which effects don't need.
    start_of_effect: [u64; W],
    sums: Box<[SumMasks<W>]>,
    /// The ordinals of the attributes of sums that are no fields.
    addends: Addends,
    /// The cubes that values whose masks must be searched for may exclude.
    searched: [u64; W],
    /// For each of the first fields, if their values are bytes, the mask of each byte.
    bytes: Box<[[[u64; W]; BYTES]]>,
    /// The cubes that the unknown attributes which are no fields can't exclude.
    certain: [u64; W],
    denials: [u64; W],
    allows: [u64; W],
}

/// The masks of the values of a request's attributes, in the width of the program's masks.
#[derive(Debug)]
pub enum AnyValueMasks {
    /// Masks of one word.
    One(ValueMasks<1>),
    /// Masks of two words.
    Two(ValueMasks<2>),
    /// Masks of four words.
    Four(ValueMasks<4>),
}

impl AnyValueMasks {
    /// Creates the masks, or `None` if requests need a frame: see [`ValueMasks::new`].
    pub fn new(program: &Program, fields: &[(AttributeId, Values)]) -> Option<Self> {
        let (masks, _) = program.empty().masks()?;
        match masks.width() {
            1 => ValueMasks::new(program, fields).map(Self::One),
            2 => ValueMasks::new(program, fields).map(Self::Two),
            _ => ValueMasks::new(program, fields).map(Self::Four),
        }
    }
}

/// The ordinals of the attributes of sums; `None` if they are unknown.
pub type Addends = [Option<i64>; MAX_ADDENDS];

/// The number of variants whose masks are in a [`Field`] itself.
const VARIANTS: usize = 16;

/// The masks of one attribute that are read off.
#[derive(Debug)]
struct Field<const W: usize> {
    /// The least scalar.
    low: i64,
    /// The mask of each scalar, or none if they aren't read off.
    rows: Box<[[u64; W]]>,
    /// For every eight variants of a set, the groups of those that a byte of the set has, if masks are read off by groups.
    groups: Box<[[u16; 256]]>,
    /// The mask of each combination of groups.
    combinations: Box<[[u64; W]]>,
    /// The distance from the least scalar to the greatest, if `rows` doesn't tell which scalars there are.
    span: Option<u64>,
    /// The place of the value among the addends of sums, beyond the last if there is none.
    addend: usize,
    /// The masks of the first variants, where a compiler that knows the variants of an enum needs no check. Other indices
    /// have masks without [`FITS`].
    variants: [[u64; W]; VARIANTS],
    /// The mask of being given, apart from the value.
    given: [u64; W],
}

/// The other masks of one attribute.
#[derive(Debug)]
struct Details<const W: usize> {
    lookup: Lookup,
    /// The masks of classes.
    rows: Box<[[u64; W]]>,
    /// The cubes that some of these masks exclude.
    tested: [u64; W],
    /// The mask of a missing value, or of `none`. `None` if the attribute is required.
    missing: Option<[u64; W]>,
    /// The cubes that no value of a missing one excludes.
    certain: [u64; W],
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
    /// The same for a set, with the groups of its variants, as in [`Field::groups`].
    Groups { classifier: Classifier, variables: usize, groups: Box<[[u64; 256]]> },
}

/// The number of masks of each of several variables of an attribute: a variable that isn't the only one has two
/// classes, and can be unknown.
const STRIDE: usize = 3;

/// A sum of several attributes, and the masks of its classes. That of an unknown class comes last.
#[derive(Debug)]
struct SumMasks<const W: usize> {
    sum: Sum,
    /// For each attribute of the sum, its place among the addends.
    addends: Box<[(AttributeId, usize)]>,
    rows: Box<[[u64; W]]>,
    /// The cubes that some class excludes.
    tested: [u64; W],
    /// The cubes that no class excludes.
    certain: [u64; W],
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
        let mut builder = Builder::new(program, masks);
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
        let mut start = *masks.all().first_chunk()?;
        let mut certain = [u64::MAX; W];
        for (number, class) in (0..).zip(empty.classes()) {
            if !own_variables.contains(&number) {
                builder.narrow(number, *class, &mut start, &mut certain);
            }
        }
        let fields: Option<Vec<(Field<W>, Details<W>)>> =
            fields.iter().map(|(id, values)| builder.field(*id, values)).collect();
        let (fields, details): (Vec<Field<W>>, Vec<Details<W>>) = fields?.into_iter().unzip();
        let mut addends = [None; MAX_ADDENDS];
        for (slot, id) in addends.iter_mut().zip(&builder.addends) {
            *slot = empty.is_known(program, *id).then(|| empty.scalar(*id));
        }
        let (denials, allows) = masks.effects();
        let (denials, allows) = (*denials.first_chunk()?, *allows.first_chunk()?);
        let mut start_of_effect = start;
        let flags = std::iter::repeat_n(0, W - 1).chain([KNOWN | FITS]);
        for (word, (flags, (denials, allows))) in
            start_of_effect.iter_mut().zip(flags.zip(denials.iter().zip(&allows)))
        {
            *word &= flags | denials | allows;
        }
        let mut searched = [0_u64; W];
        for details in &details {
            searched.iter_mut().zip(details.tested).for_each(|(all, own)| *all |= own);
        }
        let (fields, details, sums) = (fields.into(), details.into(), sums.into());
        Some(Self {
            fields,
            details,
            start,
            start_of_effect,
            sums,
            addends,
            searched,
            bytes: Box::default(),
            certain,
            denials,
            allows,
        })
    }

    /// Returns the number of fields.
    #[inline]
    pub fn fields(&self) -> usize {
        self.fields.len()
    }

    /// Returns true if there are sums of attributes: [`ValueMasks::request`] isn't enough.
    #[inline]
    pub fn has_sums(&self) -> bool {
        !self.sums.is_empty()
    }

    /// Returns the ordinals of the attributes of sums that are no fields, for [`ValueMasks::request_with`].
    pub fn addends(&self) -> Addends {
        self.addends
    }

    #[inline]
    fn effect_of(&self, left: &[u64; W]) -> Effect {
        if !meet(left, &self.denials) & meet(left, &self.allows) { Effect::Allow } else { Effect::Deny }
    }

    /// Returns the effect if missing values don't matter, which can't exclude the cubes of `certain` that are left.
    #[cold]
    #[inline(never)]
    fn certain_effect(&self, left: [u64; W], mut certain: [u64; W]) -> Option<Effect> {
        intersect(&mut certain, &self.certain);
        intersect(&mut certain, &left);
        certain_effect(&left, &certain, &self.denials, &self.allows)
    }
}

impl<const W: usize> Details<W> {
    /// Returns the cubes that a scalar whose mask isn't read off leaves of `left`. `None` if the attribute has no such
    /// scalars.
    #[inline(never)]
    fn scalar(&self, scalar: i64, left: [u64; W]) -> Option<[u64; W]> {
        match &self.lookup {
            Lookup::Cuts(cuts) => {
                let mut left = left;
                intersect(&mut left, self.rows.get(cuts.class(scalar) as usize)?);
                Some(left)
            }
            Lookup::Groups { classifier, variables, groups } => {
                let mask = union(groups, scalar.cast_unsigned());
                self.all(left, *variables, |index| classifier.set(index, &[mask]))
            }
            Lookup::ReadOff | Lookup::Text { .. } => None,
        }
    }

    /// Returns the cubes that a text leaves of `left`. `None` if the attribute has no text.
    #[inline(never)]
    fn text(&self, text: &str, left: [u64; W]) -> Option<[u64; W]> {
        match &self.lookup {
            Lookup::Text { classifier, variables } => {
                self.all(left, *variables, |index| classifier.text(index, text))
            }
            _ => None,
        }
    }

    /// Returns the cubes that a value leaves of `left`, given its class for each of several variables. `None` if there is
    /// no such class.
    fn all(
        &self,
        mut left: [u64; W],
        variables: usize,
        class: impl Fn(usize) -> Option<u32>,
    ) -> Option<[u64; W]> {
        for index in 0..variables {
            intersect(&mut left, self.rows.get(index * STRIDE + class(index)? as usize)?);
        }
        Some(left)
    }
}

/// Returns the groups of the variants in a set, given those of each byte of it.
#[inline(always)]
fn union<T: Copy + Default + BitOr<Output = T>>(groups: &[[T; 256]], set: u64) -> T {
    let of_bytes = groups.iter().zip(set.to_le_bytes());
    of_bytes.fold(T::default(), |all, (groups, byte)| {
        all | groups.get(usize::from(byte)).copied().unwrap_or_default()
    })
}

impl<const W: usize> SumMasks<W> {
    /// Excludes the cubes of other classes than that of the sum. `None` if there is no such class.
    #[cold]
    fn narrow(&self, addends: &Addends, left: &mut [u64; W], certain: &mut [u64; W]) -> Option<()> {
        let ordinal = |id: AttributeId| {
            let (_, place) = self.addends.iter().find(|(known, _)| *known == id)?;
            addends.get(*place).copied().flatten()
        };
        let mask = match self.sum.class(&ordinal) {
            Some(class) => self.rows.get(class as usize)?,
            None => {
                intersect(certain, &self.certain);
                self.rows.last()?
            }
        };
        intersect(left, mask);
        Some(())
    }
}
