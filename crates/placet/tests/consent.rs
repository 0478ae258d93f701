//! The policy of `examples/consent` gives the same answers with and without lookups and quantifiers.

mod support;

use placet::{Policy, diff};
use support::{policy_of, root};

fn path(file: &str) -> std::path::PathBuf {
    root().join("examples/consent").join(file)
}

fn policies() -> [Policy; 2] {
    ["consent.placet", "written_out.placet"].map(|file| policy_of(&path(file)))
}

#[test]
fn no_request_tells_the_two_policies_apart() {
    let [short, long] = policies();
    let change = diff(&short, &long);
    assert_eq!(change.too_large, None);
    assert!(
        change.effects.is_empty() && change.attributes.is_empty() && change.rules.is_empty(),
        "{change:?}"
    );
}

/// Returns every combination of one value of each list.
fn product(lists: &[&[&'static str]]) -> Vec<Vec<&'static str>> {
    lists.iter().fold(vec![Vec::new()], |combinations, list| {
        let with = |one: &Vec<&'static str>, value| one.iter().copied().chain([value]).collect();
        combinations.iter().flat_map(|one| list.iter().map(move |value| with(one, *value))).collect()
    })
}

#[test]
fn decisions_are_equal_in_every_part() {
    const NULL: &str = "null";
    const PURPOSES: &[&str] = &[
        r#"["store_on_device"]"#,
        r#"["select_basic_ads"]"#,
        r#"["select_basic_content", "measure_ads"]"#,
        r#"["measure_content", "improve_services"]"#,
        r#"["create_ads_profile", "market_research"]"#,
        NULL,
    ];
    const VENDORS: &[&str] = &[
        r#""acme_ads""#,
        r#""birch_analytics""#,
        r#""cobalt_exchange""#,
        r#""delta_content""#,
        r#""ember_profiles""#,
        NULL,
    ];
    const CHOSEN: &[&str] = &["[]", r#"["store_on_device", "advertising", "measurement"]"#, NULL];
    const RESTRICTED: &[&str] = &["[]", r#"["advertising", "measure_content"]"#, NULL];
    const TIMES: &[&str] = &[r#""2026-02-01T00:00:00Z""#, r#""2027-12-01T00:00:00Z""#];
    const ATTRIBUTES: [&str; 7] = [
        "purposes",
        "vendor",
        "consent.purposes",
        "interest.purposes",
        "restrict.to_consent",
        "restrict.to_interest",
        "at",
    ];
    const FIXED: &str = r#""consent.given_at": "2026-01-01T00:00:00Z", "restrict.forbidden": [],
        "consent.vendors": ["acme_ads", "birch_analytics", "delta_content"],
        "interest.vendors": ["acme_ads", "birch_analytics", "cobalt_exchange"]"#;

    let [short, long] = policies();
    let mut effects = std::collections::BTreeMap::new();
    for values in product(&[PURPOSES, VENDORS, CHOSEN, CHOSEN, RESTRICTED, RESTRICTED, TIMES]) {
        let given: String =
            ATTRIBUTES.iter().zip(values).map(|(name, value)| format!(r#""{name}": {value}, "#)).collect();
        let request = format!("{{{given}{FIXED}}}");
        let decision = short.decide_json(&request).unwrap();
        assert_eq!(decision, long.decide_json(&request).unwrap(), "{request}");
        *effects.entry(decision.effect.as_str()).or_insert(0) += 1;
    }
    assert!(effects.len() == 3 && effects.values().all(|&count| count >= 50), "{effects:?}");
}

/// The number of lines of a policy that aren't blank or comments.
fn lines(file: &str) -> usize {
    let text = std::fs::read_to_string(path(file)).unwrap();
    text.lines().map(str::trim_start).filter(|line| !line.is_empty() && !line.starts_with("//")).count()
}

#[test]
fn page_counts_the_lines_of_both_policies() {
    let page = std::fs::read_to_string(path("README.md")).unwrap();
    for file in ["consent.placet", "written_out.placet"] {
        let row = format!("| `{file}` | {} | ", lines(file));
        assert!(page.contains(&row), "{row}");
    }
}
