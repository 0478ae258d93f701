//! Builds the masks of values: puts each value, or one of each class, into a frame, and reads the masks of its classes.

use super::{
    Details, Field, Lookup, MAX_ADDENDS, MAX_COMBINATIONS, MAX_ROWS, READ_OFF, SumMasks, VARIANTS, Values,
};
use crate::classify::{Classifier, Cuts};
use crate::frame::Frame;
use crate::masks::{KNOWN, Masks, TOLD, intersect};
use crate::program::Program;
use crate::sum::Sum;
use crate::variable::UNKNOWN;
use placet_model::BitSet;
use placet_model::request::ValueError;
use placet_model::types::{AttributeId, Members, Presence, Type};
use std::ops::Range;

/// The state of building [`ValueMasks`].
pub(super) struct Builder<'p> {
    program: &'p Program,
    masks: &'p Masks,
    /// The number of masks so far.
    rows: usize,
    /// The attributes of sums.
    pub(super) addends: Vec<AttributeId>,
}

impl<'p> Builder<'p> {
    pub(super) fn new(program: &'p Program, masks: &'p Masks) -> Self {
        Self { program, masks, rows: 0, addends: Vec::new() }
    }

    /// Returns the masks of a sum's classes.
    pub(super) fn sum<const W: usize>(&mut self, variable: u32, sum: &Sum) -> Option<SumMasks<W>> {
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
    pub(super) fn field<const W: usize>(
        &mut self,
        id: AttributeId,
        values: &Values,
    ) -> Option<(Field<W>, Details<W>)> {
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
    pub(super) fn narrow<const W: usize>(
        &self,
        variable: u32,
        class: u32,
        left: &mut [u64; W],
        certain: &mut [u64; W],
    ) {
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
