//! `placet check`.

use super::folder::*;
use std::fs;

#[test]
fn check_prints_nothing_for_a_valid_policy() {
    let ran = Folder::new().with("tidy.placet", TIDY).run(&["check", "tidy.placet"]).ends(0).quiet();
    assert_eq!(ran.out, "");
}

#[test]
fn check_warns_about_a_default_and_exits_with_0() {
    let ran = Folder::with_shop(TESTS).run(&["check", "shop.placet"]).ends(0);
    assert!(
        ran.err.starts_with(
            "warning[P0906]: leaving out `country` counts as `\"SG\"`, which allows requests that "
        ),
        "{}",
        ran.err
    );
    assert_eq!(ran.out, "");
}

#[test]
fn check_verbose_describes_evaluator_and_classes() {
    let folder = Folder::with_shop(TESTS).with("tidy.placet", TIDY);
    let ran = folder.run(&["check", "--verbose", "shop.placet"]).ends(0);
    for line in [
        "shop.placet: shop",
        "  4 rules, 0 proofs, 4 tests",
        "    subject.age  0..12 | 13..17 | 18..150",
        "    purpose  deliver | newsletter | advertising",
        "    guardian  false | true",
        "    country  \"SG\" | texts such as \"\"",
    ] {
        assert!(ran.out.lines().any(|found| found == line), "{line}\n{}", ran.out);
    }
    assert!(ran.out.contains("  evaluator: masks ("), "{}", ran.out);
    assert_eq!(folder.run(&["check", "--verbose", "shop.placet"]).out, ran.out);
}

#[test]
fn check_verbose_json_is_one_object_per_file() {
    let folder = Folder::with_shop(TESTS).with("tidy.placet", TIDY).with("broken.placet", BROKEN);
    let args = ["check", "--verbose", "--format", "json", "tidy.placet", "shop.placet", "broken.placet"];
    let ran = folder.run(&args).ends(1).quiet();
    let lines = ran.json();
    let files: Vec<&serde_json::Value> = lines.iter().filter(|line| line.get("strategy").is_some()).collect();
    assert_eq!(files.len(), 2, "{}", ran.out);
    assert_eq!(files[0]["file"], "tidy.placet");
    assert_eq!(files[0]["variables"][0]["name"], "member");
    assert_eq!(files[1]["rules"], 4);
    assert_eq!(files[1]["strategy"]["evaluator"], "masks");
    assert_eq!(files[1]["variables"][0]["classes"][1], "13..17");
}

#[test]
fn check_writes_errors_to_stderr_and_exits_with_1() {
    let ran = Folder::new().with("broken.placet", BROKEN).run(&["check", "broken.placet"]).ends(1);
    assert_eq!(ran.out, "");
    assert!(ran.err.starts_with("error[P0304]: "), "{}", ran.err);
    assert!(ran.err.contains("--> broken.placet:5:27"), "{}", ran.err);
    assert!(ran.err.contains("did you mean `member`?"), "{}", ran.err);
}

#[test]
fn check_shows_warnings_and_exits_with_0() {
    let ran = Folder::new().with("doubtful.placet", DOUBTFUL).run(&["check", "doubtful.placet"]).ends(0);
    assert!(ran.err.starts_with("warning[P0801]: "), "{}", ran.err);
}

#[test]
fn check_reads_all_files_and_fails_if_one_is_broken() {
    let folder = Folder::new()
        .with("tidy.placet", TIDY)
        .with("broken.placet", BROKEN)
        .with("doubtful.placet", DOUBTFUL);
    let ran =
        folder.run(&["check", "broken.placet", "tidy.placet", "nowhere.placet", "doubtful.placet"]).ends(1);
    assert!(ran.err.contains("error[P0304]"), "{}", ran.err);
    assert!(ran.err.contains("error[P0206]: `nowhere.placet` can't be read"), "{}", ran.err);
    assert!(ran.err.contains("warning[P0801]"), "{}", ran.err);
    assert!(!ran.err.contains("tidy.placet"), "{}", ran.err);
}

#[test]
fn check_compiles_imports() {
    let folder = Folder::new()
        .with("main.placet", "policy shop\nimport \"rules.placet\"\nrequest { member: bool }\n")
        .with("rules.placet", "rule members { allow when membre }\n");
    let ran = folder.run(&["check", "main.placet"]).ends(1);
    assert!(ran.err.contains("--> rules.placet:1:27"), "{}", ran.err);
    // From another folder, the path must still point to the file.
    fs::create_dir(folder.path().join("elsewhere")).unwrap();
    let output =
        folder.command(&["check", "../main.placet"]).current_dir(folder.path().join("elsewhere")).output();
    let ran = Ran::of(output.unwrap()).ends(1);
    assert!(ran.err.contains("--> ../rules.placet:1:27"), "{}", ran.err);
}

#[test]
fn check_json_is_one_diagnostic_per_line() {
    let folder = Folder::new().with("broken.placet", BROKEN).with("doubtful.placet", DOUBTFUL);
    let ran = folder.run(&["check", "--format", "json", "broken.placet", "doubtful.placet"]).ends(1).quiet();
    let faults = ran.json();
    assert_eq!(faults.len(), 2, "{}", ran.out);
    let fault = &faults[0];
    assert_eq!(fault["code"], "P0304");
    assert_eq!(fault["severity"], "error");
    assert_eq!(fault["help"], "did you mean `member`?");
    assert!(fault["message"].as_str().unwrap().contains("`membr`"), "{fault}");
    assert!(fault["notes"].as_array().unwrap().is_empty(), "{fault}");
    let place = &fault["labels"][0];
    assert_eq!(
        (&place["file"], &place["line"], &place["column"]),
        (&"broken.placet".into(), &5.into(), &27.into())
    );
    let range = place["start"].as_u64().unwrap() as usize..place["end"].as_u64().unwrap() as usize;
    assert_eq!(&BROKEN[range], "membr", "the offsets are bytes of the file");
    assert_eq!(faults[1]["severity"], "warning");
    assert_eq!(faults[1]["labels"][0]["file"], "doubtful.placet");
}

#[test]
fn check_counts_columns_in_characters() {
    let text = "policy shop\nrequest { member: bool }\nrule a { cite \"§§§\" allow when membr }\n";
    let folder = Folder::new().with("a.placet", text);
    let place = folder.run(&["check", "a.placet", "--format", "json"]).json()[0]["labels"][0].clone();
    assert_eq!(place["column"], 32);
    assert_eq!(place["start"], text.find("membr }").unwrap());
}

#[test]
fn check_recognises_a_saved_policy() {
    let folder = Folder::with_shop("");
    folder.run(&["compile", "shop.placet", "-o", "shop.bin"]).ends(0);
    for command in ["check", "test", "fmt"] {
        let ran = folder.run(&[command, "shop.bin"]).ends(1);
        assert!(ran.err.contains("is a saved policy, not the text of a policy"), "{command}: {}", ran.err);
        assert!(!ran.err.contains("UTF-8"), "{command}: {}", ran.err);
    }
    let ran = folder.run(&["compile", "shop.bin", "-o", "again.bin"]).ends(1);
    assert!(ran.err.contains("is a saved policy, not the text of a policy"), "{}", ran.err);
}
