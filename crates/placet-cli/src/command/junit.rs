//! `placet test --junit`: the results of tests and proofs as JUnit XML.

use super::test::line_of;
use placet::{Draft, Location};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use std::io;

/// The report of several policies, each a suite.
pub(crate) struct Junit {
    report: Report,
}

impl Junit {
    pub(crate) fn new() -> Self {
        Self { report: Report::new("placet test") }
    }

    /// Adds the suite of a policy: its tests and proofs whose titles or names match.
    pub(crate) fn add(&mut self, file: &str, draft: &Draft, matches: impl Fn(&str) -> bool) {
        let mut suite = TestSuite::new(file);
        for (test, outcome) in draft.run_tests().filter(|(test, _)| matches(test.title())) {
            suite.add_test_case(case(test.title(), test.location(), &outcome.failures));
        }
        for (proof, outcome) in draft.run_proofs().filter(|(proof, _)| matches(proof.name())) {
            let name = format!("prove {}", proof.name());
            suite.add_test_case(case(&name, proof.location(), &outcome.failures));
        }
        self.report.add_test_suite(suite);
    }

    /// Adds the suite of a policy that doesn't compile.
    pub(crate) fn add_not_compiled(&mut self, file: &str, error: &str) {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(error);
        let mut suite = TestSuite::new(file);
        suite.add_test_case(TestCase::new("compiles", status));
        self.report.add_test_suite(suite);
    }

    /// Returns the XML.
    ///
    /// # Errors
    /// If the report can't be written as XML.
    pub(crate) fn xml(&self) -> io::Result<String> {
        self.report.to_string().map_err(io::Error::other)
    }
}

fn case(name: &str, location: Location<'_>, failures: &[String]) -> TestCase {
    let status = if failures.is_empty() {
        TestCaseStatus::success()
    } else {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_message(failures.join("; "));
        status
    };
    let mut case = TestCase::new(name, status);
    case.set_classname(line_of(location));
    case
}
