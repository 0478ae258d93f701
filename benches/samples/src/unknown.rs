//! Policies whose incomplete requests are hard to decide.

use crate::Shape;
use std::fmt::Write;

/// The number of members in [`independent_members`].
const MEMBERS: u32 = 7;

/// Returns a policy over eight sets of seven members that relates no two members: one rule asks the same of each.
pub fn independent_members() -> String {
    let names: Vec<String> = (1..=MEMBERS).map(|member| format!("p{member}")).collect();
    let each = names.iter().map(|p| {
        format!(
            "{p} not in na and ((({p} in vp or {p} in vf) and {p} in c and ({p} in co or {p} not in io))
      or (({p} in vl or {p} in vf) and {p} in li and ({p} in co or {p} not in io)))"
        )
    });
    let attributes =
        ["na", "vp", "vl", "vf", "c", "co", "io", "li"].map(|name| format!("  {name}: set? of P\n"));
    format!(
        "policy members\n\ntaxonomy P {{ {} }}\n\nrequest {{\n{}}}\n\nrule some_purpose {{\n  allow when {}\n}}\n",
        names.join(", "),
        attributes.concat(),
        each.collect::<Vec<_>>().join("\n    or ")
    )
}

/// Returns a policy of `count` rules. Each matches a text with a pattern of its own, and asks for a member of a set.
pub fn text_patterns(count: u32) -> String {
    let mut out =
        String::from("policy patterns\n\nrequest {\n  table: string\n  groups: set? of string\n}\n");
    for number in 0..count {
        let effect = if number % 4 == 3 { "deny" } else { "allow" };
        let group = number % 5 + 1;
        // Writing to a `String` never fails.
        let _ = writeln!(
            out,
            "\nrule r{number} {{ {effect} when table like \"fb_*da{number:03}*\" and \"g{group}\" in groups }}"
        );
    }
    out
}

/// Returns a policy over three dates that allows nothing: 14 years always have more than 5,110 days. Either bound by
/// years alone can avoid a leap day, so the proof looks at a cycle of 400 years.
pub fn circle_of_years() -> String {
    "policy circle\n\nrequest {\n  a: date\n  b: date\n  c: date\n  ok: bool\n}\n\nrule seven_and_seven {\n  \
     allow when years(a, b) >= 7 and years(b, c) >= 7 and c - a <= 5110 days and ok\n}\n"
        .to_owned()
}

/// Returns shapes in which conditions relate many attributes, with their names.
pub fn tangled_shapes() -> [(&'static str, Shape); 4] {
    let large = Shape {
        attributes: (20, 40),
        rules: (30, 60),
        depth: 3,
        conjuncts: 3,
        relations: 60,
        few_values: false,
        groups: 0,
    };
    [
        ("large", large.clone()),
        ("few values", Shape { few_values: true, ..large.clone() }),
        ("many rules", Shape { rules: (300, 500), relations: 30, ..large.clone() }),
        ("dense", Shape { attributes: (6, 10), rules: (60, 120), depth: 4, relations: 90, ..large }),
    ]
}
