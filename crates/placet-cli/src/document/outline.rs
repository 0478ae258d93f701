//! Blocks to a tree of clauses.

use super::blocks::Block;
use super::file::DocumentError;
use super::number::{self, Heading, Kind, MAX_DEPTH, Marker, Style};
use super::{Clause, Document, Index, MAX_TITLE_CHARS, Part, Role, folded};
use std::collections::{HashMap, HashSet};

/// The number of clauses that a document may have. The longest laws have a few thousand.
const MAX_CLAUSES: usize = 50_000;

/// Builds the tree.
pub(super) fn build(blocks: &[Block]) -> Result<Document, DocumentError> {
    let mut builder = Builder::default();
    builder.open_part(String::new(), String::new(), 1);
    let mut starts = starts_of_parts(blocks).into_iter().peekable();
    for (index, block) in blocks.iter().enumerate() {
        match block {
            Block::Heading { text, line, .. } if starts.next_if_eq(&index).is_some() => {
                match builder.clauses.as_mut_slice() {
                    // The first heading may be the title of the first part.
                    [first] => {
                        (first.title, first.text, first.line) = (title(text), text.clone(), *line);
                    }
                    _ => builder.open_part(title(text), text.clone(), *line),
                }
            }
            Block::Heading { level, text, line } => builder.heading(*level, text, *line),
            Block::Paragraph { text, line } => builder.paragraph(text, *line),
            Block::Verbatim { text, line } => builder.append(builder.base, text, *line),
            Block::ItemStart { number, line } => {
                builder.saved.push((builder.base, builder.items.clone()));
                builder.base = builder.item_below(&number.to_string(), *line);
                builder.items.clear();
            }
            Block::ItemEnd => {
                if let Some(saved) = builder.saved.pop() {
                    (builder.base, builder.items) = saved;
                }
            }
        }
        if builder.clauses.len() > MAX_CLAUSES {
            return Err(DocumentError::TooManyClauses { limit: MAX_CLAUSES });
        }
    }
    Ok(builder.finish())
}

/// Returns the headings that start a part: those before which the numbers start anew, and the first one if it is the
/// title of all that follows.
fn starts_of_parts(blocks: &[Block]) -> Vec<usize> {
    let headings: Vec<(usize, u8, Option<Heading<'_>>)> = blocks
        .iter()
        .enumerate()
        .filter_map(|(index, block)| match block {
            Block::Heading { level, text, .. } => Some((index, *level, number::heading(text))),
            _ => None,
        })
        .collect();
    let mut starts = Vec::new();
    let mut used = HashSet::new();
    // The level of the numbered headings. A part can't begin below it.
    let mut outer = 0;
    // The unnumbered heading of the highest level since the last numbered one.
    let mut candidate: Option<(u8, usize)> = None;
    for (index, level, heading) in &headings {
        let Some(heading) = heading else {
            if *level <= outer && candidate.is_none_or(|(other, _)| *level <= other) {
                candidate = Some((*level, *index));
            }
            continue;
        };
        let key = (*level, heading.kind, &heading.number);
        if let (Some((_, start)), true) = (candidate.take(), used.contains(&key)) {
            starts.push(start);
            used.clear();
            outer = 0;
        }
        outer = if outer == 0 { *level } else { outer.min(*level) };
        used.insert(key);
    }
    if let Some((first, level, None)) = headings.first() {
        let end = starts.first().copied().unwrap_or(usize::MAX);
        if headings.iter().skip(1).all(|(index, other, _)| *index >= end || other > level) {
            starts.insert(0, *first);
        }
    }
    starts
}

/// Returns a heading's text as a title: without an anchor `{#name}`, and cut if it is long, because the names of clauses below may repeat it.
fn title(text: &str) -> String {
    let named = text.rsplit_once(" {#").filter(|(_, anchor)| anchor.ends_with('}'));
    let text = named.map_or(text, |(title, _)| title);
    match text.char_indices().nth(MAX_TITLE_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// An open item of an enumeration.
#[derive(Clone)]
struct Open {
    style: Style,
    component: String,
    clause: usize,
}

#[derive(Default)]
struct Builder {
    clauses: Vec<Clause>,
    /// The clause of each part, and its preamble.
    parts: Vec<(usize, Option<usize>)>,
    /// The open headings of the part, with their levels.
    headings: Vec<(u8, usize)>,
    /// The latest clause with each number in the part.
    numbers: HashMap<Vec<String>, usize>,
    /// The clause that unnumbered text belongs to.
    base: usize,
    /// The open items of enumerations in the base.
    items: Vec<Open>,
    /// The bases and items around the open items of lists.
    saved: Vec<(usize, Vec<Open>)>,
}

impl Builder {
    fn open_part(&mut self, title: String, text: String, line: usize) {
        self.headings.clear();
        self.numbers.clear();
        self.items.clear();
        self.base = self.clauses.len();
        self.parts.push((self.base, None));
        let mut clause = Clause::new(Role::Part, title, line);
        (clause.part, clause.text) = (self.parts.len() - 1, text);
        self.clauses.push(clause);
    }

    /// Returns the clause of the present part.
    fn root(&self) -> usize {
        self.parts.last().map_or(0, |(clause, _)| *clause)
    }

    fn push(&mut self, mut clause: Clause, parent: usize) -> usize {
        (clause.parent, clause.part) = (Some(parent), self.parts.len().saturating_sub(1));
        let index = self.clauses.len();
        if !clause.number.is_empty() {
            self.numbers.insert(clause.number.clone(), index);
        }
        self.clauses.push(clause);
        index
    }

    fn number(&self, clause: usize) -> &[String] {
        self.clauses.get(clause).map_or(&[], |clause| &clause.number)
    }

    /// Returns the clause whose number is the longest beginning of a number.
    fn above(&self, number: &[String]) -> Option<usize> {
        let longest = number.len().saturating_sub(1);
        (1..=longest).rev().find_map(|length| self.numbers.get(number.get(..length)?).copied())
    }

    fn heading(&mut self, level: u8, text: &str, line: usize) {
        while self.headings.last().is_some_and(|(other, _)| *other >= level) {
            self.headings.pop();
        }
        let enclosing = self.headings.last().map_or(self.root(), |(_, clause)| *clause);
        let mut clause = Clause::new(Role::Section, title(text), line);
        clause.text = text.to_owned();
        let mut parent = enclosing;
        if let Some(found) = number::heading(text) {
            clause.title = title(found.title);
            clause.kind = found.kind;
            if found.number.len() > 1 {
                parent = self.above(&found.number).unwrap_or(enclosing);
            } else if found.kind.is_none() && self.number(enclosing).len() < MAX_DEPTH {
                // `### 1.` below `## 3.` is 3.1; articles are numbered throughout their chapters.
                clause.kind = self.clauses.get(enclosing).and_then(|clause| clause.kind);
                clause.number = self.number(enclosing).to_vec();
            }
            clause.number.extend(found.number);
        }
        self.base = self.push(clause, parent);
        self.headings.push((level, self.base));
        self.items.clear();
    }

    fn paragraph(&mut self, text: &str, line: usize) {
        match number::marker(text) {
            Some((Marker::Whole(number), rest)) => match self.above(&number) {
                Some(parent) if self.is_around_base(parent) => {
                    let mut clause = Clause::new(Role::Section, String::new(), line);
                    clause.kind = self.clauses.get(parent).and_then(|clause| clause.kind);
                    clause.number = number;
                    self.base = self.push(clause, parent);
                    self.items.clear();
                    self.body(self.base, rest, "a".to_owned(), true, line);
                }
                _ => self.body(self.base, text, "a".to_owned(), true, line),
            },
            Some((Marker::Item(style, component), rest)) => {
                let style = self.style(style, &component);
                let next = (style == Style::Letter).then(|| number::next_letter(&component)).flatten();
                let item = self.item(style, component, line);
                match next {
                    Some(next) => self.body(item, rest, next, false, line),
                    None => self.body(item, rest, "a".to_owned(), true, line),
                }
            }
            None => self.body(self.base, text, "a".to_owned(), true, line),
        }
    }

    /// Returns true if the base is a clause or lies in it.
    fn is_around_base(&self, clause: usize) -> bool {
        let mut next = Some(self.base);
        while let Some(index) = next {
            if index == clause {
                return true;
            }
            next = self.clauses.get(index).and_then(|clause| clause.parent);
        }
        false
    }

    /// Returns the style of a marker: `(i)` is a letter after `(h)`, and otherwise a Roman numeral.
    fn style(&self, style: Style, component: &str) -> Style {
        let after_h = || {
            let mut letters = self.items.iter().filter(|open| open.style == Style::Letter);
            letters.any(|open| number::next_letter(&open.component).as_deref() == Some(component))
        };
        match component {
            "i" | "v" | "x" if !after_h() => Style::Roman,
            _ => style,
        }
    }

    /// Adds text to a clause. Letters in it, in sequence from `expected` on, begin items; one alone doesn't if `several`.
    fn body(&mut self, owner: usize, text: &str, expected: String, several: bool, line: usize) {
        let (before, letters) = number::letters(text, expected);
        if letters.is_empty() || several && letters.len() == 1 {
            return self.append(owner, text, line);
        }
        self.append(owner, before, line);
        for (letter, text) in letters {
            let item = self.item(Style::Letter, letter, line);
            self.append(item, text, line);
        }
    }

    /// Opens an item in the enumeration of its style, or in a new one below the open items.
    fn item(&mut self, style: Style, component: String, line: usize) -> usize {
        if let Some(open) = self.items.iter().position(|open| open.style == style) {
            self.items.truncate(open);
        }
        let clause = self.item_below(&component, line);
        self.items.push(Open { style, component, clause });
        clause
    }

    /// Adds an item to the innermost open one. Below the greatest depth, its text belongs to that one.
    fn item_below(&mut self, component: &str, line: usize) -> usize {
        let parent = self.items.last().map_or(self.base, |open| open.clause);
        if self.saved.len() + self.items.len() > MAX_DEPTH {
            return parent;
        }
        let mut clause = Clause::new(Role::Item(component.to_owned()), String::new(), line);
        if let Some(above) = self.clauses.get(parent)
            && (!above.number.is_empty() || above.role == Role::Part)
        {
            clause.kind = above.kind;
            clause.number = above.number.iter().cloned().chain([component.to_owned()]).collect();
        }
        self.push(clause, parent)
    }

    /// Adds text to a clause; to the preamble for a part.
    fn append(&mut self, owner: usize, text: &str, line: usize) {
        if text.is_empty() {
            return;
        }
        let part =
            self.clauses.get(owner).filter(|clause| clause.role == Role::Part).map(|clause| clause.part);
        let owner = match part.and_then(|part| self.parts.get(part)) {
            None => owner,
            Some((_, Some(preamble))) => *preamble,
            Some((_, None)) => {
                let preamble = self.push(Clause::new(Role::Preamble, String::new(), line), owner);
                if let Some((_, first)) = self.parts.last_mut() {
                    *first = Some(preamble);
                }
                preamble
            }
        };
        if let Some(clause) = self.clauses.get_mut(owner) {
            clause.text.push(' ');
            clause.text.push_str(text);
        }
    }

    /// Names the clauses and indexes them.
    fn finish(self) -> Document {
        let parts: Vec<Part> =
            self.parts.iter().map(|(clause, preamble)| self.part(*clause, *preamble)).collect();
        let mut clauses = self.clauses;
        let mut index = Index::default();
        // The names without those of the parts.
        let mut names: Vec<String> = Vec::with_capacity(clauses.len());
        for at in 0..clauses.len() {
            let Some(clause) = clauses.get(at) else { break };
            let above = clause.parent.and_then(|parent| Some((clauses.get(parent)?, names.get(parent)?)));
            let name = match (&clause.role, above) {
                (Role::Part, _) => String::new(),
                (Role::Preamble, _) => "preamble".to_owned(),
                _ if !clause.number.is_empty() => {
                    let word = clause.kind.map_or("§".to_owned(), |kind| format!("{} ", kind.as_str()));
                    word + &number::shown(&clause.number)
                }
                (Role::Item(component), Some((_, name))) => format!("{name} {component}"),
                (_, Some((Clause { role: Role::Section, .. }, name))) => format!("{name} / {}", clause.title),
                _ => clause.title.clone(),
            };
            if !clause.number.is_empty() {
                index.numbers.entry((clause.part, clause.number.clone())).or_default().push(at);
            }
            if !name.is_empty() {
                index.names.entry((clause.part, folded(&name))).or_default().push(at);
            }
            if !clause.title.is_empty() {
                index.titles.entry(folded(&clause.title)).or_default().push(at);
            }
            let label = parts.get(clause.part).map_or("", |part| &part.label);
            let whole = match (clause.part, name.is_empty()) {
                (0, true) if clause.title.is_empty() => "the document".to_owned(),
                (0, true) => clause.title.clone(),
                (0, false) => name.clone(),
                (_, true) => label.to_owned(),
                (_, false) => format!("{label} {name}"),
            };
            names.push(name);
            if let Some(clause) = clauses.get_mut(at) {
                clause.name = whole;
            }
        }
        Document { clauses, parts, index }
    }

    /// Describes a part: its label is an abbreviation in brackets in its title or preamble that consists of initials of
    /// its title, such as DPA for "Data Processing Addendum", and otherwise the title.
    fn part(&self, clause: usize, preamble: Option<usize>) -> Part {
        let Some(root) = self.clauses.get(clause) else { return Part { clause, label: String::new() } };
        let words = root.title.split(|c: char| !c.is_alphanumeric());
        let initials: String = words.filter_map(|word| word.chars().next()).collect();
        let initials = initials.to_uppercase();
        let preamble =
            preamble.and_then(|index| self.clauses.get(index)).map_or("", |preamble| &preamble.text);
        let defined = root.title.split_whitespace().chain(preamble.split_whitespace()).find_map(|word| {
            let inner =
                word.strip_prefix('(')?.split(')').next()?.trim_matches(['"', '“', '”', '\'', '‘', '’']);
            (inner.len() > 1 && initials.starts_with(inner)).then(|| inner.to_owned())
        });
        Part { clause, label: defined.unwrap_or_else(|| root.title.clone()) }
    }
}

impl Clause {
    fn new(role: Role, title: String, line: usize) -> Self {
        Self {
            name: String::new(),
            title,
            line,
            part: 0,
            parent: None,
            role,
            kind: None::<Kind>,
            number: Vec::new(),
            text: String::new(),
        }
    }
}
