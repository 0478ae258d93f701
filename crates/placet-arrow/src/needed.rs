//! Finds the columns of a table that a policy needs, by name, before any data is read.

use crate::bound_policy::Matching;
use crate::error::ColumnError;
use crate::options::Options;
use placet::{Policy, Request};
use placet_core::is_below;

/// Returns the indices of the columns that a policy needs: columns that give attributes, and groups of them. Other
/// columns need not be read, whatever their types.
///
/// A reader that drops the other columns binds with [`Options::ignore_unknown`].
///
/// ```
/// use placet::Policy;
/// use placet_arrow::{Options, needed_columns};
///
/// let policy = Policy::from_text("
///     policy shop
///     request { subject.age: int 0..150  purpose: { deliver, marketing } }
///     rule adults { allow when purpose is deliver or subject.age >= 18 }
/// ")?;
/// let options = Options::new().ignore_unknown(true);
/// let needed = needed_columns(&policy, &policy.request(), &["name", "subject", "purpose"], &options)?;
/// assert_eq!(needed, [1, 2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If a column isn't an attribute, unless [`Options::ignore_unknown`] is set, or if a column in the options doesn't exist.
pub fn needed_columns<N: AsRef<str>>(
    policy: &Policy,
    base: &Request,
    names: &[N],
    options: &Options<'_>,
) -> Result<Vec<usize>, ColumnError> {
    let matching = Matching::new(policy, base, options)?;
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    let mut needed = Vec::new();
    for (index, name) in names.iter().copied().enumerate() {
        let begins = |other: &str| is_below(other, name);
        let is_named = options.columns.iter().any(|(_, column)| column == name || begins(column));
        let mut attributes = policy.attributes();
        if is_named || matching.takes(name) || attributes.any(|attribute| begins(attribute.name())) {
            needed.push(index);
        } else if !options.ignore_unknown && policy.attribute_declaration(name).is_none() {
            return Err(matching.unknown_column(name));
        }
    }
    matching.check_named(&names, |name, column| column == name || is_below(column, name))?;
    Ok(needed)
}
