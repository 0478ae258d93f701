//! The grammar for editors knows every word of the language.

use std::collections::BTreeSet;
use std::path::Path;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)).unwrap()
}

/// Splits a text into words, at every character that a name can't contain.
fn words(text: &str) -> BTreeSet<&str> {
    text.split(|character: char| !character.is_ascii_alphanumeric() && character != '_').collect()
}

#[test]
fn editor_grammar_has_every_word_of_the_syntax() {
    let grammar = read("grammar/placet.tmLanguage.json");
    serde_json::from_str::<serde_json::Value>(&grammar).unwrap();
    let known = words(&grammar);
    let syntax = read("crates/placet-syntax/src/placet.pest");
    let keywords: Vec<&str> = syntax
        .lines()
        .filter(|line| line.starts_with("kw_"))
        .map(|line| line.split('"').nth(1).unwrap())
        .collect();
    assert!(keywords.len() >= 50, "the syntax has its words in rules `kw_…`");
    for keyword in keywords {
        assert!(known.contains(keyword), "`{keyword}` isn't in the grammar for editors");
    }
}
