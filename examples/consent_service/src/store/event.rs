//! What is recorded of a subject, and what is read.

use super::{Born, Instant};
use std::fmt;
use std::str::FromStr;

/// Something that became true of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The day of birth became known, or was put right.
    Born(Born),
    /// The subject said yes or no to processing for a purpose.
    Consent {
        /// The purpose, by its name in the policy.
        purpose: String,
        /// What was said.
        state: State,
    },
    /// A mark was set or taken off.
    Mark {
        /// Which.
        mark: Mark,
        /// Whether it was set.
        on: bool,
    },
}

/// What a subject says of a purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Yes.
    Granted,
    /// No, when asked.
    Refused,
    /// No longer.
    Withdrawn,
}

/// What holds of a subject or does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mark {
    /// A parent or guardian permits the processing.
    GuardianPermission,
    /// Who the subject is was verified.
    Verified,
    /// The subject objects to processing.
    Objected,
    /// The subject restricts processing.
    Restricted,
}

/// Where a subject stands towards a purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing was said.
    NotAsked,
    /// Something was said, and since then nothing else.
    Said {
        /// What.
        state: State,
        /// When it was said first.
        since: Instant,
    },
}

/// Who somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person {
    /// The day of birth, if known.
    pub born: Option<Born>,
    /// Whether a parent or guardian permits the processing.
    pub guardian_permission: bool,
}

/// A text that names no such thing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is none of {1}")]
pub struct UnknownName(String, &'static str);

impl State {
    /// Its name, in the store and in policies.
    pub fn name(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
        }
    }
}

impl FromStr for State {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        [Self::Granted, Self::Refused, Self::Withdrawn]
            .into_iter()
            .find(|state| state.name() == text)
            .ok_or_else(|| UnknownName(text.to_owned(), "granted, refused, withdrawn"))
    }
}

impl Mark {
    /// Its name in the store.
    pub fn name(self) -> &'static str {
        match self {
            Self::GuardianPermission => "guardian_permission",
            Self::Verified => "verified",
            Self::Objected => "objected",
            Self::Restricted => "restricted",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
