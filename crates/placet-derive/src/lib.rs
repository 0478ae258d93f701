//! The derive macros of `placet`: [`Attributes`] for structs that hold a request, [`Symbols`] for enums that hold the
//! names of an enum or a taxonomy. Their pages are those of the traits in `placet`.
//!
//! Both read serde's attributes, so that a struct has the same names in JSON and in a policy.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod attributes;
mod options;
mod rename;
mod symbols;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Implements `placet::Attributes` for a struct with named fields.
#[proc_macro_derive(Attributes, attributes(placet, serde))]
pub fn attributes(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    attributes::expand(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}

/// Implements `placet::Symbols` for an enum without fields.
#[proc_macro_derive(Symbols, attributes(placet, serde))]
pub fn symbols(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    symbols::expand(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}
