//! Checks lookups, and replaces their values in conditions by the finite list of their cases.
//!
//! A comparison with `name(key)` is checked with a parameter of the lookup's type in place of the value. Then the
//! parameter gives way to each of the lookup's values: the comparison becomes a disjunction over the values, each with
//! the keys that have it. So a condition relates the key to the other side exactly, without a relation of attributes.
//! Values for which the comparison comes out the same share one part.

use super::Checker;
use super::advice::{self, advise};
use super::compare::Verdict;
use super::parameters::Values;
use placet_model::BitSet;
use placet_model::condition::{Atom, Collection, Condition, ConditionId};
use placet_model::types::{AttributeId, Type, Universe};
use placet_model::value::Value;
use placet_model::words;
use placet_model::written::Lookup as InWords;
use placet_syntax::ast::{
    self, Entry, Item, Key, Literal, Lookup, Name, Operand, OperandKind, SetTerm, ValueKind,
};
use placet_syntax::{Code, Diagnostic, Span, closest};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// A checked lookup.
pub(super) struct LookupEntry {
    /// The type of the key: symbols or strings.
    key: Type,
    /// The type of the values.
    kind: Type,
    is_optional: bool,
    /// The values with the keys that have them. Each key has one value.
    cases: Vec<(Value, Keys)>,
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
enum Keys {
    Symbols(BitSet),
    /// These texts.
    Texts(BTreeSet<Arc<str>>),
    /// All texts but these.
    Others(BTreeSet<Arc<str>>),
}

impl Keys {
    /// Adds other keys. Cost: linear in those, or in the names of the key's type.
    fn add(&mut self, other: &Self) {
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

/// A use of a lookup: its name and the attribute whose value is the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Call<'a> {
    pub(super) lookup: &'a str,
    pub(super) key: AttributeId,
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
        let mut otherwise: Option<(usize, Span)> = None;
        let mut is_valid = true;
        for (index, entry) in tree.entries.iter().enumerate() {
            let names = match &entry.key {
                Key::Otherwise(span) => {
                    is_valid &= self.only_otherwise(&mut otherwise, index, *span);
                    continue;
                }
                Key::Name(operand) => std::slice::from_ref(operand),
                Key::Braces(braces) => braces.entries.as_slice(),
            };
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
                        // The deeper node names the leaf more exactly.
                        Some(known) if known.depth > depth || known.entry == index => {}
                        Some(known) if known.depth == depth => {
                            let first = known.span;
                            let leaf = placet_syntax::written_name(universe.name(symbol)).into_owned();
                            let message = format!("`{leaf}` has two values");
                            let fault = Diagnostic::new(Code::RepeatedName, name.span, message);
                            self.report(fault.because("again here").label(first, "first here"));
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
        let mut otherwise: Option<(usize, Span)> = None;
        let mut out: Vec<(usize, BTreeSet<Arc<str>>)> = Vec::new();
        let mut is_valid = true;
        for (index, entry) in tree.entries.iter().enumerate() {
            let keys = match &entry.key {
                Key::Otherwise(span) => {
                    is_valid &= self.only_otherwise(&mut otherwise, index, *span);
                    continue;
                }
                Key::Name(operand) => std::slice::from_ref(operand),
                Key::Braces(braces) => braces.entries.as_slice(),
            };
            let Some(texts) = self.texts_of(keys) else {
                is_valid = false;
                continue;
            };
            for text in &texts {
                if let Some(first) = named.insert(text.clone(), entry.key.span()) {
                    let message = format!("`{}` has two values", placet_syntax::written_text(text));
                    let fault = Diagnostic::new(Code::RepeatedName, entry.key.span(), message);
                    self.report(fault.because("again here").label(first, "first here"));
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

    /// Records the entry `otherwise`. Returns false if there is one already, which is reported.
    fn only_otherwise(&mut self, otherwise: &mut Option<(usize, Span)>, index: usize, span: Span) -> bool {
        if let Some((_, first)) = *otherwise {
            self.repeated_part("otherwise", span, first);
            return false;
        }
        *otherwise = Some((index, span));
        true
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

    /// Returns the parameter for the value of a lookup for a key, which is created at the first use. Reports unknown
    /// lookups and keys of another type.
    pub(super) fn lookup_of(&mut self, name: &Name, key: &Operand, span: Span) -> Option<AttributeId> {
        let key_id = match &super::compare::peeled_operand(key).kind {
            OperandKind::Name(text) => {
                self.attribute_side(text, key.span)?;
                self.find_attribute(text).map(|(id, _)| id)
            }
            _ => None,
        };
        let Some((lookup, entry)) = self.lookups.get_key_value(name.text.as_str()) else {
            if !self.lookup_spans.contains_key(name.text.as_str()) {
                let near = closest(&name.text, self.lookups.keys().copied()).map(str::to_owned);
                let message = format!("unknown lookup `{}`", name.text);
                let fault = Diagnostic::new(Code::UnknownName, name.span, message);
                self.report(advise(fault, advice::LOOKUPS, &name.text, near.as_deref()));
            }
            return None;
        };
        let (lookup, kind, is_optional) = (*lookup, entry.kind.clone(), entry.is_optional);
        let (wanted, declared) = (entry.key.clone(), entry.span);
        // The value of another lookup is no attribute.
        let found = key_id.filter(|id| !self.calls.values().any(|call| call == id));
        let Some((id, attribute)) = found.and_then(|id| Some((id, self.attribute(id)?))) else {
            self.fault(Code::WrongType, key.span, "the key of a lookup must be an attribute");
            return None;
        };
        if attribute.kind != wanted {
            let message = format!(
                "the key of `{lookup}` is of type `{wanted}`, but `{}` is `{}`",
                attribute.name,
                attribute.declared_type()
            );
            self.report(Diagnostic::new(Code::WrongType, key.span, message).label(declared, "declared here"));
            return None;
        }
        let call = Call { lookup, key: id };
        if let Some(known) = self.calls.get(&call) {
            return Some(*known);
        }
        let shown = format!("{lookup}({})", attribute.name);
        let parameter = self.parameter(shown.as_str().into(), kind, is_optional, span);
        self.call_names.insert(shown, parameter);
        self.calls.insert(call, parameter);
        self.call_of.insert(parameter, call);
        Some(parameter)
    }

    /// Returns a comparison without values of lookups: the disjunction of its cases. Reports one that never or always
    /// holds, unless its check reported it already (`is_judged`).
    ///
    /// Of an optional key that is `none`, a comparison is false, and its negation (`is not`, `not in`, `no`) true.
    pub(super) fn comparison_without_lookups(
        &mut self,
        node: ConditionId,
        span: Span,
        is_judged: bool,
    ) -> ConditionId {
        let (positive, negated) = match self.conditions.get(node) {
            Condition::Not(inner) => (*inner, true),
            _ => (node, false),
        };
        self.without_lookups(positive, negated, (!is_judged).then_some(span))
    }

    /// Returns a condition, or its negation, without values of lookups. Reports one that never or always holds, if it
    /// gets its span.
    pub(super) fn without_lookups(
        &mut self,
        positive: ConditionId,
        negated: bool,
        judged: Option<Span>,
    ) -> ConditionId {
        let calls: Vec<(AttributeId, Call<'a>)> = self
            .parameters_in(positive)
            .into_iter()
            .filter_map(|id| Some((id, *self.call_of.get(&id)?)))
            .collect();
        if calls.is_empty() {
            return if negated { self.conditions.not(positive) } else { positive };
        }
        self.replaced_calls.extend(calls.iter().map(|(_, call)| *call));
        let mut verdicts = Vec::new();
        let cases = self.cases_of(positive, negated, &calls, &mut verdicts);
        let mut parts = vec![cases];
        for (_, call) in &calls {
            if let Some(none) = self.attribute(call.key).and_then(|key| key.none) {
                verdicts.push(if negated { Verdict::Always } else { Verdict::Never });
                if negated {
                    parts.push(self.is_none(none));
                }
            }
        }
        if let Some(span) = judged {
            let all = |verdict| verdicts.iter().all(|other| *other == verdict);
            self.judge(Verdict::of(all(Verdict::Never), all(Verdict::Always)), span, None);
        }
        self.conditions.any(parts)
    }

    /// Returns the disjunction of a condition, or of its negation, over the values of lookups.
    fn cases_of(
        &mut self,
        positive: ConditionId,
        negated: bool,
        calls: &[(AttributeId, Call<'a>)],
        verdicts: &mut Vec<Verdict>,
    ) -> ConditionId {
        let Some(((parameter, call), rest)) = calls.split_first() else {
            let node = if negated { self.conditions.not(positive) } else { positive };
            verdicts.push(self.verdict(node));
            return node;
        };
        let cases = self.lookups.get(call.lookup).map(|entry| entry.cases.clone()).unwrap_or_default();
        // Values for which the condition is the same share a part.
        let mut parts: Vec<(ConditionId, Keys)> = Vec::new();
        let mut known: HashMap<ConditionId, usize> = HashMap::new();
        for (value, keys) in cases {
            let node = self.with_values(positive, &Values::from([(*parameter, value)]));
            let at = *known.entry(node).or_insert(parts.len());
            match parts.get_mut(at) {
                Some((_, known)) => known.add(&keys),
                None => parts.push((node, keys)),
            }
        }
        let used_at = self.attribute(*parameter).map(|attribute| attribute.span).unwrap_or_default();
        if !self.is_written_out(used_at) {
            return positive;
        }
        let mut out = Vec::with_capacity(parts.len());
        for (node, keys) in parts {
            let node = self.cases_of(node, negated, rest, verdicts);
            let has_key = self.has_key(call.key, &keys);
            out.push(self.conditions.all([has_key, node]));
        }
        self.conditions.any(out)
    }

    /// Builds the condition that a key is one of these.
    fn has_key(&mut self, key: AttributeId, keys: &Keys) -> ConditionId {
        let node = match keys {
            Keys::Symbols(symbols) if symbols.is_full() => self.truth(),
            Keys::Symbols(symbols) => self.conditions.leaf(Atom::OneOf(key, symbols.clone())),
            Keys::Texts(texts) => self.conditions.leaf(Atom::TextIn(key, texts.clone())),
            Keys::Others(texts) if texts.is_empty() => self.truth(),
            Keys::Others(texts) => {
                let named = self.conditions.leaf(Atom::TextIn(key, texts.clone()));
                self.conditions.not(named)
            }
        };
        self.guarded(node, [key])
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
