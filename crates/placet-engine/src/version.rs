//! A policy as an engine uses it: whole, with what tells it from others.

use placet::Policy;
use std::fmt::Write;

/// A policy that an engine decides by, with its hash.
#[derive(Debug)]
pub struct Version {
    policy: Policy,
    hash: String,
}

impl Version {
    /// A policy with its hash, which is found here, once.
    pub fn new(policy: Policy) -> Self {
        let mut hash = String::with_capacity(64);
        for byte in policy.hash() {
            // INVARIANT: a string takes whatever is written.
            let _ = write!(hash, "{byte:02x}");
        }
        Self { policy, hash }
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The version that the policy's header says.
    pub fn version(&self) -> Option<&str> {
        self.policy.version()
    }

    /// SHA-256 of the policy, in hexadecimal (see [`Policy::hash`]).
    pub fn hash(&self) -> &str {
        &self.hash
    }
}
