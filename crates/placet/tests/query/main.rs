//! Compares the regions of queries with the reference, request by request: over random policies, partial requests and
//! attributes, each request that is tried lies in exactly one region and has its answer. So do the answers to requests of
//! which only the classes are known.
//!
//! `PLACET_QUERIES=4000` sets the number of questions. Use `--release` for many.

mod changes;
mod edits;
mod regions;
mod replay;
mod values;

/// The random requests of a question, beside those at the bounds of its regions.
const POINTS: usize = 16;
