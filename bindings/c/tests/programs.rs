//! Compiles the examples and the programs in `programs/` without warnings, and runs them: plainly, under sanitizers and
//! under valgrind.

#![cfg(target_os = "linux")]

mod support;

use std::path::PathBuf;
use std::process::Command;
use support::{Build, Workshop, has, here, root, run};

/// A program, its argument, and its expected output.
struct Program {
    source: PathBuf,
    argument: Option<PathBuf>,
    prints: &'static str,
}

const NEWSLETTER: &str = "age 30: send it\nage 12: deny\n  by §9\n  must erase within 30 days\n\
                          age 30: indeterminate\n  ask for consent\n";

const TABLE: &str = "Ada: allow\nBen: deny\nCem: indeterminate\nDee: deny\n\
                     {\"rows\":4,\"allowed\":1,\"denied\":2,\"indeterminate\":1,\"errors\":0,\
                     \"rules\":{\"children\":1,\"marketing\":1},\"uncertain_rules\":{},\"faults\":[]}\n";

fn programs(shop: &Workshop) -> Vec<Program> {
    let policy = || Some(root().join("examples/newsletter.placet"));
    let own = |name: &str| here().join("tests/programs").join(name);
    vec![
        Program { source: root().join("examples/c/newsletter.c"), argument: policy(), prints: NEWSLETTER },
        Program { source: root().join("examples/c/table.c"), argument: policy(), prints: TABLE },
        Program {
            source: root().join("examples/cpp/newsletter.cpp"),
            argument: policy(),
            prints: NEWSLETTER,
        },
        Program { source: own("misuse.c"), argument: Some(shop.path().to_path_buf()), prints: "" },
        Program { source: own("bound.c"), argument: None, prints: "" },
        Program { source: own("batches.c"), argument: None, prints: "" },
        Program { source: own("wrappers.cpp"), argument: None, prints: "" },
        Program { source: own("ranges.cpp"), argument: None, prints: "" },
    ]
}

/// Compiles each program once, runs it in every way, and compares its output. All programs at once.
fn check(programs: Vec<Program>, shop: &Workshop, build: Build, ways: &[fn(PathBuf) -> Command]) {
    let check_one = |program: &Program| {
        let built = shop.compile(&program.source, build);
        for run_as in ways {
            let printed = run(run_as(built.clone()).args(&program.argument));
            assert_eq!(printed, program.prints, "{}", program.source.display());
        }
    };
    std::thread::scope(|scope| {
        for program in &programs {
            scope.spawn(|| check_one(program));
        }
    });
}

fn under_valgrind(program: PathBuf) -> Command {
    let mut command = Command::new("valgrind");
    command.args(["--quiet", "--leak-check=full", "--show-leak-kinds=definite,indirect,possible"]);
    command.args(["--errors-for-leak-kinds=definite,indirect", "--error-exitcode=9"]);
    command.arg(suppressions()).arg(program);
    command
}

#[test]
fn programs_run_with_the_shared_library() {
    let shop = Workshop::new();
    let ways: &[fn(PathBuf) -> Command] =
        if has("valgrind") { &[Command::new, under_valgrind] } else { &[Command::new] };
    check(programs(&shop), &shop, Build::Shared, ways);
}

#[test]
fn programs_run_with_the_static_library() {
    let shop = Workshop::new();
    // Linking takes seconds a program, and is the same for each.
    let mut programs = programs(&shop);
    programs.truncate(3);
    check(programs, &shop, Build::Static, &[Command::new]);
}

#[test]
fn programs_run_under_sanitizers() {
    let shop = Workshop::new();
    if shop.sanitizes() {
        check(programs(&shop), &shop, Build::Sanitized, &[Command::new]);
    }
}

/// Returns the argument that suppresses false reports about release builds. Debug builds need none.
fn suppressions() -> String {
    format!("--suppressions={}", here().join("valgrind.supp").display())
}

/// Valgrind must see through the library to a program's own uninitialised memory.
#[test]
fn valgrind_reports_arguments_that_were_not_initialized() {
    if !has("valgrind") {
        return;
    }
    let shop = Workshop::new();
    let program = shop.compile(&here().join("tests/programs/uninitialized.c"), Build::Shared);
    for (argument, reported) in [("none", false), ("age", true), ("text", true), ("flag", true)] {
        let mut command = Command::new("valgrind");
        command.args(["--quiet", "--error-exitcode=9"]).arg(suppressions()).arg(&program).arg(argument);
        let output = command.output().unwrap();
        let expected = if reported { Some(9) } else { Some(0) };
        assert_eq!(output.status.code(), expected, "{argument}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Compiles and runs the snippets of the READMEs.
#[test]
fn readme_snippets_compile_and_run() {
    let shop = Workshop::new();
    let mut shown = 0;
    for page in [here().join("README.md"), root().join("README.md")] {
        let text = std::fs::read_to_string(&page).unwrap();
        for (language, extension) in [("```c\n", "c"), ("```cpp\n", "cpp")] {
            for snippet in text.split(language).skip(1) {
                let code = snippet.split("```").next().unwrap();
                let source = shop.path().join(format!("snippet_{shown}.{extension}"));
                std::fs::write(&source, code).unwrap();
                run(Command::new(shop.compile(&source, Build::Shared)).current_dir(root()));
                shown += 1;
            }
        }
    }
    assert!(shown >= 3, "{shown} snippets");
}
