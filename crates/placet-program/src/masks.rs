//! Masks: (variable, class) → the cubes that this class leaves possible, one bit each.
//!
//! A request strikes cubes out: those that are left are the intersection of the masks of its classes. The request is
//! denied if a cube of a denial is left, and otherwise allowed if any other is. Nothing depends on the result of an
//! earlier step, so a processor intersects all masks at once, without a branch.
//!
//! Masks exist for policies of at most [`MAX_CUBES`] cubes, each of which the [bitmaps](crate::bitmaps) represent
//! exactly. They are the rows of the bitmaps in a form that needs no indirection.

use crate::bitmaps::Bitmaps;
use crate::plan::Cube;
use crate::variable::{UNKNOWN, Variable};
use placet_model::decision::Effect;

/// The maximum number of words in a mask.
const MAX_WORDS: usize = 4;

/// The maximum number of cubes of a policy with masks. One bit tells if a class is known.
pub const MAX_CUBES: usize = MAX_WORDS * 64 - 1;

/// A set of cubes, one bit each, denials first. The last bit that a program uses marks known classes.
pub type Mask = [u64; MAX_WORDS];

/// The masks of all classes of all variables.
#[derive(Debug)]
pub struct Masks {
    /// The number of words in a mask: 1, 2 or 4.
    width: usize,
    /// For each variable of the program, its masks.
    slots: Box<[Slot]>,
    /// The masks, those of one variable after the other: one for each class, one for an unknown class, and one of the
    /// cubes that no class excludes.
    rows: Box<[u64]>,
    /// The number of variables that some cube tests.
    tested: usize,
    denials: Mask,
    allows: Mask,
}

/// The masks of one variable.
#[derive(Debug, Clone, Copy)]
struct Slot {
    /// The position of the first mask in [`Masks::rows`].
    first: u32,
    classes: u32,
    /// The position in the masks of a request. `u32::MAX` if no cube tests the variable.
    at: u32,
}

const UNTESTED: Slot = Slot { first: 0, classes: 0, at: u32::MAX };

impl Masks {
    /// Returns the number of words that a decision reads with masks of these cubes, or `None` if there can't be masks.
    pub fn words(cubes: &[Cube], bitmaps: &Bitmaps) -> Option<usize> {
        let is_exact = cubes.len() <= MAX_CUBES && cubes.iter().all(|cube| cube.is_exact);
        is_exact.then(|| width(cubes.len()) * bitmaps.variables().len())
    }

    /// Creates the masks, or `None` if there can't be any.
    pub(crate) fn new(
        variables: &[Variable],
        cubes: &[Cube],
        denials: u32,
        bitmaps: &Bitmaps,
    ) -> Option<Self> {
        Self::words(cubes, bitmaps)?;
        let width = width(cubes.len());
        let all = below(cubes.len());
        let denials = below(denials as usize);
        let mut slots = vec![UNTESTED; variables.len()];
        let mut rows = Vec::new();
        for (number, variable) in bitmaps.variables().enumerate() {
            let slot = slots.get_mut(variable as usize)?;
            let classes = variables.get(variable as usize)?.classes;
            let (first, at) = (u32::try_from(rows.len()).ok()?, u32::try_from(number * width).ok()?);
            *slot = Slot { first, classes, at };
            let mut always = all;
            for class in 0..classes {
                let mut mask: Mask = bitmaps.first_cubes(number, class)?;
                intersect(&mut always, &mask);
                *mask.get_mut(width - 1)? |= KNOWN;
                rows.extend_from_slice(mask.get(..width)?);
            }
            rows.extend_from_slice(all.get(..width)?);
            rows.extend_from_slice(always.get(..width)?);
        }
        let mut allows = all;
        allows.iter_mut().zip(denials).for_each(|(word, denial)| *word &= !denial);
        Some(Self {
            width,
            slots: slots.into(),
            rows: rows.into(),
            tested: bitmaps.variables().len(),
            denials,
            allows,
        })
    }

    /// Returns the masks of a request that gives nothing.
    pub(crate) fn empty(&self) -> Box<[u64]> {
        let mut masks = vec![0; self.tested * self.width];
        for variable in (0..).take(self.slots.len()) {
            self.put(&mut masks, variable, UNKNOWN);
        }
        masks.into()
    }

    /// Puts the mask of a class, or of [`UNKNOWN`], into the masks of a request.
    #[inline]
    pub(crate) fn put(&self, masks: &mut [u64], variable: u32, class: u32) {
        let Some(slot) = self.slots.get(variable as usize) else { return };
        let (from, to) = (slot.first as usize + slot.row(class) * self.width, slot.at as usize);
        // One word is the most frequent width, and copying it as a slice would cost a call.
        if self.width == 1 {
            if let (Some(mask), Some(place)) = (self.rows.get(from), masks.get_mut(to)) {
                *place = *mask;
            }
        } else if let (Some(mask), Some(place)) =
            (self.rows.get(from..from + self.width), masks.get_mut(to..to.wrapping_add(self.width)))
        {
            place.copy_from_slice(mask);
        }
    }

    /// Returns the effect of a request, or `None` if it depends on an unknown class.
    #[inline]
    pub(crate) fn effect(&self, masks: &[u64], classes: &[u32]) -> Option<Effect> {
        // Small policies with complete requests are worth a path of their own, small enough to be inlined.
        if self.width == 1 {
            let left = masks.iter().fold(u64::MAX, |left, mask| left & mask);
            if left & KNOWN != 0 {
                let ([denials, ..], [allows, ..]) = (self.denials, self.allows);
                let is_allowed = (left & denials == 0) & (left & allows != 0);
                return Some(if is_allowed { Effect::Allow } else { Effect::Deny });
            }
        }
        self.effect_of_any_width(masks, classes)
    }

    #[inline(never)]
    fn effect_of_any_width(&self, masks: &[u64], classes: &[u32]) -> Option<Effect> {
        match self.width {
            1 => self.effect_of::<1>(masks, classes),
            2 => self.effect_of::<2>(masks, classes),
            _ => self.effect_of::<MAX_WORDS>(masks, classes),
        }
    }

    fn effect_of<const W: usize>(&self, masks: &[u64], classes: &[u32]) -> Option<Effect> {
        let left = intersection::<W>(masks);
        if !meet(&left, &self.allows) {
            return Some(Effect::Deny);
        }
        let denied = meet(&left, &self.denials);
        if left.last().is_some_and(|word| word & KNOWN != 0) {
            return Some(if denied { Effect::Deny } else { Effect::Allow });
        }
        let certain = self.certain::<W>(classes);
        if meet(&certain, &self.denials) {
            return Some(Effect::Deny);
        }
        (!denied && meet(&certain, &self.allows)).then_some(Effect::Allow)
    }

    /// Returns the cubes that hold whatever the unknown classes are.
    fn certain<const W: usize>(&self, classes: &[u32]) -> [u64; W] {
        let mut certain = [u64::MAX; W];
        for (slot, class) in self.slots.iter().zip(classes) {
            if slot.at != UNTESTED.at {
                // The mask after that of an unknown class.
                let row = slot.row(*class) + usize::from(*class == UNKNOWN);
                let mask = self.rows.get(slot.first as usize + row * W..).and_then(<[u64]>::first_chunk::<W>);
                if let Some(mask) = mask {
                    intersect(&mut certain, mask);
                }
            }
        }
        certain
    }

    /// Returns the effect of a complete request, and the cubes that it leaves. `None` if a class is unknown.
    #[inline]
    pub(crate) fn determined(&self, masks: &[u64]) -> Option<(Effect, Mask)> {
        let left = self.left(masks);
        let is_known = left.get(self.width - 1).is_some_and(|word| word & KNOWN != 0);
        is_known.then(|| determining(left, &self.denials, &self.allows))
    }

    /// Visits, in ascending order, the cubes from `first` up to, but excluding, `end` that a request leaves, until a visit
    /// returns `false`. An unknown class excludes no cube.
    pub(crate) fn visit(&self, masks: &[u64], first: u32, end: u32, mut visit: impl FnMut(u32) -> bool) {
        let mut left = self.left(masks);
        while let Some(cube) = take_first(&mut left) {
            if (first..end).contains(&cube) && !visit(cube) {
                return;
            }
        }
    }

    /// Returns the cubes that a request leaves.
    #[inline]
    fn left(&self, masks: &[u64]) -> Mask {
        let widened = |words: &[u64]| std::array::from_fn(|word| words.get(word).copied().unwrap_or(0));
        match self.width {
            1 => widened(&intersection::<1>(masks)),
            2 => widened(&intersection::<2>(masks)),
            _ => intersection(masks),
        }
    }

    /// Returns the number of words in a mask.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Returns the cubes of denials, and those of allows.
    pub(crate) fn effects(&self) -> (Mask, Mask) {
        (self.denials, self.allows)
    }

    /// Returns the mask of a class, or of [`UNKNOWN`]. `None` if no cube tests the variable.
    pub(crate) fn mask<const W: usize>(&self, variable: u32, class: u32) -> Option<[u64; W]> {
        let slot = self.slots.get(variable as usize).filter(|slot| slot.at != UNTESTED.at)?;
        self.rows.get(slot.first as usize + slot.row(class) * W..)?.first_chunk().copied()
    }

    /// Returns the size in bytes.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.rows) + size_of_val(&*self.slots)
    }
}

impl Slot {
    /// Returns the number of the mask of a class. That of an unknown class follows those of the classes.
    #[inline]
    fn row(&self, class: u32) -> usize {
        class.min(self.classes) as usize
    }
}

/// The bit of the last word of a mask that tells if the class is known.
pub(crate) const KNOWN: u64 = 1 << 63;

/// Returns the number of words in masks of this many cubes.
fn width(cubes: usize) -> usize {
    // One bit more than the cubes.
    match cubes / 64 {
        0 => 1,
        1 => 2,
        _ => MAX_WORDS,
    }
}

/// Returns the mask of the cubes with a number below `count`.
fn below(count: usize) -> Mask {
    std::array::from_fn(|word| match count.saturating_sub(word * 64) {
        0 => 0,
        bits if bits >= 64 => u64::MAX,
        bits => (1 << bits) - 1,
    })
}

#[inline]
pub(crate) fn intersect<const W: usize>(mask: &mut [u64; W], other: &[u64; W]) {
    mask.iter_mut().zip(other).for_each(|(word, other)| *word &= other);
}

/// Returns the intersection of the masks of a request.
#[inline]
fn intersection<const W: usize>(masks: &[u64]) -> [u64; W] {
    let mut left = [u64::MAX; W];
    masks.as_chunks().0.iter().for_each(|mask| intersect(&mut left, mask));
    left
}

/// Returns the effect of a complete request that leaves these cubes, and the cubes of its determining rules.
#[inline]
pub(crate) fn determining(mut left: Mask, denials: &[u64], allows: &[u64]) -> (Effect, Mask) {
    let is_denied = meet(&left, denials);
    let is_allowed = !is_denied && meet(&left, allows);
    let (effect, cubes) = if is_allowed { (Effect::Allow, allows) } else { (Effect::Deny, denials) };
    let cubes = cubes.iter().copied().chain(std::iter::repeat(0));
    left.iter_mut().zip(cubes).for_each(|(word, cubes)| *word &= cubes);
    (effect, left)
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

/// Returns true if the masks have a cube in common.
#[inline]
pub(crate) fn meet(left: &[u64], cubes: &[u64]) -> bool {
    left.iter().zip(cubes).fold(0, |all, (left, cubes)| all | left & cubes) != 0
}
