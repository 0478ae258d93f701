//! What came of looking at a policy's files.

use super::error::{ReloadError, WatchError};
use crate::engine::Swap;
use crate::loaded_policy::LoadedPolicy;
use placet::{Diagnostic, Difference, diff};
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// What came of looking at a policy's files once. Displayed, it is a line for a log.
#[derive(Debug)]
#[non_exhaustive]
pub struct ReloadReport {
    /// Why they were looked at.
    pub cause: ReloadCause,
    /// What came of it.
    pub reload: Reload,
    /// What keeps changes from being noticed, where something does: the files then have to be polled, or
    /// [`Reloader::reload_now`](crate::Reloader::reload_now) to be called.
    pub unwatched: Vec<WatchError>,
    /// How long it took to read, compile, test and swap.
    pub elapsed: Duration,
}

/// Why a policy's files were looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReloadCause {
    /// Watching began: what decides may be older than the files.
    Start,
    /// They seem to have changed.
    Change,
    /// [`Reloader::reload_now`](crate::Reloader::reload_now) was called.
    Call,
}

/// What came of a policy's files.
#[derive(Debug)]
pub enum Reload {
    /// Their policy decides now.
    Swapped(Box<Swapped>),
    /// Their policy is not fit to decide; the one so far does.
    Kept(ReloadError),
    /// Their policy is fit and has the hash of the one that decides, which stays.
    Unchanged(Arc<LoadedPolicy>),
}

/// A policy that took the place of another.
#[derive(Debug)]
pub struct Swapped {
    /// Both, and the attributes that the new one does not know.
    pub swap: Swap,
    difference: OnceLock<Difference>,
}

impl Swapped {
    pub(super) fn new(swap: Swap) -> Self {
        Self { swap, difference: OnceLock::new() }
    }

    /// What changed from the old policy to the new one.
    ///
    /// Cost: that of [`diff`](placet::diff()), which may be as much as that of compiling, when it is first called. It
    /// is found only then, so that neither the swap nor who does not ask waits for it.
    pub fn difference(&self) -> &Difference {
        self.difference.get_or_init(|| diff(self.swap.old.policy(), self.swap.new.policy()))
    }

    /// What is doubtful in the new policy; its [`sources`](placet::Policy::sources) are the texts that are spoken of.
    pub fn warnings(&self) -> &[Diagnostic] {
        self.swap.new.policy().warnings()
    }
}

impl ReloadReport {
    /// The swap, if there was one.
    pub fn swapped(&self) -> Option<&Swapped> {
        match &self.reload {
            Reload::Swapped(swapped) => Some(swapped),
            _ => None,
        }
    }

    /// Why the policy so far was kept, if the files' policy is not fit.
    pub fn error(&self) -> Option<&ReloadError> {
        match &self.reload {
            Reload::Kept(error) => Some(error),
            _ => None,
        }
    }
}

impl fmt::Display for ReloadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reload {
            Reload::Swapped(swapped) => {
                let Swap { old, new, unknown } = &swapped.swap;
                write!(f, "swapped {} for {}", Name(old), Name(new))?;
                match swapped.warnings().len() {
                    0 => {}
                    1 => write!(f, ", with a warning")?,
                    count => write!(f, ", with {count} warnings")?,
                }
                for (attribute, resolver) in unknown {
                    write!(f, "; it does not know `{attribute}`, which the resolver `{resolver}` serves")?;
                }
            }
            Reload::Kept(error) => write!(f, "kept the policy so far: {error}")?,
            Reload::Unchanged(version) => write!(f, "{} has not changed", Name(version))?,
        }
        self.unwatched.iter().try_for_each(|error| write!(f, "; {error}"))
    }
}

/// A policy, its version, and what tells it from others, as far as people need it.
struct Name<'v>(&'v LoadedPolicy);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.policy().name())?;
        if let Some(version) = self.0.version() {
            write!(f, " {version}")?;
        }
        let short = self.0.hash().get(..12).unwrap_or_default();
        write!(f, " ({short})")
    }
}

/// How often a policy's files were looked at, by what came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReloadCounts {
    /// Their policy was swapped in.
    pub swapped: u64,
    /// It was the one that decides.
    pub unchanged: u64,
    /// It was not fit.
    pub failed: u64,
    /// Calls of the callback that panicked.
    pub callback_panics: u64,
}
