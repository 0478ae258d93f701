//! Opening policies from files; saving and loading compiled ones.

#[cfg(feature = "compile")]
use crate::compile::CompileError;
use crate::policy::Policy;
use placet_core::{FileError, Limits, read_regular_file_with};
use placet_program::{LoadError, Program};
#[cfg(feature = "compile")]
use placet_syntax::source::{Loaded, load_read};
use std::path::{Path, PathBuf};

/// The reason why a policy can't be opened. It names the file; [`OpenError::report`] formats it for people.
///
/// ```
/// use placet::{OpenError, Policy};
///
/// let error = Policy::open("no-such-file.placet").err().ok_or("there is no such file")?;
/// assert!(matches!(error, OpenError::Read { .. }));
/// assert_eq!(error.to_string(), "`no-such-file.placet` can't be read");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The file can't be read.
    #[error("`{}` can't be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The error.
        #[source]
        error: FileError,
    },
    /// The text doesn't compile.
    #[cfg(feature = "compile")]
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// The saved policy can't be loaded.
    #[error("`{}` can't be loaded", path.display())]
    Load {
        /// The file.
        path: PathBuf,
        /// The error.
        #[source]
        error: LoadError,
    },
}

impl Policy {
    /// Saves the compiled policy as bytes, which [`Policy::from_bytes`] of this version of the library loads. Leaves out
    /// proofs and tests, keeps texts for people. Deterministic: the same policy gives the same bytes.
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

    /// Returns the SHA-256 of [`Policy::to_bytes`] without the names of files. Policies with the same hash decide alike.
    ///
    /// The hash of a text doesn't depend on the machine or the path, and a saved policy keeps it. It may change with the
    /// version of the library.
    ///
    /// Cost: that of saving.
    pub fn hash(&self) -> [u8; 32] {
        self.program().hash()
    }

    /// Returns [`Policy::hash`] as 64 lower-case hexadecimal digits, as the decision log and the bindings show it.
    ///
    /// ```
    /// let policy = placet::Policy::from_text("policy door  request { x: bool }  rule r { allow when x }")?;
    /// let digits = policy.hash_hex();
    /// assert_eq!(digits.len(), 64);
    /// assert!(digits.starts_with(&format!("{:02x}", policy.hash()[0])));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Cost: that of saving.
    pub fn hash_hex(&self) -> String {
        let digits = self.hash().into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
        digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
    }

    /// Loads a saved policy, without parser and compiler.
    ///
    /// # Errors
    /// If the bytes are damaged or of another version. Bytes that were made up on purpose can give wrong answers, but
    /// never cause undefined behaviour, a panic or unbounded work.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LoadError> {
        Program::from_bytes(bytes).map(Self::from_program)
    }

    /// Opens the policy in a regular file: a text, which is compiled with the files that it imports, or a saved policy.
    /// Without the feature `compile`, only a saved policy.
    ///
    /// ```no_run
    /// use placet::Policy;
    ///
    /// let policy = Policy::open("policies/privacy.placet")?;
    /// println!("{} has {} rules", policy.name(), policy.rules().len());
    /// # Ok::<(), placet::OpenError>(())
    /// ```
    ///
    /// # Errors
    /// If the file isn't a regular one, can't be read, compiled or loaded, or is larger than [`Limits::MAX_FILE_BYTES`],
    /// or a saved policy than [`Limits::MAX_SAVED_BYTES`]. Pipes and devices are refused without being opened.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::open_with(path, &Limits::default())
    }

    /// Like [`Policy::open`], with the caller's limits.
    ///
    /// ```no_run
    /// use placet::{Limits, Policy};
    ///
    /// let mut limits = Limits::default();
    /// limits.file_bytes = 64 * 1024;
    /// let policy = Policy::open_with("policies/privacy.placet", &limits)?;
    /// # Ok::<(), placet::OpenError>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Policy::open`].
    pub fn open_with(path: impl AsRef<Path>, limits: &Limits) -> Result<Self, OpenError> {
        match read(path.as_ref(), limits)? {
            #[cfg(feature = "compile")]
            Content::Text(loaded) => Ok(crate::draft::Draft::compile(loaded, limits)?.into_policy()?),
            Content::Saved(policy) => Ok(policy),
        }
    }
}

/// The content of a policy file.
pub(crate) enum Content {
    /// A text, with the files that it imports.
    #[cfg(feature = "compile")]
    Text(Loaded),
    /// A saved policy.
    Saved(Policy),
}

/// Reads a policy file, and loads it if it is a saved policy.
pub(crate) fn read(path: &Path, limits: &Limits) -> Result<Content, OpenError> {
    let mut is_saved = false;
    let read = read_regular_file_with(path, Program::HEAD_BYTES, |head| {
        is_saved = Program::is_saved(head);
        if is_saved { limits.saved_bytes } else { limits.file_bytes }
    });
    match read {
        // The compiler reports a text that is too large as a diagnostic.
        #[cfg(feature = "compile")]
        Ok(_) | Err(FileError::TooLarge { .. }) if !is_saved => {
            Ok(Content::Text(load_read(path, read, limits)))
        }
        // Without the compiler, a text is a saved policy that can't be loaded.
        Ok(bytes) => Policy::from_bytes(&bytes)
            .map(Content::Saved)
            .map_err(|error| OpenError::Load { path: path.to_path_buf(), error }),
        Err(error) => Err(OpenError::Read { path: path.to_path_buf(), error }),
    }
}
