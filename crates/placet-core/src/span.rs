//! Positions in source text.

use std::fmt;

/// A file of a policy, by its index among the policy's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FileId(pub u32);

/// A range of bytes in one file. `start` is included, `end` is not.
///
/// ```
/// # use placet_core as placet;
/// use placet::{FileId, Span};
///
/// let source = "allow if subject.age >= 18";
/// assert_eq!(&source[Span::new(FileId(0), 9, 20).range()], "subject.age");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The first byte.
    pub start: u32,
    /// The byte after the last one.
    pub end: u32,
}

impl Span {
    /// Creates the span of the bytes `start..end` of `file`.
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        // `Limits::MAX_FILE_BYTES` fits into 32 bits. A caller who raises the limit beyond gets saturated spans, which
        // point to the wrong text but never panic.
        let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self { file, start: narrow(start), end: narrow(end) }
    }

    /// Returns the smallest span that covers both, or `self` if they are in different files.
    ///
    /// ```
    /// # use placet_core as placet;
    /// use placet::{FileId, Span};
    ///
    /// let (first, last) = (Span::new(FileId(0), 3, 5), Span::new(FileId(0), 8, 9));
    /// assert_eq!(first.to(last), Span::new(FileId(0), 3, 9));
    /// ```
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        if self.file != other.file {
            return self;
        }
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Returns the span as a range of byte offsets.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}:{}..{}", self.file.0, self.start, self.end)
    }
}
