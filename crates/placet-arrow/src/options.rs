//! Options of a bound policy.

use placet::Input;
use std::num::NonZeroUsize;

/// The assignment of columns to attributes, the wanted reasons, and the handling of errors.
///
/// ```
/// use placet_arrow::{OnError, Options, Reasons};
///
/// let options = Options::new()
///     .column("subject.age", "customer_age")
///     .constant("service", "app")
///     .on_error(OnError::Null)
///     .reasons(Reasons { rules: true, ..Reasons::default() });
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
}

/// The handling of rows that are erroneous requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnError {
    /// The first such row ends the work with an error.
    #[default]
    Fail,
    /// The decision of such a row is null, and the tally counts it.
    Null,
}

/// The reasons beside the effects, each a column of lists.
///
/// Without reasons, most rows cost no more than their effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reasons {
    /// The determining rules. With missing attributes, also rules that fire only for some of their values.
    pub rules: bool,
    /// The determining rules that fire for all values of the missing attributes.
    pub certain: bool,
    /// The clauses that the determining rules cite.
    pub clauses: bool,
    /// The legal bases of the determining rules.
    pub basis: bool,
    /// The obligations.
    pub obligations: bool,
    /// For indeterminate rows, the undecided rules.
    pub undecided: bool,
    /// For indeterminate rows, the missing attributes that the effect depends on.
    pub missing: bool,
}

impl Reasons {
    /// All reasons.
    pub const ALL: Self = Self {
        rules: true,
        certain: true,
        clauses: true,
        basis: true,
        obligations: true,
        undecided: true,
        missing: true,
    };

    pub(crate) fn any(self) -> bool {
        self.of_decided() || self.undecided || self.missing
    }

    /// Returns true if any reason is wanted.
    pub(crate) fn of_decided(self) -> bool {
        self.rules || self.certain || self.clauses || self.basis || self.obligations
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
    pub fn reasons(mut self, reasons: Reasons) -> Self {
        self.reasons = reasons;
        self
    }

    /// Sets the number of threads that share the rows of a large batch. The results don't depend on it.
    #[must_use]
    pub fn threads(mut self, threads: NonZeroUsize) -> Self {
        self.threads = threads;
        self
    }
}
