//! Policies whose proofs may fail: to be tested, explained and compared, not to decide with.

use crate::analysis;
use crate::compile::{CompileError, Compiled};
use crate::coverage::{self, CoveragePoint, MutationReport};
use crate::declarations::{ProofDeclaration, RuleDeclaration, TestDeclaration};
use crate::diff::Difference;
use crate::explain::Explanation;
use crate::policy::{Inner, Policy};
use crate::query::{ChangedMatrix, Changes, QueryError};
use crate::request::Request;
use crate::request::schema::Schema;
use crate::saved::{Content, OpenError, read};
use placet_check::{Quiets, check, lint};
use placet_compile::Compilation;
use placet_core::{Limits, Sources};
use placet_model::input::Fact;
use placet_model::proof::Verdict;
use placet_model::request::RequestError;
use placet_model::testing::Outcome;
use placet_syntax::Diagnostic;
use placet_syntax::source::{Loaded, load_text, load_texts};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// A policy whose proofs may fail. Its author runs its tests, explains requests and compares it with other policies; it
/// decides nothing. [`Draft::into_policy`] returns the policy that decides, once every proof holds.
///
/// ```
/// use placet::{Draft, Policy};
///
/// let text = "
///     policy shop
///     request { age: int 0..150  email: bool }
///     rule marketing { allow when email }
///     prove no_children { never allow when age < 13 }
///     test \"no address\" { given { email: false }  expect deny }
/// ";
/// // The policy doesn't compile, so nothing is decided by it …
/// assert!(Policy::from_text(text).is_err());
///
/// // … but its author sees more than one error.
/// let draft = Draft::from_text(text)?;
/// assert!(draft.run_tests().all(|(_, outcome)| outcome.passed()));
/// let (proof, outcome) = draft.run_proofs().next().ok_or("one proof")?;
/// assert_eq!((proof.name(), outcome.passed()), ("no_children", false));
/// assert_eq!(outcome.failures, ["the counterexample is allowed by marketing"]);
///
/// // The counterexample is a request.
/// let counterexample = serde_json::to_string(&outcome.counterexample)?;
/// assert_eq!(counterexample, r#"{"age":12,"email":true}"#);
/// assert!(draft.explain_json(&counterexample)?.decision.is_allowed());
/// assert!(draft.into_policy().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Draft {
    policy: Policy,
    verdicts: Vec<Verdict>,
    failures: Vec<Diagnostic>,
}

/// The result of a proof. [`Draft::run_proofs`] returns it.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct ProofOutcome {
    /// The verdict.
    pub verdict: ProofVerdict,
    /// The reason, in a sentence, that the proof doesn't hold. Empty if it holds.
    pub failures: Vec<String>,
    /// A request that breaks the proof, with the values of the attributes that matter: serialized, the JSON of a request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counterexample: Option<BTreeMap<Arc<str>, Fact>>,
    /// The rules that decide the counterexample. Empty for a denial by default.
    pub rules: Vec<Arc<str>>,
}

/// The verdict on a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ProofVerdict {
    /// Every complete request has the property.
    Proved,
    /// A request breaks the property.
    Refuted,
    /// No request satisfies the condition of the proof.
    Vacuous,
    /// The search found neither a proof nor a counterexample.
    NotDecided,
}

impl ProofOutcome {
    /// Returns true if the proof holds.
    pub fn passed(&self) -> bool {
        self.verdict == ProofVerdict::Proved
    }
}

impl Draft {
    /// Compiles a policy from a text, like [`Policy::from_text`], except that its proofs may fail.
    ///
    /// # Errors
    /// All errors of the policy other than failing proofs.
    pub fn from_text(text: &str) -> Result<Self, CompileError> {
        Self::from_text_with("policy", text, &Limits::default())
    }

    /// Like [`Draft::from_text`], with a file name for diagnostics and the caller's limits.
    ///
    /// # Errors
    /// Like [`Draft::from_text`].
    pub fn from_text_with(name: &str, text: &str, limits: &Limits) -> Result<Self, CompileError> {
        Self::compile(load_text(name, text, limits), limits)
    }

    /// Compiles a policy from texts in memory, like [`Policy::from_texts`], except that its proofs may fail.
    ///
    /// # Errors
    /// All errors of the policy other than failing proofs, and if `main` or an import names no text.
    pub fn from_texts(
        main: &str,
        texts: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
        limits: &Limits,
    ) -> Result<Self, CompileError> {
        Self::compile(load_texts(main, texts, limits), limits)
    }

    /// Opens a file, like [`Policy::open`], except that the proofs in it may fail. A saved policy has no proofs.
    ///
    /// ```no_run
    /// let draft = placet::Draft::open("policies/privacy.placet")?;
    /// for (test, outcome) in draft.run_tests().filter(|(_, outcome)| !outcome.passed()) {
    ///     println!("{} {}: {}", test.location(), test.title(), outcome.failures.join("; "));
    /// }
    /// # Ok::<(), placet::OpenError>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Policy::open`], without failing proofs.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::open_with(path, &Limits::default())
    }

    /// Like [`Draft::open`], with the caller's limits.
    ///
    /// # Errors
    /// Those of [`Draft::open`].
    pub fn open_with(path: impl AsRef<Path>, limits: &Limits) -> Result<Self, OpenError> {
        match read(path.as_ref(), limits)? {
            Content::Text(loaded) => Ok(Self::compile(loaded, limits)?),
            Content::Saved(policy) => Ok(policy.into()),
        }
    }

    pub(crate) fn compile(loaded: Loaded, limits: &Limits) -> Result<Self, CompileError> {
        let (model, mut diagnostics) = check(&loaded, limits);
        let Some(model) = model else { return Err(CompileError { sources: loaded.sources, diagnostics }) };
        let (mut quiets, lints) = (Quiets::new(&loaded), lint(&loaded));
        quiets.apply(&mut diagnostics);
        let sources = loaded.sources;
        let mut compilation = Compilation::new(Arc::new(model));
        // The program comes first: proofs reuse its automata, and their own, finer ones are dropped with the clone.
        let program = compilation.program();
        let (verdicts, failures) = analysis::proofs(&mut compilation.clone());
        let compiled = Compiled { compilation, warnings: diagnostics, lints, quiets };
        let policy = Policy::new(Inner { schema: Schema::new(Arc::new(program)), sources, compiled });
        Ok(Self { policy, verdicts, failures })
    }

    pub(crate) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Returns the policy, which decides.
    ///
    /// # Errors
    /// If a proof doesn't hold: the diagnostics of these proofs, and the policy's warnings.
    pub fn into_policy(self) -> Result<Policy, CompileError> {
        if self.failures.is_empty() {
            return Ok(self.policy);
        }
        let mut diagnostics = [self.policy.warnings(), &self.failures].concat();
        diagnostics.sort_by_key(Diagnostic::rank);
        Err(CompileError { sources: self.policy.sources().clone(), diagnostics })
    }

    /// Returns the policy's name.
    pub fn name(&self) -> &str {
        self.policy.name()
    }

    /// Returns the source texts that diagnostics point into. A saved policy has none.
    pub fn sources(&self) -> &Sources {
        self.policy.sources()
    }

    /// Returns an error for each proof that doesn't hold, in the order of the policy.
    pub fn proof_errors(&self) -> &[Diagnostic] {
        &self.failures
    }

    /// Returns the proofs with their results, in the order of the policy.
    pub fn run_proofs(&self) -> impl Iterator<Item = (ProofDeclaration<'_>, ProofOutcome)> {
        let mut failures = self.failures.iter();
        self.policy.proofs().zip(&self.verdicts).map(move |(proof, verdict)| {
            let failure = match verdict {
                Verdict::Proved => None,
                _ => failures.next(),
            };
            (proof, self.outcome(verdict, failure))
        })
    }

    fn outcome(&self, verdict: &Verdict, failure: Option<&Diagnostic>) -> ProofOutcome {
        let (verdict, counterexample, rules) = match verdict {
            Verdict::Proved => (ProofVerdict::Proved, None, &[][..]),
            Verdict::Vacuous => (ProofVerdict::Vacuous, None, &[][..]),
            Verdict::NotDecided { .. } => (ProofVerdict::NotDecided, None, &[][..]),
            Verdict::Refuted { counterexample, rules, .. } => {
                let values = analysis::facts(self.policy.model(), counterexample);
                (ProofVerdict::Refuted, Some(values), rules.as_slice())
            }
        };
        // The label of a refuted proof says how its counterexample is decided; the message names only the proof.
        let sentence = failure.map(|failure| {
            let label = failure.labels.first().map(|label| &label.text).filter(|text| !text.is_empty());
            label.unwrap_or(&failure.message).clone()
        });
        ProofOutcome {
            verdict,
            failures: sentence.into_iter().collect(),
            counterexample,
            rules: rules.to_vec(),
        }
    }

    /// Runs the policy's tests. The iterator runs each test when it reaches it.
    ///
    /// Cost: one decision for each test.
    pub fn run_tests(&self) -> impl ExactSizeIterator<Item = (TestDeclaration<'_>, Outcome)> {
        self.policy.run_tests()
    }

    /// Explains the decision about the request in a JSON object, like [`Policy::explain`].
    ///
    /// # Errors
    /// If the request is invalid.
    pub fn explain_json(&self, request: impl AsRef<[u8]>) -> Result<Explanation, RequestError> {
        self.policy.explain(&self.policy.request_from_json_bytes(request.as_ref())?)
    }

    /// Like [`Draft::explain_json`], with the attributes that may change, like [`Policy::explain_changing`].
    ///
    /// # Errors
    /// If the request is invalid, or the policy has no attribute of such a name.
    pub fn explain_json_changing<'n>(
        &self,
        request: impl AsRef<[u8]>,
        may_change: impl IntoIterator<Item = &'n str>,
    ) -> Result<Explanation, RequestError> {
        let request = self.policy.request_from_json_bytes(request.as_ref())?;
        self.policy.explain_changing(&request, may_change)
    }

    /// Returns the parts of the policy with the number of its tests that exercise each: rules, exceptions, clauses, both
    /// sides of each cut in the values of an attribute, attributes given and missing.
    ///
    /// Cost: one evaluation of the policy for each test.
    ///
    /// ```
    /// use placet::{CoverageKind, Draft};
    ///
    /// let draft = Draft::from_text("
    ///     policy shop  request { age: int 0..150 }  rule adults { allow when age >= 18 }
    ///     test \"an adult\" { given { age: 18 }  expect allow }
    /// ")?;
    /// let left: Vec<String> = draft.coverage().into_iter().filter(|p| p.tests == 0).map(|p| p.name).collect();
    /// assert_eq!(left, ["age at most 17", "age"], "a boundary, and the missing age");
    /// # Ok::<(), placet::CompileError>(())
    /// ```
    pub fn coverage(&self) -> Vec<CoveragePoint> {
        placet_analysis::coverage::points(self.policy.model())
    }

    /// Edits the policy in one place at a time (drops a rule, an exception or a part of a condition, moves a cut by one,
    /// swaps an effect), and finds the edits that change some answer and that no test notices, with tests that would.
    /// `None` if the policy is too large for a decision diagram.
    ///
    /// Cost: about that of compiling the policy, and for each edit a few operations on its diagram.
    ///
    /// ```
    /// use placet::Draft;
    ///
    /// let text = "
    ///     policy shop  request { age: int 0..150 }  rule adults { allow when age >= 18 }
    ///     test \"an adult\" { given { age: 30 }  expect allow }
    /// ";
    /// let report = Draft::from_text(text)?.mutants().ok_or("the policy is small")?;
    /// assert!(report.survivors.iter().any(|edit| edit.words.contains("begun later by one")));
    ///
    /// // The suggested tests pass, and notice every edit.
    /// let draft = Draft::from_text(&format!("{text}{}", report.suggestions))?;
    /// assert!(draft.run_tests().all(|(_, outcome)| outcome.passed()));
    /// assert!(draft.mutants().is_some_and(|report| report.survivors.is_empty()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn mutants(&self) -> Option<MutationReport> {
        coverage::mutants(self.policy.model())
    }

    /// Compares this policy with a newer one, like [`diff`](fn@crate::diff).
    pub fn diff(&self, new: &Draft) -> Difference {
        crate::diff(&self.policy, &new.policy)
    }

    /// Returns the rules, rows of tables and `otherwise` of the policy, like [`Policy::rules`].
    pub fn rules(&self) -> impl ExactSizeIterator<Item = RuleDeclaration<'_>> + Clone {
        self.policy.rules()
    }

    /// Returns the regions of some attributes' values whose answer differs between an older policy and this one, like
    /// [`Policy::query_changes_since`]. Both read the given request from a JSON object; `{}` gives nothing.
    ///
    /// ```
    /// use placet::Draft;
    ///
    /// let draft = |age: u8| Draft::from_text(&format!("
    ///     policy door  request {{ age: int 0..150 }}  rule adults {{ allow when age >= {age} }}
    ///     prove no_children {{ never allow when age < 18 }}
    /// "));
    /// let changes = draft(16)?.query_changes_since_json(&draft(18)?, "{}", ["age"])?;
    /// assert_eq!(changes.regions[0].values["age"].to_string(), "16 to 17");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Like [`Policy::query_changes_since`], and if a policy refuses the request.
    pub fn query_changes_since_json<'n>(
        &self,
        old: &Draft,
        given: impl AsRef<[u8]>,
        over: impl IntoIterator<Item = &'n str>,
    ) -> Result<Changes, QueryError> {
        let [before, after] = self.requests_since(old, given.as_ref())?;
        self.policy.query_changes_since(&old.policy, &before, &after, over)
    }

    /// Returns the answers of an older policy and of this one for the values of two attributes, like
    /// [`Policy::matrix_changes_since`]. Both read the given request from a JSON object; `{}` gives nothing.
    ///
    /// # Errors
    /// Like [`Draft::query_changes_since_json`].
    pub fn matrix_changes_since_json(
        &self,
        old: &Draft,
        given: impl AsRef<[u8]>,
        row: &str,
        column: &str,
    ) -> Result<ChangedMatrix, QueryError> {
        let [before, after] = self.requests_since(old, given.as_ref())?;
        self.policy.matrix_changes_since(&old.policy, &before, &after, row, column)
    }

    fn requests_since(&self, old: &Draft, json: &[u8]) -> Result<[Request; 2], QueryError> {
        let after = self.policy.request_from_json_bytes(json)?;
        let before = old.policy.request_from_json_bytes(json).map_err(QueryError::OldRequest)?;
        Ok([before, after])
    }
}

/// A policy whose proofs hold.
impl From<Policy> for Draft {
    fn from(policy: Policy) -> Self {
        let verdicts = vec![Verdict::Proved; policy.proofs().len()];
        Self { policy, verdicts, failures: Vec::new() }
    }
}
