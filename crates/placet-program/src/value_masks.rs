//! Masks of values: decides requests that give the same attributes each time, straight from their values.
//!
//! A [`Frame`] reduces a value to its class, stores it, and reads the masks when it decides. Where the attributes of all
//! requests are known beforehand, a table holds the mask of each value instead, and a decision intersects them as it
//! reads the values. Values whose masks must be searched for are left for a second reading, which most requests don't
//! need: the others have decided them. Requests whose unknown attributes matter go to a frame.

use crate::classify::{Classifier, Cuts};
use crate::frame::Frame;
use crate::masks::{FITS, KNOWN, Masks, TOLD, certain_effect, intersect, meet};
use crate::program::{Determined, Program};
use crate::sum::Sum;
use crate::variable::{UNKNOWN, VariableKind};
use placet_model::BitSet;
use placet_model::decision::Effect;
use placet_model::request::ValueError;
use placet_model::types::{AttributeId, Members, Presence, Type};
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
        let mut builder = Builder { program, masks, rows: 0, addends: Vec::new() };
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

    /// Tabulates the masks of the first `count` fields, whose values are bytes, for [`ValueRequest::bytes`]: `give` gives
    /// the value that a byte stands for in the field with this index. Does nothing if a sum reads such a field, or if there
    /// would be too many masks.
    pub fn tabulate(&mut self, count: usize, give: impl Fn(&mut ValueRequest<'_, W>, usize, u8)) {
        let fields = self.fields.get(..count).unwrap_or_default();
        if count > MAX_ROWS / BYTES || fields.iter().any(|field| field.addend < MAX_ADDENDS) {
            return;
        }
        let mask = |at: usize, byte: usize| {
            let all = self.request(self.fields(), true, false)?;
            let mut request = ValueRequest { next: at, left: [u64::MAX; W], ..all };
            give(&mut request, at, u8::try_from(byte).ok()?);
            Some(request.left)
        };
        let of_field = |at| std::array::from_fn(|byte| mask(at, byte).unwrap_or([0; W]));
        self.bytes = (0..fields.len()).map(of_field).collect();
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

    /// Starts a request that gives values for the first `count` fields: all, for a decision. One without reasons answers
    /// with the effect only. With `defers`, values whose masks must be searched for are left for a second reading.
    /// `None` if there are fewer fields.
    ///
    /// With a constant count, a compiler drops the checks of whether there is another field.
    #[inline]
    pub fn request(&self, count: usize, has_reasons: bool, defers: bool) -> Option<ValueRequest<'_, W>> {
        let fields = self.fields.get(..count)?;
        let left = if has_reasons { self.start } else { self.start_of_effect };
        let certain = [u64::MAX; W];
        Some(ValueRequest { masks: self, fields, next: 0, defers, deferred: 0, left, certain, addends: None })
    }

    /// Like [`ValueMasks::request`], and notes the ordinals that sums need.
    #[inline]
    pub fn request_with<'m>(
        &'m self,
        count: usize,
        has_reasons: bool,
        defers: bool,
        addends: &'m mut Addends,
    ) -> Option<ValueRequest<'m, W>> {
        Some(ValueRequest { addends: Some(addends), ..self.request(count, has_reasons, defers)? })
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

/// Returns the cubes that some mask of a known class excludes.
fn tested<const W: usize>(rows: &[[u64; W]]) -> [u64; W] {
    let mut tested = [0; W];
    for row in rows.iter().filter(|row| row.last().is_some_and(|word| word & KNOWN != 0)) {
        tested.iter_mut().zip(row).for_each(|(tested, left)| *tested |= !left);
    }
    if let Some(word) = tested.last_mut() {
        *word &= !(KNOWN | TOLD);
    }
    tested
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

/// The state of building [`ValueMasks`].
struct Builder<'p> {
    program: &'p Program,
    masks: &'p Masks,
    /// The number of masks so far.
    rows: usize,
    /// The attributes of sums.
    addends: Vec<AttributeId>,
}

impl Builder<'_> {
    /// Returns the masks of a sum's classes.
    fn sum<const W: usize>(&mut self, variable: u32, sum: &Sum) -> Option<SumMasks<W>> {
        let rows: Vec<[u64; W]> = self.classes(variable, u32::try_from(sum.classes()).ok()?)?;
        let tested = tested(&rows);
        let mut addends = Vec::new();
        for id in sum.attributes() {
            let place = self.addends.iter().position(|known| *known == id).unwrap_or_else(|| {
                self.addends.push(id);
                self.addends.len() - 1
            });
            addends.push((id, place));
        }
        let (rows, certain) = (rows.into(), self.masks.always(variable).unwrap_or([u64::MAX; W]));
        let sum = SumMasks { sum: sum.clone(), addends: addends.into(), rows, tested, certain };
        (self.addends.len() <= MAX_ADDENDS).then_some(sum)
    }

    /// Returns the masks of a variable's classes, and then that of an unknown one.
    fn classes<const W: usize>(&mut self, variable: u32, classes: u32) -> Option<Vec<[u64; W]>> {
        self.take(classes as usize + 1)?;
        let mask = |class| self.masks.mask(variable, class).unwrap_or([u64::MAX; W]);
        Some((0..classes).chain([UNKNOWN]).map(mask).collect())
    }

    /// Counts masks. `None` if there are too many.
    fn take(&mut self, rows: usize) -> Option<()> {
        self.rows = self.rows.checked_add(rows).filter(|rows| *rows <= MAX_ROWS)?;
        Some(())
    }

    /// Returns the masks of an attribute's values.
    fn field<const W: usize>(&mut self, id: AttributeId, values: &Values) -> Option<(Field<W>, Details<W>)> {
        let program = self.program;
        let attribute = program.model().attribute(id)?;
        let plan = program.plan(id)?;
        let mut frame = program.frame();
        frame.put_null(program, id);
        let is_required = attribute.presence == Presence::Required && !attribute.is_optional();
        let addend = self.addends.iter().position(|known| *known == id);
        let (missing, certain) = self.own(&frame, id);
        let mut field = Field {
            low: 0,
            rows: Box::default(),
            groups: Box::default(),
            combinations: Box::default(),
            span: None,
            addend: addend.unwrap_or(MAX_ADDENDS),
            variants: [[0; W]; VARIANTS],
            given: [u64::MAX; W],
        };
        let mut details = Details {
            lookup: Lookup::ReadOff,
            rows: Box::default(),
            tested: [0; W],
            missing: (!is_required).then_some(missing),
            certain,
            missing_addend: frame.is_known(program, id).then(|| frame.scalar(id)),
        };
        for variable in [plan.missing, plan.none].into_iter().flatten() {
            if let Some(mask) = self.masks.mask(variable, 0) {
                intersect(&mut field.given, &mask);
            }
        }
        match (values, &attribute.kind) {
            (Values::Scalars, Type::Bool) => {
                field.rows = self.rows(0..2, &mut frame, id, |frame, symbol| {
                    frame.put_symbol(program, id, u32::from(symbol == 1))
                })?;
            }
            (Values::Scalars, kind) => {
                let (low, high) = kind.ordinals()?;
                field.low = low;
                let span = high.wrapping_sub(low).cast_unsigned();
                let put = |frame: &mut Frame, ordinal: i64| frame.put_ordinal(program, id, ordinal);
                if span < READ_OFF && addend.is_none() {
                    field.rows = self.rows(low..=high, &mut frame, id, put)?;
                } else {
                    let cuts = match &plan.classifier {
                        Classifier::Ordered(cuts) => cuts.clone(),
                        _ => Cuts::new([]),
                    };
                    // One value stands for its class.
                    let starts = [low].into_iter().chain(cuts.starts().iter().copied());
                    details.rows =
                        self.rows(starts.map(|start| start.clamp(low, high)), &mut frame, id, put)?;
                    details.lookup = Lookup::Cuts(cuts);
                    field.span = Some(span);
                }
            }
            (Values::Variants(variants), Type::Symbol(_)) => {
                field.rows = self.rows(variants, &mut frame, id, |frame, symbols| match symbols.len() {
                    1 => frame.put_symbol(program, id, symbols.start),
                    _ => frame.put_leaf_range(program, id, symbols.clone()),
                })?;
            }
            (Values::Sets(variants), Type::Set { of: Members::Symbols(universe), may_be_empty }) => {
                let sets = 1_u64.checked_shl(u32::try_from(variants.len()).ok()?)?;
                let low = u64::from(!may_be_empty);
                field.low = low.cast_signed();
                if sets <= READ_OFF {
                    field.rows = self.rows(low..sets, &mut frame, id, |frame, bits| {
                        let chosen = variants.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1);
                        let symbols =
                            BitSet::from_iter(universe.len(), chosen.flat_map(|(_, all)| all.clone()));
                        frame.put_symbols(program, id, symbols.words())
                    })?;
                } else {
                    field.span = Some(sets - 1 - low);
                    details.rows = self.all_classes(id)?;
                    details.lookup = self.groups(id, variants)?;
                    // Otherwise masks are searched for.
                    let _ = self.combine(&mut field, &mut details);
                }
            }
            (Values::Texts, Type::String) => {
                let (classifier, variables) = (plan.classifier.clone(), plan.variables.len());
                details.lookup = Lookup::Text { classifier, variables };
                details.rows = self.all_classes(id)?;
            }
            _ => return None,
        }
        details.tested = tested(&details.rows);
        field.variants.iter_mut().zip(&field.rows).for_each(|(variant, row)| *variant = *row);
        Some((field, details))
    }

    /// Returns the masks of values of an attribute, each put into a frame.
    fn rows<T, const W: usize>(
        &mut self,
        values: impl IntoIterator<Item = T>,
        frame: &mut Frame,
        id: AttributeId,
        put: impl Fn(&mut Frame, T) -> Result<(), ValueError>,
    ) -> Option<Box<[[u64; W]]>> {
        let mut rows = Vec::new();
        for value in values {
            self.take(1)?;
            put(frame, value).ok()?;
            let (mask, certain) = self.own(frame, id);
            // An inner node is one of its leaves, but it is not known which: a frame judges it, like a value that doesn't fit.
            rows.push(if certain == [u64::MAX; W] { mask } else { [0; W] });
        }
        Some(rows.into())
    }

    /// Returns the groups of a set's variants. `None` if there are more groups than fit in a word.
    fn groups(&mut self, id: AttributeId, variants: &[Range<u32>]) -> Option<Lookup> {
        let plan = self.program.plan(id)?;
        let classifier = plan.classifier.clone();
        let variables = plan.variables.len();
        let words = classifier.mask_words(variables);
        if words > 1 {
            return None;
        }
        let of_variant = |symbols: &Range<u32>| {
            let symbols = BitSet::from_iter(symbols.end, symbols.clone());
            let mut mask = vec![0; words];
            if let Some(groups) = classifier.groups() {
                groups.mark_symbols(symbols.words(), &mut mask);
            }
            mask.first().copied().unwrap_or(0)
        };
        let of_eight = |eight: &[Range<u32>]| {
            let groups: Vec<u64> = eight.iter().map(of_variant).collect();
            std::array::from_fn(|bits| {
                let chosen = groups.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1);
                chosen.fold(0, |all, (_, groups)| all | groups)
            })
        };
        let groups = variants.chunks(8).map(of_eight).collect();
        Some(Lookup::Groups { classifier, variables, groups })
    }

    /// Tabulates the mask of each combination of a set's groups. `None` if there are too many.
    fn combine<const W: usize>(&mut self, field: &mut Field<W>, details: &mut Details<W>) -> Option<()> {
        let Lookup::Groups { classifier, variables, groups } = &details.lookup else { return None };
        let used = groups.iter().flatten().fold(0, |all, groups| all | groups);
        let combinations = 1_u64.checked_shl(u64::BITS - used.leading_zeros())?;
        if combinations > MAX_COMBINATIONS {
            return None;
        }
        self.take(combinations as usize)?;
        let mask = |combination: u64| {
            let class = |index| classifier.set(index, &[combination]);
            details.all(field.given, *variables, class).unwrap_or([0; W])
        };
        let narrow = |groups: &[u64; 256]| groups.map(|groups| groups as u16);
        (field.combinations, field.groups) =
            ((0..combinations).map(mask).collect(), groups.iter().map(narrow).collect());
        (details.rows, details.lookup) = (Box::default(), Lookup::ReadOff);
        Some(())
    }

    /// Returns the masks of the classes of an attribute's variables, [`STRIDE`] for each if there are several.
    fn all_classes<const W: usize>(&mut self, id: AttributeId) -> Option<Box<[[u64; W]]>> {
        let mut rows = Vec::new();
        for variable in &self.program.plan(id)?.variables {
            let classes = self.program.variables().get(*variable as usize)?.classes;
            rows.extend(self.classes(*variable, classes)?);
        }
        Some(rows.into())
    }

    /// Returns the intersection of the masks of an attribute's own variables in a frame, and the cubes that the unknown
    /// ones can't exclude.
    fn own<const W: usize>(&self, frame: &Frame, id: AttributeId) -> ([u64; W], [u64; W]) {
        let (mut left, mut certain) = ([u64::MAX; W], [u64::MAX; W]);
        let Some(plan) = self.program.plan(id) else { return (left, certain) };
        let variables = plan.variables.iter().copied().chain(plan.missing).chain(plan.none);
        for variable in variables {
            let class = frame.classes().get(variable as usize).copied().unwrap_or(UNKNOWN);
            self.narrow(variable, class, &mut left, &mut certain);
        }
        (left, certain)
    }

    /// Excludes the cubes of other classes of a variable from `left`; for an unknown class, those of any from `certain`.
    fn narrow<const W: usize>(&self, variable: u32, class: u32, left: &mut [u64; W], certain: &mut [u64; W]) {
        if let Some(mask) = self.masks.mask(variable, class) {
            intersect(left, &mask);
        }
        if class == UNKNOWN
            && let Some(always) = self.masks.always(variable)
        {
            intersect(certain, &always);
        }
    }
}

/// A request in progress: the cubes that its values leave. The values are given in the order of the fields.
///
/// It takes the values whose masks are read off, and either all others or, in a second reading, those that a first has
/// left. Its methods only read off masks or call functions that don't see it, and are always inlined, so that a compiler
/// keeps it in registers.
#[derive(Debug)]
pub struct ValueRequest<'m, const W: usize, const SECOND: bool = false> {
    masks: &'m ValueMasks<W>,
    fields: &'m [Field<W>],
    /// The index of the next field.
    next: usize,
    /// True if values whose masks must be searched for are left for a second reading.
    defers: bool,
    /// The fields that a first reading has left and the second hasn't found yet: one bit each, by their index modulo 64.
    deferred: u64,
    /// The cubes that are left. Empty, without [`FITS`], if a value doesn't fit its attribute or needs a frame.
    left: [u64; W],
    /// The cubes that no missing value of a field can exclude.
    certain: [u64; W],
    addends: Option<&'m mut Addends>,
}

impl<'m, const W: usize, const SECOND: bool> ValueRequest<'m, W, SECOND> {
    /// Gives an ordinal.
    ///
    /// Cost: a comparison and a load for attributes of few values, otherwise a search among the cuts.
    #[inline(always)]
    pub fn scalar(&mut self, scalar: i64) {
        let at = self.advance();
        match self.fields.get(at) {
            Some(field) => self.scalar_of(at, field, scalar),
            None => self.strike(None),
        }
    }

    /// Gives the bits of a set of at most 63 variants.
    ///
    /// Cost: a load for every eight variants and one for the mask; sets of variants that the policy tells apart in many ways
    /// are searched for.
    #[inline(always)]
    pub fn set(&mut self, bits: u64) {
        let at = self.advance();
        let Some(field) = self.fields.get(at) else { return self.strike(None) };
        if field.groups.is_empty() {
            return self.scalar_of(at, field, bits.cast_signed());
        }
        let fits = field.span.is_some_and(|span| bits.wrapping_sub(field.low.cast_unsigned()) <= span);
        self.strike(field.combinations.get(usize::from(union(&field.groups, bits))).filter(|_| fits));
    }

    #[inline(always)]
    fn scalar_of(&mut self, at: usize, field: &Field<W>, scalar: i64) {
        let distance = scalar.wrapping_sub(field.low).cast_unsigned();
        match usize::try_from(distance).ok().and_then(|distance| field.rows.get(distance)) {
            Some(mask) => self.strike(Some(mask)),
            // One comparison checks both ends.
            None if field.span.is_some_and(|span| distance <= span) => {
                self.strike(Some(&field.given));
                self.search(at, |details, left| details.scalar(scalar, left));
                self.note(field, Some(scalar));
            }
            None => self.strike(None),
        }
    }

    /// Gives the index of a variant, or 0 or 1 for a `bool`: one of the values of the field.
    #[inline(always)]
    pub fn variant(&mut self, index: usize) {
        let at = self.advance();
        self.strike(self.fields.get(at).and_then(|field| match index < VARIANTS {
            true => field.variants.get(index),
            false => field.rows.get(index),
        }));
    }

    /// Gives the values of the first fields as bytes. Returns false, and gives none, if their masks aren't tabulated.
    ///
    /// Cost: a load for each.
    #[inline(always)]
    pub fn bytes(&mut self, bytes: impl ExactSizeIterator<Item = u8>) -> bool {
        let tables = &self.masks.bytes;
        if tables.len() != bytes.len() || self.next != 0 {
            return false;
        }
        self.next = tables.len();
        if !SECOND {
            for (table, byte) in tables.iter().zip(bytes) {
                self.strike(table.get(usize::from(byte)));
            }
        }
        true
    }

    /// Gives a text. Cost: a hash look-up, and a step for each byte if the policy has patterns.
    #[inline(always)]
    pub fn text(&mut self, text: &str) {
        let at = self.advance();
        match (self.fields.get(at), self.masks.details.get(at)) {
            (Some(field), Some(Details { lookup: Lookup::Text { .. }, .. })) => {
                self.strike(Some(&field.given));
                self.search(at, |details, left| details.text(text, left));
            }
            _ => self.strike(None),
        }
    }

    /// Leaves a value out: it is missing, or `none` if the attribute is optional.
    #[inline(always)]
    pub fn missing(&mut self) {
        let at = self.advance();
        let details = self.masks.details.get(at);
        self.strike(details.and_then(|details| details.missing.as_ref()));
        if let Some(details) = details {
            intersect(&mut self.certain, &details.certain);
        }
        if let Some(field) = self.fields.get(at) {
            self.note(field, details.and_then(|details| details.missing_addend));
        }
    }

    /// Gives a value that the attribute can't have, or that only a frame can judge.
    #[inline(always)]
    pub fn unfit(&mut self) {
        self.advance();
        self.strike(None);
    }

    #[inline(always)]
    fn advance(&mut self) -> usize {
        self.next += 1;
        self.next - 1
    }

    /// Intersects a mask that is read off, which a second reading needn't do again. `None` is for a value that doesn't
    /// fit.
    #[inline(always)]
    fn strike(&mut self, mask: Option<&[u64; W]>) {
        match mask {
            None => self.left = [0; W],
            Some(_) if SECOND => {}
            Some(mask) => intersect(&mut self.left, mask),
        }
    }

    /// Intersects a mask that must be searched for, if it makes a difference and no second reading follows.
    #[inline(always)]
    fn search(&mut self, at: usize, search: impl FnOnce(&Details<W>, [u64; W]) -> Option<[u64; W]>) {
        if SECOND | self.defers {
            self.deferred ^= 1 << (at % 64);
        }
        if !self.defers
            && let Some(details) = self.masks.details.get(at)
            && meet(&self.left, &details.tested)
        {
            self.left = search(details, self.left).unwrap_or([0; W]);
        }
    }

    /// Notes the ordinal of an attribute that a sum reads.
    #[inline(always)]
    fn note(&mut self, field: &Field<W>, value: Option<i64>) {
        if let Some(addends) = &mut self.addends
            && let Some(slot) = addends.get_mut(field.addend)
        {
            *slot = value;
        }
    }

    /// Returns true if a second reading can't change the effect or, with reasons, what determines it.
    #[inline(always)]
    pub fn is_settled(&self, has_reasons: bool) -> bool {
        let Self { masks, left, .. } = self;
        let has_rest = meet(left, &masks.searched) & (has_reasons | meet(left, &masks.allows));
        !self.defers | !has_rest | !self.fits()
    }

    /// Starts the second reading. It decides only if it finds the fields that the first has left.
    #[inline(always)]
    pub fn read_again(self) -> ValueRequest<'m, W, true> {
        let Self { masks, fields, next, deferred, left, certain, addends, .. } = self;
        let left = if next == fields.len() { left } else { [0; W] };
        ValueRequest { masks, fields, next: 0, defers: false, deferred, left, certain, addends }
    }

    /// Returns true if the values so far fit.
    #[inline(always)]
    fn fits(&self) -> bool {
        self.left.last().is_some_and(|word| word & FITS != 0)
    }

    /// Returns the effect, or `None` if a value doesn't fit, or the effect may depend on one that is missing or wasn't
    /// searched for: a frame tells.
    #[inline(always)]
    pub fn effect(self) -> Option<Effect> {
        let masks = self.masks;
        let (left, certain) = self.left(false)?;
        let is_known = left.last().is_some_and(|word| word & KNOWN != 0);
        match is_known | !meet(&left, &masks.allows) {
            true => Some(masks.effect_of(&left)),
            false => masks.certain_effect(left, certain),
        }
    }

    /// Returns the effect with the alternatives of the determining rules, or `None` if a value doesn't fit, is missing, or
    /// wasn't searched for and may matter.
    #[inline(always)]
    pub fn determined(self) -> Option<Determined> {
        let masks = self.masks;
        let (left, _) = self.left(true)?;
        let is_told = left.last().is_some_and(|word| word & TOLD != 0);
        let mut wide = [0; 4];
        wide.iter_mut().zip(left).for_each(|(word, left)| *word = left);
        is_told.then(|| Determined { effect: masks.effect_of(&left), left: wide })
    }

    /// Returns the cubes that are left, and those that no missing value of a field can exclude. `None` if a value doesn't
    /// fit, or one that may matter wasn't searched for.
    #[inline(always)]
    fn left(self, has_reasons: bool) -> Option<([u64; W], [u64; W])> {
        if !self.is_settled(has_reasons) || SECOND && self.deferred != 0 {
            return None;
        }
        let Self { masks, fields, next, mut left, mut certain, addends, .. } = self;
        match addends {
            Some(addends) => {
                for sum in &masks.sums {
                    // A sum that makes no difference any more isn't computed.
                    if meet(&left, &sum.tested) {
                        sum.narrow(addends, &mut left, &mut certain)?;
                    }
                }
            }
            None if masks.sums.is_empty() => {}
            None => return None,
        }
        // A field without a value would leave what it must strike out.
        let is_whole = next == fields.len() && fields.len() == masks.fields.len();
        left.last().is_some_and(|word| is_whole && word & FITS != 0).then_some((left, certain))
    }
}
