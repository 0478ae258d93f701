//! `placet graph`.

use super::folder::*;

const ADULTS: &str = "policy p\nrequest { age: int 0..150 }\nrule adults { allow when age >= 18 }\n";

#[test]
fn graph_prints_the_diagram_as_dot_and_mermaid() {
    let folder = Folder::new().with("p.placet", ADULTS);
    let ran = folder.run(&["graph", "p.placet"]).ends(0).quiet();
    assert!(ran.out.contains("  n0 -> allow [label=\"18..150\"];\n"), "{}", ran.out);
    let ran = folder.run(&["graph", "p.placet", "--format", "mermaid"]).ends(0).quiet();
    assert!(ran.out.contains("  n0 -->|\"18..150\"| allow\n"), "{}", ran.out);
}

#[test]
fn graph_draws_a_saved_policy_alike() {
    let folder = Folder::new().with("p.placet", ADULTS);
    folder.run(&["compile", "p.placet", "-o", "p.bin"]).ends(0);
    let saved = folder.run(&["graph", "p.bin"]).ends(0).quiet();
    assert_eq!(saved.out, folder.run(&["graph", "p.placet"]).out);
}

/// Each attribute goes together with several that lie far apart, so every order of the attributes has a large diagram.
#[test]
fn graph_of_a_policy_without_a_whole_diagram_is_an_error() {
    let names: Vec<String> = (0..199).map(|index| format!("a{index}: bool")).collect();
    let pairs =
        (0..199_u64).flat_map(|i| [(i, (i * i + 7 * i + 3) % 199), (i, (5 * i * i * i + i + 11) % 199)]);
    let pairs: Vec<String> = pairs.map(|(one, other)| format!("a{one} and a{other}")).collect();
    let policy = format!(
        "policy p\nrequest {{ {} }}\nrule r {{ allow when {} }}\n",
        names.join("  "),
        pairs.join(" or ")
    );
    let ran = Folder::new().with("p.placet", policy).run(&["graph", "p.placet"]).ends(1);
    assert!(ran.err.contains("the policy has no whole decision diagram"), "{}", ran.err);
    assert_eq!(ran.out, "");
}
