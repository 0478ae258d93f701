//! Errors with their sources, for the tests of several crates.

use placet_core::with_sources;
use std::error::Error;

/// Returns the messages of an error and its sources, joined by `: `.
///
/// # Panics
/// If a message is part of an earlier one, or if [`with_sources`] joins other messages.
pub fn error_chain(error: &(dyn Error + 'static)) -> String {
    let parts: Vec<String> =
        std::iter::successors(Some(error), |error| (*error).source()).map(ToString::to_string).collect();
    for (index, part) in parts.iter().enumerate() {
        assert!(!parts.iter().take(index).any(|earlier| earlier.contains(part)), "{parts:?}");
    }
    let joined = parts.join(": ");
    assert_eq!(with_sources(error), joined);
    joined
}
