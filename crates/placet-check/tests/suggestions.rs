//! Suggestions for misspelt names are the same in every run, even with more names than are compared.

use placet_check::check;
use placet_syntax::{Limits, source::load_text};
use std::fmt::Write as _;

/// More names than a suggestion is chosen from.
const MANY: usize = 3_000;

/// Asserts that the first diagnostic of a policy always has this help. Hash maps iterate in another order each time.
fn assert_always_helps(text: &str, help: &str) {
    let limits = Limits::default();
    for _ in 0..5 {
        let (_, diagnostics) = check(&load_text("shop.placet", text, &limits), &limits);
        assert_eq!(diagnostics.first().and_then(|fault| fault.help.as_deref()), Some(help));
    }
}

/// Returns `count` entries, one a line, made of their numbers.
fn numbered(entry: impl Fn(usize) -> String) -> String {
    (0..MANY).fold(String::new(), |mut all, number| {
        let _ = writeln!(all, "{}", entry(number));
        all
    })
}

#[test]
fn unknown_attribute_suggests_from_the_first_declared() {
    let others = numbered(|number| format!("other_{number}: bool"));
    let policy = |name: &str, used: &str| {
        format!("policy shop request {{ {name}: bool\n{others} }} rule members {{ allow when {used} }}")
    };
    assert_always_helps(&policy("member", "membre"), "did you mean `member`?");
    assert_always_helps(&policy("buyer.member", "member"), "did you mean `buyer.member`?");
}

#[test]
fn unknown_name_suggests_from_the_first_declared_lets() {
    let others = numbered(|number| format!("let other_{number} = age > 17"));
    let text = format!(
        "policy shop request {{ age: int 0..150 }} let adult = age > 17\n{others} rule adults {{ allow when adlut }}"
    );
    assert_always_helps(&text, "did you mean `adult`?");
}

#[test]
fn unknown_value_suggests_from_the_first_nodes_and_attributes() {
    let nodes = numbered(|number| format!("other_{number}"));
    let rule = "rule email { allow when data is emial }";
    let text = format!("policy shop taxonomy Data {{ {nodes} email }} request {{ data: Data }} {rule}");
    assert_always_helps(&text, "did you mean `email`?");
    let attributes = numbered(|number| format!("other_{number}: bool"));
    let text = format!(
        "policy shop taxonomy Data {{ phone }} request {{ data: Data, email: Data\n{attributes} }} {rule}"
    );
    assert_always_helps(&text, "did you mean `email`?");
}

#[test]
fn unknown_type_suggests_from_the_first_taxonomies_and_sets() {
    let others = numbered(|number| format!("taxonomy Other{number} {{ a{number} }}"));
    let text = format!(
        "policy shop taxonomy Data {{ email }}\n{others} request {{ data: Dta }} rule anybody {{ allow }}"
    );
    assert_always_helps(&text, "did you mean `Data`?");
    let others = numbered(|number| format!("set other_{number} of Data = {{email}}"));
    let text = format!(
        "policy shop taxonomy Data {{ email }}\n{others} set contact of Data = {{email}} set picked of contct = {{email}}"
    );
    assert_always_helps(&text, "did you mean `contact`?");
}

#[test]
fn unknown_example_or_rule_suggests_from_the_first_names() {
    let examples = numbered(|number| format!("example other_{number} {{ member: true }}"));
    let rules =
        numbered(|number| format!("rule other_{number} {{ allow when member oblige other_{number} }}"));
    let policy = |test: &str| {
        format!(
            "policy shop request {{ member: bool }} {rules} {examples} example anna {{ member: true }}\n\
             rule members {{ allow when member oblige greet }} test \"a member\" {{ {test} }}"
        )
    };
    assert_always_helps(&policy("given ana expect allow"), "did you mean `anna`?");
    assert_always_helps(&policy("given anna expect allow by membrs"), "did you mean `members`?");
    assert_always_helps(&policy("given anna expect allow oblige gret"), "did you mean `greet`?");
}
