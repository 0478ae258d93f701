//! The tables that are read, a batch at a time.

use super::columns::Columns;
use super::csv::Csv;
use super::error::{Fault, ScanError};
use super::parquet::Parquet;
use crate::args::{InputForm, Scan};
use arrow_array::RecordBatch;
use arrow_schema::{Schema, SchemaRef};
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;

/// What is written of the rows that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rows {
    /// Nothing: only the columns are read that give attributes.
    None,
    /// The cells of CSV as they came in.
    Text,
    /// Each column in its type; the cells of CSV in the types of their attributes.
    Typed,
}

/// Rows of a table.
#[derive(Debug)]
pub(crate) struct Batch {
    /// The columns that give attributes, or more.
    pub(crate) values: RecordBatch,
    /// What is written of the rows.
    pub(crate) rows: RecordBatch,
    /// The rows that can't be read, in their order, by their places in the batch.
    pub(crate) faults: Vec<(usize, Fault)>,
}

/// A table.
pub(crate) struct Source {
    /// What it is called, for people.
    pub(crate) name: String,
    /// Its size, where that is known.
    pub(crate) bytes: Option<u64>,
    reader: Reader,
}

enum Reader {
    Csv(Box<Csv>),
    Parquet(Box<Parquet>),
}

impl Source {
    /// Opens a table: `-` is standard input.
    pub(crate) fn open(
        path: &Path,
        columns: &Columns<'_>,
        args: &Scan,
        rows: Rows,
    ) -> Result<Self, ScanError> {
        if path == Path::new("-") {
            let name = "standard input".to_owned();
            if args.input_format == Some(InputForm::Parquet) {
                return Err(ScanError::file(
                    &name,
                    "Parquet is read from files only: its end must be read first",
                ));
            }
            let reader =
                Reader::Csv(Box::new(Csv::open(&name, Box::new(io::stdin()), columns, args, false, rows)?));
            return Ok(Self { name, bytes: None, reader });
        }
        let name = path.display().to_string();
        let fail = |error: io::Error| ScanError::io(&name, error);
        let mut file = File::open(path).map_err(fail)?;
        let metadata = file.metadata().map_err(fail)?;
        let bytes = metadata.is_file().then_some(metadata.len());
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        let form = match args.input_format {
            Some(form) => form,
            None if matches!(extension, "parquet" | "pq") => InputForm::Parquet,
            None if bytes.is_some() => sniff(&name, &mut file)?,
            None => InputForm::Csv,
        };
        let reader = match form {
            InputForm::Csv => {
                let has_tabs = matches!(extension, "tsv" | "tab");
                Reader::Csv(Box::new(Csv::open(&name, Box::new(file), columns, args, has_tabs, rows)?))
            }
            InputForm::Parquet => Reader::Parquet(Box::new(Parquet::open(&name, file, columns, args, rows)?)),
        };
        Ok(Self { name, bytes, reader })
    }

    /// All columns, for what is said about them.
    pub(crate) fn all(&self) -> Schema {
        match &self.reader {
            Reader::Csv(csv) => csv.all(),
            Reader::Parquet(parquet) => parquet.all(),
        }
    }

    /// The schema of [`Batch::values`].
    pub(crate) fn values(&self) -> SchemaRef {
        match &self.reader {
            Reader::Csv(csv) => csv.values(),
            Reader::Parquet(parquet) => parquet.schema(),
        }
    }

    /// The schema of [`Batch::rows`].
    pub(crate) fn rows(&self) -> SchemaRef {
        match &self.reader {
            Reader::Csv(csv) => csv.rows(),
            Reader::Parquet(parquet) => parquet.schema(),
        }
    }

    /// How many bytes are read; of Parquet, the share that the rows are.
    pub(crate) fn read_bytes(&self) -> u64 {
        match &self.reader {
            Reader::Csv(csv) => csv.read_bytes(),
            Reader::Parquet(parquet) => parquet.read_bytes(self.bytes.unwrap_or_default()),
        }
    }

    /// The next rows; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Batch>, ScanError> {
        match &mut self.reader {
            Reader::Csv(csv) => csv.next(),
            Reader::Parquet(parquet) => parquet.next(),
        }
    }
}

/// The form of a file by its first bytes.
fn sniff(name: &str, file: &mut File) -> Result<InputForm, ScanError> {
    let fail = |error: io::Error| ScanError::io(name, error);
    let mut first = Vec::new();
    file.take(4).read_to_end(&mut first).map_err(fail)?;
    file.rewind().map_err(fail)?;
    let packer = match &*first {
        b"PAR1" => return Ok(InputForm::Parquet),
        [0x1f, 0x8b, ..] => "gzip",
        [0x28, 0xb5, 0x2f, 0xfd] => "zstd",
        _ => return Ok(InputForm::Csv),
    };
    let message = format!("it is compressed; `{packer} -dc {name} | placet scan POLICY -` reads it");
    Err(ScanError::file(name, message))
}
