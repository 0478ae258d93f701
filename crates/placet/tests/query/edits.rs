//! Random changes of policies.

use placet::Policy;
use placet_model::Model;
use placet_samples::{Random, Shape, model, policy};

/// Changes numbers, connectives and effects of a policy at random places.
pub(crate) fn edited(random: &mut Random, text: &str) -> String {
    let mut out = String::new();
    for word in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let core = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let tail = &word[core.len()..];
        let number = core.parse::<i64>().ok().filter(|_| !matches!(tail, "-" | "." | ":" | "T"));
        match (number, core) {
            (Some(number), _) if random.chance(20) => out.push_str(&number.saturating_add(1).to_string()),
            (_, "and") if random.chance(8) => out.push_str("or"),
            (_, "allow") if random.chance(8) => out.push_str("deny"),
            _ => out.push_str(core),
        }
        out.push_str(tail);
    }
    out
}

/// Gives some attributes and taxonomies of a policy more values.
pub(crate) fn widened(random: &mut Random, text: &str) -> String {
    let lines = text.lines().map(|line| {
        let is_declared = line.starts_with("  ") && line.contains(": ") || line.starts_with("taxonomy ");
        if !is_declared || random.chance(60) {
            return line.to_owned();
        }
        if line.contains("set of ") && random.chance(50) {
            return line.replace("set of ", "set? of ");
        }
        match (line.split_once(".."), line.rsplit_once(" }")) {
            (Some((before, after)), _) if line.contains(": int") => {
                let (high, rest) = after.split_at(after.find(' ').unwrap_or(after.len()));
                let high: i64 = high.parse().unwrap_or(0);
                format!("{before}..{}{rest}", high.saturating_add(5))
            }
            (_, Some((before, after))) => format!("{before}, extra }}{after}"),
            _ => line.to_owned(),
        }
    });
    lines.collect::<Vec<String>>().join("\n")
}

/// Makes some attributes of a policy `required` or optional, or gives them a default, or takes that from them.
pub(crate) fn redeclared(random: &mut Random, text: &str) -> String {
    let (before, rest) = text.split_once("request {\n").unwrap();
    let (declared, after) = rest.split_once("\n}").unwrap();
    let lines = declared.lines().map(|line| {
        let (name, kind) = line.split_once(": ").unwrap();
        let mut kind = kind.to_owned();
        if random.chance(20) && !kind.starts_with("set") {
            match kind.find('?') {
                Some(mark) => drop(kind.remove(mark)),
                None => {
                    let end = match kind.starts_with('{') {
                        true => kind.find('}').map(|end| end + 1),
                        false => kind.find(|c: char| !c.is_alphanumeric()),
                    };
                    kind.insert(end.unwrap_or(kind.len()), '?');
                }
            }
        }
        if random.chance(20) {
            let plain = kind.split(" default ").next().unwrap().trim_end_matches(" required");
            let low = plain.split_once(' ').and_then(|(_, range)| range.split_once(".."));
            kind = match (plain.len() < kind.len(), low) {
                (true, _) => plain.to_owned(),
                (false, Some((low, _))) if random.chance(50) => format!("{plain} default {low}"),
                (false, _) if plain.starts_with("bool") && random.chance(50) => {
                    format!("{plain} default true")
                }
                (false, _) => format!("{plain} required"),
            };
        }
        format!("{name}: {kind}")
    });
    let declared = lines.collect::<Vec<String>>().join("\n");
    format!("{before}request {{\n{declared}\n}}{after}")
}

/// Returns two policies: some choices of the first are made otherwise in the second, and either may have more values.
pub(crate) fn pair(random: &mut Random) -> Option<[(Model, Policy); 2]> {
    let bytes: Vec<u8> = (0..3_000).map(|_| random.below(256) as u8).collect();
    let mut edited = bytes.clone();
    for _ in 0..random.between(1, 6) {
        let from = random.pick(&[0, 60, 60, 120]).copied().unwrap_or_default();
        edited[from + random.below(300) as usize] = random.below(256) as u8;
    }
    let mut read = |bytes: &[u8]| {
        let text = policy(&mut Random::steered(bytes), &Shape::small());
        let text = if random.chance(30) { widened(random, &text) } else { text };
        Some((model(&text).ok()?, Policy::from_text(&text).ok()?))
    };
    Some([read(&bytes)?, read(&edited)?])
}
