//! Errors and warnings about a policy, with their spans and suggested fixes.
//!
//! A [`Code`] is stable between versions, so that people can search for it and tools can filter by it. Messages may
//! change. A code fixes the severity: no diagnostic is an error in one policy and a warning in another.

use crate::Span;
use std::fmt;

/// The severity of a diagnostic.
///
/// Severities are ordered:
///
/// ```
/// use placet_syntax::Severity;
///
/// assert!(Severity::Warning < Severity::Error);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The policy compiles.
    Warning,
    /// The policy doesn't compile.
    Error,
}

/// A span with a remark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The span.
    pub span: Span,
    /// The remark; may be empty.
    pub text: String,
}

/// An error or a warning about a policy.
///
/// A diagnostic is plain data. Embedders render it as they like; the command line renders it like rustc.
///
/// ```
/// use placet_syntax::{Code, Diagnostic, FileId, Span};
///
/// let (first, second) = (Span::new(FileId(0), 0, 4), Span::new(FileId(0), 9, 13));
/// let diagnostic = Diagnostic::new(Code::RepeatedName, second, "the rule `shop` is declared twice")
///     .because("again here")
///     .label(first, "first here");
/// assert_eq!(diagnostic.to_string(), "P0303: the rule `shop` is declared twice");
/// assert_eq!(diagnostic.span(), Some(second));
/// assert!(diagnostic.is_error());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", .code.as_str())]
pub struct Diagnostic {
    /// The kind of problem, stable between versions.
    pub code: Code,
    /// The severity of `code`.
    pub severity: Severity,
    /// One sentence, in lower case, without a full stop.
    pub message: String,
    /// The primary label, then related ones. Empty only if the problem isn't in a text.
    pub labels: Vec<Label>,
    /// The likely fix.
    pub help: Option<String>,
    /// Further facts, each on its own line.
    pub notes: Vec<String>,
}

impl Diagnostic {
    /// Creates a diagnostic at `span` with the severity of `code`.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            message: message.into(),
            labels: vec![Label { span, text: String::new() }],
            help: None,
            notes: Vec::new(),
        }
    }

    /// Sets the remark of the primary label.
    #[must_use]
    pub fn because(mut self, text: impl Into<String>) -> Self {
        if let Some(label) = self.labels.first_mut() {
            label.text = text.into();
        }
        self
    }

    /// Adds a related label.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Sets the likely fix.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Sets the likely fix to a similar name. Keeps the diagnostic as it is without a candidate.
    ///
    /// ```
    /// use placet_syntax::{Code, Diagnostic, Span, closest};
    ///
    /// let unknown = Diagnostic::new(Code::UnknownName, Span::default(), "there is no attribute `aeg`");
    /// let diagnostic = unknown.did_you_mean(closest("aeg", ["age", "country"]));
    /// assert_eq!(diagnostic.help.as_deref(), Some("did you mean `age`?"));
    /// ```
    #[must_use]
    pub fn did_you_mean(mut self, candidate: Option<&str>) -> Self {
        if let Some(candidate) = candidate {
            self.help = Some(format!("did you mean `{candidate}`?"));
        }
        self
    }

    /// Adds a note.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Returns true if the diagnostic keeps the policy from compiling.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// Returns the span of the primary label, or `None` if the problem isn't in a text.
    pub fn span(&self) -> Option<Span> {
        self.labels.first().map(|label| label.span)
    }
}

macro_rules! codes {
    ($($code:literal $severity:ident $name:ident $meaning:literal)*) => {
        /// A kind of diagnostic.
        ///
        /// ```
        /// use placet_syntax::{Code, Severity};
        ///
        /// assert_eq!(Code::UnclosedBracket.as_str(), "P0103");
        /// assert_eq!(Code::UnclosedBracket.meaning(), "A bracket is not closed.");
        /// assert_eq!(Code::NeverFires.severity(), Severity::Warning);
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = concat!("`", $code, "`: ", $meaning)] $name,)*
        }

        impl Code {
            /// All codes, in ascending order.
            ///
            /// ```
            /// use placet_syntax::Code;
            ///
            /// let found = Code::ALL.iter().find(|code| code.as_str() == "P0304");
            /// assert_eq!(found, Some(&Code::UnknownName));
            /// ```
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// Returns the stable code, such as `P0101`.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$name => $code,)* }
            }

            /// Returns the severity of diagnostics with this code.
            pub fn severity(self) -> Severity {
                match self { $(Code::$name => Severity::$severity,)* }
            }

            /// Returns the meaning of the code, in one sentence.
            pub fn meaning(self) -> &'static str {
                match self { $(Code::$name => $meaning,)* }
            }
        }
    };
}

codes! {
    "P0101" Error   UnexpectedText      "The text does not have the form of a policy."
    "P0102" Error   UnterminatedString  "A string does not end on its line."
    "P0103" Error   UnclosedBracket     "A bracket is not closed."
    "P0104" Error   UnmatchedBracket    "A bracket closes nothing."
    "P0105" Error   InvalidEscape       "A string has an escape that there is not."
    "P0106" Error   InvalidDate         "A date or a time does not exist, or is finer than a microsecond."
    "P0107" Error   NumeralOutOfReach   "A numeral or a duration does not fit 64 bits, or is not of the kind asked for."
    "P0108" Error   MalformedRow        "A row of a table does not match its heads, or a cell is empty."
    "P0109" Error   MisplacedNegation   "A negation stands where another word says it."
    "P0201" Error   FileTooLarge        "A file is larger than the limit."
    "P0202" Error   TooManyFiles        "A policy has more files than the limit."
    "P0203" Error   NestedTooDeeply     "Things stand in one another more deeply than the limit."
    "P0204" Error   TooManyRules        "A policy has more rules than the limit."
    "P0205" Error   InvalidUtf8         "A file is not UTF-8."
    "P0206" Error   UnreadableFile      "A file can't be read."
    "P0207" Error   ImportOutside       "An import leads outside the folder of the policy."
    "P0208" Error   TooManyFaults       "There are more faults than are shown."
    "P0209" Error   LineTooLong         "A line is longer than the limit."
    "P0210" Error   NotAText            "A file is a saved policy or another binary file, not a text."
    "P0301" Error   MissingHeader       "No file says `policy NAME`."
    "P0302" Error   RepeatedHeader      "`policy` stands twice."
    "P0303" Error   RepeatedName        "Two things of one kind have one name."
    "P0304" Error   UnknownName         "Nothing of the kind has this name."
    "P0305" Error   UnknownType         "There is no such type or taxonomy."
    "P0306" Error   UnknownValue        "The domain has no such value."
    "P0307" Error   ClashingNames       "A name can't stand for both things."
    "P0308" Error   AmbiguousName       "A name could be a value or an attribute."
    "P0309" Error   CyclicDefinition    "A let or a named set uses itself."
    "P0310" Error   SetNotContained     "A named set holds what its base does not."
    "P0311" Error   EmptyDeclaration    "A declaration declares nothing."
    "P0312" Error   ReservedName        "A name has a meaning of its own here."
    "P0401" Error   WrongType           "The types do not fit."
    "P0402" Error   NotACondition       "A condition was needed."
    "P0403" Error   OutsideDomain       "A value lies outside its domain."
    "P0404" Error   ComparedWithItself  "An attribute is compared with itself."
    "P0405" Error   NotOneLeaf          "One leaf was needed, a category was given."
    "P0406" Error   EmptyRange          "A range ends before it begins."
    "P0407" Error   EmptySet            "The empty set stands where it can't."
    "P0408" Error   NeverHolds          "A comparison can never hold."
    "P0409" Warning AlwaysHolds         "A comparison always holds."
    "P0410" Error   PartialDays         "A date can be moved by whole days only."
    "P0501" Error   MissingLoosens      "Knowing less would allow more."
    "P0502" Error   NeverMissing        "A required attribute is never missing."
    "P0503" Error   MissingInProof      "A proof speaks of complete requests."
    "P0601" Error   EffectCount         "A rule has no effect, or several."
    "P0602" Error   RepeatedPart        "A part stands twice where it may stand once."
    "P0603" Error   MisplacedOtherwise  "`otherwise deny` does not follow an allow, or stands in a table."
    "P0604" Error   MisplacedBasis      "A denial has no legal basis, or there is no such basis."
    "P0605" Error   MisplacedColumn     "A column can't stand here, or stands twice."
    "P0701" Error   ProofRefuted        "A request breaks a proof."
    "P0702" Error   ProofNotDecided     "A proof could be neither shown nor refuted."
    "P0703" Error   VacuousProof        "No request satisfies a proof's condition."
    "P0704" Error   MisplacedExpectation "A test expects what can't be."
    "P0801" Warning NameStyle           "A name is not written in the usual style."
    "P0802" Warning RepeatedException   "Two exceptions of a rule have one name."
    "P0901" Warning NeverFires          "A rule fires on no request."
    "P0902" Warning Outweighed          "Denials outweigh an allow wherever it fires."
    "P0903" Warning CoveredRule         "Other rules say all that a rule says, wherever it fires."
    "P0904" Warning CoveredRow          "Other rows of a table say all that a row says, wherever it fires."
    "P0905" Warning IdleException       "An exception never applies."
    "P0906" Warning PermissiveDefault   "A default lets through what another value would not."
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
