//! Masks: (variable, class) → the cubes that this class leaves possible, one bit each.
//!
//! A request strikes cubes out: those that are left are the intersection of the masks of its classes. The request is
//! denied if a cube of a denial is left, and otherwise allowed if any other is.
//!
//! A frame intersects masks as classes are set, so a decision reads only the intersection.
//!
//! Masks exist for policies of at most [`MAX_CUBES`] cubes, each of which the [bitmaps](crate::bitmaps) represent
//! exactly. They are the rows of the bitmaps in a form that needs no indirection.

use crate::formula::FormulaId;
use crate::program::{Determined, ProgramData};
use crate::variable::UNKNOWN;
use placet_model::decision::Effect;
use std::collections::BTreeSet;

/// The maximum number of words in a mask.
const MAX_WORDS: usize = 4;

/// The number of bits that aren't those of cubes or classes.
const FLAGS: usize = 3;

/// The maximum number of cubes of a policy with masks.
pub const MAX_CUBES: usize = MAX_WORDS * 64 - FLAGS;

/// The maximum number of variables with masks.
const MAX_VARIABLES: usize = MAX_WORDS * 64;

/// A set of cubes, one bit each, denials first. Bits of classes follow, and the last bits that a program uses are
/// `KNOWN`, `TOLD` and `FITS`.
pub type Mask = [u64; MAX_WORDS];

/// The bit of the last word of a mask that tells if the class is known, for a variable that cubes test.
pub(crate) const KNOWN: u64 = 1 << 63;

/// The bit of the last word of a mask that tells if the class is known to the conditions of obligations as well.
pub(crate) const TOLD: u64 = 1 << 62;

/// The bit of the last word of a mask that tells if a value fits its attribute. Masks of classes have it.
pub(crate) const FITS: u64 = 1 << 61;

/// The masks of all classes of all variables.
///
/// The conditions of obligations aren't cubes. A mask has a bit for each class of each variable that they read, so the
/// intersection tells the classes, too.
#[derive(Debug)]
pub struct Masks {
    /// The number of words in a mask: 1, 2 or 4.
    width: usize,
    /// For each variable of the program, its masks.
    slots: Box<[Slot]>,
    /// The masks, those of one variable after the other: one for each class, one for an unknown class, and one of the
    /// cubes that no class excludes.
    rows: Box<[u64]>,
    /// The variables with masks, by their numbers.
    numbered: Box<[u32]>,
    /// The numbers of the variables that cubes test.
    tested: Mask,
    /// The classes of an empty request, for each numbered variable, as masks.
    initial: Box<[u64]>,
    /// The numbers of the variables with a known class in an empty request.
    defaults: Mask,
    /// The mask that excludes nothing.
    all: Mask,
    denials: Mask,
    allows: Mask,
    /// The variables that conditions of obligations read.
    reads: Box<[Read]>,
}

/// The masks of one variable.
#[derive(Debug, Clone, Copy)]
struct Slot {
    /// The position of the first mask in [`Masks::rows`].
    first: u32,
    classes: u32,
    /// The position of the variable's bit in [`Remaining::unset`]: its word, and the bit. No bit if it has no masks.
    word: u32,
    bit: u64,
}

/// The bits of the classes of a variable.
#[derive(Debug, Clone, Copy)]
struct Read {
    variable: u32,
    first: u32,
    classes: u32,
}

/// The cubes that a request leaves.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Remaining {
    /// The intersection of the masks of the classes that were set.
    cubes: Mask,
    /// The numbers of the variables that still have the class of an empty request.
    unset: Mask,
}

impl Remaining {
    /// Intersects with the mask of a variable's class, of one word, if the variable had no class. Returns false if it may
    /// have had one, so that the intersection is stale unless the class is the same.
    #[inline]
    pub(crate) fn put_first(&mut self, bit: u64, mask: u64) -> bool {
        let ([unset, ..], [cubes, ..]) = (&mut self.unset, &mut self.cubes);
        let is_unset = *unset & bit != 0;
        if is_unset {
            *unset &= !bit;
            *cubes &= mask;
        }
        is_unset | (bit == 0)
    }
}

impl Masks {
    /// Returns the number of words in the masks of a request's classes, or `None` if there can't be masks.
    pub fn words(parts: &ProgramData) -> Option<usize> {
        let (cubes, variables) = (parts.cubes.len(), parts.bitmaps.variables().len());
        let is_exact = parts.cubes.iter().all(|cube| cube.is_exact);
        let fits = cubes <= MAX_CUBES && variables <= MAX_VARIABLES;
        (is_exact && fits).then(|| width(cubes) * variables)
    }

    /// Creates the masks, or `None` if there can't be any.
    pub(crate) fn new(parts: &ProgramData) -> Option<Self> {
        Self::words(parts)?;
        let obligations = parts.rules.iter().flat_map(|rule| rule.obligations.iter().copied());
        // Without the bits of classes, the masks still tell effects.
        Self::telling(parts, obligations).or_else(|| Self::build(parts, &BTreeSet::new(), 0))
    }

    /// Creates masks that tell the classes that these conditions read. `None` if they have too many bits.
    pub(crate) fn telling(parts: &ProgramData, conditions: impl Iterator<Item = FormulaId>) -> Option<Self> {
        Self::build(parts, &parts.formulas.variables(conditions), TOLD)
    }

    fn build(parts: &ProgramData, read: &BTreeSet<u32>, told: u64) -> Option<Self> {
        let cubes = parts.cubes.len();
        let mut bits = cubes;
        let mut reads = Vec::new();
        for variable in read {
            let classes = parts.variables.get(*variable as usize)?.classes;
            reads.push(Read { variable: *variable, first: u32::try_from(bits).ok()?, classes });
            bits = bits.checked_add(classes as usize)?;
        }
        let indexed: Vec<u32> = parts.bitmaps.variables().collect();
        let mut numbered = indexed.clone();
        numbered.extend(read.iter().filter(|variable| !indexed.contains(variable)));
        if bits > MAX_CUBES || numbered.len() > MAX_VARIABLES {
            return None;
        }
        let width = width(bits);
        let mut all = below(bits);
        *all.get_mut(width - 1)? |= FITS;
        let denials = below(parts.denials as usize);
        let mut slots = vec![Slot { first: 0, classes: 0, word: 0, bit: 0 }; parts.variables.len()];
        let mut rows = Vec::new();
        for (number, variable) in numbered.iter().enumerate() {
            let classes = parts.variables.get(*variable as usize)?.classes;
            let slot = slots.get_mut(*variable as usize)?;
            let first = u32::try_from(rows.len()).ok()?;
            *slot = Slot { first, classes, word: u32::try_from(number / 64).ok()?, bit: 1 << (number % 64) };
            let read = reads.iter().find(|read| read.variable == *variable);
            let of_classes = read.map_or([0; MAX_WORDS], Read::bits);
            let mut always = below(cubes);
            for class in 0..classes {
                let mut mask = all;
                if number < indexed.len() {
                    let left: Mask = parts.bitmaps.first_cubes(number, class)?;
                    let others = below(cubes).map(|word| !word);
                    mask.iter_mut()
                        .zip(left.iter().zip(others))
                        .for_each(|(word, (left, other))| *word &= left | other);
                }
                intersect(&mut always, &mask);
                strike(&mut mask, &of_classes);
                if let Some(read) = read {
                    insert(&mut mask, read.first + class);
                }
                *mask.get_mut(width - 1)? |= KNOWN | told;
                rows.extend_from_slice(mask.get(..width)?);
            }
            let mut unknown = all;
            // Effects don't depend on a variable that only obligations read.
            *unknown.get_mut(width - 1)? |= if number < indexed.len() { 0 } else { KNOWN };
            rows.extend_from_slice(unknown.get(..width)?);
            rows.extend_from_slice(always.get(..width)?);
        }
        let mut allows = below(cubes);
        strike(&mut allows, &denials);
        *all.get_mut(width - 1)? |= KNOWN | told;
        Some(Self {
            width,
            slots: slots.into(),
            rows: rows.into(),
            tested: below(indexed.len()),
            numbered: numbered.into(),
            initial: Box::default(),
            defaults: [0; MAX_WORDS],
            all,
            denials,
            allows,
            reads: reads.into(),
        })
    }

    /// Sets the classes of an empty request, and returns the cubes that it leaves.
    pub(crate) fn begin_with(&mut self, classes: &[u32]) -> Remaining {
        let mut initial = Vec::new();
        for (number, variable) in (0..).zip(&self.numbered) {
            let class = classes.get(*variable as usize).copied().unwrap_or(UNKNOWN);
            initial.extend_from_slice(self.row(*variable, class).unwrap_or_default());
            if class != UNKNOWN {
                insert(&mut self.defaults, number);
            }
        }
        self.initial = initial.into();
        Remaining { cubes: self.all, unset: below(self.numbered.len()) }
    }

    /// Notes that the class of a variable, `before` until now, is `class`, which `classes` has already.
    #[inline]
    pub(crate) fn put(
        &self,
        request: &mut Remaining,
        classes: &[u32],
        variable: u32,
        (before, class): (u32, u32),
    ) {
        let Some(slot) = self.slots.get(variable as usize) else { return };
        let Some(unset) = request.unset.get_mut(slot.word as usize) else { return };
        if *unset & slot.bit != 0 {
            *unset &= !slot.bit;
            self.intersect(&mut request.cubes, slot, class);
        } else if class != before && slot.bit != 0 {
            self.put_again(request, classes);
        }
    }

    /// Intersects the masks of all classes that were set: a mask can't be taken out of an intersection.
    #[cold]
    pub(crate) fn put_again(&self, request: &mut Remaining, classes: &[u32]) {
        request.cubes = self.all;
        for (slot, class) in self.slots.iter().zip(classes) {
            let is_unset = request.unset.get(slot.word as usize).is_some_and(|word| word & slot.bit != 0);
            if slot.bit != 0 && !is_unset {
                self.intersect(&mut request.cubes, slot, *class);
            }
        }
    }

    #[inline]
    fn intersect(&self, cubes: &mut Mask, slot: &Slot, class: u32) {
        // One word is the most frequent width, and small enough to be inlined.
        if self.width > 1 {
            self.intersect_wide(cubes, slot, class);
        } else if let ([word, ..], Some(mask)) = (cubes, self.rows.get(slot.first as usize + slot.row(class)))
        {
            *word &= mask;
        }
    }

    #[inline(never)]
    fn intersect_wide(&self, cubes: &mut Mask, slot: &Slot, class: u32) {
        let first = slot.first as usize + slot.row(class) * self.width;
        let masks = self.rows.get(first..first + self.width).unwrap_or_default();
        cubes.iter_mut().zip(masks).for_each(|(word, mask)| *word &= mask);
    }

    /// Returns the effect of a request whose classes were all set to known ones, otherwise `None`.
    #[inline]
    pub(crate) fn effect_if_set(&self, request: &Remaining) -> Option<Effect> {
        if request.unset != [0; MAX_WORDS] || request.cubes.get(self.width - 1)? & KNOWN == 0 {
            return None;
        }
        Some(self.effect_of_cubes(&request.cubes))
    }

    #[inline]
    fn effect_of_cubes(&self, cubes: &Mask) -> Effect {
        let is_allowed = match (self.width, cubes, &self.denials, &self.allows) {
            (1, [left, ..], [denials, ..], [allows, ..]) => (left & denials == 0) & (left & allows != 0),
            _ => !meet(cubes, &self.denials) & meet(cubes, &self.allows),
        };
        if is_allowed { Effect::Allow } else { Effect::Deny }
    }

    /// Returns the effect of a request, or `None` if it depends on an unknown class.
    pub(crate) fn effect(&self, request: &Remaining, classes: &[u32]) -> Option<Effect> {
        let left = self.left(request);
        let is_known = left.get(self.width - 1)? & KNOWN != 0;
        if is_known || !meet(&left, &self.allows) {
            return Some(self.effect_of_cubes(&left));
        }
        certain_effect(&left, &self.certain(left, classes), &self.denials, &self.allows)
    }

    /// Returns the cubes of those left that hold whatever the unknown classes are.
    fn certain(&self, left: Mask, classes: &[u32]) -> Mask {
        let mut certain = left;
        let unknown = self.slots.iter().zip(classes).filter(|(_, class)| **class == UNKNOWN);
        for (slot, _) in unknown.filter(|(slot, _)| slot.bit != 0) {
            let masks = self.always_row(slot);
            certain.iter_mut().zip(masks).take(self.width).for_each(|(word, mask)| *word &= mask);
        }
        certain
    }

    /// Returns the effect of a request with the bits that tell its reasons, or `None` if a class is unknown.
    #[inline]
    pub(crate) fn determined(&self, request: &Remaining) -> Option<Determined> {
        if request.unset == [0; MAX_WORDS] {
            return self.determined_by(&request.cubes);
        }
        let mut left = request.cubes;
        self.intersect_unset(&mut left, request.unset);
        self.determined_by(&left)
    }

    #[inline]
    fn determined_by(&self, left: &Mask) -> Option<Determined> {
        let is_told = left.get(self.width - 1)? & TOLD != 0;
        is_told.then(|| Determined { effect: self.effect_of_cubes(left), left: *left })
    }

    /// Returns the cubes of an effect among those that a request leaves.
    #[inline]
    pub(crate) fn of_effect(&self, effect: Effect, left: &Mask) -> Mask {
        let mut cubes = if effect == Effect::Allow { self.allows } else { self.denials };
        intersect(&mut cubes, left);
        cubes
    }

    /// Returns the classes that conditions of obligations read, by variable.
    pub(crate) fn classes(&self, left: &Mask) -> Vec<u32> {
        let mut classes = Vec::new();
        for read in &self.reads {
            classes.resize(read.variable as usize + 1, UNKNOWN);
            let mut bits = read.bits();
            intersect(&mut bits, left);
            if let (Some(class), Some(bit)) = (classes.last_mut(), take_first(&mut bits)) {
                *class = bit - read.first;
            }
        }
        classes
    }

    /// Visits, in ascending order, the cubes from `first` up to, but excluding, `end` that a request leaves, until a visit
    /// returns `false`. An unknown class excludes no cube.
    pub(crate) fn visit(
        &self,
        request: &Remaining,
        first: u32,
        end: u32,
        mut visit: impl FnMut(u32) -> bool,
    ) {
        let mut left = self.left(request);
        while let Some(cube) = take_first(&mut left) {
            if (first..end).contains(&cube) && !visit(cube) {
                return;
            }
        }
    }

    /// Returns the cubes that a request leaves, with the bits of its classes.
    fn left(&self, request: &Remaining) -> Mask {
        let mut left = request.cubes;
        self.intersect_unset(&mut left, request.unset);
        left
    }

    #[inline(never)]
    fn intersect_unset(&self, left: &mut Mask, unset: Mask) {
        let mut defaults = unset;
        intersect(&mut defaults, &self.defaults);
        let mut unknown = unset;
        strike(&mut unknown, &self.defaults);
        while let Some(number) = take_first(&mut defaults) {
            let masks = self.initial.get(number as usize * self.width..).unwrap_or_default();
            left.iter_mut().zip(masks).take(self.width).for_each(|(word, mask)| *word &= mask);
        }
        // Unknown classes exclude no cubes.
        if let Some(word) = left.get_mut(self.width - 1) {
            *word &= if meet(&unknown, &self.tested) { !(KNOWN | TOLD) } else { u64::MAX };
            *word &= if unknown == [0; MAX_WORDS] { u64::MAX } else { !TOLD };
        }
    }

    /// Returns the number of words in a mask.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Returns the mask that excludes nothing.
    pub(crate) fn all(&self) -> Mask {
        self.all
    }

    /// Returns the cubes of denials, and those of allows.
    pub(crate) fn effects(&self) -> (Mask, Mask) {
        (self.denials, self.allows)
    }

    /// Returns true if some cube tests the variable and an empty request leaves it unknown.
    pub(crate) fn is_tested(&self, variable: u32) -> bool {
        let number = (0..).zip(&self.numbered).find(|(_, numbered)| **numbered == variable);
        number.is_some_and(|(number, _)| contains(&self.tested, number) && !contains(&self.defaults, number))
    }

    /// Returns the bit of a variable for [`Remaining::put_first`]: 0 if it has no masks. `None` if its masks, or the bit,
    /// don't fit in one word.
    pub(crate) fn first_word_bit(&self, variable: u32) -> Option<u64> {
        let slot = self.slots.get(variable as usize)?;
        (slot.bit == 0 || (self.width == 1 && slot.word == 0)).then_some(slot.bit)
    }

    /// Returns the first word of the mask of a class, or of [`UNKNOWN`].
    pub(crate) fn first_word(&self, variable: u32, class: u32) -> u64 {
        self.row(variable, class).and_then(|row| row.first().copied()).unwrap_or(u64::MAX)
    }

    /// Returns the mask of a class, or of [`UNKNOWN`]. `None` if the variable has none.
    pub(crate) fn mask<const W: usize>(&self, variable: u32, class: u32) -> Option<[u64; W]> {
        self.row(variable, class)?.first_chunk().copied()
    }

    /// Returns the cubes that no class of a variable excludes. `None` if the variable has no masks.
    pub(crate) fn always<const W: usize>(&self, variable: u32) -> Option<[u64; W]> {
        let slot = self.slots.get(variable as usize).filter(|slot| slot.bit != 0)?;
        self.always_row(slot).first_chunk().copied()
    }

    /// Returns the words of [`Masks::always`], with more behind them.
    fn always_row(&self, slot: &Slot) -> &[u64] {
        // The mask after that of an unknown class.
        let row = slot.row(UNKNOWN) + 1;
        self.rows.get(slot.first as usize + row * self.width..).unwrap_or_default()
    }

    /// Returns the words of [`Masks::mask`].
    pub(crate) fn row(&self, variable: u32, class: u32) -> Option<&[u64]> {
        let slot = self.slots.get(variable as usize).filter(|slot| slot.bit != 0)?;
        let first = slot.first as usize + slot.row(class) * self.width;
        self.rows.get(first..first + self.width)
    }

    /// Returns the size in bytes.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.rows) + size_of_val(&*self.slots) + size_of_val(&*self.initial)
    }
}

impl Slot {
    /// Returns the number of the mask of a class. That of an unknown class follows those of the classes.
    #[inline]
    fn row(&self, class: u32) -> usize {
        class.min(self.classes) as usize
    }
}

impl Read {
    /// Returns the bits of all classes.
    fn bits(&self) -> Mask {
        let mut bits = below((self.first + self.classes) as usize);
        strike(&mut bits, &below(self.first as usize));
        bits
    }
}

/// Returns the number of words in masks of this many bits, besides the flags.
fn width(bits: usize) -> usize {
    match (bits + FLAGS).div_ceil(64) {
        0 | 1 => 1,
        2 => 2,
        _ => MAX_WORDS,
    }
}

/// Returns the mask of the bits with a number below `count`.
fn below(count: usize) -> Mask {
    std::array::from_fn(|word| match count.saturating_sub(word * 64) {
        0 => 0,
        bits if bits >= 64 => u64::MAX,
        bits => (1 << bits) - 1,
    })
}

fn insert(mask: &mut Mask, bit: u32) {
    if let Some(word) = mask.get_mut(bit as usize / 64) {
        *word |= 1 << (bit % 64);
    }
}

fn contains(mask: &Mask, bit: u32) -> bool {
    mask.get(bit as usize / 64).is_some_and(|word| word >> (bit % 64) & 1 == 1)
}

/// Removes the bits of another mask.
fn strike(mask: &mut Mask, other: &Mask) {
    mask.iter_mut().zip(other).for_each(|(word, other)| *word &= !other);
}

#[inline]
pub(crate) fn intersect<const W: usize>(mask: &mut [u64; W], other: &[u64; W]) {
    mask.iter_mut().zip(other).for_each(|(word, other)| *word &= other);
}

/// Removes the first cube of a mask and returns it.
#[inline]
pub(crate) fn take_first(mask: &mut Mask) -> Option<u32> {
    let mut base = 0;
    for word in mask {
        if *word != 0 {
            let cube = base + word.trailing_zeros();
            *word &= *word - 1;
            return Some(cube);
        }
        base += 64;
    }
    None
}

/// Returns the effect of the cubes that are left, if those of them that unknown classes can't exclude decide it.
pub(crate) fn certain_effect(
    left: &[u64],
    certain: &[u64],
    denials: &[u64],
    allows: &[u64],
) -> Option<Effect> {
    if meet(certain, denials) {
        return Some(Effect::Deny);
    }
    (!meet(left, denials) && meet(certain, allows)).then_some(Effect::Allow)
}

/// Returns true if the masks have a cube in common.
#[inline]
pub(crate) fn meet(left: &[u64], cubes: &[u64]) -> bool {
    left.iter().zip(cubes).fold(0, |all, (left, cubes)| all | left & cubes) != 0
}
