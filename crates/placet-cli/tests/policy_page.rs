//! The page `examples/zai/policy.md` is what `placet doc` writes.
//!
//! Run with `INSTA_UPDATE=always` to write it anew, and read the difference.

use std::path::Path;
use std::process::Command;

#[test]
fn the_page_of_the_example_is_current() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/zai");
    let output = Command::new(env!("CARGO_BIN_EXE_placet"))
        .args(["doc", "privacy.placet", "-o", "-"])
        .current_dir(&folder)
        .output()
        .unwrap();
    let written = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    let page = folder.join("policy.md");
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        std::fs::write(&page, &written).unwrap();
    }
    assert_eq!(written, std::fs::read_to_string(&page).unwrap());
}
