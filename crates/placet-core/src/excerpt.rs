//! Excerpts of request values for messages: bounded, on one line, and safe to print.

use std::fmt::{self, Display, Write};

/// The number of characters of a value that a message shows.
const MAX_CHARS: usize = 40;

/// Formats a request value for a message: its first 40 characters, and its size in bytes if there are more.
///
/// Escapes control characters and characters that change the writing direction. A value can therefore neither break a
/// log line nor disguise the text after it. Uses bounded memory for values of any size.
///
/// ```
/// assert_eq!(placet_core::excerpt("SG"), "SG");
/// assert_eq!(placet_core::excerpt("a\nb"), "a\\nb");
/// assert_eq!(
///     placet_core::excerpt("x".repeat(1_000)),
///     format!("{}… (1000 bytes)", "x".repeat(40)),
/// );
/// ```
pub fn excerpt(value: impl Display) -> String {
    excerpt_within(MAX_CHARS, value)
}

/// Formats a value like [`excerpt`], in backticks.
///
/// ```
/// assert_eq!(placet_core::quoted("SG"), "`SG`");
/// assert_eq!(placet_core::quoted("x".repeat(41)), format!("`{}…` (41 bytes)", "x".repeat(40)));
/// ```
pub fn quoted(value: impl Display) -> String {
    let shown = Shown::new(MAX_CHARS, value);
    format!("`{}{}`{}", shown.text, shown.ellipsis(), shown.size())
}

/// Formats a value like [`excerpt`], with at most `max_chars` characters.
///
/// ```
/// assert_eq!(placet_core::excerpt_within(4, "abcdef"), "abcd… (6 bytes)");
/// ```
pub fn excerpt_within(max_chars: usize, value: impl Display) -> String {
    let shown = Shown::new(max_chars, value);
    format!("{}{}{}", shown.text, shown.ellipsis(), shown.size())
}

/// A writer that keeps the first characters and counts all bytes.
struct Shown {
    text: String,
    /// The number of characters that still fit.
    left: usize,
    is_cut: bool,
    bytes: usize,
}

impl Shown {
    fn new(max_chars: usize, value: impl Display) -> Self {
        let mut shown = Self { text: String::new(), left: max_chars, is_cut: false, bytes: 0 };
        // `Shown` never fails. If the value's own `Display` fails, the part written before is shown.
        let _ = write!(shown, "{value}");
        shown
    }

    fn ellipsis(&self) -> &'static str {
        if self.is_cut { "…" } else { "" }
    }

    fn size(&self) -> String {
        if self.is_cut { format!(" ({} bytes)", self.bytes) } else { String::new() }
    }
}

impl Write for Shown {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        self.bytes = self.bytes.saturating_add(piece.len());
        // An escape is kept whole or dropped: half of one would show a different character.
        for c in piece.chars() {
            let width = if is_unsafe(c) { c.escape_default().len() } else { 1 };
            self.is_cut |= self.left < width;
            if self.is_cut {
                break;
            }
            self.left -= width;
            if is_unsafe(c) {
                self.text.extend(c.escape_default());
            } else {
                self.text.push(c);
            }
        }
        Ok(())
    }
}

/// Returns true for characters that can break a line, drive a terminal or change the writing direction.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excerpt_escapes_controls_and_directions() {
        assert_eq!(excerpt("\u{1b}[31mred\u{7}"), "\\u{1b}[31mred\\u{7}");
        assert_eq!(excerpt("a\u{202e}b"), "a\\u{202e}b");
        assert_eq!(excerpt("日本語 ünï"), "日本語 ünï");
    }

    #[test]
    fn excerpt_cuts_after_a_whole_character() {
        assert_eq!(quoted("é".repeat(40)), format!("`{}`", "é".repeat(40)));
        assert_eq!(quoted("é".repeat(41)), format!("`{}…` (82 bytes)", "é".repeat(40)));
    }

    #[test]
    fn excerpt_counts_pieces_written_separately() {
        assert_eq!(excerpt_within(4, format_args!("{}{}", "ab", "cdef")), "abcd… (6 bytes)");
        assert_eq!(excerpt_within(4, format_args!("{}{}", "ab", "cd")), "abcd");
    }
}
