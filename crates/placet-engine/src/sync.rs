//! The synchronization primitives of the cache, imported in one place, so that `tests/races.rs` can replace them with
//! those of a model checker.

pub(crate) use std::sync::{Arc, Mutex, MutexGuard};
