//! Examples of the canonical layout.

#[path = "format/comments.rs"]
mod comments;

use placet_syntax::{Limits, Sources, format, parse};

fn formatted(text: &str) -> String {
    let mut sources = Sources::default();
    let file = sources.add("policy.placet", text);
    let (tree, diagnostics) = parse(&sources, file, &Limits::default());
    assert_eq!(diagnostics, []);
    format(&sources, &tree)
}

/// Asserts that `text` is formatted to `expected`, and that `expected` is a fixed point.
#[track_caller]
fn becomes(text: &str, expected: &str) {
    let result = formatted(text);
    assert!(result == expected, "expected\n{expected}\ngot\n{result}");
    stays(expected);
}

/// Asserts that `text` is in the canonical layout.
#[track_caller]
fn stays(text: &str) {
    let result = formatted(text);
    assert!(result == text, "expected no change of\n{text}\ngot\n{result}");
}

#[test]
fn format_returns_nothing_for_a_blank_text() {
    for text in ["", "\u{feff}", "\n\n", " \t\r\n"] {
        assert_eq!(formatted(text), "");
    }
}

#[test]
fn format_keeps_the_line_breaks_of_the_header() {
    becomes("policy p   version \"1\"", "policy p version \"1\"\n");
    becomes("policy p source \"s\"\nversion \"1\"", "policy p\n  source \"s\"\n  version \"1\"\n");
    becomes(
        "policy // a\n p // b\n // c\n version // d\n \"1\" // e\n // f",
        "policy  // a\n    p  // b\n  // c\n  version  // d\n      \"1\"  // e\n// f\n",
    );
}

#[test]
fn format_breaks_nested_and_long_taxonomies() {
    becomes(
        "taxonomy Empty{} taxonomy Purpose { a b,c{d} } taxonomy Data {
            contact {
                email phone
            } inner { a, b { c } } outer { a,
            b { c } }
            none {}
            long { a_rather_long_name_of_a_leaf, another_long_name_of_a_leaf, yet_another_long_name_of_a_leaf }
            noted { // why
              a, b // last
            }
        }",
        "taxonomy Empty {}

taxonomy Purpose { a, b, c { d } }

taxonomy Data {
  contact { email, phone }
  inner { a, b { c } }
  outer {
    a
    b { c }
  }
  none {}
  long {
    a_rather_long_name_of_a_leaf
    another_long_name_of_a_leaf
    yet_another_long_name_of_a_leaf
  }
  noted {  // why
    a
    b  // last
  }
}
",
    );
}

#[test]
fn format_breaks_long_and_commented_named_sets() {
    becomes(
        "set s of Data = {email,phone} // together
set t of Data = { // first
  email, // mine
  phone
  // last
}
set u of Data = {a_rather_long_name_of_a_leaf, another_long_name_of_a_leaf, yet_another_long_name_of_a_leaf}",
        "set s of Data = {email, phone}  // together

set t of Data = {  // first
  email,  // mine
  phone,
  // last
}

set u of Data = {
  a_rather_long_name_of_a_leaf,
  another_long_name_of_a_leaf,
  yet_another_long_name_of_a_leaf,
}
",
    );
}

#[test]
fn format_breaks_long_and_commented_enums_of_attributes() {
    becomes(
        "request{a:bool,b : int 0 .. 150 required c: {x,y} default x d:set ? of{x}default{x} // note
e: duration default 30 // why so long
  days
f: {
  x, // one
  y
} // two
default y // three
g: { a_rather_long_name_of_a_value, another_long_name_of_a_value, yet_another_name_of_a_value } required }",
        "request {
  a: bool
  b: int 0..150 required
  c: { x, y } default x
  d: set? of { x } default {x}  // note
  e: duration default 30  // why so long
      days
  f: {
    x,  // one
    y,
  }  // two
      default y  // three
  g: {
    a_rather_long_name_of_a_value,
    another_long_name_of_a_value,
    yet_another_name_of_a_value,
  } required
}
",
    );
}

#[test]
fn format_breaks_conditions_beyond_100_columns() {
    becomes(
        "let a = ( (b)or not(not c) )and x<=-5 or at-t>30  days and any s not  in{a,\"b\",} and y is  not{}
            and years( a,b )in 1 .. 2_000 and z is known and t like \"a\\*\"and u - -1 is 2026-01-15",
        "let a = ((b) or not (not c)) and x <= -5
    or at - t > 30 days
        and any s not in {a, \"b\"}
        and y is not {}
        and years(a, b) in 1..2_000
        and z is known
        and t like \"a\\*\"
        and u - -1 is 2026-01-15
",
    );
    let fits = format!("let a = {} and {}\n", "b".repeat(43), "c".repeat(44));
    assert_eq!(fits.trim_end().len(), 100);
    stays(&fits);
    becomes(&fits.replace("= b", "= bb"), &fits.replace("= b", "= bb").replace(" and", "\n    and"));
}

#[test]
fn format_measures_strings_in_columns() {
    stays(&format!("let a = b is \"{}\" and c is \"{}\"\n", "ä".repeat(35), "ä".repeat(35)));
    stays(&format!("let a = b is \"{}\" and c is \"{}\"\n", "漢".repeat(18), "字".repeat(18)));
    stays(&format!("let a = b is \"{}\"\n    and c is \"{}\"\n", "漢".repeat(18), "字".repeat(19)));
}

#[test]
fn format_aligns_cells_with_wide_characters() {
    stays(
        r#"table t {
  deny
  | country  | because           |
  | "日本"   | "個人情報保護法"  |
  | "대한민" | "개인정보 보호법" |
  | "AT"     | "Art. 6 DSGVO, é" |
}
"#,
    );
}

#[test]
fn format_breaks_long_conditions_at_the_outermost_operator() {
    becomes(
        "rule r { deny when first_attribute is first_value and second_attribute is second_value or third_attribute is third_value }
         rule s { deny when first_attribute is first_value and (second_attribute is second_value or third_attribute is third_value or fourth_attribute is it) }
         where not (first_attribute is first_value and second_attribute is second_value and third) or third {}
         rule t { deny when country in {\"Austria\", \"Belgium\", \"Bulgaria\", \"Croatia\", \"Cyprus\", \"Denmark\", \"Estonia\", \"Finland\"}
            and x }",
        "rule r {
  deny when first_attribute is first_value and second_attribute is second_value
      or third_attribute is third_value
}

rule s {
  deny when first_attribute is first_value
      and (second_attribute is second_value
          or third_attribute is third_value
          or fourth_attribute is it)
}

where not (first_attribute is first_value and second_attribute is second_value and third)
    or third {}

rule t {
  deny when country in {\"Austria\", \"Belgium\", \"Bulgaria\", \"Croatia\", \"Cyprus\", \"Denmark\", \"Estonia\",
          \"Finland\"}
      and x
}
",
    );
}

#[test]
fn format_gives_each_part_of_a_rule_a_line() {
    becomes(
        "where a{rule r{cite\"§1\"where b
allow when c except d when e{except when f{except g when h}except when i}except when j otherwise deny
because \"why\" basis consent oblige erase within 1   day when k\"now\" oblige log} table t{deny}}
where a{}",
        "where a {
  rule r {
    cite \"§1\"
    where b
    allow when c
      except d when e {
        except when f {
          except g when h
        }
        except when i
      }
      except when j
    otherwise deny
    because \"why\"
    basis consent
    oblige erase within 1 day when k \"now\"
    oblige log
  }

  table t {
    deny
  }
}

where a {}
",
    );
}

#[test]
fn format_breaks_long_obligations() {
    becomes(
        "rule r { allow oblige tell within 30 days when first_attribute is first_value \"Tell the person what has happened.\"
          oblige tell when first_attribute is first_value and second_attribute is second_value or third_attribute \"x\" }",
        "rule r {
  allow
  oblige tell within 30 days when first_attribute is first_value
      \"Tell the person what has happened.\"
  oblige tell when first_attribute is first_value and second_attribute is second_value
      or third_attribute
      \"x\"
}
",
    );
}

#[test]
fn format_aligns_tables() {
    becomes(
        r#"table t { // head
  allow
  |purpose in|all  data in|x|oblige|name|
  | deliver |{a,b}|*|log , tell within 2  days when x<3 "§",|a| // first
  // between

  |"ä|//"|not a,b,|<3|*|b|
  |*|1 .. 3|missing|*|*|
  // last
} table empty{} table head{allow |a|
}"#,
        r#"table t {  // head
  allow
  | purpose in | all data in | x       | oblige                                 | name |
  | deliver    | {a, b}      | *       | log, tell within 2 days when x < 3 "§" | a    |  // first
  // between

  | "ä|//"     | not a, b    | < 3     | *                                      | b    |
  | *          | 1..3        | missing | *                                      | *    |
  // last
}

table empty {}

table head {
  allow
  | a |
}
"#,
    );
}

#[test]
fn format_limits_the_padding_of_cells() {
    let long = "x".repeat(1_000);
    stays(&format!(
        "table t {{\n  | a{} |\n  | \"{long}\" |\n  | b{} |\n}}\n",
        " ".repeat(199),
        " ".repeat(199)
    ));
}

#[test]
fn format_lays_out_proofs_examples_and_tests() {
    becomes(
        r#"prove p { never allow when a and b } prove q {always
allow}
example a{}
example b { x : 1,
y: {a,b} }
example c { first_attribute: first_value, second_attribute: second_value, third_attribute: 30 days, d: missing }
test "t" {given {} expect error x.y}
test "u" { given e with{a:missing,b:-5   days,}
expect indeterminate missing a,b oblige c by r , s/otherwise by default }"#,
        r#"prove p {
  never allow when a and b
}

prove q {
  always allow
}

example a {}
example b { x: 1, y: {a, b} }

example c {
  first_attribute: first_value,
  second_attribute: second_value,
  third_attribute: 30 days,
  d: missing,
}

test "t" {
  given {}
  expect error x.y
}

test "u" {
  given e with { a: missing, b: -5 days }
  expect indeterminate by r, s/otherwise by default oblige c missing a, b
}
"#,
    );
}

#[test]
fn format_aligns_cases() {
    becomes(
        r#"cases "a" given e { } cases "b" given {x:1} {
|a|expect|
|{x,y,}|allow missing b , c by d oblige f|

| missing |error a.b|
} cases "c" given e with { first_attribute: first_value, second_attribute: second_value, third_attribute: 30 days }
{ |expect|b|
|deny|1_000| }"#,
        r#"cases "a" given e {}

cases "b" given { x: 1 } {
  | a       | expect                           |
  | {x, y}  | allow by d oblige f missing b, c |

  | missing | error a.b                        |
}

cases "c" given e with {
  first_attribute: first_value,
  second_attribute: second_value,
  third_attribute: 30 days,
} {
  | expect | b     |
  | deny   | 1_000 |
}
"#,
    );
}

/// The formatter would drop the text that an incomplete tree lacks, so the tree must be marked as damaged.
#[test]
fn parse_marks_incomplete_trees_as_damaged() {
    for text in [
        "cases \"c\" given e {\n | expect | expect |\n | allow | deny |\n}",
        "cases \"c\" given e {\n | a |\n | b |\n}",
        "\"an open string",
        "let a = \"\\x\"",
    ] {
        let mut sources = Sources::default();
        let file = sources.add("policy.placet", text);
        assert!(parse(&sources, file, &Limits::default()).0.damaged, "{text}");
    }
}
