//! `placet check`.

use super::write_json;
use crate::args::{Check, Format};
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
    match args.format {
        Format::Text => render::diagnostics(sources, diagnostics),
        Format::Json => {
            let mut out = io::stdout().lock();
            for diagnostic in diagnostics {
                write_json(&mut out, &render::json(sources, diagnostic))?;
            }
        }
    }
    Ok(())
}
