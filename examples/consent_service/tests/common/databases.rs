//! Where the tests' stores are.

use postgres::{Client, NoTls};
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;

/// Names the server that tests may create databases in.
const SERVER: &str = "PLACET_POSTGRES";

/// A file of its own.
pub(crate) fn sqlite(folder: &TempDir) -> String {
    folder.path().join("consents.sqlite3").to_str().unwrap().to_owned()
}

/// A new database, if there is a server: `PLACET_POSTGRES` names one of its databases.
pub(crate) fn postgres() -> Option<String> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let server = std::env::var(SERVER).ok()?;
    let name = format!("placet_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    Client::connect(&server, NoTls).unwrap().batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
    let (host, _) = server.rsplit_once('/').unwrap();
    Some(format!("{host}/{name}"))
}
