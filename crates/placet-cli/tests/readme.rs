//! The outputs shown in the README and the language reference are what the commands print.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn readme() -> String {
    std::fs::read_to_string(root().join("README.md")).unwrap()
}

/// Returns the code blocks of a language.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    text.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

/// Runs the command in a folder. Returns its output on both streams.
fn placet(folder: &Path, arguments: &[&str], input: &str) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_placet"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
}

#[test]
fn readme_policy_is_the_example() {
    let text = readme();
    let shown = blocks(&text, "placet")[0];
    let example = std::fs::read_to_string(root().join("examples/newsletter.placet")).unwrap();
    assert!(example.starts_with(shown), "the first block is the beginning of examples/newsletter.placet");
}

#[test]
fn readme_decisions_match() {
    let text = readme();
    let mut commands = 0;
    for block in blocks(&text, "console") {
        let mut lines = block.lines().peekable();
        while let Some(line) = lines.next() {
            let Some((request, command)) =
                line.strip_prefix("$ echo '").and_then(|rest| rest.split_once("' | "))
            else {
                continue;
            };
            let arguments: Vec<&str> = command.strip_prefix("cargo placet ").unwrap().split(' ').collect();
            let shown = lines.next().unwrap();
            assert_eq!(placet(&root(), &arguments, request).trim_end(), shown, "{line}");
            commands += 1;
        }
    }
    assert_eq!(commands, 2);
}

#[test]
fn readme_diagnostic_matches() {
    let folder = tempfile::tempdir().unwrap();
    let policy = "policy shop\n\nrequest { email: bool  consent: { granted, refused } }\n\n\
                  rule marketing { allow when email and consent is grantd }\n";
    std::fs::write(folder.path().join("shop.placet"), policy).unwrap();
    let shown = placet(folder.path(), &["check", "shop.placet"], "");
    let text = readme();
    let block =
        blocks(&text, "console").into_iter().find(|block| block.contains("check shop.placet")).unwrap();
    let expected = block.split_once('\n').unwrap().1;
    assert_eq!(shown.trim_end(), expected.trim_end());
}

/// Runs a shown session in a folder: `cat` of a new file creates it; every other command must print the shown output.
#[test]
fn shown_sessions_print_what_the_commands_print() {
    let folder = tempfile::tempdir().unwrap();
    let policy = std::fs::read_to_string(root().join("examples/newsletter.placet")).unwrap();
    std::fs::write(folder.path().join("newsletter.placet"), policy).unwrap();
    let mut commands = 0;
    for block in blocks(&readme(), "console").into_iter().filter(|block| block.starts_with("$ cat ")) {
        for step in block.strip_prefix("$ ").unwrap().split("\n$ ") {
            let (command, shown) = step.split_once('\n').unwrap();
            let printed = match command.split_once(' ').unwrap() {
                ("cat", file) => {
                    let path = folder.path().join(file);
                    if !path.exists() {
                        std::fs::write(&path, format!("{}\n", shown.trim_end())).unwrap();
                    }
                    std::fs::read_to_string(path).unwrap()
                }
                (_, arguments) => placet(folder.path(), &arguments.split(' ').collect::<Vec<_>>(), ""),
            };
            assert_eq!(printed.trim_end(), shown.trim_end(), "{command}");
            commands += 1;
        }
    }
    assert_eq!(commands, 17);
}

#[test]
fn readme_shows_both_commands() {
    let text = readme();
    let commands: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("$ cargo ")).collect();
    assert!(commands.contains(&"placet decide examples/zai/privacy.placet examples/zai/requests.jsonl"));
    assert!(commands.contains(&"test --workspace"));
}

#[test]
fn reference_policies_compile_and_pass_their_tests() {
    let text = std::fs::read_to_string(root().join("grammar/language.md")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let whole: Vec<&str> =
        blocks(&text, "placet").into_iter().filter(|block| block.starts_with("policy ")).collect();
    assert!(whole.len() >= 5, "the reference shows policies");
    for policy in whole {
        std::fs::write(folder.path().join("shown.placet"), policy).unwrap();
        // A policy that shows types has attributes that no rule reads.
        let printed = placet(folder.path(), &["check", "shown.placet"], "");
        let unused = printed.matches("warning[P0804]").count();
        assert_eq!(printed.matches("[P").count(), unused, "{policy}\n{printed}");
        let tested = placet(folder.path(), &["test", "shown.placet"], "");
        assert!(tested.ends_with(" passed, 0 failed\n"), "{policy}\n{tested}");
    }
}

#[test]
fn reference_lists_every_code() {
    let text = std::fs::read_to_string(root().join("grammar/language.md")).unwrap();
    for code in placet::Code::ALL {
        let severity = match code.severity() {
            placet::Severity::Error => "error",
            placet::Severity::Warning => "warning",
            other => panic!("{other:?} has no name"),
        };
        let row = format!("| `{code}` | {severity} | ");
        assert_eq!(text.matches(&row).count(), 1, "{row}");
    }
}
