//! Compiling policies from texts, and what only a compiled policy can tell: warnings and analyses.

use crate::analysis::{self, Diagram, Partition};
use crate::draft::Draft;
use crate::policy::Policy;
use placet_check::Quiets;
use placet_compile::Compilation;
use placet_core::{Limits, Sources};
use placet_program::Program;
use placet_syntax::Diagnostic;

/// The result of a compilation beside the program.
#[derive(Debug)]
pub(crate) struct Compiled {
    /// The automata of the program, for analyses.
    pub(crate) compilation: Compilation,
    pub(crate) warnings: Vec<Diagnostic>,
    /// The warnings of the syntax tree, for [`Policy::analyze`].
    pub(crate) lints: Vec<Diagnostic>,
    pub(crate) quiets: Quiets,
}

impl Compiled {
    /// Returns the part of a program that was loaded from a saved policy: analyses work, warnings are lost.
    pub(crate) fn loaded(program: &Program) -> Self {
        Self {
            compilation: Compilation::new(program.shared_model().clone()),
            warnings: Vec::new(),
            lints: Vec::new(),
            quiets: Quiets::default(),
        }
    }
}

/// The diagnostics of a policy that doesn't compile, with the source texts that they point into.
///
/// ```
/// use placet::{Diagnostic, Policy};
///
/// let text = "policy shop  request { age: int 0..150 }  rule adults { allow when agee >= 18 }";
/// let error = Policy::from_text(text).err().ok_or("`agee` is no attribute")?;
/// assert!(error.diagnostics.iter().any(Diagnostic::is_error));
/// assert!(error.to_string().starts_with("policy:1:"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", self.summary())]
#[non_exhaustive]
pub struct CompileError {
    /// The source files.
    pub sources: Sources,
    /// The errors, then the warnings, each in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

impl CompileError {
    /// Formats the first error with its file, line and column, and the number of the others.
    fn summary(&self) -> String {
        let errors: Vec<&Diagnostic> = self.diagnostics.iter().filter(|fault| fault.is_error()).collect();
        let Some(first) = errors.first() else { return "the policy does not compile".to_owned() };
        let place = first.span().map_or(String::new(), |span| {
            let (line, column) = self.sources.position(span);
            format!("{}:{line}:{column}: ", self.sources.name(span.file))
        });
        let more = match errors.len() {
            1 => String::new(),
            count => format!(" (and {} more)", count - 1),
        };
        format!("{place}{first}{more}")
    }
}

/// Compiling. These functions need the feature `compile`, which is on by default.
impl Policy {
    /// Compiles a policy from a text. The text can't import others: see [`Policy::from_texts`].
    ///
    /// ```
    /// use placet::Policy;
    ///
    /// let policy = Policy::from_text("policy door  request { open: bool }  rule open { allow when open }")?;
    /// assert_eq!(policy.name(), "door");
    /// assert!(policy.warnings().is_empty());
    /// # Ok::<(), placet::CompileError>(())
    /// ```
    ///
    /// # Errors
    /// All errors of the policy. A refuted proof is one; a [`Draft`] is compiled without that error.
    pub fn from_text(text: &str) -> Result<Self, CompileError> {
        Self::from_text_with("policy", text, &Limits::default())
    }

    /// Like [`Policy::from_text`], with a file name for diagnostics and the caller's limits.
    ///
    /// ```
    /// use placet::{Limits, Policy};
    ///
    /// let error = Policy::from_text_with("door.placet", "policy door  rule {", &Limits::default()).err();
    /// assert!(error.is_some_and(|error| error.to_string().starts_with("door.placet:1:")));
    /// ```
    ///
    /// # Errors
    /// Like [`Policy::from_text`].
    pub fn from_text_with(name: &str, text: &str, limits: &Limits) -> Result<Self, CompileError> {
        Draft::from_text_with(name, text, limits)?.into_policy()
    }

    /// Compiles a policy from texts in memory, such as those that a program embeds. `main` names the first text; the others
    /// are read if an `import` names them.
    ///
    /// Imports are resolved among the names like files: relative to the folder of the importing text, with `/` between
    /// folders, and not outside the folder of `main`.
    ///
    /// ```
    /// use placet::Policy;
    ///
    /// let policy = Policy::from_texts("shop.placet", [
    ///     ("shop.placet", "policy shop  import \"lib/data.placet\"  request { data: Data }  rule r { allow when data is email }"),
    ///     ("lib/data.placet", "taxonomy Data { email, phone }"),
    /// ])?;
    /// assert!(policy.decide_json(r#"{"data": "email"}"#)?.is_allowed());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Like [`Policy::from_text`], and if `main` or an import names no text.
    pub fn from_texts(
        main: &str,
        texts: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
    ) -> Result<Self, CompileError> {
        Self::from_texts_with(main, texts, &Limits::default())
    }

    /// Like [`Policy::from_texts`], with the caller's limits.
    ///
    /// ```
    /// use placet::{Code, Limits, Policy};
    ///
    /// let mut limits = Limits::default();
    /// limits.file_bytes = 10;
    /// let texts = [("door.placet", "policy door  request { open: bool }")];
    /// let error = Policy::from_texts_with("door.placet", texts, &limits).err().ok_or("it is longer")?;
    /// assert_eq!(error.diagnostics[0].code, Code::FileTooLarge);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Like [`Policy::from_texts`].
    pub fn from_texts_with(
        main: &str,
        texts: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
        limits: &Limits,
    ) -> Result<Self, CompileError> {
        Draft::from_texts(main, texts, limits)?.into_policy()
    }

    /// Returns the warnings of the compilation, without those that a comment quiets:
    /// `// allow P0801: the statute names it so`, directly before the declaration.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.compiled().warnings
    }

    /// Returns warnings about rules and parts of rules without effect, or with an effect that the author may not have
    /// meant, about declarations that nothing uses, and about comments that quiet no warning. Compilation doesn't look for
    /// them.
    ///
    /// The spans of a policy loaded from a saved file have no meaning, since it has no text.
    ///
    /// Cost: about linear in the policy, within a fixed budget of about a second.
    ///
    /// ```
    /// use placet::{Diagnostic, Policy};
    ///
    /// let text = "policy p  request { age: int 0..150 }  rule r { allow when age >= 18 or age >= 21 }";
    /// let warnings = Policy::from_text(text)?.analyze();
    /// assert!(!warnings.iter().any(Diagnostic::is_error));
    /// # Ok::<(), placet::CompileError>(())
    /// ```
    pub fn analyze(&self) -> Vec<Diagnostic> {
        let compiled = self.compiled();
        let mut warnings = analysis::reach(&mut compiled.compilation.clone());
        warnings.extend_from_slice(&compiled.lints);
        let mut quiets = compiled.quiets.clone();
        quiets.apply(&mut warnings);
        warnings.extend(quiets.warnings());
        warnings.sort_by_key(Diagnostic::rank);
        warnings
    }

    /// Returns the variables that decisions depend on, in the order of the attributes, with their classes: values that
    /// the policy can't tell apart, in words.
    ///
    /// Cost: that of compiling without building an evaluator.
    ///
    /// ```
    /// use placet::Policy;
    ///
    /// let text = "policy p  request { age: int 0..150 }  rule adults { allow when age >= 18 }";
    /// let partitions = Policy::from_text(text)?.distinctions();
    /// assert_eq!(partitions.len(), 1);
    /// assert_eq!((partitions[0].name.as_str(), partitions[0].classes.len()), ("age", 2));
    /// # Ok::<(), placet::CompileError>(())
    /// ```
    pub fn distinctions(&self) -> Vec<Partition> {
        analysis::distinctions(&mut self.compiled().compilation.clone())
    }

    /// Returns the decision diagram that decides complete requests, in words. `None` if the policy is too large for a whole
    /// one (see [`Strategy`](crate::Strategy)).
    ///
    /// Cost: that of [`Policy::distinctions`], and linear in the diagram times the classes of its variables.
    ///
    /// ```
    /// use placet::{DiagramTarget, Policy};
    ///
    /// let text = "policy p  request { age: int 0..150 }  rule adults { allow when age >= 18 }";
    /// let diagram = Policy::from_text(text)?.diagram().ok_or("the policy is small")?;
    /// let edges = &diagram.nodes[0].edges;
    /// assert_eq!((edges[0].classes.join(", "), edges[0].target), ("0..17".to_owned(), DiagramTarget::Deny));
    /// assert_eq!((edges[1].classes.join(", "), edges[1].target), ("18..150".to_owned(), DiagramTarget::Allow));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn diagram(&self) -> Option<Diagram> {
        analysis::diagram(self.program(), &mut self.compiled().compilation.clone())
    }
}
