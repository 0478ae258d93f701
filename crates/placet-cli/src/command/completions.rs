//! `placet completions`.

use crate::args::Args;
use clap::CommandFactory;
use clap_complete::Shell;
use std::io::{self, Write};

pub(crate) fn run(shell: Shell) -> io::Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "placet", &mut script);
    io::stdout().lock().write_all(&script)?;
    Ok(0)
}
