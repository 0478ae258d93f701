//! Introspection: the attributes, rules, obligations, tests and proofs that a policy declares.
//!
//! Each view borrows the policy. Programs build forms, documentation and checks of their own on it.

mod attribute;
mod rule;

pub use attribute::{AttributeDeclaration, Domain, SymbolNames};
pub use rule::{ObligationDeclaration, RuleDeclaration};

use crate::policy::Policy;
use crate::request::Request;
use placet_core::Span;
use placet_model::policy::Proof;
use placet_model::request::RequestError;
use placet_model::testing::{Outcome, Test};
use placet_model::types::AttributeId;
use std::collections::BTreeMap;
use std::fmt;

impl Policy {
    /// Returns the attributes of requests, in the order of the policy.
    ///
    /// ```
    /// use placet::Policy;
    ///
    /// let policy = Policy::from_text("
    ///     policy shop
    ///     request { subject.age: int 0..150  consent: { granted, refused } default refused }
    ///     rule marketing { allow when consent is granted and subject.age >= 18 }
    /// ")?;
    /// let shown: Vec<String> = policy.attributes().map(|attribute| attribute.to_string()).collect();
    /// assert_eq!(shown, ["subject.age: int 0..150", "consent: { granted, refused }"]);
    /// # Ok::<(), placet::CompileError>(())
    /// ```
    pub fn attributes(&self) -> impl ExactSizeIterator<Item = AttributeDeclaration<'_>> + Clone {
        let declare = |(index, attribute)| AttributeDeclaration {
            policy: self,
            id: AttributeId::new(index),
            attribute,
        };
        // INVARIANT: companions follow the declared attributes.
        let count = self.model().attributes.partition_point(|attribute| attribute.companion_of.is_none());
        self.model().attributes.iter().take(count).enumerate().map(declare)
    }

    /// Returns the declaration of the attribute with this dotted name, if the policy has it.
    ///
    /// Cost: one look-up.
    ///
    /// ```
    /// use placet::Policy;
    ///
    /// let policy = Policy::from_text("policy door  request { open: bool }  rule open { allow when open }")?;
    /// assert_eq!(policy.attribute_declaration("open").map(|open| open.is_required()), Some(false));
    /// assert!(policy.attribute_declaration("closed").is_none());
    /// # Ok::<(), placet::CompileError>(())
    /// ```
    pub fn attribute_declaration(&self, name: &str) -> Option<AttributeDeclaration<'_>> {
        let id = self.model().find(name)?;
        let attribute = self.model().attribute(id)?;
        Some(AttributeDeclaration { policy: self, id, attribute })
    }

    /// Returns the rules, in the order of the policy. Each row of a table is a rule, and so is an `otherwise`.
    ///
    /// ```
    /// use placet::{Effect, Policy};
    ///
    /// let policy = Policy::from_text("
    ///     policy shop
    ///     request { subject.age: int 0..150 }
    ///     rule children { cite \"§9\"  deny when subject.age < 13 }
    ///     rule adults { allow when subject.age >= 18 }
    /// ")?;
    /// let denials: Vec<&str> =
    ///     policy.rules().filter(|rule| rule.effect() == Effect::Deny).map(|rule| rule.name()).collect();
    /// assert_eq!(denials, ["children"]);
    /// # Ok::<(), placet::CompileError>(())
    /// ```
    pub fn rules(&self) -> impl ExactSizeIterator<Item = RuleDeclaration<'_>> + Clone {
        self.model().rules.iter().map(|rule| RuleDeclaration { policy: self, rule })
    }

    /// Returns the obligations that rules may impose, in the order of decisions: by name, then by deadline; those without
    /// a deadline come last. Obligations with the same name and deadline are one; its text is the smallest in byte order.
    ///
    /// ```
    /// use placet::Policy;
    ///
    /// let policy = Policy::from_text("
    ///     policy shop
    ///     request { subject.age: int 0..150  email: bool }
    ///     rule children { deny when subject.age < 13  oblige erase within 30 days }
    ///     rule email { allow when email  oblige log  oblige erase within 30 days }
    /// ")?;
    /// let duties: Vec<_> = policy.obligations().map(|duty| (duty.name(), duty.within_seconds())).collect();
    /// assert_eq!(duties, [("erase", Some(30 * 24 * 60 * 60)), ("log", None)]);
    /// # Ok::<(), placet::CompileError>(())
    /// ```
    pub fn obligations(&self) -> impl ExactSizeIterator<Item = ObligationDeclaration<'_>> {
        let mut found = BTreeMap::new();
        for obligation in self.model().rules.iter().flat_map(|rule| &rule.obligations) {
            let key = (&obligation.name, obligation.within.is_none(), obligation.within);
            let first = found.entry(key).or_insert(obligation);
            if let Some(text) = &obligation.text
                && first.text.as_ref().is_none_or(|other| text < other)
            {
                *first = obligation;
            }
        }
        found.into_values().map(|obligation| ObligationDeclaration { obligation })
    }

    /// Returns the tests, in the order of the policy. A saved policy has none.
    ///
    /// ```
    /// use placet::Policy;
    ///
    /// let policy = Policy::from_text("
    ///     policy door  request { open: bool }  rule open { allow when open }
    ///     test \"an open door\" { given { open: true }  expect allow by open }
    /// ")?;
    /// assert_eq!(policy.tests().map(|test| test.title()).collect::<Vec<_>>(), ["an open door"]);
    /// # Ok::<(), placet::CompileError>(())
    /// ```
    pub fn tests(&self) -> impl ExactSizeIterator<Item = TestDeclaration<'_>> + Clone {
        self.model().tests.iter().map(|test| TestDeclaration { policy: self, test })
    }

    /// Returns the names of the examples, in the order of the policy. A saved policy has none.
    ///
    /// ```
    /// use placet::Policy;
    ///
    /// let policy = Policy::from_text("
    ///     policy door  request { open: bool }  rule open { allow when open }
    ///     example noon { open: true }
    /// ")?;
    /// assert_eq!(policy.examples().collect::<Vec<_>>(), ["noon"]);
    /// let noon = policy.example("noon").ok_or("an example")??;
    /// assert!(policy.is_allowed(&noon)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn examples(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.model().examples.iter().map(|example| &*example.name)
    }

    /// Returns the request of the example with this name, or the error of an invalid one; `None` if the policy has no
    /// such example.
    pub fn example(&self, name: &str) -> Option<Result<Request, RequestError>> {
        let example = self.model().examples.iter().find(|example| &*example.name == name)?;
        let request = example.request.as_ref().map_err(RequestError::clone);
        let frame = request.and_then(|request| self.program().frame_of(request));
        Some(frame.map(|frame| Request::from_frame(self.clone(), &frame)))
    }

    /// Returns the proofs, in the order of the policy. Each of them holds, or the policy would not compile. A saved
    /// policy has none.
    ///
    /// ```
    /// use placet::Policy;
    ///
    /// let policy = Policy::from_text("
    ///     policy door  request { open: bool }  rule open { allow when open }
    ///     prove shut { never allow when not open }
    /// ")?;
    /// assert_eq!(policy.proofs().map(|proof| proof.name()).collect::<Vec<_>>(), ["shut"]);
    /// # Ok::<(), placet::CompileError>(())
    /// ```
    pub fn proofs(&self) -> impl ExactSizeIterator<Item = ProofDeclaration<'_>> + Clone {
        self.model().proofs.iter().map(|proof| ProofDeclaration { policy: self, proof })
    }

    /// Runs the policy's tests. The iterator runs each test when it reaches it.
    ///
    /// Cost: one decision for each test.
    ///
    /// ```
    /// use placet::Policy;
    ///
    /// let policy = Policy::from_text("
    ///     policy door  request { open: bool }  rule open { allow when open }
    ///     test \"an open door\" { given { open: true }  expect allow by open }
    /// ")?;
    /// assert!(policy.run_tests().all(|(_, outcome)| outcome.passed()));
    /// # Ok::<(), placet::CompileError>(())
    /// ```
    pub fn run_tests(&self) -> impl ExactSizeIterator<Item = (TestDeclaration<'_>, Outcome)> {
        let program = self.program();
        let decide = |request: &_| program.decide(&program.frame_of(request)?);
        self.tests().map(move |declared| (declared, declared.test.run(decide)))
    }

    /// Returns the location of a span, or `None` for a saved policy, which has no text.
    fn location(&self, span: Span) -> Option<Location<'_>> {
        let sources = self.sources();
        if sources.is_empty() {
            return None;
        }
        let (line, column) = sources.position(span);
        Some(Location { file: sources.name(span.file), line, column: Some(column) })
    }
}

/// A test of a policy. [`Policy::tests`] and [`Policy::run_tests`] return it.
///
/// ```
/// use placet::Policy;
///
/// let policy = Policy::from_text("
///     policy door  request { open: bool }  rule open { allow when open }
///     test \"an open door\" { given { open: true }  expect deny }
/// ")?;
/// for (test, outcome) in policy.run_tests() {
///     assert_eq!((test.title(), test.location().line()), ("an open door", 3));
///     assert_eq!(outcome.failures, ["expected deny, got allow"]);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct TestDeclaration<'p> {
    policy: &'p Policy,
    test: &'p Test,
}

impl<'p> TestDeclaration<'p> {
    /// Returns the title; for a row of `cases`, with the row's number.
    pub fn title(&self) -> &'p str {
        &self.test.title
    }

    /// Returns the location of the test.
    ///
    /// Cost: linear in the text before it.
    pub fn location(&self) -> Location<'p> {
        // INVARIANT: only a policy with a text has tests.
        self.policy.location(self.test.span).unwrap_or_default()
    }
}

impl fmt::Debug for TestDeclaration<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestDeclaration").field("title", &self.title()).finish_non_exhaustive()
    }
}

/// A proof of a policy. [`Policy::proofs`] returns it.
///
/// ```
/// use placet::Policy;
///
/// let policy = Policy::from_text("
///     policy door  request { open: bool }  rule open { allow when open }
///     prove shut { never allow when not open }
/// ")?;
/// let proof = policy.proofs().next().ok_or("one proof")?;
/// assert_eq!((proof.name(), proof.location().to_string()), ("shut", "policy:3:11".to_owned()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct ProofDeclaration<'p> {
    policy: &'p Policy,
    proof: &'p Proof,
}

impl<'p> ProofDeclaration<'p> {
    /// Returns the name.
    pub fn name(&self) -> &'p str {
        &self.proof.name
    }

    /// Returns the location of the proof's name.
    ///
    /// Cost: linear in the text before it.
    pub fn location(&self) -> Location<'p> {
        // INVARIANT: only a policy with a text has proofs.
        self.policy.location(self.proof.span).unwrap_or_default()
    }
}

impl fmt::Debug for ProofDeclaration<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProofDeclaration").field("name", &self.name()).finish_non_exhaustive()
    }
}

/// A place in the text of a policy. Displays as `file:line:column`.
///
/// ```
/// use placet::{Limits, Policy};
///
/// let text = "policy door\nrequest { open: bool }\nrule open { allow when open }";
/// let policy = Policy::from_text_with("door.placet", text, &Limits::default())?;
/// let location = policy.rules().next().ok_or("one rule")?.location();
/// assert_eq!((location.file(), location.line(), location.column()), ("door.placet", 3, Some(1)));
/// assert_eq!(location.to_string(), "door.placet:3:1");
///
/// let saved = Policy::from_bytes(&policy.to_bytes())?;
/// let location = saved.rules().next().ok_or("one rule")?.location();
/// assert_eq!(location.to_string(), "door.placet:3");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Location<'p> {
    file: &'p str,
    line: usize,
    column: Option<usize>,
}

impl<'p> Location<'p> {
    /// Returns the name of the file, as diagnostics print it.
    pub fn file(&self) -> &'p str {
        self.file
    }

    /// Returns the line, from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// Returns the column, in characters from 1; `None` for a saved policy.
    pub fn column(&self) -> Option<usize> {
        self.column
    }
}

impl fmt::Display for Location<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)?;
        self.column.map_or(Ok(()), |column| write!(f, ":{column}"))
    }
}
