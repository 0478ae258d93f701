//! The policies that came as bytes to this process, each loaded once.

use placet::{LoadError, Policy};
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// How many policies are kept, the ones asked for last. What sends them in pickles sends few of them often.
const KEPT: usize = 32;

/// What tells policies apart: the SHA-256 of their bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hash([u8; 32]);

impl Hash {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The beginning, for a hash table.
    pub(crate) fn start(self) -> u64 {
        self.0.first_chunk().map_or(0, |start| u64::from_le_bytes(*start))
    }
}

impl std::fmt::Display for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

static LOADED: Mutex<Vec<(Hash, Policy)>> = Mutex::new(Vec::new());
static LOADS: AtomicU64 = AtomicU64::new(0);

/// How many times this process has loaded a policy, those at hand when they came not among them.
pub(crate) fn loads() -> u64 {
    LOADS.load(Ordering::Relaxed)
}

/// The policy of saved bytes, which is loaded unless it is at hand.
///
/// It waits for others that load, so that the threads of a worker load a policy once. Whoever calls it must not hold
/// what these may wait for.
pub(crate) fn policy(bytes: &[u8]) -> Result<(Hash, Policy), LoadError> {
    let hash = Hash::of(bytes);
    // What a panic left behind is whole: entries are put in and taken out at once.
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    let entry = match loaded.iter().position(|(other, _)| *other == hash) {
        Some(at) => loaded.remove(at),
        None => {
            let policy = Policy::from_bytes(bytes)?;
            LOADS.fetch_add(1, Ordering::Relaxed);
            (hash, policy)
        }
    };
    if loaded.len() >= KEPT {
        loaded.remove(0);
    }
    loaded.push(entry.clone());
    Ok(entry)
}
