//! The decision log: its content, the values that it must not hold, and destinations that fail.

mod disk;
mod engine;
mod lines;
mod queue;
mod rotation;
mod sampling;
mod secrecy;
mod support;
