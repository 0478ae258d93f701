//! "Did you mean": the candidate nearest to a misspelt word.

/// The candidate that a person most likely meant by `word`, or `None` if nothing is near.
///
/// The distance is Damerau and Levenshtein's (optimal string alignment), at most a third of the word's length,
/// case ignored; of equally near ones the first in byte order. Cost: linear in the candidates, of which at most
/// a thousand are looked at.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const MAX_CANDIDATES: usize = 1_000;
    const LONGEST_WORD: usize = 64;
    if word.len() > LONGEST_WORD {
        return None;
    }
    let lower = word.to_lowercase();
    // Of one letter, every other is as near.
    let reach = match word.chars().count() {
        0 | 1 => 0,
        length => (length / 3).max(1),
    };
    candidates
        .into_iter()
        .take(MAX_CANDIDATES)
        .filter(|candidate| candidate.len().abs_diff(word.len()) <= reach * 4)
        .map(|candidate| (strsim::osa_distance(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= reach)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Returns the end of a message that suggests a name; empty if there is none.
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
    fn finds_transposed_dropped_and_miscased_letters() {
        let values = ["granted", "refused", "withdrawn"];
        assert_eq!(closest("grantd", values), Some("granted"));
        assert_eq!(closest("rfeused", values), Some("refused"));
        assert_eq!(closest("Granted", values), Some("granted"));
        assert_eq!(closest("unrelated", values), None);
        assert_eq!(closest("z", ["x", "y"]), None);
    }
}
