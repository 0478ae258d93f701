//! Helpers that the tests share.
#![allow(dead_code, reason = "each test binary uses a part")]

use placet_check::check;
use placet_model::Model;
use placet_syntax::{Limits, source::load_text};
use proptest::prelude::*;
use std::sync::Arc;

pub(crate) fn model(text: &str) -> Arc<Model> {
    let limits = Limits::default();
    let (model, diagnostics) = check(&load_text("test", text, &limits), &limits);
    Arc::new(model.unwrap_or_else(|| panic!("{text}\n{diagnostics:?}")))
}

/// Conditions made of some.
pub(crate) fn condition(atoms: &'static [&'static str]) -> impl Strategy<Value = String> {
    let atom = prop::sample::select(atoms).prop_map(str::to_owned);
    atom.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(" and "))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(" or "))),
            inner.prop_map(|part| format!("not ({part})")),
        ]
    })
}
