//! `placet replay`.

use super::{open, open_draft};
use crate::args::{Format, Replay};
use crate::log::read;
use crate::log::replay::Replayed;
use crate::progress::Progress;
use crate::render;
use placet::__private::policy_of;
use std::io::{self, Write};

/// The exit status if something can't be read or replayed, so that nothing is shown to be unchanged.
const UNREADABLE: u8 = 2;

pub(crate) fn run(args: &Replay) -> io::Result<u8> {
    let mut out = anstream::stdout().lock();
    let replayed = replay(args, &mut out);
    match replayed {
        Ok(Some(replayed)) => {
            match args.logs.format {
                Format::Text => replayed.text(args.logs.top, &mut out)?,
                Format::Json => replayed.json(&mut out)?,
            }
            out.flush()?;
            let is_refused = replayed.is_unreadable() || !args.allow_partial && replayed.is_partial();
            Ok(if is_refused { UNREADABLE } else { u8::from(replayed.has_changes()) })
        }
        Ok(None) => Ok(UNREADABLE),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(error),
        Err(error) => {
            render::failure(&error.to_string());
            Ok(UNREADABLE)
        }
    }
}

fn replay(args: &Replay, out: &mut impl Write) -> io::Result<Option<Replayed>> {
    // The old policy decided already, so its proofs don't matter.
    let Some(old) = open_draft(&args.old, args.logs.format, out)? else { return Ok(None) };
    let Some(new) = open(&args.new, args.logs.format, out)? else { return Ok(None) };
    let mut replayed = Replayed::new(policy_of(&old), &new);
    let mut progress = Progress::new(&args.logs.files, !args.logs.no_progress, "lines");
    let read =
        args.logs.files.iter().try_for_each(|path| read::read(path, &mut replayed, &mut progress).map(drop));
    progress.clear();
    read.map(|()| Some(replayed))
}
