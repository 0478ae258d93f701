//! The patterns of `like`.

use serde::{Deserialize, Serialize};

/// A pattern over texts: literal pieces with runs of any characters between them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Pieces")]
pub struct Pattern {
    /// The literal pieces; between two of them stands a star. Never empty: a text without a star is one piece.
    pieces: Vec<String>,
}

/// A pattern as it is read, which may have no piece.
#[derive(Deserialize)]
#[serde(rename = "Pattern")]
struct Pieces {
    pieces: Vec<String>,
}

impl TryFrom<Pieces> for Pattern {
    type Error = &'static str;

    fn try_from(read: Pieces) -> Result<Self, Self::Error> {
        if read.pieces.is_empty() {
            Err("a pattern without a piece")
        } else {
            Ok(Self { pieces: read.pieces })
        }
    }
}

impl Pattern {
    /// The pattern of these pieces, of which there is at least one, with a star between each two.
    pub fn from_pieces(pieces: Vec<String>) -> Self {
        Self { pieces }
    }

    /// The literal pieces in order; a star stands between each two.
    pub fn pieces(&self) -> &[String] {
        &self.pieces
    }

    /// The one text that matches, where the pattern has no star.
    pub fn as_text(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [text] => Some(text),
            _ => None,
        }
    }

    /// Whether every text matches: nothing but stars.
    pub fn is_everything(&self) -> bool {
        self.pieces.len() > 1 && self.pieces.iter().all(String::is_empty)
    }

    /// Whether the whole of `text` matches. Cost: linear in the text for each piece at the worst.
    pub fn matches(&self, text: &str) -> bool {
        let Some((first, rest)) = self.pieces.split_first() else { return false };
        let Some((last, middle)) = rest.split_last() else { return first == text };
        let Some(mut text) = text.strip_prefix(first.as_str()) else { return false };
        // The leftmost match of each piece leaves the most for the others.
        for piece in middle {
            match text.split_once(piece.as_str()) {
                Some((_, after)) => text = after,
                None => return false,
            }
        }
        text.ends_with(last.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    fn matches(pieces: &[&str], text: &str) -> bool {
        Pattern::from_pieces(pieces.iter().map(|piece| (*piece).to_owned()).collect()).matches(text)
    }

    #[test]
    fn the_whole_text_matches() {
        assert!(matches(&["a", "b"], "ab"));
        assert!(matches(&["a", "b"], "axxb"));
        assert!(!matches(&["a", "b"], "axxbc"));
        assert!(!matches(&["ab", "ba"], "aba"));
        assert!(matches(&["", "b", ""], "abc"));
        assert!(!matches(&["", "b", "b"], "ab"));
        assert!(matches(&["", "ab", "ab"], "xababyab"));
        assert!(matches(&["", ""], ""));
        assert!(matches(&[""], ""));
        assert!(!matches(&[""], "x"));
    }
}
