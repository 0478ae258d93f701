//! A policy as a page that people read: [`page`] writes it in Markdown, [`html`] makes an HTML file of that.
//!
//! [`sentence`] states conditions in plain words, [`rules`] has the rules and tables, [`matrices`] chooses what the matrices
//! show, [`picture`] draws the decision diagram. All text of a policy passes through [`markdown`], which escapes it.

pub(crate) mod html;
pub(crate) mod markdown;
mod matrices;
pub(crate) mod page;
pub(crate) mod picture;
mod rules;
mod sentence;
