//! `placet log`.

use crate::args::{Format, Log};
use crate::log::read;
use crate::log::summary::Summary;
use crate::progress::Progress;
use std::io::{self, Write};
use std::path::Path;

/// The exit status if some lines are not log entries.
const MALFORMED: u8 = 2;

pub(crate) fn run(args: &Log) -> io::Result<u8> {
    let mut summary = Summary::new().ok_or_else(|| io::Error::other("can't create the histogram"))?;
    let mut progress = Progress::new(&args.logs.files, !args.logs.no_progress, "lines");
    let read = args.logs.files.iter().try_for_each(|path| file(path, &mut summary, &mut progress));
    progress.clear();
    read?;
    let mut out = anstream::stdout().lock();
    match args.logs.format {
        Format::Text => summary.text(args.logs.top, &mut out)?,
        Format::Json => summary.json(&mut out)?,
    }
    out.flush()?;
    Ok(if summary.faults.malformed > 0 { MALFORMED } else { 0 })
}

/// Counts the lines of a file.
fn file(path: &Path, summary: &mut Summary, progress: &mut Progress) -> io::Result<()> {
    summary.bytes += read::read(path, summary, progress)?;
    summary.files += 1;
    Ok(())
}
