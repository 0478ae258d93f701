//! `placet decide`.

use super::{Failure, MAX_REQUEST_BYTES, is_stdin, named, open, write_json};
use crate::args::{Decide, Format};
use crate::render::coloured;
use crate::requests::Requests;
use crate::summary;
use anstyle::AnsiColor;
use placet::{Decision, ErrorCode, Policy, RequestError};
use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Read, Write};

pub(crate) fn run(args: &Decide) -> io::Result<u8> {
    let is_terminal = io::stdout().is_terminal();
    let format = args.format.unwrap_or(if is_terminal { Format::Text } else { Format::Json });
    match format {
        // `anstream` removes the colours if the stream is not a terminal.
        Format::Text => decide(args, anstream::stdout().lock(), |out, answer| match answer {
            Ok(decision) => writeln!(out, "{}", summary::line(decision)),
            Err(error) => writeln!(out, "{}: {error}", coloured("error", AnsiColor::Red)),
        }),
        Format::Json => decide(args, io::stdout().lock(), |out, answer| match answer {
            Ok(decision) => write_json(out, decision),
            Err(error) => write_json(out, &Failure { error }),
        }),
    }
}

fn decide<W: Write>(
    args: &Decide,
    out: W,
    write: impl Fn(&mut BufWriter<W>, Result<&Decision, &RequestError>) -> io::Result<()>,
) -> io::Result<u8> {
    let mut out = BufWriter::new(out);
    let Some(policy) = open(&args.policy, Format::Text, &mut out)? else { return Ok(1) };
    let out = RefCell::new(out);
    let erroneous = if is_stdin(&args.requests) {
        answer(&policy, io::stdin().lock(), &out, write)
    } else {
        let file = File::open(&args.requests).map_err(|error| named(&args.requests, &error))?;
        answer(&policy, file, &out, write)
    }?;
    out.borrow_mut().flush()?;
    Ok(if erroneous { 2 } else { 0 })
}

/// Decides requests one by one. Returns true if a request was erroneous.
fn answer<W: Write>(
    policy: &Policy,
    input: impl Read,
    out: &RefCell<BufWriter<W>>,
    write: impl Fn(&mut BufWriter<W>, Result<&Decision, &RequestError>) -> io::Result<()>,
) -> io::Result<bool> {
    let decide =
        |json: &[u8]| policy.request_from_json_bytes(json).and_then(|request| policy.decide(&request));
    let mut requests = Requests::new(input, MAX_REQUEST_BYTES);
    let mut flush = || out.borrow_mut().flush();
    let mut erroneous = false;
    while requests.next(&mut flush)? {
        let mut answer = decide(requests.record());
        if matches!(&answer, Err(error) if error.code == ErrorCode::InvalidJson)
            && requests.continue_record(&mut flush)?
        {
            answer = decide(requests.record());
        }
        erroneous |= answer.is_err();
        write(&mut out.borrow_mut(), answer.as_ref())?;
    }
    Ok(erroneous)
}
