//! Guesses the author's intention at a syntax error and words the diagnostic.
//!
//! [`Stop::diagnostic`] tries specific explanations first (a missing `|`, a reserved word as a name), then the [`habits`] of
//! other languages, then a misspelt keyword, then what [`Stop::advice`] computes. The list of expected tokens comes last.

mod habits;
mod pattern;

use self::habits::{GROUPS, Place};
pub(super) use self::pattern::QUOTES;
use self::pattern::Surroundings;
use super::Context;
use super::expected::expected;
use crate::grammar::{Rule, words};
use crate::scan::DECLARATIONS;
use crate::{Code, Diagnostic, RESERVED_WORDS, Span, closest};

/// The position at which the parser failed.
pub(super) struct Stop<'a> {
    /// The text before the failure.
    pub(super) before: &'a str,
    /// The unexpected token; empty at the end of the text.
    pub(super) found: &'a str,
    /// The text from the unexpected token on.
    pub(super) after: &'a str,
    /// The rules that would have matched.
    pub(super) expected: &'a [Rule],
    pub(super) place: Context,
}

impl Stop<'_> {
    pub(super) fn diagnostic(&self, span: Span) -> Diagnostic {
        let fault = |message: String| Diagnostic::new(Code::UnexpectedText, span, message);
        if self.ends_a_row() {
            return fault("the row doesn't end with `|`".to_owned()).help("add `|`");
        }
        let habit = self.habit();
        if habit.is_none() && self.names_a_reserved_word() {
            let help = match self.expects(Rule::string) {
                true => format!("put it in quotes: `\"{}\"`", self.found),
                false => "choose another name".to_owned(),
            };
            return fault(format!("`{}` is a reserved word", self.found)).help(help);
        }
        if let Some(advice) = self.exception_advice() {
            return fault(format!("an exception can't be called `{}`", self.found)).help(advice);
        }
        if self.is_in_a_where() {
            return fault("a `where` block can contain only rules and tables".to_owned())
                .help(format!("move the `{}` out of the block", self.found));
        }
        let message = match (self.found, self.place) {
            ("", Context::Declaration) => "unexpected end of the declaration".to_owned(),
            ("", Context::Cell) => "unexpected end of the cell".to_owned(),
            (found, _) => format!("unexpected {}", quoted(found)),
        };
        let near = if habit.is_some() { None } else { self.near_word() };
        let help = match &near {
            Some(word) => Some(format!("did you mean `{word}`?")),
            None => habit.or_else(|| self.advice()),
        };
        let is_unit = near.as_ref().is_some_and(|word| words(Rule::unit).contains(word));
        let unit = is_unit || self.found.is_empty() && !self.expects(Rule::EOI);
        let begins_declaration = match &near {
            Some(word) => self.expects(Rule::EOI) && DECLARATIONS.contains(&word.as_str()),
            None => self.expected == [Rule::EOI] && self.place == Context::Declaration && self.begins_line(),
        };
        let fault = fault(message).because(match begins_declaration {
            true => "expected a declaration (`rule`, `table`, `request` …)".to_owned(),
            false => expected(self.expected, self.place, help.is_some(), unit),
        });
        match help {
            Some(help) => fault.help(help),
            None => fault,
        }
    }

    /// Returns true if the unexpected token is the first of its line.
    fn begins_line(&self) -> bool {
        let gap = self.before.get(self.before.trim_end().len()..).unwrap_or_default();
        gap.contains('\n') || gap.len() == self.before.len()
    }

    fn expects(&self, rule: Rule) -> bool {
        self.expected.contains(&rule)
    }

    /// Returns true if a table row lacks its closing `|`.
    pub(super) fn ends_a_row(&self) -> bool {
        self.expected == [Rule::bar]
    }

    /// Returns true if only a name was expected and a reserved word was found.
    fn names_a_reserved_word(&self) -> bool {
        const NAMES: [Rule; 5] = [Rule::name, Rule::node, Rule::path, Rule::rule_name, Rule::only_name];
        const BESIDE: [Rule; 5] = [Rule::kw_when, Rule::block_end, Rule::comma, Rule::star, Rule::string];
        RESERVED_WORDS.contains(&self.found)
            && self.expected.iter().any(|rule| NAMES.contains(rule))
            && self.expected.iter().all(|rule| NAMES.contains(rule) || BESIDE.contains(rule))
    }

    /// Returns the advice for an exception named like an effect, which reads as if the exception granted or denied.
    fn exception_advice(&self) -> Option<&'static str> {
        if !self.expects(Rule::kw_when) || self.before.split_whitespace().next_back() != Some("except") {
            return None;
        }
        match self.found {
            "deny" => {
                Some("write `except when …` to silence this rule, or `deny when …` in a rule of its own")
            }
            "allow" => {
                Some("write `except when …` to silence this rule, or `allow when …` in a rule of its own")
            }
            "otherwise" => Some("write `except when …`, or `otherwise deny` without `except`"),
            _ => None,
        }
    }

    /// Returns true if a declaration that can't be in a `where` block was found there.
    fn is_in_a_where(&self) -> bool {
        self.expects(Rule::kw_rule)
            && self.expects(Rule::kw_table)
            && !self.expects(Rule::kw_policy)
            && DECLARATIONS.contains(&self.found)
    }

    /// Returns the expected keyword that the found word resembles.
    fn near_word(&self) -> Option<String> {
        // A word of two letters is one edit away from several keywords.
        if self.found.len() < 3 {
            return None;
        }
        let mut candidates: Vec<String> = self.expected.iter().flat_map(|rule| words(*rule)).collect();
        let declares = self.expects(Rule::only_declaration) || self.expects(Rule::EOI);
        if declares && self.place == Context::Declaration {
            candidates.extend(DECLARATIONS.map(str::to_owned));
        }
        closest(self.found, candidates.iter().map(String::as_str).filter(|word| *word != self.found))
            .map(str::to_owned)
    }

    /// Returns the advice for a habit of another language.
    fn habit(&self) -> Option<String> {
        let around = Surroundings::new(self.before, self.after);
        let is_here = |place: &Place| match place {
            Place::Anywhere => true,
            Place::InACell => self.place == Context::Cell && self.expects(Rule::EOI),
            Place::Expecting(rules) => rules.iter().any(|rule| self.expects(*rule)),
            Place::ExpectingOnly(rules) => self.expected.iter().all(|rule| rules.contains(rule)),
        };
        let groups = GROUPS.iter().filter(|group| is_here(&group.place));
        groups.flat_map(|group| group.habits).find_map(|(pattern, advice)| {
            let captured = around.captures(pattern)?;
            Some(filled(advice, &captured))
        })
    }

    /// Returns advice that depends on more than the tokens around the error.
    fn advice(&self) -> Option<String> {
        match self.found {
            "<" | "<=" | ">" | ">=" if self.expects(Rule::kw_and) => Some(self.two_comparisons()),
            _ if self.expected.iter().all(|rule| matches!(rule, Rule::string | Rule::only_string)) => {
                const MAX_LINE: usize = 60;
                let line = self.after.lines().next().unwrap_or_default().trim_end();
                let fits = line.len() <= MAX_LINE && !line.contains(['"', '`', '{', '}', '|']);
                Some(match fits && !line.is_empty() {
                    true => format!("put strings in double quotes: `\"{line}\"`"),
                    false => "put strings in double quotes".to_owned(),
                })
            }
            found if self.lacks_a_comma() && found.starts_with(char::is_alphanumeric) => {
                Some("separate the entries with commas".to_owned())
            }
            found
                if self.expects(Rule::kw_and)
                    && self.begins_line()
                    && found.starts_with(|c: char| c.is_alphabetic() || c == '_') =>
            {
                Some("write `and` or `or` between two conditions".to_owned())
            }
            _ => None,
        }
    }

    /// Returns true if a comma was expected where it isn't optional.
    fn lacks_a_comma(&self) -> bool {
        let optional = self.expects(Rule::node) || self.expects(Rule::attribute);
        self.expects(Rule::comma) && !optional
    }

    /// Returns the advice for a chained comparison such as `13 <= age < 18`, which failed at its second operator.
    fn two_comparisons(&self) -> String {
        self.between().unwrap_or_else(|| "write two comparisons joined by `and`".to_owned())
    }

    /// Rewrites a chained comparison as a range, or as two comparisons if the bounds aren't ints.
    fn between(&self) -> Option<String> {
        let after = self.after.strip_prefix(self.found)?;
        let high = after.split_whitespace().next()?.trim_end_matches(['}', ')', ',']);
        let mut words = self.before.split_whitespace().rev();
        let (name, sign, low) = (words.next()?, words.next()?, words.next()?);
        let low = low.trim_start_matches('(');
        let number = |text: &str| text.parse::<i64>().ok();
        let ints = number(low).zip(number(high));
        match (ints, sign, self.found) {
            (Some((low, high)), "<" | "<=", "<" | "<=") => {
                // Ranges include both ends, so a strict bound moves by one.
                let low = low.checked_add(i64::from(sign == "<"))?;
                let high = high.checked_sub(i64::from(self.found == "<"))?;
                Some(format!("write `{name} in {low}..{high}`"))
            }
            _ => {
                let turned = match sign {
                    "<" => ">",
                    "<=" => ">=",
                    ">" => "<",
                    ">=" => "<=",
                    _ => return None,
                };
                Some(format!("write `{name} {turned} {low} and {name} {} {high}`", self.found))
            }
        }
    }
}

/// Returns an unexpected token in quotes that it doesn't contain, cut to a length that a message has room for.
fn quoted(found: &str) -> String {
    const MAX_CHARS: usize = 40;
    let cut = found.char_indices().nth(MAX_CHARS).and_then(|(end, _)| found.get(..end)).unwrap_or(found);
    if cut.contains('`') { format!("\"{cut}\"") } else { format!("`{cut}`") }
}

/// Puts captured texts in the place of `$1`, `$2` ….
fn filled(advice: &str, captured: &[String]) -> String {
    let mut parts = advice.split('$');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (number, rest) = part.split_at_checked(1).unwrap_or_default();
        let text = number.parse().ok().and_then(|number: usize| captured.get(number.checked_sub(1)?));
        out.push_str(text.map_or("", String::as_str));
        out.push_str(rest);
    }
    out
}
