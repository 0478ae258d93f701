//! Warnings that the syntax tree alone tells: declarations that nothing uses, patterns of another language, and allows that
//! look at a part of a set.
//!
//! Each lint errs on the side of silence: it takes every mention of a name for a use of everything that has the name.

mod names;
mod patterns;
mod quiet;
mod sets;
mod unused;

pub use quiet::Quiets;
pub(crate) use quiet::is_quiet;

use placet_syntax::ast::{Effect, Item, Part};
use placet_syntax::source::Loaded;
use placet_syntax::{Code, Diagnostic};

/// Returns the warnings about a policy that has no errors, in the order of the text. Cost: about linear in the text.
///
/// ```
/// use placet_check::lint;
/// use placet_syntax::{Code, Limits, source::load_text};
///
/// let text = "policy shop request { age: int, vip: bool } rule adults { allow when age >= 18 }";
/// let warnings = lint(&load_text("shop.placet", text, &Limits::default()));
/// assert_eq!(warnings.len(), 1);
/// assert_eq!((warnings[0].code, warnings[0].message.as_str()), (Code::Unused, "nothing uses the attribute `vip`"));
/// ```
pub fn lint(loaded: &Loaded) -> Vec<Diagnostic> {
    let mut warnings = Vec::new();
    let items: Vec<&Item> = loaded.files.iter().flat_map(|file| &file.items).collect();
    let rules = rules(&items);
    allows_nothing(&items, &rules, &mut warnings);
    if !rules.is_empty() {
        unused::check(loaded, &items, &mut warnings);
    }
    patterns::check(&items, &mut warnings);
    sets::check(&loaded.sources, &items, &mut warnings);
    warnings.sort_by_key(Diagnostic::rank);
    warnings
}

/// Returns the rules and tables, those in `where` blocks included.
fn rules<'a>(items: &[&'a Item]) -> Vec<&'a Item> {
    let mut found = Vec::new();
    let mut rest: Vec<&Item> = items.to_vec();
    while let Some(item) = rest.pop() {
        match item {
            Item::Where(block) => rest.extend(&block.items),
            Item::Rule(_) | Item::Table(_) => found.push(item),
            _ => {}
        }
    }
    found
}

/// Returns the parts of a rule or of a table's head.
fn parts(item: &Item) -> &[Part] {
    match item {
        Item::Rule(rule) => &rule.parts,
        Item::Table(table) => &table.parts,
        _ => &[],
    }
}

/// Returns true if a rule or table allows.
fn allows(item: &Item) -> bool {
    parts(item).iter().any(|part| matches!(part, Part::Effect(effect) if effect.effect == Effect::Allow))
}

fn allows_nothing(items: &[&Item], rules: &[&Item], warnings: &mut Vec<Diagnostic>) {
    if rules.iter().any(|rule| allows(rule)) {
        return;
    }
    let header = items.iter().find_map(|item| match item {
        Item::Header(header) => Some(header),
        _ => None,
    });
    if let Some(header) = header {
        let message = format!("the policy `{}` allows nothing: it has no `allow`", header.name.text);
        warnings.push(
            Diagnostic::new(Code::AllowsNothing, header.name.span, message)
                .help("add a rule: `rule name { allow when … }`"),
        );
    }
}
