//! A temporary folder with files, and the command run in it.

use serde_json::Value;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

pub(crate) const SHOP: &str = r#"policy shop

taxonomy Purpose { deliver, marketing { newsletter, advertising } }

request {
  subject.age: int 0..150
  purpose: Purpose
  consented: bool
  guardian: bool
  country: string default "SG"
}

/// Children can't agree to anything themselves.
rule minors {
  cite "§9"
  deny when subject.age < 18
    except parental when guardian
  because "People under 18 need a guardian's permission."
  oblige erase within 30 days when subject.age < 13 "Erase what was collected."
}

rule delivery {
  cite "§3"
  basis contract
  allow when purpose is deliver and country is "SG"
}

table marketing {
  cite "§5"
  allow
  | name       | purpose     | consented | basis   | oblige             |
  | newsletter | newsletter  | true      | consent | unsubscribe        |
  | adverts    | advertising | true      | consent | label within 1 day |
}

example adult { subject.age: 30, guardian: false, purpose: deliver, consented: false }
"#;

pub(crate) const TESTS: &str = r#"
test "delivery to an adult" { given adult expect allow by delivery }
test "a child" { given adult with { subject.age: 12 } expect deny by minors oblige erase }

cases "ages, §9" given adult {
  | subject.age | expect |
  | 17          | deny   |
  | 18          | allow  |
}
"#;

pub(crate) const FAILING: &str = r#"
test "advertising without consent" { given adult with { purpose: advertising } expect allow by marketing }
test "an age that there is not" { given adult with { subject.age: 30 } expect error subject.age }
test "no age" { given adult with { subject.age: missing } expect indeterminate missing consented }
"#;

pub(crate) const BROKEN: &str =
    "policy shop\n\nrequest { member: bool }\n\nrule members { allow when membr }\n";
pub(crate) const DOUBTFUL: &str =
    "policy shop\n\nrequest { member: bool }\n\nrule Members { allow when member }\n";
pub(crate) const UGLY: &str = "policy  shop\nrequest{member:bool}\nrule members{allow when member}";
pub(crate) const TIDY: &str =
    "policy shop\n\nrequest {\n  member: bool\n}\n\nrule members {\n  allow when member\n}\n";

/// A folder to run the command in.
pub(crate) struct Folder {
    folder: TempDir,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// Creates a folder with the policy of most tests as `shop.placet`.
    pub(crate) fn with_shop(more: &str) -> Self {
        Self::new().with("shop.placet", format!("{SHOP}{more}"))
    }

    pub(crate) fn with(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        fs::write(self.path().join(name), text).unwrap();
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_placet"));
        command
            .args(args)
            .current_dir(self.path())
            .env_remove("CLICOLOR_FORCE")
            .env_remove("NO_COLOR")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        Ran::of(self.command(args).output().unwrap())
    }

    pub(crate) fn run_with(&self, args: &[&str], input: impl AsRef<[u8]>) -> Ran {
        let mut child = self.command(args).stdin(Stdio::piped()).spawn().unwrap();
        // A command may end before it has read all input; that is not an error.
        match child.stdin.take().unwrap().write_all(input.as_ref()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => panic!("{error}"),
            _ => {}
        }
        Ran::of(child.wait_with_output().unwrap())
    }
}

/// The result of a run.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code().expect("it was not killed"),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "status; out:\n{}\nerr:\n{}", self.out, self.err);
        self
    }

    /// Checks that nothing was written to standard error.
    #[track_caller]
    pub(crate) fn quiet(self) -> Self {
        assert_eq!(self.err, "");
        self
    }

    /// Parses each line of the output as JSON.
    pub(crate) fn json(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    }

    pub(crate) fn lines(&self) -> Vec<&str> {
        self.out.lines().collect()
    }

    /// Returns the output lines that start with a text, without leading white space.
    pub(crate) fn line(&self, start: &str) -> &str {
        let found: Vec<&str> =
            self.out.lines().map(str::trim_start).filter(|line| line.starts_with(start)).collect();
        assert_eq!(found.len(), 1, "lines that begin with `{start}` in:\n{}", self.out);
        found[0]
    }
}

/// A proof about [`SHOP`] that doesn't hold.
pub(crate) const UNPROVED: &str = "\nprove no_adverts { never allow when purpose is advertising }\n";
