//! The numbers of clauses, as documents and cites write them.

/// The number of components that a number may have, and of enumerations that may be nested.
pub(super) const MAX_DEPTH: usize = 12;

/// The word of a number that isn't a plain section: articles of a law are numbered beside its chapters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Article,
    Chapter,
}

impl Kind {
    /// Returns the word, as the names of clauses show it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Kind::Article => "Article",
            Kind::Chapter => "Chapter",
        }
    }
}

/// Reads the word before a number, in lower case and without a full stop: `Some(None)` is a plain section.
fn kind(word: &str) -> Option<Option<Kind>> {
    match word {
        "§" | "section" | "sec" | "clause" | "paragraph" | "para" => Some(None),
        "article" | "art" => Some(Some(Kind::Article)),
        "chapter" => Some(Some(Kind::Chapter)),
        _ => None,
    }
}

/// The number of a heading, and the title after it.
#[derive(Debug)]
pub(super) struct Heading<'t> {
    pub(super) kind: Option<Kind>,
    pub(super) number: Vec<String>,
    pub(super) title: &'t str,
}

/// Reads the number that a heading begins with: `3. Use`, `10.1 Use`, `Article 5: Use`, `§ 3a`, `(a) Use`, `IV. Use`.
pub(super) fn heading(text: &str) -> Option<Heading<'_>> {
    let (word, after) = text.split_once(' ').unwrap_or((text, ""));
    let known = kind(word.trim_end_matches('.').to_lowercase().as_str());
    let (found, rest) = match (known, text.strip_prefix('§')) {
        (Some(found), _) => (Some(found), after),
        (None, Some(rest)) => (Some(None), rest.trim_start()),
        (None, None) => (None, text),
    };
    let (token, title) = rest.split_once(' ').unwrap_or((rest, ""));
    let bare = token.trim_start_matches('(').trim_end_matches([')', '.', ':']);
    let number = components(bare)?;
    let is_closed = token.ends_with([')', '.', ':']);
    let begins_with_digit = number.first()?.starts_with(|c: char| c.is_ascii_digit());
    // `A new start` and `Is it shared` begin with words, and `E.g.` isn't a number.
    let is_number = match begins_with_digit {
        true => true,
        false => (found.is_some() || is_closed) && number.len() == 1,
    };
    let title = title.trim_start_matches(['-', '–', '—', ':', '|', ' ']);
    is_number.then(|| Heading { kind: found.flatten(), number, title })
}

/// Reads components with full stops between them, such as `3.2`.
fn components(text: &str) -> Option<Vec<String>> {
    let parts: Option<Vec<String>> = text.split('.').map(component).collect();
    parts.filter(|parts| parts.len() <= MAX_DEPTH)
}

/// Reads one component: up to three digits with at most one letter, a letter, or a Roman numeral.
fn component(text: &str) -> Option<String> {
    let letters = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = text.len() - letters.len();
    let is_letter = letters.len() == 1 && letters.starts_with(|c: char| c.is_ascii_alphabetic());
    let is_component = match digits {
        0 => is_letter || is_roman(&letters.to_ascii_lowercase()),
        1..=3 => letters.is_empty() || is_letter,
        _ => false,
    };
    is_component.then(|| text.to_ascii_lowercase())
}

fn is_roman(text: &str) -> bool {
    (1..=6).contains(&text.len()) && text.chars().all(|c| "ivxlc".contains(c))
}

/// The way in which an enumeration is numbered. A nested one is numbered otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// `(1)` or `1)`
    Bracketed,
    /// `1.`
    Dotted,
    /// `(a)` or `a)`
    Letter,
    /// `(iv)` or `iv)`
    Roman,
}

/// The number that a paragraph begins with.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Marker {
    /// A whole number with several components, such as `3.2`.
    Whole(Vec<String>),
    /// A component below the text around it.
    Item(Style, String),
}

/// Reads the number that a paragraph begins with, and returns the text after it.
pub(super) fn marker(text: &str) -> Option<(Marker, &str)> {
    let (token, rest) = text.split_once(' ')?;
    if let Some(bare) = token.strip_suffix(')') {
        let item = component(bare.strip_prefix('(').unwrap_or(bare))?;
        let style = match item.starts_with(|c: char| c.is_ascii_digit()) {
            true => Style::Bracketed,
            false if item.len() == 1 => Style::Letter,
            false => Style::Roman,
        };
        return Some((Marker::Item(style, item), rest));
    }
    let number = components(token.strip_suffix('.').unwrap_or(token))?;
    if !number.iter().all(|part| part.starts_with(|c: char| c.is_ascii_digit())) {
        return None;
    }
    match <[String; 1]>::try_from(number) {
        Ok([item]) => token.ends_with('.').then_some((Marker::Item(Style::Dotted, item), rest)),
        Err(number) => Some((Marker::Whole(number), rest)),
    }
}

/// Returns the letter after an item's one.
pub(super) fn next_letter(letter: &str) -> Option<String> {
    let next = letter.bytes().next().filter(|byte| (b'a'..=b'y').contains(byte))? + 1;
    Some(char::from(next).to_string())
}

/// Splits `… a) … b) …` at its letters, which must be in sequence from `expected` on. Returns the text before the first
/// one, and each letter with its text.
pub(super) fn letters(text: &str, expected: String) -> (&str, Vec<(String, &str)>) {
    let mut expected = Some(expected);
    let mut found: Vec<(String, usize, usize)> = Vec::new();
    let mut at = 0;
    for token in text.split(' ') {
        let bare = token.strip_suffix(')').map(|bare| bare.strip_prefix('(').unwrap_or(bare));
        if let (Some(bare), Some(letter)) = (bare, &expected)
            && bare == letter
        {
            let next = next_letter(letter);
            found.push((std::mem::replace(&mut expected, next).unwrap_or_default(), at, at + token.len()));
        }
        at += token.len() + 1;
    }
    let ends = found.iter().skip(1).map(|(_, start, _)| *start).chain([text.len()]);
    let before = found.first().map_or(text.len(), |(_, start, _)| *start);
    let texts = found
        .iter()
        .zip(ends)
        .map(|((letter, _, start), end)| (letter.clone(), text.get(*start..end).unwrap_or_default().trim()));
    (text.get(..before).unwrap_or_default().trim(), texts.collect())
}

/// Reads the number in a cite: `§3`, `Art. 6(1) lit. a`, `10.1`.
pub(super) fn cited(text: &str) -> Option<(Option<Kind>, Vec<String>)> {
    let spaced = text.replace('§', " § ").replace(['(', ')', '.'], " ");
    let (mut found, mut number) = (None, Vec::new());
    for token in spaced.split_whitespace() {
        match (kind(token), number.is_empty()) {
            (Some(kind), true) if found.is_none() => found = kind,
            // `§3(1) para. a`; but `§3 § 4` cites two clauses.
            (Some(None), false) if token != "§" => {}
            (None, false) if matches!(token, "lit" | "letter" | "point" | "item" | "no") => {}
            _ => number.push(component(token)?),
        }
    }
    (!number.is_empty()).then_some((found, number))
}

/// Writes a number as names show it: `3.2 a`.
pub(super) fn shown(number: &[String]) -> String {
    let mut out = String::new();
    let mut after_letter = false;
    for part in number {
        let is_letter = !part.starts_with(|c: char| c.is_ascii_digit());
        if !out.is_empty() {
            out.push(if is_letter || after_letter { ' ' } else { '.' });
        }
        after_letter |= is_letter;
        out.push_str(part);
    }
    out
}
