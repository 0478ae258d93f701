//! Diagnostics of faulty policies: one policy per case, with the output of `placet check` as its snapshot.
//!
//! A file `diagnostics/P0306_enum.placet` is a case of the code P0306. Cases about files and limits are built here. Run
//! with `INSTA_UPDATE=always` to update the snapshots, then read the changes.

use placet::__private::compile_file;
use placet::{Code, Diagnostic, Limits, Policy};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Other codes that may appear besides the code of a case.
const COMPANIONS: &[(&str, &[&str])] = &[
    ("P0101_beside_an_unknown_name", &["P0304"]),
    ("P0208_many", &["P0304"]),
    ("P0304_errors_before_warnings", &["P0801"]),
    ("P0307_taxonomy_and_node", &["P0801"]),
];

/// A case with several files, or with a file that is not text.
struct MadeCase {
    name: &'static str,
    /// Writes the case into a folder. `main.placet` is compiled.
    write: fn(&Path),
}

const MADE: &[MadeCase] = &[
    MadeCase { name: "P0201_import", write: large_import },
    MadeCase { name: "P0205_main", write: |folder| put(folder, "main.placet", b"policy shop\n// caf\xe9\n") },
    MadeCase {
        name: "P0205_utf16",
        write: |folder| put(folder, "main.placet", b"\xff\xfep\0o\0l\0i\0c\0y\0"),
    },
    MadeCase { name: "P0205_import", write: latin_1_import },
    MadeCase { name: "P0206_main", write: |_| {} },
    MadeCase { name: "P0206_folder", write: folder_as_main },
    MadeCase { name: "P0206_import", write: |folder| importing(folder, "data.placet") },
    MadeCase {
        name: "P0206_import_of_a_folder",
        write: |folder| {
            importing(folder, "data");
            fs::create_dir(folder.join("data")).unwrap();
        },
    },
    MadeCase { name: "P0207_above", write: import_from_above },
    MadeCase { name: "P0207_absolute", write: |folder| importing(folder, "/etc/hostname") },
    #[cfg(unix)]
    MadeCase { name: "P0207_link", write: linked_import },
    MadeCase { name: "P0208_many", write: many_faults },
    MadeCase { name: "P0209_long_line", write: long_line },
    MadeCase { name: "P0210_saved", write: |folder| put(folder, "main.placet", b"placet\x01\0\xd0\x9e\xff") },
    MadeCase { name: "P0210_binary", write: |folder| put(folder, "main.placet", b"\x7fELF\x02\0\xff") },
    MadeCase { name: "P0301_of_no_bytes", write: |folder| put(folder, "main.placet", b"") },
    MadeCase { name: "P0302_in_two_files", write: header_in_two_files },
    MadeCase { name: "P0303_in_two_files", write: attribute_in_two_files },
    MadeCase { name: "P0306_after_tabs_and_wide_letters", write: tabs_and_wide_letters },
];

/// A case that only an embedder's limits cause.
struct LimitedCase {
    name: &'static str,
    limit: fn(&mut Limits),
    write: fn(&Path),
    /// The message of the diagnostic, and the text at its label.
    message: &'static str,
    at: &'static str,
}

const LIMITED: &[LimitedCase] = &[
    LimitedCase {
        name: "P0201_main",
        limit: |limits| limits.file_bytes = 20,
        write: |folder| put(folder, "main.placet", b"policy shop\nrequest { member: bool }\n"),
        message: "`main.placet` is larger than 20 bytes",
        at: "",
    },
    LimitedCase {
        name: "P0202_imports",
        limit: |limits| limits.files = 2,
        write: |folder| {
            put(folder, "main.placet", b"policy shop\nimport \"a.placet\"\nimport \"b.placet\"\n");
            put(folder, "a.placet", b"request { member: bool }\n");
            put(folder, "b.placet", b"rule members { allow when member }\n");
        },
        message: "the policy has more than 2 files",
        at: "\"b.placet\"",
    },
    LimitedCase {
        name: "P0203_let",
        limit: |limits| limits.nesting = 2,
        write: |folder| {
            let text =
                b"policy shop\nrequest { member: bool }\nrule strangers { deny when not (not (member)) }\n";
            put(folder, "main.placet", text);
        },
        message: "nested more deeply than 2 levels",
        at: "n",
    },
    LimitedCase {
        name: "P0211_quantifiers",
        limit: |limits| limits.written_out = 20,
        write: |folder| {
            let text = "policy shop\nrequest { asked: set of { a, b, c, d }, agreed: set of { a, b, c, d } }\n\
                        rule r { allow when some p in asked where (some q in agreed where (p is q)) }\n";
            put(folder, "main.placet", text.as_bytes());
        },
        message: "quantifiers and lookups are written out to more than 20 conditions",
        at: "p",
    },
    LimitedCase {
        name: "P0211_lookups",
        limit: |limits| limits.written_out = 2,
        write: |folder| {
            let text = "policy shop\nrequest { plan: { a, b, c, d }, age: int 0..150 }\n\
                        lookup limit of { a, b, c, d }: int { a: 1, b: 2, c: 3, d: 4 }\n\
                        rule r { allow when age > limit(plan) }\n";
            put(folder, "main.placet", text.as_bytes());
        },
        message: "quantifiers and lookups are written out to more than 2 conditions",
        at: "limit(plan)",
    },
    LimitedCase {
        name: "P0204_rows",
        limit: |limits| limits.rules = 2,
        write: |folder| {
            let text = "policy shop\nrequest { age: int 0..150 }\n\
                        table ages { allow\n| age |\n| 18 |\n| 19 |\n| 20 |\n}\n";
            put(folder, "main.placet", text.as_bytes());
        },
        message: "the policy has more than 2 rules",
        at: "| 20 |",
    },
    LimitedCase {
        name: "P0208_three",
        limit: |limits| limits.diagnostics = 1,
        write: |folder| {
            let text = b"policy shop\nrequest { member: bool }\n\
                         rule a { allow when b }\nrule c { allow when d }\nrule e { allow when f }\n";
            put(folder, "main.placet", text);
        },
        message: "too many problems to show: the limit is 1",
        at: "d",
    },
    LimitedCase {
        name: "P0209_main",
        limit: |limits| limits.line_bytes = 30,
        write: |folder| {
            let text = b"policy shop\n\nrequest { member: bool, age: int 0..150 }\n";
            put(folder, "main.placet", text);
        },
        message: "the line is longer than 30 bytes",
        at: "",
    },
    LimitedCase {
        name: "P0702_steps",
        limit: |limits| limits.proof_steps = 1,
        write: |folder| {
            let text = b"policy shop\nrequest { member: bool, staff: bool }\n\
                         rule members { allow when member and staff }\n\
                         prove strangers { never allow when not (member or staff) }\n";
            put(folder, "main.placet", text);
        },
        message: "couldn't prove or refute `strangers`: the search reached its limit",
        at: "strangers",
    },
];

#[test]
fn file_cases_match_their_snapshots() {
    let folder = cases_folder();
    let mut failed = Vec::new();
    for name in file_cases() {
        let file = format!("{name}.placet");
        let source = fs::read_to_string(folder.join(&file)).unwrap();
        let errors = check(&folder, &file);
        let shown = format!("SOURCE\n{source}\nERROR\n{errors}");
        let codes = codes(&compiled(&folder.join(&file), &Limits::default()));
        failed.extend(failures(&name, &codes, &shown));
    }
    assert!(failed.is_empty(), "these cases are not as their snapshots:\n{}", failed.join("\n"));
}

#[test]
fn made_cases_match_their_snapshots() {
    let mut failed = Vec::new();
    for case in MADE {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("policies");
        fs::create_dir(&root).unwrap();
        (case.write)(&root);
        let shown = format!("SOURCE\n{}\nERROR\n{}", listing(&root), abridged(&check(&root, "main.placet")));
        let codes = codes(&compiled(&root.join("main.placet"), &Limits::default()));
        failed.extend(failures(case.name, &codes, &shown));
    }
    assert!(failed.is_empty(), "these cases are not as their snapshots:\n{}", failed.join("\n"));
}

#[test]
fn limits_have_an_error_when_exceeded() {
    for case in LIMITED {
        let folder = tempfile::tempdir().unwrap();
        (case.write)(folder.path());
        let path = folder.path().join("main.placet");
        let mut limits = Limits::default();
        (case.limit)(&mut limits);
        let within = compiled(&path, &Limits::default());
        let error = compile_file(&path, &limits).unwrap_err();
        let found = error.diagnostics.iter().find(|found| found.code.as_str() == code_of(case.name));
        let Some(found) = found else {
            panic!("{}: {:?} came instead", case.name, error.diagnostics);
        };
        // The library names the file by the path that it was given.
        let message = found.message.replace(&path.display().to_string(), "main.placet");
        assert_eq!(message, case.message, "{}", case.name);
        let at = error.sources.slice(found.span().unwrap());
        assert_eq!(at, case.at, "{}", case.name);
        assert!(found.is_error(), "{}", case.name);
        assert!(
            !codes(&within).contains(code_of(case.name)),
            "{}: it is a fault without the limit too",
            case.name
        );
    }
}

#[test]
fn policy_text_without_a_path_cannot_import() {
    let error = Policy::from_text("policy shop\nimport \"data.placet\"\n").unwrap_err();
    let [fault] = &error.diagnostics[..] else { panic!("{:?}", error.diagnostics) };
    assert_eq!(fault.code.as_str(), "P0206");
    assert_eq!(error.sources.slice(fault.span().unwrap()), "\"data.placet\"");
    assert_eq!(fault.help.as_deref(), Some("compile the policy from a file"));
}

#[test]
fn every_code_has_a_case() {
    let made = MADE.iter().map(|case| case.name.to_owned());
    let limited = LIMITED.iter().map(|case| case.name.to_owned());
    let cases: BTreeSet<String> =
        file_cases().into_iter().chain(made).chain(limited).map(|name| code_of(&name).to_owned()).collect();
    let codes: BTreeSet<String> = Code::ALL.iter().map(|code| code.as_str().to_owned()).collect();
    // The cases of locks are in `cli/clauses.rs`.
    let without: Vec<&String> = codes.difference(&cases).filter(|code| !code.starts_with("P10")).collect();
    assert!(without.is_empty(), "no policy shows what is said for {without:?}");
    let of_none: Vec<&String> = cases.difference(&codes).collect();
    assert!(of_none.is_empty(), "there are cases of {of_none:?}, which are no codes");
}

#[test]
fn every_snapshot_has_a_case() {
    let cases: BTreeSet<String> =
        file_cases().into_iter().chain(MADE.iter().map(|case| case.name.to_owned())).collect();
    let snapshots = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots");
    for file in fs::read_dir(snapshots).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let Some(case) = name.strip_prefix("diagnostics__").and_then(|name| name.strip_suffix(".snap"))
        else {
            continue;
        };
        assert!(cases.contains(case) || cfg!(not(unix)), "the snapshot {name} has no case any more");
    }
}

#[test]
fn messages_are_one_sentence_without_a_full_stop() {
    for name in file_cases() {
        let path = cases_folder().join(format!("{name}.placet"));
        for fault in compiled(&path, &Limits::default()) {
            let texts =
                fault.labels.iter().map(|label| &label.text).chain([&fault.message]).chain(&fault.help);
            for text in texts {
                assert!(!text.ends_with('.'), "{name}: `{text}` ends in a full stop");
                assert!(!text.contains('\n'), "{name}: `{text}` is of several lines");
                assert!(!text.contains("``"), "{name}: `{text}` quotes nothing");
                assert!(!text.starts_with(char::is_uppercase), "{name}: `{text}` begins in upper case");
            }
            assert!(!fault.message.is_empty(), "{name}: a fault without a message");
            assert_eq!(fault.severity, fault.code.severity(), "{name}: the severity is the code's");
        }
    }
}

#[test]
fn diagnostics_are_not_repeated() {
    for name in file_cases() {
        let path = cases_folder().join(format!("{name}.placet"));
        let mut said = BTreeSet::new();
        for fault in compiled(&path, &Limits::default()) {
            let place = fault.span().map(|span| span.range().start);
            assert!(said.insert((fault.code, place)), "{name}: {} twice at one place", fault.code);
            let places: BTreeSet<_> = fault.labels.iter().map(|label| label.span).collect();
            assert_eq!(places.len(), fault.labels.len(), "{name}: two labels at one place of {}", fault.code);
        }
    }
}

/// Checks that following a suggestion fixes the policy.
#[test]
fn suggestions_fix_the_policy() {
    let mut tried = 0;
    for name in file_cases() {
        let path = cases_folder().join(format!("{name}.placet"));
        let Err(error) = compile_file(&path, &Limits::default()) else { continue };
        let text = fs::read_to_string(&path).unwrap();
        let mut mended = text.clone();
        let mut suggested = 0;
        // Apply from the end, so that the earlier offsets stay valid.
        for fault in error.diagnostics.iter().rev() {
            let better = fault.help.as_deref().and_then(|help| help.strip_prefix("did you mean `"));
            if let Some(better) = better.and_then(|help| help.strip_suffix("`?")) {
                mended.replace_range(fault.span().unwrap().range(), better);
                suggested += 1;
            }
        }
        if suggested == 0 {
            continue;
        }
        assert_ne!(mended, text, "{name}: it suggests what stands there");
        tried += 1;
        let after = Policy::from_text(&mended).map_or_else(|error| error.diagnostics, |_| Vec::new());
        let before = error.diagnostics.iter().filter(|fault| fault.is_error()).count();
        let left = after.iter().filter(|fault| fault.is_error()).count();
        assert!(left + suggested <= before, "{name}: with the suggestion:\n{mended}\n{after:?}");
    }
    assert!(tried > 20, "only {tried} cases make a suggestion");
}

/// Describes a wrong code or snapshot of a case.
fn failures(name: &str, codes: &BTreeSet<&str>, shown: &str) -> Vec<String> {
    let own = code_of(name);
    let mut out = Vec::new();
    if !codes.contains(own) {
        out.push(format!("{name}: {own} is not among {codes:?}"));
    }
    let allowed = COMPANIONS.iter().find(|(case, _)| *case == name);
    let allowed = allowed.map_or(&[][..], |(_, codes)| codes);
    let others: Vec<&str> = codes.iter().copied().filter(|code| *code != own).collect();
    if others != allowed {
        out.push(format!("{name}: {others:?} beside {own}, expected {allowed:?}"));
    }
    assert!(!shown.contains('\u{1b}'), "{name}: colours in what is piped");
    assert!(!shown.contains(env!("CARGO_MANIFEST_DIR")), "{name}: an absolute path");
    let matches = catch_unwind(AssertUnwindSafe(|| {
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(name, shown);
        });
    }));
    if matches.is_err() {
        out.push(format!("{name}: the text has changed"));
    }
    out
}

/// Returns the output of `placet check`, run in a folder.
fn check(folder: &Path, file: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_placet"))
        .args(["check", file])
        .current_dir(folder)
        .env_remove("CLICOLOR_FORCE")
        .output()
        .unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.stdout.is_empty(), "{file}: something on standard output");
    assert_eq!(output.status.code(), Some(i32::from(errors.contains("error["))), "{file}: {errors}");
    errors
}

/// Returns the beginning and the end of a long text.
fn abridged(text: &str) -> String {
    const SHOWN: usize = 14;
    let lines: Vec<&str> = text.lines().collect();
    if lines.len() <= 4 * SHOWN {
        return text.to_owned();
    }
    let (start, end) = (&lines[..SHOWN], &lines[lines.len() - SHOWN..]);
    let between = lines.len() - 2 * SHOWN;
    format!("{}\n… {between} lines …\n{}\n", start.join("\n"), end.join("\n"))
}

/// Returns all diagnostics of a policy, including the warnings of one that compiles.
fn compiled(path: &Path, limits: &Limits) -> Vec<Diagnostic> {
    match compile_file(path, limits) {
        Ok(policy) => [policy.warnings(), &policy.analyze()].concat(),
        Err(error) => error.diagnostics,
    }
}

fn codes(diagnostics: &[Diagnostic]) -> BTreeSet<&'static str> {
    diagnostics.iter().map(|fault| fault.code.as_str()).collect()
}

fn cases_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics")
}

/// Returns the names of the cases that are files, in order.
fn file_cases() -> Vec<String> {
    let mut out: Vec<String> = fs::read_dir(cases_folder())
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .map(|file| file.strip_suffix(".placet").expect("only policies are cases").to_owned())
        .collect();
    out.sort_unstable();
    out
}

/// Returns the code of a case: `P0306` for `P0306_enum`.
fn code_of(name: &str) -> &str {
    name.split('_').next().unwrap_or(name)
}

/// Formats the files of a folder for the snapshot.
fn listing(folder: &Path) -> String {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let mut out = String::new();
    for path in files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            let _ = writeln!(out, "── {name}/");
            continue;
        }
        let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
        let lines = text.lines().count();
        if lines > 20 || text.len() > 2_000 {
            let start: String = text.chars().take(60).collect();
            let start = start.lines().next().unwrap_or_default();
            let _ = writeln!(out, "── {name} ({lines} lines, {} bytes)\n{start} …", text.len());
        } else {
            let _ = writeln!(out, "── {name}\n{}", text.trim_end());
        }
    }
    out
}

fn put(folder: &Path, name: &str, bytes: &[u8]) {
    fs::write(folder.join(name), bytes).unwrap();
}

/// A policy that imports one file.
fn importing(folder: &Path, path: &str) {
    let text = format!("policy shop\n\nimport \"{path}\"\n\nrule anybody {{ allow }}\n");
    put(folder, "main.placet", text.as_bytes());
}

fn large_import(folder: &Path) {
    importing(folder, "data.placet");
    let file = fs::File::create(folder.join("data.placet")).unwrap();
    // The file is never read, so it may be sparse.
    file.set_len(Limits::MAX_FILE_BYTES as u64 + 1).unwrap();
}

fn latin_1_import(folder: &Path) {
    importing(folder, "data.placet");
    put(folder, "data.placet", b"// R\xe9gime\nrequest { member: bool }\n");
}

fn folder_as_main(folder: &Path) {
    fs::create_dir(folder.join("main.placet")).unwrap();
}

fn import_from_above(folder: &Path) {
    importing(folder, "../shared.placet");
    put(folder, "../shared.placet", b"request { member: bool }\n");
}

#[cfg(unix)]
fn linked_import(folder: &Path) {
    importing(folder, "shared.placet");
    put(folder, "../shared.placet", b"request { member: bool }\n");
    std::os::unix::fs::symlink("../shared.placet", folder.join("shared.placet")).unwrap();
}

fn many_faults(folder: &Path) {
    let mut text = "policy shop\n\nrequest { member: bool }\n\n".to_owned();
    for number in 0..=Limits::MAX_DIAGNOSTICS + 1 {
        let _ = writeln!(text, "rule r{number} {{ allow when membre }}");
    }
    put(folder, "main.placet", text.as_bytes());
}

fn long_line(folder: &Path) {
    let mut text = "policy shop\n\nrequest { member: bool }\n\nrule members { allow when member".to_owned();
    text.push_str(&" or member".repeat(Limits::MAX_LINE_BYTES / 10));
    text.push_str(" }\n");
    put(folder, "main.placet", text.as_bytes());
}

fn header_in_two_files(folder: &Path) {
    importing(folder, "data.placet");
    put(folder, "data.placet", b"policy data\n");
}

fn attribute_in_two_files(folder: &Path) {
    put(
        folder,
        "main.placet",
        b"policy shop\n\nimport \"data.placet\"\n\nrequest { age: int 0..150 }\n\nrule minors { deny when age < 18 }\n",
    );
    put(folder, "data.placet", b"request { age: int 0..99 }\n");
}

/// The text with a byte-order mark and Windows line endings.
fn tabs_and_wide_letters(folder: &Path) {
    let text = "\u{feff}policy shop\r\n\r\nrequest { consent: { granted, refused } }\r\n\r\n\
                rule consent {\r\n\tbecause \"überall 検査\"\tallow when consent is grantd\r\n}\r\n";
    put(folder, "main.placet", text.as_bytes());
}
