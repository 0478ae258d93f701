//! A policy, bound to the columns of a schema.

use crate::block::{BlockScratch, ROWS};
use crate::column::{Column, Leaf, leaves};
use crate::column_reader::ColumnReader;
use crate::decisions::{self, Decisions, Tally};
use crate::error::ColumnError;
use crate::groups::{self, groups};
use crate::options::{Options, Reasons};
use crate::output::Output;
use crate::relations::{Relation, relations};
use crate::stream::Stream;
use crate::worker::{BatchOutcome, BatchTask, Worker};
use arrow_array::{BooleanArray, RecordBatch};
use arrow_buffer::BooleanBuffer;
use arrow_schema::{ArrowError, DataType, Schema, SchemaRef};
use arrow_select::filter::filter_record_batch;
use placet::__private::Internals;
use placet::{Policy, Request, RequestError};
use placet_core::closest;
use placet_core::is_below;
use placet_model::Model;
use placet_model::types::{AttributeId, Presence};
use placet_program::columns::{DecisionKeys, Results, RowOutcome};
use std::collections::HashSet;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, PoisonError};

/// A policy, bound to the columns of a schema. Cheap to clone, shared between threads.
///
/// It reuses its buffers from batch to batch.
#[derive(Debug, Clone)]
pub struct BoundPolicy {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    policy: Policy,
    /// The request with the constants.
    base: Request,
    columns: Vec<Column>,
    relations: Vec<Relation>,
    /// The variables that vary from row to row.
    varying: Vec<u32>,
    input: SchemaRef,
    output: SchemaRef,
    options: Options<'static>,
    /// The keys of complete rows, if these have wanted reasons.
    decision_keys: Option<DecisionKeys>,
    /// Idle workers.
    idle: Mutex<Vec<Worker>>,
}

impl BoundPolicy {
    /// Binds a policy to the columns of a schema. Cost: linear in the schema and in the names of the attributes' values.
    ///
    /// # Errors
    /// If a column isn't an attribute, an attribute is given twice, a `required` one is left out, or a column's type or a
    /// constant doesn't fit.
    pub fn new(policy: &Policy, schema: &Schema, options: &Options<'_>) -> Result<Self, ColumnError> {
        Self::upon(policy.request(), policy, schema, options)
    }

    /// Like [`BoundPolicy::new`], with a request whose attributes are the same in every row, like constants.
    ///
    /// # Errors
    /// Those of [`BoundPolicy::new`], and if the request was made for another policy.
    pub fn upon(
        mut base: Request,
        policy: &Policy,
        schema: &Schema,
        options: &Options<'_>,
    ) -> Result<Self, ColumnError> {
        let matching = Matching::new(policy, &base, options)?;
        for (attribute, value) in &options.constants {
            base.set(attribute, value.clone())?;
        }
        let columns = matching.columns(policy, &base, schema)?;
        for (id, attribute) in policy.model().declared() {
            let is_given = columns.iter().any(|column| column.id == id) || policy.frame(&base)?.is_given(id);
            if attribute.presence == Presence::Required && !is_given {
                let expected = attribute.declared_type().to_string();
                return Err(ColumnError::Required { attribute: attribute.name.to_string(), expected });
            }
        }
        let relations = relations(policy, &base, &columns);
        let mut varying: Vec<u32> =
            columns.iter().flat_map(|column| column.variables.iter().copied()).collect();
        varying.extend(relations.iter().map(|relation| relation.variable));
        let inner = Inner {
            policy: policy.clone(),
            base,
            columns,
            relations,
            varying,
            input: Arc::new(schema.clone()),
            output: decisions::schema(options.reasons, options.on_error),
            options: Options { columns: Vec::new(), constants: Vec::new(), ..options.clone() },
            decision_keys: options
                .reasons
                .of_decided()
                .then(|| DecisionKeys::new(policy.program()))
                .flatten(),
            idle: Mutex::default(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Returns the policy.
    pub fn policy(&self) -> &Policy {
        &self.inner.policy
    }

    /// Returns the schema of input batches.
    pub fn input_schema(&self) -> SchemaRef {
        self.inner.input.clone()
    }

    /// Returns the schema of [`Decisions::into_batch`].
    pub fn output_schema(&self) -> SchemaRef {
        self.inner.output.clone()
    }

    /// Decides each row of a batch like [`Policy::decide`] decides a request with its values. Null is `none`
    /// for an optional attribute, and an unknown value for any other.
    ///
    /// Cost: a few nanoseconds a row for numbers, dictionaries, names, and texts that are compared with few others; about ten
    /// for a column of reasons; more for lists, patterns, and unknown values that the decision depends on.
    ///
    /// # Errors
    /// If the batch has other columns than the schema, or if a row is an erroneous request, unless [`OnError::Null`] is
    /// set; the first such row is reported.
    ///
    /// [`OnError::Null`]: crate::OnError::Null
    pub fn decide(&self, batch: &RecordBatch) -> Result<Decisions, ColumnError> {
        self.decide_from(batch, 0)
    }

    /// Like [`BoundPolicy::decide`], for a batch that begins at this row of a stream. Errors count rows from there.
    ///
    /// # Errors
    /// Those of [`BoundPolicy::decide`].
    pub fn decide_from(&self, batch: &RecordBatch, first_row: u64) -> Result<Decisions, ColumnError> {
        let mut outcomes = vec![RowOutcome::Undecided; batch.num_rows()];
        let results = Results::Outcomes(&mut outcomes);
        let batch_outcome = self.inner.run(batch, first_row, self.inner.options.reasons, results)?;
        Decisions::new(self.output_schema(), &self.inner.options, outcomes, batch_outcome)
    }

    /// Returns the allowed rows of a batch, and no others. With [`OnError::Null`], rows that are erroneous requests are left
    /// out.
    ///
    /// [`OnError::Null`]: crate::OnError::Null
    ///
    /// # Errors
    /// Those of [`BoundPolicy::decide`].
    pub fn filter(&self, batch: &RecordBatch) -> Result<RecordBatch, ColumnError> {
        Ok(filter_record_batch(batch, &self.allowed(batch)?)?)
    }

    /// Returns a mask of the allowed rows, without nulls. It is written at once, so this is cheaper than
    /// [`Decisions::allowed`]. With [`OnError::Null`], rows that are erroneous requests aren't allowed.
    ///
    /// [`OnError::Null`]: crate::OnError::Null
    ///
    /// # Errors
    /// Those of [`BoundPolicy::decide`].
    pub fn allowed(&self, batch: &RecordBatch) -> Result<BooleanArray, ColumnError> {
        Ok(self.allowed_from(batch, 0)?.0)
    }

    /// Returns a mask of the allowed rows of a batch that begins at this row of a stream, and a tally without rules.
    pub(crate) fn allowed_from(
        &self,
        batch: &RecordBatch,
        first_row: u64,
    ) -> Result<(BooleanArray, Tally), ColumnError> {
        let mut words = vec![0_u64; batch.num_rows().div_ceil(64)];
        let results = Results::Allowed(&mut words);
        let tally = self.inner.run(batch, first_row, Reasons::default(), results)?.tally;
        // Arrow's bitmaps are bytes, the first row in the lowest bit.
        words.iter_mut().for_each(|word| *word = word.to_le());
        Ok((BooleanArray::new(BooleanBuffer::new(words.into(), 0, batch.num_rows()), None), tally))
    }

    /// Returns true if the decisions have reasons.
    pub(crate) fn has_reasons(&self) -> bool {
        self.inner.options.reasons.any()
    }

    /// Returns the output of a batch of this schema without rows, for results that must have a batch.
    ///
    /// # Errors
    /// If the schema has other columns than the bound one, or none of a wanted index.
    pub fn empty(&self, input: &SchemaRef, output: &Output) -> Result<RecordBatch, ColumnError> {
        let batch = RecordBatch::new_empty(input.clone());
        output.build(&batch, self.decide(&batch)?)
    }

    /// Decides the batches of a stream one at a time. Memory holds one batch and its decisions.
    pub fn stream<S>(&self, batches: S) -> Stream<S::IntoIter>
    where
        S: IntoIterator<Item = Result<RecordBatch, ArrowError>>,
    {
        Stream::new(self.clone(), batches.into_iter())
    }
}

impl Inner {
    /// Decides rows, writes their results, and collects the wanted reasons.
    fn run(
        &self,
        batch: &RecordBatch,
        first_row: u64,
        reasons: Reasons,
        mut results: Results<'_>,
    ) -> Result<BatchOutcome, ColumnError> {
        let reader = |column| ColumnReader::new(&self.policy, &self.base, column, batch);
        let readers = self.columns.iter().map(reader).collect::<Result<Vec<_>, _>>()?;
        let task = BatchTask {
            policy: &self.policy,
            varying: &self.varying,
            relations: &self.relations,
            readers: &readers,
            reasons,
            decision_keys: self.decision_keys.as_ref().filter(|_| reasons.of_decided()),
            on_error: self.options.on_error,
            first_row,
        };
        let rows = batch.num_rows();
        let share = self.share(rows);
        if share >= rows {
            return self.with_worker(|worker| worker.decide(&task, 0..rows, results));
        }
        let decided: Vec<Result<BatchOutcome, ColumnError>> = std::thread::scope(|scope| {
            let work = |first: usize, results| {
                let rows = first..rows.min(first + share);
                self.with_worker(|worker| worker.decide(&task, rows, results))
            };
            let (own, rest) = results.split_at(share);
            results = rest;
            let mut threads = Vec::new();
            for first in (share..rows).step_by(share) {
                let (results_of_share, rest) = results.split_at(share);
                results = rest;
                threads.push(scope.spawn(move || work(first, results_of_share)));
            }
            // The calling thread takes the first share, so that it doesn't idle.
            let own = work(0, own);
            let others =
                threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
            std::iter::once(own).chain(others).collect()
        });
        let mut all = BatchOutcome::default();
        for outcome in decided {
            all.append(outcome?);
        }
        Ok(all)
    }

    /// Returns the rows for one thread: whole blocks, and enough of them to be worth a thread.
    fn share(&self, rows: usize) -> usize {
        const MIN_BLOCKS: usize = 8;
        let blocks = rows.div_ceil(ROWS).div_ceil(self.options.threads.get()).max(MIN_BLOCKS);
        blocks.saturating_mul(ROWS)
    }

    fn with_worker<T>(&self, work: impl FnOnce(&mut Worker) -> T) -> T {
        // After a panic the worker is dropped, since its buffers may be inconsistent.
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut worker =
            idle.unwrap_or_else(|| Worker::new(BlockScratch::new(&self.policy, &self.base, &self.varying)));
        let done = work(&mut worker);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(worker);
        done
    }
}

/// The assignment of columns to attributes.
pub(crate) struct Matching<'o> {
    model: &'o Model,
    options: &'o Options<'o>,
    /// The attributes given by constants or by columns with other names.
    said: HashSet<AttributeId>,
}

impl<'o> Matching<'o> {
    pub(crate) fn new(
        policy: &'o Policy,
        base: &Request,
        options: &'o Options<'o>,
    ) -> Result<Self, ColumnError> {
        let (model, frame) = (policy.model(), policy.frame(base)?);
        let in_base = model.declared().filter(|(id, _)| frame.is_given(*id));
        let mut given: Vec<(AttributeId, String)> =
            in_base.map(|(id, _)| (id, "a constant".to_owned())).collect();
        let columns =
            options.columns.iter().map(|(attribute, column)| (attribute, format!("the column `{column}`")));
        let constants = options.constants.iter().map(|(attribute, _)| (attribute, "a constant".to_owned()));
        for (attribute, by) in columns.chain(constants) {
            let id = model.find(attribute).ok_or_else(|| RequestError::unknown(model, attribute))?;
            if let Some((_, first)) = given.iter().find(|(other, _)| *other == id) {
                let (first, second) = (first.clone(), by);
                return Err(ColumnError::Duplicate { attribute: attribute.clone(), first, second });
            }
            given.push((id, by));
        }
        Ok(Self { model, options, said: given.into_iter().map(|(id, _)| id).collect() })
    }

    /// Returns true if a column of this name gives the attribute of this name.
    pub(crate) fn takes(&self, name: &str) -> bool {
        self.model.find(name).is_some_and(|id| !self.said.contains(&id))
    }

    /// Returns the columns that give attributes, in the order of the schema.
    fn columns(&self, policy: &Policy, base: &Request, schema: &Schema) -> Result<Vec<Column>, ColumnError> {
        let is_wanted = |name: &str| self.options.columns.iter().any(|(_, column)| column == name);
        // A struct named like an attribute isn't a group, even if other attributes begin with this name.
        let leaves = leaves(schema, &|name| is_wanted(name) || self.model.find(name).is_some());
        let names: Vec<&str> = leaves.iter().map(|leaf| &*leaf.name).collect();
        self.check_named(&names, |name, column| name == column)?;
        let mut columns: Vec<Column> = Vec::new();
        for leaf in leaves {
            let mut ids: Vec<AttributeId> = Vec::new();
            if is_wanted(&leaf.name) {
                let given = self.options.columns.iter().filter(|(_, column)| *column == leaf.name);
                ids.extend(given.filter_map(|(attribute, _)| self.model.find(attribute)));
            } else if let Some(id) = self.model.find(&leaf.name) {
                ids.extend((!self.said.contains(&id)).then_some(id));
            } else if !self.options.ignore_unknown && !self.is_empty_group(&leaf) {
                return Err(self.unknown_column(&leaf.name));
            }
            for id in ids {
                if let Some(first) = columns.iter().find(|column| column.id == id) {
                    return Err(ColumnError::Duplicate {
                        attribute: first.attribute.to_string(),
                        first: format!("the column `{}`", first.name),
                        second: format!("another column `{}`", leaf.name),
                    });
                }
                columns.push(Column::new(policy, base, id, leaf.clone())?);
            }
        }
        self.add_groups(policy, base, schema, &mut columns)?;
        Ok(columns)
    }

    /// Returns true if a column of nulls has the name of a group.
    fn is_empty_group(&self, leaf: &Leaf<'_>) -> bool {
        *leaf.data_type == DataType::Null
            && self.model.declared().any(|(_, attribute)| is_below(&attribute.name, &leaf.name))
    }

    /// Adds columns for attributes that a null group makes missing although the struct has no field for them.
    fn add_groups(
        &self,
        policy: &Policy,
        base: &Request,
        schema: &Schema,
        columns: &mut Vec<Column>,
    ) -> Result<(), ColumnError> {
        for group in groups(schema) {
            for (id, attribute) in self.model.declared() {
                let is_given = self.said.contains(&id) || columns.iter().any(|column| column.id == id);
                if is_given || !group.holds(&attribute.name) {
                    continue;
                }
                let default = groups::default(policy, attribute)?;
                let (name, path) = (group.name.clone(), group.path.clone());
                let leaf = Leaf { name, path, data_type: group.data_type };
                if group.is_empty() {
                    columns.push(Column::missing(policy, base, id, leaf)?);
                } else if let Some(default) = default {
                    columns.push(Column::with_default(policy, base, id, leaf, default)?);
                }
            }
        }
        Ok(())
    }

    /// Returns the error of a column that isn't an attribute.
    pub(crate) fn unknown_column(&self, column: &str) -> ColumnError {
        let names = self.model.declared().map(|(_, attribute)| &*attribute.name);
        let near = closest(column, names).map(str::to_owned);
        ColumnError::UnknownColumn { column: column.to_owned(), near }
    }

    /// Checks that some name has each column that the options name.
    pub(crate) fn check_named(
        &self,
        names: &[&str],
        has: impl Fn(&str, &str) -> bool,
    ) -> Result<(), ColumnError> {
        for (attribute, column) in &self.options.columns {
            if !names.iter().any(|name| has(name, column)) {
                let near = closest(column, names.iter().copied()).map(str::to_owned);
                let (column, attribute) = (column.clone(), attribute.clone());
                return Err(ColumnError::NoSuchColumn { column, attribute, near });
            }
        }
        Ok(())
    }
}
