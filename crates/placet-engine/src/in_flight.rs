//! A fetch in flight, and the decisions that wait for it.
//!
//! This is a oneshot channel with several receivers. All of its state is under one mutex from `sync.rs`, which the
//! model checker of `tests/races.rs` replaces.

use crate::sync::{Arc, Mutex, MutexGuard};
use std::future::Future;
use std::pin::Pin;
use std::sync::PoisonError;
use std::task::{Context, Poll, Waker};

/// A fetch in flight, shared by the caller that fetches and those that wait.
#[derive(Debug)]
pub(crate) struct InFlight<T>(Mutex<State<T>>);

#[derive(Debug)]
enum State<T> {
    /// No outcome yet. These wakers belong to the waiters.
    Pending(Vec<Waker>),
    Done(Outcome<T>),
}

/// The outcome of a fetch.
#[derive(Debug, Clone)]
pub(crate) enum Outcome<T> {
    /// The fetch ended with this result.
    With(T),
    /// The fetching caller was dropped: a waiter has to fetch again.
    Abandoned,
}

impl<T: Clone> InFlight<T> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(State::Pending(Vec::new())))
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        // No code that runs under the lock can panic halfway through a change, so a poisoned lock is safe to use.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the outcome and wakes the waiters. Only the first call has an effect.
    pub(crate) fn complete(&self, outcome: Outcome<T>) {
        let mut state = self.state();
        if let State::Pending(wakers) = &mut *state {
            let wakers = std::mem::take(wakers);
            *state = State::Done(outcome);
            // A waker may run arbitrary code, so none is called under the lock.
            drop(state);
            wakers.into_iter().for_each(Waker::wake);
        }
    }

    /// Returns a future of the outcome.
    pub(crate) fn wait(flight: Arc<Self>) -> Wait<T> {
        Wait(flight)
    }
}

/// A future of a fetch's outcome. Dropping it doesn't end the fetch.
#[derive(Debug)]
pub(crate) struct Wait<T>(Arc<InFlight<T>>);

impl<T: Clone> Future for Wait<T> {
    type Output = Outcome<T>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome<T>> {
        match &mut *self.0.state() {
            State::Done(outcome) => Poll::Ready(outcome.clone()),
            State::Pending(wakers) => {
                // A future may be polled many times. Each task needs one waker.
                if !wakers.iter().any(|waker| waker.will_wake(context.waker())) {
                    wakers.push(context.waker().clone());
                }
                Poll::Pending
            }
        }
    }
}
