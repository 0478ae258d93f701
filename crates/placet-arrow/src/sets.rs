//! Reads columns of lists of names: the groups of members in each row's set, and the classes of the sets.

use crate::block::Buffer;
use crate::column::{self, Column};
use crate::texts::{Texts, with_texts};
use arrow_array::cast::AsArray;
use arrow_array::{Array, GenericListArray, OffsetSizeTrait, downcast_integer};
use arrow_buffer::{ArrowNativeType, NullBuffer};
use arrow_schema::DataType;
use placet::__private::Internals;
use placet::Policy;
use placet_core::NameTable;
use placet_model::types::{Members, Type};
use placet_program::{Program, UNKNOWN};
use std::ops::Range;

/// The number of groups in a mask.
const GROUPS: u32 = u64::BITS;
/// The mask of a text outside the names; every name has at least one group.
const NO_NAME: u64 = 0;
/// This many members of each row are read without a branch on the length.
const MAX_BRANCHLESS_MEMBERS: usize = 4;

/// The buffers for the lists of a block, reused from block to block.
#[derive(Debug, Default)]
pub(crate) struct SetScratch {
    /// The groups of each member.
    members: Vec<u64>,
    /// The groups of each row's set.
    pub(crate) sets: Vec<u64>,
}

/// The groups of the names of members.
///
/// The table has the groups that the policy's classifier marks for each name: one look-up per member, instead of one
/// for its symbols and one for their groups.
#[derive(Debug)]
pub(crate) struct SetClassifier {
    /// The groups of the leaves of a name: bit `g` for group `g`.
    names: NameTable<u64>,
    may_be_empty: bool,
}

/// The way to read the members of lists in one batch.
#[derive(Debug)]
pub(crate) enum ListReader {
    /// By text.
    Texts,
    /// By key, with the groups of each value of the dictionary.
    Keys(Vec<u64>),
}

impl SetClassifier {
    /// Creates the classifier of a column of lists of texts, if the mask has room for all groups.
    pub(crate) fn new(policy: &Policy, column: &Column) -> Option<Self> {
        let Type::Set { of: Members::Symbols(universe), may_be_empty } = &column.kind else { return None };
        let plan = policy.program().data().plans.get(column.id.index())?;
        let groups = plan.classifier.groups()?;
        let is_list = matches!(column.data_type, DataType::List(_) | DataType::LargeList(_));
        if !is_list || !column.relations.is_empty() || groups.count() > GROUPS {
            return None;
        }
        let mut names = NameTable::default();
        for name in universe.names() {
            let (symbols, _) = universe.find(name)?;
            groups.mark_symbols(symbols.words(), std::slice::from_mut(names.entry(name)));
        }
        names.pack();
        Some(Self { names, may_be_empty: *may_be_empty })
    }

    /// Returns the way to read the lists of a batch; `None` if they don't hold texts.
    pub(crate) fn list_reader(&self, array: &dyn Array) -> Option<ListReader> {
        let values = array.as_list_opt::<i32>().map(|lists| lists.values());
        let values = values.or_else(|| array.as_list_opt::<i64>().map(|lists| lists.values()))?;
        if column::is_text(values.data_type()) {
            return Some(ListReader::Texts);
        }
        let dictionary = values.as_any_dictionary_opt()?;
        let texts = dictionary.values().as_ref();
        if !column::is_text(texts.data_type()) {
            return None;
        }
        Some(ListReader::Keys((0..texts.len()).map(|at| self.groups_at(texts, at)).collect()))
    }

    fn groups_at(&self, texts: &dyn Array, at: usize) -> u64 {
        if texts.is_null(at) {
            return NO_NAME;
        }
        with_texts!(texts, texts => texts.find(&self.names, at)).flatten().unwrap_or(NO_NAME)
    }

    /// Computes the groups of the sets of rows, and marks rows that don't fit. Null rows have arbitrary groups.
    pub(crate) fn read(
        &self,
        list_reader: &ListReader,
        array: &dyn Array,
        rows: Range<usize>,
        found: &mut SetScratch,
        unfit: &mut [bool],
    ) {
        found.sets.clear();
        let read = match array.as_list_opt::<i32>() {
            Some(lists) => self.lists(list_reader, lists, rows, found, unfit),
            None => array
                .as_list_opt::<i64>()
                .and_then(|lists| self.lists(list_reader, lists, rows, found, unfit)),
        };
        // INVARIANT: the arrays of a batch have the types of its columns.
        if read.is_none() {
            unfit.fill(true);
        }
    }

    fn lists<O: OffsetSizeTrait>(
        &self,
        list_reader: &ListReader,
        lists: &GenericListArray<O>,
        rows: Range<usize>,
        found: &mut SetScratch,
        unfit: &mut [bool],
    ) -> Option<()> {
        let values = lists.values().as_ref();
        let offsets = lists.value_offsets().get(rows.start..=rows.end)?;
        let lists = Rows { offsets, nulls: values.nulls(), may_be_empty: self.may_be_empty };
        match list_reader {
            ListReader::Texts => {
                let groups = |found: Option<u64>| found.unwrap_or(NO_NAME);
                with_texts!(values, texts => lists.read(|at| groups(texts.find(&self.names, at)), found, unfit))
            }
            ListReader::Keys(groups) => {
                let keys = values.as_any_dictionary_opt()?.keys();
                macro_rules! of {
                    ($of:ty) => {{
                        let keys = keys.as_primitive_opt::<$of>()?.values();
                        let group = |at: usize| groups.get(keys.get(at)?.as_usize()).copied();
                        lists.read(|at| group(at).unwrap_or(NO_NAME), found, unfit);
                        Some(())
                    }};
                }
                downcast_integer! {
                    keys.data_type() => (of),
                    _ => None,
                }
            }
        }
    }
}

/// The lists of some rows.
struct Rows<'a, O> {
    /// The offsets of the lists, one more than there are lists.
    offsets: &'a [O],
    /// The members that are null.
    nulls: Option<&'a NullBuffer>,
    may_be_empty: bool,
}

impl<O: OffsetSizeTrait> Rows<'_, O> {
    /// Joins the groups of the members of each row. All members are looked up first, across rows, because the lengths of
    /// lists mispredict.
    fn read(&self, groups: impl Fn(usize) -> u64, found: &mut SetScratch, unfit: &mut [bool]) {
        let SetScratch { members, sets } = found;
        let (Some(first), Some(end)) = (self.offsets.first(), self.offsets.last()) else { return };
        let first = first.as_usize();
        members.clear();
        members.extend((first..end.as_usize()).map(|at| match self.nulls {
            Some(nulls) if nulls.is_null(at) => NO_NAME,
            _ => groups(at),
        }));
        // Padding, so that the unconditional reads of the last row stay in range.
        members.extend([NO_NAME; MAX_BRANCHLESS_MEMBERS]);
        let ends = self.offsets.iter().skip(1);
        sets.extend(self.offsets.iter().zip(ends).zip(unfit).map(|((begin, end), unfit)| {
            let (begin, count) = (begin.as_usize() - first, (*end - *begin).as_usize());
            let (mut set, mut are_names) = (0, true);
            let mut add = |groups: u64, is_member: bool| {
                set |= if is_member { groups } else { 0 };
                are_names &= groups != NO_NAME || !is_member;
            };
            let members = members.get(begin..).unwrap_or_default();
            match members.first_chunk::<MAX_BRANCHLESS_MEMBERS>() {
                Some(few) if count <= MAX_BRANCHLESS_MEMBERS => {
                    (0..).zip(few).for_each(|(at, groups)| add(*groups, at < count))
                }
                _ => members.iter().take(count).for_each(|groups| add(*groups, true)),
            }
            *unfit |= !are_names || count == 0 && !self.may_be_empty;
            set
        }));
    }
}

/// Writes the classes of sets with these groups into the buffers of a column's variables.
pub(crate) fn classify(program: &Program, column: &Column, sets: &[u64], buffers: &mut [Buffer]) {
    let Some(plan) = program.data().plans.get(column.id.index()) else { return };
    for (index, variable) in plan.variables.iter().enumerate() {
        let Some(buffer) = buffers.get_mut(*variable as usize) else { continue };
        let class = |set: &u64| plan.classifier.set(index, std::slice::from_ref(set)).unwrap_or(UNKNOWN);
        buffer.fill_by(sets, class);
    }
    if let Some(buffer) = plan.missing.and_then(|variable| buffers.get_mut(variable as usize)) {
        buffer.fill(sets.len(), 0);
    }
}
