//! Events about a subject, and the facts that follow from them.

use super::{Born, Instant};
use std::fmt;
use std::str::FromStr;

/// An event: a fact about a subject that became true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The date of birth became known, or was corrected.
    Born(Born),
    /// The subject consented to processing for a purpose, or refused.
    Consent {
        /// The purpose, by its name in the policy.
        purpose: String,
        /// The new state.
        state: State,
    },
    /// A mark was set or removed.
    Mark {
        /// The mark.
        mark: Mark,
        /// True if it was set.
        on: bool,
    },
}

/// The state of a consent to a purpose.
///
/// ```
/// use placet_consent_service::store::State;
///
/// assert_eq!("withdrawn".parse(), Ok(State::Withdrawn));
/// assert_eq!("revoked".parse::<State>().map_err(|error| error.to_string()).err().as_deref(),
///     Some("`revoked` is none of granted, refused, withdrawn"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// The subject consented.
    Granted,
    /// The subject refused when asked.
    Refused,
    /// The subject withdrew an earlier consent.
    Withdrawn,
}

/// A Boolean fact about a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mark {
    /// A parent or guardian permits the processing.
    GuardianPermission,
    /// The identity of the subject was verified.
    Verified,
    /// The subject objects to processing.
    Objected,
    /// The subject restricts processing.
    Restricted,
}

/// The standing of a subject towards a purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The subject said nothing.
    NotAsked,
    /// The subject said something, and has said nothing else since.
    Said {
        /// The state.
        state: State,
        /// The instant when the subject first said so.
        since: Instant,
    },
}

/// The facts about a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person {
    /// The date of birth, if known.
    pub born: Option<Born>,
    /// True if a parent or guardian permits the processing.
    pub guardian_permission: bool,
}

/// The error of a text that isn't one of the expected names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is none of {1}")]
pub struct UnknownName(String, &'static str);

impl State {
    /// Returns its name in the store and in policies.
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
    /// Returns its name in the store.
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
