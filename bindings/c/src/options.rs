//! How columns become requests: `placet_options`.

use crate::boundary::{Outcome, given};
use crate::error::Error;
use crate::status::Status;
use crate::texts::{name, text};
use placet::{Input, Policy};
use placet_arrow::{OnError, Reasons};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::c_char;
use std::mem::offset_of;
use std::num::NonZeroUsize;
use std::ptr::NonNull;

/// An attribute that is taken from a column of another name: `placet_column`.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Column {
    /// The attribute.
    pub attribute: *const c_char,
    /// The column.
    pub column: *const c_char,
}

/// Options: `placet_options`. It only grows at its end, and the size tells which fields the caller's header has.
///
/// It has no padding, so that a new field never lies in bytes that an older caller left uninitialised.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Options {
    /// The size of the struct in the caller's header.
    pub struct_size: usize,
    /// The attributes that are taken from columns of other names.
    pub columns: *const Column,
    /// How many there are.
    pub column_count: usize,
    /// A JSON object of what every row gives, or NULL.
    pub constants: *const c_char,
    /// How many threads share a large batch; 0 is one.
    pub threads: usize,
    /// Whether the rules that decided are told.
    pub rules: bool,
    /// Whether the clauses that they cite are told.
    pub clauses: bool,
    /// Whether what they oblige to is told.
    pub obligations: bool,
    /// Whether the attributes are told on which an indeterminate row hangs.
    pub missing: bool,
    /// Whether columns that are no attributes are left alone.
    pub ignore_unknown: bool,
    /// Whether erroneous rows are null.
    pub null_on_error: bool,
    /// Whether arrays are not looked into.
    pub trusted: bool,
    /// Adds the column of the rules that fire whatever is missing.
    pub certain: bool,
}

/// The sizes that a header's struct can have: it ends where a field ends.
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

/// The largest size that is looked into, in bytes. A larger one is an uninitialised field rather than a later header.
const MAX_SIZE: usize = 4096;

/// What is said of an attribute in every row.
#[derive(Debug)]
enum Constant<'j> {
    Null,
    Bool(bool),
    Numeral(&'j str),
    Text(Cow<'j, str>),
    Set(Vec<Cow<'j, str>>),
}

impl Constant<'_> {
    fn input(&self) -> Input<'_> {
        match self {
            Constant::Null => Input::Null,
            Constant::Bool(value) => Input::Bool(*value),
            Constant::Numeral(digits) => Input::Numeral(digits),
            Constant::Text(text) => Input::Text(text),
            Constant::Set(texts) => Input::Set(texts.iter().map(|text| &**text).collect()),
        }
    }
}

impl Options {
    /// The options of a caller who sets none.
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

    /// Reads the options of a caller, whose header may be older or newer. Fields that it does not have are at their
    /// defaults; fields that are not known here must be zero, for nobody would heed them.
    ///
    /// # Safety
    /// `options` is NULL or points to a `usize` and to as many initialised bytes as that says, the `usize` included.
    pub(crate) unsafe fn read(options: *const Self) -> Outcome<Self> {
        let Some(options) = NonNull::new(options.cast_mut()) else { return Ok(Self::DEFAULT) };
        // SAFETY: the pointer is not NULL, and the caller has initialised the size, which is the first field.
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
        // SAFETY: the caller has initialised `size` bytes, of which `known` are read; so many fit into `read`, end
        // where a field ends, and hold fields of its types.
        unsafe { options.cast::<u8>().copy_to(NonNull::from(&mut read).cast::<u8>(), known) };
        // SAFETY: `known` is at most `size`, within the caller's bytes.
        let unknown = unsafe { options.cast::<u8>().add(known) };
        // SAFETY: the caller has initialised all bytes up to `size`.
        let unknown = unsafe { std::slice::from_raw_parts(unknown.as_ptr(), size - known) };
        if unknown.iter().any(|byte| *byte != 0) {
            let message = "`options` sets fields that this version of the library doesn't know";
            return Err(Error::new(Status::InvalidOptions, message));
        }
        Ok(read)
    }

    /// Binds a policy by these options.
    ///
    /// # Safety
    /// There are as many columns as it says. Their texts, and the constants, end with a NUL.
    pub(crate) unsafe fn with<T>(
        &self,
        policy: &Policy,
        work: impl FnOnce(&placet_arrow::Options<'_>) -> Outcome<T>,
    ) -> Outcome<T> {
        // SAFETY: the caller's word.
        let json = unsafe { self.constants() }?;
        let mut constants = Vec::new();
        if let Some(json) = json {
            // What is wrong with them is said as of a request's.
            policy.request_from_json(json)?;
            read(json, None, &mut constants)
                .map_err(|error| Error::new(Status::InvalidJson, &error.to_string()))?;
        }
        let reasons = Reasons {
            rules: self.rules,
            clauses: self.clauses,
            obligations: self.obligations,
            missing: self.missing,
            certain: self.certain,
            ..Reasons::default()
        };
        let mut options = placet_arrow::Options::new()
            .reasons(reasons)
            .ignore_unknown(self.ignore_unknown)
            .on_error(if self.null_on_error { OnError::Null } else { OnError::Fail })
            .threads(NonZeroUsize::new(self.threads).unwrap_or(NonZeroUsize::MIN));
        for (attribute, value) in &constants {
            options = options.constant(attribute, value.input());
        }
        // SAFETY: the caller's word.
        for Column { attribute, column } in unsafe { self.columns() }? {
            // SAFETY: the caller's word.
            let attribute = unsafe { name(*attribute, "attribute") }?;
            // SAFETY: the caller's word.
            let column = unsafe { name(*column, "column") }?;
            options = options.column(attribute, column);
        }
        work(&options)
    }

    /// # Safety
    /// As of [`Options::with`].
    unsafe fn constants(&self) -> Outcome<Option<&str>> {
        if self.constants.is_null() {
            return Ok(None);
        }
        // SAFETY: the caller's word.
        Ok(Some(unsafe { text(self.constants, usize::MAX, "constants") }?))
    }

    /// # Safety
    /// As of [`Options::with`].
    unsafe fn columns(&self) -> Outcome<&[Column]> {
        if self.column_count == 0 {
            return Ok(&[]);
        }
        if self.column_count > isize::MAX.cast_unsigned() / size_of::<Column>() {
            return Err(Error::new(Status::OutOfRange, "`columns` has more columns than memory"));
        }
        let columns = given(NonNull::new(self.columns.cast_mut()), "columns")?;
        // SAFETY: the caller's word; the pointer is not NULL, and there are no more than there may be.
        Ok(unsafe { std::slice::from_raw_parts(columns.as_ptr(), self.column_count) })
    }
}

/// Reads an object that a request has taken: names are dotted or nested, values are of a request's kinds.
fn read<'j>(
    json: &'j str,
    outer: Option<&str>,
    constants: &mut Vec<(String, Constant<'j>)>,
) -> serde_json::Result<()> {
    for (key, value) in serde_json::from_str::<BTreeMap<Cow<'j, str>, &'j RawValue>>(json)? {
        let name = outer.map_or_else(|| key.to_string(), |outer| format!("{outer}.{key}"));
        let json = value.get();
        let constant = match json.as_bytes().first() {
            Some(b'{') => {
                read(json, Some(&name), constants)?;
                continue;
            }
            Some(b'"') => Constant::Text(serde_json::from_str(json)?),
            Some(b'[') => Constant::Set(serde_json::from_str(json)?),
            Some(b't' | b'f') => Constant::Bool(serde_json::from_str(json)?),
            Some(b'n') => Constant::Null,
            _ => Constant::Numeral(json),
        };
        constants.push((name, constant));
    }
    Ok(())
}
