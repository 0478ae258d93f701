//! Splits a text into declarations before it is parsed: finds comments, strings, brackets and declaration keywords.
//!
//! The scan runs in linear time and without recursion. It establishes two invariants for the recursive parser:
//!
//! - Every chunk that isn't `broken` has balanced brackets, complete strings and at most [`Limits::nesting`] levels.
//! - An error in one declaration leaves the other chunks intact. If brackets are unbalanced, a keyword at the start of
//!   a line begins a new declaration even inside a bracket, which bounds the damage of a missing `}`.

use crate::ast::Comment;
use crate::{Code, Diagnostic, FileId, Limits, RESERVED_WORDS, Span};
use std::ops::Range;

/// The result of a scan.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    pub(crate) comments: Vec<Comment>,
    pub(crate) chunks: Vec<Chunk>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// A part of the text that should be one declaration.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Chunk {
    pub(crate) range: Range<usize>,
    /// True if its brackets, strings or nesting are invalid. They are reported already; the chunk isn't parsed.
    pub(crate) broken: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Word,
    String,
    Open(u8),
    Close(u8),
    Other,
}

/// An opening bracket that isn't closed yet.
struct Open {
    bracket: u8,
    at: usize,
    /// The nesting level inside the bracket.
    level: usize,
    in_taxonomy: bool,
    /// True for the braces of a set, a type or a value. They don't count as a level.
    literal: bool,
}

/// A nesting construct, which decides the advice for nesting that is too deep.
#[derive(Debug, Clone, Copy)]
enum Nest {
    Condition,
    Exception,
    Where,
    Taxonomy,
}

/// The keywords that declarations begin with.
pub(crate) const DECLARATIONS: [&str; 14] = [
    "policy", "import", "taxonomy", "set", "request", "let", "lookup", "where", "rule", "table", "prove",
    "example", "test", "cases",
];

/// Scans a text. Cost: linear.
pub(crate) fn scan(file: FileId, text: &str, limits: &Limits) -> Scan {
    let mut scanner = Scanner {
        file,
        text,
        limits,
        out: Scan::default(),
        starts: Vec::new(),
        stack: Vec::new(),
        uncounted: 0,
        round: 0,
        faults: Vec::new(),
        previous: "",
        declaration: "",
        after_start: false,
        opener: "",
        negations: 0,
        quantifiers: 0,
        head_ended: false,
        too_deep: false,
        balanced: is_balanced(text),
        swallowed_ends: Vec::new(),
        swallowed_starts: 0,
    };
    scanner.run();
    scanner.finish()
}

struct Scanner<'a> {
    file: FileId,
    text: &'a str,
    limits: &'a Limits,
    out: Scan,
    /// The offsets of the declarations.
    starts: Vec<usize>,
    /// The open brackets.
    stack: Vec<Open>,
    /// The number of open brackets beyond the capacity of `stack`.
    uncounted: usize,
    /// The number of parentheses in `stack`.
    round: usize,
    /// The offsets of errors. A chunk that contains one is broken.
    faults: Vec<usize>,
    /// The text of the previous token.
    previous: &'a str,
    /// The keyword of the current declaration.
    declaration: &'a str,
    /// True if the previous token is that keyword.
    after_start: bool,
    /// The keyword that the next `{` belongs to.
    opener: &'a str,
    /// The number of consecutive `not`s before the current token.
    negations: usize,
    /// The number of `some p in` and `every p in` whose `where` is still to come.
    quantifiers: usize,
    /// True once the `=` or `:` of this declaration has passed: an `of` behind it is a name.
    head_ended: bool,
    /// True if the nesting of this declaration is reported already.
    too_deep: bool,
    /// True if no bracket stays open at the end of the text.
    balanced: bool,
    /// The offsets of the unterminated strings that contain a closing bracket.
    swallowed_ends: Vec<usize>,
    /// The number of opening brackets in unterminated strings.
    swallowed_starts: usize,
}

impl<'a> Scanner<'a> {
    fn run(&mut self) {
        let mut at = usize::from(self.text.starts_with('\u{feff}')) * '\u{feff}'.len_utf8();
        while let Some((token, range)) = self.next_token(at) {
            at = range.end;
            let mut word = self.text.get(range.clone()).unwrap_or_default();
            // After a dot, a keyword is part of an attribute's name.
            if token == Token::Word && self.byte_before(range.start) == Some(b'.') {
                word = "";
            }
            let starts = self.starts.len();
            match token {
                Token::Word => self.word(word, range.clone()),
                Token::Open(bracket) => self.open(bracket, range.start),
                Token::Close(bracket) => self.close(bracket, range.start),
                Token::String | Token::Other => {}
            }
            if token != Token::Word || word != "not" {
                self.negations = 0;
            }
            self.head_ended |= matches!(word, "=" | ":");
            self.previous = word;
            self.after_start = self.starts.len() > starts;
        }
    }

    fn byte_before(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at.checked_sub(1)?).copied()
    }

    /// Adds a diagnostic, unless there are more than the limit. One more than the limit tells that there are more.
    fn report(&mut self, fault: Diagnostic) {
        if self.out.diagnostics.len() <= self.limits.diagnostics {
            self.out.diagnostics.push(fault);
        }
    }

    /// Returns the nesting level inside the innermost open bracket.
    fn level(&self) -> usize {
        self.stack.last().map_or(0, |open| open.level)
    }

    fn word(&mut self, word: &'a str, range: Range<usize>) {
        match word {
            "not" if self.previous != "is" && !self.next_is(range.end, "in") => {
                self.negations += 1;
                self.check_level(self.level() + self.negations, range.start, Nest::Condition);
            }
            "except" => {
                self.opener = word;
                self.check_level(self.level() + 1, range.start, Nest::Exception);
            }
            "some" | "every" if self.is_quantifier(range.end) => self.quantifiers += 1,
            // The `where` of a quantifier begins no block.
            "where" if self.quantifiers > 0 => {
                self.quantifiers -= 1;
                return;
            }
            "where" => self.opener = word,
            _ => {}
        }
        if DECLARATIONS.contains(&word) && self.begins_declaration(word, &range) {
            self.abandon();
            self.starts.push(range.start);
            self.too_deep = false;
            self.quantifiers = 0;
            self.head_ended = false;
            self.opener = word;
            self.declaration = word;
        }
    }

    /// Returns true if the keyword at `range` begins a declaration, false if it is a name.
    ///
    /// Keywords aren't reserved, so their neighbours decide. As an attribute in a condition, a keyword follows an
    /// operator or a word that requires an operand. As the name of a declaration, it follows the declaration's keyword.
    /// After `where`, a keyword begins a declaration because the `where` may lack its condition; the exception is
    /// `request`, because in `where request {` it is the attribute `request`.
    fn begins_declaration(&self, word: &str, range: &Range<usize>) -> bool {
        const BEFORE_A_NAME: [&str; 19] = [
            "=", ":", ".", "except", "and", "or", "not", "is", "in", "like", "<", ">", "+", "-", "any",
            "all", "no", ",", "(",
        ];
        let at_margin = self.byte_before(range.start).is_none_or(|byte| byte == b'\n');
        let expected = self.stack.is_empty() || (at_margin && !self.balanced);
        let named = self.stack.is_empty()
            && (BEFORE_A_NAME.contains(&self.previous)
                || self.after_start && (self.previous != "where" || word == "request")
                || matches!((self.declaration, self.previous), ("set" | "lookup", "of")) && !self.head_ended
                || (self.declaration, self.previous) == ("cases", "given"));
        if !expected || named {
            return false;
        }
        let Some((token, next)) = self.peek(range.end) else { return false };
        match word {
            "import" | "test" | "cases" => token == Token::String,
            "request" => token == Token::Open(b'{'),
            "where" => true,
            _ => {
                let next = self.text.get(next).unwrap_or_default();
                token == Token::Word && !matches!(next, "is" | "in" | "and" | "or" | "not" | "like")
            }
        }
    }

    /// Returns true if a name and `in` follow, so that the word before them is a quantifier and no attribute.
    fn is_quantifier(&self, after: usize) -> bool {
        self.peek(after).is_some_and(|(token, name)| {
            let is_name = self.text.get(name.clone()).is_some_and(|name| !RESERVED_WORDS.contains(&name));
            token == Token::Word && is_name && self.next_is(name.end, "in")
        })
    }

    fn next_is(&self, after: usize, word: &str) -> bool {
        self.peek(after).is_some_and(|(_, range)| self.text.get(range) == Some(word))
    }

    fn open(&mut self, bracket: u8, at: usize) {
        let in_taxonomy = self.stack.last().is_some_and(|open| open.in_taxonomy) || self.opener == "taxonomy";
        const BEFORE_A_SET: [&str; 11] = ["in", "is", "not", "like", "of", "=", "<", ">", ":", "|", ","];
        let literal = BEFORE_A_SET.contains(&self.previous);
        let (deeper, nest) = match bracket {
            b'(' => (1 + self.negations, Nest::Condition),
            _ if in_taxonomy => (1, Nest::Taxonomy),
            _ if literal => (0, Nest::Condition),
            _ if self.opener == "where" => (1, Nest::Where),
            _ => (usize::from(self.opener == "except"), Nest::Exception),
        };
        let level = self.level() + deeper;
        self.check_level(level, at, nest);
        // No valid policy nests as many brackets. Counting the ones beyond, instead of storing them, bounds the memory
        // for hostile texts.
        if self.stack.len() > 8 * self.limits.nesting + 64 {
            self.uncounted += 1;
            return;
        }
        self.stack.push(Open { bracket, at, level, in_taxonomy, literal });
        self.round += usize::from(bracket == b'(');
        // A parenthesis or a set in the condition of a block leaves the block's own `{` to come.
        if bracket == b'{' && !literal {
            self.opener = "";
        }
    }

    fn close(&mut self, bracket: u8, at: usize) {
        if self.uncounted > 0 {
            self.uncounted -= 1;
            return;
        }
        let opening = match bracket {
            b')' => b'(',
            _ => b'{',
        };
        let open = if opening == b'(' { self.round } else { self.stack.len() - self.round };
        // The opening bracket may be in an unterminated string, which is reported already.
        if open == 0 && self.swallowed_starts > 0 {
            self.swallowed_starts -= 1;
            self.faults.push(at);
            return;
        }
        if open == 0 {
            let span = Span::new(self.file, at, at + 1);
            let fault =
                Diagnostic::new(Code::UnmatchedBracket, span, format!("unmatched `{}`", bracket as char));
            self.report(fault);
            self.faults.push(at);
            return;
        }
        // Brackets of the other kind on top of the matching one were never closed.
        while let Some(open) = self.stack.pop() {
            self.round -= usize::from(open.bracket == b'(');
            if open.bracket == opening {
                if opening == b'{' && !open.literal {
                    self.opener = "";
                }
                break;
            }
            self.unclosed(&open);
        }
    }

    /// Reports all open brackets and forgets them.
    fn abandon(&mut self) {
        self.round = 0;
        self.uncounted = 0;
        for open in std::mem::take(&mut self.stack) {
            self.unclosed(&open);
        }
    }

    fn unclosed(&mut self, open: &Open) {
        self.faults.push(open.at);
        // The closing bracket may be in an unterminated string, which is reported already.
        if self.swallowed_ends.last().is_some_and(|string| *string > open.at) {
            return;
        }
        let span = Span::new(self.file, open.at, open.at + 1);
        let closing = if open.bracket == b'(' { ')' } else { '}' };
        self.report(
            Diagnostic::new(
                Code::UnclosedBracket,
                span,
                format!("`{}` is never closed", open.bracket as char),
            )
            .help(format!("add `{closing}`")),
        );
    }

    /// Reports a nesting level that exceeds the limit, once per declaration.
    fn check_level(&mut self, level: usize, at: usize, nest: Nest) {
        if level > self.limits.nesting {
            if !self.too_deep {
                let span = Span::new(self.file, at, at + 1);
                self.report(
                    Diagnostic::new(
                        Code::NestedTooDeeply,
                        span,
                        format!("nested more deeply than {} levels", self.limits.nesting),
                    )
                    .help(match nest {
                        Nest::Condition => "name parts of the condition with `let`",
                        Nest::Exception => "split the rule into several",
                        Nest::Where => "join the conditions with `and`",
                        Nest::Taxonomy => "flatten the taxonomy",
                    }),
                );
            }
            self.too_deep = true;
            self.faults.push(at);
        }
    }

    /// Returns the next token from `at`. Collects comments and reports unterminated strings on the way.
    fn next_token(&mut self, mut at: usize) -> Option<(Token, Range<usize>)> {
        loop {
            let (found, skipped) = lex(self.text, at)?;
            match found {
                Lexeme::Token(token, range) => return Some((token, range)),
                Lexeme::Comment(range) => {
                    let text = self.text.get(range.clone()).unwrap_or_default().trim_end();
                    self.out.comments.push(Comment {
                        is_doc: text.starts_with("///") && !text.starts_with("////"),
                        text: text.to_owned(),
                        span: Span::new(self.file, range.start, range.start + text.len()),
                    });
                }
                Lexeme::BrokenString(range) => {
                    let span = Span::new(self.file, range.start, range.end);
                    self.report(
                        Diagnostic::new(
                            Code::UnterminatedString,
                            span,
                            "the string isn't closed on its line",
                        )
                        .help("add `\"`, or write `\\n` for a line break in the string"),
                    );
                    self.faults.push(range.start);
                    let swallowed = self.text.get(range.clone()).unwrap_or_default();
                    if swallowed.contains(['}', ')']) {
                        self.swallowed_ends.push(range.start);
                    }
                    self.swallowed_starts += swallowed.matches(['{', '(']).count();
                }
            }
            at = skipped;
        }
    }

    /// Returns the next token from `at` without side effects.
    fn peek(&self, mut at: usize) -> Option<(Token, Range<usize>)> {
        loop {
            match lex(self.text, at)? {
                (Lexeme::Token(token, range), _) => return Some((token, range)),
                (_, skipped) => at = skipped,
            }
        }
    }

    fn finish(mut self) -> Scan {
        self.abandon();
        let first = self.starts.first().copied().unwrap_or(self.text.len());
        // Text before the first declaration is a chunk too, so that the parser reports it.
        let before = usize::from(self.text.starts_with('\u{feff}')) * '\u{feff}'.len_utf8()..first;
        if self.peek(before.start).is_some_and(|(_, range)| range.start < first) {
            self.starts.insert(0, before.start);
        }
        let ends = self.starts.iter().skip(1).copied().chain([self.text.len()]);
        self.faults.sort_unstable();
        for (start, end) in self.starts.iter().copied().zip(ends) {
            let fault = self.faults.partition_point(|at| *at < start);
            let broken = self.faults.get(fault).is_some_and(|at| *at < end);
            self.out.chunks.push(Chunk { range: start..end, broken });
        }
        self.out
    }
}

/// Returns true if no bracket of either kind stays open at the end of the text.
fn is_balanced(text: &str) -> bool {
    let (mut round, mut curly, mut at) = (0_usize, 0_usize, 0);
    while let Some((found, end)) = lex(text, at) {
        at = end;
        match found {
            Lexeme::Token(Token::Open(b'('), _) => round += 1,
            Lexeme::Token(Token::Open(_), _) => curly += 1,
            Lexeme::Token(Token::Close(b')'), _) => round = round.saturating_sub(1),
            Lexeme::Token(Token::Close(_), _) => curly = curly.saturating_sub(1),
            _ => {}
        }
    }
    round == 0 && curly == 0
}

/// Returns the ranges of the tokens of `text`, without its comments.
pub(crate) fn tokens(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let (found, end) = lex(text, at)?;
            at = end;
            if let Lexeme::Token(_, range) | Lexeme::BrokenString(range) = found {
                return Some(range);
            }
        }
    })
}

enum Lexeme {
    Token(Token, Range<usize>),
    Comment(Range<usize>),
    BrokenString(Range<usize>),
}

/// Returns the lexeme at `at`, after white space, and its end.
fn lex(text: &str, at: usize) -> Option<(Lexeme, usize)> {
    let bytes = text.as_bytes();
    let rest = bytes.get(at..)?;
    let at = at + rest.iter().position(|byte| !byte.is_ascii_whitespace())?;
    let rest = bytes.get(at..)?;
    let first = *rest.first()?;
    let line = || at + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    let found = match first {
        b'/' if rest.get(1) == Some(&b'/') => Lexeme::Comment(at..line()),
        b'"' => match string_end(rest) {
            Some(length) => Lexeme::Token(Token::String, at..at + length),
            None => Lexeme::BrokenString(at..line()),
        },
        b'(' | b'{' => Lexeme::Token(Token::Open(first), at..at + 1),
        b')' | b'}' => Lexeme::Token(Token::Close(first), at..at + 1),
        byte if is_word(byte) => {
            let length = rest.iter().position(|byte| !is_word(*byte)).unwrap_or(rest.len());
            Lexeme::Token(Token::Word, at..at + length)
        }
        _ => {
            let length = text.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
            Lexeme::Token(Token::Other, at..at + length)
        }
    };
    let end = match &found {
        Lexeme::Token(_, range) | Lexeme::Comment(range) | Lexeme::BrokenString(range) => range.end,
    };
    Some((found, end))
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Returns the length of the string at the start of `rest`, quotes included, or `None` if it doesn't end on its line.
fn string_end(rest: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        match rest.get(at)? {
            b'"' => return Some(at + 1),
            b'\n' => return None,
            // An escape never spans a line end, which ends the string even after a backslash.
            b'\\' if rest.get(at + 1) != Some(&b'\n') => at += 2,
            _ => at += 1,
        }
    }
}
