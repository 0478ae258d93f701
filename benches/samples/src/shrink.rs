//! Smaller policies and requests with the same fault.

use crate::model;
use placet_model::Model;
use placet_model::request::{AttributeInput, Request};
use std::cell::Cell;

/// A policy and a request for it, by the names of attributes.
#[derive(Debug, Clone)]
pub struct Case {
    /// The policy's text.
    pub text: String,
    /// The given attributes.
    pub given: Vec<(String, AttributeInput)>,
}

impl Case {
    /// Creates a case from a request for a policy.
    pub fn new(text: &str, model: &Model, request: &Request) -> Self {
        let given = model.declared();
        let given =
            given.filter_map(|(id, attribute)| Some((attribute.name.to_string(), request.get(id)?.clone())));
        Self { text: text.to_owned(), given: given.collect() }
    }

    /// Returns the policy's model and the request, or `None` if one doesn't compile or the other doesn't fit.
    pub fn read(&self) -> Option<(Model, Request)> {
        let model = model(&self.text).ok()?;
        let mut request = Request::new();
        for (name, given) in &self.given {
            request.put(&model, model.find(name)?, given.clone()).ok()?;
        }
        Some((model, request))
    }
}

/// The number of tests after which shrinking ends.
const MAX_TRIES: u32 = 20_000;

/// Returns a smaller case that still satisfies the test. If shrinking ends in time, no line and no word of its text can
/// be removed, and no attribute of its request.
///
/// Cost: some thousand tests, each with a compilation.
pub fn shrunk(case: &Case, is_faulty: impl Fn(&Model, &Request) -> bool) -> Case {
    let left = Cell::new(MAX_TRIES);
    let holds = |case: &Case| {
        left.set(left.get().saturating_sub(1));
        left.get() > 0 && case.read().is_some_and(|(model, request)| is_faulty(&model, &request))
    };
    let mut case = case.clone();
    loop {
        let before = (case.text.len(), case.given.len());
        for separated in [by_lines, by_words] {
            case = without_pieces(case, separated, &holds);
        }
        for at in (0..case.given.len()).rev() {
            let mut fewer = case.clone();
            fewer.given.remove(at);
            if holds(&fewer) {
                case = fewer;
            }
        }
        if before == (case.text.len(), case.given.len()) {
            return case;
        }
    }
}

/// Removes runs of pieces, long ones first.
fn without_pieces(
    mut case: Case,
    separated: fn(&str) -> Vec<String>,
    holds: &impl Fn(&Case) -> bool,
) -> Case {
    let mut pieces = separated(&case.text);
    let mut length = pieces.len() / 2;
    while length > 0 {
        let mut at = 0;
        while at < pieces.len() {
            let end = (at + length).min(pieces.len());
            let rest = pieces.iter().take(at).chain(pieces.iter().skip(end)).cloned().collect::<Vec<_>>();
            let fewer = Case { text: rest.concat(), given: case.given.clone() };
            let fewer =
                if holds(&fewer) { Some(fewer) } else { Some(fewer.known()).filter(|fewer| holds(fewer)) };
            match fewer {
                Some(fewer) => {
                    case = fewer;
                    pieces = rest;
                }
                None => at += 1.max(length / 2),
            }
        }
        // The shortest runs cover a name and the sign beside it.
        length = if length > 8 { length / 2 } else { length - 1 };
    }
    case
}

impl Case {
    /// Returns the case without attributes that the text no longer declares.
    fn known(mut self) -> Self {
        if let Ok(model) = model(&self.text) {
            self.given.retain(|(name, _)| model.find(name).is_some());
        }
        self
    }
}

fn by_lines(text: &str) -> Vec<String> {
    text.split_inclusive('\n').map(str::to_owned).collect()
}

/// Splits a text into names, numbers and signs, each with the space behind it.
fn by_words(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut was_word = false;
    for c in text.chars() {
        let is_word = c.is_alphanumeric() || matches!(c, '_' | '.' | '"');
        match out.last_mut() {
            Some(last) if c.is_whitespace() || is_word && was_word => last.push(c),
            _ => out.push(c.to_string()),
        }
        was_word = is_word && !c.is_whitespace();
    }
    out
}
