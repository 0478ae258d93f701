//! `placet cases`.

use super::{counted, is_stdin, open, query, regions, write_file};
use crate::args::{Cases, Format};
use crate::render;
use placet::query::CasesGiven;
use std::io;
use std::path::Path;

pub(crate) fn run(args: &Cases) -> io::Result<u8> {
    let mut out = anstream::stdout().lock();
    let Some(policy) = open(&args.policy, Format::Text, &mut out)? else { return Ok(1) };
    let example = args.given.as_deref().filter(|given| !is_file(given)).map(Path::to_string_lossy);
    let request;
    let given = match &example {
        Some(name) => CasesGiven::Example(name),
        None => match policy.request_from_json_bytes(&query::read_given(args.given.as_ref())?) {
            Ok(known) => {
                request = known;
                CasesGiven::Request(&request)
            }
            Err(error) => return query::refused(&mut out, &error.into(), Format::Text),
        },
    };
    let cases = match policy.boundary_cases(given, args.over.iter().map(String::as_str), args.limit) {
        Ok(cases) => cases,
        Err(error) => return query::refused(&mut out, &error, Format::Text),
    };
    drop(out);
    write_file(&args.output, cases.source.as_bytes())?;
    let is_listed = cases.left_out == 0 && cases.unwritable == 0;
    if cases.left_out > 0 {
        render::warning(&format!("{} left out; `--limit` takes more", counted(cases.left_out, "row")));
    }
    if cases.unwritable > 0 {
        let values = counted(cases.unwritable, "value");
        render::warning(&format!("{values} left out: durations finer than a second have no literal"));
    }
    if is_listed && !cases.is_complete {
        regions::incomplete();
    }
    Ok(0)
}

/// Returns true if the value of `--given` names a file, such as a named pipe, not an example. A directory holds no
/// request.
fn is_file(given: &Path) -> bool {
    is_stdin(given)
        || given.extension().is_some_and(|ending| ending == "json")
        || (given.exists() && !given.is_dir())
}
