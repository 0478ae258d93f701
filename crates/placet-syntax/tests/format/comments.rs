//! Examples of the layout of comments, blank lines and line ends.

use super::becomes;

#[test]
fn format_keeps_comments_without_declarations() {
    becomes("\n\n// one\n\n\n\n   // two  \n\n", "// one\n\n// two\n");
}

#[test]
fn format_removes_carriage_returns_and_the_byte_order_mark() {
    becomes(
        "\u{feff}policy p\r\n\r\n// why  \r\nlet a = b // c\r\n  and d\r\n",
        "policy p\n\n// why\nlet a = b  // c\n    and d\n",
    );
}

#[test]
fn format_separates_declarations_by_blank_lines() {
    becomes(
        "policy p\nimport \"a\"\nimport \"b\"\n\n\nimport \"c\"\nlet a = b\n// on c\nlet c = d\nset s of T={a}\nset t of T = { b, }
rule r{allow}\nrule q{}\nrule q{}",
        r#"policy p

import "a"
import "b"

import "c"

let a = b
// on c
let c = d

set s of T = {a}
set t of T = {b}

rule r {
  allow
}

rule q {}

rule q {}
"#,
    );
}

#[test]
fn format_merges_blank_lines_in_blocks() {
    becomes(
        "request {\n\n\n  a: bool\n\n\n  b: bool,\n  // c\n\n}\nwhere a {\n\n rule r {\n\n allow\n\n }\n // end\n\n}",
        "request {\n  a: bool\n\n  b: bool\n  // c\n}\n\nwhere a {\n  rule r {\n    allow\n  }\n  // end\n}\n",
    );
}

#[test]
fn format_keeps_comments_everywhere_in_a_rule() {
    becomes(
        r#"// before
/// doc
rule // 1
  r // 2
{ // 3
  // 4
  cite // 5
    "§1" // 6

  // 7

  allow // 8
  // 9
    when a // 10
      or // 11
      b // 12
    // 13
    except // 14
      x when c // 15
      { // 16
        // 17
        except when d // 18
        // 19
      } // 20
    // 21
    otherwise // 22
      deny // 23
  oblige erase within 30 // 24
    days // 25
  // 26
} // 27

// after"#,
        r#"// before
/// doc
rule  // 1
    r  // 2
{  // 3
  // 4
  cite  // 5
      "§1"  // 6

  // 7

  allow  // 8
      // 9
      when a  // 10
      or  // 11
          b  // 12
    // 13
    except  // 14
        x when c  // 15
    {  // 16
      // 17
      except when d  // 18
      // 19
    }  // 20
  // 21
  otherwise  // 22
      deny  // 23
  oblige erase within 30  // 24
      days  // 25
  // 26
}  // 27

// after
"#,
    );
}

#[test]
fn format_keeps_comments_after_conditions_and_members_of_sets() {
    becomes(
        r#"rule treatment {
  allow when purpose is treatment // §164.506(c)(1)
    or purpose is payment and covered // §164.506(c)(3)
    or purpose is operations
      // Both had or have a relationship with the person.
      and related // §164.506(c)(4)
      and (quality // (i)
        or detection // (ii)
      )
    except when country in {"KP", // UNSCR 1718
      "IR", "SY" // UNSCR 2231
      // and others
    } and not licensed // §560.501
  oblige account within 60 days when asked // §164.528
    and not exempt "Account." // §164.528(c)
}
let plain = purpose in { treatment, payment // §164.506
}
request {
  data: set of Data default {email, // why
    phone}
}
example e { data: {email, // mine
    phone}, x: 1 }
where purpose is research // §164.512(i)
{}"#,
        r#"rule treatment {
  allow when purpose is treatment  // §164.506(c)(1)
      or purpose is payment and covered  // §164.506(c)(3)
      or purpose is operations
          // Both had or have a relationship with the person.
          and related  // §164.506(c)(4)
          and (quality  // (i)
              or detection  // (ii)
          )
    except when country in {
          "KP",  // UNSCR 1718
          "IR",
          "SY",  // UNSCR 2231
          // and others
        }
        and not licensed  // §560.501
  oblige account within 60 days when asked  // §164.528
      and not exempt
      "Account."  // §164.528(c)
}

let plain = purpose in {
  treatment,
  payment,  // §164.506
}

request {
  data: set of Data default {
    email,  // why
    phone,
  }
}

example e {
  data: {
    email,  // mine
    phone,
  },
  x: 1,
}

where purpose is research  // §164.512(i)
    {}
"#,
    );
}

#[test]
fn format_keeps_comments_in_other_declarations() {
    becomes(
        r#"policy p // 1
import // 2
  "a" // 3
let x = // 4
  y in {a, // 5
  b} // 6
where // 7
  c // 8
{ // 9
} // 10
prove q { // 11
  never // 12
  allow // 13
  // 14
} // 15
test "t" { given // 16
  e // 17
  expect // 18
  deny by // 19
  default // 20
}
example e { // 21
  a: // 22
    1 // 23
  , b: 2 // 24
  // 25
}
cases "c" given e with { a: 1, // 26
} // 27
{ // 28
}"#,
        r#"policy p  // 1

import  // 2
    "a"  // 3

let x =  // 4
    y in {
  a,  // 5
  b,
}  // 6

where  // 7
    c  // 8
{  // 9
}  // 10

prove q {  // 11
  never  // 12
      allow  // 13
  // 14
}  // 15

test "t" {
  given  // 16
      e  // 17
  expect  // 18
      deny by  // 19
      default  // 20
}

example e {  // 21
  a:  // 22
      1,  // 23
  b: 2,  // 24
  // 25
}

cases "c" given e with {
  a: 1,  // 26
}  // 27
{  // 28
}
"#,
    );
}
