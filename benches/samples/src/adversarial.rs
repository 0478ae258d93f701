//! A policy without a small decision diagram.

use std::fmt::Write;

/// A policy whose diagram is large in every order of attributes: `count` rules of five ranges each over twenty
/// attributes, from a linear congruential sequence (Knuth's MMIX generator).
pub fn adversarial(count: usize) -> String {
    const ATTRIBUTES: u64 = 20;
    let mut out = String::from("policy adversarial\n\nrequest {\n");
    for attribute in 0..ATTRIBUTES {
        let _ = writeln!(out, "  a{attribute}: int 0..1000000");
    }
    out.push_str("}\n");
    let mut state = 7_u64;
    let mut next = |bound: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % bound
    };
    for number in 0..count {
        let effect = if next(10) < 6 { "allow" } else { "deny" };
        let mut left: Vec<u64> = (0..ATTRIBUTES).collect();
        let ranges: Vec<String> = (0..5)
            .map(|_| {
                let place = usize::try_from(next(left.len() as u64)).unwrap_or_default();
                let attribute = left.swap_remove(place);
                let low = next(900_000);
                format!("a{attribute} in {low}..{}", (low + 1_000 + next(600_000)).min(1_000_000))
            })
            .collect();
        let _ = writeln!(out, "\nrule r{number} {{ {effect} when {} }}", ranges.join(" and "));
    }
    out
}
