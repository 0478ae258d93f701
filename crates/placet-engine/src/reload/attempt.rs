//! One attempt to reload: reads, compiles and tests a policy, and only then swaps it in.

use super::ReloadOptions;
use super::error::{FailedTest, FailedTests, ReloadError};
use super::report::{Reload, Swapped};
use crate::engine::Engine;
use placet::{OpenError, Policy};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Reads the policy in a file. Returns the paths that it depends on, or `None` if they are unknown because the file
/// couldn't be read.
pub(super) fn open(
    path: &Path,
    options: &ReloadOptions,
) -> (Result<Policy, ReloadError>, Option<Vec<PathBuf>>) {
    let path = path.to_path_buf();
    match Policy::open_with(&path, &options.limits) {
        Ok(policy) => {
            let paths = policy.sources().paths().to_vec();
            (Ok(policy), Some(paths))
        }
        Err(OpenError::Compile(error)) => {
            let paths = error.sources.paths().to_vec();
            (Err(ReloadError::Compile(error)), Some(paths))
        }
        Err(OpenError::Load { error, .. }) => (Err(ReloadError::Load { path, error }), Some(Vec::new())),
        Err(OpenError::Read { error, .. }) => (Err(ReloadError::Read { path, error: error.into() }), None),
        Err(error) => (Err(ReloadError::Read { path, error: io::Error::other(error) }), None),
    }
}

/// The number of checks that a policy brings along.
#[derive(Debug, Clone, Copy)]
pub(super) struct Checks {
    tests: usize,
    proofs: usize,
}

impl Checks {
    pub(super) fn new(policy: &Policy) -> Self {
        Self { tests: policy.tests().len(), proofs: policy.proofs().len() }
    }

    /// Checks that a policy has tests and proofs if its predecessor had some. They usually stand at the end of a file.
    /// A file that was cut off between two declarations may be a valid policy that lacks a denial, and nothing else
    /// would reveal it.
    fn kept_by(self, policy: &Policy) -> Result<(), ReloadError> {
        // A saved policy holds no checks, and one that was cut off can't be loaded.
        if policy.sources().paths().is_empty() {
            return Ok(());
        }
        let now = Self::new(policy);
        match self {
            Self { tests: had, .. } if had > 0 && now.tests == 0 => {
                Err(ReloadError::Unchecked { lost: "tests", had })
            }
            Self { proofs: had, .. } if had > 0 && now.proofs == 0 => {
                Err(ReloadError::Unchecked { lost: "proofs", had })
            }
            _ => Ok(()),
        }
    }
}

/// Swaps a policy in if it passes its tests and differs from the current one. `checks` holds those of the last policy
/// that was found fit, and is updated.
pub(super) fn conclude(
    engine: &Engine,
    policy: Policy,
    checks: &mut Checks,
    options: &ReloadOptions,
) -> Reload {
    // Tests don't contribute to the hash, so a policy with an unchanged hash must pass them too.
    if let Err(error) = checks.kept_by(&policy).and_then(|()| test(&policy, options.test_time)) {
        return Reload::Kept(error);
    }
    let (current, found) = (engine.version(), Checks::new(&policy));
    let reload = if policy.hash_hex() == current.hash() {
        Reload::Unchanged(current)
    } else {
        match engine.swap(policy) {
            Ok(swap) => Reload::Swapped(Box::new(Swapped::new(swap))),
            Err(error) => return Reload::Kept(ReloadError::Swap(error)),
        }
    };
    *checks = found;
    reload
}

/// Runs the tests until they exceed the time limit. The limit is checked after each test, so it is exceeded by one
/// decision at most.
fn test(policy: &Policy, limit: Duration) -> Result<(), ReloadError> {
    let begun = Instant::now();
    let of = policy.tests().len();
    let mut tests = FailedTests { failed: Vec::new(), count: 0, of };
    for (before, (test, outcome)) in policy.run_tests().enumerate() {
        if !outcome.passed() {
            tests.count += 1;
            if tests.failed.len() < FailedTests::MAX_SHOWN {
                tests.failed.push(FailedTest {
                    title: test.title().to_owned(),
                    location: format!("{}:{}", test.location().file(), test.location().line()),
                    failures: outcome.failures,
                });
            }
        }
        let run = before + 1;
        if run < of && begun.elapsed() > limit {
            return Err(ReloadError::TestsLate { run, of, limit });
        }
    }
    if tests.count == 0 { Ok(()) } else { Err(ReloadError::Tests(tests)) }
}
