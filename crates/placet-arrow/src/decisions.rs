//! The decisions of a batch.

use crate::answers::Answers;
use crate::error::{ColumnError, ValueError};
use crate::options::{OnError, Reasons};
use crate::worker::{EFFECTS, ERRONEOUS, Part, code};
use arrow_array::builder::{BooleanBuilder, Int64Builder, ListBuilder, StringBuilder, StructBuilder};
use arrow_array::types::Int8Type;
use arrow_array::{
    ArrayRef, BooleanArray, DictionaryArray, Int8Array, RecordBatch, StringArray, UInt32Array,
};
use arrow_buffer::{BooleanBuffer, NullBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef};
use arrow_select::take::take;
use placet::{Decision, Effect};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The decisions of the rows of a batch, in their order.
#[derive(Debug, Clone)]
pub struct Decisions {
    schema: SchemaRef,
    effects: DictionaryArray<Int8Type>,
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
    /// How many rows each determining rule has a part in, where rules are asked for; a rule of none is left out.
    pub rules: BTreeMap<Arc<str>, u64>,
}

impl Tally {
    /// What codes say.
    pub(crate) fn of(codes: &[i8]) -> Self {
        let count = |wanted: i8| {
            // So few at a time that a byte counts them.
            let few = |codes: &[i8]| codes.iter().map(|code| u8::from(*code == wanted)).sum::<u8>();
            codes.chunks(255).map(|codes| u64::from(few(codes))).sum()
        };
        Self {
            rows: codes.len() as u64,
            allowed: count(code(Effect::Allow)),
            denied: count(code(Effect::Deny)),
            indeterminate: count(code(Effect::Indeterminate)),
            errors: count(ERRONEOUS),
            rules: BTreeMap::new(),
        }
    }

    /// Adds what another counted.
    pub fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.allowed += other.allowed;
        self.denied += other.denied;
        self.indeterminate += other.indeterminate;
        self.errors += other.errors;
        for (rule, rows) in &other.rules {
            *self.rules.entry(rule.clone()).or_default() += rows;
        }
    }
}

/// A column of lists that gives reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    Rules,
    Clauses,
    Obligations,
    Missing,
}

impl Reason {
    fn of(reasons: Reasons) -> impl Iterator<Item = Self> {
        let all = [
            (Reason::Rules, reasons.rules),
            (Reason::Clauses, reasons.clauses),
            (Reason::Obligations, reasons.obligations),
            (Reason::Missing, reasons.missing),
        ];
        all.into_iter().filter(|(_, wanted)| *wanted).map(|(reason, _)| reason)
    }

    fn name(self) -> &'static str {
        match self {
            Reason::Rules => "rules",
            Reason::Clauses => "clauses",
            Reason::Obligations => "obligations",
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
        let names: fn(&Decision) -> &[Arc<str>] = match self {
            Reason::Rules => |decision| &decision.rules,
            Reason::Clauses => |decision| &decision.cites,
            Reason::Missing => |decision| &decision.missing,
            Reason::Obligations => return obligations(decisions, self.item()),
        };
        let mut lists = ListBuilder::new(StringBuilder::new()).with_field(self.item());
        lists.append(true);
        for decision in decisions {
            for name in names(decision) {
                lists.values().append_value(name);
            }
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
        codes: Vec<i8>,
        part: Part,
    ) -> Result<Self, ColumnError> {
        let Part { answers, mut tally, faults } = part;
        let nulls =
            (tally.errors > 0).then(|| NullBuffer::from_iter(codes.iter().map(|code| *code != ERRONEOUS)));
        let reason_columns = match reasons.any() {
            true => columns(reasons, &answers, nulls.as_ref())?,
            false => Vec::new(),
        };
        if reasons.rules {
            tally.rules = rules(&answers);
        }
        let words = StringArray::from_iter_values(EFFECTS.map(Effect::as_str));
        let effects = DictionaryArray::try_new(Int8Array::try_new(codes.into(), nulls)?, Arc::new(words))?;
        Ok(Self { schema, effects, reasons: reason_columns, tally, errors: faults })
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.effects.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.effects.is_empty()
    }

    /// The effects as words; null where the row is an erroneous request.
    pub fn effects(&self) -> &DictionaryArray<Int8Type> {
        &self.effects
    }

    /// The effect of a row; `None` where the row is an erroneous request, or there is no such row.
    pub fn effect(&self, row: usize) -> Option<Effect> {
        let code = self.effects.keys().values().get(row)?;
        EFFECTS.get(usize::try_from(*code).ok()?).copied()
    }

    /// Which rows may go through: only those whose effect is allow. No row is null.
    pub fn allowed(&self) -> BooleanArray {
        mask(self.effects.keys().values())
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

    /// The clauses that these rules cite, as a list; `None` where they are not asked for.
    pub fn clauses(&self) -> Option<&ArrayRef> {
        self.reason(Reason::Clauses)
    }

    /// What they oblige to, as a list of structs with the fields `name`, `within_seconds`, `text` and `certain`; `None`
    /// where it is not asked for.
    pub fn obligations(&self) -> Option<&ArrayRef> {
        self.reason(Reason::Obligations)
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
    /// # Errors
    /// None in fact: the columns are those of the schema.
    pub fn into_batch(self) -> Result<RecordBatch, ColumnError> {
        let effects: ArrayRef = Arc::new(self.effects);
        let columns = std::iter::once(effects).chain(self.reasons).collect();
        Ok(RecordBatch::try_new(self.schema, columns)?)
    }
}

/// Which effects let rows through.
pub(crate) fn mask(codes: &[i8]) -> BooleanArray {
    let allow = code(Effect::Allow);
    let is_allowed = |at: usize| codes.get(at) == Some(&allow);
    BooleanArray::new(BooleanBuffer::collect_bool(codes.len(), is_allowed), None)
}

fn columns(
    reasons: Reasons,
    answers: &Answers,
    nulls: Option<&NullBuffer>,
) -> Result<Vec<ArrayRef>, ColumnError> {
    let ids = UInt32Array::try_new(ScalarBuffer::from(answers.ids.clone()), nulls.cloned())?;
    Reason::of(reasons).map(|reason| Ok(take(&reason.lists(&answers.all), &ids, None)?)).collect()
}

/// How many rows each rule has a part in.
fn rules(answers: &Answers) -> BTreeMap<Arc<str>, u64> {
    let mut counts = vec![0_u64; answers.all.len()];
    for id in &answers.ids {
        if let Some(count) = (*id as usize).checked_sub(1).and_then(|at| counts.get_mut(at)) {
            *count += 1;
        }
    }
    let mut rules = BTreeMap::new();
    for (decision, count) in answers.all.iter().zip(counts) {
        for rule in &decision.rules {
            *rules.entry(rule.clone()).or_default() += count;
        }
    }
    rules
}
