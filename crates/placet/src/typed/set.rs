//! Sets of variants as bits.

use crate::typed::{Attributes, Fields, Place, Reader, Symbols};
use std::fmt;
use std::marker::PhantomData;

/// A set of the variants of an enum of at most 64 variants, one bit each.
///
/// ```
/// use placet::{Set, Symbols};
///
/// #[derive(Symbols, Debug, Clone, Copy, PartialEq)]
/// enum Data { Email, Phone, Health }
///
/// let mut data = Set::from([Data::Email, Data::Phone]);
/// assert!(data.contains(&Data::Email) && !data.contains(&Data::Health));
/// data.insert(&Data::Health);
/// assert_eq!(data.len(), 3);
/// ```
pub struct Set<E> {
    bits: u64,
    of: PhantomData<fn(&E)>,
}

impl<E: Symbols> Set<E> {
    /// Returns the empty set.
    pub const fn new() -> Self {
        const { assert!(E::NAMES.len() <= 64, "a `Set` is of an enum of at most 64 variants") }
        Self { bits: 0, of: PhantomData }
    }

    /// Adds a variant.
    #[inline]
    pub fn insert(&mut self, variant: &E) {
        self.bits |= 1 << variant.index();
    }

    /// Removes a variant.
    #[inline]
    pub fn remove(&mut self, variant: &E) {
        self.bits &= !(1 << variant.index());
    }

    /// Returns true if the set has a variant.
    #[inline]
    pub fn contains(&self, variant: &E) -> bool {
        self.bits >> variant.index() & 1 == 1
    }

    /// Returns the number of variants in the set.
    pub fn len(&self) -> usize {
        self.bits.count_ones() as usize
    }

    /// Returns true if the set has no variant.
    pub fn is_empty(&self) -> bool {
        self.bits == 0
    }

    /// Returns the names of the variants in the set.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        (0..).zip(E::NAMES).filter(|(index, _): &(u32, _)| self.bits >> index & 1 == 1).map(|(_, name)| *name)
    }
}

impl<E: Symbols> Default for Set<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E> Clone for Set<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Set<E> {}

impl<E> PartialEq for Set<E> {
    fn eq(&self, other: &Self) -> bool {
        self.bits == other.bits
    }
}

impl<E> Eq for Set<E> {}

impl<E: Symbols> fmt::Debug for Set<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

impl<E: Symbols> FromIterator<E> for Set<E> {
    fn from_iter<I: IntoIterator<Item = E>>(variants: I) -> Self {
        let mut set = Self::new();
        variants.into_iter().for_each(|variant| set.insert(&variant));
        set
    }
}

impl<E: Symbols, const N: usize> From<[E; N]> for Set<E> {
    fn from(variants: [E; N]) -> Self {
        variants.into_iter().collect()
    }
}

impl<E: Symbols> Attributes for Set<E> {
    const COUNT: usize = 1;

    fn describe(place: &Place<'_>, fields: &mut Fields) {
        fields.symbols::<E>(place);
    }

    #[inline(always)]
    fn read<R: Reader>(&self, reader: &mut R) {
        reader.bits(self.bits);
    }

    #[inline]
    fn read_missing<R: Reader>(reader: &mut R) {
        reader.missing();
    }
}
