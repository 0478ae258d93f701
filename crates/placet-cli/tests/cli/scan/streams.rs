//! Tables that are read from pipes and exceed the memory.

use super::*;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

#[test]
fn scan_reads_stdin() {
    let folder = with_people();
    let from_file = folder.run(&["scan", "shop.placet", "people.csv", "-o", "-", "-q"]).ends(0).out;
    let ran = folder.run_with(&["scan", "shop.placet", "-", "-o", "-", "-q"], PEOPLE).ends(0).quiet();
    assert_eq!(ran.out, from_file);
    let ran = folder.run_with(&["scan", "shop.placet", "-", "--input-format", "parquet"], "PAR1").ends(1);
    assert!(ran.err.contains("can't be read from a pipe"), "{}", ran.err);
    let ran = folder.run_with(&["scan", "shop.placet", "-"], "subject.age\n151\n").ends(2);
    assert!(ran.err.starts_with("error: standard input: row 1"), "{}", ran.err);
}

#[test]
fn scan_shows_no_progress_in_pipes() {
    let folder = with_people();
    let ran = folder.run(&["scan", "shop.placet", "people.csv"]).ends(0);
    assert_eq!(ran.err, "");
}

#[test]
fn scan_ignores_a_closed_pipe() {
    let rows = "30,deliver\n".repeat(200_000);
    let folder = Folder::with_shop("").with("t.csv", format!("subject.age,purpose\n{rows}"));
    let mut child = folder.command(&["scan", "shop.placet", "t.csv", "-o", "-", "-q"]).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert_eq!(first, "effect\n");
    // The reader has closed its end.
    Ran::of(child.wait_with_output().unwrap()).ends(0).quiet();
}

#[test]
fn scan_limits_rows_with_an_unclosed_quote() {
    let text = format!("subject.age,country\n30,\"{}", "x".repeat(65 << 20));
    let ran = Folder::with_shop("").run_with(&["scan", "shop.placet", "-"], text).ends(1);
    assert!(ran.err.contains("is a closing quote missing?"), "{}", ran.err);
}

/// Returns the peak memory of a process, in KiB.
#[cfg(target_os = "linux")]
fn peak(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn scan_memory_does_not_grow_with_the_stream() {
    let folder = Folder::with_shop("");
    let reasons =
        ["--reasons", "rules,clauses,obligations,missing", "--deny-report", "denied.txt", "--threads", "2"];
    let args = ["scan", "shop.placet", "-", "-q", "-o", "/dev/null", "--with-input", "--output-format"];
    for form in ["csv", "parquet"] {
        let mut child =
            folder.command(&[&args[..], &[form], &reasons].concat()).stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let rows: String =
            PEOPLE.lines().skip(1).map(|line| format!("{line}\n")).collect::<String>().repeat(2_000);
        stdin.write_all(b"subject.age,purpose,consented,guardian,country\n").unwrap();
        // All written data has been read, except what the pipe buffers.
        let mut after = |chunks: usize| {
            (0..chunks).for_each(|_| stdin.write_all(rows.as_bytes()).unwrap());
            peak(child.id())
        };
        let (warm, end) = (after(20), after(60));
        drop(stdin);
        Ran::of(child.wait_with_output().unwrap()).ends(0).quiet();
        assert!(end < warm + (16 << 10), "{form}: {warm} KiB after a quarter, {end} KiB at the end");
    }
}
