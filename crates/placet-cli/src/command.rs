//! The subcommands. Each returns its exit status, or why it could not read or write.

pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod decide;
pub(crate) mod explain;
pub(crate) mod fmt;
pub(crate) mod test;

use placet::RequestError;
use serde::Serialize;
use std::io::{self, Read, Write};
use std::path::Path;

/// The answer to an erroneous request.
#[derive(Serialize)]
struct Refusal<'a> {
    error: &'a RequestError,
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
fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// A value as one line of JSON.
pub(crate) fn write_json(out: &mut impl Write, value: &impl serde::Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}
