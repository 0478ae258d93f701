//! The edge itself: how panics are kept inside, and what becomes of a failure.

use crate::error::Error;
use crate::status::Status;
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Where a function puts what it gives: memory of the caller's, of which nothing is read, or NULL.
pub type Out<'a, T> = Option<&'a mut MaybeUninit<T>>;

/// What a function comes to; the failure in a box, for there seldom is one.
pub(crate) type Outcome<T = ()> = Result<T, Box<Error>>;

/// Does what a function is asked for, and hands its failure, a panic among them, to the caller.
///
/// What `work` changes must be fit for use, or known not to be, if it panics at any place.
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

/// Does something that can't fail; after a panic, `otherwise` is the answer.
#[inline]
pub(crate) fn quietly<T>(otherwise: T, work: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        // What is in it may panic as it is dropped.
        std::mem::forget(payload);
        otherwise
    })
}

/// What a pointer points to that may not be NULL.
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
    fn a_panic_is_a_status() {
        let mut error = MaybeUninit::uninit();
        let status = call(Some(&mut error), || panic!("of {}", 3));
        assert_eq!(status, Status::Panic);
        // SAFETY: `call` has written it.
        let error = unsafe { error.assume_init() }.unwrap();
        assert_eq!(error.status(), Status::Panic);
        assert!(error.text().contains("of 3"), "{}", error.text());
        assert_eq!(call(None, || panic!("unseen")), Status::Panic);
        assert!(!quietly(false, || panic!("unheard")));
    }

    /// Whose drop panics again.
    struct Spiteful;

    impl Drop for Spiteful {
        fn drop(&mut self) {
            panic!("again");
        }
    }

    #[test]
    fn what_a_panic_carries_is_not_touched() {
        assert_eq!(call(None, || std::panic::panic_any(Spiteful)), Status::Panic);
        assert!(!quietly(false, || std::panic::panic_any(Spiteful)));
    }
}
