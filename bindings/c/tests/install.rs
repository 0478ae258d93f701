//! `make install`, and programs that find the library by pkg-config.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what helps a test may panic as the test may, of which alone clippy.toml speaks"
)]

mod support;

use std::path::Path;
use std::process::Command;
use support::{Build, Workshop, built, compiler, has, here, root, run};

fn pkg_config(prefix: &Path, arguments: &[&str]) -> Vec<String> {
    let mut command = Command::new("pkg-config");
    command.env("PKG_CONFIG_LIBDIR", prefix.join("lib/pkgconfig"));
    run(command.args(arguments).arg("placet")).split_whitespace().map(str::to_owned).collect()
}

fn make(target: &str, prefix: &Path) {
    let mut command = Command::new("make");
    command.arg("-C").arg(here()).arg(target).arg("--no-print-directory");
    command.arg(format!("PREFIX={}", prefix.display())).arg(format!("BUILT={}", built().display()));
    run(command.env_remove("DESTDIR"));
}

#[test]
fn what_is_installed_is_found_and_used() {
    if !has("make") || !has("pkg-config") {
        return;
    }
    let shop = Workshop::new();
    let prefix = shop.path().join("installed");
    make("install", &prefix);
    let version = pkg_config(&prefix, &["--modversion"]);
    assert_eq!(version, [env!("CARGO_PKG_VERSION")]);
    let soname = format!("libplacet.so.{}", env!("CARGO_PKG_VERSION_MAJOR"));

    let policy = root().join("examples/newsletter.placet");
    for source in [root().join("examples/c/newsletter.c"), root().join("examples/cpp/newsletter.cpp")] {
        let program = shop.path().join("shared");
        let flags = pkg_config(&prefix, &["--cflags", "--libs"]);
        run(compiler(&source).arg(&source).args(flags).arg("-o").arg(&program));
        let needed = run(Command::new("readelf").arg("-d").arg(&program));
        assert!(needed.contains(&format!("[{soname}]")), "{needed}");
        let printed = run(Command::new(&program).arg(&policy).env("LD_LIBRARY_PATH", prefix.join("lib")));
        assert!(printed.contains("send it"));

        // Without the shared one, the static one is taken, with what it needs.
        let program = shop.path().join("static");
        let flags = pkg_config(&prefix, &["--static", "--cflags", "--libs"]);
        let flags = flags.iter().map(|flag| if flag == "-lplacet" { "-l:libplacet.a" } else { flag });
        run(compiler(&source).arg(&source).args(flags).arg("-o").arg(&program));
        let needed = run(Command::new("readelf").arg("-d").arg(&program));
        assert!(!needed.contains("libplacet"), "{needed}");
        assert!(run(Command::new(&program).arg(&policy)).contains("send it"));
    }

    make("uninstall", &prefix);
    let left = run(Command::new("find").arg(&prefix).args(["-type", "f", "-o", "-type", "l"]));
    assert_eq!(left, "");
}

#[test]
fn the_shared_library_tells_its_name_and_needs_little() {
    let shop = Workshop::new();
    let program = shop.compile(&root().join("examples/c/newsletter.c"), Build::Shared);
    let dynamic = run(Command::new("readelf").arg("-d").arg(program));
    assert!(dynamic.contains("[libplacet.so.0]"), "{dynamic}");
    let dynamic = run(Command::new("readelf").arg("-d").arg(built().join("libplacet_c.so")));
    let needed: Vec<&str> = dynamic.lines().filter(|line| line.contains("(NEEDED)")).collect();
    for line in &needed {
        let known = ["libc.so", "libgcc_s.so", "libm.so", "ld-linux"].iter().any(|name| line.contains(name));
        assert!(known, "{line}");
    }
}
