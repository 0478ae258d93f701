//! Reads CSV as batches, with cells parsed as the types of their attributes.

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

/// The size at which a batch ends, however few rows it has, in bytes.
const BATCH_BYTES: usize = 16 << 20;
/// The maximum size of a row, in bytes. Without it, a missing closing quote would read the whole file into memory.
const ROW_BYTES: u64 = 64 << 20;
/// The size of the read buffer, in bytes.
const BUFFER_BYTES: usize = 256 << 10;

/// An open CSV table.
pub(crate) struct Csv {
    name: String,
    reader: csv::Reader<Bounded>,
    record: ByteRecord,
    /// True if `record` already holds the next row: the first row of a table without a header.
    is_pending: bool,
    /// The names of all columns.
    names: Vec<String>,
    /// The columns to parse.
    slots: Vec<Slot>,
    values: SchemaRef,
    /// The texts of all cells, if the output needs them.
    texts: Option<(SchemaRef, Vec<StringBuilder>)>,
    rows_read: u64,
    batch_rows: usize,
    trim: bool,
    null: Vec<String>,
    /// True if reading continues after a fault.
    continues: bool,
}

/// A column to parse.
struct Slot {
    at: usize,
    builder: Builder,
    /// The attribute of the column, or the name of a column that is only copied to the output.
    attribute: String,
    expected: String,
}

/// A reader that limits the length of rows.
struct Bounded {
    inner: Box<dyn Read>,
    read: u64,
    /// The number of bytes read at which the current row must have ended.
    until: u64,
}

impl Read for Bounded {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.read >= self.until {
            let message =
                format!("a row is longer than {} MiB; is a closing quote missing?", ROW_BYTES >> 20);
            return Err(io::Error::other(message));
        }
        let read = self.inner.read(out)?;
        self.read += read as u64;
        Ok(read)
    }
}

impl Csv {
    /// Opens a table and reads its header.
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
                return Err(ScanError::file(name, "the file is empty; expected a header"));
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
                Some(Reading { attribute, .. }) => (attribute.name().to_owned(), attribute.ty()),
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
            continues: args.on_error == OnFault::Null,
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
        while count < self.batch_rows && bytes < BATCH_BYTES && (self.continues || faults.is_empty()) {
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

    /// Reads the next record. Returns false at the end.
    fn read(&mut self) -> Result<bool, ScanError> {
        let start = self.reader.position().byte();
        self.reader.get_mut().until = start.saturating_add(ROW_BYTES);
        self.reader.read_byte_record(&mut self.record).map_err(|error| ScanError::csv(&self.name, error))
    }

    /// Appends the record to all columns. Returns its first fault.
    fn push(&mut self) -> Result<(), Fault> {
        let row = self.rows_read;
        let (found, expected) = (self.record.len(), self.names.len());
        let mut fit = if found == expected { Ok(()) } else { Err(Fault::Cells { row, found, expected }) };
        // Every builder gets a value even after a fault: all columns of a batch need the same length.
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

/// Formats a cell for a message.
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
    // An explicit row count, since a batch without columns has no other.
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(schema.clone(), columns, &options)
        .map_err(|error| ScanError::arrow(name, error))
}
