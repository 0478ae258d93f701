//! Errors: `placet_error`. Texts are stored with a NUL, so that the getters only return pointers.

use crate::boundary::{Out, quietly};
use crate::diagnostics::{Diagnostic, Diagnostics, Location};
use crate::status::Status;
use crate::texts::{c_text, pointer};
use arrow_schema::ArrowError;
use placet::{CompileError, OpenError, RequestError, with_sources};
use placet_arrow::{ColumnError, ErrorFields};
use std::any::Any;
use std::ffi::{CStr, CString, c_char};

/// The reason for a failure.
#[derive(Debug)]
pub struct Error {
    status: Status,
    message: CString,
    attribute: Option<CString>,
    expected: Option<CString>,
    cell: Option<Cell>,
    diagnostics: Diagnostics,
}

/// The position of a fault in a table: a column, or a row of it.
#[derive(Debug)]
struct Cell {
    column: CString,
    row: Option<u64>,
    value: Option<CString>,
}

impl Error {
    #[cold]
    pub(crate) fn new(status: Status, message: &str) -> Box<Self> {
        Box::new(Self {
            status,
            message: c_text(message),
            attribute: None,
            expected: None,
            cell: None,
            diagnostics: Diagnostics::default(),
        })
    }

    #[cold]
    pub(crate) fn null(name: &'static str) -> Box<Self> {
        Self::new(Status::NullArgument, &format!("`{name}` is NULL"))
    }

    #[cold]
    pub(crate) fn foreign(what: &'static str) -> Box<Self> {
        Self::new(Status::ForeignHandle, &format!("the {what} was made by another policy"))
    }

    #[cold]
    pub(crate) fn panic(payload: Box<dyn Any + Send>) -> Box<Self> {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("without a message");
        let error = Self::new(Status::Panic, &format!("Placet failed, which is a fault of its own: {text}"));
        // The payload's drop could panic again, outside of `catch_unwind`.
        std::mem::forget(payload);
        error
    }

    pub(crate) fn status(&self) -> Status {
        self.status
    }

    #[cfg(test)]
    pub(crate) fn text(&self) -> &str {
        self.message.to_str().unwrap_or_default()
    }

    /// Returns the message for people.
    pub(crate) fn message(&self) -> &CStr {
        &self.message
    }

    fn cell(&self) -> Option<&Cell> {
        self.cell.as_ref()
    }

    /// Returns the position of the first error of a policy.
    fn location(&self) -> Option<&Location> {
        self.diagnostics.first_error().and_then(|(_, location)| location)
    }
}

impl From<RequestError> for Box<Error> {
    #[cold]
    fn from(error: RequestError) -> Self {
        Box::new(Error {
            status: error.code.into(),
            message: c_text(&error.message),
            attribute: error.attribute.as_deref().map(c_text),
            expected: Some(c_text(&error.expected)),
            cell: None,
            diagnostics: Diagnostics::default(),
        })
    }
}

impl From<CompileError> for Box<Error> {
    fn from(error: CompileError) -> Self {
        let diagnostics = Diagnostics::new(&error.diagnostics, &error.sources);
        Box::new(Error { diagnostics, ..*Error::new(Status::DoesNotCompile, &error.to_string()) })
    }
}

impl From<OpenError> for Box<Error> {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Compile(error) => error.into(),
            error @ OpenError::Load { .. } => Error::new(Status::DoesNotLoad, &with_sources(&error)),
            other => Error::new(Status::Unreadable, &with_sources(&other)),
        }
    }
}

impl From<ColumnError> for Box<Error> {
    fn from(error: ColumnError) -> Self {
        let ErrorFields { attribute, expected, column, row, value, .. } = error.fields();
        let cell = column.map(|column| Cell { column: c_text(column), row, value: value.map(c_text) });
        Box::new(Error {
            attribute: attribute.map(c_text),
            expected: expected.as_deref().map(c_text),
            cell,
            ..*Error::new(Status::of_columns(&error), &error.to_string())
        })
    }
}

impl From<ArrowError> for Box<Error> {
    fn from(error: ArrowError) -> Self {
        ColumnError::from(error).into()
    }
}

/// Returns the status of the failure; OK for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn placet_error_status(error: Option<&Error>) -> Status {
    error.map_or(Status::Ok, |error| error.status)
}

/// Returns a sentence for people.
#[unsafe(no_mangle)]
pub extern "C" fn placet_error_message(error: Option<&Error>) -> *const c_char {
    pointer(error.map(|error| &error.message))
}

/// Returns the stable code: that of the first diagnostic, or the name of the status.
#[unsafe(no_mangle)]
pub extern "C" fn placet_error_code(error: Option<&Error>) -> *const c_char {
    error.map_or(std::ptr::null(), |error| match error.diagnostics.first_error() {
        Some((code, _)) => code.as_ptr(),
        None => error.status.name().as_ptr(),
    })
}

/// Returns the attribute at fault, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn placet_error_attribute(error: Option<&Error>) -> *const c_char {
    pointer(error.and_then(|error| error.attribute.as_ref()))
}

/// Returns the expectation that a value failed, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn placet_error_expected(error: Option<&Error>) -> *const c_char {
    pointer(error.and_then(|error| error.expected.as_ref()))
}

/// Returns the column of a table at fault, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn placet_error_column_name(error: Option<&Error>) -> *const c_char {
    pointer(error.and_then(Error::cell).map(|cell| &cell.column))
}

/// Returns the row of a table at fault, from 0; -1 if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn placet_error_row(error: Option<&Error>) -> i64 {
    let row = error.and_then(Error::cell).and_then(|cell| cell.row);
    // No table has more than `i64::MAX` rows: Arrow's lengths are `int64_t`.
    row.map_or(-1, |row| i64::try_from(row).unwrap_or(i64::MAX))
}

/// Returns the value at fault, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn placet_error_value(error: Option<&Error>) -> *const c_char {
    pointer(error.and_then(Error::cell).and_then(|cell| cell.value.as_ref()))
}

/// Returns the file of the first error, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn placet_error_file(error: Option<&Error>) -> *const c_char {
    pointer(error.and_then(Error::location).map(|location| &location.file))
}

/// Returns the line of the first error, or 0.
#[unsafe(no_mangle)]
pub extern "C" fn placet_error_line(error: Option<&Error>) -> usize {
    error.and_then(Error::location).map_or(0, |location| location.line)
}

/// Returns the column of the first error, or 0.
#[unsafe(no_mangle)]
pub extern "C" fn placet_error_column(error: Option<&Error>) -> usize {
    error.and_then(Error::location).map_or(0, |location| location.column)
}

/// Returns the number of errors and warnings of a policy.
#[unsafe(no_mangle)]
pub extern "C" fn placet_error_diagnostic_count(error: Option<&Error>) -> usize {
    error.map_or(0, |error| error.diagnostics.len())
}

/// Writes one of the errors and warnings of a policy.
#[unsafe(no_mangle)]
pub extern "C" fn placet_error_diagnostic(
    error: Option<&Error>,
    index: usize,
    diagnostic: Out<'_, Diagnostic>,
) -> Status {
    match (error, diagnostic) {
        (Some(error), Some(diagnostic)) => error.diagnostics.give(index, diagnostic),
        _ => Status::NullArgument,
    }
}

/// Frees an error.
#[unsafe(no_mangle)]
pub extern "C" fn placet_error_free(error: Option<Box<Error>>) {
    quietly((), || drop(error));
}
