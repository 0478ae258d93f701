//! What the caller says beside the policy and the columns.

use placet::Input;
use std::num::NonZeroUsize;

/// How columns become requests, and what is told of the decisions.
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

/// What becomes of a row that is an erroneous request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnError {
    /// The first one ends the work with an error.
    #[default]
    Fail,
    /// Its decision is null, and it is counted.
    Null,
}

/// Which reasons stand beside the effects, each in a column of lists.
///
/// Without any of them, most decisions cost no more than their effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reasons {
    /// The rules that decided, or may have: of a row that leaves attributes out, also those that fire only for some of
    /// their values.
    pub rules: bool,
    /// Those of the rules that fire whatever the missing attributes are.
    pub certain: bool,
    /// The clauses that these rules cite.
    pub clauses: bool,
    /// Their legal bases.
    pub basis: bool,
    /// What they oblige to.
    pub obligations: bool,
    /// For indeterminate: the rules that depend on missing attributes.
    pub undecided: bool,
    /// For indeterminate: the attributes on which alone the effect can hang.
    pub missing: bool,
}

impl Reasons {
    /// All of them.
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

    /// Whether what is decided has reasons too.
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
    /// Columns are attributes by their names, each of them must be one, an erroneous row is an error, and no reasons are
    /// told.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes an attribute from this column, in place of one of its own name. A column in a struct has a dotted name.
    #[must_use]
    pub fn column(mut self, attribute: impl Into<String>, column: impl Into<String>) -> Self {
        self.columns.push((attribute.into(), column.into()));
        self
    }

    /// Gives an attribute this value in every row, in place of a column of its name.
    #[must_use]
    pub fn constant(mut self, attribute: impl Into<String>, value: impl Into<Input<'a>>) -> Self {
        self.constants.push((attribute.into(), value.into()));
        self
    }

    /// Whether columns that are no attributes are left alone; otherwise they are an error.
    #[must_use]
    pub fn ignore_unknown(mut self, ignore: bool) -> Self {
        self.ignore_unknown = ignore;
        self
    }

    /// What becomes of a row that is an erroneous request.
    #[must_use]
    pub fn on_error(mut self, on_error: OnError) -> Self {
        self.on_error = on_error;
        self
    }

    /// Which reasons are told.
    #[must_use]
    pub fn reasons(mut self, reasons: Reasons) -> Self {
        self.reasons = reasons;
        self
    }

    /// How many threads share the rows of a large batch; the results are the same.
    #[must_use]
    pub fn threads(mut self, threads: NonZeroUsize) -> Self {
        self.threads = threads;
        self
    }
}
