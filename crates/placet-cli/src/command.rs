//! The subcommands. Each returns its exit status, or why it could not read or write.

pub(crate) mod check;
pub(crate) mod compile;
pub(crate) mod completions;
pub(crate) mod decide;
pub(crate) mod diff;
pub(crate) mod explain;
pub(crate) mod fmt;
pub(crate) mod log;
pub(crate) mod scan;
pub(crate) mod test;

use crate::args::Format;
use crate::render;
use placet::{OpenError, Policy, RequestError};
use serde::Serialize;
use std::io::{self, Read, Write};
use std::path::Path;

/// The answer to an erroneous request.
#[derive(Serialize)]
struct Refusal<'a> {
    error: &'a RequestError,
}

/// The policy in a file, its text or saved; `None` if there is none, which has been reported.
fn open(path: &Path, format: Format, out: &mut impl Write) -> io::Result<Option<Policy>> {
    match Policy::open(path) {
        Ok(policy) => return Ok(Some(policy)),
        Err(OpenError::Compile(error)) => render::compile_error(&error, format, out)?,
        Err(OpenError::Read(error)) => return Err(named(path, &error)),
        Err(error) => render::failure(&format!("{}: {error}", path.display())),
    }
    Ok(None)
}

/// All bytes of a file, or of standard input for `-`.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    std::fs::read(path).map_err(|error| named(path, &error))
}

/// An error that says of which file it is.
pub(crate) fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// A value as one line of JSON.
pub(crate) fn write_json(out: &mut impl Write, value: &impl serde::Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}
