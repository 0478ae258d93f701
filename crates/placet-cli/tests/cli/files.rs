//! Every command reads its policy from a regular file, up to the size limit.

use super::folder::*;
use std::fs::File;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

const COMMANDS: [&[&str]; 8] = [
    &["check", "POLICY"],
    &["fmt", "--check", "POLICY"],
    &["test", "POLICY"],
    &["decide", "POLICY", "request.json"],
    &["explain", "POLICY", "request.json"],
    &["scan", "POLICY", "events.csv"],
    &["diff", "shop.placet", "POLICY"],
    &["compile", "POLICY", "-o", "policy.bin"],
];

/// Runs a command that must end within a minute.
fn run_in_time(folder: &Folder, args: &[&str]) -> Ran {
    let mut child = folder.command(args).spawn().unwrap();
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > Duration::from_secs(60) {
            child.kill().unwrap();
            panic!("{args:?} blocks");
        }
        thread::sleep(Duration::from_millis(10));
    }
    Ran::of(child.wait_with_output().unwrap())
}

fn with(args: &[&'static str], policy: &'static str) -> Vec<&'static str> {
    args.iter().map(|arg| if *arg == "POLICY" { policy } else { arg }).collect()
}

#[test]
fn commands_reject_policies_that_are_not_regular_files() {
    let folder = Folder::with_shop("").with("request.json", "{}").with("events.csv", "purpose\n");
    assert!(Command::new("mkfifo").arg(folder.path().join("pipe")).status().unwrap().success());
    for args in COMMANDS {
        for (policy, found) in [("pipe", "a pipe"), ("/dev/zero", "a device"), (".", "a folder")] {
            let ran = run_in_time(&folder, &with(args, policy));
            assert_ne!(ran.code, 0, "{args:?} {policy}");
            let said = ran.err;
            assert!(
                said.contains(&format!("it is {found}, not a regular file")),
                "{args:?} {policy}: {said}"
            );
            assert!(said.contains(policy), "{args:?} {policy}: {said}");
        }
    }
}

#[test]
fn commands_reject_policies_above_the_size_limit() {
    let folder = Folder::with_shop("").with("request.json", "{}").with("events.csv", "purpose\n");
    // A sparse file, larger than any memory.
    File::create(folder.path().join("huge")).unwrap().set_len(1 << 42).unwrap();
    for args in COMMANDS {
        let ran = run_in_time(&folder, &with(args, "huge"));
        assert_ne!(ran.code, 0, "{args:?}");
        assert!(
            ran.err.contains("huge") && ran.err.contains("larger than 16777216 bytes"),
            "{args:?}: {}",
            ran.err
        );
    }
}

#[test]
fn fmt_limits_stdin() {
    let folder = Folder::new();
    let mut command = folder.command(&["fmt", "-"]);
    let ran = Ran::of(command.stdin(File::open("/dev/zero").unwrap()).output().unwrap()).ends(1);
    assert!(ran.err.contains("larger than 16777216 bytes"), "{}", ran.err);
}

#[test]
fn commands_reject_requests_above_the_size_limit() {
    let folder = Folder::with_shop("");
    for args in [["explain", "shop.placet", "/dev/zero"], ["decide", "shop.placet", "/dev/zero"]] {
        let ran = run_in_time(&folder, &args).ends(1);
        assert!(ran.err.contains("16777216 bytes"), "{args:?}: {}", ran.err);
    }
}
