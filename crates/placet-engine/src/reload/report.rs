//! The reports of a reloader.

use super::error::{ReloadError, WatchError};
use crate::engine::Swap;
use crate::loaded_policy::LoadedPolicy;
use placet::{Diagnostic, Difference, diff, with_sources};
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// The report of one attempt. Its text is one line for a log.
#[derive(Debug)]
#[non_exhaustive]
pub struct ReloadReport {
    /// The reason for the attempt.
    pub cause: ReloadCause,
    /// The outcome.
    pub reload: Reload,
    /// The reasons why some changes aren't noticed, if there are any. Then poll the files, or call
    /// [`Reloader::reload_now`](crate::Reloader::reload_now).
    pub unwatched: Vec<WatchError>,
    /// The time to read, compile, test and swap.
    pub elapsed: Duration,
}

/// The reason for an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReloadCause {
    /// Watching began. The engine's policy may be older than the files.
    Start,
    /// The files seem to have changed.
    Change,
    /// [`Reloader::reload_now`](crate::Reloader::reload_now) was called.
    Call,
}

/// The outcome of an attempt.
#[derive(Debug)]
pub enum Reload {
    /// The policy in the files was swapped in.
    Swapped(Box<Swapped>),
    /// The policy in the files isn't fit. The current policy stays.
    Kept(ReloadError),
    /// The policy in the files is fit and has the hash of the current policy, which stays.
    Unchanged(Arc<LoadedPolicy>),
}

/// A swap by a reloader.
#[derive(Debug)]
pub struct Swapped {
    /// The old and the new policy, and the resolvers' attributes that the new one doesn't have.
    pub swap: Swap,
    difference: OnceLock<Difference>,
}

impl Swapped {
    pub(super) fn new(swap: Swap) -> Self {
        Self { swap, difference: OnceLock::new() }
    }

    /// Returns the difference between the old policy and the new one.
    ///
    /// Cost: on the first call that of [`diff`](placet::diff()), up to that of compiling. It is computed on demand, so
    /// that neither the swap nor an uninterested caller waits for it.
    pub fn difference(&self) -> &Difference {
        self.difference.get_or_init(|| diff(self.swap.old.policy(), self.swap.new.policy()))
    }

    /// Returns the warnings about the new policy. Their spans refer to its [`sources`](placet::Policy::sources).
    pub fn warnings(&self) -> &[Diagnostic] {
        self.swap.new.policy().warnings()
    }
}

impl ReloadReport {
    /// Returns the swap, if there was one.
    pub fn swapped(&self) -> Option<&Swapped> {
        match &self.reload {
            Reload::Swapped(swapped) => Some(swapped),
            _ => None,
        }
    }

    /// Returns the error, if the policy in the files isn't fit.
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
                for (resolver, attribute) in unknown {
                    write!(f, "; it does not know `{attribute}`, which the resolver `{resolver}` serves")?;
                }
            }
            Reload::Kept(error) => write!(f, "kept the policy so far: {}", with_sources(error))?,
            Reload::Unchanged(version) => write!(f, "{} has not changed", Name(version))?,
        }
        self.unwatched.iter().try_for_each(|error| write!(f, "; {error}"))
    }
}

/// The name of a policy with its version and the start of its hash, for people to read.
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

/// The number of attempts, by outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReloadCounts {
    /// Attempts that swapped a policy in.
    pub swapped: u64,
    /// Attempts that found the current policy.
    pub unchanged: u64,
    /// Attempts that found an unfit policy.
    pub failed: u64,
    /// Calls of the callback that panicked.
    pub callback_panics: u64,
}
