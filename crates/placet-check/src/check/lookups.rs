//! Checks the declarations of lookups: their keys, each with one value of the lookup's type.

use super::Checker;
use placet_model::BitSet;
use placet_model::condition::Collection;
use placet_model::types::{Type, Universe};
use placet_model::value::Value;
use placet_model::words;
use placet_model::written::Lookup as InWords;
use placet_syntax::ast::{self, Entry, Item, Key, Literal, Lookup, Operand, OperandKind, SetTerm, ValueKind};
use placet_syntax::{Code, Diagnostic, Span, written_name, written_text};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// A checked lookup.
pub(super) struct LookupEntry {
    /// The type of the key: symbols or strings.
    pub(super) key: Type,
    /// The type of the values.
    pub(super) kind: Type,
    pub(super) is_optional: bool,
    /// The values with the keys that have them. Each key has one value.
    pub(super) cases: Vec<(Value, Keys)>,
    /// The same with values in words.
    pub(super) words: Arc<InWords>,
    /// The span of the declared name.
    pub(super) span: Span,
}

impl LookupEntry {
    /// Returns the types of the key and of the values.
    pub(super) fn types(&self) -> [&Type; 2] {
        [&self.key, &self.kind]
    }
}

/// A set of keys.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Keys {
    Symbols(BitSet),
    /// These texts.
    Texts(BTreeSet<Arc<str>>),
    /// All texts but these.
    Others(BTreeSet<Arc<str>>),
}

impl Keys {
    /// Adds other keys. Cost: linear in those, or in the names of the key's type.
    pub(super) fn add(&mut self, other: &Self) {
        match (&mut *self, other) {
            (Keys::Symbols(own), Keys::Symbols(other)) => *own = own.union(other),
            (Keys::Texts(own), Keys::Texts(other)) => own.extend(other.iter().cloned()),
            (Keys::Others(own), Keys::Texts(other)) => own.retain(|text| !other.contains(text)),
            (Keys::Texts(own), Keys::Others(other)) => *self = Keys::Others(other - own),
            (Keys::Others(own), Keys::Others(other)) => own.retain(|text| other.contains(text)),
            // INVARIANT: the keys of one lookup have one type.
            (Keys::Symbols(_), _) | (_, Keys::Symbols(_)) => {}
        }
    }
}

/// The entries of a lookup.
struct Entries<'a> {
    /// The indexes of the entries with keys, with these and their span.
    keyed: Vec<(usize, &'a [Operand], Span)>,
    /// The index and the span of `otherwise`.
    otherwise: Option<(usize, Span)>,
    is_valid: bool,
}

/// The value of a leaf or name, with the precision of the key that gave it.
struct Assigned {
    /// The depth of the node that named it.
    depth: u32,
    entry: usize,
    span: Span,
}

impl<'a> Checker<'a> {
    pub(super) fn check_lookups(&mut self) {
        for item in self.items() {
            let Item::Lookup(tree) = item else { continue };
            if self.is_full() {
                break;
            }
            let name = tree.name.text.as_str();
            self.check_snake_case("lookup", None, [&tree.name]);
            if name == "months" {
                let message = "a lookup can't be called `months`: `months(a, b)` counts months";
                self.report(
                    Diagnostic::new(Code::ReservedName, tree.name.span, message).help("choose another name"),
                );
            }
            if let Some(first) = self.lookup_spans.insert(name, tree.name.span) {
                self.repeated("lookup", &tree.name, first);
                continue;
            }
            // Without an entry the lookup is broken, and its uses aren't reported.
            if let Some(entry) = self.lookup(tree) {
                self.lookups.insert(name, entry);
            }
        }
    }

    fn lookup(&mut self, tree: &'a Lookup) -> Option<LookupEntry> {
        let key = self.key_type(&tree.key);
        let declared = self.kind(&tree.kind);
        let (key, (kind, is_optional)) = (key?, declared?);
        // Every value is checked before the first invalid one ends this, so that all are reported.
        let values: Vec<Option<Value>> =
            tree.entries.iter().map(|entry| self.lookup_value(&kind, is_optional, entry)).collect();
        let cases = match &key {
            Type::Symbol(universe) => self.symbol_cases(tree, universe, &values),
            _ => self.text_cases(tree, &values),
        };
        values.iter().all(Option::is_some).then_some(())?;
        let mut out: Vec<(Value, Keys)> = Vec::new();
        let mut known: HashMap<String, usize> = HashMap::new();
        for (value, keys) in cases? {
            let at = *known.entry(value.display(&kind)).or_insert(out.len());
            match out.get_mut(at) {
                Some((_, known)) => known.add(&keys),
                None => out.push((value, keys)),
            }
        }
        let words = in_words(&tree.name.text, &out, &kind).into();
        Some(LookupEntry { key, kind, is_optional, cases: out, words, span: tree.name.span })
    }

    fn key_type(&mut self, tree: &'a placet_syntax::ast::Kind) -> Option<Type> {
        let (kind, _) = self.kind(tree)?;
        if matches!(kind, Type::Symbol(_) | Type::String) {
            return Some(kind);
        }
        let message = format!("a lookup's key can't be of type `{kind}`");
        let fault = Diagnostic::new(Code::WrongType, tree.span(), message);
        self.report(fault.because("expected a taxonomy, an enum or `string`"));
        None
    }

    /// Returns the value of each leaf or name of the key's type, grouped by entry.
    fn symbol_cases(
        &mut self,
        tree: &'a Lookup,
        universe: &Universe,
        values: &[Option<Value>],
    ) -> Option<Vec<(Value, Keys)>> {
        let mut assigned: BTreeMap<u32, Assigned> = BTreeMap::new();
        let Entries { keyed, otherwise, mut is_valid } = self.entries(tree);
        for (index, names, _) in keyed {
            for name in names {
                let Some(symbols) = self.symbols_of(universe, name) else {
                    is_valid = false;
                    continue;
                };
                let node = self.depth_of_node(universe, name);
                for symbol in symbols.iter() {
                    // The leaves of a named set count as named one by one.
                    let depth = node.or_else(|| self.depth_of_leaf(universe, symbol)).unwrap_or_default();
                    let new = Assigned { depth, entry: index, span: name.span };
                    match assigned.get(&symbol) {
                        // The deeper node names the leaf more exactly. An entry may name it several times.
                        Some(known) if known.depth > depth => {}
                        Some(known) if known.depth == depth && known.entry == index => {}
                        Some(known) if known.depth == depth => {
                            self.two_values(&written_name(universe.name(symbol)), name.span, known.span);
                            is_valid = false;
                            break;
                        }
                        _ => drop(assigned.insert(symbol, new)),
                    }
                }
            }
        }
        let left: Vec<u32> = (0..universe.len()).filter(|symbol| !assigned.contains_key(symbol)).collect();
        match (otherwise, left.is_empty()) {
            (None, false) if is_valid && !self.is_damaged(tree.span) => {
                const MAX_NAMES: usize = 5;
                let names: Vec<String> = left
                    .iter()
                    .take(MAX_NAMES)
                    .map(|symbol| format!("`{}`", universe.name(*symbol)))
                    .collect();
                let more = if left.len() > MAX_NAMES { " …" } else { "" };
                let message = format!("the lookup has no value for {}{more}", names.join(", "));
                self.report(
                    Diagnostic::new(Code::LookupKeys, tree.name.span, message)
                        .help("add `otherwise: …` for all keys that no entry names"),
                );
                return None;
            }
            (Some((_, span)), true) => self.idle_otherwise(span),
            _ => {}
        }
        if !is_valid {
            return None;
        }
        let mut of_entry: BTreeMap<usize, BitSet> = BTreeMap::new();
        for symbol in 0..universe.len() {
            let entry = assigned.get(&symbol).map(|known| known.entry).or(otherwise.map(|(index, _)| index));
            if let Some(entry) = entry {
                of_entry.entry(entry).or_insert_with(|| BitSet::empty(universe.len())).insert(symbol);
            }
        }
        let cases = of_entry
            .into_iter()
            .filter_map(|(entry, symbols)| Some((values.get(entry)?.clone()?, Keys::Symbols(symbols))));
        Some(cases.collect())
    }

    /// Returns the depth of the node that a key names; `None` if it names a set.
    fn depth_of_node(&self, universe: &Universe, key: &Operand) -> Option<u32> {
        let Universe::Taxonomy(taxonomy) = universe else { return None };
        self.depths.get(&*taxonomy.name)?.get(written(key)?).copied()
    }

    fn depth_of_leaf(&self, universe: &Universe, symbol: u32) -> Option<u32> {
        let Universe::Taxonomy(taxonomy) = universe else { return None };
        self.depths.get(&*taxonomy.name)?.get(universe.name(symbol)).copied()
    }

    fn text_cases(&mut self, tree: &'a Lookup, values: &[Option<Value>]) -> Option<Vec<(Value, Keys)>> {
        let mut named: BTreeMap<Arc<str>, Span> = BTreeMap::new();
        let mut out: Vec<(usize, BTreeSet<Arc<str>>)> = Vec::new();
        let Entries { keyed, otherwise, mut is_valid } = self.entries(tree);
        for (index, keys, span) in keyed {
            let Some(texts) = self.texts_of(keys) else {
                is_valid = false;
                continue;
            };
            for text in &texts {
                if let Some(first) = named.insert(text.clone(), span) {
                    self.two_values(&written_text(text), span, first);
                    is_valid = false;
                }
            }
            out.push((index, texts));
        }
        let Some((rest, _)) = otherwise else {
            if is_valid && !self.is_damaged(tree.span) {
                let message = "a lookup of strings needs a value for all other strings";
                let fault = Diagnostic::new(Code::LookupKeys, tree.name.span, message);
                self.report(fault.help("add `otherwise: …`"));
            }
            return None;
        };
        if !is_valid {
            return None;
        }
        let all: BTreeSet<Arc<str>> = named.into_keys().collect();
        let value = |entry: usize| values.get(entry).cloned().flatten();
        let cases = out.into_iter().filter_map(|(entry, texts)| Some((value(entry)?, Keys::Texts(texts))));
        Some(cases.chain(value(rest).map(|value| (value, Keys::Others(all)))).collect())
    }

    /// Splits the entries of a lookup. Reports a second `otherwise`.
    fn entries(&mut self, tree: &'a Lookup) -> Entries<'a> {
        let mut out = Entries { keyed: Vec::new(), otherwise: None, is_valid: true };
        for (index, entry) in tree.entries.iter().enumerate() {
            match (&entry.key, out.otherwise) {
                (Key::Otherwise(span), Some((_, first))) => {
                    self.repeated_part("otherwise", *span, first);
                    out.is_valid = false;
                }
                (Key::Otherwise(span), None) => out.otherwise = Some((index, *span)),
                (Key::Name(key), _) => out.keyed.push((index, std::slice::from_ref(key), key.span)),
                (Key::Braces(keys), _) => out.keyed.push((index, &keys.entries, keys.span)),
            }
        }
        out
    }

    fn two_values(&mut self, key: &str, again: Span, first: Span) {
        let fault = Diagnostic::new(Code::RepeatedName, again, format!("`{key}` has two values"));
        self.report(fault.because("again here").label(first, "first here"));
    }

    fn idle_otherwise(&mut self, span: Span) {
        let message = "`otherwise` has no keys left";
        let fault = Diagnostic::new(Code::IdleOtherwise, span, message);
        self.report(fault.help("remove it: the other entries name every key"));
    }

    /// Returns the value of an entry, or `None` if it isn't one of the lookup's type, which is reported.
    fn lookup_value(&mut self, kind: &Type, is_optional: bool, entry: &'a Entry) -> Option<Value> {
        if let Type::Set { of, may_be_empty } = kind {
            let members = self.set_expression(of, &entry.value)?;
            if members.is_empty() && !may_be_empty {
                self.report(
                    Diagnostic::new(Code::EmptySet, entry.value.span, "the value can't be the empty set")
                        .help("declare the lookup's type as `set? of …` to allow the empty set"),
                );
                return None;
            }
            return Some(match members {
                Collection::Symbols(symbols) => Value::Symbols(symbols),
                Collection::Texts(texts) => Value::Texts(texts),
                // INVARIANT: a set expression lists its members.
                Collection::Like(_) => return None,
            });
        }
        let [SetTerm::Operand(operand)] = entry.value.terms.as_slice() else {
            let message = format!("expected one value of `{kind}`");
            self.fault(Code::WrongType, entry.value.span, message);
            return None;
        };
        let span = operand.span;
        // A value of the type comes first: a let can't hide it.
        let is_value = matches!((kind, &operand.kind), (Type::Symbol(_), OperandKind::Name(_)));
        let operand = if is_value { Cow::Borrowed(operand) } else { self.constant(operand) };
        let value = match &operand.kind {
            OperandKind::Name(name) => ValueKind::Name(name.clone()),
            OperandKind::Literal(literal) => ValueKind::Literal(literal.clone()),
            // INVARIANT: the grammar has only names and literals here.
            _ => return None,
        };
        self.single_value("a value", kind, is_optional, &ast::Value { kind: value, span })
    }
}

/// Returns a lookup with its values in words.
fn in_words(name: &str, cases: &[(Value, Keys)], kind: &Type) -> InWords {
    let mut out = InWords { name: name.into(), cases: Vec::new(), otherwise: None };
    for (value, keys) in cases {
        let value: Arc<str> = words::value(value, kind).into();
        match keys {
            Keys::Symbols(symbols) => out.cases.push((Collection::Symbols(symbols.clone()), value)),
            Keys::Texts(texts) => out.cases.push((Collection::Texts(texts.clone()), value)),
            Keys::Others(_) => out.otherwise = Some(value),
        }
    }
    out
}

/// Returns the name that a key is written as, without quotes.
fn written(key: &Operand) -> Option<&str> {
    match &key.kind {
        OperandKind::Name(name) => Some(name),
        OperandKind::Literal(Literal::String(text, _)) => Some(text),
        _ => None,
    }
}
