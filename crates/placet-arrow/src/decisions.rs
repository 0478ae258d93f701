//! The decisions of a batch.

use crate::answers::Answers;
use crate::error::{ColumnError, ValueError};
use crate::lists;
use crate::options::{EffectDictionary, OnError, Options, Reason, Reasons};
use crate::worker::BatchOutcome;
use arrow_array::builder::{BooleanBuilder, Int64Builder, ListBuilder, StringBuilder, StructBuilder};
use arrow_array::types::{Int8Type, Int32Type};
use arrow_array::{
    ArrayRef, BooleanArray, DictionaryArray, Int8Array, Int32Array, ListArray, RecordBatch, StringArray,
};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef};
use placet::{Decision, Effect};
use placet_program::columns::{Counts, RowOutcome};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The effects in the order of their keys, which equal those of row outcomes. Zeroed memory isn't an allow.
const EFFECTS: [Effect; 3] = [Effect::Indeterminate, Effect::Allow, Effect::Deny];

/// The decisions of a batch, in the order of its rows.
#[derive(Debug, Clone)]
pub struct Decisions {
    schema: SchemaRef,
    dictionary: EffectDictionary,
    keys: Int8Array,
    /// The lists that occur, for each wanted reason. The first list is empty, for rows without an answer.
    lists: Vec<(Reason, ListArray)>,
    /// For each row, the index of its lists.
    indices: Int32Array,
    tally: Tally,
}

/// The number of rows by outcome. The C interface and pickles hold it as JSON with these names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// All rows.
    pub rows: u64,
    /// The allowed rows.
    pub allowed: u64,
    /// The denied rows.
    pub denied: u64,
    /// The indeterminate rows.
    pub indeterminate: u64,
    /// The rows that are erroneous requests.
    pub errors: u64,
    /// For each determining rule, the number of rows to which it certainly applies, if rules are wanted. Rules without rows
    /// are left out.
    pub rules: BTreeMap<Arc<str>, u64>,
    /// For each determining rule, the number of rows to which it may apply, depending on missing attributes. Not included in
    /// `rules`.
    pub uncertain_rules: BTreeMap<Arc<str>, u64>,
    /// The first errors of those that `errors` counts, at most [`Tally::MAX_FAULTS`].
    pub faults: Vec<ValueError>,
}

impl Tally {
    /// The maximum number of faults that a tally keeps.
    pub const MAX_FAULTS: usize = 8;

    /// Creates a tally from row outcomes; an undecided row is an error.
    pub(crate) fn new(counts: &Counts) -> Self {
        let count = |outcome| counts.of(outcome) as u64;
        let (allowed, denied) = (count(RowOutcome::Allow), count(RowOutcome::Deny));
        let (indeterminate, errors) = (count(RowOutcome::Indeterminate), count(RowOutcome::Undecided));
        let rows = allowed + denied + indeterminate + errors;
        Self { rows, allowed, denied, indeterminate, errors, ..Self::default() }
    }

    /// Adds the tally of the following rows.
    pub fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.allowed += other.allowed;
        self.denied += other.denied;
        self.indeterminate += other.indeterminate;
        self.errors += other.errors;
        for (rules, other) in
            [(&mut self.rules, &other.rules), (&mut self.uncertain_rules, &other.uncertain_rules)]
        {
            for (rule, rows) in other {
                *rules.entry(rule.clone()).or_default() += rows;
            }
        }
        let room = Self::MAX_FAULTS.saturating_sub(self.faults.len());
        self.faults.extend(other.faults.iter().take(room).cloned());
    }
}

impl Reason {
    fn item(self) -> Field {
        let kind =
            if self == Reason::Obligations { DataType::Struct(obligation_fields()) } else { DataType::Utf8 };
        Field::new("item", kind, false)
    }

    /// Builds the lists of decisions. The first list is empty, for rows without an answer.
    fn lists(self, decisions: &[Arc<Decision>]) -> ListArray {
        let append: fn(&Decision, &mut StringBuilder) = match self {
            Reason::Rules => |decision, out| decision.rules.iter().for_each(|name| out.append_value(name)),
            Reason::Certain => |decision, out| decision.certain().for_each(|name| out.append_value(name)),
            Reason::Clauses => |decision, out| decision.cites.iter().for_each(|name| out.append_value(name)),
            Reason::Basis => |decision, out| decision.basis.iter().for_each(|name| out.append_value(name)),
            Reason::Undecided => {
                |decision, out| decision.undecided.iter().for_each(|name| out.append_value(name))
            }
            Reason::Missing => {
                |decision, out| decision.missing.iter().for_each(|name| out.append_value(name))
            }
            Reason::Obligations => return obligations(decisions, self.item()),
        };
        let mut lists = ListBuilder::new(StringBuilder::new()).with_field(self.item());
        lists.append(true);
        for decision in decisions {
            append(decision, lists.values());
            lists.append(true);
        }
        lists.finish()
    }
}

fn obligation_fields() -> Fields {
    Fields::from(vec![
        Field::new("name", DataType::Utf8, false),
        Field::new("within_seconds", DataType::Int64, true),
        Field::new("text", DataType::Utf8, true),
        Field::new("certain", DataType::Boolean, false),
    ])
}

fn obligations(decisions: &[Arc<Decision>], item: Field) -> ListArray {
    let mut lists = ListBuilder::new(StructBuilder::from_fields(obligation_fields(), 0)).with_field(item);
    lists.append(true);
    for decision in decisions {
        let due = lists.values();
        for obligation in &decision.obligations {
            // INVARIANT: the builders were made from the same fields.
            if let Some(name) = due.field_builder::<StringBuilder>(0) {
                name.append_value(&obligation.name);
            }
            if let Some(within) = due.field_builder::<Int64Builder>(1) {
                within.append_option(obligation.within_seconds);
            }
            if let Some(text) = due.field_builder::<StringBuilder>(2) {
                text.append_option(obligation.text.as_deref());
            }
            if let Some(certain) = due.field_builder::<BooleanBuilder>(3) {
                certain.append_value(obligation.certain);
            }
            due.append(true);
        }
        lists.append(true);
    }
    lists.finish()
}

/// Returns the schema of decisions.
pub(crate) fn schema(reasons: Reasons, on_error: OnError) -> SchemaRef {
    let nullable = on_error == OnError::Null;
    let effect = DataType::Dictionary(DataType::Int8.into(), DataType::Utf8.into());
    let mut fields = vec![Field::new("effect", effect, nullable)];
    fields.extend(
        reasons
            .iter()
            .map(|reason| Field::new(reason.name(), DataType::List(reason.item().into()), nullable)),
    );
    Arc::new(Schema::new(fields))
}

impl Decisions {
    pub(crate) fn new(
        schema: SchemaRef,
        options: &Options<'_>,
        outcomes: Vec<RowOutcome>,
        batch_outcome: BatchOutcome,
    ) -> Result<Self, ColumnError> {
        let (reasons, dictionary) = (options.reasons, options.dictionary);
        let BatchOutcome { answers, mut tally } = batch_outcome;
        let nulls = (tally.errors > 0)
            .then(|| NullBuffer::from_iter(outcomes.iter().map(|outcome| outcome.effect().is_some())));
        if reasons.contains(Reason::Rules) {
            count_rules(&answers, &mut tally);
        }
        let lists = reasons.iter().map(|reason| (reason, reason.lists(&answers.all))).collect();
        let indices: Vec<i32> = answers.ids.into_iter().map(u32::cast_signed).collect();
        let indices = Int32Array::try_new(indices.into(), nulls.clone().filter(|_| reasons.any()))?;
        // The byte of an outcome is the key of its effect, so the buffer is reused.
        let keys: Vec<i8> = outcomes.into_iter().map(|outcome| outcome as i8).collect();
        let keys = Int8Array::try_new(keys.into(), nulls)?;
        Ok(Self { schema, dictionary, keys, lists, indices, tally })
    }

    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Returns true if there are no rows.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Returns the effects as words; null for erroneous requests.
    ///
    /// Cost: Arrow checks each key once more, about a third of the time of deciding rows of categories.
    /// [`Decisions::keys`], [`Decisions::allowed`], [`Decisions::effect`] and [`Options::dictionary`] avoid it.
    ///
    /// [`Options::dictionary`]: crate::Options::dictionary
    ///
    /// # Errors
    /// Those of [`Options::dictionary`]; by default never in practice, since each key has a word.
    pub fn effects(&self) -> Result<DictionaryArray<Int8Type>, ColumnError> {
        Ok((self.dictionary)(self.keys.clone(), words())?)
    }

    /// Returns the effects as numbers: 0 indeterminate, 1 allow, 2 deny; null for erroneous requests.
    pub fn keys(&self) -> &Int8Array {
        &self.keys
    }

    /// Returns the effect of a row; `None` for an erroneous request, or beyond the last row.
    pub fn effect(&self, row: usize) -> Option<Effect> {
        let key = self.keys.values().get(row)?;
        EFFECTS.get(usize::try_from(*key).ok()?).copied()
    }

    /// Returns a mask of the allowed rows, without nulls.
    pub fn allowed(&self) -> BooleanArray {
        let allow = RowOutcome::Allow as i8;
        let keys = self.keys.values();
        let is_allowed = |row: usize| keys.get(row) == Some(&allow);
        BooleanArray::new(BooleanBuffer::collect_bool(keys.len(), is_allowed), None)
    }

    /// Returns the lists of a reason, as a dictionary with one list for each combination of rules that occurs. `None` if the
    /// reason wasn't wanted.
    ///
    /// [`Decisions::into_batch`] copies the lists, because file formats and functions on lists don't take such dictionaries.
    ///
    /// ```
    /// use arrow_array::cast::AsArray;
    /// use arrow_array::{ArrayRef, BooleanArray, RecordBatch};
    /// use placet::Policy;
    /// use placet_arrow::{BoundPolicy, Options, Reason};
    /// use std::sync::Arc;
    ///
    /// let policy = Policy::from_text("policy door  request { open: bool }  rule entry { allow when open }")?;
    /// let open: ArrayRef = Arc::new(BooleanArray::from(vec![true, false, true]));
    /// let batch = RecordBatch::try_from_iter([("open", open)])?;
    /// let options = Options::new().reasons([Reason::Rules]);
    /// let decisions = BoundPolicy::new(&policy, &batch.schema(), &options)?.decide(&batch)?;
    /// let rules = decisions.reason(Reason::Rules).ok_or("rules are wanted")?;
    /// assert_eq!(rules.key(0), rules.key(2));
    /// let lists = rules.values().as_list::<i32>();
    /// assert_eq!(lists.value(rules.key(0).ok_or("no error")?).as_string::<i32>().value(0), "entry");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn reason(&self, reason: Reason) -> Option<DictionaryArray<Int32Type>> {
        let (_, lists) = self.lists.iter().find(|(wanted, _)| *wanted == reason)?;
        // INVARIANT: each index is that of a list.
        DictionaryArray::try_new(self.indices.clone(), Arc::new(lists.clone())).ok()
    }

    /// The number of rows by outcome.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Converts the decisions to a batch: the column `effect`, and a column of lists for each wanted reason.
    ///
    /// Cost: that of [`Decisions::effects`], and that of copying the lists.
    ///
    /// # Errors
    /// Those of [`Decisions::effects`], and if the lists have more items, or bytes, than offsets of 32 bits count.
    pub fn into_batch(self) -> Result<RecordBatch, ColumnError> {
        let effects: ArrayRef = Arc::new(self.effects()?);
        let mut columns = vec![effects];
        for (reason, lists) in &self.lists {
            columns.push(Arc::new(lists::repeat(reason.item().into(), lists, &self.indices)?));
        }
        Ok(RecordBatch::try_new(self.schema, columns)?)
    }
}

/// Returns the words of the effects, in the order of their keys.
fn words() -> ArrayRef {
    Arc::new(StringArray::from_iter_values(EFFECTS.map(Effect::as_str)))
}

/// Counts the rows to which each rule certainly applies, and those to which it may apply.
fn count_rules(answers: &Answers, tally: &mut Tally) {
    let mut counts = vec![0_u64; answers.all.len()];
    for id in &answers.ids {
        if let Some(count) = (*id as usize).checked_sub(1).and_then(|at| counts.get_mut(at)) {
            *count += 1;
        }
    }
    for (decision, count) in answers.all.iter().zip(counts) {
        for rule in decision.certain() {
            *tally.rules.entry(rule.clone()).or_default() += count;
        }
        for rule in &decision.uncertain.rules {
            *tally.uncertain_rules.entry(rule.clone()).or_default() += count;
        }
    }
}
