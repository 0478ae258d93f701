//! Values of the attributes that may be logged.

use placet::diff::Plain;
use placet_model::BitSet;
use placet_model::request::AttributeInput;
use placet_model::types::{Type, Universe};

/// Returns a given value in the JSON form of a request. A request with this value is decided like the original.
pub(super) fn value(given: &AttributeInput, kind: &Type) -> Option<Plain> {
    match (given, kind) {
        (AttributeInput::Null, _) => None,
        (AttributeInput::Value(value), _) => Some(Plain::of(value, kind)),
        (AttributeInput::OneOf(leaves), Type::Symbol(Universe::Taxonomy(taxonomy))) => {
            // Several categories may have the same leaves and thus the same meaning. Taking the smallest name makes the
            // choice deterministic.
            let names = taxonomy.nodes.iter().filter(|(_, node)| spans(leaves, node.first, node.end));
            names.map(|(name, _)| name).min().map(|name| Plain::Text(name.to_string()))
        }
        // INVARIANT: only taxonomies have categories.
        (AttributeInput::OneOf(_) | AttributeInput::Pending, _) => None,
    }
}

/// Returns true if a set holds exactly the symbols of a range.
fn spans(set: &BitSet, first: u32, end: u32) -> bool {
    set.iter().eq(first..end)
}
