//! Options of a bound policy.

use arrow_array::types::Int8Type;
use arrow_array::{ArrayRef, DictionaryArray, Int8Array};
use arrow_schema::ArrowError;
use placet::Input;
use std::num::NonZeroUsize;
use std::str::FromStr;

/// The assignment of columns to attributes, the wanted reasons, and the handling of errors.
///
/// ```
/// use placet_arrow::{OnError, Options, Reason};
///
/// let options = Options::new()
///     .column("subject.age", "customer_age")
///     .constant("service", "app")
///     .on_error(OnError::Null)
///     .reasons([Reason::Rules]);
/// # let _ = options;
/// ```
#[derive(Debug, Clone)]
pub struct Options<'a> {
    pub(crate) columns: Vec<(String, String)>,
    pub(crate) constants: Vec<(String, Input<'a>)>,
    pub(crate) ignore_unknown: bool,
    pub(crate) on_error: OnError,
    pub(crate) reasons: Reasons,
    pub(crate) threads: NonZeroUsize,
    pub(crate) dictionary: EffectDictionary,
}

/// A function that builds the dictionary of effects from keys and words.
pub type EffectDictionary = fn(Int8Array, ArrayRef) -> Result<DictionaryArray<Int8Type>, ArrowError>;

/// The handling of rows that are erroneous requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnError {
    /// The first such row ends the work with an error.
    #[default]
    Fail,
    /// The decision of such a row is null, and the tally counts it.
    Null,
}

/// A reason beside the effects: a column of lists.
///
/// The lists of complete rows are those of the few combinations of rules that apply, and cost some nanoseconds a row, or
/// those of copying them. A policy with more than 253 ways to apply its rules decides each combination of values anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The determining rules. With missing attributes, also rules that fire only for some of their values.
    Rules,
    /// The determining rules that fire for all values of the missing attributes.
    Certain,
    /// The clauses that the determining rules cite.
    Clauses,
    /// The legal bases of the determining rules.
    Basis,
    /// The obligations, as structs with the fields `name`, `within_seconds`, `text` and `certain`.
    Obligations,
    /// For indeterminate rows, the undecided rules.
    Undecided,
    /// For indeterminate rows, the missing attributes that the effect depends on.
    Missing,
}

impl Reason {
    /// All reasons, in the order of their columns.
    pub const ALL: [Self; 7] = [
        Reason::Rules,
        Reason::Certain,
        Reason::Clauses,
        Reason::Basis,
        Reason::Obligations,
        Reason::Undecided,
        Reason::Missing,
    ];

    /// Returns the name of the column.
    pub fn name(self) -> &'static str {
        match self {
            Reason::Rules => "rules",
            Reason::Certain => "certain",
            Reason::Clauses => "clauses",
            Reason::Basis => "basis",
            Reason::Obligations => "obligations",
            Reason::Undecided => "undecided",
            Reason::Missing => "missing",
        }
    }
}

impl FromStr for Reason {
    type Err = UnknownReason;

    fn from_str(name: &str) -> Result<Self, UnknownReason> {
        let found = Self::ALL.into_iter().find(|reason| reason.name() == name);
        found.ok_or_else(|| UnknownReason { name: name.to_owned() })
    }
}

/// The error of a name that isn't a reason's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no reason is called {name:?}; they are {}", Reason::ALL.map(Reason::name).join(", "))]
pub struct UnknownReason {
    name: String,
}

/// The set of wanted reasons: a bit for each.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Reasons(u8);

impl Reasons {
    const OF_INDETERMINATE: u8 = 1 << Reason::Undecided as u8 | 1 << Reason::Missing as u8;

    pub(crate) fn iter(self) -> impl Iterator<Item = Reason> {
        Reason::ALL.into_iter().filter(move |reason| self.contains(*reason))
    }

    pub(crate) fn contains(self, reason: Reason) -> bool {
        self.0 & 1 << reason as u8 != 0
    }

    pub(crate) fn any(self) -> bool {
        self.0 != 0
    }

    /// Returns true if rows that are allowed or denied have a wanted reason.
    pub(crate) fn of_decided(self) -> bool {
        self.0 & !Self::OF_INDETERMINATE != 0
    }
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self {
            columns: Vec::new(),
            constants: Vec::new(),
            ignore_unknown: false,
            on_error: OnError::default(),
            reasons: Reasons::default(),
            threads: NonZeroUsize::MIN,
            dictionary: DictionaryArray::try_new,
        }
    }
}

impl<'a> Options<'a> {
    /// Creates options: columns give the attributes of their names, an unknown column or an erroneous row is an error, and
    /// no reasons are wanted.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes an attribute from this column instead of one with its own name. A field of a struct has a dotted name.
    #[must_use]
    pub fn column(mut self, attribute: impl Into<String>, column: impl Into<String>) -> Self {
        self.columns.push((attribute.into(), column.into()));
        self
    }

    /// Gives an attribute this value in every row, instead of a column.
    #[must_use]
    pub fn constant(mut self, attribute: impl Into<String>, value: impl Into<Input<'a>>) -> Self {
        self.constants.push((attribute.into(), value.into()));
        self
    }

    /// Ignores columns that aren't attributes; by default they are an error.
    #[must_use]
    pub fn ignore_unknown(mut self, ignore: bool) -> Self {
        self.ignore_unknown = ignore;
        self
    }

    /// Sets the handling of rows that are erroneous requests.
    #[must_use]
    pub fn on_error(mut self, on_error: OnError) -> Self {
        self.on_error = on_error;
        self
    }

    /// Sets the wanted reasons.
    #[must_use]
    pub fn reasons(mut self, reasons: impl IntoIterator<Item = Reason>) -> Self {
        self.reasons = Reasons(reasons.into_iter().fold(0, |set, reason| set | 1 << reason as u8));
        self
    }

    /// Sets the number of threads that share the rows of a large batch. The results don't depend on it.
    #[must_use]
    pub fn threads(mut self, threads: NonZeroUsize) -> Self {
        self.threads = threads;
        self
    }

    /// Sets the function that builds the dictionary of effects. Every key has a word or is null, so a caller with `unsafe`
    /// code can skip Arrow's check.
    #[must_use]
    pub fn dictionary(mut self, dictionary: EffectDictionary) -> Self {
        self.dictionary = dictionary;
        self
    }
}
