//! Dotted names of attributes.

/// Returns true if a dotted name lies below a group of names: `subject.age` is below `subject`.
///
/// ```
/// use placet_core::is_below;
///
/// assert!(is_below("subject.age", "subject"));
/// assert!(!is_below("subjects", "subject"));
/// ```
pub fn is_below(name: &str, group: &str) -> bool {
    name.strip_prefix(group).is_some_and(|rest| rest.starts_with('.'))
}
