//! Compiles programs in C and C++ against the library of these tests, and runs them.
#![allow(dead_code, reason = "each test binary uses only some helpers")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Returns the folder of this crate.
pub(crate) fn here() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the root of the repository.
pub(crate) fn root() -> PathBuf {
    here().join("../..")
}

/// Returns the folder with `libplacet_c.so` and `libplacet_c.a`: `PLACET_LIBRARY`, or that of the test binary, where
/// cargo puts them.
pub(crate) fn built() -> PathBuf {
    if let Some(folder) = std::env::var_os("PLACET_LIBRARY") {
        return root().join(folder);
    }
    std::env::current_exe().unwrap().parent().unwrap().to_path_buf()
}

/// Returns true if a tool is installed, and prints a line if it isn't.
pub(crate) fn has(tool: &str) -> bool {
    let found = Command::new(tool).arg("--version").output().is_ok_and(|output| output.status.success());
    if !found {
        println!("skipped: there is no {tool}");
    }
    found
}

/// Runs a command and returns its output. Panics if it fails.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    printed(command, output)
}

/// Like [`run`], with input.
pub(crate) fn run_with_input(command: &mut Command, input: &str) -> String {
    let mut running =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = running.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        // A program that fails early closes the pipe. Its status reports the failure, so the write may fail.
        scope.spawn(move || drop(stdin.write_all(input.as_bytes())));
        running.wait_with_output().unwrap()
    });
    printed(command, output)
}

fn printed(command: &Command, output: Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{said}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

/// Returns the SONAME of the library. It names the breaking version, which before 1.0 is the minor one.
pub(crate) fn soname() -> String {
    match (env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR")) {
        ("0", minor) => format!("libplacet.so.0.{minor}"),
        (major, _) => format!("libplacet.so.{major}"),
    }
}

/// A way to build a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Build {
    Shared,
    Static,
    Sanitized,
}

/// A temporary folder for programs, with links to the library under its installed names.
pub(crate) struct Workshop {
    folder: tempfile::TempDir,
}

impl Workshop {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let library = built().join("libplacet_c.so");
        for name in ["libplacet.so", &soname()] {
            std::os::unix::fs::symlink(&library, folder.path().join(name)).unwrap();
        }
        Self { folder }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the arguments that link a program with the shared library.
    pub(crate) fn link(&self) -> [String; 3] {
        let folder = self.path().display();
        [format!("-L{folder}"), "-lplacet".to_owned(), format!("-Wl,-rpath,{folder}")]
    }

    /// Compiles a program with warnings as errors, and returns its path.
    pub(crate) fn compile(&self, source: &Path, build: Build) -> PathBuf {
        let name = source.file_name().unwrap().to_str().unwrap();
        let program = self.path().join(format!("{name}_{build:?}"));
        let mut command = compiler(source);
        command.arg("-I").arg(here().join("include")).arg("-g").arg(source).arg("-o").arg(&program);
        match build {
            Build::Static => {
                command.arg(built().join("libplacet_c.a")).args("-lpthread -ldl -lm".split(' '));
            }
            Build::Shared | Build::Sanitized => {
                command.args(self.link());
            }
        }
        if build == Build::Sanitized {
            command.args(SANITIZE);
        }
        run(&mut command);
        program
    }

    /// Returns true if the compiler supports the sanitizers, and prints a line if it doesn't.
    pub(crate) fn sanitizes(&self) -> bool {
        self.can_build(&SANITIZE)
    }

    /// Returns true if the C library can be linked statically, and prints a line if it can't.
    pub(crate) fn links_statically(&self) -> bool {
        self.can_build(&["-static"])
    }

    /// Returns true if a program that is built with `arguments` runs.
    fn can_build(&self, arguments: &[&str]) -> bool {
        let source = self.path().join("empty.c");
        let program = self.path().join("empty");
        std::fs::write(&source, "int main(void) { return 0; }\n").unwrap();
        let compiled = compiler(&source).args(arguments).arg(&source).arg("-o").arg(&program).output();
        let works = compiled.is_ok_and(|output| output.status.success())
            && Command::new(&program).output().is_ok_and(|output| output.status.success());
        if !works {
            println!("skipped: programs can't be built with {arguments:?} here");
        }
        works
    }
}

const SANITIZE: [&str; 3] =
    ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"];

/// Returns the compiler for a source, with its warnings and its standard.
pub(crate) fn compiler(source: &Path) -> Command {
    let is_cpp = source.extension().is_some_and(|extension| extension == "cpp");
    let (variable, usual, standard) =
        if is_cpp { ("CXX", "c++", "-std=c++17") } else { ("CC", "cc", "-std=c11") };
    let mut command = Command::new(std::env::var_os(variable).unwrap_or_else(|| usual.into()));
    command.args(["-Wall", "-Wextra", "-Werror", "-pedantic", "-pthread", standard]);
    command
}
