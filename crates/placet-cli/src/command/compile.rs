//! `placet compile`.

use super::named;
use crate::args::{Compile, Format};
use crate::render;
use placet::Policy;
use std::io::{self, Write};
use std::path::Path;

pub(crate) fn run(args: &Compile) -> io::Result<u8> {
    let policy = match Policy::from_path(&args.policy) {
        Ok(policy) => policy,
        Err(error) => {
            render::compile_error(&error, Format::Text, &mut io::sink())?;
            return Ok(1);
        }
    };
    render::report(policy.sources(), policy.warnings(), Format::Text, &mut io::sink())?;
    let bytes = policy.to_bytes();
    if args.output == Path::new("-") {
        let mut out = io::stdout().lock();
        out.write_all(&bytes)?;
        out.flush()?;
    } else {
        std::fs::write(&args.output, bytes).map_err(|error| named(&args.output, &error))?;
    }
    Ok(0)
}
