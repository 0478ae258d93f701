//! `placet compile`.

use super::write_file;
use crate::args::{Compile, Format};
use crate::render;
use placet::__private::compile_file;
use placet::Limits;
use std::io;

pub(crate) fn run(args: &Compile) -> io::Result<u8> {
    let policy = match compile_file(&args.policy, &Limits::default()) {
        Ok(policy) => policy,
        Err(error) => {
            render::compile_error(&error, Format::Text, &mut io::sink())?;
            return Ok(1);
        }
    };
    render::report(policy.sources(), policy.warnings(), Format::Text, &mut io::sink())?;
    let bytes = policy.to_bytes();
    write_file(&args.output, &bytes)?;
    Ok(0)
}
