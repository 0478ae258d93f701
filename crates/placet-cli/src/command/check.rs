//! `placet check`.

use crate::args::Check;
use crate::render;
use placet::{Diagnostic, Policy, Sources};
use std::io;

pub(crate) fn run(args: &Check) -> io::Result<u8> {
    let mut failed = false;
    for file in &args.files {
        match Policy::from_path(file) {
            Ok(policy) => report(args, policy.sources(), policy.warnings())?,
            Err(error) => {
                failed = true;
                report(args, &error.sources, &error.diagnostics)?;
            }
        }
    }
    Ok(u8::from(failed))
}

fn report(args: &Check, sources: &Sources, diagnostics: &[Diagnostic]) -> io::Result<()> {
    render::report(sources, diagnostics, args.format, &mut io::stdout().lock())
}
