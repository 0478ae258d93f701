//! The paths that a policy depends on, even if it doesn't compile.

use placet::{OpenError, Policy};
use std::fs;
use std::path::PathBuf;

#[test]
fn what_is_imported_and_what_is_not_found_are_both_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    put("main.placet", "policy shop\nimport \"a.placet\"\nimport \"parts/b.placet\"\n");
    put("a.placet", "import \"../outside.placet\"\nrequest { paid: bool }\nrule paid { allow when paid }\n");
    let main = folder.path().join("main.placet");
    let paths = ["main.placet", "a.placet", "parts/b.placet", "../outside.placet"];
    let paths: Vec<PathBuf> = paths.iter().map(|name| folder.path().join(name)).collect();

    let Err(OpenError::Compile(error)) = Policy::open(&main) else { panic!("it compiles") };
    assert_eq!(error.sources.paths(), paths);

    put("main.placet", "policy shop\nimport \"a.placet\"\n");
    put("a.placet", "request { paid: bool }\nrule paid { allow when paid }\n");
    let policy = Policy::open(&main).unwrap();
    assert_eq!(policy.sources().paths(), paths.get(..2).unwrap());

    let alone =
        Policy::from_text("policy shop request { paid: bool } rule paid { allow when paid }").unwrap();
    assert!(alone.sources().paths().is_empty());
}
