//! Columns of lists of names: which groups of members each row's set has, and the classes that follow.

use crate::block::Buffer;
use crate::column::{self, Column};
use crate::texts::{Texts, with_texts};
use arrow_array::cast::AsArray;
use arrow_array::{Array, GenericListArray, OffsetSizeTrait, downcast_integer};
use arrow_buffer::{ArrowNativeType, NullBuffer};
use arrow_schema::DataType;
use placet::Policy;
use placet_core::NameTable;
use placet_model::types::{Members, Type};
use placet_program::Program;
use placet_program::classify::Classifier;
use std::ops::Range;

/// How many groups a mask tells apart.
const GROUPS: u32 = u64::BITS;
/// The groups of no name: each has one.
const NO_NAME: u64 = 0;
/// As many members are read of each row without asking how many there are.
const MAX_GROUP_WORDS: usize = 4;

/// What is found in a block's lists; its memory is kept from one to the next.
#[derive(Debug, Default)]
pub(crate) struct SetScratch {
    /// The groups of each member.
    members: Vec<u64>,
    /// The groups of each row's set.
    pub(crate) sets: Vec<u64>,
}

/// What the names of the members of a set stand for.
#[derive(Debug)]
pub(crate) struct SetClassifier {
    /// The groups of the members that a name stands for: bit `g` for group `g`.
    names: NameTable<u64>,
    may_be_empty: bool,
}

/// How the members in the lists of one batch are read.
#[derive(Debug)]
pub(crate) enum ListReader {
    /// By their texts.
    Texts,
    /// By their keys: the groups of each of a dictionary's values.
    Keys(Vec<u64>),
}

impl SetClassifier {
    /// The sets of a column of lists of texts, where few groups tell all of them apart.
    pub(crate) fn new(policy: &Policy, column: &Column) -> Option<Self> {
        let Type::Set { of: Members::Symbols(universe), may_be_empty } = &column.kind else { return None };
        let plan = policy.program().data().plans.get(column.id.index())?;
        let Classifier::Set { groups, .. } = &plan.classifier else { return None };
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

    /// How to read the lists of a batch; `None` if they are not of texts.
    pub(crate) fn reading(&self, array: &dyn Array) -> Option<ListReader> {
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

    /// Finds the groups of the sets of rows, and marks those that don't fit. What stands where a row is null means nothing.
    pub(crate) fn read(
        &self,
        reading: &ListReader,
        array: &dyn Array,
        rows: Range<usize>,
        found: &mut SetScratch,
        unfit: &mut [bool],
    ) {
        found.sets.clear();
        let read = match array.as_list_opt::<i32>() {
            Some(lists) => self.lists(reading, lists, rows, found, unfit),
            None => {
                array.as_list_opt::<i64>().and_then(|lists| self.lists(reading, lists, rows, found, unfit))
            }
        };
        // INVARIANT: a batch's arrays are of the types of its columns.
        if read.is_none() {
            unfit.fill(true);
        }
    }

    fn lists<O: OffsetSizeTrait>(
        &self,
        reading: &ListReader,
        lists: &GenericListArray<O>,
        rows: Range<usize>,
        found: &mut SetScratch,
        unfit: &mut [bool],
    ) -> Option<()> {
        let values = lists.values().as_ref();
        let offsets = lists.value_offsets().get(rows.start..=rows.end)?;
        let lists = Rows { offsets, nulls: values.nulls(), may_be_empty: self.may_be_empty };
        match reading {
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
    /// Where the members of each begin, and those of the last end.
    offsets: &'a [O],
    /// The members that are null.
    nulls: Option<&'a NullBuffer>,
    may_be_empty: bool,
}

impl<O: OffsetSizeTrait> Rows<'_, O> {
    /// Reads the groups of each row's set by those of its members, which are found first, whoever's they are: how many
    /// a row has is what no processor foresees.
    fn read(&self, groups: impl Fn(usize) -> u64, found: &mut SetScratch, unfit: &mut [bool]) {
        let SetScratch { members, sets } = found;
        let (Some(first), Some(end)) = (self.offsets.first(), self.offsets.last()) else { return };
        let first = first.as_usize();
        members.clear();
        members.extend((first..end.as_usize()).map(|at| match self.nulls {
            Some(nulls) if nulls.is_null(at) => NO_NAME,
            _ => groups(at),
        }));
        // So that there are as many behind the last.
        members.extend([NO_NAME; MAX_GROUP_WORDS]);
        let ends = self.offsets.iter().skip(1);
        sets.extend(self.offsets.iter().zip(ends).zip(unfit).map(|((begin, end), unfit)| {
            let (begin, count) = (begin.as_usize() - first, (*end - *begin).as_usize());
            let (mut set, mut are_names) = (0, true);
            let mut add = |groups: u64, is_member: bool| {
                set |= if is_member { groups } else { 0 };
                are_names &= groups != NO_NAME || !is_member;
            };
            let members = members.get(begin..).unwrap_or_default();
            match members.first_chunk::<MAX_GROUP_WORDS>() {
                Some(few) if count <= MAX_GROUP_WORDS => {
                    (0..).zip(few).for_each(|(at, groups)| add(*groups, at < count))
                }
                _ => members.iter().take(count).for_each(|groups| add(*groups, true)),
            }
            *unfit |= !are_names || count == 0 && !self.may_be_empty;
            set
        }));
    }
}

/// Writes the classes of sets, of which these are the groups, into the buffers of a column's variables.
pub(crate) fn classify(program: &Program, column: &Column, sets: &[u64], buffers: &mut [Buffer]) {
    let Some(plan) = program.data().plans.get(column.id.index()) else { return };
    let Classifier::Set { classes, .. } = &plan.classifier else { return };
    for (group, variable) in plan.variables.iter().enumerate() {
        let Some(buffer) = buffers.get_mut(*variable as usize) else { continue };
        match classes {
            Some(classes) => buffer.fill_by(sets, |set| classes.class(std::slice::from_ref(set))),
            None => buffer.fill_by(sets, |set| u32::from(set >> group & 1 == 1)),
        }
    }
    if let Some(buffer) = plan.missing.and_then(|variable| buffers.get_mut(variable as usize)) {
        buffer.fill(sets.len(), 0);
    }
}
