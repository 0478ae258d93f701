//! Builds the syntax tree from the pairs of pest.
//!
//! A pair is a matched grammar rule with the pairs inside it. The grammar guarantees their order, so each function here
//! takes them one after the other; `?` on a missing pair is unreachable unless the grammar and this module disagree.
//! A part with an invalid literal is reported and left out, and [`Builder::damaged`] records the loss.

mod condition;
mod rows;

use crate::ast::*;
use crate::grammar::Rule as R;
use crate::{Code, Diagnostic, FileId, Span, literal};
use pest::iterators::{Pair, Pairs};

type P<'a> = Pair<'a, R>;

/// Builds declarations. Reports invalid parts and leaves them out.
pub(crate) struct Builder<'a> {
    file: FileId,
    /// All comments of the file, in source order.
    comments: &'a [Comment],
    /// The offset in the file of the text that pest parsed. Spans of pest are relative to it.
    base: usize,
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) damaged: bool,
}

/// A cursor over the pairs inside a pair.
struct Children<'a> {
    pairs: Pairs<'a, R>,
}

impl<'a> Children<'a> {
    fn new(pair: P<'a>) -> Self {
        let mut parts = Self { pairs: pair.into_inner() };
        parts.pass_signs();
        parts
    }

    /// Skips commas and brackets. They have pairs only so that messages can name them.
    fn pass_signs(&mut self) {
        while self.peek().is_some_and(is_sign) {
            self.pairs.next();
        }
    }

    fn peek(&self) -> Option<R> {
        self.pairs.peek().map(|pair| pair.as_rule())
    }

    fn next(&mut self) -> Option<P<'a>> {
        let next = self.pairs.next();
        self.pass_signs();
        next
    }

    /// Takes the next pair if it matches `rule`.
    fn take(&mut self, rule: R) -> Option<P<'a>> {
        if self.peek() == Some(rule) { self.next() } else { None }
    }

    /// Skips the next pair if it matches `rule`. Returns true if it did.
    fn skip(&mut self, rule: R) -> bool {
        self.take(rule).is_some()
    }
}

impl<'c> Builder<'c> {
    pub(crate) fn new(file: FileId, comments: &'c [Comment]) -> Self {
        Self { file, comments, base: 0, diagnostics: Vec::new(), damaged: false }
    }

    /// Builds the declaration of a parsed chunk that begins at the offset `base` of the file.
    pub(crate) fn declaration(&mut self, pair: P<'_>, base: usize) -> Option<Item> {
        self.base = base;
        let inner = if pair.as_rule() == R::only_declaration { Children::new(pair).next()? } else { pair };
        // An item may be built although one of its parts was reported and left out: compare the number of diagnostics.
        let before = self.diagnostics.len();
        let item = self.item(inner);
        if item.is_none() || self.diagnostics.len() > before {
            self.damaged = true;
        }
        item
    }

    /// Returns the span of a pair, without trailing white space and comments.
    fn span(&self, pair: &P<'_>) -> Span {
        let span = pair.as_span();
        let start = self.base + span.start();
        // pest skips white space and comments before it tries an optional last part. If the part is absent, the pair
        // still includes them.
        let mut text = pair.as_str().trim_end();
        while let Some(comment) = self.comment_up_to(start + text.len())
            && let Some(before) = comment.checked_sub(start).and_then(|length| text.get(..length))
        {
            text = before.trim_end();
        }
        Span::new(self.file, start, start + text.len())
    }

    /// Returns the start of the comment that ends at `end`.
    fn comment_up_to(&self, end: usize) -> Option<usize> {
        let found = self.comments.binary_search_by_key(&end, |comment| comment.span.end as usize).ok()?;
        self.comments.get(found).map(|comment| comment.span.start as usize)
    }

    /// Returns the value, or reports the error and returns `None`.
    fn report<T>(&mut self, result: Result<T, Box<Diagnostic>>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(fault) => {
                self.diagnostics.push(*fault);
                None
            }
        }
    }

    fn fault(
        &mut self,
        code: Code,
        span: Span,
        message: impl Into<String>,
    ) -> Option<std::convert::Infallible> {
        self.diagnostics.push(Diagnostic::new(code, span, message));
        None
    }

    fn name(&self, pair: P<'_>) -> Name {
        Name { text: pair.as_str().to_owned(), span: self.span(&pair) }
    }

    /// Builds a name of an enum or of a node, which may stand in quotes.
    fn symbol(&mut self, pair: P<'_>) -> Option<Name> {
        if pair.as_rule() == R::string {
            return self.text(pair).map(|Text { text, span }| Name { text, span });
        }
        Some(self.name(pair))
    }

    fn text(&mut self, pair: P<'_>) -> Option<Text> {
        let span = self.span(&pair);
        let text = self.report(literal::text(unquoted(pair.as_str()), span))?;
        Some(Text { text, span })
    }

    fn item(&mut self, pair: P<'_>) -> Option<Item> {
        let span = self.span(&pair);
        let rule = pair.as_rule();
        let mut parts = Children::new(pair);
        match rule {
            R::header => self.header(parts, span).map(Item::Header),
            R::import => {
                parts.skip(R::kw_import);
                let path = self.text(parts.next()?)?;
                Some(Item::Import(Import { path, span }))
            }
            R::taxonomy => {
                parts.skip(R::kw_taxonomy);
                let name = self.name(parts.next()?);
                let nodes = self.nodes(parts.next()?)?;
                Some(Item::Taxonomy(Taxonomy { name, nodes, span }))
            }
            R::named_set => {
                parts.skip(R::kw_set);
                let name = self.name(parts.next()?);
                parts.skip(R::kw_of);
                let base = self.name(parts.next()?);
                let value = self.set_expression(parts.next()?)?;
                Some(Item::NamedSet(NamedSet { name, base, value, span }))
            }
            R::request => {
                parts.skip(R::kw_request);
                let mut attributes = Vec::new();
                while let Some(entry) = parts.take(R::attribute) {
                    attributes.extend(self.attribute(entry));
                }
                Some(Item::Request(Request { attributes, span }))
            }
            R::definition => {
                parts.skip(R::kw_let);
                let name = self.name(parts.next()?);
                let condition = self.condition(parts.next()?)?;
                Some(Item::Let(Let { name, condition, span }))
            }
            R::lookup => self.lookup(parts, span).map(Item::Lookup),
            R::where_block => {
                parts.skip(R::kw_where);
                let condition = self.condition(parts.next()?)?;
                let mut items = Vec::new();
                while let Some(inner) = parts.next() {
                    items.extend(self.item(inner));
                }
                Some(Item::Where(Where { condition, items, span }))
            }
            R::rule_block => {
                parts.skip(R::kw_rule);
                let name = self.name(parts.next()?);
                let parts = self.parts(&mut parts);
                Some(Item::Rule(Rule { name, parts, span }))
            }
            R::table => self.table(parts, span).map(Item::Table),
            R::proof => self.proof(parts, span).map(Item::Proof),
            R::example => {
                parts.skip(R::kw_example);
                let name = self.name(parts.next()?);
                let base = parts.take(R::name).map(|base| self.name(base));
                parts.skip(R::kw_with);
                let assignments = self.assignments(parts.next()?);
                Some(Item::Example(Example { name, base, assignments, span }))
            }
            R::test => {
                parts.skip(R::kw_test);
                let title = self.text(parts.next()?)?;
                let given = self.given(parts.next()?)?;
                parts.skip(R::kw_expect);
                let expect = self.expectation(parts.next()?)?;
                Some(Item::Test(Box::new(Test { title, given, expect, span })))
            }
            R::cases => self.cases(parts, span).map(Item::Cases),
            _ => None,
        }
    }

    fn header(&mut self, mut parts: Children<'_>, span: Span) -> Option<Header> {
        parts.skip(R::kw_policy);
        let name = self.name(parts.next()?);
        let (mut version, mut source) = (None, None);
        while let Some(keyword) = parts.next() {
            let place = self.span(&keyword);
            let text = self.text(parts.next()?)?;
            let slot = if keyword.as_rule() == R::kw_version { &mut version } else { &mut source };
            if slot.replace(text).is_some() {
                self.fault(Code::RepeatedPart, place, format!("`{}` appears twice", keyword.as_str()));
            }
        }
        Some(Header { name, version, source, span })
    }

    fn nodes(&mut self, pair: P<'_>) -> Option<Vec<Node>> {
        let mut parts = Children::new(pair);
        let mut nodes = Vec::new();
        while let Some(node) = parts.take(R::node) {
            let span = self.span(&node);
            let mut inner = Children::new(node);
            let name = self.symbol(inner.next()?)?;
            let children = match inner.next() {
                Some(pair) => Some(self.nodes(pair)?),
                None => None,
            };
            nodes.push(Node { name, children, span });
        }
        Some(nodes)
    }

    fn attribute(&mut self, pair: P<'_>) -> Option<Attribute> {
        let span = self.span(&pair);
        let mut parts = Children::new(pair);
        let name = self.name(parts.next()?);
        let kind = self.kind(parts.next()?)?;
        let presence = match parts.next() {
            None => None,
            Some(pair) => {
                let place = self.span(&pair);
                let mut inner = Children::new(pair);
                if inner.skip(R::kw_required) {
                    Some(Presence::Required(place))
                } else {
                    inner.skip(R::kw_default);
                    Some(Presence::Default(self.value(inner.next()?)?))
                }
            }
        };
        Some(Attribute { name, kind, presence, span })
    }

    fn kind(&mut self, pair: P<'_>) -> Option<Kind> {
        let mut parts = Children::new(pair);
        let kind = self.plain_kind(parts.next()?)?;
        Some(self.optional(kind, parts.take(R::optional)))
    }

    /// Builds a type without the `?` behind it.
    fn plain_kind(&mut self, pair: P<'_>) -> Option<Kind> {
        let span = self.span(&pair);
        let rule = pair.as_rule();
        if rule == R::name {
            return Some(Kind::Named(self.name(pair)));
        }
        let mut parts = Children::new(pair);
        match rule {
            R::kind_enum => {
                let mut names = Vec::new();
                while let Some(name) = parts.next() {
                    names.push(self.symbol(name)?);
                }
                Some(Kind::Enum(names, span))
            }
            R::kind_range => {
                let name = self.name(parts.next()?);
                let mark = parts.take(R::optional);
                let kind = Kind::Ranged(name, self.range(parts.next()?)?);
                Some(self.optional(kind, mark))
            }
            _ => {
                parts.skip(R::kw_set);
                let may_be_empty = parts.skip(R::optional);
                parts.skip(R::kw_of);
                let of = Box::new(self.plain_kind(parts.next()?)?);
                Some(Kind::Set { may_be_empty, of, span })
            }
        }
    }

    fn optional(&self, kind: Kind, mark: Option<P<'_>>) -> Kind {
        match mark {
            Some(mark) => Kind::Optional(Box::new(kind), self.span(&mark)),
            None => kind,
        }
    }

    fn lookup(&mut self, mut parts: Children<'_>, span: Span) -> Option<Lookup> {
        parts.skip(R::kw_lookup);
        let name = self.name(parts.next()?);
        parts.skip(R::kw_of);
        let key = self.plain_kind(parts.next()?)?;
        let kind = self.kind(parts.next()?)?;
        let mut entries = Vec::new();
        while let Some(entry) = parts.take(R::entry) {
            entries.extend(self.entry(entry));
        }
        Some(Lookup { name, key, kind, entries, span })
    }

    fn entry(&mut self, pair: P<'_>) -> Option<Entry> {
        let span = self.span(&pair);
        let mut parts = Children::new(pair);
        let key = parts.next()?;
        let key = match key.as_rule() {
            R::kw_otherwise => Key::Otherwise(self.span(&key)),
            R::braces => Key::Braces(self.braces(key)?),
            _ => Key::Name(self.term(key, false)?),
        };
        let value = self.set_expression(parts.next()?)?;
        Some(Entry { key, value, span })
    }

    /// Builds a set expression, or the value of a lookup's entry.
    fn set_expression(&mut self, pair: P<'_>) -> Option<SetExpression> {
        let span = self.span(&pair);
        let mut parts = Children::new(pair);
        let mut terms = Vec::new();
        while let Some(pair) = parts.next() {
            match pair.as_rule() {
                R::kw_except => {}
                R::braces => terms.push(SetTerm::Braces(self.braces(pair)?)),
                _ => terms.push(SetTerm::Operand(self.term(pair, false)?)),
            }
        }
        Some(SetExpression { terms, span })
    }

    fn parts(&mut self, parts: &mut Children<'_>) -> Vec<Part> {
        let mut out = Vec::new();
        while let Some(rule) = parts.peek() {
            if rule == R::row {
                break;
            }
            let Some(pair) = parts.next() else { break };
            out.extend(self.part(pair));
        }
        out
    }

    fn part(&mut self, pair: P<'_>) -> Option<Part> {
        let span = self.span(&pair);
        let rule = pair.as_rule();
        let mut parts = Children::new(pair);
        match rule {
            R::effect_part => return self.effect(parts, span).map(Part::Effect),
            R::otherwise => return Some(Part::Otherwise(span)),
            _ => {}
        }
        // The keyword of the part.
        parts.next()?;
        let content = parts.next()?;
        Some(match rule {
            R::where_part => Part::Where(self.condition(content)?, span),
            R::cite => Part::Cite(self.text(content)?, span),
            R::because => Part::Because(self.text(content)?, span),
            R::basis => Part::Basis(self.name(content), span),
            _ => Part::Oblige(self.obligation(content)?, span),
        })
    }

    fn effect(&mut self, mut parts: Children<'_>, span: Span) -> Option<EffectPart> {
        let word = parts.next()?;
        let effect_span = self.span(&word);
        let effect = if word.as_str() == "allow" { Effect::Allow } else { Effect::Deny };
        let when = self.when(&mut parts)?;
        let exceptions = self.exceptions(&mut parts)?;
        Some(EffectPart { effect, effect_span, when, exceptions, span })
    }

    /// Builds an optional `when condition`. The outer `None` means an invalid condition, the inner one no condition.
    fn when(&mut self, parts: &mut Children<'_>) -> Option<Option<Condition>> {
        if parts.skip(R::kw_when) { Some(Some(self.condition(parts.next()?)?)) } else { Some(None) }
    }

    fn exceptions(&mut self, parts: &mut Children<'_>) -> Option<Vec<Exception>> {
        let mut out = Vec::new();
        while let Some(pair) = parts.take(R::exception) {
            let span = self.span(&pair);
            let mut inner = Children::new(pair);
            inner.skip(R::kw_except);
            let name = inner.take(R::name).map(|name| self.name(name));
            inner.skip(R::kw_when);
            let when = self.condition(inner.next()?)?;
            let exceptions = self.exceptions(&mut inner)?;
            out.push(Exception { name, when, exceptions, span });
        }
        Some(out)
    }

    fn obligation(&mut self, pair: P<'_>) -> Option<Obligation> {
        let span = self.span(&pair);
        let mut parts = Children::new(pair);
        let name = self.name(parts.next()?);
        let within = if parts.skip(R::kw_within) {
            let pair = parts.next()?;
            let place = self.span(&pair);
            Some(match pair.as_rule() {
                R::duration => Deadline::Duration(self.duration(pair)?, place),
                _ => Deadline::Name(self.name(pair)),
            })
        } else {
            None
        };
        let when = self.when(&mut parts)?;
        let text = match parts.next() {
            Some(pair) => Some(self.text(pair)?),
            None => None,
        };
        Some(Obligation { name, within, when, text, span })
    }

    fn proof(&mut self, mut parts: Children<'_>, span: Span) -> Option<Proof> {
        parts.skip(R::kw_prove);
        let name = self.name(parts.next()?);
        let always = parts.next()?.as_rule() == R::kw_always;
        let oblige =
            if parts.next()?.as_rule() == R::kw_oblige { Some(self.name(parts.next()?)) } else { None };
        let when = self.when(&mut parts)?;
        Some(Proof { name, always, oblige, when, span })
    }

    fn assignments(&mut self, pair: P<'_>) -> Vec<Assignment> {
        let mut parts = Children::new(pair);
        let mut out = Vec::new();
        while let Some(pair) = parts.take(R::assignment) {
            let mut inner = Children::new(pair);
            if let (Some(name), Some(value)) = (inner.next(), inner.next())
                && let Some(value) = self.value(value)
            {
                out.push(Assignment { attribute: self.name(name), value });
            }
        }
        out
    }

    fn value(&mut self, pair: P<'_>) -> Option<Value> {
        let span = self.span(&pair);
        let inner = Children::new(pair).next()?;
        let kind = match inner.as_rule() {
            R::kw_missing => ValueKind::Missing,
            R::name => ValueKind::Name(inner.as_str().to_owned()),
            R::value_set => {
                let mut parts = Children::new(inner);
                let mut entries = Vec::new();
                while let Some(pair) = parts.next() {
                    entries.push(self.term(pair, false)?);
                }
                ValueKind::Set(entries)
            }
            R::date | R::time | R::duration => match self.literal(inner, false) {
                Some(literal) => ValueKind::Literal(literal),
                // A test may expect an error at this attribute. Only the check of the test can tell.
                None => ValueKind::Faulty(Box::new(self.diagnostics.pop()?)),
            },
            _ => ValueKind::Literal(self.literal(inner, false)?),
        };
        Some(Value { kind, span })
    }

    /// Builds the value of a row: like any other, or the members of a set without braces.
    fn row_value(&mut self, pair: P<'_>) -> Option<Value> {
        let span = self.span(&pair);
        let mut parts = Children::new(pair);
        if let Some(value) = parts.take(R::value) {
            return self.value(value);
        }
        let mut entries = Vec::new();
        while let Some(pair) = parts.next() {
            entries.push(self.term(pair, false)?);
        }
        Some(Value { kind: ValueKind::Set(entries), span })
    }

    fn given(&mut self, pair: P<'_>) -> Option<Given> {
        let span = self.span(&pair);
        let mut parts = Children::new(pair);
        parts.skip(R::kw_given);
        let example = parts.take(R::name).map(|name| self.name(name));
        parts.skip(R::kw_with);
        let braces = parts.take(R::assignments);
        let has_braces = braces.is_some();
        let assignments = braces.map(|pair| self.assignments(pair)).unwrap_or_default();
        Some(Given { example, assignments, has_braces, span })
    }

    fn expectation(&mut self, pair: P<'_>) -> Option<Expectation> {
        let span = self.span(&pair);
        let mut parts = Children::new(pair);
        let first = parts.next()?;
        let outcome = match first.as_rule() {
            R::kw_allow => Outcome::Allow,
            R::kw_deny => Outcome::Deny,
            R::kw_indeterminate => Outcome::Indeterminate,
            _ => {
                let mut inner = Children::new(first);
                inner.skip(R::kw_error);
                Outcome::Error(self.name(inner.next()?))
            }
        };
        let mut out = Expectation {
            outcome,
            by: Listed::default(),
            by_default: None,
            oblige: Listed::default(),
            basis: Listed::default(),
            missing: Listed::default(),
            span,
        };
        while let Some(part) = parts.next() {
            let part = Children::new(part).next()?;
            let rule = part.as_rule();
            let mut inner = Children::new(part);
            inner.next()?;
            let listed = match rule {
                R::expect_by => &mut out.by,
                R::expect_oblige => &mut out.oblige,
                R::expect_basis => &mut out.basis,
                _ => &mut out.missing,
            };
            while let Some(pair) = inner.next() {
                let span = self.span(&pair);
                match pair.as_rule() {
                    R::kw_default => out.by_default = Some(span),
                    R::kw_only => listed.only = Some(span),
                    R::kw_nothing => listed.nothing = Some(span),
                    _ => listed.names.push(self.name(pair)),
                }
            }
        }
        Some(out)
    }
}

fn is_sign(rule: R) -> bool {
    matches!(
        rule,
        R::comma
            | R::colon
            | R::bar
            | R::equals
            | R::block_start
            | R::block_end
            | R::paren_start
            | R::paren_end
    )
}

/// Returns the text between the quotes.
fn unquoted(token: &str) -> &str {
    token.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(token)
}
