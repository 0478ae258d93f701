//! Messages of errors together with their sources.

use std::error::Error;
use std::fmt::Write;

/// Returns the message of an error and those of its sources, joined by `: `.
///
/// The errors of these crates leave the text of their source out of their own message, so nothing is said twice.
///
/// ```
/// # use placet_core as placet;
/// use placet::{FileError, with_sources};
///
/// let error = FileError::TooLarge { limit: 10 };
/// assert_eq!(with_sources(&error), "it is larger than 10 bytes");
/// ```
pub fn with_sources(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    for source in std::iter::successors(error.source(), |source| (*source).source()) {
        // INVARIANT: writing to a string can't fail.
        let _ = write!(text, ": {source}");
    }
    text
}
