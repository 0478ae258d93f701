//! The command of the consent service.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use clap::Parser;
use placet::with_sources;
use placet_consent_service::{Options, Service, serve};
use std::error::Error;
use std::future::pending;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::net::TcpListener;

/// Decides requests by a policy, over a store of consents.
#[derive(Parser)]
struct Args {
    /// The policy. It is watched: a changed policy that compiles and passes its tests is swapped in.
    #[arg(long, value_name = "FILE", default_value = "examples/zai/privacy.placet")]
    policy: PathBuf,
    /// The address to listen on; port 0 picks a free port.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: String,
    /// The store: the file of a SQLite database or, if built with the feature `postgres`, postgres://user@host/database.
    #[arg(long, value_name = "PLACE", default_value = "consents.sqlite3")]
    store: String,
    /// The file of the decision log, one line for each decision.
    #[arg(long, value_name = "FILE", default_value = "decisions.jsonl")]
    log: PathBuf,
    /// Time to live of cached facts. If several services share a store, an event recorded by one of them counts there at
    /// once, and with the others after this time.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    time_to_live: u64,
}

fn main() -> ExitCode {
    match run(Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If stderr is closed, nothing else can be done about the error.
            let _ = writeln!(std::io::stderr(), "error: {}", with_sources(&*error));
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> Result<(), Box<dyn Error>> {
    let options = Options::new(args.policy, args.store).log(args.log).on_reload(|report| {
        // If stderr is closed, nothing else can be done about the report.
        let _ = writeln!(std::io::stderr(), "{report}");
    });
    let service = Service::start(&options.time_to_live(Duration::from_secs(args.time_to_live)))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(&args.listen).await?;
        writeln!(std::io::stdout(), "http://{}", listener.local_addr()?)?;
        serve(service, listener, told_to_stop()).await?;
        Ok(())
    })
}

/// Completes at the first SIGTERM or ctrl-c.
async fn told_to_stop() {
    // A future that completed because no handler could be installed would stop the service at once.
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
