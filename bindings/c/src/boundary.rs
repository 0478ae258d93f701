//! The boundary to C: catches panics, and turns failures into a status and an error.

use crate::error::Error;
use crate::status::Status;
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// An out argument: memory of the caller, which may be uninitialised and is only written to, or NULL.
pub type Out<'a, T> = Option<&'a mut MaybeUninit<T>>;

/// The result of a function. The error is boxed, so that the common success stays small.
pub(crate) type Outcome<T = ()> = Result<T, Box<Error>>;

/// Runs the body of a function. Writes its failure or panic to `error` and returns the status.
///
/// If `work` panics, all that it changes must stay usable or be marked as broken, since callers can go on using it:
/// `AssertUnwindSafe` switches off the compiler's check. See `Request::change`.
#[inline]
pub(crate) fn call(error: Out<'_, Option<Box<Error>>>, work: impl FnOnce() -> Outcome) -> Status {
    let failure = match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(())) => {
            if let Some(error) = error {
                error.write(None);
            }
            return Status::Ok;
        }
        Ok(Err(failure)) => failure,
        Err(payload) => Error::panic(payload),
    };
    fail(failure, error)
}

#[cold]
fn fail(failure: Box<Error>, error: Out<'_, Option<Box<Error>>>) -> Status {
    let status = failure.status();
    if let Some(error) = error {
        error.write(Some(failure));
    }
    status
}

/// Runs a body that can't fail, and returns `otherwise` if it panics.
#[inline]
pub(crate) fn quietly<T>(otherwise: T, work: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        // The payload's drop could panic again, outside of `catch_unwind`.
        std::mem::forget(payload);
        otherwise
    })
}

/// Returns the target of a pointer that must not be NULL, or `PLACET_NULL_ARGUMENT` naming it.
#[inline]
pub(crate) fn given<T>(pointer: Option<T>, name: &'static str) -> Outcome<T> {
    match pointer {
        Some(given) => Ok(given),
        None => Err(Error::null(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::{call, quietly};
    use crate::status::Status;
    use std::mem::MaybeUninit;

    #[test]
    fn call_turns_panics_into_a_status() {
        let mut error = MaybeUninit::uninit();
        let status = call(Some(&mut error), || panic!("of {}", 3));
        assert_eq!(status, Status::Panic);
        // SAFETY: `call` writes `error` on success and on failure.
        let error = unsafe { error.assume_init() }.unwrap();
        assert_eq!(error.status(), Status::Panic);
        assert!(error.text().contains("of 3"), "{}", error.text());
        assert_eq!(call(None, || panic!("unseen")), Status::Panic);
        assert!(!quietly(false, || panic!("unheard")));
    }

    /// A panic payload with a drop that panics again.
    struct Spiteful;

    impl Drop for Spiteful {
        fn drop(&mut self) {
            panic!("again");
        }
    }

    #[test]
    fn call_does_not_drop_panic_payloads() {
        assert_eq!(call(None, || std::panic::panic_any(Spiteful)), Status::Panic);
        assert!(!quietly(false, || std::panic::panic_any(Spiteful)));
    }
}
