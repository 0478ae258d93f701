//! Finds declarations that nothing uses.

use super::names;
use placet_syntax::ast::{Item, Name};
use placet_syntax::source::Loaded;
use placet_syntax::{Code, Diagnostic};
use std::collections::HashSet;

/// Reports the attributes, lets, sets, lookups and taxonomies of the first file that nothing mentions. An imported file may
/// serve other policies too, so what it declares may be unused in this one.
pub(super) fn check(loaded: &Loaded, items: &[&Item], warnings: &mut Vec<Diagnostic>) {
    let mut mentioned: HashSet<&str> = HashSet::new();
    for item in items {
        names::in_item(item, &mut |name| {
            mentioned.insert(name);
        });
    }
    let own = loaded.files.first().map(|file| file.items.as_slice()).unwrap_or_default();
    let mut report = |what: &str, name: &Name| {
        if !mentioned.contains(name.text.as_str()) {
            let message = format!("nothing uses the {what} `{}`", name.text);
            warnings.push(
                Diagnostic::new(Code::Unused, name.span, message).help("use it in a rule, or remove it"),
            );
        }
    };
    for item in own {
        match item {
            Item::Taxonomy(taxonomy) => report("taxonomy", &taxonomy.name),
            Item::NamedSet(set) => report("set", &set.name),
            Item::Let(declaration) => report("let", &declaration.name),
            Item::Lookup(lookup) => report("lookup", &lookup.name),
            Item::Request(request) => {
                request.attributes.iter().for_each(|attribute| report("attribute", &attribute.name));
            }
            _ => {}
        }
    }
}
