//! A grid of the answers for the values of two attributes.

use super::axis::{Axis, Classes, Sets};
use super::grid::Grid;
use super::values::{self, Values};
use super::{Answer, LeftOut, QueryError};
use crate::policy::Policy;
use crate::request::Request;
use placet_model::BitSet;
use placet_model::decision::{Decision, Effect};
use placet_model::types::{Members, Type, Universe};
use placet_model::value::Member;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The answers for the values of two attributes, all else as given.
///
/// Rows and columns stand for values with the same answers. Nodes of a taxonomy are opened only where the answers below
/// them differ. For an attribute of sets they stand for sets of one member.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Matrix<Cell = MatrixCell> {
    /// The attribute of the rows.
    pub row_attribute: Arc<str>,
    /// The attribute of the columns.
    pub column_attribute: Arc<str>,
    /// The rows from top to bottom.
    pub rows: Vec<MatrixHeader>,
    /// The columns from left to right.
    pub columns: Vec<MatrixHeader>,
    /// For each row, a cell for each column; none for a header that only opens a node,
    /// and where the question ended before it was decided.
    pub cells: Vec<Vec<Option<Cell>>>,
    /// True if the rows and columns stand for all values.
    pub complete: bool,
}

/// The header of a row or a column.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct MatrixHeader {
    /// The values in words; of a node, its name.
    pub title: String,
    /// The number of opened nodes above it.
    pub depth: usize,
    /// The values; `None` for every value, and for a node that is opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<Values>,
    /// True if the node is opened: it has no answers of its own, and the headers below it follow.
    pub is_open: bool,
}

/// The answer for the values of a row and a column.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct MatrixCell {
    /// The answer.
    #[serde(flatten)]
    pub answer: Answer,
}

impl MatrixCell {
    /// Returns the letter of the effect: `A` for allow, `D` for deny, `?` for indeterminate; in lower case if an obligation
    /// goes with it.
    pub fn letter(&self) -> char {
        match (self.answer.effect, self.answer.obligations.is_empty()) {
            (Effect::Allow, true) => 'A',
            (Effect::Allow, false) => 'a',
            (Effect::Deny, true) => 'D',
            (Effect::Deny, false) => 'd',
            (Effect::Indeterminate, _) => '?',
        }
    }
}

/// The answers of two policies for the values of two attributes, all else as given.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct ChangedMatrix {
    /// The answers. Rows and columns stand for values with the same answers in both policies.
    #[serde(flatten)]
    pub matrix: Matrix<ChangedCell>,
    /// The values that only one of the policies has. No row and no column stands for them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
}

/// The answers of two policies for the values of a row and a column.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct ChangedCell {
    /// The answer of the old policy.
    pub before: MatrixCell,
    /// The answer of the new policy.
    pub after: MatrixCell,
}

impl ChangedCell {
    /// Returns true if the effect or the obligations differ, or if the effect depends on other missing attributes.
    pub fn is_changed(&self) -> bool {
        let (before, after) = (&self.before.answer, &self.after.answer);
        let effects_differ = (before.effect, &before.missing) != (after.effect, &after.missing);
        effects_differ || before.obligations != after.obligations
    }
}

impl Policy {
    /// Returns the answers for the values of two attributes, all else as given, or unknown.
    ///
    /// ```
    /// use placet::Policy;
    ///
    /// let policy = Policy::from_text("
    ///     policy shop
    ///     taxonomy Purpose { delivery, ads { newsletter, banners } }
    ///     request { purpose: Purpose  consent: { granted, refused } }
    ///     rule service { allow when purpose is delivery }
    ///     rule consented { allow when purpose in ads and consent is granted }
    /// ")?;
    /// let matrix = policy.matrix(&policy.request(), "purpose", "consent")?;
    /// let titles: Vec<&str> = matrix.rows.iter().map(|row| row.title.as_str()).collect();
    /// assert_eq!(titles, ["delivery", "ads"]);
    /// let letters: String = matrix.cells[1].iter().flatten().map(|cell| cell.letter()).collect();
    /// assert_eq!(letters, "AD");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Cost: that of [`Policy::query`] over both attributes.
    ///
    /// # Errors
    /// Like [`Policy::query`].
    pub fn matrix(&self, given: &Request, row: &str, column: &str) -> Result<Matrix, QueryError> {
        let ids = self.ids([row, column])?;
        let grid = Grid::new(self.program(), &[self.frame(given)?], &ids, Sets::OfOne)?;
        let cell = |decisions: &[Decision]| Some(MatrixCell { answer: Answer::new(decisions.iter())? });
        Matrix::new(&grid, cell).ok_or_else(|| QueryError::Duplicate { attribute: row.into() })
    }

    /// Returns the answers of an older policy and of this one for the values of two attributes, all else as given, or
    /// unknown.
    ///
    /// ```
    /// use placet::Policy;
    ///
    /// let policy = |consent: &str| Policy::from_text(&format!("
    ///     policy shop
    ///     request {{ purpose: {{ delivery, marketing }}  consent: {{ granted, refused }} }}
    ///     rule service {{ allow when purpose is delivery }}
    ///     rule consented {{ allow when purpose is marketing {consent} }}
    /// "));
    /// let (old, new) = (policy("")?, policy("and consent is granted")?);
    /// let changed =
    ///     new.matrix_changes_since(&old, &old.request(), &new.request(), "purpose", "consent")?.matrix;
    /// let cell = changed.cells[1][1].as_ref().ok_or("no cell")?;
    /// assert!(cell.is_changed());
    /// assert_eq!((cell.before.letter(), cell.after.letter()), ('A', 'D'));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Cost: that of [`Policy::query_changes_since`] over both attributes.
    ///
    /// # Errors
    /// Like [`Policy::query_changes_since`].
    pub fn matrix_changes_since(
        &self,
        old: &Policy,
        before: &Request,
        after: &Request,
        row: &str,
        column: &str,
    ) -> Result<ChangedMatrix, QueryError> {
        let (grid, left_out) = self.grid_since(old, [before, after], [row, column], Sets::OfOne)?;
        let cell = |decisions: &[Decision]| {
            let [before, after] = decisions else { return None };
            let answer = |one: &Decision| Some(MatrixCell { answer: Answer::new([one].into_iter())? });
            Some(ChangedCell { before: answer(before)?, after: answer(after)? })
        };
        let matrix =
            Matrix::new(&grid, cell).ok_or_else(|| QueryError::Duplicate { attribute: row.into() })?;
        Ok(ChangedMatrix { matrix, left_out })
    }
}

impl<Cell> Matrix<Cell> {
    /// Arranges the decisions of a grid; `None` if it isn't one of two attributes.
    fn new(grid: &Grid<'_>, cell: impl Fn(&[Decision]) -> Option<Cell>) -> Option<Self> {
        let [rows, columns] = grid.axes.as_slice() else { return None };
        // Two classes are alike if all their answers are the same.
        let (height, width) = (rows.len(), columns.len());
        let alike = |own: u32, count: u32, of: &dyn Fn(u32, u32) -> [u32; 2]| -> Vec<usize> {
            let mut known: Vec<Vec<&[Decision]>> = Vec::new();
            (0..own)
                .map(|one| {
                    let line: Vec<&[Decision]> = (0..count).map(|other| grid.at(&of(one, other))).collect();
                    known.iter().position(|other| *other == line).unwrap_or_else(|| {
                        known.push(line);
                        known.len() - 1
                    })
                })
                .collect()
        };
        let row_headers = headers(rows, &alike(height, width, &|row, column| [row, column]));
        let column_headers = headers(columns, &alike(width, height, &|column, row| [row, column]));
        let cells = row_headers.iter().map(|row| {
            let point = |column: &Header| Some([row.class?, column.class?]);
            column_headers.iter().map(|column| cell(grid.at(&point(column)?))).collect()
        });
        let cells = cells.collect();
        let headers = |all: Vec<Header>| all.into_iter().map(|one| one.header).collect();
        Some(Self {
            row_attribute: rows.attribute.name.clone(),
            column_attribute: columns.attribute.name.clone(),
            cells,
            rows: headers(row_headers),
            columns: headers(column_headers),
            complete: grid.is_whole(),
        })
    }
}

/// A header with one of its classes; `None` for a node that is opened.
struct Header {
    header: MatrixHeader,
    class: Option<u32>,
}

/// Returns the headers of an axis. `kinds` has a number for each class; classes with the same number are alike.
fn headers(axis: &Axis<'_>, kinds: &[usize]) -> Vec<Header> {
    let universe = match &axis.attribute.kind {
        Type::Symbol(universe) | Type::Set { of: Members::Symbols(universe), .. } => Some(universe),
        _ => None,
    };
    let is_set = matches!(axis.attribute.kind, Type::Set { .. });
    let mut out = match (universe, &axis.classes) {
        (Some(Universe::Taxonomy(_)), Classes::Symbols(_) | Classes::Sets { .. }) if kinds.len() > 1 => {
            tree(axis, universe, kinds)
        }
        _ => {
            let mut groups: BTreeMap<usize, BitSet> = BTreeMap::new();
            for (class, kind) in (0..axis.len()).zip(kinds) {
                groups.entry(*kind).or_insert_with(|| BitSet::empty(axis.len())).insert(class);
            }
            // Ranges stand in their order, each in a row of its own.
            let is_ordered = matches!(axis.classes, Classes::Ordered(_));
            let groups: Vec<BitSet> = match is_ordered {
                true => runs(axis.len(), kinds),
                false => groups.into_values().collect(),
            };
            groups.into_iter().map(|classes| plain(axis, &classes, is_set)).collect()
        }
    };
    out.iter_mut()
        .filter(|one| one.header.title.is_empty())
        .for_each(|one| one.header.title = "any".to_owned());
    out
}

/// Returns runs of neighbouring classes that are alike.
fn runs(count: u32, kinds: &[usize]) -> Vec<BitSet> {
    let mut out: Vec<(usize, BitSet)> = Vec::new();
    for (class, kind) in (0..count).zip(kinds) {
        match out.last_mut() {
            Some((known, classes)) if known == kind => classes.insert(class),
            _ => out.push((*kind, BitSet::from_iter(count, [class]))),
        }
    }
    out.into_iter().map(|(_, classes)| classes).collect()
}

fn plain(axis: &Axis<'_>, classes: &BitSet, is_set: bool) -> Header {
    let values = match &axis.classes {
        // The sets have one member, so the members describe them.
        Classes::Sets { groups, .. } if is_set && !classes.is_full() => {
            let chosen = classes.iter().filter_map(|class| groups.get(class as usize));
            Some(values::members_of(&axis.attribute.kind, chosen))
        }
        _ => axis.values(classes),
    };
    let title = values.as_ref().map_or_else(|| "any".to_owned(), Values::to_string);
    Header { header: MatrixHeader { title, depth: 0, values, is_open: false }, class: classes.iter().next() }
}

/// Returns the headers of the nodes of a taxonomy: of each node whose leaves are alike, and of each that has to be opened.
fn tree(axis: &Axis<'_>, universe: Option<&Universe>, kinds: &[usize]) -> Vec<Header> {
    let Some(universe @ Universe::Taxonomy(taxonomy)) = universe else { return Vec::new() };
    let mut class_of: Vec<Option<u32>> = vec![None; universe.len() as usize];
    for class in 0..axis.len() {
        let symbols: Vec<u32> = match &axis.classes {
            Classes::Symbols(blocks) => {
                blocks.get(class as usize).map(|block| block.iter().collect()).unwrap_or_default()
            }
            Classes::Sets { groups, .. } => {
                let members = groups.get(class as usize).map(|group| &group.members);
                let symbol = |member: &Member| match member {
                    Member::Symbol(symbol) => Some(*symbol),
                    Member::Text(_) => None,
                };
                members.into_iter().flatten().filter_map(symbol).collect()
            }
            _ => Vec::new(),
        };
        for symbol in symbols {
            if let Some(slot) = class_of.get_mut(symbol as usize) {
                *slot = Some(class);
            }
        }
    }
    let kind = |symbol: u32| {
        let class = class_of.get(symbol as usize).copied().flatten()?;
        Some((class, *kinds.get(class as usize)?))
    };
    // Parents before their children: a node's range holds those of the nodes below it.
    // A node with a single leaf stands before the leaf.
    let mut nodes: Vec<(u32, u32, bool, &str)> =
        taxonomy.nodes.iter().map(|(name, node)| (node.first, node.end, node.is_leaf, &**name)).collect();
    nodes.sort_by_key(|(first, end, is_leaf, name)| (*first, std::cmp::Reverse(*end), *is_leaf, *name));
    let mut out: Vec<Header> = Vec::new();
    // The ends of the opened nodes around the next one, and the end of the leaves that have a header.
    let (mut open, mut done): (Vec<u32>, u32) = (Vec::new(), 0);
    for (first, end, _, name) in nodes {
        if first < done {
            continue;
        }
        open.retain(|end| first < *end);
        let mut all = (first..end).map(kind);
        let one = all.next().flatten();
        let is_alike = all.all(|other| other.map(|(_, kind)| kind) == one.map(|(_, kind)| kind));
        let depth = open.len();
        if is_alike {
            done = end;
        } else {
            open.push(end);
        }
        let values = is_alike.then(|| {
            values::symbols(&Type::Symbol(universe.clone()), &BitSet::from_iter(universe.len(), first..end))
        });
        out.push(Header {
            header: MatrixHeader { title: name.to_owned(), depth, values, is_open: !is_alike },
            class: one.filter(|_| is_alike).map(|(class, _)| class),
        });
    }
    if let Some(none) = axis.none() {
        let classes = BitSet::from_iter(axis.len(), [none]);
        out.push(plain(axis, &classes, false));
    }
    out
}
