//! The purposes that consents are recorded for.

use crate::problem::Problem;
use placet::{Domain, Policy};

/// The attribute that holds the purpose.
pub(crate) const PURPOSE: &str = "purpose";

/// Returns the purposes that a consent to `name` covers: the purpose itself, or every purpose in the group. Requests
/// are decided by single purposes, so a withdrawal for a name that no request can have must be refused.
///
/// # Errors
/// If the policy has no such purpose.
pub(crate) fn purposes(policy: &Policy, name: &str) -> Result<Vec<String>, Problem> {
    let unknown = || Problem::Body(format!("the policy knows no purpose `{name}`"));
    let purpose = policy.attribute_declaration(PURPOSE).ok_or_else(unknown)?;
    match purpose.domain() {
        Domain::Symbol(symbols) => {
            Ok(symbols.leaves_of(name).ok_or_else(unknown)?.map(str::to_owned).collect())
        }
        Domain::String => Ok(vec![name.to_owned()]),
        _ => Err(unknown()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purposes_of_a_group_are_its_members() {
        let policy = Policy::open("../zai/privacy.placet").unwrap();
        assert_eq!(purposes(&policy, "marketing").unwrap(), ["marketing"]);
        assert_eq!(purposes(&policy, "communicate").unwrap(), ["service_announcement", "marketing"]);
        assert!(purposes(&policy, "marketting").is_err());
        assert!(purposes(&policy, "").is_err());
    }

    #[test]
    fn purposes_of_an_enum_or_a_string_are_the_name_itself() {
        let of = |kind: &str| {
            Policy::from_text(&format!(
                "policy p request {{ purpose: {kind} x: bool }} rule r {{ allow when x }}"
            ))
            .unwrap()
        };
        assert_eq!(purposes(&of("{ a, b }"), "b").unwrap(), ["b"]);
        assert!(purposes(&of("{ a, b }"), "c").is_err());
        assert_eq!(purposes(&of("string"), "c").unwrap(), ["c"]);
        assert!(purposes(&of("bool"), "true").is_err());
    }
}
