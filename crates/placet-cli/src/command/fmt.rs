//! `placet fmt`.

use super::{named, read};
use crate::args::Fmt;
use crate::render;
use placet::{Diagnostic, Limits, Sources};
use std::io::{self, Write};
use std::path::Path;

pub(crate) fn run(args: &Fmt) -> io::Result<u8> {
    let mut failed = false;
    for file in &args.files {
        let bytes = read(file)?;
        let name = file.display().to_string();
        let Ok(text) = String::from_utf8(bytes) else {
            anstream::eprintln!("{}: {name} is not UTF-8", render::emphasis("error"));
            failed = true;
            continue;
        };
        let Some(formatted) = formatted(&name, &text) else {
            failed = true;
            continue;
        };
        if file == Path::new("-") {
            io::stdout().lock().write_all(formatted.as_bytes())?;
        } else if formatted != text {
            if args.check {
                anstream::println!("{name}");
                failed = true;
            } else {
                std::fs::write(file, formatted).map_err(|error| named(file, &error))?;
            }
        }
    }
    Ok(u8::from(failed))
}

/// The text in the canonical layout; `None` if it does not parse, which has been reported.
fn formatted(name: &str, text: &str) -> Option<String> {
    let mut sources = Sources::default();
    let file = sources.add(name, text);
    let (tree, diagnostics) = placet_syntax::parse(&sources, file, &Limits::default());
    if tree.damaged || diagnostics.iter().any(Diagnostic::is_error) {
        render::diagnostics(&sources, &diagnostics);
        return None;
    }
    Some(placet_syntax::format(&sources, &tree))
}
