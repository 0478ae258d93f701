//! Conditions in plain words, as Markdown.
//!
//! Unlike [`Model::words`] a sentence is never cut, because a reader decides by it.

use super::markdown::{Markdown, code, joined, link};
use placet_model::BitSet;
use placet_model::condition::{Atom, Collection, Condition, ConditionId};
use placet_model::policy::{Exception, Model};
use placet_model::types::{AttributeId, Members, Type, Universe};
use placet_model::value::{Value, pattern_literal};
use placet_model::words::nodes;

/// The length up to which conditions stand in one sentence, in bytes.
const MAX_INLINE: usize = 240;

/// A condition: words, or a conjunction or disjunction of other phrases.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Phrase {
    /// A comparison in words; `true` for what always holds.
    Words(String),
    All(Vec<Phrase>),
    Any(Vec<Phrase>),
}

impl Phrase {
    /// Joins phrases that hold together.
    pub(crate) fn all(parts: Vec<Phrase>) -> Self {
        let mut out = Vec::new();
        for part in parts {
            match part {
                Phrase::All(parts) => out.extend(parts),
                part => out.push(part),
            }
        }
        if out.len() == 1 { out.remove(0) } else { Phrase::All(out) }
    }

    /// Joins phrases of which one holds.
    pub(crate) fn any(parts: Vec<Phrase>) -> Self {
        let mut out = Vec::new();
        for part in parts {
            match part {
                Phrase::Any(parts) => out.extend(parts),
                part => out.push(part),
            }
        }
        if out.len() == 1 { out.remove(0) } else { Phrase::Any(out) }
    }

    /// Returns true if it always holds.
    pub(crate) fn is_always(&self) -> bool {
        matches!(self, Phrase::All(parts) if parts.is_empty())
    }

    /// Returns the phrase in one line.
    pub(crate) fn inline(&self) -> String {
        self.line(false)
    }

    pub(crate) fn line(&self, is_inner: bool) -> String {
        let (parts, word) = match self {
            Phrase::Words(words) => return words.clone(),
            Phrase::All(parts) if parts.is_empty() => return "always".to_owned(),
            Phrase::Any(parts) if parts.is_empty() => return "never".to_owned(),
            Phrase::All(parts) => (parts, "and"),
            Phrase::Any(parts) => (parts, "or"),
        };
        let parts: Vec<String> = parts.iter().map(|part| part.line(true)).collect();
        // A part that lists values ends with a comma, so that the next one isn't taken for a value.
        let line = match parts.iter().any(|part| part.contains(" or ") || part.contains(" nor ")) {
            true => parts.join(&format!(", {word} ")),
            false => joined(&parts, word),
        };
        if is_inner { format!("({line})") } else { line }
    }

    /// Returns true if the phrase reads well in one line.
    pub(crate) fn is_short(&self) -> bool {
        let is_flat = match self {
            Phrase::Words(_) => true,
            Phrase::All(parts) | Phrase::Any(parts) => {
                parts.len() <= 4
                    && parts.iter().all(|part| match part {
                        Phrase::Words(_) => true,
                        Phrase::All(inner) | Phrase::Any(inner) => {
                            inner.len() <= 2 && inner.iter().all(|part| matches!(part, Phrase::Words(_)))
                        }
                    })
            }
        };
        is_flat && self.inline().len() <= MAX_INLINE
    }

    /// Writes `head` and the phrase: in one sentence, or as a list.
    pub(crate) fn write(&self, out: &mut Markdown, head: &str) {
        match self {
            _ if self.is_short() => out.paragraph(&format!("{head} {}.", self.inline())),
            Phrase::Words(words) => out.paragraph(&format!("{head} {words}.")),
            Phrase::All(parts) => {
                out.paragraph(&format!("{head} **all** of these hold:"));
                parts.iter().for_each(|part| part.items(out, 0));
                out.end();
            }
            Phrase::Any(parts) => {
                out.paragraph(&format!("{head} **one** of these holds:"));
                parts.iter().for_each(|part| part.items(out, 0));
                out.end();
            }
        }
    }

    fn items(&self, out: &mut Markdown, depth: usize) {
        let (parts, head) = match self {
            phrase if phrase.is_short() => return out.item(depth, &phrase.inline()),
            Phrase::Words(words) => return out.item(depth, words),
            Phrase::All(parts) => (parts, "all of:"),
            Phrase::Any(parts) => (parts, "one of:"),
        };
        out.item(depth, head);
        parts.iter().for_each(|part| part.items(out, depth + 1));
    }
}

/// States the conditions of a policy.
#[derive(Clone, Copy)]
pub(crate) struct Sentences<'m> {
    pub(crate) model: &'m Model,
}

impl<'m> Sentences<'m> {
    /// Returns a condition in words, or its negation.
    pub(crate) fn phrase(self, id: ConditionId, holds: bool) -> Phrase {
        // The words of the author, unless they were cut or name a lookup whose values were.
        if let Some(written) = self.model.written.get(&id)
            && !written.text.contains('…')
            && !written
                .calls
                .iter()
                .any(|call| call.lookup.cases.iter().any(|(_, value)| value.contains('…')))
        {
            let mut text = code(&written.text);
            if let [call] = written.calls.as_slice() {
                text = link(&text, &lookup_title(&call.lookup.name));
            }
            return Phrase::Words(if holds { text } else { format!("it is not so that {text}") });
        }
        match self.model.conditions.get(id) {
            Condition::Constant(value) if *value == holds => Phrase::All(Vec::new()),
            Condition::Constant(_) => Phrase::Any(Vec::new()),
            Condition::Leaf(atom) => Phrase::Words(self.atom(id, atom, holds)),
            Condition::Not(inner) => self.phrase(*inner, !holds),
            Condition::All(parts) if holds => {
                let parts = self.model.unguarded(parts);
                Phrase::all(parts.into_iter().map(|part| self.phrase(part, true)).collect())
            }
            Condition::All(parts) => {
                Phrase::any(parts.iter().map(|part| self.phrase(*part, false)).collect())
            }
            Condition::Any(parts) => {
                let parts = parts.iter().map(|part| self.phrase(*part, holds)).collect();
                if holds { Phrase::any(parts) } else { Phrase::all(parts) }
            }
        }
    }

    /// Returns the phrase that one of some exceptions holds.
    pub(crate) fn exceptions(self, exceptions: &[Exception]) -> Phrase {
        let one = |exception: &Exception| {
            let when = self.phrase(exception.when, true);
            match self.exceptions(&exception.exceptions) {
                Phrase::Any(none) if none.is_empty() => when,
                inner => Phrase::all(vec![when, Phrase::Words(format!("unless {}", inner.line(true)))]),
            }
        };
        Phrase::any(exceptions.iter().map(one).collect())
    }

    fn name(self, id: AttributeId) -> String {
        code(self.model.attribute_name(id))
    }

    fn atom(self, id: ConditionId, atom: &Atom, holds: bool) -> String {
        let not = if holds { "" } else { " not" };
        match atom {
            Atom::Missing(a) => format!("{} is {}", self.name(*a), if holds { "missing" } else { "given" }),
            Atom::Within(..) => {
                let words = if holds { self.model.words(id) } else { self.model.negation_in_words(id) };
                comparison(&words, self.is_calendar(atom))
            }
            Atom::OneOf(a, symbols) => self.one_of(*a, symbols, holds),
            Atom::TextIn(a, texts) => {
                let texts: Vec<String> = texts.iter().map(|text| code(&quoted(text))).collect();
                match texts.as_slice() {
                    [one] => format!("{} is{not} {one}", self.name(*a)),
                    texts => format!("{} is {}", self.name(*a), alternatives(texts, holds)),
                }
            }
            Atom::TextLike(a, pattern) => {
                let does = if holds { "matches" } else { "doesn't match" };
                format!("{} {does} {}", self.name(*a), code(&pattern_literal(pattern)))
            }
            Atom::Same(a, b) => format!("{} is{not} the same as {}", self.name(*a), self.name(*b)),
            Atom::SameSet(a, b) => format!("{} is{not} the same set as {}", self.name(*a), self.name(*b)),
            Atom::MemberOf(a, b) => format!("{} is{not} among {}", self.name(*a), self.name(*b)),
            Atom::Meet(a, b) => {
                let of = if holds { "some" } else { "nothing" };
                format!("{of} of {} is in {}", self.name(*a), self.name(*b))
            }
            Atom::Subset(a, b) if holds => format!("all of {} is in {}", self.name(*a), self.name(*b)),
            Atom::Subset(a, b) => format!("some of {} is not in {}", self.name(*a), self.name(*b)),
            Atom::AnyIn(a, of) => self.members(*a, of, holds),
            // Not all members are inside exactly if one is outside.
            Atom::AllIn(a, of) => self.all_members(*a, of, holds),
            Atom::Exactly(a, of) => {
                format!("{} is{not} exactly the set of {}", self.name(*a), self.exact(*a, of))
            }
        }
    }

    /// Returns true if a comparison is one of dates or times.
    fn is_calendar(self, atom: &Atom) -> bool {
        let is_instant = |id: &AttributeId| {
            self.model.attribute(*id).is_some_and(|a| matches!(a.kind, Type::Date | Type::Time))
        };
        atom.attributes().iter().all(is_instant)
    }

    fn one_of(self, id: AttributeId, symbols: &BitSet, holds: bool) -> String {
        let (name, Some(attribute)) = (self.name(id), self.model.attribute(id)) else {
            return String::new();
        };
        let Type::Symbol(universe) = &attribute.kind else {
            // A `bool`, or the companion of an optional attribute.
            return match (attribute.companion_of.is_some(), symbols.contains(1) == holds) {
                (true, true) => format!("{name} is none"),
                (true, false) => format!("{name} is not none"),
                (false, is) => format!("{name} is {}", code(if is { "true" } else { "false" })),
            };
        };
        let (names, is_inside, is_leaf) = fewest(universe, symbols);
        let not = if is_inside == holds { "" } else { " not" };
        match names.as_slice() {
            [one] if is_leaf => format!("{name} is{not} {}", code(one)),
            [one] => format!("{name} is{not} in {}", code(one)),
            names => {
                let is_enum = matches!(universe, Universe::Enum(_));
                let names: Vec<String> = names.iter().map(|name| code(name)).collect();
                match (is_enum, is_inside == holds) {
                    (true, holds) => format!("{name} is {}", alternatives(&names, holds)),
                    // Some of the names may be categories.
                    (false, true) => format!("{name} is in {}", joined(&names, "or")),
                    (false, false) => format!("{name} is not in {}", joined(&names, "or")),
                }
            }
        }
    }

    fn members(self, id: AttributeId, of: &Collection, holds: bool) -> String {
        let name = self.name(id);
        match (self.set(id, of), holds) {
            ((set, true), true) => format!("some of {name} is in {set}"),
            ((set, true), false) => format!("nothing of {name} is in {set}"),
            ((set, false), true) => format!("some of {name} is outside {set}"),
            ((set, false), false) => format!("all of {name} is in {set}"),
        }
    }

    fn all_members(self, id: AttributeId, of: &Collection, holds: bool) -> String {
        let name = self.name(id);
        match (self.set(id, of), holds) {
            ((set, true), true) => format!("all of {name} is in {set}"),
            ((set, true), false) => format!("some of {name} is outside {set}"),
            ((set, false), true) => format!("nothing of {name} is in {set}"),
            ((set, false), false) => format!("some of {name} is in {set}"),
        }
    }

    /// Returns all members of a constant set.
    fn exact(self, id: AttributeId, of: &Collection) -> String {
        match (of, self.model.attribute(id).map(|attribute| &attribute.kind)) {
            (Collection::Symbols(set), Some(Type::Set { of: Members::Symbols(universe), .. })) => {
                let names: Vec<String> = set.iter().map(|symbol| code(universe.name(symbol))).collect();
                if names.is_empty() { "nothing".to_owned() } else { joined(&names, "and") }
            }
            _ => self.set(id, of).0,
        }
    }

    /// Returns a constant set in words, and false for its complement if that takes fewer names.
    fn set(self, id: AttributeId, of: &Collection) -> (String, bool) {
        match (of, self.model.attribute(id).map(|attribute| &attribute.kind)) {
            (Collection::Symbols(set), Some(Type::Set { of: Members::Symbols(universe), .. })) => {
                let (names, is_inside, _) = fewest(universe, set);
                (coded(&names), is_inside)
            }
            (Collection::Texts(texts), _) => {
                let texts: Vec<String> = texts.iter().map(|text| code(&quoted(text))).collect();
                (joined(&texts, "or"), true)
            }
            (Collection::Like(pattern), _) => {
                (format!("what matches {}", code(&pattern_literal(pattern))), true)
            }
            (Collection::Symbols(set), _) => (format!("{} values", set.len()), true),
        }
    }
}

/// Returns the names of a set or, if these are fewer, of its complement; true for the set itself; and true if the names
/// are one leaf.
fn fewest<'u>(universe: &'u Universe, set: &BitSet) -> (Vec<&'u str>, bool, bool) {
    let complement = set.complement();
    let (inside, outside) = (listed(universe, set), listed(universe, &complement));
    match outside.len() < inside.len() && !outside.is_empty() {
        true => (outside, false, complement.len() == 1),
        false => (inside, true, set.len() == 1),
    }
}

/// Returns the names of a set: those of an enum as it declares them, categories in place of all their leaves.
pub(crate) fn listed<'u>(universe: &'u Universe, set: &BitSet) -> Vec<&'u str> {
    let mut names = nodes(universe, set);
    if let Universe::Enum(all) = universe {
        names.sort_by_key(|name| all.declared.iter().position(|declared| &**declared == *name));
    }
    names
}

/// Returns the title of a lookup's section.
pub(crate) fn lookup_title(name: &str) -> String {
    format!("Lookup {name}")
}

/// Returns "a, b or c", or "neither a, b nor c".
fn alternatives(names: &[String], holds: bool) -> String {
    match holds {
        true => joined(names, "or"),
        false => format!("neither {}", joined(names, "nor")),
    }
}

fn coded(names: &[&str]) -> String {
    match names {
        [] => "the empty set".to_owned(),
        names => joined(&names.iter().map(|name| code(name)).collect::<Vec<_>>(), "or"),
    }
}

fn quoted(text: &str) -> String {
    Value::String(text.into()).display(&Type::String)
}

/// The operators of the language, with their words for numbers and for points of time.
const OPERATORS: [(&str, &str, &str); 8] = [
    (" <= ", "is at most", "is at or before"),
    (" >= ", "is at least", "is at or after"),
    (" < ", "is below", "is before"),
    (" > ", "is above", "is after"),
    (" not in ", "is not in", "is not in"),
    (" in ", "is in", "is in"),
    (" is not ", "is not", "is not"),
    (" is ", "is", "is"),
];

/// Comparisons of a difference, with those of the reverse difference and the negative bound.
const MIRRORED: [(&str, &str); 4] = [(" < ", " > "), (" > ", " < "), (" <= ", " >= "), (" >= ", " <= ")];

/// States comparisons of the language, joined by `or`, in words.
fn comparison(words: &str, is_calendar: bool) -> String {
    words.split(" or ").map(|one| one_comparison(one, is_calendar)).collect::<Vec<_>>().join(" or ")
}

fn one_comparison(words: &str, is_calendar: bool) -> String {
    let found = OPERATORS.iter().find_map(|(operator, number, time)| {
        let (subject, bound) = words.split_once(operator)?;
        Some((subject, bound, *operator, if is_calendar { time } else { number }))
    });
    let Some((subject, bound, symbol, operator)) = found else { return code(words) };
    // `b - a` above a duration reads better than `a - b` below a negative one.
    if let Some((one, other)) = subject.split_once(" - ")
        && let Some(bound) = bound.strip_prefix('-')
        && let Some((_, mirrored)) = MIRRORED.iter().find(|(known, _)| *known == symbol)
        && !one.contains(' ')
        && !other.contains(' ')
    {
        return one_comparison(&format!("{other} - {one}{mirrored}{bound}"), is_calendar);
    }
    // The sign of a difference tells which of two is greater.
    let is_zero = bound.split(' ').next() == Some("0");
    match subject
        .split_once(" - ")
        .filter(|(one, other)| is_zero && !one.contains(' ') && !other.contains(' '))
    {
        Some((one, other)) => format!("{} {operator} {}", code(one), code(other)),
        None => {
            // A difference of points of time is a duration.
            let operator = match subject.contains(" - ") {
                true => OPERATORS
                    .iter()
                    .find(|(_, _, time)| time == operator)
                    .map_or(*operator, |(_, number, _)| number),
                false => *operator,
            };
            format!("{} {operator} {}", code(subject), code(bound))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use placet::__private::Internals;
    use placet::Policy;

    const REQUEST: &str = r#"
        taxonomy Data { contact { email, phone }  usage { clicks, views, pages }  other }
        request {
          a: bool  b: bool  age: int 0..150  size: number  late: time? one: time  two: time  day: date
          kind: { z, y, x, w }  item: Data  data: set of Data  more: set of Data  name: string  tags: set? of string
        }
    "#;

    fn phrase(condition: &str) -> (Phrase, String) {
        // Another rule reads the rest, and `a` keeps the condition from being constant.
        let text = format!("policy p {REQUEST} rule r {{ allow when {condition} }}");
        let policy = Policy::from_text(&text).unwrap();
        let model = policy.model();
        let sentences = Sentences { model };
        let when = model.rules[0].when;
        (sentences.phrase(when, true), sentences.phrase(when, false).inline())
    }

    fn words(condition: &str) -> String {
        phrase(condition).0.inline()
    }

    #[test]
    fn comparisons_are_in_words_and_so_are_their_negations() {
        let mut wrong = Vec::new();
        for (condition, holds, fails) in [
            ("a", "`a` is `true`", "`a` is `false`"),
            ("age < 18", "`age` is below `18`", "`age` is at least `18`"),
            ("age in 13..17", "`age` is in `13..17`", "`age` is not in `13..17`"),
            ("size > 2.5", "`size` is above `2.5`", "`size` is at most `2.5`"),
            ("two - one > 3 days", "`two - one` is above `3 days`", "`two - one` is at most `3 days`"),
            ("kind is z", "`kind` is `z`", "`kind` is not `z`"),
            ("kind in {z, x}", "`kind` is `z` or `x`", "`kind` is neither `z` nor `x`"),
            ("kind in {z, y, x}", "`kind` is not `w`", "`kind` is `w`"),
            ("item in usage", "`item` is in `usage`", "`item` is not in `usage`"),
            ("any data in contact", "some of `data` is in `contact`", "nothing of `data` is in `contact`"),
            ("all data in contact", "all of `data` is in `contact`", "some of `data` is outside `contact`"),
            ("any data not in other", "some of `data` is outside `other`", "all of `data` is in `other`"),
            ("no data in other", "nothing of `data` is in `other`", "some of `data` is in `other`"),
            (
                "data is {email, clicks}",
                "`data` is exactly the set of `email` and `clicks`",
                "`data` is not exactly the set of `email` and `clicks`",
            ),
            ("any data in more", "some of `data` is in `more`", "nothing of `data` is in `more`"),
            ("all data in more", "all of `data` is in `more`", "some of `data` is not in `more`"),
            ("item in data", "`item` is among `data`", "`item` is not among `data`"),
            (
                "name in {\"b\", \"c\"}",
                "`name` is `\"b\"` or `\"c\"`",
                "`name` is neither `\"b\"` nor `\"c\"`",
            ),
            ("name like \"x*\"", "`name` matches `\"x*\"`", "`name` doesn't match `\"x*\"`"),
            ("late is none", "`late` is none", "`late` is not none"),
        ] {
            let (phrase, negated) = phrase(condition);
            if (phrase.inline().as_str(), negated.as_str()) != (holds, fails) {
                wrong.push(format!("{condition}: {}; {negated}", phrase.inline()));
            }
        }
        assert_eq!(wrong, [""; 0]);
    }

    #[test]
    fn points_of_time_are_before_and_after_each_other() {
        let shown = words("one < two");
        assert!(["`one` is before `two`", "`two` is after `one`"].contains(&shown.as_str()), "{shown}");
        let shown = words("one <= two");
        assert!(
            ["`one` is at or before `two`", "`two` is at or after `one`"].contains(&shown.as_str()),
            "{shown}"
        );
    }

    #[test]
    fn the_negation_of_a_comparison_holds_for_none_too() {
        let (phrase, negated) = phrase("late > one");
        assert!(!phrase.inline().contains("none"), "{phrase:?}");
        assert!(negated.contains("`late` is none") && negated.contains(" or "), "{negated}");
    }

    #[test]
    fn parts_that_list_values_end_with_a_comma() {
        assert_eq!(words("a and b and age < 3"), "`a` is `true`, `b` is `true` and `age` is below `3`");
        let shown = words("kind in {z, x} and (a or age < 3 and b)");
        assert!(shown.contains("`kind` is `z` or `x`, and ("), "{shown}");
        assert!(shown.contains("`a` is `true` or (") || shown.contains(") or `a` is `true`"), "{shown}");
    }

    #[test]
    fn long_conditions_are_never_cut() {
        let names: Vec<String> = (0..300).map(|index| format!("\"name{index}\"")).collect();
        let shown =
            words(&format!("name in {{{}}} and any tags in {{{}}}", names.join(", "), names.join(", ")));
        assert_eq!(shown.matches("`\"name").count(), 600);
        assert!(!shown.contains('…'));
    }
}
