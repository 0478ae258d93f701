//! What threads share: the one place that names it, so that a model checker can take the place of the standard library.

pub(crate) use std::sync::{Arc, Mutex, MutexGuard};
