//! `placet.hpp` under every C++ compiler on the path: each standard, strict warnings, each level of optimisation.

#![cfg(target_os = "linux")]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use support::{Workshop, has, here, run};

/// `c++2b` is C++23 for compilers from before it was published, and for those from after.
const STANDARDS: [&str; 3] = ["c++17", "c++20", "c++2b"];

const WARNINGS: [&str; 6] = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"];

/// The compilers on the path; a machine without one can't test the header.
fn compilers() -> Vec<&'static str> {
    let found: Vec<_> = ["g++", "clang++"].into_iter().filter(|compiler| has(compiler)).collect();
    assert!(!found.is_empty(), "neither g++ nor clang++ is on the path");
    found
}

fn program(name: &str) -> PathBuf {
    here().join("tests/programs").join(name)
}

fn compile(compiler: &str, standard: &str, source: &Path) -> Command {
    let mut command = Command::new(compiler);
    command.args(WARNINGS).arg(format!("-std={standard}")).arg("-pthread").arg(source);
    command
}

/// Runs `work` for all compilers at once.
fn with_each_compiler(work: impl Fn(&str) + Sync) {
    std::thread::scope(|scope| {
        for compiler in compilers() {
            let work = &work;
            scope.spawn(move || work(compiler));
        }
    });
}

#[test]
fn the_header_compiles_without_a_warning_in_every_standard() {
    let sources = [program("ranges.cpp"), program("wrappers.cpp")];
    with_each_compiler(|compiler| {
        for (standard, source) in STANDARDS.iter().flat_map(|s| sources.iter().map(move |source| (s, source)))
        {
            // Errors come from system headers too; warnings do not.
            for include in ["-I", "-isystem"] {
                let mut command = compile(compiler, standard, source);
                run(command.arg("-fsyntax-only").arg(include).arg(here().join("include")));
            }
        }
    });
}

#[test]
fn ranges_are_copied_at_every_level_of_optimisation() {
    let shop = Workshop::new();
    // Code differs by level, views come with C++20, and the oldest and the newest standard see one level each.
    let builds = ["-O0", "-O1", "-O2", "-O3"].map(|level| ("c++20", level));
    let builds = [builds.as_slice(), &[("c++17", "-O2"), ("c++2b", "-O2")]].concat();
    with_each_compiler(|compiler| {
        for (standard, level) in &builds {
            let built = shop.path().join(format!("ranges_{compiler}_{standard}_{level}"));
            let mut command = compile(compiler, standard, &program("ranges.cpp"));
            command.args([level, "-I"]).arg(here().join("include")).arg("-o").arg(&built);
            run(command.args(shop.link()));
            run(&mut Command::new(&built));
        }
    });
}

/// Types that could be misunderstood.
#[test]
fn values_of_other_types_do_not_compile() {
    let shop = Workshop::new();
    let refused = [
        "nullptr",
        "'x'",
        "std::uint64_t{1}",
        "std::vector<int>{1}",
        "std::vector<bool>{true}",
        "L\"text\"",
        "policy.value(policy.attribute(\"a\"), \"b\")",
        "std::vector<std::optional<std::string>>{}",
    ];
    let source = |value: &str| {
        format!(
            "#include <placet.hpp>\nvoid set(const placet::Policy &policy, placet::Request &request) \
             {{ static_cast<void>(policy); request.set(\"a\", {value}); }}\n"
        )
    };
    // The header itself refuses them, whatever the compiler.
    let compiler = compilers()[0];
    for value in refused.into_iter().chain(["\"text\""]) {
        let path = shop.path().join("value.cpp");
        std::fs::write(&path, source(value)).unwrap();
        let mut command = compile(compiler, "c++20", &path);
        let output = command.arg("-fsyntax-only").arg("-I").arg(here().join("include")).output().unwrap();
        assert_eq!(output.status.success(), value == "\"text\"", "{compiler}: {value}");
    }
}
