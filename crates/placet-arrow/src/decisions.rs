//! The decisions of a batch.

use crate::answers::Answers;
use crate::error::{ColumnError, ValueError};
use crate::options::{OnError, Reasons};
use crate::worker::BatchOutcome;
use arrow_array::builder::{BooleanBuilder, Int64Builder, ListBuilder, StringBuilder, StructBuilder};
use arrow_array::types::Int8Type;
use arrow_array::{
    ArrayRef, BooleanArray, DictionaryArray, Int8Array, RecordBatch, StringArray, UInt32Array,
};
use arrow_buffer::{BooleanBuffer, NullBuffer, ScalarBuffer};
use arrow_schema::{ArrowError, DataType, Field, Fields, Schema, SchemaRef};
use arrow_select::take::take;
use placet::{Decision, Effect};
use placet_program::columns::{Counts, RowOutcome};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The effects in the order of their keys, which are those of ends. Memory of zeros is no allow.
const EFFECTS: [Effect; 3] = [Effect::Indeterminate, Effect::Allow, Effect::Deny];

/// The decisions of the rows of a batch, in their order.
#[derive(Debug, Clone)]
pub struct Decisions {
    schema: SchemaRef,
    keys: Int8Array,
    reasons: Vec<ArrayRef>,
    tally: Tally,
    errors: Vec<ValueError>,
}

/// How many rows were decided how.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// All rows.
    pub rows: u64,
    /// Rows that are allowed.
    pub allowed: u64,
    /// Rows that are denied.
    pub denied: u64,
    /// Rows that are neither.
    pub indeterminate: u64,
    /// Rows that are erroneous requests.
    pub errors: u64,
    /// The number of rows to which each determining rule certainly applies, where rules are asked for; a rule of none is
    /// left out.
    pub rules: BTreeMap<Arc<str>, u64>,
    /// The number of rows that each determining rule may apply to, depending on what is missing; counted apart from
    /// `rules`.
    pub uncertain_rules: BTreeMap<Arc<str>, u64>,
}

impl Tally {
    /// What the ends of rows say; what is undecided is an error.
    pub(crate) fn new(ends: &Counts) -> Self {
        let count = |end| ends.of(end) as u64;
        let (allowed, denied) = (count(RowOutcome::Allow), count(RowOutcome::Deny));
        let (indeterminate, errors) = (count(RowOutcome::Indeterminate), count(RowOutcome::Undecided));
        let rows = allowed + denied + indeterminate + errors;
        Self { rows, allowed, denied, indeterminate, errors, ..Self::default() }
    }

    /// Adds what another counted.
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
    }
}

/// A column of lists that gives reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    Rules,
    Certain,
    Clauses,
    Basis,
    Obligations,
    Undecided,
    Missing,
}

impl Reason {
    fn of(reasons: Reasons) -> impl Iterator<Item = Self> {
        let all = [
            (Reason::Rules, reasons.rules),
            (Reason::Certain, reasons.certain),
            (Reason::Clauses, reasons.clauses),
            (Reason::Basis, reasons.basis),
            (Reason::Obligations, reasons.obligations),
            (Reason::Undecided, reasons.undecided),
            (Reason::Missing, reasons.missing),
        ];
        all.into_iter().filter(|(_, wanted)| *wanted).map(|(reason, _)| reason)
    }

    fn name(self) -> &'static str {
        match self {
            Reason::Rules => "rules",
            Reason::Certain => "certain",
            Reason::Clauses => "clauses",
            Reason::Basis => "basis",
            Reason::Obligations => "obligations",
            Reason::Undecided => "undecided",
            Reason::Missing => "missing",
        }
    }

    fn item(self) -> Field {
        let kind =
            if self == Reason::Obligations { DataType::Struct(obligation_fields()) } else { DataType::Utf8 };
        Field::new("item", kind, false)
    }

    /// The lists of decisions; that of no answer, an empty one, first.
    fn lists(self, decisions: &[Arc<Decision>]) -> ArrayRef {
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
        Arc::new(lists.finish())
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

fn obligations(decisions: &[Arc<Decision>], item: Field) -> ArrayRef {
    let mut lists = ListBuilder::new(StructBuilder::from_fields(obligation_fields(), 0)).with_field(item);
    lists.append(true);
    for decision in decisions {
        let due = lists.values();
        for obligation in &decision.obligations {
            // INVARIANT: the builders are those of the fields.
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
    Arc::new(lists.finish())
}

/// The schema of decisions.
pub(crate) fn schema(reasons: Reasons, on_error: OnError) -> SchemaRef {
    let nullable = on_error == OnError::Null;
    let effect = DataType::Dictionary(DataType::Int8.into(), DataType::Utf8.into());
    let mut fields = vec![Field::new("effect", effect, nullable)];
    fields.extend(
        Reason::of(reasons)
            .map(|reason| Field::new(reason.name(), DataType::List(reason.item().into()), nullable)),
    );
    Arc::new(Schema::new(fields))
}

impl Decisions {
    pub(crate) fn new(
        schema: SchemaRef,
        reasons: Reasons,
        ends: Vec<RowOutcome>,
        part: BatchOutcome,
    ) -> Result<Self, ColumnError> {
        let BatchOutcome { answers, mut tally, faults } = part;
        let nulls =
            (tally.errors > 0).then(|| NullBuffer::from_iter(ends.iter().map(|end| end.effect().is_some())));
        let reason_columns = match reasons.any() {
            true => columns(reasons, &answers, nulls.as_ref())?,
            false => Vec::new(),
        };
        if reasons.rules {
            count_rules(&answers, &mut tally);
        }
        // In place: the key of an effect is the byte of its end.
        let keys: Vec<i8> = ends.into_iter().map(|end| end as i8).collect();
        let keys = Int8Array::try_new(keys.into(), nulls)?;
        Ok(Self { schema, keys, reasons: reason_columns, tally, errors: faults })
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The effects as words; null where the row is an erroneous request.
    ///
    /// Cost: Arrow looks at each key once more, which takes about a third of the time that the rows of categories took to
    /// be decided. [`Decisions::keys`], [`Decisions::allowed`] and [`Decisions::effect`] do without.
    ///
    /// # Errors
    /// None in fact: the keys are those of the words.
    pub fn effects(&self) -> Result<DictionaryArray<Int8Type>, ColumnError> {
        Ok(DictionaryArray::try_new(self.keys.clone(), words())?)
    }

    /// The effects as numbers: 0 is indeterminate, 1 is allow, 2 is deny, and no other is there but where the row is an
    /// erroneous request, and null.
    pub fn keys(&self) -> &Int8Array {
        &self.keys
    }

    /// The effect of a row; `None` where the row is an erroneous request, or there is no such row.
    pub fn effect(&self, row: usize) -> Option<Effect> {
        let key = self.keys.values().get(row)?;
        EFFECTS.get(usize::try_from(*key).ok()?).copied()
    }

    /// Which rows may go through: only those whose effect is allow. No row is null.
    pub fn allowed(&self) -> BooleanArray {
        let allow = RowOutcome::Allow as i8;
        mask(self.keys.values(), |key| *key == allow)
    }

    fn reason(&self, reason: Reason) -> Option<&ArrayRef> {
        // The effects come first.
        let at = self.schema.index_of(reason.name()).ok()?.checked_sub(1)?;
        self.reasons.get(at)
    }

    /// The determining rules of each row, as a list; `None` where they are not asked for.
    pub fn rules(&self) -> Option<&ArrayRef> {
        self.reason(Reason::Rules)
    }

    /// The rules of each row that fire whatever its missing attributes are, as a list; `None` where they are not asked for.
    pub fn certain(&self) -> Option<&ArrayRef> {
        self.reason(Reason::Certain)
    }

    /// The clauses that the determining rules cite, as a list; `None` where they are not asked for.
    pub fn clauses(&self) -> Option<&ArrayRef> {
        self.reason(Reason::Clauses)
    }

    /// Their legal bases, as a list; `None` where they are not asked for.
    pub fn basis(&self) -> Option<&ArrayRef> {
        self.reason(Reason::Basis)
    }

    /// What they oblige to, as a list of structs with the fields `name`, `within_seconds`, `text` and `certain`; `None`
    /// where it is not asked for.
    pub fn obligations(&self) -> Option<&ArrayRef> {
        self.reason(Reason::Obligations)
    }

    /// The rules that depend on missing attributes where the effect does, as a list; `None` where they are not asked for.
    pub fn undecided(&self) -> Option<&ArrayRef> {
        self.reason(Reason::Undecided)
    }

    /// The attributes that are missing where that hangs on them, as a list; `None` where they are not asked for.
    pub fn missing(&self) -> Option<&ArrayRef> {
        self.reason(Reason::Missing)
    }

    /// How many rows were decided how.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// The first few of the faults that [`Tally::errors`] counts.
    pub fn errors(&self) -> &[ValueError] {
        &self.errors
    }

    /// The decisions as a batch: the column `effect`, and those of the reasons that were asked for.
    ///
    /// Cost: that of [`Decisions::effects`].
    ///
    /// # Errors
    /// None in fact: the columns are those of the schema.
    pub fn into_batch(self) -> Result<RecordBatch, ColumnError> {
        self.into_batch_by(DictionaryArray::try_new)
    }

    /// As [`Decisions::into_batch`], where `dictionary` makes the effects of their [keys](Decisions::keys) and words: for
    /// an edge to other languages, which may know what Arrow would check.
    ///
    /// # Errors
    /// That of `dictionary`, and where it makes a column of another length.
    pub fn into_batch_by(
        self,
        dictionary: impl FnOnce(Int8Array, ArrayRef) -> Result<DictionaryArray<Int8Type>, ArrowError>,
    ) -> Result<RecordBatch, ColumnError> {
        let effects: ArrayRef = Arc::new(dictionary(self.keys, words())?);
        let columns = std::iter::once(effects).chain(self.reasons).collect();
        Ok(RecordBatch::try_new(self.schema, columns)?)
    }
}

/// The words of the effects, in the order of their keys.
fn words() -> ArrayRef {
    Arc::new(StringArray::from_iter_values(EFFECTS.map(Effect::as_str)))
}

/// Which rows may go through.
pub(crate) fn mask<T>(rows: &[T], is_allowed: impl Fn(&T) -> bool) -> BooleanArray {
    let is_allowed = |at: usize| rows.get(at).is_some_and(&is_allowed);
    BooleanArray::new(BooleanBuffer::collect_bool(rows.len(), is_allowed), None)
}

fn columns(
    reasons: Reasons,
    answers: &Answers,
    nulls: Option<&NullBuffer>,
) -> Result<Vec<ArrayRef>, ColumnError> {
    let ids = UInt32Array::try_new(ScalarBuffer::from(answers.ids.clone()), nulls.cloned())?;
    Reason::of(reasons).map(|reason| Ok(take(&reason.lists(&answers.all), &ids, None)?)).collect()
}

/// Counts the rows that each rule applies to, and those that it may apply to.
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
