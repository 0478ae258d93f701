//! Runs `make install`, and builds programs that find the library with pkg-config.

#![cfg(target_os = "linux")]

mod support;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::{Build, Workshop, built, compiler, has, here, root, run, soname};

/// Returns the output of pkg-config for an installation under `prefix`.
fn pkg_config(prefix: &Path, arguments: &[&str]) -> Vec<String> {
    let mut command = Command::new("pkg-config");
    command.env("PKG_CONFIG_LIBDIR", prefix.join("lib/pkgconfig"));
    run(command.args(arguments).arg("placet")).split_whitespace().map(str::to_owned).collect()
}

/// Runs `make`. Building and installing may be the work of two users, so only a call with `target_folder` sets
/// `CARGO_TARGET_DIR`.
fn make(shop: &Workshop, targets: &[&str], prefix: &Path, target_folder: Option<&Path>) {
    let mut command = Command::new("make");
    command.arg("-C").arg(here()).args(targets).arg("--no-print-directory");
    command.arg(format!("PREFIX={}", prefix.display()));
    command.arg(format!("STAGE={}", shop.path().join("stage").display()));
    command.arg(format!("CARGO={}", cargo(shop).display()));
    command.env_remove("DESTDIR").env_remove("CARGO_TARGET_DIR");
    if let Some(folder) = target_folder {
        command.env("CARGO_TARGET_DIR", folder);
    }
    run(&mut command);
}

/// Writes a stand-in for `cargo build`, so that the test doesn't build the library again. It links the library of these
/// tests to where cargo would put it, and prints the messages of cargo.
fn cargo(shop: &Workshop) -> PathBuf {
    let script = format!(
        "#!/bin/sh\nset -e\n\
         case \"$*\" in 'build --profile dist '*--message-format=json*) ;; *) exit 1 ;; esac\n\
         folder=\"$CARGO_TARGET_DIR/dist\"\nmkdir -p \"$folder\"\n\
         ln -sf '{built}/libplacet_c.so' '{built}/libplacet_c.a' \"$folder\"\n\
         echo '{{\"reason\":\"compiler-artifact\",\"filenames\":[\"/elsewhere/libplacet.rlib\"]}}'\n\
         echo '{{\"reason\":\"compiler-artifact\",\"filenames\":[\"'\"$folder\"'/libplacet_c.so\",\"'\"$folder\"'/libplacet_c.a\"]}}'\n",
        built = built().display()
    );
    let path = shop.path().join("cargo");
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[test]
fn make_install_serves_pkg_config_and_uninstalls() {
    if !has("make") || !has("pkg-config") {
        return;
    }
    let shop = Workshop::new();
    let prefix = shop.path().join("installed");
    make(&shop, &["all"], &prefix, Some(&shop.path().join("another target")));
    make(&shop, &["install"], &prefix, None);
    let version = pkg_config(&prefix, &["--modversion"]);
    assert_eq!(version, [env!("CARGO_PKG_VERSION")]);
    let soname = soname();
    let link = std::fs::read_link(prefix.join("lib").join(&soname)).unwrap();
    assert_eq!(link.to_str().unwrap(), concat!("libplacet.so.", env!("CARGO_PKG_VERSION")));

    let policy = root().join("examples/newsletter.placet");
    for source in [root().join("examples/c/newsletter.c"), root().join("examples/cpp/newsletter.cpp")] {
        let program = shop.path().join("shared");
        let flags = pkg_config(&prefix, &["--cflags", "--libs"]);
        run(compiler(&source).arg(&source).args(flags).arg("-o").arg(&program));
        let needed = run(Command::new("readelf").arg("-d").arg(&program));
        assert!(needed.contains(&format!("[{soname}]")), "{needed}");
        let printed = run(Command::new(&program).arg(&policy).env("LD_LIBRARY_PATH", prefix.join("lib")));
        assert!(printed.contains("send it"));

        // Links the static library, with the system libraries that pkg-config lists for it.
        let program = shop.path().join("static");
        let flags = pkg_config(&prefix, &["--static", "--cflags", "--libs"]);
        let flags = flags.iter().map(|flag| if flag == "-lplacet" { "-l:libplacet.a" } else { flag });
        run(compiler(&source).arg(&source).args(flags).arg("-o").arg(&program));
        let needed = run(Command::new("readelf").arg("-d").arg(&program));
        assert!(!needed.contains("libplacet"), "{needed}");
        assert!(run(Command::new(&program).arg(&policy)).contains("send it"));

        // Links everything statically, with only the flags of pkg-config.
        if shop.links_statically() {
            let program = shop.path().join("full");
            let flags = pkg_config(&prefix, &["--static", "--cflags", "--libs"]);
            run(compiler(&source).arg("-static").arg(&source).args(flags).arg("-o").arg(&program));
            let dynamic = run(Command::new("readelf").arg("-d").arg(&program));
            assert!(!dynamic.contains("(NEEDED)"), "{dynamic}");
            assert!(run(Command::new(&program).arg(&policy)).contains("send it"));
        }
    }

    make(&shop, &["uninstall"], &prefix, None);
    let left = run(Command::new("find").arg(&prefix).args(["-type", "f", "-o", "-type", "l"]));
    assert_eq!(left, "");
}

#[test]
fn shared_library_has_a_soname_and_few_dependencies() {
    let shop = Workshop::new();
    let program = shop.compile(&root().join("examples/c/newsletter.c"), Build::Shared);
    let dynamic = run(Command::new("readelf").arg("-d").arg(program));
    assert!(dynamic.contains(&format!("[{}]", soname())), "{dynamic}");
    let dynamic = run(Command::new("readelf").arg("-d").arg(built().join("libplacet_c.so")));
    let needed: Vec<&str> = dynamic.lines().filter(|line| line.contains("(NEEDED)")).collect();
    for line in &needed {
        let known = ["libc.so", "libgcc_s.so", "libm.so", "ld-linux"].iter().any(|name| line.contains(name));
        assert!(known, "{line}");
    }
}
