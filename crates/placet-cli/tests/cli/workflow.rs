//! The workflow in `examples/github`: its scripts, run on a small repository.

use super::folder::*;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

/// Returns the lines of the workflow, with the width of their indentation.
fn workflow() -> Vec<(usize, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/github/placet.yml");
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| (line.len() - line.trim_start().len(), line.to_owned())).collect()
}

/// Returns the script of each named step.
fn scripts() -> BTreeMap<String, String> {
    let (mut out, mut name) = (BTreeMap::new(), String::new());
    let lines = workflow();
    for (index, (width, line)) in lines.iter().enumerate() {
        if let Some(found) = line.trim_start().strip_prefix("- name: ") {
            name = found.to_owned();
        }
        if line.trim_start() == "run: |" {
            let below = lines[index + 1..].iter().take_while(|(own, line)| own > width || line.is_empty());
            let script: String =
                below.map(|(_, line)| format!("{}\n", line.trim_start_matches(' '))).collect();
            out.insert(name.clone(), script);
        }
    }
    out
}

fn run(folder: &Folder, script: &str, base: &str) -> Output {
    let command = Path::new(env!("CARGO_BIN_EXE_placet")).parent().unwrap();
    let path = format!("{}:{}", command.display(), std::env::var("PATH").unwrap());
    // As the workflow's `shell: bash` does.
    Command::new("bash")
        .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script])
        .current_dir(folder.path().join("repository"))
        .env("PATH", path)
        .env("RUNNER_TEMP", folder.path().join("temp"))
        .env("GITHUB_STEP_SUMMARY", folder.path().join("summary.md"))
        .env("POLICIES", "policies/*.placet")
        .env("BASE", base)
        .output()
        .unwrap()
}

#[test]
fn workflow_puts_no_expression_into_a_script() {
    let scripts = scripts();
    let names: Vec<&str> = scripts.keys().map(String::as_str).collect();
    assert_eq!(names, ["Check", "Comment", "Compare", "Install placet", "Test"]);
    assert!(scripts.values().all(|script| !script.contains("${{")), "{scripts:#?}");
    let lines = workflow();
    assert!(lines.iter().any(|(_, line)| line == "permissions: {}"));
    let used: Vec<&str> =
        lines.iter().filter_map(|(_, line)| line.split_once("uses: ")).map(|(_, one)| one).collect();
    assert!(
        used.iter().all(|one| one.split_once("@v").is_some_and(|(_, version)| version.parse::<u8>().is_ok()))
    );
}

#[test]
fn workflow_comments_and_marks_what_a_pull_request_changes() {
    let available =
        |name: &str| Command::new(name).arg("--version").output().is_ok_and(|ran| ran.status.success());
    if !(available("bash") && available("git")) {
        println!("not run: it needs bash and git");
        return;
    }
    let folder = Folder::new();
    std::fs::create_dir_all(folder.path().join("repository/policies")).unwrap();
    std::fs::create_dir(folder.path().join("temp")).unwrap();
    let removed = &SHOP[SHOP.find("/// Children").unwrap()..SHOP.find("rule delivery").unwrap()];
    let git = "git -c user.name=a -c user.email=a@example.org -c init.defaultBranch=main";
    let folder =
        folder.with("repository/policies/shop.placet", SHOP).with("repository/policies/stable.placet", TIDY);
    let begun =
        run(&folder, &format!("{git} init -q; {git} add .; {git} commit -qm a; git rev-parse HEAD"), "");
    let base = String::from_utf8(begun.stdout).unwrap();
    let folder = folder
        .with("repository/policies/shop.placet", SHOP.replace(removed, ""))
        .with("repository/policies/fresh.placet", TIDY);

    let scripts = scripts();
    for step in ["Check", "Test", "Compare"] {
        let ran = run(&folder, &scripts[step], base.trim());
        assert!(ran.status.success(), "{step}: {}", String::from_utf8_lossy(&ran.stderr));
    }
    let comment = folder.text("temp/placet/changes.md");
    assert!(
        comment.starts_with("## `policies/fresh.placet` is new\n\n## What changes in `shop`\n"),
        "{comment}"
    );
    assert!(comment.contains("| deny → allow | minors ") && !comment.contains("stable"), "{comment}");
    assert_eq!(folder.text("summary.md"), comment);
    let log = |name: &str| {
        let text = folder.text(&format!("temp/placet/sarif/{name}.sarif"));
        serde_json::from_str::<serde_json::Value>(&text).unwrap()["runs"][0].clone()
    };
    let run_of_diff = log("diff-policies-shop.placet");
    let place = &run_of_diff["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "policies/shop.placet", "named as in the repository");
    assert_ne!(log("check")["automationDetails"], run_of_diff["automationDetails"]);

    // A broken policy fails the check, and is named in the comment.
    let folder = folder.with("repository/policies/shop.placet", BROKEN);
    assert!(!run(&folder, &scripts["Check"], base.trim()).status.success());
    run(&folder, "git worktree remove --force ../temp/base", "");
    assert!(run(&folder, &scripts["Compare"], base.trim()).status.success());
    let comment = folder.text("temp/placet/changes.md");
    assert!(comment.contains("## `policies/shop.placet` could not be compared\n"), "{comment}");
}
