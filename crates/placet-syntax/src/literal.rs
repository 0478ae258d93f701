//! Converts the source text of literals to values: escapes, patterns, dates, times and durations.
//!
//! The grammar accepts every string, date and unit by its shape alone. This module finds the ones without a meaning,
//! such as `2026-02-30`, and reports them.

use crate::ast::Literal;
use crate::{Code, Diagnostic, Pattern, Span};
use placet_core::calendar::{self, CalendarError};

/// A character of a string or a star of a pattern, after escapes are resolved.
enum Piece {
    Char(char),
    Star,
}

/// Resolves the escapes of `raw`, the text between the quotes. In a pattern (`star`), `*` is a star and `\*` a
/// character.
fn pieces(raw: &str, span: Span, star: bool) -> Result<Vec<Piece>, Box<Diagnostic>> {
    let mut out = Vec::with_capacity(raw.len());
    let mut chars = raw.char_indices();
    while let Some((at, c)) = chars.next() {
        if c != '\\' {
            out.push(if star && c == '*' { Piece::Star } else { Piece::Char(c) });
            continue;
        }
        let place = |end: usize| {
            let start = span.start as usize + 1 + at;
            Span::new(span.file, start, span.start as usize + 1 + end)
        };
        match chars.next() {
            Some((_, '"')) => out.push(Piece::Char('"')),
            Some((_, '\\')) => out.push(Piece::Char('\\')),
            Some((_, 'n')) => out.push(Piece::Char('\n')),
            Some((_, 't')) => out.push(Piece::Char('\t')),
            Some((_, '*')) if star => out.push(Piece::Char('*')),
            Some((after, 'u')) => {
                let rest = raw.get(after + 1..).unwrap_or_default();
                let digits =
                    rest.strip_prefix('{').and_then(|rest| rest.split_once('}')).map(|(digits, _)| digits);
                let value = digits
                    .filter(|digits| (1..=6).contains(&digits.len()))
                    .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
                    .and_then(|digits| u32::from_str_radix(digits, 16).ok())
                    .and_then(char::from_u32);
                let (Some(value), Some(digits)) = (value, digits) else {
                    let braces = rest.strip_prefix('{').and_then(|rest| rest.find('}'));
                    let end = after + 1 + braces.map_or(0, |at| at + 2);
                    let written = raw.get(at..end).unwrap_or("\\u");
                    return Err(Box::new(
                        Diagnostic::new(
                            Code::InvalidEscape,
                            place(end),
                            format!("`{written}` isn't a character"),
                        )
                        .help("write the character's Unicode number in hexadecimal digits, as in `\\u{2a}`"),
                    ));
                };
                out.push(Piece::Char(value));
                chars.by_ref().take(digits.len() + 2).for_each(drop);
            }
            Some((next, other)) => {
                let fault = Diagnostic::new(
                    Code::InvalidEscape,
                    place(next + other.len_utf8()),
                    format!("unknown escape `\\{other}`"),
                );
                return Err(Box::new(if other == '*' {
                    fault.help("`\\*` is allowed only in a pattern after `like`; elsewhere write `*`")
                } else {
                    fault.help("the escapes are `\\\"`, `\\\\`, `\\n`, `\\t` and `\\u{…}`")
                }));
            }
            None => {
                return Err(Box::new(Diagnostic::new(Code::InvalidEscape, span, "the escape is incomplete")));
            }
        }
    }
    Ok(out)
}

/// Returns the value of a string, given the text between its quotes.
pub(crate) fn text(raw: &str, span: Span) -> Result<String, Box<Diagnostic>> {
    Ok(pieces(raw, span, false)?
        .into_iter()
        .filter_map(|piece| match piece {
            Piece::Char(c) => Some(c),
            Piece::Star => None,
        })
        .collect())
}

/// Parses the pattern of a `like`, given the text between the quotes of the string at `span`.
///
/// # Errors
/// Fails on an unknown or incomplete escape.
///
/// ```
/// use placet_syntax::{Span, pattern};
///
/// let images = pattern(r"*.png", Span::default())?;
/// assert!(images.matches("cat.png") && !images.matches("cat.gif"));
/// let starred = pattern(r"\**", Span::default())?;
/// assert!(starred.matches("*important") && !starred.matches("important"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn pattern(raw: &str, span: Span) -> Result<Pattern, Box<Diagnostic>> {
    let mut all = vec![String::new()];
    for piece in pieces(raw, span, true)? {
        let stars = all.len() - 1;
        match (piece, all.last_mut()) {
            (Piece::Char(c), Some(last)) => last.push(c),
            // `**` matches the same texts as `*`.
            (Piece::Star, Some(last)) if last.is_empty() && stars > 0 => {}
            _ => all.push(String::new()),
        }
    }
    Ok(Pattern::from_pieces(all))
}

pub(crate) fn date(token: &str, span: Span) -> Result<Literal, Box<Diagnostic>> {
    calendar::date_from_str(token)
        .map(Literal::Date)
        .map_err(|error| Box::new(invalid("date", token, error, span)))
}

pub(crate) fn time(token: &str, span: Span) -> Result<Literal, Box<Diagnostic>> {
    calendar::time_from_str(token)
        .map(Literal::Time)
        .map_err(|error| Box::new(invalid("time", token, error, span)))
}

fn invalid(what: &str, token: &str, error: CalendarError, span: Span) -> Diagnostic {
    Diagnostic::new(Code::InvalidDate, span, format!("`{token}` isn't a valid {what}")).because(match error {
        CalendarError::Form => error.to_string(),
        CalendarError::Absent => format!("no such {what} in the years 0001 to 9999"),
        CalendarError::TooFine => "a time can have at most six decimals".to_owned(),
    })
}

/// Returns a duration in microseconds: a whole number times a unit of time.
pub(crate) fn duration(number: &str, unit: &str, span: Span) -> Result<i64, Box<Diagnostic>> {
    // The grammar has checked the unit, so the last arm is weeks.
    let seconds: i64 = match unit.trim_end_matches('s') {
        "second" => 1,
        "minute" => 60,
        "hour" => 3_600,
        "day" => 86_400,
        _ => 604_800,
    };
    if number.contains('.') {
        return Err(Box::new(
            Diagnostic::new(Code::NumeralOutOfReach, span, "a duration needs a whole number")
                .help("use a smaller unit: `36 hours` for a day and a half"),
        ));
    }
    let plain = number.replace('_', "");
    plain.parse::<i64>().ok().and_then(|n| n.checked_mul(seconds)?.checked_mul(1_000_000)).ok_or_else(|| {
        Box::new(
            Diagnostic::new(Code::NumeralOutOfReach, span, "the duration is too long")
                .help("the longest duration is about 292,000 years"),
        )
    })
}
