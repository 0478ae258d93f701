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

/// Returns the lines of each job, by its name.
fn jobs() -> BTreeMap<String, Vec<(usize, String)>> {
    let (mut out, mut name) = (BTreeMap::<String, Vec<_>>::new(), None);
    for (width, line) in workflow().into_iter().skip_while(|(_, line)| line != "jobs:").skip(1) {
        match line.trim().strip_suffix(':') {
            Some(found) if width == 2 => name = Some(found.to_owned()),
            _ => out.entry(name.clone().unwrap_or_default()).or_default().push((width, line)),
        }
    }
    out.retain(|name, _| !name.is_empty());
    out
}

/// Returns the permissions of a job, without their comments.
fn permissions(job: &[(usize, String)]) -> Vec<&str> {
    let below = job.iter().skip_while(|(_, line)| line.trim() != "permissions:").skip(1);
    let lines = below.take_while(|(width, _)| *width > 4);
    lines.map(|(_, line)| line.split_once(" #").map_or(&**line, |(line, _)| line).trim()).collect()
}

/// Returns true if an action is named with a major version or a commit.
fn is_pinned(action: &str) -> bool {
    let action = action.split_once(" #").map_or(action, |(action, _)| action).trim();
    action.split_once('@').is_some_and(|(_, version)| {
        let is_major = version.strip_prefix('v').is_some_and(|major| major.parse::<u8>().is_ok());
        is_major || (version.len() == 40 && version.bytes().all(|byte| byte.is_ascii_hexdigit()))
    })
}

fn run(folder: &Folder, script: &str) -> Output {
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
    let mut used = lines.iter().filter_map(|(_, line)| line.split_once("uses: ")).map(|(_, one)| one);
    assert!(used.all(is_pinned));
    assert!(is_pinned("a/b@v4") && is_pinned("a/b@0123456789012345678901234567890123abcdef # v4"));
    assert!(!is_pinned("a/b@main") && !is_pinned("a/b"));
}

#[test]
fn workflow_writes_only_in_a_job_that_runs_nothing_of_the_pull_request() {
    assert!(workflow().iter().any(|(_, line)| line == "permissions: {}"));
    let jobs = jobs();
    assert_eq!(jobs.keys().collect::<Vec<_>>(), ["compare", "report"]);
    assert_eq!(permissions(&jobs["compare"]), ["contents: read"]);
    assert_eq!(
        permissions(&jobs["report"]),
        ["actions: read", "pull-requests: write", "security-events: write"]
    );
    let report: Vec<&str> = jobs["report"].iter().map(|(_, line)| line.trim()).collect();
    assert!(report.contains(&"needs: compare"));
    assert!(report.iter().any(|line| line.starts_with("if: ${{ !cancelled() && ")), "{report:#?}");
    for other in ["checkout", "cargo ", "placet diff", "placet check"] {
        assert!(report.iter().all(|line| !line.contains(other)), "{other}: {report:#?}");
    }
}

/// A folder with a repository `repository`, whose last commit is a change of the one before.
struct Repository(Folder);

impl Repository {
    /// Creates a repository; `None` without the programs that it needs.
    fn new() -> Option<Self> {
        let available =
            |name: &str| Command::new(name).arg("--version").output().is_ok_and(|ran| ran.status.success());
        if !(available("bash") && available("git")) {
            println!("not run: it needs bash and git");
            return None;
        }
        let folder = Folder::new();
        std::fs::create_dir_all(folder.path().join("repository/policies")).unwrap();
        std::fs::create_dir(folder.path().join("temp")).unwrap();
        let new = Self(folder);
        new.git("git -c init.defaultBranch=main init -q");
        Some(new)
    }

    fn git(&self, script: &str) {
        let ran = run(&self.0, script);
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    }

    fn with(self, policy: &str, text: impl AsRef<[u8]>) -> Self {
        Self(self.0.with(&format!("repository/policies/{policy}.placet"), text))
    }

    fn commit(self) -> Self {
        self.git("git add . && git -c user.name=a -c user.email=a@example.org commit -qm a");
        self
    }

    fn remove(self, policy: &str) -> Self {
        std::fs::remove_file(self.0.path().join(format!("repository/policies/{policy}.placet"))).unwrap();
        self
    }

    /// Runs a step, and returns true if it succeeds.
    fn step(&self, name: &str) -> bool {
        let ran = run(&self.0, &scripts()[name]);
        println!("{name}: {}", String::from_utf8_lossy(&ran.stderr));
        ran.status.success()
    }

    fn comment(&self) -> String {
        self.0.text("temp/placet/changes.md")
    }

    fn sarif(&self, name: &str) -> serde_json::Value {
        let text = self.0.text(&format!("temp/placet/sarif/{name}.sarif"));
        serde_json::from_str::<serde_json::Value>(&text).unwrap()["runs"][0].clone()
    }
}

#[test]
fn workflow_comments_and_marks_what_a_pull_request_changes() {
    let Some(repository) = Repository::new() else { return };
    let removed = &SHOP[SHOP.find("/// Children").unwrap()..SHOP.find("rule delivery").unwrap()];
    let repository = repository.with("shop", SHOP).with("stable", TIDY).commit();
    let repository = repository.with("shop", SHOP.replace(removed, "")).with("fresh", TIDY).commit();
    for step in ["Check", "Test", "Compare"] {
        assert!(repository.step(step), "{step}");
    }
    let comment = repository.comment();
    assert!(
        comment.starts_with("## `policies/fresh.placet` is new\n\n## What changes in `shop`\n"),
        "{comment}"
    );
    assert!(comment.contains("| deny → allow | minors "), "{comment}");
    let compared = "\n## Compared\n\n`policies/shop.placet` `policies/stable.placet`\n";
    assert!(comment.ends_with(compared), "{comment}");
    assert_eq!(repository.0.text("summary.md"), comment);
    let run_of_diff = repository.sarif("diff-policies-shop.placet");
    let place = &run_of_diff["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "policies/shop.placet", "named as in the repository");
    assert_ne!(repository.sarif("check")["automationDetails"], run_of_diff["automationDetails"]);
    let stable = repository.sarif("diff-policies-stable.placet");
    assert_eq!(stable["results"], serde_json::json!([]), "closes the alerts of an earlier push");
}

#[test]
fn workflow_tells_which_policies_are_removed_or_broken() {
    let Some(repository) = Repository::new() else { return };
    let repository = repository.with("shop", SHOP).with("tidy", TIDY).commit();
    let repository = repository.remove("shop").with("tidy", BROKEN).commit();
    assert!(!repository.step("Check") && !repository.step("Compare"), "a policy is broken");
    let comment = repository.comment();
    let expected = "## `policies/shop.placet` is removed\n\n## `policies/tidy.placet` could not be compared\n\n\
                    ## Compared\n\nno policy\n";
    assert_eq!(comment, expected);
    assert_eq!(repository.sarif("diff-policies-shop.placet")["results"], serde_json::json!([]));
    let broken = repository.0.path().join("temp/placet/sarif/diff-policies-tidy.placet.sarif");
    assert!(!broken.exists(), "an empty file is no SARIF");

    // Nothing is left: the pattern isn't a name.
    let Some(empty) = Repository::new() else { return };
    let empty = empty.with("shop", SHOP).commit().remove("shop").commit();
    assert!(empty.step("Compare"));
    assert_eq!(empty.comment(), "## `policies/shop.placet` is removed\n\n## Compared\n\nno policy\n");
}

#[test]
fn workflow_cuts_a_long_comment_between_sections() {
    let Some(mut repository) = Repository::new() else { return };
    let names: Vec<String> = (0..12).map(|at| format!("{}{at}", "p".repeat(180))).collect();
    for name in &names {
        repository = repository.with(name, TIDY);
    }
    let mut repository = repository.commit();
    for name in &names {
        let rules: Vec<String> = (0..40)
            .map(|at| format!("rule {}{at} {{ deny when member and not member }}\n", "r".repeat(180)))
            .collect();
        repository = repository.with(name, format!("{TIDY}{}", rules.concat()));
    }
    let repository = repository.commit();
    assert!(repository.step("Compare"));
    let comment = repository.comment();
    assert!(comment.len() > 40_000 && comment.len() < 60_100, "{}", comment.len());
    assert!(comment.ends_with("\n… and more: see the summary of the run.\n"), "{comment}");
    assert_eq!(comment.matches("<details>").count(), comment.matches("</details>").count());
    assert!(repository.0.text("summary.md").contains("## Compared"));
}
