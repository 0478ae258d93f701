//! `placet decide`.

use super::{Failure, MAX_REQUEST_BYTES, named, open, write_json};
use crate::args::{Decide, Format};
use placet::Policy;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;

pub(crate) fn run(args: &Decide) -> io::Result<u8> {
    let mut out = BufWriter::new(io::stdout().lock());
    let Some(policy) = open(&args.policy, Format::Text, &mut out)? else { return Ok(1) };
    let erroneous = if args.requests == Path::new("-") {
        answer(&policy, BufReader::new(io::stdin().lock()), &mut out)
    } else {
        let file = std::fs::File::open(&args.requests).map_err(|error| named(&args.requests, &error))?;
        answer(&policy, BufReader::new(file), &mut out)
    }?;
    out.flush()?;
    Ok(if erroneous { 2 } else { 0 })
}

/// Decides requests line by line. Returns true if a request was erroneous.
fn answer(policy: &Policy, mut requests: BufReader<impl Read>, out: &mut impl Write) -> io::Result<bool> {
    let mut erroneous = false;
    let mut line = Vec::new();
    loop {
        // Flush before a read that may block: a caller that writes one line and waits for its decision must get it.
        if requests.buffer().is_empty() {
            out.flush()?;
        }
        line.clear();
        let limit = MAX_REQUEST_BYTES as u64 + 1;
        if requests.by_ref().take(limit).read_until(b'\n', &mut line)? == 0 {
            return Ok(erroneous);
        }
        // `take` allows one byte more than the limit, so a longer line is detected without reading all of it.
        if line.len() > MAX_REQUEST_BYTES {
            out.flush()?;
            return Err(io::Error::other(format!("a request is longer than {MAX_REQUEST_BYTES} bytes")));
        }
        let text = line.trim_ascii();
        if text.is_empty() {
            continue;
        }
        match policy.request_from_json_bytes(text).and_then(|request| policy.decide(&request)) {
            Ok(decision) => write_json(out, &decision)?,
            Err(error) => {
                erroneous = true;
                write_json(out, &Failure { error: &error })?;
            }
        }
    }
}
