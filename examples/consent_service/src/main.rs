//! The consent service's command.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use clap::Parser;
use placet_consent_service::{Options, Service, serve};
use std::error::Error;
use std::future::pending;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::net::TcpListener;

/// Answers by a policy over a store of what people said.
#[derive(Parser)]
struct Args {
    /// The policy. It is watched: a changed one that compiles and passes its tests takes its place.
    #[arg(long, value_name = "FILE", default_value = "examples/zai/privacy.placet")]
    policy: PathBuf,
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: String,
    /// The store: the file of a SQLite database, or postgres://user@host/database.
    #[arg(long, value_name = "PLACE", default_value = "consents.sqlite3")]
    store: String,
    /// The file that decisions are logged to, a line each.
    #[arg(long, value_name = "FILE", default_value = "decisions.jsonl")]
    log: PathBuf,
    /// How long facts are kept in memory. Where several services write to one store, what one records counts at once
    /// there, and with the others after so long.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    keep: u64,
}

fn main() -> ExitCode {
    match run(Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing can be done where not even this can be said.
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> Result<(), Box<dyn Error>> {
    let options = Options::new(args.policy, args.store).log(args.log).on_reload(|report| {
        // Nothing can be done where this can't be said.
        let _ = writeln!(std::io::stderr(), "{report}");
    });
    let service = Service::start(&options.kept_for(Duration::from_secs(args.keep)))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(&args.listen).await?;
        writeln!(std::io::stdout(), "http://{}", listener.local_addr()?)?;
        serve(service, listener, told_to_stop()).await?;
        Ok(())
    })
}

/// Done at the first SIGTERM or ctrl-c.
async fn told_to_stop() {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = pending::<()>();
    tokio::select! {
        () = interrupted => {}
        () = terminated => {}
    }
}
