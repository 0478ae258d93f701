//! Compiles `placet.hpp` with each C++ compiler on the path: in each standard, with strict warnings, at each level of
//! optimisation.

#![cfg(target_os = "linux")]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use support::{Workshop, has, here, run};

/// The C++ standards. `c++2b` names C++23 for old compilers and for new ones.
const STANDARDS: [&str; 3] = ["c++17", "c++20", "c++2b"];

const WARNINGS: [&str; 6] = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"];

/// Returns the compilers on the path. Panics if there is none, because the header would go untested.
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

/// Runs `work` for all compilers in parallel.
fn with_each_compiler(work: impl Fn(&str) + Sync) {
    std::thread::scope(|scope| {
        for compiler in compilers() {
            let work = &work;
            scope.spawn(move || work(compiler));
        }
    });
}

#[test]
fn header_compiles_without_warnings_in_each_standard() {
    let sources = [program("ranges.cpp"), program("wrappers.cpp")];
    with_each_compiler(|compiler| {
        for (standard, source) in STANDARDS.iter().flat_map(|s| sources.iter().map(move |source| (s, source)))
        {
            // Compilers hide warnings in system headers, but not errors.
            for include in ["-I", "-isystem"] {
                let mut command = compile(compiler, standard, source);
                run(command.arg("-fsyntax-only").arg(include).arg(here().join("include")));
            }
        }
    });
}

#[test]
fn set_copies_ranges_at_each_level_of_optimisation() {
    let shop = Workshop::new();
    // C++20 is tested at each level, since it has the views. One level is enough for the oldest and the newest
    // standard.
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

/// Ambiguous types.
#[test]
fn set_does_not_compile_for_ambiguous_types() {
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
    // The header itself rejects them, so one compiler is enough.
    let compiler = compilers()[0];
    for value in refused.into_iter().chain(["\"text\""]) {
        let path = shop.path().join("value.cpp");
        std::fs::write(&path, source(value)).unwrap();
        let mut command = compile(compiler, "c++20", &path);
        let output = command.arg("-fsyntax-only").arg("-I").arg(here().join("include")).output().unwrap();
        assert_eq!(output.status.success(), value == "\"text\"", "{compiler}: {value}");
    }
}
