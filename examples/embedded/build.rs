//! Checks the policy, runs its tests, and saves it for the program to embed.

use placet::Policy;
use std::path::PathBuf;
use std::{env, fs};

const POLICY: &str = "shop.placet";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let policy = match Policy::open(POLICY) {
        Ok(policy) => policy,
        Err(error) => {
            println!("cargo::rerun-if-changed={POLICY}");
            // With the source lines, as the command `placet check` shows them.
            eprintln!("{}", error.report());
            std::process::exit(1);
        }
    };
    // The policy's file and its imports.
    for path in policy.sources().paths() {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    for warning in policy.report().to_string().lines() {
        println!("cargo::warning={warning}");
    }
    for (test, outcome) in policy.run_tests() {
        if !outcome.passed() {
            return Err(format!("{}: {}: {}", test.location(), test.title(), outcome.failures.join("; ")).into());
        }
    }
    let saved = PathBuf::from(env::var("OUT_DIR")?).join("shop.bin");
    Ok(fs::write(saved, policy.to_bytes())?)
}
