//! The outputs shown on the pages of the examples are what the commands print.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs a shown command, `placet …` or `echo '…' | placet …`, in the folder of its page. Returns its output.
fn output(folder: &Path, command: &str) -> String {
    let (input, command) = match command.strip_prefix("echo '").and_then(|rest| rest.split_once("' | ")) {
        Some((input, command)) => (input, command),
        None => ("", command),
    };
    let arguments = command.strip_prefix("placet ").unwrap().split(' ');
    let mut child = Command::new(env!("CARGO_BIN_EXE_placet"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}

#[test]
fn pages_show_what_the_commands_print() {
    for name in ["ages/README.md", "consent/README.md", "zai/questions.md"] {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name);
        let folder = page.parent().unwrap();
        let page = std::fs::read_to_string(&page).unwrap();
        let sessions: Vec<&str> =
            page.split("```console\n$ ").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
        assert!(!sessions.is_empty(), "{name}");
        for session in sessions {
            let (command, shown) = session.split_once('\n').unwrap();
            assert_eq!(output(folder, command), shown, "{command}");
        }
    }
}
