//! The patterns of `like`.

use serde::{Deserialize, Serialize};

/// A pattern over texts: literal pieces, with any characters between two of them.
///
/// ```
/// use placet_core::Pattern;
///
/// // `like "invoice-*.pdf"`
/// let pattern = Pattern::from_pieces(vec!["invoice-".to_owned(), ".pdf".to_owned()]);
/// assert!(pattern.matches("invoice-2026.pdf"));
/// assert!(!pattern.matches("invoice-2026.txt"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Pieces")]
pub struct Pattern {
    /// The literal pieces, with a star between each two. Never empty: a text without a star is one piece.
    pieces: Vec<String>,
}

/// A deserialised pattern, before the check that it has a piece.
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
    /// Creates a pattern from its literal pieces, with a star between each two. There must be at least one piece.
    ///
    /// ```
    /// use placet_core::Pattern;
    ///
    /// let everything = Pattern::from_pieces(vec![String::new(), String::new()]);
    /// assert!(everything.matches("anything"));
    /// ```
    pub fn from_pieces(pieces: Vec<String>) -> Self {
        Self { pieces }
    }

    /// Returns the literal pieces in order. A star is between each two.
    pub fn pieces(&self) -> &[String] {
        &self.pieces
    }

    /// Returns the only text that matches, if the pattern has no star.
    ///
    /// ```
    /// use placet_core::Pattern;
    ///
    /// assert_eq!(Pattern::from_pieces(vec!["SG".to_owned()]).as_text(), Some("SG"));
    /// assert_eq!(Pattern::from_pieces(vec!["SG".to_owned(), String::new()]).as_text(), None);
    /// ```
    pub fn as_text(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [text] => Some(text),
            _ => None,
        }
    }

    /// Returns true if every text matches: the pattern consists of stars alone.
    ///
    /// ```
    /// use placet_core::Pattern;
    ///
    /// assert!(Pattern::from_pieces(vec![String::new(), String::new()]).is_everything());
    /// assert!(!Pattern::from_pieces(vec!["a".to_owned(), String::new()]).is_everything());
    /// ```
    pub fn is_everything(&self) -> bool {
        self.pieces.len() > 1 && self.pieces.iter().all(String::is_empty)
    }

    /// Returns true if the whole `text` matches. Takes linear time per piece in the worst case.
    ///
    /// ```
    /// use placet_core::Pattern;
    ///
    /// let prefix = Pattern::from_pieces(vec!["clinic/".to_owned(), String::new()]);
    /// assert!(prefix.matches("clinic/records"));
    /// assert!(!prefix.matches("archive/clinic/records"));
    /// ```
    pub fn matches(&self, text: &str) -> bool {
        let Some((first, rest)) = self.pieces.split_first() else { return false };
        let Some((last, middle)) = rest.split_last() else { return first == text };
        let Some(mut text) = text.strip_prefix(first.as_str()) else { return false };
        // Taking the leftmost match of each piece is enough: it leaves the most text for the other pieces, so no
        // backtracking is needed.
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
    fn matches_compares_the_whole_text() {
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
