//! `placet cases`.

use super::folder::*;
use std::path::Path;

/// Returns the text of a policy of the examples.
fn example(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name)).unwrap()
}

#[test]
fn cases_stand_on_both_sides_of_each_cut() {
    let folder = Folder::with_shop("").with("request.json", r#"{"purpose": "marketing", "guardian": null}"#);
    let ran =
        folder.run(&["cases", "shop.placet", "--given", "adult", "--over", "subject.age"]).ends(0).quiet();
    let expected = "\
cases \"boundaries of subject.age\" given adult {
  | subject.age | expect                                |
  | 12          | deny by only minors oblige only erase |
  | 13          | deny by only minors oblige nothing    |
  | 17          | deny by only minors oblige nothing    |
  | 18          | allow by only delivery oblige nothing |
}
";
    assert_eq!(ran.out, expected);
    std::fs::create_dir(folder.path().join("adult")).unwrap();
    let ran =
        folder.run(&["cases", "shop.placet", "--given", "adult", "--over", "subject.age"]).ends(0).quiet();
    assert_eq!(ran.out, expected, "a directory holds no request");
    let args = ["cases", "shop.placet", "--given", "request.json", "--over", "subject.age,consented"];
    let ran = folder.run(&args).ends(0).quiet();
    let head = "cases \"boundaries of subject.age and consented\" given { purpose: marketing, guardian: missing } {\n";
    assert!(ran.out.starts_with(head), "{}", ran.out);
    // Which kind of marketing it is, is unknown.
    let row = ran.line("| 18          | true");
    assert!(row.contains("| allow by only marketing/adverts, marketing/newsletter "), "{row}");
    assert!(
        ran.line("| 17          | true").contains("| indeterminate missing only guardian "),
        "{}",
        ran.out
    );
}

#[test]
fn cases_pass_and_notice_moved_cuts() {
    // The policy without the tests that it has for these cuts.
    let newsletter = example("newsletter.placet");
    let (newsletter, _) = newsletter.split_once("\ncases ").unwrap();
    let folder = Folder::new().with("newsletter.placet", newsletter);
    folder
        .run(&["cases", "newsletter.placet", "--over", "purpose,subject.age,consent", "-o", "cases.placet"])
        .ends(0)
        .quiet();
    let folder = {
        let cases = folder.text("cases.placet");
        folder.with("all.placet", format!("{newsletter}\n{cases}"))
    };
    let ran = folder.run(&["test", "all.placet", "--mutants"]).ends(0).quiet();
    assert!(!ran.out.contains("no test notices"), "{}", ran.out);

    let zai = example("zai/privacy.placet");
    let folder = folder.with("zai.placet", &zai);
    let mut all = zai.clone();
    for (given, over) in [
        ("using", "subject.age"),
        ("using", "purpose,data"),
        ("moving", "destination,recipient,transfer_mechanism"),
        ("marketing_use", "consent,at"),
        ("keeping", "account_open,still_needed"),
        ("answering", "right,subject.verified"),
    ] {
        let ran = folder.run(&["cases", "zai.placet", "--given", given, "--over", over]).ends(0).quiet();
        all.push('\n');
        all.push_str(&ran.out);
    }
    let folder = folder.with("all.placet", &all);
    let ran = folder.run(&["test", "all.placet", "--filter", "boundaries of"]).ends(0).quiet();
    let rows: usize = ran.out.split(' ').next().unwrap().parse().unwrap();
    assert!(rows > 60, "{}", ran.out);
    folder.run(&["fmt", "--check", "all.placet"]).ends(0);
    for (cut, moved) in [("deny when subject.age < 18", "deny when subject.age < 17"), ("< 13", "< 14")] {
        let edited = all.replacen(cut, moved, 1);
        let folder = Folder::new().with("edited.placet", edited);
        let ran = folder.run(&["test", "edited.placet", "--filter", "boundaries of subject.age"]).ends(1);
        assert!(ran.out.contains("FAILED boundaries of subject.age #"), "{}", ran.out);
    }
}

#[test]
fn cases_write_values_of_every_type() {
    let text = r#"policy kinds
request {
  path: string
  tags: set? of string
  left: duration
  due: date?
  score: number -1..1
  parts: set of { a, b, "c-d" }
}
rule paths { allow when path like "a|b*" or path is "x\"y" }
rule tags { deny when any tags in {"n|o", "p"} and no tags in {"q"} }
rule late { deny when left < 90 minutes oblige tell }
rule due { deny when due is none }
rule overdue { deny when due < 2026-03-01 }
rule score { deny when score > 0.25 }
rule parts { deny when all parts in {"c-d"} }
"#;
    let given =
        r#"{"path": "a|", "tags": [], "left": "PT2H", "due": "2026-05-01", "score": 0, "parts": ["a"]}"#;
    let folder = Folder::new().with("kinds.placet", text).with("given.json", given);
    let mut all = text.to_owned();
    for over in ["path", "tags", "left", "due", "score", "parts"] {
        let args = ["cases", "kinds.placet", "--given", "given.json", "--over", over];
        let ran = folder.run(&args);
        let ran = if over == "left" { ran } else { ran.quiet() }.ends(0);
        all.push_str(&ran.out);
        match over {
            "left" => assert!(ran.out.contains("| 5399 seconds"), "{}", ran.out),
            "due" => assert!(ran.out.contains("| none       | deny by only due "), "{}", ran.out),
            "score" => assert!(ran.out.contains("| 0.25 ") && ran.out.contains("| 0.25000"), "{}", ran.out),
            "parts" => assert!(ran.out.contains("| {\"c-d\"} | deny by only parts"), "{}", ran.out),
            _ => {}
        }
    }
    let ran = folder.with("all.placet", &all).run(&["test", "all.placet"]).ends(0);
    assert!(ran.out.ends_with(" passed, 0 failed\n"), "{}", ran.out);
}

#[test]
fn cases_say_what_they_leave_out_and_cannot_answer() {
    let folder = Folder::with_shop("").with("adult", r#"{"subject.age": 3}"#);
    // An existing file comes before an example of its name.
    let ran = folder.run(&["cases", "shop.placet", "--given", "adult", "--over", "purpose"]).ends(0).quiet();
    assert!(ran.out.contains("given { subject.age: 3 }"), "{}", ran.out);
    let ran = folder.run(&["cases", "shop.placet", "--over", "purpose,subject.age", "--limit", "3"]).ends(0);
    assert_eq!(ran.out.lines().count(), 6, "{}", ran.out);
    assert!(ran.err.contains("9 rows left out"), "{}", ran.err);
    let ran = folder.run(&["cases", "shop.placet", "--given", "adlt", "--over", "purpose"]).ends(2);
    assert_eq!(ran.err, "error: the policy has no example `adlt`; did you mean `adult`?\n");
    let ran = folder.run(&["cases", "shop.placet", "--over", "purpos"]).ends(2);
    assert!(ran.err.contains("did you mean `purpose`"), "{}", ran.err);
    folder.run(&["cases", "shop.placet", "--given", "no.json", "--over", "purpose"]).ends(1);
    let folder = folder
        .with("needs.placet", "policy p request { a: bool required b: bool } rule r { allow when a and b }");
    let ran = folder.run(&["cases", "needs.placet", "--over", "b"]).ends(2);
    assert!(ran.err.contains("`a` is required"), "{}", ran.err);
}
