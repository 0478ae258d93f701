//! `placet fmt`.

use super::{read_policy_text, write_file};
use crate::args::{Fmt, Format};
use crate::render;
use placet::{Diagnostic, Limits, Sources};
use placet_syntax::source::SAVED_POLICY_MAGIC;
use std::io::{self, Write};
use std::path::Path;

pub(crate) fn run(args: &Fmt) -> io::Result<u8> {
    let mut failed = false;
    let mut out = anstream::stdout().lock();
    for file in &args.files {
        let name = file.display().to_string();
        let bytes = match read_policy_text(file) {
            Ok(bytes) => bytes,
            Err(error) => {
                render::failure(&error.to_string());
                failed = true;
                continue;
            }
        };
        if bytes.starts_with(&SAVED_POLICY_MAGIC) {
            render::failure(&format!("{name} is a saved policy, not the text of a policy"));
            failed = true;
            continue;
        }
        let Ok(text) = String::from_utf8(bytes) else {
            render::failure(&format!("{name} is not UTF-8"));
            failed = true;
            continue;
        };
        let Some(formatted) = formatted(&name, &text)? else {
            failed = true;
            continue;
        };
        // Unchanged files are not written, so that their modification times stay the same.
        let is_input = file == Path::new("-");
        if args.check {
            if formatted != text {
                writeln!(out, "{name}")?;
                failed = true;
            }
        } else if is_input {
            out.write_all(formatted.as_bytes())?;
        } else if formatted != text {
            write_file(file, formatted.as_bytes())?;
        }
    }
    out.flush()?;
    Ok(u8::from(failed))
}

/// Formats a text. If it does not parse, reports that and returns `None`.
fn formatted(name: &str, text: &str) -> io::Result<Option<String>> {
    let mut sources = Sources::default();
    let file = sources.add(name, text);
    let (tree, diagnostics) = placet_syntax::parse(&sources, file, &Limits::default());
    if tree.damaged || diagnostics.iter().any(Diagnostic::is_error) {
        render::report(&sources, &diagnostics, Format::Text, &mut io::sink())?;
        return Ok(None);
    }
    Ok(Some(placet_syntax::format(&sources, &tree)))
}
