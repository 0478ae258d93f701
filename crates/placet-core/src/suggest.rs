//! "Did you mean": suggests the candidate nearest to a misspelt word.

/// Returns the candidate that the author most likely meant by `word`, or `None` if none is near.
///
/// Uses the Damerau–Levenshtein distance (optimal string alignment) without regard to case, up to a third of the word's
/// length. Of equally near candidates it returns the first in byte order. Checks at most a thousand candidates, in
/// linear time.
///
/// ```
/// let values = ["granted", "refused", "withdrawn"];
/// assert_eq!(placet_core::closest("Grantde", values), Some("granted"));
/// assert_eq!(placet_core::closest("unrelated", values), None);
/// ```
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const MAX_CANDIDATES: usize = 1_000;
    const MAX_WORD_BYTES: usize = 64;
    if word.len() > MAX_WORD_BYTES {
        return None;
    }
    let lower = word.to_lowercase();
    // Every one-letter word is at distance 1 from every other, so a suggestion would be arbitrary.
    let reach = match word.chars().count() {
        0 | 1 => 0,
        length => (length / 3).max(1),
    };
    candidates
        .into_iter()
        .take(MAX_CANDIDATES)
        // A cheap bound on the distance: an edit changes one character, which has at most four bytes.
        .filter(|candidate| candidate.len().abs_diff(word.len()) <= reach * 4)
        .map(|candidate| (strsim::osa_distance(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= reach)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Returns the end of a message that suggests a name. Empty without a name.
///
/// ```
/// assert_eq!(placet_core::did_you_mean(Some("granted")), "; did you mean `granted`?");
/// assert_eq!(placet_core::did_you_mean(None), "");
/// ```
pub fn did_you_mean(name: Option<&str>) -> String {
    name.map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn closest_finds_transposed_missing_and_miscased_letters() {
        let values = ["granted", "refused", "withdrawn"];
        assert_eq!(closest("grantd", values), Some("granted"));
        assert_eq!(closest("rfeused", values), Some("refused"));
        assert_eq!(closest("Granted", values), Some("granted"));
        assert_eq!(closest("unrelated", values), None);
        assert_eq!(closest("z", ["x", "y"]), None);
    }
}
