//! What is wrong with a policy, for C.

use crate::status::Status;
use crate::texts::{c_text, pointer};
use placet::Sources;
use std::ffi::{CString, c_char};
use std::mem::MaybeUninit;

/// One fault: `placet_diagnostic`. Its texts are those of the object that it came from.
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
    /// The file's name, or NULL where no text is at fault.
    pub file: *const c_char,
    /// The line, from 1; 0 where no text is at fault.
    pub line: usize,
    /// The column in characters, from 1; 0 where no text is at fault.
    pub column: usize,
    /// Whether the policy does not compile because of it.
    pub is_error: bool,
}

/// Faults as they are kept.
#[derive(Debug, Default)]
pub(crate) struct Diagnostics(Vec<Kept>);

#[derive(Debug)]
struct Kept {
    code: CString,
    message: CString,
    help: Option<CString>,
    notes: Option<CString>,
    place: Option<Place>,
    is_error: bool,
}

/// Where a fault is.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) file: CString,
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Diagnostics {
    pub(crate) fn new(found: &[placet::Diagnostic], sources: &Sources) -> Self {
        let keep = |diagnostic: &placet::Diagnostic| Kept {
            code: c_text(diagnostic.code.as_str()),
            message: c_text(&diagnostic.message),
            help: diagnostic.help.as_deref().map(c_text),
            notes: (!diagnostic.notes.is_empty()).then(|| c_text(&diagnostic.notes.join("\n"))),
            place: diagnostic.span().map(|span| {
                let (line, column) = sources.position(span);
                Place { file: c_text(sources.name(span.file)), line, column }
            }),
            is_error: diagnostic.is_error(),
        };
        Self(found.iter().map(keep).collect())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The code of the first error, and its place.
    pub(crate) fn first_error(&self) -> Option<(&CString, Option<&Place>)> {
        self.0.iter().find(|kept| kept.is_error).map(|kept| (&kept.code, kept.place.as_ref()))
    }

    /// Gives the one at `index`.
    pub(crate) fn give(&self, index: usize, out: &mut MaybeUninit<Diagnostic>) -> Status {
        let Some(kept) = self.0.get(index) else { return Status::OutOfRange };
        out.write(Diagnostic {
            code: kept.code.as_ptr(),
            message: kept.message.as_ptr(),
            help: pointer(kept.help.as_ref()),
            notes: pointer(kept.notes.as_ref()),
            file: pointer(kept.place.as_ref().map(|place| &place.file)),
            line: kept.place.as_ref().map_or(0, |place| place.line),
            column: kept.place.as_ref().map_or(0, |place| place.column),
            is_error: kept.is_error,
        });
        Status::Ok
    }
}
