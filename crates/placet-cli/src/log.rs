//! Decision logs: what is read of them, and what came of it.

pub(crate) mod line;
pub(crate) mod lines;
pub(crate) mod names;
pub(crate) mod page;
pub(crate) mod summary;
