//! Sets the SONAME of the shared library, which names the breaking version: programs of that version can use it.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // Only ELF has a SONAME; other linkers would reject the argument.
    let family = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    if ["linux", "freebsd", "netbsd", "openbsd", "android"].contains(&family.as_str()) {
        let (major, minor) = (env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR"));
        // Under Semantic Versioning as cargo reads it, a minor version breaks until 1.0.
        let breaking = if major == "0" { format!("0.{minor}") } else { major.to_owned() };
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libplacet.so.{breaking}");
    }
}
