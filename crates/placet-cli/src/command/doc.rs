//! `placet doc`.

use super::{is_stdin, named, write_file};
use crate::args::{Doc, Format};
use crate::doc::html;
use crate::doc::page::Page;
use crate::render;
use placet::__private::compile_draft;
use placet::Limits;
use std::io;

pub(crate) fn run(args: &Doc) -> io::Result<u8> {
    let is_html = match args.output.extension().and_then(|extension| extension.to_str()) {
        Some("html" | "htm") => true,
        Some("md" | "markdown") => false,
        _ if is_stdin(&args.output) => false,
        _ => {
            let error = "the name of a page ends in `.html` or `.md`";
            return Err(named(&args.output, &io::Error::new(io::ErrorKind::InvalidInput, error)));
        }
    };
    let draft = match compile_draft(&args.policy, &Limits::default()) {
        Ok(draft) => draft,
        Err(error) => {
            render::compile_error(&error, Format::Text, &mut anstream::stdout().lock())?;
            return Ok(1);
        }
    };
    let page = Page::new(&draft);
    let text = if is_html { html::write(&page) } else { page.markdown };
    write_file(&args.output, text.as_bytes())?;
    Ok(0)
}
