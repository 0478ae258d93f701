//! Documents that policies encode: their clauses, and the clauses that cites mean.
//!
//! `blocks` reads Markdown into headings, paragraphs and numbered items. `outline` makes a tree of clauses of them, by
//! the numbers that the document gives: a heading `10.1` lies below the heading `10` even if both have the same level.
//! A document may have parts that number their clauses anew, such as an annex. `cite` resolves a cite.

mod blocks;
mod cite;
mod file;
mod number;
mod outline;

pub(crate) use cite::Resolution;
pub(crate) use file::{DocumentError, locate, read};

use number::Kind;
use std::collections::{HashMap, HashSet};

/// The number of characters of a title that names show. The whole title belongs to the clause's text.
const MAX_TITLE_CHARS: usize = 120;

/// A document as a tree of clauses, in the order of the text.
#[derive(Debug)]
pub(crate) struct Document {
    /// Each clause comes after the one that contains it. The first one is the first part.
    clauses: Vec<Clause>,
    parts: Vec<Part>,
    index: Index,
}

/// A clause: a part of the document, a heading with the text below it, a numbered paragraph or a numbered item.
#[derive(Debug)]
pub(crate) struct Clause {
    /// The name that a policy cites it by, such as `§3.2 a`.
    pub(crate) name: String,
    /// The title of a heading, without its number. Empty for paragraphs and items.
    pub(crate) title: String,
    /// The line in the document, from 1.
    pub(crate) line: usize,
    part: usize,
    parent: Option<usize>,
    role: Role,
    kind: Option<Kind>,
    /// The components of the number from the part on. Empty if the clause can't be cited by a number.
    number: Vec<String>,
    /// The text directly in the clause, without that of clauses below it, as words with single spaces.
    text: String,
}

/// The way in which a clause is named.
#[derive(Debug, PartialEq, Eq)]
enum Role {
    /// A part of the document.
    Part,
    /// The text of a part before its first heading.
    Preamble,
    /// A heading, or a paragraph with a whole number such as `3.2`.
    Section,
    /// An item of an enumeration, with its own component of the number.
    Item(String),
}

/// A stretch of the document with its own numbering. The first part needs no name in cites.
#[derive(Debug)]
struct Part {
    /// The clause that contains the part.
    clause: usize,
    /// The abbreviation that the document defines for the part, or its title; empty if it has none.
    label: String,
}

/// The clauses by the words of cites, in lower case.
#[derive(Debug, Default)]
struct Index {
    numbers: HashMap<(usize, Vec<String>), Vec<usize>>,
    names: HashMap<(usize, String), Vec<usize>>,
    titles: HashMap<String, Vec<usize>>,
}

impl Document {
    /// Reads a document in Markdown.
    ///
    /// # Errors
    /// If it has more clauses than the limit.
    pub(crate) fn parse(markdown: &str) -> Result<Self, DocumentError> {
        outline::build(&blocks::read(markdown))
    }

    /// Returns a clause.
    pub(crate) fn clause(&self, index: usize) -> Option<&Clause> {
        self.clauses.get(index)
    }

    /// Returns the clauses that lie in one of the given ones, or are one of them: one flag for each clause.
    pub(crate) fn within(&self, given: impl IntoIterator<Item = usize>) -> Vec<bool> {
        let given: HashSet<usize> = given.into_iter().collect();
        let mut within: Vec<bool> = Vec::with_capacity(self.clauses.len());
        for (index, clause) in self.clauses.iter().enumerate() {
            let is_below = clause.parent.is_some_and(|parent| within.get(parent) == Some(&true));
            within.push(is_below || given.contains(&index));
        }
        within
    }

    /// Returns the outermost clauses that contain none of the given ones and lie in none of them.
    pub(crate) fn outside(&self, given: &[usize]) -> Vec<usize> {
        let within = self.within(given.iter().copied());
        let mut around = vec![false; self.clauses.len()];
        for start in given {
            let mut next = self.clauses.get(*start).and_then(|clause| clause.parent);
            while let Some(index) = next {
                match around.get_mut(index) {
                    Some(flag) if !*flag => *flag = true,
                    _ => break,
                }
                next = self.clauses.get(index).and_then(|clause| clause.parent);
            }
        }
        let is = |flags: &[bool], index: usize| flags.get(index) == Some(&true);
        let is_open = |index: usize, clause: &Clause| {
            // A part is no clause that a rule would decide; those in it are.
            clause.role != Role::Part && !is(&within, index) && !is(&around, index)
        };
        let outermost = |(index, clause): (usize, &Clause)| {
            let parent = clause.parent.and_then(|parent| Some((parent, self.clauses.get(parent)?)));
            let below_open = parent.is_some_and(|(parent, clause)| is_open(parent, clause));
            (is_open(index, clause) && !below_open).then_some(index)
        };
        self.clauses.iter().enumerate().filter_map(outermost).collect()
    }

    /// Returns the words of a clause and of all clauses in it. Those of an item begin with the text around its
    /// enumeration, which it depends on.
    pub(crate) fn words(&self, index: usize) -> Vec<&str> {
        let within = self.within([index]);
        let mut around = Vec::new();
        let mut clause = self.clauses.get(index);
        while let Some(Clause { role: Role::Item(_), parent: Some(parent), .. }) = clause {
            clause = self.clauses.get(*parent);
            around.extend(clause);
            if clause.is_some_and(|clause| clause.role == Role::Part) {
                let is_preamble =
                    |other: &&Clause| other.role == Role::Preamble && other.parent == Some(*parent);
                around.extend(self.clauses.iter().find(is_preamble));
            }
        }
        let inside = self.clauses.iter().zip(&within).filter_map(|(clause, within)| within.then_some(clause));
        around.into_iter().rev().chain(inside).flat_map(|clause| clause.text.split_whitespace()).collect()
    }
}

/// Returns a text in lower case, with single spaces: cites are compared so.
fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}
