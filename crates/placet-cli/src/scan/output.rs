//! The rows that a scan writes: decisions, or the allowed rows of the input.

use super::answers::Answers;
use super::cell;
use super::error::ScanError;
use super::source::{Batch, Rows};
use crate::args::{OutputForm, Scan};
use crate::target::Target;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, ListArray, RecordBatch, StringArray};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_json::writer::{EncoderOptions, LineDelimited, NullableEncoder, WriterBuilder, make_encoder};
use arrow_schema::{ArrowError, DataType, FieldRef, Schema, SchemaRef};
use arrow_select::filter::filter_record_batch;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use placet_arrow::Reason;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

/// The size of a Parquet row group in memory, in bytes.
const ROW_GROUP_BYTES: usize = 32 << 20;

/// The content and the format of the output.
#[derive(Debug, Clone)]
pub(crate) struct Layout<'a> {
    args: &'a Scan,
    form: OutputForm,
}

impl<'a> Layout<'a> {
    /// Reads the layout from the command line. Returns `None` if no rows are written.
    pub(crate) fn new(args: &'a Scan) -> Option<(Self, &'a Path)> {
        let path = args.output.as_deref()?;
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        let form = args.output_format.unwrap_or(match extension {
            "parquet" | "pq" => OutputForm::Parquet,
            "jsonl" | "ndjson" => OutputForm::Jsonl,
            _ => OutputForm::Csv,
        });
        Some((Self { args, form }, path))
    }

    /// Returns the form in which input rows are needed.
    pub(crate) fn rows(&self) -> Rows {
        match self.form {
            _ if !self.has_input() => Rows::None,
            OutputForm::Csv => Rows::Text,
            OutputForm::Jsonl | OutputForm::Parquet => Rows::Typed,
        }
    }

    fn has_input(&self) -> bool {
        self.args.allowed || self.args.with_input
    }

    /// Returns the names of the decision columns.
    fn answers(&self) -> impl Iterator<Item = &'static str> {
        let effect = (!self.args.allowed).then_some("effect");
        let wanted = Reason::ALL.into_iter().filter(|reason| self.args.reasons.contains(reason));
        effect.into_iter().chain(wanted.map(Reason::name))
    }

    /// Returns the schema of the output: input columns, then decision columns.
    fn schema(&self, file: &str, rows: &Schema, answers: &Schema) -> Result<SchemaRef, ScanError> {
        let mut fields: Vec<FieldRef> = if self.has_input() { rows.fields().to_vec() } else { Vec::new() };
        for name in self.answers() {
            let field = answers.field_with_name(name).map_err(|error| ScanError::arrow(file, error))?;
            let column = format!("{}{name}", self.args.prefix);
            if fields.iter().any(|other| *other.name() == column) {
                return Err(ScanError::SameName { file: file.to_owned(), column });
            }
            fields.push(Arc::new(field.clone().with_name(column)));
        }
        Ok(Arc::new(Schema::new(fields)))
    }

    /// Selects the output columns and rows of a batch.
    fn select(
        &self,
        schema: &SchemaRef,
        batch: &Batch,
        answers: &Answers,
    ) -> Result<RecordBatch, ArrowError> {
        let mut columns: Vec<ArrayRef> =
            if self.has_input() { batch.rows.columns().to_vec() } else { Vec::new() };
        columns.extend(self.answers().filter_map(|name| answers.columns.column_by_name(name).cloned()));
        let all = RecordBatch::try_new(schema.clone(), columns)?;
        if self.args.allowed { filter_record_batch(&all, &answers.allowed()) } else { Ok(all) }
    }
}

/// Creates an output file, or opens standard output for `-`.
pub(crate) fn create(path: &Path) -> Result<Target, ScanError> {
    Target::create(path).map_err(|error| ScanError::io(&name(path), error))
}

/// Returns the name of an output for messages.
pub(crate) fn name(path: &Path) -> String {
    if path == Path::new("-") { "standard output".to_owned() } else { path.display().to_string() }
}

/// An open output.
pub(crate) struct Output<'a> {
    layout: Layout<'a>,
    name: String,
    /// The first input file and the schema of its rows.
    first: (String, SchemaRef),
    schema: SchemaRef,
    writer: Writer,
}

enum Writer {
    Csv(Box<csv::Writer<Target>>),
    Jsonl(Box<arrow_json::LineDelimitedWriter<Target>>),
    Parquet(Box<ArrowWriter<Target>>),
}

impl<'a> Output<'a> {
    /// Creates the output, with the columns of the first file.
    pub(crate) fn create(
        layout: Layout<'a>,
        path: &Path,
        file: &str,
        rows: SchemaRef,
        answers: &Schema,
    ) -> Result<Self, ScanError> {
        let schema = layout.schema(file, &rows, answers)?;
        let target = create(path)?;
        let name = name(path);
        let writer = match layout.form {
            OutputForm::Csv => {
                let delimiter = layout.args.delimiter.unwrap_or(match path.extension() {
                    Some(extension) if extension == "tsv" => b'\t',
                    _ => b',',
                });
                let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(target);
                if !layout.args.no_header {
                    let names = schema.fields().iter().map(|field| field.name());
                    writer.write_record(names).map_err(|error| ScanError::csv(&name, error))?;
                }
                Writer::Csv(Box::new(writer))
            }
            OutputForm::Jsonl => {
                // Every line has every field, so that a null is told from a field that is not written.
                let builder = WriterBuilder::new().with_explicit_nulls(true);
                Writer::Jsonl(Box::new(builder.build::<_, LineDelimited>(target)))
            }
            OutputForm::Parquet => {
                let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
                let writer = ArrowWriter::try_new(target, schema.clone(), Some(properties));
                Writer::Parquet(Box::new(writer.map_err(|error| ScanError::parquet(&name, error))?))
            }
        };
        Ok(Self { layout, name, first: (file.to_owned(), rows), schema, writer })
    }

    /// Checks that the rows of another file have the same columns.
    pub(crate) fn check(&self, file: &str, rows: &Schema) -> Result<(), ScanError> {
        if self.layout.has_input() && self.first.1.fields() != rows.fields() {
            return Err(ScanError::OtherColumns { file: file.to_owned(), first: self.first.0.clone() });
        }
        Ok(())
    }

    /// Writes a batch.
    pub(crate) fn write(&mut self, batch: &Batch, answers: &Answers) -> Result<(), ScanError> {
        let arrow = |error| ScanError::arrow(&self.name, error);
        let selected = self.layout.select(&self.schema, batch, answers).map_err(arrow)?;
        match &mut self.writer {
            Writer::Csv(writer) => write_csv(&self.name, writer, &selected),
            Writer::Jsonl(writer) => writer.write(&selected).map_err(arrow),
            Writer::Parquet(writer) => {
                let fail = |error| ScanError::parquet(&self.name, error);
                writer.write(&selected).map_err(fail)?;
                // A row group stays in memory until it is written, so its bytes are limited, too.
                if writer.in_progress_size() > ROW_GROUP_BYTES {
                    writer.flush().map_err(fail)
                } else {
                    Ok(())
                }
            }
        }
    }

    /// Finishes the output and moves it to its final path.
    pub(crate) fn finish(self) -> Result<(), ScanError> {
        let target = match self.writer {
            Writer::Csv(writer) => {
                writer.into_inner().map_err(|error| ScanError::io(&self.name, error.into_error()))?
            }
            Writer::Jsonl(mut writer) => {
                writer.finish().map_err(|error| ScanError::arrow(&self.name, error))?;
                writer.into_inner()
            }
            Writer::Parquet(writer) => {
                writer.into_inner().map_err(|error| ScanError::parquet(&self.name, error))?
            }
        };
        target.finish().map_err(|error| ScanError::io(&self.name, error))
    }
}

/// A column, formatted as CSV cells.
enum Cells<'b> {
    Texts(&'b StringArray),
    /// Sets of strings.
    Sets(&'b ListArray, &'b StringArray),
    /// Nested values, which have no CSV form of their own, as JSON.
    Nested(NullableEncoder<'b>),
    Plain(ArrayFormatter<'b>),
}

impl<'b> Cells<'b> {
    fn new(
        field: &'b FieldRef,
        column: &'b dyn Array,
        json: &'b EncoderOptions,
        plain: &FormatOptions<'b>,
    ) -> Result<Self, ArrowError> {
        let members = column.as_list_opt::<i32>().and_then(|lists| lists.values().as_string_opt::<i32>());
        Ok(match (column.data_type(), members) {
            (DataType::Utf8, _) => Cells::Texts(column.as_string()),
            (_, Some(members)) => Cells::Sets(column.as_list(), members),
            (kind, _) if kind.is_nested() => Cells::Nested(make_encoder(field, column, json)?),
            _ => Cells::Plain(ArrayFormatter::try_new(column, plain)?),
        })
    }

    fn write(
        &mut self,
        row: usize,
        buffer: &mut String,
        record: &mut csv::ByteRecord,
    ) -> Result<(), ArrowError> {
        buffer.clear();
        match self {
            Cells::Texts(texts) if texts.is_valid(row) => record.push_field(texts.value(row).as_bytes()),
            Cells::Sets(lists, members) if lists.is_valid(row) => {
                let offsets = lists.value_offsets();
                let bound = |at: usize| offsets.get(at).and_then(|offset| usize::try_from(*offset).ok());
                let range = bound(row).unwrap_or_default()..bound(row + 1).unwrap_or_default();
                cell::join(range.map(|at| members.value(at)), buffer);
                record.push_field(buffer.as_bytes());
            }
            Cells::Nested(encoder) if !encoder.is_null(row) => {
                let mut bytes = Vec::new();
                encoder.encode(row, &mut bytes);
                record.push_field(&bytes);
            }
            Cells::Plain(formatter) => {
                write!(buffer, "{}", formatter.value(row))
                    .map_err(|error| ArrowError::from_external_error(Box::new(error)))?;
                record.push_field(buffer.as_bytes());
            }
            _ => record.push_field(b""),
        }
        Ok(())
    }
}

fn write_csv(name: &str, writer: &mut csv::Writer<Target>, batch: &RecordBatch) -> Result<(), ScanError> {
    let arrow = |error| ScanError::arrow(name, error);
    // A value that has no text fails the scan, instead of becoming a cell with the error message.
    let (json, plain) = (EncoderOptions::default(), FormatOptions::default().with_display_error(false));
    let schema = batch.schema();
    let columns = schema.fields().iter().zip(batch.columns());
    let cells = columns.map(|(field, column)| Cells::new(field, column, &json, &plain));
    let mut cells = cells.collect::<Result<Vec<_>, _>>().map_err(arrow)?;
    let (mut buffer, mut record) = (String::new(), csv::ByteRecord::new());
    for row in 0..batch.num_rows() {
        record.clear();
        for cells in &mut cells {
            cells.write(row, &mut buffer, &mut record).map_err(arrow)?;
        }
        writer.write_byte_record(&record).map_err(|error| ScanError::csv(name, error))?;
    }
    writer.flush().map_err(|error| ScanError::io(name, error))
}
