//! Checks the header, attributes, lets and proofs.

use super::Checker;
use super::compare::NONE;
use super::knowledge::Use;
use placet_model::condition::ConditionId;
use placet_model::policy::{Claim, Proof, Rule, Subject};
use placet_model::types::{Attribute, AttributeId, Enum, Members, Presence, Type, Universe, add_companions};
use placet_syntax::ast::{self, Header, Item, Kind, Name};
use placet_syntax::is_plain_name;
use placet_syntax::{Code, Diagnostic, RESERVED_WORDS, Span, closest};
use std::collections::HashMap;
use std::sync::Arc;

const TYPES: [&str; 7] = ["bool", "int", "number", "string", "date", "time", "duration"];

/// The names of types in other languages, for suggestions.
const ALIASES: [(&str, &str); 16] = [
    ("boolean", "bool"),
    ("integer", "int"),
    ("long", "int"),
    ("i64", "int"),
    ("float", "number"),
    ("double", "number"),
    ("decimal", "number"),
    ("real", "number"),
    ("f64", "number"),
    ("text", "string"),
    ("str", "string"),
    ("varchar", "string"),
    ("datetime", "time"),
    ("timestamp", "time"),
    ("instant", "time"),
    ("interval", "duration"),
];

impl<'a> Checker<'a> {
    pub(super) fn header(&mut self) -> Option<&'a Header> {
        let mut found: Option<&Header> = None;
        for item in self.items() {
            let Item::Header(header) = item else { continue };
            if let Some(first) = found {
                self.report(
                    Diagnostic::new(Code::RepeatedHeader, header.span, "the header `policy` appears twice")
                        .because("again here")
                        .label(first.span, "first here"),
                );
            } else {
                self.check_snake_case("policy", None, [&header.name]);
                found = Some(header);
            }
        }
        if found.is_none() && !self.files.is_empty() {
            let span = self.items().next().map(|item| item.span()).unwrap_or_default();
            self.report(
                Diagnostic::new(
                    Code::MissingHeader,
                    Span { end: span.start, ..span },
                    "the policy has no name",
                )
                .help("begin with `policy NAME`"),
            );
        }
        found
    }

    /// Reports names that aren't in snake_case, at the first of them: `what` is what they are, such as "node", and `of`
    /// what they belong to.
    pub(super) fn check_snake_case<'n>(
        &mut self,
        what: &str,
        of: Option<&str>,
        names: impl IntoIterator<Item = &'n Name>,
    ) {
        const MAX_NAMES: usize = 8;
        let is_wrong = |name: &&Name| name.text.contains(|c: char| c.is_ascii_uppercase());
        let wrong: Vec<&Name> = names.into_iter().filter(is_wrong).collect();
        let of = of.map_or(String::new(), |of| format!(" of `{of}`"));
        let (message, help) = match wrong.as_slice() {
            [] => return,
            [name] => {
                let message = format!("the {what} `{}`{of} isn't in snake_case", name.text);
                (message, format!("write `{}`", snake_case(&name.text)))
            }
            [first, ..] => {
                let shown: Vec<String> =
                    wrong.iter().take(MAX_NAMES).map(|name| format!("`{}`", name.text)).collect();
                let more = if wrong.len() > MAX_NAMES { " …" } else { "" };
                let (count, list) = (wrong.len(), shown.join(", "));
                let message = format!("{count} {what}s{of} aren't in snake_case: {list}{more}");
                (message, format!("write `{}`, and the others likewise", snake_case(&first.text)))
            }
        };
        let span = wrong.first().map(|name| name.span).unwrap_or_default();
        self.report(Diagnostic::new(Code::NameStyle, span, message).help(help));
    }

    /// Checks names of an enum or of a taxonomy: those in quotes must need them, the others be in snake_case.
    pub(super) fn check_symbols(&mut self, what: &str, of: Option<&str>, names: &[&Name]) {
        let (quoted, bare): (Vec<&Name>, Vec<&Name>) =
            names.iter().partition(|name| self.sources.slice(name.span).starts_with('"'));
        self.check_snake_case(what, of, bare);
        for name in quoted.into_iter().filter(|name| is_plain_name(&name.text)) {
            let message = format!("the {what} `{}` needs no quotes", name.text);
            self.report(
                Diagnostic::new(Code::NeedlessQuotes, name.span, message)
                    .help(format!("write `{}`", name.text)),
            );
        }
    }

    /// Reports an attribute that no condition can refer to, because its name begins with a reserved word.
    fn check_attribute_word(&mut self, name: &Name) {
        let word = name.text.split('.').next().unwrap_or_default();
        if RESERVED_WORDS.contains(&word) {
            let message =
                format!("an attribute can't be called `{}`: `{word}` is a reserved word", name.text);
            self.report(
                Diagnostic::new(Code::ReservedName, name.span, message)
                    .help(format!("choose another name, or put `{word}` after a dot: `subject.{word}`")),
            );
        }
    }

    pub(super) fn check_attributes(&mut self) {
        let mut optional = Vec::new();
        for item in self.items() {
            let Item::Request(request) = item else { continue };
            if self.is_full() {
                break;
            }
            self.check_snake_case("attribute", None, request.attributes.iter().map(|entry| &entry.name));
            for attribute in &request.attributes {
                self.check_attribute_word(&attribute.name);
                let name: Arc<str> = attribute.name.text.as_str().into();
                if let Some((_, first)) = self.find_attribute(&name) {
                    let first = first.span;
                    self.repeated("attribute", &attribute.name, first);
                    continue;
                }
                let Some((kind, is_optional)) = self.kind(&attribute.kind) else {
                    // Conditions with this name aren't reported again.
                    self.broken_attributes.insert(&attribute.name.text);
                    continue;
                };
                let presence = self.presence(&kind, is_optional, attribute.presence.as_ref());
                let id = AttributeId::new(self.attributes.len());
                let documentation = self.documentation(attribute.span);
                self.by_name.insert(name.clone(), id);
                self.attributes.push(Attribute {
                    name,
                    kind,
                    presence,
                    documentation,
                    span: attribute.name.span,
                    none: None,
                    companion_of: None,
                });
                if is_optional {
                    optional.push(id);
                }
            }
        }
        add_companions(&mut self.attributes, optional);
        self.declared = self.attributes.len();
    }

    fn presence(&mut self, kind: &Type, is_optional: bool, presence: Option<&'a ast::Presence>) -> Presence {
        match presence {
            None => Presence::Optional,
            Some(ast::Presence::Required(_)) => Presence::Required,
            Some(ast::Presence::Default(value)) => {
                match self.single_value("a default", kind, is_optional, value) {
                    Some(value) => Presence::Default(value),
                    // The default was reported; an optional attribute causes no further errors.
                    None => Presence::Optional,
                }
            }
        }
    }

    pub(super) fn kind(&mut self, kind: &'a Kind) -> Option<(Type, bool)> {
        let Kind::Optional(inner, mark) = kind else { return Some((self.plain_kind(kind)?, false)) };
        let found = self.plain_kind(inner)?;
        if let Type::Symbol(universe) = &found
            && universe.find(NONE).is_some()
        {
            let message = format!("`{universe}` has a value `none` of its own, so it can't be optional");
            self.report(Diagnostic::new(Code::ClashingNames, *mark, message).help("remove the `?`"));
            return None;
        }
        Some((found, true))
    }

    fn plain_kind(&mut self, kind: &'a Kind) -> Option<Type> {
        match kind {
            // Type names aren't reserved words: any other name must be a taxonomy.
            Kind::Named(name) => Some(match name.text.as_str() {
                "bool" => Type::Bool,
                "int" => Type::Int(i64::MIN, i64::MAX),
                "number" => Type::Number(f64::MIN, f64::MAX),
                "string" => Type::String,
                "date" => Type::Date,
                "time" => Type::Time,
                "duration" => Type::Duration,
                _ => Type::Symbol(self.taxonomy(name)?),
            }),
            Kind::Optional(inner, _) => self.plain_kind(inner),
            Kind::Ranged(name, range) => self.ranged_kind(name, range),
            Kind::Enum(names, _) => Some(Type::Symbol(self.enumeration(names))),
            Kind::Set { may_be_empty, of, .. } => {
                let of = match &**of {
                    Kind::Named(name) if name.text == "string" => Members::Texts,
                    // Without this arm, `set of int` would be reported as an unknown taxonomy.
                    Kind::Named(name) if TYPES.contains(&name.text.as_str()) => {
                        self.fault(
                            Code::UnknownType,
                            name.span,
                            format!(
                                "a set can contain values of a taxonomy, an enum or `string`, not of `{}`",
                                name.text
                            ),
                        );
                        return None;
                    }
                    Kind::Named(name) => Members::Symbols(self.taxonomy(name)?),
                    Kind::Enum(names, _) => Members::Symbols(self.enumeration(names)),
                    other => {
                        self.fault(
                            Code::UnknownType,
                            other.span(),
                            "a set can contain only values of a taxonomy, an enum or `string`",
                        );
                        return None;
                    }
                };
                Some(Type::Set { of, may_be_empty: *may_be_empty })
            }
        }
    }

    fn taxonomy(&mut self, name: &Name) -> Option<Universe> {
        if self.broken_taxonomies.contains(name.text.as_str()) {
            return None;
        }
        if let Some(taxonomy) = self.taxonomies.get(name.text.as_str()) {
            return Some(Universe::Taxonomy(taxonomy.clone()));
        }
        let lower = name.text.to_ascii_lowercase();
        // Aliases come first: no edit distance leads from `long` to `int`.
        let alias = ALIASES.iter().find(|(alias, _)| *alias == lower).map(|(_, name)| *name);
        let near = alias.or_else(|| closest(&name.text, self.taxonomies.keys().copied().chain(TYPES)));
        let near = near.map(str::to_owned);
        self.report(
            Diagnostic::new(
                Code::UnknownType,
                name.span,
                format!("unknown type or taxonomy `{}`", name.text),
            )
            .did_you_mean(near.as_deref()),
        );
        None
    }

    fn enumeration(&mut self, names: &'a [Name]) -> Universe {
        let mut first: HashMap<&str, Span> = HashMap::new();
        let mut declared: Vec<Arc<str>> = Vec::new();
        self.check_symbols("value", None, &names.iter().collect::<Vec<_>>());
        for name in names {
            if let Some(span) = first.insert(&name.text, name.span) {
                self.repeated("value", name, span);
            } else {
                declared.push(name.text.as_str().into());
            }
        }
        let mut sorted = declared.clone();
        sorted.sort_unstable();
        Universe::Enum(Arc::new(Enum { declared, sorted }))
    }

    pub(super) fn check_proofs(&mut self, rules: &[Rule]) -> Vec<Proof> {
        let known = self.named(rules);
        let mut first: HashMap<&str, Span> = HashMap::new();
        let mut out = Vec::new();
        for item in self.items() {
            let Item::Proof(proof) = item else { continue };
            self.check_snake_case("proof", None, [&proof.name]);
            if let Some(span) = first.insert(&proof.name.text, proof.name.span) {
                self.repeated("proof", &proof.name, span);
            }
            let subject = match &proof.oblige {
                Some(word) => {
                    self.check_obligation(word, &known);
                    Subject::Oblige(word.text.as_str().into())
                }
                None => Subject::Allow,
            };
            let when = match &proof.when {
                Some(condition) => {
                    self.check_knowledge(condition, Use::Proof, None);
                    self.condition(condition)
                }
                None => Some(self.truth()),
            };
            if let Some(when) = when {
                let name = proof.name.text.as_str().into();
                let claim = Claim { always: proof.always, subject };
                out.push(Proof { name, claim, when, span: proof.name.span });
            }
        }
        out
    }

    pub(super) fn truth(&mut self) -> ConditionId {
        self.conditions.constant(true)
    }
}

/// Returns a name in snake_case.
fn snake_case(name: &str) -> String {
    let mut out = String::new();
    for (at, c) in name.char_indices() {
        let after_word = name
            .get(..at)
            .is_some_and(|before| before.ends_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit()));
        if c.is_ascii_uppercase() && after_word {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}
