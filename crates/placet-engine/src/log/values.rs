//! Values, for the attributes whose values may be logged.

use placet::diff::Plain;
use placet_model::BitSet;
use placet_model::request::AttributeInput;
use placet_model::types::{Type, Universe};

/// What a request gives for an attribute, as the JSON of a request has it: one that gives this is decided alike.
pub(super) fn value(given: &AttributeInput, kind: &Type) -> Option<Plain> {
    match (given, kind) {
        (AttributeInput::Null, _) => None,
        (AttributeInput::Value(value), _) => Some(Plain::of(value, kind)),
        (AttributeInput::OneOf(leaves), Type::Symbol(Universe::Taxonomy(taxonomy))) => {
            // Of categories with the same leaves, which all mean the same, always the same one.
            let names = taxonomy.nodes.iter().filter(|(_, node)| spans(leaves, node.first, node.end));
            names.map(|(name, _)| name).min().map(|name| Plain::Text(name.to_string()))
        }
        // INVARIANT: only taxonomies have categories.
        (AttributeInput::OneOf(_) | AttributeInput::Pending, _) => None,
    }
}

/// Whether a set is exactly these symbols.
fn spans(set: &BitSet, first: u32, end: u32) -> bool {
    set.iter().eq(first..end)
}
