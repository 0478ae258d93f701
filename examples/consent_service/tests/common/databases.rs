//! The databases of the tests.

use tempfile::TempDir;

/// Returns the path of a new SQLite database.
pub(crate) fn sqlite(folder: &TempDir) -> String {
    folder.path().join("consents.sqlite3").to_str().unwrap().to_owned()
}

/// Returns the address of a new PostgreSQL database if `PLACET_POSTGRES` names a server: one of its databases, beside
/// which tests may create others.
#[cfg(feature = "postgres")]
pub(crate) fn postgres() -> Option<String> {
    use postgres::{Client, NoTls};
    use std::sync::atomic::{AtomicU32, Ordering};
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let server = std::env::var("PLACET_POSTGRES").ok()?;
    let name = format!("placet_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    Client::connect(&server, NoTls).unwrap().batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
    let (host, _) = server.rsplit_once('/').unwrap();
    Some(format!("{host}/{name}"))
}
