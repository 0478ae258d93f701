//! Compares `placet.h` with the sources and with the symbols of the library: functions, types, numbers. Also checks the
//! form of its comments.

#![cfg(target_os = "linux")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use support::{Workshop, built, here, run};

/// Returns the text of the header, with each marker on the line of its function.
fn header() -> String {
    let text = std::fs::read_to_string(here().join("include/placet.h")).unwrap();
    text.replace("PLACET_MUST_USE\n", "PLACET_MUST_USE ")
}

/// The marker of functions whose result must not be ignored.
const MUST_USE: &str = "PLACET_MUST_USE ";

/// Derives a header from the sources.
fn derived() -> String {
    let mut config = cbindgen::Config {
        language: cbindgen::Language::C,
        style: cbindgen::Style::Type,
        usize_is_size_t: true,
        ..Default::default()
    };
    for name in
        ["Policy", "Request", "Value", "Decision", "Error", "Attribute", "Buffer", "Diagnostic", "Obligation"]
            .into_iter()
            .chain(["Status", "Effect", "Part", "Column", "Options", "Tally", "Counts", "Field", "Bound"])
    {
        config.export.rename.insert(name.into(), format!("placet_{}", name.to_lowercase()));
    }
    config.export.rename.insert("FieldType".into(), "placet_field_type".into());
    config.export.rename.insert("BoundPolicy".into(), "placet_bound_policy".into());
    config.export.include.extend(["Part".into(), "FieldType".into()]);
    config.enumeration.rename_variants = cbindgen::RenameRule::ScreamingSnakeCase;
    let mut out = Vec::new();
    cbindgen::Builder::new().with_crate(here()).with_config(config).generate().unwrap().write(&mut out);
    String::from_utf8(out).unwrap()
}

/// The declarations of a header, without comments, preprocessor directives and layout.
#[derive(Debug, Default, PartialEq, Eq)]
struct Declared {
    functions: BTreeMap<String, String>,
    structs: BTreeMap<String, String>,
    numbers: BTreeMap<String, i32>,
}

/// Parses the declarations of a header, and expands its typedefs.
fn declared(text: &str) -> Declared {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("/*") {
        plain.push_str(before);
        rest = after.split_once("*/").unwrap().1;
    }
    plain.push_str(rest);
    plain = plain.replace(MUST_USE, "").replace("\\\n", " ");
    // Arrow's structs are no typedefs, unlike those of cbindgen.
    let plain = plain.replace("struct Arrow", "Arrow");
    let lines = plain.lines().filter(|line| !line.starts_with('#') && !line.contains("extern \"C\""));
    let lines: Vec<&str> = lines.map(|line| line.split("//").next().unwrap()).collect();
    let mut declared = Declared::default();
    let mut types: BTreeMap<String, String> = BTreeMap::new();
    for statement in statements(&lines.join("\n")) {
        if let Some(body) = statement.strip_prefix("enum ") {
            for entry in body.split_once('{').unwrap().1.trim_end_matches('}').split(',') {
                if let Some((name, number)) = entry.split_once('=') {
                    let name = name.trim().trim_start_matches("PLACET_").to_owned();
                    declared.numbers.insert(name, number.trim().parse().unwrap());
                }
            }
        } else if let Some((head, body)) = statement.split_once('{') {
            // A typedef has its name after the fields, a plain struct before them.
            let (fields, name) = body.split_once('}').unwrap();
            let name = if name.is_empty() { head } else { name };
            declared.structs.insert(name.trim().to_owned(), fields.trim().to_owned());
        } else if let Some(body) = statement.strip_prefix("typedef ") {
            let (meaning, name) = body.rsplit_once([' ', '*']).unwrap();
            if !meaning.starts_with("struct ") || body.contains('*') {
                let stars = if body.contains('*') { body.matches('*').count() } else { 0 };
                let meaning = meaning.trim_end_matches(['*', ' ']);
                types.insert(name.to_owned(), format!("{meaning} {}", "*".repeat(stars)).trim().to_owned());
            }
        } else if let Some((head, _)) = statement.split_once('(') {
            let name = head.rsplit([' ', '*']).next().unwrap().to_owned();
            declared.functions.insert(name, statement);
        }
    }
    let expand = |text: &String| {
        let mut text = text.clone();
        // Typedefs can refer to typedefs, so one round is not enough; four are more than the header needs.
        for _ in 0..4 {
            let words = text.split_inclusive(|c: char| !c.is_alphanumeric() && c != '_');
            let expanded = words.map(|word| {
                let name = word.trim_end_matches(|c: char| !c.is_alphanumeric() && c != '_');
                types.get(name).map_or(word.to_owned(), |meaning| format!("{meaning}{}", &word[name.len()..]))
            });
            text = expanded.collect();
        }
        text.replace("* ", "*").replace(" *", "*").replace("const*", "const *")
    };
    declared.functions = declared.functions.iter().map(|(name, text)| (name.clone(), expand(text))).collect();
    declared.structs = declared.structs.iter().map(|(name, text)| (name.clone(), expand(text))).collect();
    declared
}

/// Splits a text into statements, each on one line.
fn statements(text: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut depth = 0;
    for c in text.chars() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        if c == ';' && depth == 0 {
            all.push(String::new());
        } else {
            all.last_mut().unwrap().push(c);
        }
    }
    let flat = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ").replace("( ", "(");
    all.into_iter().map(flat).filter(|text| text.len() > 1).collect()
}

#[test]
fn header_declares_what_the_sources_define() {
    let (written, derived) = (declared(&header()), declared(&derived()));
    assert!(written.functions.len() > 50, "{written:#?}");
    for (name, function) in &written.functions {
        assert_eq!(Some(function), derived.functions.get(name), "{name}");
    }
    assert_eq!(written, derived);
}

#[test]
fn library_exports_exactly_the_functions_of_the_header() {
    let symbols = run(Command::new("nm").args(["-D", "--defined-only"]).arg(built().join("libplacet_c.so")));
    let exported: BTreeSet<&str> = symbols.lines().filter_map(|line| line.split(' ').nth(2)).collect();
    let declared = declared(&header());
    assert_eq!(exported, declared.functions.keys().map(String::as_str).collect());
}

#[test]
fn comments_of_functions_name_threads_and_owners() {
    let header = header();
    for (name, function) in declared(&header).functions {
        let before = header.split(&format!("{name}(")).next().unwrap();
        let comment = &before[before.rfind("/*").unwrap()..];
        let comment = comment.split_whitespace().collect::<Vec<_>>().join(" ").replace("* ", "");
        assert!(comment.contains("thread"), "{name}: {comment}");
        let mentioned = before[before.rfind("*/").unwrap()..].lines().count();
        assert!(mentioned <= 2, "{name} has no comment of its own");
        let gives = ["policy", "request", "value", "decision", "bound", "bound_policy", "tally"];
        let gives = gives.map(|given| format!("placet_{given}**"));
        if gives.iter().any(|given| function.contains(given.as_str())) {
            assert!(comment.contains("that the caller frees with"), "{name}: {comment}");
        }
        if function.contains("placet_buffer*") && !name.ends_with("_free") {
            assert!(comment.contains("that the caller frees with placet_buffer_free"), "{name}: {comment}");
        }
    }
}

#[test]
fn header_has_the_version_of_the_library() {
    let header = header();
    let defined = |name: &str| {
        let line = header.lines().find_map(|line| line.strip_prefix(&format!("#define PLACET_{name} ")));
        line.unwrap().trim_matches('"').to_owned()
    };
    assert_eq!(defined("VERSION"), env!("CARGO_PKG_VERSION"));
    let parts = ["VERSION_MAJOR", "VERSION_MINOR", "VERSION_PATCH"].map(defined);
    assert_eq!(parts.join("."), env!("CARGO_PKG_VERSION"));
}

#[test]
fn compilers_reject_an_ignored_status() {
    let header = header();
    for (name, function) in declared(&header).functions {
        let line = header.lines().find(|line| line.contains(&format!(" {name}("))).unwrap_or(&name);
        let must = function.starts_with("int32_t placet_")
            && !name.ends_with("_effect")
            && name != "placet_error_status";
        let must = must
            || name.ends_with("_is_allowed")
            || ["placet_policy_effect", "placet_bound_effect"].contains(&&*name);
        assert_eq!(line.starts_with(MUST_USE), must, "{line}");
    }
    let shop = Workshop::new();
    for (extension, compiler) in [("c", "cc"), ("cpp", "c++")] {
        let source = shop.path().join(format!("ignored.{extension}"));
        for (statement, compiles) in [
            ("return placet_request_clear(r, NULL);", true),
            ("placet_request_clear(r, NULL); return 0;", false),
        ] {
            let text = format!(
                "#include <placet.h>\nint clear(placet_request *r);\nint clear(placet_request *r) {{ {statement} }}\n"
            );
            std::fs::write(&source, text).unwrap();
            let mut command = Command::new(compiler);
            command
                .args(["-Werror", "-c", "-o", "/dev/null"])
                .arg("-I")
                .arg(here().join("include"))
                .arg(&source);
            assert_eq!(command.output().unwrap().status.success(), compiles, "{compiler}: {statement}");
        }
    }
}

/// Finds paragraphs with short lines in their middle, which edits leave behind.
#[test]
fn comments_fill_their_lines() {
    let header = header();
    let mut paragraph: Vec<&str> = Vec::new();
    for line in header.lines().chain([""]) {
        let text = line.strip_prefix(" * ").filter(|text| !text.starts_with("- ") && !text.contains("  "));
        if let Some(text) = text {
            paragraph.push(text);
            continue;
        }
        for (line, next) in paragraph.iter().zip(paragraph.iter().skip(1)) {
            let word = next.split(' ').next().unwrap();
            let ends = line.ends_with(['.', ':']);
            assert!(ends || line.len() + 1 + word.len() > 110, "{line}\n{next}");
        }
        paragraph.clear();
    }
    for line in header.lines().filter(|line| line.starts_with(" *")) {
        assert!(line.chars().count() <= 120, "{line}");
    }
}
