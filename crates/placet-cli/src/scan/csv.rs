//! CSV, as batches: cells in the types of their attributes.

use super::cell::{Builder, Form};
use super::columns::{Columns, Reading};
use super::error::{Fault, ScanError};
use super::source::{Batch, Rows};
use crate::args::{OnFault, Scan};
use arrow_array::builder::StringBuilder;
use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use csv::ByteRecord;
use placet::ErrorCode;
use placet_arrow::ValueError;
use placet_core::excerpt;
use std::io::{self, Read};
use std::sync::Arc;

/// Bytes after which a batch ends, however few its rows are.
const BATCH_BYTES: usize = 16 << 20;
/// Bytes that a row may have: a quote that nobody closes must not swallow what does not fit into memory.
const ROW_BYTES: u64 = 64 << 20;
/// Bytes that are read at once.
const BUFFER_BYTES: usize = 256 << 10;

/// A table of CSV.
pub(crate) struct Csv {
    name: String,
    reader: csv::Reader<Bounded>,
    record: ByteRecord,
    /// Whether the record is a row that no batch has.
    is_pending: bool,
    /// The names of all columns.
    names: Vec<String>,
    /// The columns that are read, and how.
    slots: Vec<Slot>,
    values: SchemaRef,
    /// The cells of all columns as they came in, where they are written so.
    texts: Option<(SchemaRef, Vec<StringBuilder>)>,
    rows_read: u64,
    batch_rows: usize,
    trim: bool,
    null: Vec<String>,
    /// Whether what stands behind a fault is read.
    goes_on: bool,
}

/// A column that is read.
struct Slot {
    at: usize,
    builder: Builder,
    /// The attribute that it gives, and that one's type; of a column that is only written, its name.
    attribute: String,
    expected: String,
}

/// A reader of rows that are not too long.
struct Bounded {
    inner: Box<dyn Read>,
    read: u64,
    /// Where the row that is being read must have ended.
    until: u64,
}

impl Read for Bounded {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.read >= self.until {
            let message = format!("a row is longer than {} MiB; is a quote left open?", ROW_BYTES >> 20);
            return Err(io::Error::other(message));
        }
        let read = self.inner.read(out)?;
        self.read += read as u64;
        Ok(read)
    }
}

impl Csv {
    /// Reads the header.
    pub(crate) fn open(
        name: &str,
        input: Box<dyn Read>,
        columns: &Columns<'_>,
        args: &Scan,
        has_tabs: bool,
        rows: Rows,
    ) -> Result<Self, ScanError> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(BUFFER_BYTES)
            .delimiter(args.delimiter.unwrap_or(if has_tabs { b'\t' } else { b',' }))
            .from_reader(Bounded { inner: input, read: 0, until: ROW_BYTES });
        let mut record = ByteRecord::new();
        let is_row = reader.read_byte_record(&mut record).map_err(|error| ScanError::csv(name, error))?;
        let names: Vec<String> = if !args.no_header {
            if !is_row {
                return Err(ScanError::file(name, "it is empty: not even a header is there"));
            }
            let text = |cell: &[u8]| String::from_utf8_lossy(trimmed(cell, args.trim)).into_owned();
            record.iter().map(text).collect()
        } else if args.names.is_empty() {
            (1..=record.len()).map(|at| at.to_string()).collect()
        } else {
            args.names.clone()
        };
        let mut slots = Vec::new();
        let mut fields = Vec::new();
        for (at, column) in names.iter().enumerate() {
            let reading = columns.reading(name, column)?;
            if reading.is_none() && rows != Rows::Typed {
                continue;
            }
            let form = reading.map_or(Form::Text, |reading| reading.form);
            fields.push(Field::new(column, form.data_type(), true));
            let (attribute, expected) = match reading {
                Some(Reading { attribute, kind, .. }) => (attribute.to_owned(), kind.to_string()),
                None => (column.clone(), "text in UTF-8".to_owned()),
            };
            slots.push(Slot { at, builder: Builder::new(form), attribute, expected });
        }
        let texts = (rows == Rows::Text).then(|| {
            let fields: Vec<Field> =
                names.iter().map(|name| Field::new(name, DataType::Utf8, false)).collect();
            let builders = names.iter().map(|_| StringBuilder::new()).collect();
            (Arc::new(Schema::new(fields)), builders)
        });
        Ok(Self {
            name: name.to_owned(),
            reader,
            record,
            is_pending: args.no_header && is_row,
            names,
            slots,
            values: Arc::new(Schema::new(fields)),
            texts,
            rows_read: 0,
            batch_rows: args.batch_rows.get(),
            trim: args.trim,
            null: args.null.clone(),
            goes_on: args.on_error == OnFault::Null,
        })
    }

    pub(crate) fn all(&self) -> Schema {
        let mut fields: Vec<Field> =
            self.names.iter().map(|name| Field::new(name, DataType::Utf8, true)).collect();
        for (slot, field) in self.slots.iter().zip(self.values.fields()) {
            if let Some(place) = fields.get_mut(slot.at) {
                *place = field.as_ref().clone();
            }
        }
        Schema::new(fields)
    }

    pub(crate) fn values(&self) -> SchemaRef {
        self.values.clone()
    }

    pub(crate) fn rows(&self) -> SchemaRef {
        self.texts.as_ref().map_or_else(|| self.values.clone(), |(schema, _)| schema.clone())
    }

    pub(crate) fn read_bytes(&self) -> u64 {
        self.reader.get_ref().read
    }

    pub(crate) fn next(&mut self) -> Result<Option<Batch>, ScanError> {
        let (mut count, mut bytes) = (0, 0);
        let mut faults = Vec::new();
        while count < self.batch_rows && bytes < BATCH_BYTES && (self.goes_on || faults.is_empty()) {
            if !std::mem::take(&mut self.is_pending) && !self.read()? {
                break;
            }
            bytes += self.record.as_slice().len();
            self.rows_read += 1;
            if let Err(fault) = self.push() {
                faults.push((count, fault));
            }
            count += 1;
        }
        if count == 0 {
            return Ok(None);
        }
        let columns = self.slots.iter_mut().map(|slot| slot.builder.finish()).collect();
        let values = batch(&self.name, &self.values, columns, count)?;
        let rows = match &mut self.texts {
            None => values.clone(),
            Some((schema, builders)) => {
                let columns =
                    builders.iter_mut().map(|builder| Arc::new(builder.finish()) as ArrayRef).collect();
                batch(&self.name, schema, columns, count)?
            }
        };
        Ok(Some(Batch { values, rows, faults }))
    }

    /// Reads the next record; false at the end.
    fn read(&mut self) -> Result<bool, ScanError> {
        let start = self.reader.position().byte();
        self.reader.get_mut().until = start.saturating_add(ROW_BYTES);
        self.reader.read_byte_record(&mut self.record).map_err(|error| ScanError::csv(&self.name, error))
    }

    /// Adds the record to the columns; the first fault in it.
    fn push(&mut self) -> Result<(), Fault> {
        let row = self.rows_read;
        let (found, expected) = (self.record.len(), self.names.len());
        let mut fit = if found == expected { Ok(()) } else { Err(Fault::Cells { row, found, expected }) };
        for slot in &mut self.slots {
            let cell = trimmed(self.record.get(slot.at).unwrap_or_default(), self.trim);
            let is_null = cell.is_empty() || self.null.iter().any(|null| null.as_bytes() == cell);
            let pushed = match (is_null, std::str::from_utf8(cell)) {
                (true, _) => slot.builder.push(None),
                (false, Ok(text)) => slot.builder.push(Some(text)),
                (false, Err(_)) => slot.builder.push(None).and(Err(ErrorCode::WrongType)),
            };
            if let (Err(code), true) = (pushed, fit.is_ok()) {
                fit = Err(Fault::Value(ValueError {
                    row,
                    column: self.names.get(slot.at).cloned().unwrap_or_default(),
                    attribute: slot.attribute.clone(),
                    value: shown(cell),
                    expected: slot.expected.clone(),
                    code,
                }));
            }
        }
        if let Some((_, builders)) = &mut self.texts {
            for (at, builder) in builders.iter_mut().enumerate() {
                let cell = self.record.get(at).unwrap_or_default();
                let text = String::from_utf8_lossy(cell);
                if let (std::borrow::Cow::Owned(_), true) = (&text, fit.is_ok()) {
                    let column = self.names.get(at).cloned().unwrap_or_default();
                    fit = Err(Fault::Value(ValueError {
                        row,
                        attribute: column.clone(),
                        column,
                        value: shown(cell),
                        expected: "text in UTF-8".to_owned(),
                        code: ErrorCode::WrongType,
                    }));
                }
                builder.append_value(text);
            }
        }
        fit
    }
}

fn trimmed(cell: &[u8], trim: bool) -> &[u8] {
    if trim { cell.trim_ascii() } else { cell }
}

/// Shows a cell in a message.
fn shown(cell: &[u8]) -> String {
    let text = String::from_utf8_lossy(cell);
    excerpt(format_args!("{text:?}"))
}

fn batch(
    name: &str,
    schema: &SchemaRef,
    columns: Vec<ArrayRef>,
    rows: usize,
) -> Result<RecordBatch, ScanError> {
    // Where no column gives an attribute, the rows are still counted.
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(schema.clone(), columns, &options)
        .map_err(|error| ScanError::arrow(name, error))
}
