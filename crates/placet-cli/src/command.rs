//! The subcommands. Each returns its exit status, or the error if it could not read or write.

pub(crate) mod cases;
pub(crate) mod check;
pub(crate) mod clauses;
pub(crate) mod compile;
pub(crate) mod completions;
pub(crate) mod coverage;
pub(crate) mod decide;
pub(crate) mod diff;
pub(crate) mod doc;
pub(crate) mod explain;
pub(crate) mod fmt;
pub(crate) mod graph;
#[cfg(feature = "junit")]
mod junit;
mod lock;
pub(crate) mod log;
pub(crate) mod matrix;
pub(crate) mod query;
mod regions;
pub(crate) mod replay;
#[cfg(feature = "tables")]
pub(crate) mod scan;
pub(crate) mod test;

use crate::args::Format;
use crate::render;
use crate::target::Target;
use placet::{Draft, Limits, OpenError, Policy, RequestError, with_sources};
use placet_syntax::source::{read_bounded, read_regular_file};
use serde::Serialize;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// The maximum size of a request, in bytes.
const MAX_REQUEST_BYTES: usize = 16 << 20;

/// The JSON output for an erroneous request.
#[derive(Serialize)]
struct Failure<'a> {
    error: &'a RequestError,
}

/// Opens a policy, from its text or a saved one. If it is invalid, reports that and returns `None`.
fn open(path: &Path, format: Format, out: &mut impl Write) -> io::Result<Option<Policy>> {
    opened(Policy::open(path), path, format, out)
}

/// Like [`open`], for commands that decide nothing: proofs that don't hold are only warned of.
fn open_draft(path: &Path, format: Format, out: &mut impl Write) -> io::Result<Option<Draft>> {
    let draft = opened(Draft::open(path), path, format, out)?;
    for (proof, _) in draft.iter().flat_map(Draft::run_proofs).filter(|(_, outcome)| !outcome.passed()) {
        let message = format!("`{}` isn't proved: until it is, this policy decides nothing", proof.name());
        render::warning(&format!("{}: {message}", proof.location()));
    }
    Ok(draft)
}

fn opened<T>(
    result: Result<T, OpenError>,
    path: &Path,
    format: Format,
    out: &mut impl Write,
) -> io::Result<Option<T>> {
    match result {
        Ok(policy) => return Ok(Some(policy)),
        Err(OpenError::Compile(error)) => render::compile_error(&error, format, out)?,
        Err(OpenError::Read { error, .. }) => return Err(named(path, &error.into())),
        Err(OpenError::Load { error, .. }) => {
            render::failure(&format!("{}: {}", path.display(), with_sources(&error)))
        }
        Err(error) => render::failure(&with_sources(&error)),
    }
    Ok(None)
}

/// Reads a policy's text from a regular file or, for `-`, from standard input.
fn read_policy_text(path: &Path) -> io::Result<Vec<u8>> {
    let limit = Limits::MAX_FILE_BYTES;
    let read = match is_stdin(path) {
        true => read_bounded(io::stdin().lock(), Vec::new(), limit),
        false => read_regular_file(path, limit),
    };
    read.map_err(|error| named(path, &error.into()))
}

/// Reads one request from a file of any kind or, for `-`, from standard input.
fn read_request(path: &Path) -> io::Result<Vec<u8>> {
    let read = match is_stdin(path) {
        true => read_bounded(io::stdin().lock(), Vec::new(), MAX_REQUEST_BYTES),
        false => match File::open(path) {
            Ok(file) => read_bounded(file, Vec::new(), MAX_REQUEST_BYTES),
            Err(error) => Err(error.into()),
        },
    };
    read.map_err(|error| named(path, &error.into()))
}

/// Writes a file, completely or not at all, or standard output for `-`.
fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let written = Target::create(path).and_then(|mut target| {
        target.write_all(bytes)?;
        target.finish()
    });
    written.map_err(|error| named(path, &error))
}

/// Formats a number of things.
pub(crate) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

/// Adds the name of the file to an error.
pub(crate) fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// Writes a value as one line of JSON.
pub(crate) fn write_json(out: &mut impl Write, value: &impl serde::Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}
