//! Conditions in words: as a policy would write them, with lets and tables written out.
//!
//! Most conditions keep no reference to their text, because equal conditions of several rules are one. The words are
//! those of the language, except that a long list or condition is cut with an ellipsis. A condition that the checker wrote
//! out has the words of its author ([`written`](crate::written)).

mod sums;

use crate::bits::BitSet;
use crate::condition::{Atom, Collection, Condition, ConditionId};
use crate::policy::Model;
use crate::types::{AttributeId, Members, Type, Universe};
use crate::value::{Value, pattern_literal};
use placet_core::written_name;

/// The length at which a condition is cut, in bytes.
const MAX_BYTES: usize = 400;
/// The number of members of a set that are listed.
const MAX_MEMBERS: usize = 12;
/// The depth at which a nested condition is cut.
const MAX_DEPTH: usize = 16;

impl Model {
    /// Returns a condition in words.
    ///
    /// ```
    /// # let text = "policy door  request { age: int 0..150  member: bool }
    /// #   rule adults { allow when member or not (age < 18) }";
    /// # let limits = placet_syntax::Limits::default();
    /// # let loaded = placet_syntax::source::load_text("door.placet", text, &limits);
    /// # let model = placet_check::check(&loaded, &limits).0.ok_or("no model")?;
    /// // rule adults { allow when member or not (age < 18) }
    /// assert_eq!(model.words(model.rules[0].when), "member or age >= 18");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn words(&self, condition: ConditionId) -> String {
        let mut writer = Writer { model: self, out: String::new() };
        writer.condition(condition, true, Place::Whole, 0);
        writer.out
    }

    /// Returns the negation of a condition in words.
    pub fn negation_in_words(&self, condition: ConditionId) -> String {
        let mut writer = Writer { model: self, out: String::new() };
        writer.condition(condition, false, Place::Whole, 0);
        writer.out
    }

    /// Returns the conditions whose conjunction a condition is, none of which its author wrote as a conjunction.
    pub fn conjuncts(&self, condition: ConditionId) -> Vec<ConditionId> {
        let (mut todo, mut out) = (vec![condition], Vec::new());
        while let Some(id) = todo.pop() {
            match self.conditions.get(id) {
                // A comparison with an optional attribute stays whole, with the part that excludes `none`.
                Condition::All(parts)
                    if !self.written.contains_key(&id) && self.unguarded(parts).len() == parts.len() =>
                {
                    todo.extend(parts.iter().rev());
                }
                Condition::Constant(true) => {}
                _ if out.contains(&id) => {}
                _ => out.push(id),
            }
        }
        out
    }

    /// Returns the parts of a conjunction without those that exclude `none` for a comparison beside them: in the language
    /// the comparison says so itself.
    pub fn unguarded(&self, parts: &[ConditionId]) -> Vec<ConditionId> {
        let guarded = |part: &ConditionId| {
            let Condition::Not(inner) = self.conditions.get(*part) else { return None };
            let Some(Atom::OneOf(id, _)) = self.conditions.get(*inner).as_leaf() else { return None };
            self.attribute(*id)?.companion_of
        };
        let reads = |part: &ConditionId, id| {
            guarded(part).is_none()
                && self.conditions.leaves([*part]).any(|atom| atom.attributes().contains(&id))
        };
        let is_implied =
            |part: &ConditionId| guarded(part).is_some_and(|id| parts.iter().any(|other| reads(other, id)));
        parts.iter().copied().filter(|part| !is_implied(part)).collect()
    }
}

/// Returns the names of symbols as a policy writes them, with a category of a taxonomy in place of all its leaves.
pub fn names(universe: &Universe, set: &BitSet) -> Vec<String> {
    nodes(universe, set).into_iter().map(|name| written_name(name).into_owned()).collect()
}

/// Returns the names of symbols, with a category of a taxonomy in place of all its leaves.
pub fn nodes<'u>(universe: &'u Universe, set: &BitSet) -> Vec<&'u str> {
    let mut left = set.clone();
    let mut out: Vec<(u32, &str)> = Vec::new();
    if let Universe::Taxonomy(taxonomy) = universe {
        let mut inner: Vec<_> = taxonomy.nodes.iter().filter(|(_, node)| !node.is_leaf).collect();
        // Large categories come first, so that one stands for as many leaves as possible.
        inner.sort_by_key(|(name, node)| (std::cmp::Reverse(node.end - node.first), (*name).clone()));
        for (name, node) in inner {
            let below = BitSet::from_iter(universe.len(), node.first..node.end);
            if below.len() > 1 && below.is_subset(&left) {
                out.push((node.first, name));
                left = left.intersection(&below.complement());
            }
        }
    }
    out.extend(left.iter().map(|symbol| (symbol, universe.name(symbol))));
    out.sort_unstable();
    out.into_iter().map(|(_, name)| name).collect()
}

/// Returns a value of a type in words: as a literal, with a category in place of its leaves, and a long set cut.
pub fn value(value: &Value, ty: &Type) -> String {
    match (value, ty) {
        (Value::Symbols(set), Type::Set { of: Members::Symbols(universe), .. }) => {
            braced(&names(universe, set))
        }
        (Value::Texts(texts), _) => braced(&texts.iter().map(|text| quoted(text)).collect::<Vec<String>>()),
        (value, ty) => value.display(ty),
    }
}

/// The condition around a part, which tells if the part needs parentheses.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Whole,
    InAny,
    InAll,
    InNot,
}

struct Writer<'m> {
    model: &'m Model,
    out: String,
}

impl Writer<'_> {
    /// Writes a condition, or its negation.
    fn condition(&mut self, id: ConditionId, holds: bool, place: Place, depth: usize) {
        if depth > MAX_DEPTH || self.out.len() > MAX_BYTES {
            if !self.out.ends_with('…') {
                self.out.push('…');
            }
            return;
        }
        if let Some(written) = self.model.written.get(&id) {
            match (holds, place) {
                (true, Place::InNot) => self.out.push_str(&format!("({})", written.text)),
                (true, _) => self.out.push_str(&written.text),
                (false, _) => self.out.push_str(&format!("not ({})", written.text)),
            }
            return;
        }
        match self.model.conditions.get(id) {
            Condition::Constant(value) => self.out.push_str(if *value == holds { "true" } else { "false" }),
            Condition::Leaf(atom) => self.atom(atom, holds, place),
            Condition::Not(inner) => self.condition(*inner, !holds, place, depth + 1),
            Condition::All(parts) => match self.model.unguarded(parts).as_slice() {
                [one] => self.condition(*one, holds, place, depth + 1),
                parts if holds => self.parts(parts, " and ", Place::InAll, place, depth),
                _ => self.negated(id, depth),
            },
            Condition::Any(parts) if holds => self.parts(parts, " or ", Place::InAny, place, depth),
            Condition::Any(_) => self.negated(id, depth),
        }
    }

    fn negated(&mut self, id: ConditionId, depth: usize) {
        self.out.push_str("not ");
        self.condition(id, true, Place::InNot, depth + 1);
    }

    fn parts(&mut self, parts: &[ConditionId], word: &str, own: Place, place: Place, depth: usize) {
        let is_bare = place == Place::Whole || place == own || (place == Place::InAny && own == Place::InAll);
        if !is_bare {
            self.out.push('(');
        }
        for (index, part) in parts.iter().enumerate() {
            if self.out.ends_with('…') {
                break;
            }
            if index > 0 {
                self.out.push_str(word);
            }
            self.condition(*part, true, own, depth + 1);
        }
        if !is_bare {
            self.out.push(')');
        }
    }

    fn atom(&mut self, atom: &Atom, holds: bool, place: Place) {
        let model = self.model;
        let name = |id: &AttributeId| model.attribute_name(*id);
        let is = if holds { "is" } else { "is not" };
        let quantified = |yes: &str, no: &str, id: &AttributeId, set: &str, other: &str| match holds {
            true => format!("{yes} {} in {set}", name(id)),
            false => format!("{no} {} {other} {set}", name(id)),
        };
        let words = match atom {
            Atom::Missing(id) => format!("{} is {}", name(id), if holds { "missing" } else { "known" }),
            Atom::Within(sum, ranges) => {
                let (words, is_simple) = sums::words(model, sum, ranges, holds);
                if is_simple || matches!(place, Place::Whole | Place::InAny) {
                    words
                } else {
                    format!("({words})")
                }
            }
            Atom::OneOf(id, symbols) => match model.attribute(*id).map(|attribute| &attribute.kind) {
                Some(Type::Symbol(universe)) => match names(universe, symbols).as_slice() {
                    [one] if symbols.len() == 1 => format!("{} {is} {one}", name(id)),
                    [one] => format!("{} {} {one}", name(id), if holds { "in" } else { "not in" }),
                    names => {
                        format!("{} {} {}", name(id), if holds { "in" } else { "not in" }, braced(names))
                    }
                },
                _ if model.attribute(*id).is_some_and(|attribute| attribute.companion_of.is_some()) => {
                    let is = if symbols.contains(1) == holds { "is" } else { "is not" };
                    format!("{} {is} none", name(id))
                }
                // A `bool` is one of both only if the condition is constant.
                _ if symbols.contains(1) == holds => name(id).to_owned(),
                _ => format!("not {}", name(id)),
            },
            Atom::TextIn(id, texts) => {
                let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
                match texts.as_slice() {
                    [one] => format!("{} {is} {one}", name(id)),
                    texts => {
                        format!("{} {} {}", name(id), if holds { "in" } else { "not in" }, braced(texts))
                    }
                }
            }
            Atom::TextLike(id, pattern) => {
                let not = if holds { "" } else { "not " };
                format!("{not}{} like {}", name(id), pattern_literal(pattern))
            }
            Atom::Same(a, b) | Atom::SameSet(a, b) => format!("{} {is} {}", name(a), name(b)),
            Atom::AnyIn(id, Collection::Like(pattern)) => {
                let word = if holds { "any" } else { "no" };
                format!("{word} {} like {}", name(id), pattern_literal(pattern))
            }
            Atom::AllIn(id, Collection::Like(pattern)) => {
                let word = if holds { "all" } else { "not all" };
                format!("{word} {} like {}", name(id), pattern_literal(pattern))
            }
            Atom::AnyIn(id, of) => quantified("any", "no", id, &self.members(*id, of), "in"),
            Atom::AllIn(id, of) => quantified("all", "any", id, &self.members(*id, of), "not in"),
            Atom::Exactly(id, of) => format!("{} {is} {}", name(id), self.members(*id, of)),
            Atom::MemberOf(a, b) => {
                format!("{} {} {}", name(a), if holds { "in" } else { "not in" }, name(b))
            }
            Atom::Meet(a, b) => quantified("any", "no", a, name(b), "in"),
            Atom::Subset(a, b) => quantified("all", "any", a, name(b), "not in"),
        };
        self.out.push_str(&words);
    }

    /// Returns the members of a constant set of an attribute's members.
    fn members(&self, id: AttributeId, of: &Collection) -> String {
        let names = match (of, self.model.attribute(id).map(|attribute| &attribute.kind)) {
            (Collection::Symbols(set), Some(Type::Set { of: Members::Symbols(universe), .. })) => {
                match names(universe, set).as_slice() {
                    // A category stands without braces.
                    [one] if set.len() > 1 => return one.clone(),
                    names => names.to_vec(),
                }
            }
            (Collection::Symbols(set), _) => set.iter().map(|symbol| symbol.to_string()).collect(),
            (Collection::Texts(texts), _) => texts.iter().map(|text| quoted(text)).collect(),
            (Collection::Like(pattern), _) => return pattern_literal(pattern),
        };
        braced(&names)
    }
}

fn braced(names: &[String]) -> String {
    match names.get(MAX_MEMBERS..) {
        Some([_, ..]) => format!("{{{}, …}}", names.get(..MAX_MEMBERS).unwrap_or_default().join(", ")),
        _ => format!("{{{}}}", names.join(", ")),
    }
}

fn quoted(text: &str) -> String {
    Value::String(text.into()).display(&Type::String)
}
