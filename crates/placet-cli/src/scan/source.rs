//! Opens tables and reads them in batches.

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

/// The form in which a source must keep input rows for the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rows {
    /// Not at all. Only the columns that give attributes are read.
    None,
    /// The texts of CSV cells, unchanged.
    Text,
    /// Typed columns; CSV cells have the types of their attributes.
    Typed,
}

/// A batch of rows.
#[derive(Debug)]
pub(crate) struct Batch {
    /// The columns that give attributes, and possibly others.
    pub(crate) values: RecordBatch,
    /// The input rows for the output.
    pub(crate) rows: RecordBatch,
    /// The rows that can't be read, by their indexes in the batch, in order.
    pub(crate) faults: Vec<(usize, Fault)>,
}

/// An open table.
pub(crate) struct Source {
    /// The name for messages.
    pub(crate) name: String,
    /// The size of the file, if it is known.
    pub(crate) bytes: Option<u64>,
    reader: Reader,
}

enum Reader {
    Csv(Box<Csv>),
    Parquet(Box<Parquet>),
}

impl Source {
    /// Opens a table, or standard input for `-`.
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
                    "Parquet can't be read from a pipe: its metadata is at the end of the file",
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

    /// Returns the schema of all columns, to check them against the policy.
    pub(crate) fn all(&self) -> Schema {
        match &self.reader {
            Reader::Csv(csv) => csv.all(),
            Reader::Parquet(parquet) => parquet.all(),
        }
    }

    /// Returns the schema of [`Batch::values`].
    pub(crate) fn values(&self) -> SchemaRef {
        match &self.reader {
            Reader::Csv(csv) => csv.values(),
            Reader::Parquet(parquet) => parquet.schema(),
        }
    }

    /// Returns the schema of [`Batch::rows`].
    pub(crate) fn rows(&self) -> SchemaRef {
        match &self.reader {
            Reader::Csv(csv) => csv.rows(),
            Reader::Parquet(parquet) => parquet.schema(),
        }
    }

    /// Returns the number of bytes read. For Parquet it is estimated by the share of rows read.
    pub(crate) fn read_bytes(&self) -> u64 {
        match &self.reader {
            Reader::Csv(csv) => csv.read_bytes(),
            Reader::Parquet(parquet) => parquet.read_bytes(self.bytes.unwrap_or_default()),
        }
    }

    /// Returns the next batch, or `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Batch>, ScanError> {
        match &mut self.reader {
            Reader::Csv(csv) => csv.next(),
            Reader::Parquet(parquet) => parquet.next(),
        }
    }
}

/// Detects the format of a file by its first bytes.
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
    let message =
        format!("the file is compressed; read it with `{packer} -dc {name} | placet scan POLICY -`");
    Err(ScanError::file(name, message))
}
