//! The outputs shown on the pages of the examples are what the commands print.
//!
//! Run with `INSTA_UPDATE=always` to draw the picture anew.

#![cfg(unix)]

mod support;

use placet::Policy;
use placet_engine::DecisionLog;
use quick_xml::escape::escape;
use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

/// Runs a shown command in a folder. Returns its output.
fn output(folder: &Path, command: &str) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_placet")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let run = Command::new("sh")
        .args(["-c", command])
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", program.display()))
        .output()
        .unwrap();
    // `diff` exits with 1 if an answer differs.
    assert!(run.stderr.is_empty() && matches!(run.status.code(), Some(0 | 1)), "{command}: {run:?}");
    String::from_utf8(run.stdout).unwrap()
}

/// Returns a copy of a folder, in which commands can write files.
fn copied(folder: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, copy.path().join(path.file_name().unwrap())).unwrap();
    }
    copy
}

/// Logs the decisions on the requests of an example, as a service with `LogBuilder::classes` does.
fn log_decisions(folder: &Path) {
    let policy = Policy::open(folder.join("privacy.placet")).unwrap();
    let requests = std::fs::read_to_string(folder.join("requests.jsonl")).unwrap();
    let path = folder.join("decisions.jsonl");
    support::log(&policy, requests.lines(), DecisionLog::builder().classes(), &path);
}

#[test]
fn pages_show_what_the_commands_print() {
    for name in ["ages/README.md", "consent/README.md", "zai/questions.md"] {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name);
        let folder = copied(page.parent().unwrap());
        if name == "zai/questions.md" {
            log_decisions(folder.path());
        }
        let page = std::fs::read_to_string(&page).unwrap();
        let sessions: Vec<&str> =
            page.split("```console\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
        assert!(!sessions.is_empty(), "{name}");
        for commands in sessions {
            let first = commands.strip_prefix("$ ").unwrap();
            for command in first.split("\n$ ") {
                let (command, shown) = command.split_once('\n').unwrap_or((command, ""));
                assert_eq!(output(folder.path(), command).trim_end(), shown.trim_end(), "{command}");
            }
        }
    }
}

/// Returns a matrix, in JSON, as a picture: a table of HTML within SVG, so that the browser lays it out.
fn picture(matrix: &Value) -> String {
    let text = |value: &Value| escape(value.as_str().unwrap()).into_owned();
    let is_closed = |header: &Value| header["is_open"] == false;
    let (rows, columns) = (matrix["rows"].as_array().unwrap(), matrix["columns"].as_array().unwrap());
    let mut table =
        format!("<tr><th>{} \\ {}</th>", text(&matrix["row_attribute"]), text(&matrix["column_attribute"]));
    for column in columns.iter().filter(|column| is_closed(column)) {
        write!(table, "<th>{}</th>", text(&column["title"]).replace('_', " ")).unwrap();
    }
    table.push_str("</tr>\n");
    for (row, cells) in rows.iter().zip(matrix["cells"].as_array().unwrap()) {
        let indent = row["depth"].as_u64().unwrap() + 1;
        write!(table, "<tr><th style=\"padding-left:{indent}em\">{}</th>", text(&row["title"])).unwrap();
        for (_, cell) in columns.iter().zip(cells.as_array().unwrap()).filter(|(column, _)| is_closed(column))
        {
            match cell["effect"].as_str() {
                Some("indeterminate") => table.push_str("<td class=\"indeterminate\">unknown</td>"),
                Some(effect) => write!(table, "<td class=\"{effect}\">{effect}</td>").unwrap(),
                None => table.push_str("<td></td>"),
            }
        }
        table.push_str("</tr>\n");
    }
    let shown = columns.iter().filter(|column| is_closed(column)).count();
    let (width, height) = (170 + 100 * shown, 60 + 30 * rows.len());
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" role=\"img\">\n\
         <title>The answers for each {} and {}</title>\n\
         <foreignObject width=\"100%\" height=\"100%\">\n<div xmlns=\"http://www.w3.org/1999/xhtml\">\n<style>\n{STYLE}</style>\n\
         <table>\n{table}</table>\n</div>\n</foreignObject>\n</svg>\n",
        text(&matrix["row_attribute"]),
        text(&matrix["column_attribute"]),
    )
}

const STYLE: &str = "\
table { border-collapse: collapse; background: #ffffff; color: #1c1c1e; font: 14px system-ui, sans-serif }
th, td { border: 1px solid #c9ccd1; height: 28px; padding: 0 8px; text-align: center }
th { text-align: left; font-weight: 600 }
.allow { background: #d3f2dc }
.deny { background: #fbd9d7 }
.indeterminate { background: #fdf1c7 }
";

#[test]
fn the_picture_of_a_matrix_is_current() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/zai");
    let page = std::fs::read_to_string(folder.join("questions.md")).unwrap();
    let command = page
        .split("```console\n$ ")
        .filter_map(|session| session.lines().next())
        .find(|command| command.ends_with("--rows data --columns purpose"))
        .unwrap();
    let matrix = output(&folder, &format!("{command} --format json"));
    let written = picture(&serde_json::from_str(&matrix).unwrap());
    let file = folder.join("matrix.svg");
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        std::fs::write(&file, &written).unwrap();
    }
    assert_eq!(written, std::fs::read_to_string(&file).unwrap());
}
