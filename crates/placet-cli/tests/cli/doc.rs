//! `placet doc`.

use super::folder::*;
use pulldown_cmark::{Event, Options, Parser, Tag};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// A policy whose names mean something in Markdown and in HTML.
const SPECIAL: &str = r#"policy special version "<1> & *2*"

request {
  /// Is <b>bold</b> & a|b, _so_ `to` say.
  kind: { "<script>alert(1)</script>", "a|b", "c`d", plain }
  level: int 0..9
}

rule low { cite "<§1> & [2](#x)"  deny when level < 3  because "<img src=x> | & **no**" }
rule kinds { allow when kind in {"<script>alert(1)</script>", "a|b", "c`d"} }

test "<i>a</i> | b & c" { given { kind: "a|b", level: 5 } expect allow }
"#;

fn zai() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/zai/privacy.placet").display().to_string()
}

fn page(folder: &Folder, policy: &str, name: &str) -> String {
    folder.run(&["doc", policy, "-o", name]).ends(0).quiet();
    folder.text(name)
}

/// The elements of HTML that have no end.
const VOID: [&str; 3] = ["meta", "br", "hr"];

/// Checks that elements are nested and that attributes are quoted. Returns the anchors and the targets of links.
fn parse(html: &str) -> (Vec<String>, BTreeSet<String>) {
    let (mut open, mut ids, mut targets) = (Vec::new(), Vec::new(), BTreeSet::new());
    let mut reader = quick_xml::Reader::from_str(html);
    reader.config_mut().check_end_names = false;
    loop {
        let (tag, is_open) = match reader.read_event().unwrap() {
            quick_xml::events::Event::Start(tag) => (tag, true),
            quick_xml::events::Event::Empty(tag) => (tag, false),
            quick_xml::events::Event::End(tag) => {
                assert_eq!(open.pop(), Some(String::from_utf8(tag.name().as_ref().to_vec()).unwrap()));
                continue;
            }
            quick_xml::events::Event::Text(text) => {
                assert!(text.iter().all(|byte| *byte != b'<'));
                continue;
            }
            quick_xml::events::Event::Eof => break,
            _ => continue,
        };
        let name = String::from_utf8(tag.name().as_ref().to_vec()).unwrap();
        for attribute in tag.attributes() {
            let attribute = attribute.unwrap();
            let value = String::from_utf8(attribute.value.to_vec()).unwrap();
            match attribute.key.as_ref() {
                b"id" => ids.push(value),
                b"href" => drop(targets.insert(value)),
                b"src" => panic!("{name} loads {value}"),
                _ => {}
            }
        }
        assert!(!matches!(name.as_str(), "script" | "img" | "link" | "iframe" | "i" | "b"), "{name}");
        if is_open && !VOID.contains(&name.as_str()) {
            open.push(name);
        }
    }
    assert_eq!(open, [""; 0]);
    (ids, targets)
}

/// Checks a page: each link leads to an anchor of it, each anchor is there once, and nothing is loaded.
fn check(html: &str) {
    let (ids, targets) = parse(html);
    let known: BTreeSet<&String> = ids.iter().collect();
    assert_eq!(known.len(), ids.len(), "each anchor is there once: {ids:?}");
    assert!(!targets.is_empty());
    for target in &targets {
        let anchor = target.strip_prefix('#').expect("a link leads to the page itself");
        assert!(known.iter().any(|id| *id == anchor), "{target}");
    }
    assert!(!html.contains("url(http") && !html.contains("@import"));
    for part in
        ["<html lang=\"en\">", "<title>", "prefers-color-scheme: dark", "@media print", "scope=\"col\""]
    {
        assert!(html.contains(part), "{part}");
    }
}

#[test]
fn doc_writes_the_policy_as_markdown() {
    let folder = Folder::with_shop(&format!(
        "{TESTS}\nprove no_minors {{ never allow when subject.age < 18 and not guardian }}\n"
    ));
    let text = page(&folder, "shop.placet", "shop.md");
    insta::with_settings!({ prepend_module_to_snapshot => false, snapshot_path => "../snapshots" }, {
        insta::assert_snapshot!("doc_shop", text);
    });
    assert_eq!(folder.run(&["doc", "shop.placet", "-o", "-"]).ends(0).quiet().out, text);
}

#[test]
fn doc_writes_the_policy_as_html() {
    let folder = Folder::with_shop(TESTS);
    let html = page(&folder, "shop.placet", "shop.html");
    check(&html);
    assert!(html.contains("<h4 id=\"rule-minors\">Rule minors</h4>"), "{html}");
    assert!(html.contains("<svg"), "the diagram is small");
}

#[test]
fn doc_shows_the_text_of_a_policy_as_it_is() {
    let folder = Folder::new().with("p.placet", SPECIAL);
    let html = page(&folder, "p.placet", "p.html");
    check(&html);
    let markdown = page(&folder, "p.placet", "p.md");
    let shown: String = Parser::new_ext(&markdown, Options::ENABLE_TABLES)
        .map(|event| match event {
            Event::Text(text) | Event::Code(text) => text.into_string(),
            Event::Html(html) | Event::InlineHtml(html) => panic!("{html}"),
            Event::Start(Tag::Image { .. }) => panic!("an image"),
            _ => "\n".to_owned(),
        })
        .collect();
    for text in [
        "Policy special, version <1> & *2*",
        "Is <b>bold</b> & a|b, _so_ `to` say.",
        "\"<script>alert(1)</script>\"",
        "a|b",
        "c`d",
        "Clause <§1> & [2](#x)",
        "Because: <img src=x> | & **no**",
        "<i>a</i> | b & c",
    ] {
        let is_shown = shown.contains(text) || shown.contains(text.trim_matches('"'));
        assert!(is_shown, "{text}\n{shown}");
    }
}

#[test]
fn doc_tells_what_fails() {
    let folder = Folder::with_shop(&format!(
        "{FAILING}\nprove no_ads {{ never allow when purpose is advertising }}\n"
    ));
    let text = page(&folder, "shop.placet", "shop.md");
    assert!(text.contains("| **failed**: expected allow, got deny"), "{text}");
    assert!(
        text.contains("| **not proved**: the counterexample is allowed by marketing/adverts |"),
        "{text}"
    );
}

#[test]
fn doc_names_every_rule_of_the_example() {
    let folder = Folder::new();
    let html = page(&folder, &zai(), "zai.html");
    check(&html);
    let policy = placet::Policy::open(zai()).unwrap();
    for rule in policy.rules() {
        // The denial of an `otherwise` stands with its rule.
        let name = rule.name().trim_end_matches("/otherwise");
        let is_named =
            html.contains(&format!("<code>{name}</code>")) || html.contains(&format!(">Rule {name}<"));
        assert!(is_named, "{name}");
        for text in rule.cites().chain(rule.because()).chain(rule.basis()) {
            assert!(html.contains(&text.replace('\'', "&#x27;")) || html.contains(text), "{name}: {text}");
        }
    }
}

#[test]
fn doc_refuses_other_names_and_policies_in_error() {
    let folder = Folder::with_shop("").with("broken.placet", BROKEN);
    let ran = folder.run(&["doc", "shop.placet", "-o", "shop.pdf"]).ends(1);
    assert!(ran.err.contains("shop.pdf: the name of a page ends in `.html` or `.md`"), "{}", ran.err);
    let ran = folder.run(&["doc", "broken.placet", "-o", "broken.md"]).ends(1);
    assert!(ran.err.contains("membr") || ran.out.contains("membr"));
    assert!(!folder.path().join("broken.md").exists());
}

/// Runs axe-core, and writes the rules that the page breaks into its last element.
const CHECK: &str = r#"<script src="axe.js"></script><script>
addEventListener("load", async () => {
  const { violations } = await axe.run();
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`);
  const end = document.createElement("p");
  end.id = "checked";
  end.textContent = told.join("; ") || "accessible";
  document.body.append(end);
});
</script>"#;

/// Opens the page in the browser that the environment variable `PLACET_BROWSER` names, in light and in dark, and has it
/// checked by the copy of axe-core that `PLACET_AXE` names.
#[test]
fn doc_opens_in_a_browser_and_is_accessible() {
    let (Some(browser), Some(axe)) = (std::env::var_os("PLACET_BROWSER"), std::env::var_os("PLACET_AXE"))
    else {
        println!("skipped: PLACET_BROWSER names no browser, or PLACET_AXE no copy of axe-core");
        return;
    };
    let folder = Folder::with_shop(TESTS);
    std::fs::copy(axe, folder.path().join("axe.js")).unwrap();
    for policy in [zai(), "shop.placet".to_owned()] {
        let html = page(&folder, &policy, "page.html");
        let checked = html.replace("</body>", &format!("{CHECK}</body>"));
        std::fs::write(folder.path().join("page.html"), checked).unwrap();
        for scheme in 0..2 {
            let output = Command::new(&browser)
                .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"])
                .args(["--enable-logging=stderr", "--virtual-time-budget=60000", "--dump-dom"])
                .arg(format!("--blink-settings=preferredColorScheme={scheme}"))
                .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
                .arg(format!("file://{}", folder.path().join("page.html").display()))
                .output()
                .unwrap();
            let (dom, log) =
                (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            assert!(!log.contains("CONSOLE"), "{log}");
            let (_, checked) = dom.split_once("<p id=\"checked\">").expect("the check ran");
            assert!(checked.starts_with("accessible</p>"), "{policy}, scheme {scheme}: {checked}");
        }
    }
}
