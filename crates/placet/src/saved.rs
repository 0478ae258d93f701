//! Policies that are saved and loaded.

use crate::policy::{CompileError, Policy};
use placet_core::{FileError, read_regular_file_with};
use placet_program::{LoadError, Program};
use placet_syntax::Limits;
use placet_syntax::source::load_read;
use std::path::{Path, PathBuf};

/// Why a file gives no policy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// It can't be read.
    #[error("`{}` can't be read: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        error: FileError,
    },
    /// It is a text that does not compile.
    #[error("{0}")]
    Compile(#[from] CompileError),
    /// It is a saved policy that can't be loaded.
    #[error("{0}")]
    Load(#[from] LoadError),
}

impl Policy {
    /// The policy, compiled, as bytes: what [`Policy::from_bytes`] loads, in this version of the library. Its proofs and
    /// tests are left out, its texts are not. The same policy always gives the same bytes.
    ///
    /// ```
    /// let policy = placet::Policy::from_text("policy door  request { age: int 0..150 }  rule adult { allow when age >= 18 }")?;
    /// let saved = policy.to_bytes();
    /// let loaded = placet::Policy::from_bytes(&saved)?;
    /// let request = loaded.request_from_json(r#"{"age": 18}"#)?;
    /// assert!(loaded.is_allowed(&request)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_bytes(&self) -> Vec<u8> {
        self.program().to_bytes()
    }

    /// What tells policies apart: SHA-256 of what [`Policy::to_bytes`] gives, save for the names of its files, so that
    /// policies of one hash decide alike.
    ///
    /// A text has the same hash wherever this version of the library compiles it, and under whatever path, and so has the
    /// policy that was saved and loaded. Cost: that of saving.
    pub fn hash(&self) -> [u8; 32] {
        self.program().hash()
    }

    /// Loads a policy from bytes that were saved; neither parser nor compiler is needed.
    ///
    /// # Errors
    /// If the bytes are damaged, of another version, or made up: whatever they are, they do no harm beyond a wrong
    /// answer.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LoadError> {
        Program::from_bytes(bytes).map(Self::of_program)
    }

    /// Opens the policy in a regular file: a text, which is compiled with the files that it imports, or a saved policy.
    ///
    /// # Errors
    /// If the file isn't a regular one, can't be read, compiled or loaded, or is larger than [`Limits::MAX_FILE_BYTES`],
    /// or a saved policy than [`Limits::MAX_SAVED_BYTES`]. Pipes and devices are refused without being opened.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::open_with(path, &Limits::default())
    }

    /// Like [`Policy::open`], with the caller's limits.
    ///
    /// # Errors
    /// As [`Policy::open`].
    pub fn open_with(path: impl AsRef<Path>, limits: &Limits) -> Result<Self, OpenError> {
        let path = path.as_ref();
        let mut is_saved = false;
        let read = read_regular_file_with(path, Program::HEAD_BYTES, |head| {
            is_saved = Program::is_saved(head);
            if is_saved { limits.saved_bytes } else { limits.file_bytes }
        });
        match read {
            Ok(bytes) if is_saved => Ok(Self::from_bytes(&bytes)?),
            Err(error) if is_saved || !matches!(error, FileError::TooLarge { .. }) => {
                Err(OpenError::Read { path: path.to_path_buf(), error })
            }
            text => Ok(Self::compile(load_read(path, text, limits), limits)?),
        }
    }
}
