//! A process-wide cache of policies that were loaded from pickles.
//!
//! A worker process unpickles the same policy with every task. The cache keys policies by the SHA-256 of their bytes,
//! so that each is loaded once and all copies share one program.

use placet::{LoadError, Policy};
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// The maximum number of cached policies; the least recently used is evicted first. A process unpickles few policies,
/// each of them often, so a linear search suffices.
const MAX_CACHED: usize = 32;

/// The cached policies with the SHA-256 of their bytes, least recently used first.
static LOADED: Mutex<Vec<([u8; 32], Policy)>> = Mutex::new(Vec::new());
static LOADS: AtomicU64 = AtomicU64::new(0);

/// Returns how many times this process has loaded a policy; cache hits don't count.
pub(crate) fn loads() -> u64 {
    LOADS.load(Ordering::Relaxed)
}

/// Returns the policy of saved bytes from the cache, or loads and caches it.
///
/// Concurrent callers block until the load ends, so that the threads of a worker load a policy once. To avoid a
/// deadlock, callers must hold no lock that a loading thread may need: `_restore` releases the GIL first.
///
/// # Errors
/// If the bytes are damaged, or another version saved them. Failures are not cached.
pub(crate) fn policy(bytes: &[u8]) -> Result<Policy, LoadError> {
    let digest = Sha256::digest(bytes).into();
    // A panic can't leave the vector half-changed, so a poisoned lock is safe to use.
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    let entry = match loaded.iter().position(|(other, _)| *other == digest) {
        Some(at) => loaded.remove(at),
        None => {
            let policy = Policy::from_bytes(bytes)?;
            LOADS.fetch_add(1, Ordering::Relaxed);
            (digest, policy)
        }
    };
    if loaded.len() >= MAX_CACHED {
        loaded.remove(0);
    }
    let policy = entry.1.clone();
    loaded.push(entry);
    Ok(policy)
}
