//! Resolves names and texts on the right side of a comparison to values or attributes.
//!
//! A name may be a value of the left attribute's domain, a named set, or another attribute. If two readings are
//! possible, the name is ambiguous and an error: neither takes precedence, so a new attribute can't silently change the
//! meaning of an existing condition.

use super::Checker;
use super::advice::{self, advise};
use super::cases::{sorted_names, unknown_value};
use super::compare::Comparison;
use super::operands::Side;
use placet_model::BitSet;
use placet_model::condition::Collection;
use placet_model::types::{AttributeId, Members, Type, Universe};
use placet_syntax::ast::{Braces, Literal, Operand, OperandKind, Range, Relation, Right};
use placet_syntax::{Code, Diagnostic, Span, closest};
use placet_syntax::{is_plain_name, written_name};
use std::collections::BTreeSet;
use std::sync::Arc;

impl Checker<'_> {
    pub(super) fn is_member_of(&self, id: AttributeId, members: &Members) -> bool {
        self.attribute(id).is_some_and(|attribute| match (&attribute.kind, members) {
            (Type::Symbol(universe), Members::Symbols(of)) => universe == of,
            (Type::String, Members::Texts) => true,
            _ => false,
        })
    }

    pub(super) fn ambiguous<T>(&mut self, name: &str, span: Span) -> Option<T> {
        let place = self.find_attribute(name).map(|(_, attribute)| attribute.span).unwrap_or_default();
        self.report(
            Diagnostic::new(Code::AmbiguousName, span, format!("`{name}` could be a value or an attribute"))
                .label(place, "the attribute")
                .help("rename the attribute"),
        );
        None
    }

    /// Reports a name that is no value of the domain.
    pub(super) fn no_member<T>(
        &mut self,
        name: &str,
        span: Span,
        is_attribute: bool,
        universe: &Universe,
    ) -> Option<T> {
        // Its declaration was reported already.
        if self.broken_sets.contains(name) || self.broken_attributes.contains(name) {
            return None;
        }
        let fault = if is_attribute {
            let same =
                self.find_attribute(name).is_some_and(|(_, a)| a.kind == Type::Symbol(universe.clone()));
            let message = if same {
                format!("expected a value, found the attribute `{name}`")
            } else {
                format!("the attribute `{name}` isn't of type `{universe}`")
            };
            let place = self.find_attribute(name).map(|(_, attribute)| attribute.span).unwrap_or_default();
            Diagnostic::new(Code::WrongType, span, message).label(place, "declared here")
        } else if let Some(set) = self.sets.get(name) {
            let of = match &set.of {
                Members::Symbols(of) => of.to_string(),
                Members::Texts => "string".to_owned(),
            };
            let message = format!("`{name}` is a set of `{of}`, not of `{universe}`");
            Diagnostic::new(Code::UnknownValue, span, message).label(set.span, "declared here")
        } else {
            let near = closest(name, sorted_names(universe).into_iter().chain(self.sets.keys().copied()));
            let attributes = self.declared_names();
            // A value is the likelier meaning here, so attributes are suggested only if no value is near.
            let near = near.or_else(|| closest(name, attributes));
            let fault = unknown_value(name, span, universe);
            match universe {
                Universe::Taxonomy(taxonomy) if *taxonomy.name == *name => fault
                    .help("every value lies in it: leave the comparison out, or name nodes of the taxonomy"),
                _ => advise(fault, advice::SYMBOLS, name, unqualified(name, universe).or(near)),
            }
        };
        self.report(fault);
        None
    }

    /// Reports the name of an operand that isn't declared. `help` is the advice without a better one.
    pub(super) fn unknown_operand(&mut self, name: &str, span: Span, what: &str, help: Option<String>) {
        // Other languages put attributes in an object: `input.age`.
        let bare =
            name.split_once('.').map(|(_, bare)| bare).filter(|bare| self.find_declared(bare).is_some());
        let near = bare.map(str::to_owned).or_else(|| self.near_operand(name));
        let fault = Diagnostic::new(Code::UnknownName, span, format!("unknown {what} `{name}`"));
        let fault = advise(fault, advice::OPERANDS, name, near.as_deref());
        self.report(match help {
            Some(help) if fault.help.is_none() => fault.help(help),
            _ => fault,
        });
    }

    /// Returns the leaves or names that an entry means: a node, a named set, or a name of an enum.
    pub(super) fn symbols_of(&mut self, universe: &Universe, entry: &Operand) -> Option<BitSet> {
        let name = match &entry.kind {
            OperandKind::Name(name) => name,
            OperandKind::Literal(Literal::String(text, _)) if !is_plain_name(text) => {
                return match universe.find(text) {
                    Some((symbols, _)) => Some(symbols),
                    None => self.no_member(text, entry.span, false, universe),
                };
            }
            _ => {
                let message = format!("expected a name from `{universe}`");
                self.report(unquoted(Diagnostic::new(Code::WrongType, entry.span, message), universe, entry));
                return None;
            }
        };
        if let Some((symbols, _)) = universe.find(name) {
            return Some(symbols);
        }
        if let Some(symbols) = self.named_symbols(universe, name) {
            return Some(symbols);
        }
        let known = self.find_attribute(name).is_some();
        self.no_member(name, entry.span, known, universe)
    }

    /// Returns the symbols of a named set, if it is over `universe`.
    pub(super) fn named_symbols(&self, universe: &Universe, name: &str) -> Option<BitSet> {
        let entry = self.sets.get(name)?;
        match (&entry.of, &entry.members) {
            (Members::Symbols(of), Collection::Symbols(symbols)) if of == universe => Some(symbols.clone()),
            _ => None,
        }
    }

    /// Returns the texts of a named set of strings.
    pub(super) fn named_texts(&self, name: &str) -> Option<BTreeSet<Arc<str>>> {
        match &self.sets.get(name)?.members {
            Collection::Texts(texts) => Some(texts.clone()),
            Collection::Symbols(_) | Collection::Like(_) => None,
        }
    }

    pub(super) fn symbol_right(
        &mut self,
        universe: &Universe,
        relation: Relation,
        right: &Right,
    ) -> Option<Comparison> {
        let is_in = matches!(relation, Relation::In | Relation::NotIn);
        let better = in_place_of(relation);
        match right {
            Right::Operand(Operand { kind: OperandKind::Literal(Literal::String(text, _)), span })
                if !is_plain_name(text) =>
            {
                match universe.find(text) {
                    Some((_, true)) if !is_in => {
                        self.not_one_leaf(*span, "category", &written_name(text), better)
                    }
                    Some((symbols, _)) => Some(Comparison::Values(Collection::Symbols(symbols))),
                    None => self.no_member(text, *span, false, universe),
                }
            }
            Right::Operand(Operand { kind: OperandKind::Name(name), span }) => {
                let value = universe.find(name);
                let attribute = self.find_attribute(name);
                // `in` needs several values, and an attribute of this type has one.
                let other = attribute.filter(|(_, a)| !is_in && a.kind == Type::Symbol(universe.clone()));
                let other = other.map(|(id, _)| id);
                let known = attribute.is_some();
                let named = self.named_symbols(universe, name);
                // A name with two readings is an error; a category or a named set is several values, so it needs `in`.
                match (value, other) {
                    (Some(_), Some(_)) => self.ambiguous(name, *span),
                    (Some((_, true)), None) if !is_in => self.not_one_leaf(*span, "category", name, better),
                    (Some((symbols, _)), None) => Some(Comparison::Values(Collection::Symbols(symbols))),
                    (None, Some(id)) => Some(Comparison::Attribute(id)),
                    (None, None) => match named {
                        Some(symbols) if is_in => Some(Comparison::Values(Collection::Symbols(symbols))),
                        Some(_) => self.not_one_leaf(*span, "set", name, better),
                        None if known && is_in => {
                            self.report(
                                Diagnostic::new(Code::WrongType, *span, "expected a set after `in`")
                                    .help(format!("to compare with one attribute, write `is {name}`")),
                            );
                            None
                        }
                        None => self.no_member(name, *span, known, universe),
                    },
                }
            }
            Right::Braces(braces) if is_in => {
                if braces.entries.is_empty() {
                    self.empty_set(braces.span);
                    return None;
                }
                self.symbols_of_braces(universe, braces)
                    .map(|all| Comparison::Values(Collection::Symbols(all)))
            }
            Right::Braces(braces) => {
                self.braces_after_is(braces, relation);
                None
            }
            other => {
                let message = format!("expected a value of `{universe}`");
                let fault = Diagnostic::new(Code::WrongType, other.span(), message);
                self.report(match other {
                    Right::Operand(operand) => unquoted(fault, universe, operand),
                    _ => fault,
                });
                None
            }
        }
    }

    fn not_one_leaf<T>(&mut self, span: Span, what: &str, name: &str, better: &str) -> Option<T> {
        let message = format!("expected a single leaf, found the {what} `{name}`");
        self.report(
            Diagnostic::new(Code::NotOneLeaf, span, message).help(format!("write `{better} {name}`")),
        );
        None
    }

    pub(super) fn symbols_of_braces(&mut self, universe: &Universe, braces: &Braces) -> Option<BitSet> {
        // Every entry is checked before the first invalid one ends this, so that all are reported.
        let each: Vec<Option<BitSet>> =
            braces.entries.iter().map(|entry| self.symbols_of(universe, entry)).collect();
        let each: Vec<BitSet> = each.into_iter().collect::<Option<_>>()?;
        Some(each.iter().fold(BitSet::empty(universe.len()), |all, one| all.union(one)))
    }

    pub(super) fn bool_right(&mut self, relation: Relation, right: &Right) -> Option<Comparison> {
        let is_in = matches!(relation, Relation::In | Relation::NotIn);
        let single = match right {
            Right::Operand(operand) => std::slice::from_ref(operand),
            Right::Braces(braces) if is_in && !braces.entries.is_empty() => braces.entries.as_slice(),
            other => {
                self.fault(Code::WrongType, other.span(), "expected `true` or `false`");
                return None;
            }
        };
        let mut symbols = BitSet::empty(2);
        for operand in single {
            match self.side(operand)? {
                Side::Bool(value) => symbols.insert(u32::from(value)),
                Side::Attribute(id) if !is_in && self.attribute(id).is_some_and(|a| a.kind == Type::Bool) => {
                    return Some(Comparison::Attribute(id));
                }
                other => {
                    let what = self.name_of_side(&other);
                    let message = format!("expected `true` or `false`, found {what}");
                    let fault = Diagnostic::new(Code::WrongType, operand.span, message);
                    self.report(match &other {
                        Side::Numeral(digits) if digits == "1" => fault.help("write `true`"),
                        Side::Numeral(digits) if digits == "0" => fault.help("write `false`"),
                        Side::Text(text) if matches!(&**text, "true" | "false") => {
                            fault.help(format!("write `{text}` without quotes"))
                        }
                        _ => fault,
                    });
                    return None;
                }
            }
        }
        Some(Comparison::Values(Collection::Symbols(symbols)))
    }

    /// Resolves the right side of a comparison with a string attribute.
    pub(super) fn text_right(&mut self, relation: Relation, right: &Right) -> Option<Comparison> {
        let is_in = matches!(relation, Relation::In | Relation::NotIn);
        if let Right::Operand(Operand { kind: OperandKind::Name(name), span }) = right
            && let Some(texts) = self.named_texts(name)
        {
            let clashes = self.find_attribute(name).is_some_and(|(_, a)| a.kind == Type::String);
            return match (clashes, is_in) {
                (true, _) => self.ambiguous(name, *span),
                (false, true) => Some(Comparison::Values(Collection::Texts(texts))),
                (false, false) => {
                    let message = format!("expected one string, found the set `{name}`");
                    let fault = Diagnostic::new(Code::WrongType, *span, message);
                    self.report(fault.help(format!("write `{} {name}`", in_place_of(relation))));
                    None
                }
            };
        }
        match right {
            Right::Operand(Operand { kind: OperandKind::Name(name), span }) if self.is_unknown(name) => {
                let help = Some(format!("put texts in double quotes: `\"{name}\"`"));
                self.unknown_operand(name, *span, "attribute", help);
                None
            }
            Right::Operand(operand) => match self.side(operand)? {
                Side::Text(text) => Some(Comparison::Values(Collection::Texts(BTreeSet::from([text])))),
                Side::Attribute(id)
                    if !is_in && self.attribute(id).is_some_and(|a| a.kind == Type::String) =>
                {
                    Some(Comparison::Attribute(id))
                }
                other => {
                    let what = self.name_of_side(&other);
                    self.fault(Code::WrongType, operand.span, format!("expected a string, found {what}"));
                    None
                }
            },
            Right::Braces(braces) if is_in => {
                if braces.entries.is_empty() {
                    self.empty_set(braces.span);
                    return None;
                }
                self.texts_of(&braces.entries).map(|texts| Comparison::Values(Collection::Texts(texts)))
            }
            Right::Braces(braces) => {
                self.braces_after_is(braces, relation);
                None
            }
            Right::Range(range) => {
                self.fault(Code::WrongType, range.span, "strings can't be compared with a range");
                None
            }
        }
    }

    pub(super) fn texts_of(&mut self, entries: &[Operand]) -> Option<BTreeSet<Arc<str>>> {
        let mut out = BTreeSet::new();
        for entry in entries {
            let named = match &entry.kind {
                OperandKind::Name(name) => self.named_texts(name),
                _ => None,
            };
            match (&self.constant(entry).kind, named) {
                (_, Some(texts)) => out.extend(texts),
                (OperandKind::Literal(Literal::String(text, _)), None) => {
                    out.insert(text.as_str().into());
                }
                _ => {
                    self.report(
                        Diagnostic::new(Code::WrongType, entry.span, "expected a string in double quotes")
                            .help(format!("write `\"{}\"`", self.sources.slice(entry.span))),
                    );
                    return None;
                }
            }
        }
        Some(out)
    }

    pub(super) fn empty_set(&mut self, span: Span) {
        self.report(
            Diagnostic::new(Code::EmptySet, span, "the empty set isn't allowed here")
                .because("it has no members")
                .help(
                    "use `{}` only after `is` for a `set?`, or as a value in a default, an example or a test",
                ),
        );
    }

    pub(super) fn braces_after_is(&mut self, braces: &Braces, relation: Relation) {
        let message = format!("expected one value after `{}`", relation.as_str());
        self.report(
            Diagnostic::new(Code::WrongType, braces.span, message)
                .help(format!("to compare with several values, write `{} {{…}}`", in_place_of(relation))),
        );
    }

    pub(super) fn braces_after_is_range(&mut self, range: &Range, relation: Relation) {
        let text = self.sources.slice(range.span);
        let help = format!("write `{} {text}`", in_place_of(relation));
        let message = format!("expected one value after `{}`", relation.as_str());
        self.report(Diagnostic::new(Code::WrongType, range.span, message).help(help));
    }
}

/// Returns the operator to suggest for several values.
fn in_place_of(relation: Relation) -> &'static str {
    if matches!(relation, Relation::IsNot | Relation::NotIn) { "not in" } else { "in" }
}

/// Adds a suggestion to a diagnostic about a value in quotes.
fn unquoted(fault: Diagnostic, universe: &Universe, operand: &Operand) -> Diagnostic {
    match &operand.kind {
        OperandKind::Literal(Literal::String(text, _)) if universe.find(text).is_some() => {
            fault.help(format!("write `{text}` without quotes"))
        }
        _ => fault,
    }
}

/// Returns the name after `Purpose.` or another qualifier, if the universe has it.
fn unqualified<'n>(name: &'n str, universe: &Universe) -> Option<&'n str> {
    let (_, bare) = name.rsplit_once('.')?;
    universe.find(bare).map(|_| bare)
}
