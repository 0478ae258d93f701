//! The policies that came as bytes to this process, each loaded once.

use placet::{LoadError, Policy};
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// How many policies are kept, the ones asked for last. What sends them in pickles sends few of them often.
const KEPT: usize = 32;

/// What tells policies apart (see [`placet::Policy::hash`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hash([u8; 32]);

impl From<[u8; 32]> for Hash {
    fn from(hash: [u8; 32]) -> Self {
        Self(hash)
    }
}

impl Hash {
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

/// Each with the SHA-256 of its bytes.
static LOADED: Mutex<Vec<([u8; 32], Policy)>> = Mutex::new(Vec::new());
static LOADS: AtomicU64 = AtomicU64::new(0);

/// How many times this process has loaded a policy, those at hand when they came not among them.
pub(crate) fn loads() -> u64 {
    LOADS.load(Ordering::Relaxed)
}

/// The policy of saved bytes, which is loaded unless it is at hand.
///
/// It waits for others that load, so that the threads of a worker load a policy once. Whoever calls it must not hold
/// what these may wait for.
pub(crate) fn policy(bytes: &[u8]) -> Result<Policy, LoadError> {
    let digest = Sha256::digest(bytes).into();
    // What a panic left behind is whole: entries are put in and taken out at once.
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    let entry = match loaded.iter().position(|(other, _)| *other == digest) {
        Some(at) => loaded.remove(at),
        None => {
            let policy = Policy::from_bytes(bytes)?;
            LOADS.fetch_add(1, Ordering::Relaxed);
            (digest, policy)
        }
    };
    if loaded.len() >= KEPT {
        loaded.remove(0);
    }
    let policy = entry.1.clone();
    loaded.push(entry);
    Ok(policy)
}
