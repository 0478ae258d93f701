//! Errors and warnings in a policy: `placet_diagnostic`.

use crate::status::Status;
use crate::texts::{c_text, pointer};
use placet::Sources;
use std::ffi::{CString, c_char};
use std::mem::MaybeUninit;

/// An error or a warning: `placet_diagnostic`. Its texts belong to the object that it came from.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Diagnostic {
    /// The stable code.
    pub code: *const c_char,
    /// One sentence.
    pub message: *const c_char,
    /// The likely fix, or NULL.
    pub help: *const c_char,
    /// Further facts, one a line, or NULL.
    pub notes: *const c_char,
    /// The name of the file, or NULL if no text is at fault.
    pub file: *const c_char,
    /// The line, from 1; 0 if no text is at fault.
    pub line: usize,
    /// The column in characters, from 1; 0 if no text is at fault.
    pub column: usize,
    /// True if the policy doesn't compile because of it.
    pub is_error: bool,
}

/// The stored diagnostics of a policy, with texts that end with a NUL.
#[derive(Debug, Default)]
pub(crate) struct Diagnostics(Vec<Stored>);

#[derive(Debug)]
struct Stored {
    code: CString,
    message: CString,
    help: Option<CString>,
    notes: Option<CString>,
    location: Option<Location>,
    is_error: bool,
}

/// The position of a diagnostic in a text.
#[derive(Debug)]
pub(crate) struct Location {
    pub(crate) file: CString,
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Diagnostics {
    pub(crate) fn new(found: &[placet::Diagnostic], sources: &Sources) -> Self {
        let store = |diagnostic: &placet::Diagnostic| Stored {
            code: c_text(diagnostic.code.as_str()),
            message: c_text(&diagnostic.message),
            help: diagnostic.help.as_deref().map(c_text),
            notes: (!diagnostic.notes.is_empty()).then(|| c_text(&diagnostic.notes.join("\n"))),
            location: diagnostic.span().map(|span| {
                let (line, column) = sources.position(span);
                Location { file: c_text(sources.name(span.file)), line, column }
            }),
            is_error: diagnostic.is_error(),
        };
        Self(found.iter().map(store).collect())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns the code of the first error, and its position.
    pub(crate) fn first_error(&self) -> Option<(&CString, Option<&Location>)> {
        self.0.iter().find(|stored| stored.is_error).map(|stored| (&stored.code, stored.location.as_ref()))
    }

    /// Writes the diagnostic at `index`.
    pub(crate) fn give(&self, index: usize, out: &mut MaybeUninit<Diagnostic>) -> Status {
        let Some(stored) = self.0.get(index) else { return Status::OutOfRange };
        out.write(Diagnostic {
            code: stored.code.as_ptr(),
            message: stored.message.as_ptr(),
            help: pointer(stored.help.as_ref()),
            notes: pointer(stored.notes.as_ref()),
            file: pointer(stored.location.as_ref().map(|location| &location.file)),
            line: stored.location.as_ref().map_or(0, |location| location.line),
            column: stored.location.as_ref().map_or(0, |location| location.column),
            is_error: stored.is_error,
        });
        Status::Ok
    }
}
