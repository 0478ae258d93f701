//! `placet log`.

use crate::args::{Format, Log};
use crate::log::lines::{Lines, Piece};
use crate::log::summary::Summary;
use crate::progress::Progress;
use std::io::{self, Write};
use std::path::Path;

/// The number of lines between two updates of the progress bar.
const LINES_PER_UPDATE: u64 = 4_096;

/// The exit status if some lines are not log entries.
const MALFORMED: u8 = 2;

pub(crate) fn run(args: &Log) -> io::Result<u8> {
    let mut summary = Summary::new().ok_or_else(|| io::Error::other("can't create the histogram"))?;
    let mut progress = Progress::new(&args.files, !args.no_progress, "lines");
    let read = args.files.iter().try_for_each(|path| file(path, &mut summary, &mut progress));
    progress.clear();
    read?;
    let mut out = anstream::stdout().lock();
    match args.format {
        Format::Text => summary.text(args.top, &mut out)?,
        Format::Json => summary.json(&mut out)?,
    }
    out.flush()?;
    Ok(if summary.malformed > 0 { MALFORMED } else { 0 })
}

/// Counts the lines of a file.
fn file(path: &Path, summary: &mut Summary, progress: &mut Progress) -> io::Result<()> {
    let mut lines = Lines::open(path)?;
    let name = lines.name.clone();
    let mut at = 0;
    loop {
        if at % LINES_PER_UPDATE == 0 {
            progress.at(lines.bytes, summary.lines);
        }
        let Some(piece) = lines.next()? else { break };
        at += 1;
        match piece {
            // A writer that stopped within a line ends it before it continues, which can leave an empty line.
            Piece::Line { text: [], .. } => {}
            Piece::Line { text, is_ended } => match summary.add(text) {
                Ok(()) => {}
                Err(error) if is_ended => summary.add_malformed(&name, at, &error),
                Err(_) => summary.unfinished += 1,
            },
            Piece::TooLong(error) => summary.add_malformed(&name, at, &error),
        }
    }
    progress.end_file(lines.bytes);
    summary.bytes += lines.bytes;
    summary.files += 1;
    Ok(())
}
