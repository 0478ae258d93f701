//! A fetch that is on its way, and those who wait for it.

use crate::sync::{Arc, Mutex, MutexGuard};
use std::future::Future;
use std::pin::Pin;
use std::sync::PoisonError;
use std::task::{Context, Poll, Waker};

/// A fetch on its way: whoever asks for the same meanwhile waits for it.
#[derive(Debug)]
pub(crate) struct InFlight<T>(Mutex<State<T>>);

#[derive(Debug)]
enum State<T> {
    /// Not back yet; these want to be told.
    Away(Vec<Waker>),
    Back(Outcome<T>),
}

/// How a fetch ended.
#[derive(Debug, Clone)]
pub(crate) enum Outcome<T> {
    /// With this.
    With(T),
    /// Whoever made it gave it up: it is to be made again.
    Abandoned,
}

impl<T: Clone> InFlight<T> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(State::Away(Vec::new())))
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        // Nothing that runs under the lock can panic and leave it half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends it, and tells those who wait. What comes second says nothing.
    pub(crate) fn complete(&self, landing: Outcome<T>) {
        let mut state = self.state();
        if let State::Away(wakers) = &mut *state {
            let wakers = std::mem::take(wakers);
            *state = State::Back(landing);
            drop(state);
            wakers.into_iter().for_each(Waker::wake);
        }
    }

    /// How it ended, once it has.
    pub(crate) fn wait(flight: Arc<Self>) -> Wait<T> {
        Wait(flight)
    }
}

/// Waits for a fetch. Dropped, it waits no longer; the fetch goes on.
#[derive(Debug)]
pub(crate) struct Wait<T>(Arc<InFlight<T>>);

impl<T: Clone> Future for Wait<T> {
    type Output = Outcome<T>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome<T>> {
        match &mut *self.0.state() {
            State::Back(landing) => Poll::Ready(landing.clone()),
            State::Away(wakers) => {
                if !wakers.iter().any(|waker| waker.will_wake(context.waker())) {
                    wakers.push(context.waker().clone());
                }
                Poll::Pending
            }
        }
    }
}
