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
/// # use placet_syntax as placet;
/// use placet::Severity;
///
/// assert!(Severity::Warning < Severity::Error);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// The policy compiles.
    Warning,
    /// The policy doesn't compile.
    Error,
}

/// A span with a remark.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
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
/// use placet_syntax::{Code, Limits, source::load_text};
///
/// let loaded = load_text("shop.placet", "policy shop\nimport \"data.placet\"", &Limits::default());
/// let diagnostic = &loaded.diagnostics[0];
/// assert_eq!((diagnostic.code, diagnostic.is_error()), (Code::UnreadableFile, true));
/// assert_eq!(diagnostic.to_string(), "P0206: a policy compiled from a text can't import files");
/// assert_eq!(diagnostic.span().map(|span| loaded.sources.position(span)), Some((2, 8)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", .code.as_str())]
#[non_exhaustive]
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
    #[doc(hidden)]
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
    #[doc(hidden)]
    pub fn because(mut self, text: impl Into<String>) -> Self {
        if let Some(label) = self.labels.first_mut() {
            label.text = text.into();
        }
        self
    }

    /// Adds a related label.
    #[must_use]
    #[doc(hidden)]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Sets the likely fix.
    #[must_use]
    #[doc(hidden)]
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
    #[doc(hidden)]
    pub fn did_you_mean(mut self, candidate: Option<&str>) -> Self {
        if let Some(candidate) = candidate {
            self.help = Some(format!("did you mean `{candidate}`?"));
        }
        self
    }

    /// Adds a note.
    #[must_use]
    #[doc(hidden)]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Returns true if the diagnostic keeps the policy from compiling.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// Returns the key that sorts errors before warnings, and each by their places.
    #[doc(hidden)]
    pub fn rank(&self) -> (std::cmp::Reverse<Severity>, Option<Span>) {
        (std::cmp::Reverse(self.severity), self.span())
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
        /// # use placet_syntax as placet;
        /// use placet::{Code, Severity};
        ///
        /// assert_eq!(Code::UnclosedBracket.as_str(), "P0103");
        /// assert_eq!(Code::UnclosedBracket.meaning(), "A bracket is never closed.");
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
            /// # use placet_syntax as placet;
            /// use placet::Code;
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
    "P0101" Error   UnexpectedText      "The text isn't a valid policy."
    "P0102" Error   UnterminatedString  "A string isn't closed on its line."
    "P0103" Error   UnclosedBracket     "A bracket is never closed."
    "P0104" Error   UnmatchedBracket    "A closing bracket is unmatched."
    "P0105" Error   InvalidEscape       "A string contains an unknown escape."
    "P0106" Error   InvalidDate         "A date or time isn't valid, or is finer than a microsecond."
    "P0107" Error   NumeralOutOfReach   "A number or a duration is too large, or has decimals where a whole number is needed."
    "P0108" Error   MalformedRow        "A row has the wrong number of cells, or an empty cell."
    "P0109" Error   MisplacedNegation   "A negation is written in a form that is easily misread."
    "P0201" Error   FileTooLarge        "A file is larger than the limit."
    "P0202" Error   TooManyFiles        "A policy has more files than the limit."
    "P0203" Error   NestedTooDeeply     "The policy is nested more deeply than the limit."
    "P0204" Error   TooManyRules        "A policy has more rules than the limit."
    "P0205" Error   InvalidUtf8         "A file isn't UTF-8."
    "P0206" Error   UnreadableFile      "A file can't be read."
    "P0207" Error   ImportOutside       "An import is outside the folder of the policy."
    "P0208" Error   TooManyFaults       "There are more problems than are shown."
    "P0209" Error   LineTooLong         "A line is longer than the limit."
    "P0210" Error   NotAText            "A file is a saved policy or another binary file, not a text."
    "P0211" Error   TooManyConditions   "Quantifiers and lookups are written out to more conditions than the limit."
    "P0301" Error   MissingHeader       "No file has the header `policy NAME`."
    "P0302" Error   RepeatedHeader      "The header `policy` appears twice."
    "P0303" Error   RepeatedName        "Two things of the same kind have the same name."
    "P0304" Error   UnknownName         "A name is unknown."
    "P0305" Error   UnknownType         "A type or a taxonomy is unknown."
    "P0306" Error   UnknownValue        "The domain doesn't contain the value."
    "P0307" Error   ClashingNames       "Two things that can't share a name have the same one."
    "P0308" Error   AmbiguousName       "A name could be a value or an attribute."
    "P0309" Error   CyclicDefinition    "A let, a named set or an example is defined in terms of itself."
    "P0310" Error   SetNotContained     "A named set contains a member that its base doesn't contain."
    "P0311" Error   EmptyDeclaration    "A declaration is empty."
    "P0312" Error   ReservedName        "A name is reserved here."
    "P0313" Error   NeedlessQuotes      "A name is in quotes that it doesn't need."
    "P0314" Error   LookupKeys          "A lookup has no value for some key."
    "P0401" Error   WrongType           "The types don't match."
    "P0402" Error   NotACondition       "A value is used as a condition."
    "P0403" Error   OutsideDomain       "A value is outside its domain."
    "P0404" Error   ComparedWithItself  "An attribute is compared with itself."
    "P0405" Error   NotOneLeaf          "A category or a set is used where a single leaf is needed."
    "P0406" Error   EmptyRange          "A range ends before it begins."
    "P0407" Error   EmptySet            "The empty set isn't allowed here."
    "P0408" Error   NeverHolds          "A comparison is never true."
    "P0409" Warning AlwaysHolds         "A comparison is always true."
    "P0410" Error   PartialDays         "A date can be moved only by whole days."
    "P0501" Error   MissingLoosens      "A missing attribute would make the answer less strict."
    "P0502" Error   NeverMissing        "A required attribute is never missing."
    "P0503" Error   MissingInProof      "A proof can't test whether an attribute is missing."
    "P0601" Error   EffectCount         "A rule has no effect, or more than one."
    "P0602" Error   RepeatedPart        "A part appears twice that may appear only once."
    "P0603" Error   MisplacedOtherwise  "`otherwise deny` doesn't follow an allow, or is in a table."
    "P0604" Error   MisplacedBasis      "A denial has a legal basis, or the legal basis is unknown."
    "P0605" Error   MisplacedColumn     "A column appears twice or is missing."
    "P0701" Error   ProofRefuted        "A counterexample refutes a proof."
    "P0702" Error   ProofNotDecided     "A proof was neither proved nor refuted."
    "P0703" Error   VacuousProof        "No request satisfies a proof's condition."
    "P0704" Error   MisplacedExpectation "A test expects something that can't happen."
    "P0801" Warning NameStyle           "A name isn't in the usual style."
    "P0802" Warning RepeatedException   "Two exceptions of a rule have the same name."
    "P0803" Warning IdleOtherwise       "The `otherwise` of a lookup has no keys left."
    "P0804" Warning Unused              "Nothing uses a declaration."
    "P0805" Warning ForeignPattern      "A pattern is written in another language."
    "P0806" Warning UncheckedMembers    "An allow tests some member of a set, and nothing looks at the others."
    "P0807" Warning IdleQuiet           "A comment quiets no warning."
    "P0808" Warning QuietWithoutReason  "A comment quiets a warning without a reason."
    "P0901" Warning NeverFires          "A rule never fires."
    "P0902" Warning Outweighed          "Wherever an allow fires, denials fire too."
    "P0903" Warning CoveredRule         "Wherever a rule fires, other rules do the same."
    "P0904" Warning CoveredRow          "Wherever a row fires, other rows of its table do the same."
    "P0905" Warning IdleException       "An exception never applies."
    "P0906" Warning PermissiveDefault   "A default allows requests that another value would deny."
    "P0907" Warning AllowsNothing       "A policy allows nothing."
    "P1001" Error   ClauseChanged       "A clause changed since it was pinned."
    "P1002" Error   LockOutdated        "The lock pins other clauses than the policy cites."
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
