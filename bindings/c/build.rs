//! Gives the shared library its name for the dynamic linker: that of the versions whose programs can use it.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // Only ELF has a SONAME.
    let family = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    if ["linux", "freebsd", "netbsd", "openbsd", "android"].contains(&family.as_str()) {
        let major = env!("CARGO_PKG_VERSION_MAJOR");
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libplacet.so.{major}");
    }
}
