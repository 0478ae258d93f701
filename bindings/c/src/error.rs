//! What went wrong: `placet_error`.

use crate::boundary::{Out, quietly};
use crate::diagnostics::{Diagnostic, Diagnostics, Place};
use crate::status::Status;
use crate::texts::{c_text, pointer};
use placet::{CompileError, OpenError, RequestError};
use std::any::Any;
use std::ffi::{CString, c_char};

/// A failure, owned by whoever was given it.
#[derive(Debug)]
pub struct Error {
    status: Status,
    message: CString,
    attribute: Option<CString>,
    expected: Option<CString>,
    diagnostics: Diagnostics,
}

impl Error {
    #[cold]
    pub(crate) fn new(status: Status, message: &str) -> Box<Self> {
        Box::new(Self {
            status,
            message: c_text(message),
            attribute: None,
            expected: None,
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
        // What is in it may panic as it is dropped.
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

    /// The place of the first error of a policy.
    fn place(&self) -> Option<&Place> {
        self.diagnostics.first_error().and_then(|(_, place)| place)
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
            OpenError::Load(error) => Error::new(Status::DoesNotLoad, &error.to_string()),
            other => Error::new(Status::Unreadable, &other.to_string()),
        }
    }
}

/// How the call went; OK for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn placet_error_status(error: Option<&Error>) -> Status {
    error.map_or(Status::Ok, |error| error.status)
}

/// One sentence for people.
#[unsafe(no_mangle)]
pub extern "C" fn placet_error_message(error: Option<&Error>) -> *const c_char {
    pointer(error.map(|error| &error.message))
}

/// The stable code.
#[unsafe(no_mangle)]
pub extern "C" fn placet_error_code(error: Option<&Error>) -> *const c_char {
    error.map_or(std::ptr::null(), |error| match error.diagnostics.first_error() {
        Some((code, _)) => code.as_ptr(),
        None => error.status.name().as_ptr(),
    })
}

/// The attribute at fault, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn placet_error_attribute(error: Option<&Error>) -> *const c_char {
    pointer(error.and_then(|error| error.attribute.as_ref()))
}

/// What was expected, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn placet_error_expected(error: Option<&Error>) -> *const c_char {
    pointer(error.and_then(|error| error.expected.as_ref()))
}

/// The file of the first error, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn placet_error_file(error: Option<&Error>) -> *const c_char {
    pointer(error.and_then(Error::place).map(|place| &place.file))
}

/// The line of the first error, or 0.
#[unsafe(no_mangle)]
pub extern "C" fn placet_error_line(error: Option<&Error>) -> usize {
    error.and_then(Error::place).map_or(0, |place| place.line)
}

/// The column of the first error, or 0.
#[unsafe(no_mangle)]
pub extern "C" fn placet_error_column(error: Option<&Error>) -> usize {
    error.and_then(Error::place).map_or(0, |place| place.column)
}

/// How many faults a policy has.
#[unsafe(no_mangle)]
pub extern "C" fn placet_error_diagnostic_count(error: Option<&Error>) -> usize {
    error.map_or(0, |error| error.diagnostics.len())
}

/// One of a policy's faults.
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
