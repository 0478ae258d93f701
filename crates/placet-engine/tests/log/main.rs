//! The decision log: what is in it, what never is, and what becomes of it where it can't be written.

mod disk;
mod engine;
mod lines;
mod queue;
mod rotation;
mod sampling;
mod secrecy;
mod support;
