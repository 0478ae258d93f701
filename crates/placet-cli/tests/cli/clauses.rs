//! `placet clauses`, and the lock that `placet check` compares.

use super::folder::*;
use serde_json::Value;
use std::fs;
use std::path::Path;

/// The document of the policy of most tests.
const TERMS: &str = "\
# Terms

Who uses the shop agrees to these terms.

## 3. Delivery
We deliver to *Singapore* alone.

## 5. Marketing
We write to those who agreed: a) to the newsletter; b) to advertising.

## 6. Security
We keep everything safe.

## 9. Children
Those under 18 need a guardian.

Data of those under 13 is erased.
";

const ALL: &[&str] = &["clauses", "shop.placet", "--source", "terms.md"];
const PIN: &[&str] = &["clauses", "shop.placet", "--source", "terms.md", "--pin"];
const CHECK: &[&str] = &["check", "shop.placet", "--source", "terms.md"];

const MARKS: &str =
    "// Not for rules.\nundecidable \"preamble\": \"says who agrees\"\n\nundecidable \"§6\": \"a promise\"\n";

fn shop() -> Folder {
    Folder::with_shop(TESTS).with("terms.md", TERMS)
}

fn pinned() -> Folder {
    let folder = shop().with("shop.clauses", MARKS);
    folder.run(PIN).ends(0).quiet();
    folder
}

/// Returns the listed clauses of a state.
fn of_state<'r>(report: &'r Value, state: &str) -> Vec<&'r str> {
    let clauses = report["clauses"].as_array().unwrap().iter().filter(|clause| clause["state"] == state);
    clauses.map(|clause| clause["clause"].as_str().unwrap()).collect()
}

/// Resolves cites in a document. Returns for each the clause that it means and its line, or the problem.
fn resolve(document: &str, cites: &[&str]) -> Vec<String> {
    let rules = cites
        .iter()
        .enumerate()
        .map(|(index, cite)| format!("rule r{index} {{ cite {} allow when a }}\n", Value::from(*cite)));
    let policy = format!("policy p\nrequest {{ a: bool }}\n{}", rules.collect::<String>());
    let folder = Folder::new().with("p.placet", policy).with("d.md", document);
    let ran = folder.run(&["clauses", "p.placet", "--source", "d.md", "--format", "json"]).quiet();
    let report = &ran.json()[0];
    let found = |index: usize| {
        let name = format!("r{index}");
        let has = |entry: &&Value| entry["rules"].as_array().unwrap().iter().any(|rule| *rule == name);
        let clause = report["clauses"].as_array().unwrap().iter().find(has);
        let clause =
            clause.map(|clause| format!("{}:{}", clause["clause"].as_str().unwrap(), clause["line"]));
        clause.unwrap_or_else(|| {
            let cite = report["unresolved"].as_array().unwrap().iter().find(has).unwrap();
            cite["problem"].as_str().unwrap().to_owned()
        })
    };
    (0..cites.len()).map(found).collect()
}

const NONE: &str = "the document has no such clause";

#[test]
fn clauses_lists_cited_and_uncited_clauses() {
    let ran = shop().run(ALL).ends(1).quiet();
    assert_eq!(
        ran.out,
        "\
Clauses with rules
  §3 Delivery  line 5
    rules: delivery
    tests: \"delivery to an adult\", \"ages, §9 #2\"
  §5 Marketing  line 8
    rules: marketing/newsletter, marketing/adverts
    tests: none
  §9 Children  line 14
    rules: minors
    tests: \"a child\", \"ages, §9 #1\"

Clauses that no rule cites
  preamble  line 3
  §6 Security  line 11
  if no rule can decide one, write in shop.clauses: undecidable \"preamble\": \"…\"

terms.md: 3 clauses with rules, 0 undecidable, 2 that no rule cites; 0 cites without a clause
"
    );
}

#[test]
fn clauses_json_is_one_object() {
    let folder = shop().with("shop.clauses", "undecidable \"§6\": \"a promise\"");
    let ran = folder.run(&[ALL, &["--format", "json"]].concat()).ends(1).quiet();
    let report = &ran.json()[0];
    assert_eq!(of_state(report, "cited"), ["§3", "§5", "§9"]);
    assert_eq!(of_state(report, "uncited"), ["preamble"]);
    assert_eq!(of_state(report, "undecidable"), ["§6"]);
    assert_eq!(report["clauses"][1]["clause"], "§3");
    assert_eq!(report["clauses"][1]["tests"], serde_json::json!(["delivery to an adult", "ages, §9 #2"]));
    assert_eq!(report["clauses"][3]["reason"], "a promise");
}

#[test]
fn marked_clauses_complete_the_list() {
    let ran = shop().with("shop.clauses", MARKS).run(ALL).ends(0).quiet();
    assert!(
        ran.out.contains("Clauses that no rule can decide\n  preamble  line 3\n    says who agrees\n"),
        "{}",
        ran.out
    );
}

#[test]
fn marks_that_are_unneeded_or_unknown_are_reported() {
    let more = "undecidable \"§9\": \"x\"\nundecidable \"§7\": \"x\"\nundecidable \"Security\": \"x\"\n";
    let ran = shop().with("shop.clauses", format!("{MARKS}{more}")).run(ALL).ends(1).quiet();
    assert_eq!(ran.line("§9  shop"), "§9  shop.clauses:5: a rule cites it");
    assert!(ran.line("§7  shop").starts_with("§7  shop.clauses:6: the document has no such clause"));
    assert_eq!(ran.line("Security  shop"), "Security  shop.clauses:7: it is marked twice");
}

#[test]
fn malformed_marks_are_errors_with_their_line() {
    for line in [
        "§6",
        "undecidable §6: \"x\"",
        "undecidable \"§6\"",
        "undecidable \"§6\": \"\"",
        "undecidable \"§6\": \"x\" y",
    ] {
        let ran = shop().with("shop.clauses", format!("\n{line}\n")).run(ALL).ends(1);
        let expected =
            format!("error: shop.clauses:2: expected `undecidable \"CLAUSE\": \"REASON\"`, found `{line}`\n");
        assert_eq!((ran.err, ran.out.as_str()), (expected, ""));
    }
}

#[test]
fn cites_without_a_clause_are_reported_and_not_pinned() {
    let folder = shop().with("terms.md", TERMS.replace("## 9. ", "## 8. "));
    let ran = folder.run(PIN).ends(1);
    assert_eq!(ran.line("§9  shop"), "§9  shop.placet:14:1: the document has no such clause");
    assert_eq!(ran.err, "error: nothing is pinned, because a cite doesn't mean one clause\n");
    assert!(!folder.path().join("shop.lock").exists());
}

#[test]
fn source_in_the_header_is_relative_to_the_policy() {
    let folder = Folder::new().with("terms.md", "no");
    fs::create_dir(folder.path().join("sub")).unwrap();
    let policy = format!("{SHOP}{TESTS}").replace("policy shop", "policy shop source \"terms.md\"");
    let folder = folder.with("sub/shop.placet", &policy).with("sub/terms.md", TERMS);
    folder.run(&["clauses", "sub/shop.placet"]).ends(1).quiet();
    let above = folder.with("sub/shop.placet", policy.replace("\"terms.md\"", "\"../terms.md\""));
    let ran = above.run(&["clauses", "sub/shop.placet"]).ends(1);
    assert!(ran.err.contains("is outside the folder of the policy: give it with `--source "), "{}", ran.err);
}

#[test]
fn documents_that_are_not_here_are_errors() {
    let folder = shop();
    let ran = folder.run(&["clauses", "shop.placet"]).ends(1);
    assert!(ran.err.contains("names no document: add `source \"FILE.md\"`"), "{}", ran.err);
    let folder = folder
        .with("web.placet", SHOP.replace("policy shop", "policy shop source \"https://example.org/t\""));
    let ran = folder.run(&["clauses", "web.placet"]).ends(1);
    assert!(ran.err.contains("`https://example.org/t` isn't here: give its file with"), "{}", ran.err);
    for (name, message) in [(".", "a folder"), ("latin.md", "isn't UTF-8"), ("none.md", "none.md: ")] {
        let folder = shop().with("latin.md", b"caf\xe9");
        let ran = folder.run(&["clauses", "shop.placet", "--source", name]).ends(1);
        assert!(ran.err.contains(message), "{}", ran.err);
    }
}

#[test]
fn cites_resolve_by_number_and_title() {
    let document = "\
# Terms
Text.
## 2. Use
### 2.1 Of data
### Exceptions
#### (a) One
## 10. Cookies
## 10.1 Kinds
## § 11a Places
";
    let cites = [
        "§2",
        "2",
        "Section 2",
        "§ 2.1",
        "Of data",
        "of  DATA",
        "§2 / Exceptions",
        "Exceptions",
        "§10.1",
        "§11a",
        "preamble",
        "Terms",
        "§1",
        "§2-10",
        "§2, §10",
        "§2.10",
        "§11 a",
        "",
    ];
    let found = resolve(document, &cites);
    assert_eq!(found[..2], ["§2:3", "§2:3"]);
    assert_eq!(found[2..6], ["§2:3", "§2.1:4", "§2.1:4", "§2.1:4"]);
    assert_eq!(found[6..8], ["§2 / Exceptions:5", "§2 / Exceptions:5"]);
    assert_eq!(found[8..12], ["§10.1:8", "§11a:9", "preamble:2", "Terms:1"]);
    assert!(found[12..].iter().all(|found| found.starts_with(NONE)), "{found:?}");
}

#[test]
fn unknown_titles_are_corrected() {
    assert_eq!(
        resolve("# Terms\n## Delivery {#d}\n", &["Delivry"]),
        [format!("{NONE}; did you mean `Delivery`?")]
    );
}

#[test]
fn numbered_paragraphs_and_lists_are_clauses() {
    let document = "\
## 1. Scope

1.1 The first.

(a) Of it.

(i) Deeper.

(ii) Deeper still.

(b) Of it too.

1.2 The second, with 2.5 parts.

## 2. Lists

1. One
   1. Inner
   2. More
2. Two

   (a) of two

3.5 million people agreed.
";
    let cites = [
        "§1.1",
        "§1.1 a",
        "§1.1(a)(ii)",
        "§1.1(b)",
        "§1.2",
        "§2.1",
        "§2(1)(2)",
        "§2.2 a",
        "§3.5",
        "§1.2 a",
        "§2.5",
    ];
    let found = resolve(document, &cites);
    assert_eq!(
        found[..8],
        ["§1.1:3", "§1.1 a:5", "§1.1 a ii:9", "§1.1 b:11", "§1.2:13", "§2.1:17", "§2.1.2:19", "§2.2 a:22"]
    );
    assert!(found[8..].iter().all(|found| found.starts_with(NONE)), "{found:?}");
}

#[test]
fn letters_in_a_paragraph_are_clauses_if_they_are_in_sequence() {
    let document = "## 1. A\nWe do: a) this (see Section 4(b)); b) that.\n## 2. B\nAs b) says, and a) too.\n";
    assert_eq!(resolve(document, &["§1 a", "§1 b"]), ["§1 a:2", "§1 b:2"]);
    assert!(resolve(document, &["§2 a", "§2 b"]).iter().all(|found| found.starts_with(NONE)));
}

#[test]
fn parts_with_numbers_of_their_own_are_cited_by_name() {
    let document = "\
# Policy
## 1. Who
## 2. What
## Interlude
## 3. Why
## Data Processing Addendum for Services
This addendum (“DPA”) is for customers.
## 1. Duties
It shall: a) obey; b) inform.
## Rules of the House
## 1. Shoes
";
    let cites = [
        "§1",
        "DPA §1",
        "DPA §1 b",
        "Data Processing Addendum for Services §1 a",
        "DPA preamble",
        "DPA",
        "§3",
        "Interlude",
        "Rules of the House §1",
        "Shoes",
        "DPA Duties",
        "DPA §2",
        "DPA Shoes",
        "DPAX §1",
    ];
    let found = resolve(document, &cites);
    assert_eq!(
        found[..11],
        [
            "§1:2",
            "DPA §1:8",
            "DPA §1 b:9",
            "DPA §1 a:9",
            "DPA preamble:7",
            "DPA:6",
            "§3:5",
            "Interlude:4",
            "Rules of the House §1:11",
            "Rules of the House §1:11",
            "DPA §1:8",
        ]
    );
    assert!(found[11..].iter().all(|found| found.starts_with(NONE)), "{found:?}");
}

#[test]
fn articles_are_numbered_beside_their_chapters() {
    let document =
        "# Chapter 1\n## Article 1\n(1) One.\n\n(2) Two.\n## Article 2\n# Chapter 2\n## Article 3\n";
    let cites = ["Art. 2", "Article 1(2)", "Chapter 2", "Art. 3", "Chapter 3", "§2"];
    let found = resolve(document, &cites);
    assert_eq!(found[..4], ["Article 2:6", "Article 1.2:5", "Chapter 2:7", "Article 3:8"]);
    assert!(found[4].starts_with(NONE), "{found:?}");
    assert_eq!(found[5], "several clauses have this name, in the lines 6, 7");
}

#[test]
fn repeated_numbers_are_ambiguous() {
    let document = "## 1. A\n## 2. B\n## 2. C\n\n1. x\n\n--\n\n1. y\n";
    let found = resolve(document, &["§1", "§2", "§2.1", "C"]);
    assert_eq!(
        found,
        [
            "§1:1",
            "several clauses have this name, in the lines 2, 3",
            "several clauses have this name, in the lines 5, 9",
            "§2:3",
        ]
    );
}

#[test]
fn setext_headings_html_and_front_matter_are_read() {
    let document = "---\ntitle: 9. No\n---\n<!-- ## 8. No -->\n\n1. Use\n======\n\nText.\n\n2\\. Places\n----------\n\n\
                    <div>\nHidden text\n</div>\n";
    assert_eq!(resolve(document, &["§1", "§2", "§9", "§8"])[..2], ["§1:6", "§2:11"]);
    // Text in HTML counts.
    let folder = Folder::new().with("d.md", document);
    let folder =
        folder.with("p.placet", "policy p\nrequest { a: bool }\nrule r { cite \"§2\" allow when a }\n");
    folder.run(&["clauses", "p.placet", "--source", "d.md", "--pin"]).ends(1).quiet();
    let folder = folder.with("d.md", document.replace("Hidden text", "<b class=\"x\">Hidden</b> words"));
    let ran = folder.run(&["check", "p.placet", "--source", "d.md"]).ends(1);
    assert!(ran.err.contains("after `2. Places Hidden`: 1 word removed, added `words`"), "{}", ran.err);
}

#[test]
fn check_passes_with_the_pinned_document_in_any_layout() {
    let folder = pinned();
    folder.run(CHECK).ends(0);
    let crlf = TERMS.replace('\n', "\r\n");
    let wrapped = TERMS.replace("alone.", "\nalone.").replace("*Singapore*", "**Singapore**");
    for text in
        [format!("\u{feff}{crlf}"), wrapped, TERMS.replace("## 3. Delivery\n", "3\\. Delivery\n---\n")]
    {
        fs::write(folder.path().join("terms.md"), text).unwrap();
        let ran = folder.run(CHECK).ends(0);
        assert!(!ran.err.contains("P1001"), "{}", ran.err);
    }
    // A clause that no rule cites isn't pinned.
    fs::write(folder.path().join("terms.md"), TERMS.replace("everything", "nothing")).unwrap();
    folder.run(CHECK).ends(0);
}

#[test]
fn check_names_the_rules_and_the_words_that_changed() {
    let folder = pinned().with("terms.md", TERMS.replace("a guardian.", "two parents."));
    let ran = folder.run(CHECK).ends(1);
    for text in [
        "error[P1001]: `§9` has changed since it was pinned\n",
        "--> shop.placet:14:1\n",
        "= note: after `under 18 need`: 2 words removed, added `two parents.`\n",
        "= note: depends on it: `minors`\n",
        "= help: see if the rules still fit, then run `placet clauses shop.placet --source terms.md --pin`\n",
    ] {
        assert!(ran.err.contains(text), "{text}\n{}", ran.err);
    }
    assert_eq!(ran.err.matches("P1001").count(), 1);
    folder.run(PIN).ends(0).quiet();
    folder.run(CHECK).ends(0);
}

#[test]
fn changes_reach_json_and_sarif() {
    let folder = pinned().with("terms.md", TERMS.replace("13 is", "14 is"));
    let ran = folder.run(&[CHECK, &["--format", "json"]].concat()).ends(1).quiet();
    let change = ran.json().into_iter().find(|found| found["code"] == "P1001").unwrap();
    assert_eq!(change["notes"][0], "after `of those under`: 1 word removed, added `14`");
    assert_eq!(change["notes"][1], "depends on it: `minors`");
    let ran = folder.run(&[CHECK, &["--format", "sarif"]].concat()).ends(1).quiet();
    let results = &ran.json()[0]["runs"][0]["results"];
    assert!(results.as_array().unwrap().iter().any(|found| found["ruleId"] == "P1001"), "{results}");
}

#[test]
fn check_reports_a_pinned_clause_that_is_gone() {
    let folder = pinned().with("terms.md", TERMS.replace("## 9.", "## 8."));
    let ran = folder.run(CHECK).ends(1);
    assert!(
        ran.err.contains("error[P1001]: `§9` was pinned, and isn't in the document any more"),
        "{}",
        ran.err
    );
}

#[test]
fn the_text_around_an_enumeration_belongs_to_its_items() {
    let document = "## 1. A\nWe shall not: a) sell; b) rent.\n\nExcept where asked.\n";
    let policy = "policy p\nrequest { a: bool }\nrule r { cite \"§1 a\" allow when a }\n";
    let folder = Folder::new().with("p.placet", policy).with("d.md", document);
    folder.run(&["clauses", "p.placet", "--source", "d.md", "--pin"]).ends(1).quiet();
    for (old, new, status) in
        [("shall not", "shall", 1), ("asked", "told", 1), ("sell", "lend", 1), ("rent", "lend", 0)]
    {
        let folder = Folder::new()
            .with("p.placet", policy)
            .with("p.lock", folder.text("p.lock"))
            .with("d.md", document.replace(old, new));
        let ran = folder.run(&["check", "p.placet", "--source", "d.md"]).ends(status);
        assert_eq!(ran.err.contains("depends on it: `r`"), status == 1, "{}", ran.err);
    }
}

#[test]
fn the_text_before_a_list_belongs_to_its_items() {
    let policy = "policy p\nrequest { a: bool }\nrule r { cite \"§1\" allow when a }\n";
    let folder = Folder::new().with("p.placet", policy).with("d.md", "You must:\n\n1. pay\n2. leave\n");
    folder.run(&["clauses", "p.placet", "--source", "d.md", "--pin"]).ends(1).quiet();
    let folder = folder.with("d.md", "You may:\n\n1. pay\n2. leave\n");
    let ran = folder.run(&["check", "p.placet", "--source", "d.md"]).ends(1);
    assert!(ran.err.contains("after `You`: 1 word removed, added `may:`"), "{}", ran.err);
}

#[test]
fn no_text_that_a_reader_sees_goes_unpinned() {
    let policy = "policy p\nrequest { a: bool }\nrule r { cite \"§3\" cite \"preamble\" allow when a }\n";
    let document = "---\ndate: today\n---\nHello.\n\n## 3. A {but not B}\nWe sell nothing.\n\n\
                    | a | b |\n|---|---|\n| c | d |\n\n    code\n\n![picture](x.png)\n\n<td>cell</td>\n\n- item\n";
    let folder = Folder::new().with("p.placet", policy).with("d.md", document);
    folder.run(&["clauses", "p.placet", "--source", "d.md", "--pin"]).ends(0).quiet();
    for (old, new) in [
        ("today", "now"),
        ("Hello", "Bye"),
        ("not B", "not C"),
        ("nothing", "~~nothing~~"),
        ("nothing", "<del>nothing</del>"),
        ("cell", "<s>cell</s>"),
        ("d |\n\n", "e |\n\n"),
        ("code", "cod"),
        ("picture", "image"),
        ("cell", "sell"),
        ("item", "items"),
    ] {
        let folder = Folder::new()
            .with("p.placet", policy)
            .with("p.lock", folder.text("p.lock"))
            .with("d.md", document.replace(old, new));
        let ran = folder.run(&["check", "p.placet", "--source", "d.md"]).ends(1);
        assert!(ran.err.contains("error[P1001]"), "{old} to {new}: {}", ran.err);
    }
}

#[test]
fn check_without_the_document_says_so_and_goes_on() {
    let folder = pinned();
    let ran = folder.run(&["check", "shop.placet"]).ends(0);
    assert!(
        ran.err.contains("note: the clauses in shop.lock aren't compared: shop.placet names no document"),
        "{}",
        ran.err
    );
    // A file that was asked for must be there.
    folder.run(&["check", "shop.placet", "--source", "none.md"]).ends(1);
}

#[test]
fn check_with_a_document_and_no_lock_fails() {
    let ran = shop().run(CHECK).ends(1);
    let help = "so no clause is compared: `placet clauses shop.placet --source terms.md --pin` writes it";
    assert!(ran.err.contains(help), "{}", ran.err);
}

#[test]
fn a_lock_of_other_cites_fails_without_the_document_too() {
    let folder = pinned();
    let policy = folder.text("shop.placet").replace("cite \"§9\"", "cite \"§6\"");
    let folder = folder.with("shop.placet", policy);
    let ran = folder.run(&["check", "shop.placet"]).ends(1);
    for text in [
        "error[P1002]: shop.lock pins other clauses than the policy cites\n",
        "cites `§6`, which isn't pinned\n",
        "= note: pinned, but not cited: `§9`\n",
        "= help: read the clauses, then run `placet clauses shop.placet --pin`\n",
    ] {
        assert!(ran.err.contains(text), "{text}\n{}", ran.err);
    }
}

#[test]
fn files_that_are_no_locks_fail() {
    let good = pinned().text("shop.lock");
    for (lock, message) in [
        (String::new(), "shop.lock: it isn't a lock: EOF"),
        (
            good.replace("\"version\": 1", "\"version\": 2"),
            "it has version 2, and this build of placet reads version 1",
        ),
        (good.replace("\"§5\"", "\"§3\""), "it pins `§3` twice"),
        (good.replace("\"words\": \"", "\"words\": \"x"), "the hashes of `§9` are malformed"),
        (good.replace("\"words\"", "\"word\""), "unknown field `word`"),
    ] {
        let ran = shop().with("shop.lock", lock).run(CHECK).ends(1);
        assert!(ran.err.contains(message), "{message}\n{}", ran.err);
        assert!(
            ran.err.contains("`placet clauses shop.placet --source terms.md --pin` writes a lock"),
            "{}",
            ran.err
        );
    }
}

#[test]
fn locks_are_stable_and_hold_no_text() {
    let (first, second) = (pinned().text("shop.lock"), pinned().text("shop.lock"));
    assert_eq!(first, second);
    let lock: Value = serde_json::from_str(&first).unwrap();
    let cites: Vec<&str> =
        lock["clauses"].as_array().unwrap().iter().map(|pin| pin["cite"].as_str().unwrap()).collect();
    assert_eq!((lock["version"].as_u64(), cites), (Some(1), vec!["§9", "§3", "§5"]));
    for word in TERMS.split_whitespace().filter(|word| word.len() > 5) {
        assert!(!first.contains(word), "{word}");
    }
}

#[test]
fn hostile_documents_are_read_in_bounded_time_and_space() {
    let items = |count: usize| "1. x\n".repeat(count);
    let nested: String = (0..2_000).map(|depth| format!("{}1. x\n", " ".repeat(depth * 3))).collect();
    for document in [
        String::new(),
        "1. ".repeat(100_000),
        "> ".repeat(10_000),
        nested,
        "#".repeat(100_000),
        format!("# {}\n{}", "x".repeat(1_000_000), "1. y\n".repeat(1_000)),
        "## 1. A\n## B\n".repeat(5_000),
        format!("## {}", "1.".repeat(100_000)),
        "(a) ".repeat(10_000),
        "a) b) c) ".repeat(10_000),
        "<!-- ".repeat(10_000),
        format!("{}[", "[".repeat(10_000)),
    ] {
        let ran = shop().with("terms.md", document).run(ALL).ends(1).quiet();
        assert!(ran.out.contains("terms.md: "), "{}", ran.out);
    }
    let ran = shop().with("terms.md", items(60_000)).run(ALL).ends(1);
    assert_eq!(ran.err, "error: the document has more than 50000 clauses\n");
}

#[test]
fn words_of_a_document_cannot_drive_a_terminal() {
    let folder = pinned().with("terms.md", TERMS.replace("guardian.", "\u{1b}[2Jguardian\u{202e}."));
    let ran = folder.run(CHECK).ends(1);
    assert!(!ran.err.contains(['\u{1b}', '\u{202e}']), "{}", ran.err);
    let ran = shop().with("terms.md", TERMS.replace("Security", "\u{1b}[2J\u{202e}")).run(ALL).ends(1);
    assert!(!ran.out.contains(['\u{1b}', '\u{202e}']), "{}", ran.out);
}

#[test]
fn long_changes_are_cut() {
    let many: String = (0..30_000).map(|word| format!("w{word} ")).collect();
    let folder = pinned().with("terms.md", TERMS.replace("guardian.", &many));
    let ran = folder.run(CHECK).ends(1);
    assert!(ran.err.contains("it had 15 words, and has 30014"), "{}", ran.err);
    let folder = folder.with("terms.md", TERMS.replace("guardian.", &many[..4_000]));
    let ran = folder.run(CHECK).ends(1);
    assert!(ran.err.contains(" more words\n"), "{}", ran.err);
}

/// The example is pinned to its document, which isn't in the project: `PLACET_SOURCE_DOCUMENT` names a copy.
#[test]
fn the_example_is_pinned_to_its_document() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/zai");
    let copy = Folder::new();
    for name in ["privacy.placet", "privacy.lock", "privacy.clauses"] {
        fs::copy(example.join(name), copy.path().join(name)).unwrap();
    }
    let ran = copy.run(&["check", "privacy.placet"]).ends(0);
    assert!(ran.err.starts_with("note: the clauses in privacy.lock aren't compared: "), "{}", ran.err);
    let Ok(document) = std::env::var("PLACET_SOURCE_DOCUMENT") else {
        eprintln!("skipped: PLACET_SOURCE_DOCUMENT doesn't name a copy of the document of examples/zai");
        return;
    };
    copy.run(&["check", "privacy.placet", "--source", &document]).ends(0).quiet();
    let lock = copy.text("privacy.lock");
    copy.run(&["clauses", "privacy.placet", "--source", &document, "--pin"]).ends(0).quiet();
    assert_eq!(copy.text("privacy.lock"), lock);
}
