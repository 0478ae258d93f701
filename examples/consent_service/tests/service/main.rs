//! The service, through HTTP.

mod answers;
mod client;
#[cfg(target_os = "linux")]
mod disk;
mod failures;
mod fragile;
mod garbage;
mod half_written;
#[path = "../common/keep_alive.rs"]
mod keep_alive;
mod killed;
#[path = "../common/load.rs"]
mod load;
mod readme;
mod records;
mod stopping;
