//! `placet decide`.

use super::{named, write_json};
use crate::args::Decide;
use crate::render;
use placet::{Policy, RequestError};
use serde::Serialize;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;

/// The answer to an erroneous request.
#[derive(Serialize)]
struct Refusal<'a> {
    error: &'a RequestError,
}

pub(crate) fn run(args: &Decide) -> io::Result<u8> {
    let policy = match Policy::from_path(&args.policy) {
        Ok(policy) => policy,
        Err(error) => {
            render::compile_error(&error);
            return Ok(1);
        }
    };
    let mut out = BufWriter::new(io::stdout().lock());
    let erroneous = if args.requests == Path::new("-") {
        answer(&policy, io::stdin().lock(), &mut out)
    } else {
        let file = std::fs::File::open(&args.requests).map_err(|error| named(&args.requests, &error))?;
        answer(&policy, BufReader::new(file), &mut out)
    }?;
    out.flush()?;
    Ok(if erroneous { 2 } else { 0 })
}

/// Answers line by line; whether some request was erroneous.
fn answer(policy: &Policy, mut requests: impl BufRead, out: &mut impl Write) -> io::Result<bool> {
    let mut erroneous = false;
    let mut line = Vec::new();
    loop {
        line.clear();
        if requests.read_until(b'\n', &mut line)? == 0 {
            return Ok(erroneous);
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        match policy.request_from_json_bytes(&line).and_then(|request| policy.decide(&request)) {
            Ok(decision) => write_json(out, &decision)?,
            Err(error) => {
                erroneous = true;
                write_json(out, &Refusal { error: &error })?;
            }
        }
    }
}
