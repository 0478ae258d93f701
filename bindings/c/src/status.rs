//! Statuses and effects, their names, and the version of the library.

use placet::ErrorCode;
use placet_arrow::ColumnError;
use std::ffi::{CStr, c_char};

/// The result of a call: `placet_status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum Status {
    /// The call succeeded.
    Ok = 0,
    /// A pointer is NULL that must not be.
    NullArgument = 1,
    /// A text is not UTF-8.
    InvalidUtf8 = 2,
    /// An index or a length is too large.
    OutOfRange = 3,
    /// Another policy made a request, a handle or a value.
    ForeignHandle = 4,
    /// The size of the options is that of no version, or an unknown field is set.
    InvalidOptions = 5,
    /// A field of a record doesn't fit the policy.
    UnfitField = 6,
    /// A file can't be read.
    Unreadable = 10,
    /// A policy does not compile.
    DoesNotCompile = 11,
    /// A saved policy can't be loaded.
    DoesNotLoad = 12,
    /// A request is not a JSON object.
    InvalidJson = 20,
    /// The policy has no such attribute.
    UnknownAttribute = 21,
    /// An attribute appears twice.
    DuplicateAttribute = 22,
    /// A value has another type.
    WrongType = 23,
    /// A value lies outside its domain.
    OutsideDomain = 24,
    /// A `required` attribute is missing.
    RequiredAttribute = 25,
    /// Any other fault of a request.
    InvalidRequest = 29,
    /// A column doesn't fit the policy, or isn't the one that was bound.
    UnfitColumn = 30,
    /// The data violates the Arrow format, or the source of a stream failed.
    InvalidArrow = 31,
    /// Placet itself failed.
    Panic = 99,
}

impl Status {
    const ALL: [Self; 20] = [
        Status::Ok,
        Status::NullArgument,
        Status::InvalidUtf8,
        Status::OutOfRange,
        Status::ForeignHandle,
        Status::InvalidOptions,
        Status::UnfitField,
        Status::Unreadable,
        Status::DoesNotCompile,
        Status::DoesNotLoad,
        Status::InvalidJson,
        Status::UnknownAttribute,
        Status::DuplicateAttribute,
        Status::WrongType,
        Status::OutsideDomain,
        Status::RequiredAttribute,
        Status::InvalidRequest,
        Status::UnfitColumn,
        Status::InvalidArrow,
        Status::Panic,
    ];

    /// Returns the stable name. For the faults of a request it is the code in the language reference.
    pub(crate) fn name(self) -> &'static CStr {
        match self {
            Status::Ok => c"ok",
            Status::NullArgument => c"null_argument",
            Status::InvalidUtf8 => c"invalid_utf8",
            Status::OutOfRange => c"out_of_range",
            Status::ForeignHandle => c"foreign_handle",
            Status::InvalidOptions => c"invalid_options",
            Status::UnfitField => c"unfit_field",
            Status::Unreadable => c"unreadable",
            Status::DoesNotCompile => c"does_not_compile",
            Status::DoesNotLoad => c"does_not_load",
            Status::InvalidJson => c"invalid_json",
            Status::UnknownAttribute => c"unknown_attribute",
            Status::DuplicateAttribute => c"duplicate_attribute",
            Status::WrongType => c"wrong_type",
            Status::OutsideDomain => c"outside_domain",
            Status::RequiredAttribute => c"required_attribute",
            Status::InvalidRequest => c"invalid_request",
            Status::UnfitColumn => c"unfit_column",
            Status::InvalidArrow => c"invalid_arrow",
            Status::Panic => c"panic",
        }
    }
}

impl From<ErrorCode> for Status {
    fn from(code: ErrorCode) -> Self {
        match code {
            ErrorCode::InvalidJson => Status::InvalidJson,
            ErrorCode::UnknownAttribute => Status::UnknownAttribute,
            ErrorCode::DuplicateAttribute => Status::DuplicateAttribute,
            ErrorCode::WrongType => Status::WrongType,
            ErrorCode::OutsideDomain => Status::OutsideDomain,
            ErrorCode::RequiredAttribute => Status::RequiredAttribute,
            _ => Status::InvalidRequest,
        }
    }
}

impl Status {
    /// Returns the status for an error of columns.
    pub(crate) fn of_columns(error: &ColumnError) -> Self {
        match error {
            ColumnError::Duplicate { .. } => Status::DuplicateAttribute,
            ColumnError::Required { .. } => Status::RequiredAttribute,
            ColumnError::Request(error) => error.code.into(),
            ColumnError::Value(fault) => fault.code.into(),
            ColumnError::Arrow(_) => Status::InvalidArrow,
            _ => Status::UnfitColumn,
        }
    }
}

/// The effect of a decision: `placet_effect`. A zeroed effect is never an allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum Effect {
    /// The effect depends on missing attributes, or a search ended at its limit.
    Indeterminate = 0,
    /// The request may go through.
    Allow = 1,
    /// The request may not go through.
    Deny = 2,
}

impl From<placet::Effect> for Effect {
    fn from(effect: placet::Effect) -> Self {
        match effect {
            placet::Effect::Allow => Effect::Allow,
            placet::Effect::Deny => Effect::Deny,
            placet::Effect::Indeterminate => Effect::Indeterminate,
        }
    }
}

/// Returns the name of a status; NULL for an unknown number.
#[unsafe(no_mangle)]
pub extern "C" fn placet_status_name(status: i32) -> *const c_char {
    let found = Status::ALL.into_iter().find(|known| *known as i32 == status);
    found.map_or(std::ptr::null(), |status| status.name().as_ptr())
}

/// Returns the name of an effect; NULL for an unknown number.
#[unsafe(no_mangle)]
pub extern "C" fn placet_effect_name(effect: i32) -> *const c_char {
    let effects =
        [(Effect::Indeterminate, c"indeterminate"), (Effect::Allow, c"allow"), (Effect::Deny, c"deny")];
    let found = effects.iter().find(|(known, _)| *known as i32 == effect);
    found.map_or(std::ptr::null(), |(_, name)| name.as_ptr())
}

/// Returns the version of the library.
#[unsafe(no_mangle)]
pub extern "C" fn placet_version() -> *const c_char {
    const VERSION: &CStr =
        match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
            Ok(version) => version,
            Err(_) => c"",
        };
    VERSION.as_ptr()
}

/// Returns the version of the library as a number, computed like `PLACET_VERSION_NUMBER`.
#[unsafe(no_mangle)]
pub extern "C" fn placet_version_number() -> u32 {
    const NUMBER: u32 = decimal(env!("CARGO_PKG_VERSION_MAJOR")) * 1_000_000
        + decimal(env!("CARGO_PKG_VERSION_MINOR")) * 1_000
        + decimal(env!("CARGO_PKG_VERSION_PATCH"));
    NUMBER
}

/// Parses a part of the version in a constant.
const fn decimal(part: &str) -> u32 {
    match u32::from_str_radix(part, 10) {
        Ok(number) => number,
        Err(_) => 0,
    }
}
