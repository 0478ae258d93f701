//! The options of a bound policy: `placet_options`.
//!
//! The struct grows at its end between versions, so a caller's struct may be shorter or longer than this one. Its first
//! field holds its size, which decides how many bytes may be read.

use crate::boundary::{Outcome, given};
use crate::error::Error;
use crate::status::Status;
use crate::texts::{name, text};
use placet::__private::Internals;
use placet::{Fact, Policy};
use placet_arrow::{OnError, Reason};
use std::ffi::c_char;
use std::mem::offset_of;
use std::num::NonZeroUsize;
use std::ptr::NonNull;

/// An attribute whose values come from a column of another name: `placet_column`.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Column {
    /// The attribute.
    pub attribute: *const c_char,
    /// The column.
    pub column: *const c_char,
}

/// The options of a bound policy: `placet_options`. `struct_size` tells which fields the caller's header has.
///
/// New fields must leave no padding: an older caller leaves padding uninitialised, and a later field could lie there.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Options {
    /// The size of the struct in the caller's header.
    pub struct_size: usize,
    /// The attributes whose values come from columns of other names.
    pub columns: *const Column,
    /// The number of `columns`.
    pub column_count: usize,
    /// A JSON object with the values that are the same for every row, or NULL.
    pub constants: *const c_char,
    /// The number of threads that share a large batch; 0 is one.
    pub threads: usize,
    /// Adds the column of the determining rules.
    pub rules: bool,
    /// Adds the column of the clauses that they cite.
    pub clauses: bool,
    /// Adds the column of their obligations.
    pub obligations: bool,
    /// Adds the column of the attributes that an indeterminate row can depend on.
    pub missing: bool,
    /// Ignores columns that are no attributes.
    pub ignore_unknown: bool,
    /// Makes the decision of an erroneous row null, instead of failing.
    pub null_on_error: bool,
    /// Skips the checks of arrays.
    pub trusted: bool,
    /// Adds the column of the determining rules that fire in every completion.
    pub certain: bool,
}

/// The sizes of the struct in any version, since each version may have added one field.
const SIZES: [usize; 13] = [
    offset_of!(Options, columns),
    offset_of!(Options, column_count),
    offset_of!(Options, constants),
    offset_of!(Options, threads),
    offset_of!(Options, rules),
    offset_of!(Options, clauses),
    offset_of!(Options, obligations),
    offset_of!(Options, missing),
    offset_of!(Options, ignore_unknown),
    offset_of!(Options, null_on_error),
    offset_of!(Options, trusted),
    offset_of!(Options, certain),
    size_of::<Options>(),
];

/// The largest accepted size, in bytes. A larger one is more likely an uninitialised `struct_size` than a later header,
/// and following it would read beyond the caller's struct.
const MAX_SIZE: usize = 4096;

impl Options {
    /// The defaults, which NULL stands for.
    const DEFAULT: Self = Self {
        struct_size: size_of::<Self>(),
        columns: std::ptr::null(),
        column_count: 0,
        constants: std::ptr::null(),
        threads: 0,
        rules: false,
        clauses: false,
        obligations: false,
        missing: false,
        ignore_unknown: false,
        null_on_error: false,
        trusted: false,
        certain: false,
    };

    /// Reads the options of a caller, whose header may be older or newer. Fields that an older header lacks get their
    /// defaults. Fields that only a newer header has must be zero: ignoring one that is set could change decisions.
    ///
    /// # Safety
    /// `options` is NULL or points to an aligned `usize` with the number of initialised bytes there, including its own.
    pub(crate) unsafe fn read(options: *const Self) -> Outcome<Self> {
        let Some(options) = NonNull::new(options.cast_mut()) else { return Ok(Self::DEFAULT) };
        // SAFETY: reading requires an aligned, initialised `usize`, which the contract demands; `NonNull` rejected
        // NULL.
        let size = unsafe { options.cast::<usize>().read() };
        let known = size.min(size_of::<Self>());
        if !SIZES.contains(&known) || size > MAX_SIZE {
            let message = format!(
                "`options.struct_size` is {size}, which is the size of no version: set it to \
                 sizeof(placet_options), as PLACET_OPTIONS_INIT does"
            );
            return Err(Error::new(Status::InvalidOptions, &message));
        }
        let mut read = Self::DEFAULT;
        // SAFETY: the source has `size >= known` initialised bytes by the contract, and `read` has `known <=
        // size_of::<Self>()` bytes. `SIZES` contains `known`, so whole fields are copied, and C gives each a value of
        // its type.
        unsafe { options.cast::<u8>().copy_to(NonNull::from(&mut read).cast::<u8>(), known) };
        // SAFETY: `add` must stay within the caller's `size` bytes, and `known` is at most `size`.
        let unknown = unsafe { options.cast::<u8>().add(known) };
        // SAFETY: the contract demands `size` initialised bytes, and `known` of them lie before `unknown`. `MAX_SIZE`
        // bounds the length.
        let unknown = unsafe { std::slice::from_raw_parts(unknown.as_ptr(), size - known) };
        if unknown.iter().any(|byte| *byte != 0) {
            let message = "`options` sets fields that this version of the library doesn't know";
            return Err(Error::new(Status::InvalidOptions, message));
        }
        Ok(read)
    }

    /// Converts the options for `placet_arrow` and passes them to `work`. A callback, because they borrow the constants
    /// that are parsed here.
    ///
    /// # Safety
    /// `columns` is NULL or points to `column_count` columns. Their texts, and `constants`, are NULL or end with a NUL.
    pub(crate) unsafe fn with<T>(
        &self,
        policy: &Policy,
        work: impl FnOnce(&placet_arrow::Options<'_>) -> Outcome<T>,
    ) -> Outcome<T> {
        // Constants are read as a request, so they accept the same forms and give the same errors.
        // SAFETY: the contract is that of `constants`.
        let request = match unsafe { self.constants() }? {
            Some(json) => policy.request_from_json(json)?,
            None => policy.request(),
        };
        let frame = policy.frame(&request)?;
        let mut constants = Vec::new();
        for (id, attribute) in policy.model().declared() {
            let Some(value) = frame.given(policy.program(), id) else { continue };
            let fact = Fact::from_given(&attribute.kind, &value);
            // JSON gives every value by a name, so each has a fact. A value without one must not pass as null.
            if fact.is_none() && !frame.is_null(id) {
                return Err(Error::new(
                    Status::InvalidRequest,
                    &format!("`{}` can't be a constant", attribute.name),
                ));
            }
            constants.push((&*attribute.name, fact));
        }
        let reasons = [
            (Reason::Rules, self.rules),
            (Reason::Certain, self.certain),
            (Reason::Clauses, self.clauses),
            (Reason::Obligations, self.obligations),
            (Reason::Missing, self.missing),
        ];
        let mut options = placet_arrow::Options::new()
            .reasons(reasons.into_iter().filter(|(_, wanted)| *wanted).map(|(reason, _)| reason))
            .ignore_unknown(self.ignore_unknown)
            .on_error(if self.null_on_error { OnError::Null } else { OnError::Fail })
            .threads(NonZeroUsize::new(self.threads).unwrap_or(NonZeroUsize::MIN));
        for (attribute, value) in &constants {
            options = options.constant(*attribute, value.as_ref());
        }
        // SAFETY: the contract is that of `columns`.
        for Column { attribute, column } in unsafe { self.columns() }? {
            // SAFETY: `name` requires NULL or a NUL at the end, which the contract demands of the texts of columns.
            let attribute = unsafe { name(*attribute, "attribute") }?;
            // SAFETY: as for `attribute`.
            let column = unsafe { name(*column, "column") }?;
            options = options.column(attribute, column);
        }
        work(&options)
    }

    /// Returns the JSON text of the constants.
    ///
    /// # Safety
    /// Like [`Options::with`].
    unsafe fn constants(&self) -> Outcome<Option<&str>> {
        if self.constants.is_null() {
            return Ok(None);
        }
        // SAFETY: `text` with the length `PLACET_NTS` requires a NUL at the end, which the contract demands.
        Ok(Some(unsafe { text(self.constants, usize::MAX, "constants") }?))
    }

    /// Returns the columns.
    ///
    /// # Safety
    /// Like [`Options::with`].
    unsafe fn columns(&self) -> Outcome<&[Column]> {
        if self.column_count == 0 {
            return Ok(&[]);
        }
        if self.column_count > isize::MAX.cast_unsigned() / size_of::<Column>() {
            return Err(Error::new(Status::OutOfRange, "`columns` has more columns than memory"));
        }
        let columns = given(NonNull::new(self.columns.cast_mut()), "columns")?;
        // SAFETY: a slice needs `column_count` columns, which the contract demands; `given` rejected NULL, and the
        // check above bounds the size to `isize::MAX` bytes.
        Ok(unsafe { std::slice::from_raw_parts(columns.as_ptr(), self.column_count) })
    }
}
