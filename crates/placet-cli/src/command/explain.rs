//! `placet explain`.

use super::{Failure, open_draft, read_request, write_json};
use crate::args::{Explain, Format};
use crate::render;
use crate::summary::LOOK;
use std::io::{self, Write};

pub(crate) fn run(args: &Explain) -> io::Result<u8> {
    let mut out = anstream::stdout().lock();
    let Some(policy) = open_draft(&args.policy, args.format, &mut out)? else { return Ok(1) };
    let bytes = read_request(&args.request)?;
    let explained = match args.may_change.as_slice() {
        [] => policy.explain_json(&bytes),
        names => policy.explain_json_changing(&bytes, names.iter().map(String::as_str)),
    };
    let code = match (explained, args.format) {
        (Ok(explanation), Format::Json) => {
            write_json(&mut out, &explanation)?;
            0
        }
        (Ok(explanation), Format::Text) => {
            out.write_all(explanation.page(LOOK).as_bytes())?;
            0
        }
        (Err(error), Format::Json) => {
            write_json(&mut out, &Failure { error: &error })?;
            2
        }
        (Err(error), Format::Text) => {
            render::failure(&error.to_string());
            2
        }
    };
    out.flush()?;
    Ok(code)
}
