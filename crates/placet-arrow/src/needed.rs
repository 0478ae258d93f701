//! Finds the columns of a table that a policy needs, by name, before any data is read.

use crate::bound_policy::Matching;
use crate::error::ColumnError;
use crate::options::Options;
use placet::{Policy, Request};
use placet_model::types::is_below;
use placet_syntax::closest;

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
    let mut needed = Vec::new();
    for (index, name) in names.iter().map(AsRef::as_ref).enumerate() {
        let begins = |other: &str| is_below(other, name);
        let is_named = options.columns.iter().any(|(_, column)| column == name || begins(column));
        let mut attributes = policy.model().attributes.iter();
        if is_named || matching.takes(name) || attributes.any(|attribute| begins(&attribute.name)) {
            needed.push(index);
        } else if !options.ignore_unknown && policy.model().find(name).is_none() {
            let attributes = policy.model().attributes.iter().map(|attribute| &*attribute.name);
            let near = closest(name, attributes).map(str::to_owned);
            return Err(ColumnError::UnknownColumn { column: name.to_owned(), near });
        }
    }
    for (attribute, column) in &options.columns {
        let is_there = |name: &str| column == name || is_below(column, name);
        if !names.iter().any(|name| is_there(name.as_ref())) {
            let near = closest(column, names.iter().map(AsRef::as_ref)).map(str::to_owned);
            let (column, attribute) = (column.clone(), attribute.clone());
            return Err(ColumnError::NoSuchColumn { column, attribute, near });
        }
    }
    Ok(needed)
}
