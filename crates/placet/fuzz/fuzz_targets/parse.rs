//! Any bytes: parsing ends without a panic, and what parses is formatted to a fixed point.
#![no_main]

use libfuzzer_sys::fuzz_target;
use placet_syntax::{Limits, Sources, format, parse};

fn formatted(text: &str) -> Option<String> {
    let mut sources = Sources::default();
    let file = sources.add("fuzz", text);
    let (tree, diagnostics) = parse(&sources, file, &Limits::default());
    (!tree.damaged && diagnostics.is_empty()).then(|| format(&sources, &tree))
}

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    if let Some(once) = formatted(&text) {
        let twice = formatted(&once).expect("a formatted policy parses");
        assert_eq!(once, twice, "formatting is a fixed point");
    }
});
