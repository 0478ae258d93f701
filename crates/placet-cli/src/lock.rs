//! `POLICY.lock`: the clauses that a policy was written for, as hashes.
//!
//! A lock is one JSON object: `version`, and for each cite of the policy, in the policy's order, the SHA-256 of the cited
//! clause's words (`sha256`) and the first 32 bits of each word's own (`words`, eight hexadecimal digits a word). The
//! former tells whether the clause changed, the latter where. The document's text isn't in the lock, though someone who
//! hashes a dictionary can find words of it.

use placet_core::{FileError, Limits, read_regular_file};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use similar::{Algorithm, DiffOp, capture_diff_slices};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// The version of the format.
const VERSION: u32 = 1;

/// The greatest number of words, then and now, whose differences are searched: the time may grow with their product.
const MAX_COMPARED_WORDS: usize = 20_000;

/// The number of words before a change that tell where it is.
const CONTEXT_WORDS: usize = 3;

/// The pinned clauses of a policy.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lock {
    version: u32,
    pub(crate) clauses: Vec<Pinned>,
}

/// A pinned clause.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pinned {
    /// The cite, as the policy writes it.
    pub(crate) cite: String,
    sha256: String,
    words: String,
}

/// A change of a clause.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Change<'w> {
    /// The words before it.
    pub(crate) after: Vec<&'w str>,
    /// The number of words that are gone.
    pub(crate) removed: usize,
    /// The words that are new.
    pub(crate) added: Vec<&'w str>,
}

/// The reason why a lock can't be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LockError {
    /// The file can't be read.
    #[error(transparent)]
    Unreadable(#[from] FileError),
    /// It isn't a lock.
    #[error("it isn't a lock: {0}")]
    Malformed(#[from] serde_json::Error),
    /// It has a version that this build doesn't know.
    #[error("it has version {0}, and this build of placet reads version {VERSION}")]
    Version(u32),
    /// It pins a clause twice.
    #[error("it pins `{0}` twice")]
    Repeated(String),
    /// Its hashes have another form.
    #[error("the hashes of `{0}` are malformed")]
    Hashes(String),
}

/// Returns the path of a policy's lock: beside the policy, with the extension `lock`.
pub(crate) fn path(policy: &Path) -> PathBuf {
    policy.with_extension("lock")
}

impl Lock {
    pub(crate) fn new(clauses: Vec<Pinned>) -> Self {
        Self { version: VERSION, clauses }
    }

    /// Reads a lock, or returns `None` if there is none.
    ///
    /// # Errors
    /// If it can't be read, or isn't a lock of this version.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, LockError> {
        let bytes = match read_regular_file(path, Limits::MAX_FILE_BYTES) {
            Ok(bytes) => bytes,
            Err(FileError::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        // A lock of a later version may have other fields, so its version comes first.
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let Versioned { version } = serde_json::from_slice(&bytes)?;
        if version != VERSION {
            return Err(LockError::Version(version));
        }
        let lock: Lock = serde_json::from_slice(&bytes)?;
        let mut seen = HashSet::new();
        for clause in &lock.clauses {
            if !seen.insert(&clause.cite) {
                return Err(LockError::Repeated(clause.cite.clone()));
            }
            if clause.sha256.len() != 64 || clause.word_hashes().is_none() {
                return Err(LockError::Hashes(clause.cite.clone()));
            }
        }
        Ok(Some(lock))
    }

    /// Returns the lock as the text of its file.
    ///
    /// # Errors
    /// If it can't be serialised, which plain data always can.
    pub(crate) fn to_bytes(&self) -> serde_json::Result<Vec<u8>> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

impl Pinned {
    /// Pins the words of a clause.
    pub(crate) fn new(cite: &str, words: &[&str]) -> Self {
        let hashes = words.iter().map(|word| format!("{:08x}", word_hash(word)));
        Self { cite: cite.to_owned(), sha256: clause_hash(words), words: hashes.collect() }
    }

    /// Returns true if a clause has the same words.
    pub(crate) fn fits(&self, words: &[&str]) -> bool {
        self.sha256 == clause_hash(words)
    }

    /// Returns the changes since the clause was pinned, in the order of the text. Empty if there are too many words to
    /// compare, or if hashes of different words are the same.
    pub(crate) fn changes<'w>(&self, words: &[&'w str]) -> Vec<Change<'w>> {
        let old = self.word_hashes().unwrap_or_default();
        let new: Vec<u32> = words.iter().map(|word| word_hash(word)).collect();
        if old.len() + new.len() > MAX_COMPARED_WORDS {
            return Vec::new();
        }
        let change = |operation| {
            let (removed, at, added) = match operation {
                DiffOp::Equal { .. } => return None,
                DiffOp::Delete { old_len, new_index, .. } => (old_len, new_index, 0),
                DiffOp::Insert { new_index, new_len, .. } => (0, new_index, new_len),
                DiffOp::Replace { old_len, new_index, new_len, .. } => (old_len, new_index, new_len),
            };
            let after = words.get(at.saturating_sub(CONTEXT_WORDS)..at)?.to_vec();
            Some(Change { after, removed, added: words.get(at..at + added)?.to_vec() })
        };
        capture_diff_slices(Algorithm::Myers, &old, &new).into_iter().filter_map(change).collect()
    }

    /// Returns the number of words.
    pub(crate) fn len(&self) -> usize {
        self.words.len() / 8
    }

    fn word_hashes(&self) -> Option<Vec<u32>> {
        let hash = |digits: &[u8]| {
            let digits = std::str::from_utf8(digits).ok().filter(|digits| digits.len() == 8)?;
            u32::from_str_radix(digits, 16).ok()
        };
        self.words.as_bytes().chunks(8).map(hash).collect()
    }
}

fn clause_hash(words: &[&str]) -> String {
    Sha256::digest(words.join(" ")).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn word_hash(word: &str) -> u32 {
    Sha256::digest(word).iter().take(4).fold(0, |hash, byte| hash << 8 | u32::from(*byte))
}
