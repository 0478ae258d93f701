//! The command in a build without the feature `tables`.

#![cfg(not(feature = "tables"))]

use std::process::Command;

#[test]
fn scan_says_how_to_install_the_whole_command() {
    for args in [&["scan"] as &[&str], &["scan", "--help"], &["scan", "shop.placet", "people.csv", "--quiet"]]
    {
        let ran = Command::new(env!("CARGO_BIN_EXE_placet")).args(args).output().unwrap();
        assert_eq!((ran.status.code(), ran.stdout.as_slice()), (Some(1), b"".as_slice()));
        let message = String::from_utf8(ran.stderr).unwrap();
        assert!(message.contains("`cargo install --path crates/placet-cli`"), "{message}");
    }
}
