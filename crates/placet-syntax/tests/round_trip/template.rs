//! Generates random policies in two steps: a template with placeholders for white space and commas, then a random
//! choice for each placeholder.

use proptest::collection::{hash_set, vec};
use proptest::prelude::*;
use proptest::sample::select;

/// Required white space.
const GAP: char = '~';
/// Optional white space.
const MAY_GAP: char = '^';
/// Required white space within a line.
const SPACE: char = '@';
/// A comma or white space.
const MAY_COMMA: char = ';';
/// An optional trailing comma.
const LAST_COMMA: char = '$';
/// The end of a line.
const LINE_END: char = '!';

type Template = BoxedStrategy<String>;

fn one_of(all: &'static [&'static str]) -> Template {
    select(all).prop_map(str::to_owned).boxed()
}

/// Names, including keywords that aren't reserved.
fn name() -> Template {
    one_of(&[
        "a",
        "bc",
        "x_1",
        "Data",
        "minor",
        "policy",
        "rule",
        "set",
        "table",
        "test",
        "version",
        "allow",
        "deny",
        "otherwise",
        "oblige",
        "within",
        "days",
        "default",
        "required",
        "of",
        "by",
        "given",
        "with",
        "expect",
        "error",
        "import",
        "let",
        "request",
        "cases",
        "example",
        "prove",
        "lookup",
        "some",
        "every",
        "months",
        "only",
        "nothing",
        "none",
        "a_long_name_to_fill_the_lines_with",
    ])
}

/// A name of an enum or of a node.
fn symbol() -> Template {
    prop_oneof![6 => name(), 1 => one_of(&["\"CC-BY-4.0\"", "\"no\"", "\"a { b\""])].boxed()
}

fn path() -> Template {
    (name(), vec(one_of(&["b", "where", "not", "is", "x_9", "day"]), 0..3))
        .prop_map(|(first, rest)| std::iter::once(first).chain(rest).collect::<Vec<_>>().join("."))
        .boxed()
}

/// A path that may begin with a reserved word.
fn any_path() -> Template {
    prop_oneof![4 => path(), 1 => one_of(&["where", "not", "in.a", "true", "except.when", "missing"])].boxed()
}

fn string() -> Template {
    one_of(&[
        r#""""#,
        r#""§ 9""#,
        r#""a \"quote\" and \\""#,
        r#""| // {(""#,
        r#""\n\t\u{1f980}""#,
        "\"don't*\"",
    ])
}

fn literal() -> Template {
    prop_oneof![
        one_of(&[
            "0",
            "18",
            "-5",
            "1_000",
            "0.25",
            "-1.5",
            "2026-01-15",
            "0001-01-01",
            "2026-01-15T10:00:00Z"
        ]),
        one_of(&["2026-01-15T10:00:00.123456+02:00", "1~day", "30~days", "-5~weeks", "1_000~second"]),
        string(),
    ]
    .boxed()
}

fn boolean() -> Template {
    one_of(&["true", "false"])
}

/// Entries separated by commas, with an optional trailing comma.
fn list(entry: Template, least: usize, most: usize) -> Template {
    vec(entry, least..most)
        .prop_map(|all| if all.is_empty() { String::new() } else { all.join("^,^") + "$" })
        .boxed()
}

fn braces(entry: Template, least: usize) -> Template {
    list(entry, least, 5).prop_map(|entries| format!("{{^{entries}^}}")).boxed()
}

fn element() -> Template {
    prop_oneof![literal(), boolean(), path()].boxed()
}

fn range() -> Template {
    let end = || prop_oneof![4 => literal(), 1 => name()];
    (end(), end()).prop_map(|(low, high)| format!("{low}^..^{high}")).boxed()
}

fn lookup_call() -> Template {
    (name().prop_filter("a function", |name| name != "months"), path())
        .prop_map(|(lookup, key)| format!("{lookup}^(^{key}^)"))
        .boxed()
}

fn sum(condition: Template) -> Template {
    let simple = prop_oneof![3 => path(), 2 => literal(), 1 => boolean()].boxed();
    let between = (one_of(&["years", "months"]), simple.clone(), simple.clone())
        .prop_map(|(unit, from, to)| format!("{unit}^(^{from}^+^1^,^{to}^)"));
    let group = condition.prop_map(|condition| format!("(^{condition}^)"));
    let term = prop_oneof![6 => simple, 1 => between, 1 => lookup_call(), 1 => group].boxed();
    (term.clone(), vec((one_of(&["+", "-"]), term), 0..3))
        .prop_map(|(first, rest)| {
            rest.into_iter().fold(first, |sum, (sign, term)| format!("{sum}^{sign}^{term}"))
        })
        .boxed()
}

fn comparison(condition: Template) -> Template {
    let sum = sum(condition.clone());
    let right = prop_oneof![2 => sum.clone(), 1 => braces(element(), 0), 1 => range()].boxed();
    let word = one_of(&["is", "is~not", "in", "not~in", "like"]);
    let sign = one_of(&["<", "<=", ">", ">="]);
    let quantified = prop_oneof![
        (one_of(&["any", "all", "no"]), one_of(&["in", "like"])),
        (Just("any".to_owned()), Just("not~in".to_owned())),
    ];
    prop_oneof![
        2 => sum.clone(),
        1 => (sum.clone(), one_of(&["missing", "known"])).prop_map(|(x, word)| format!("{x}~is~{word}")),
        3 => (sum.clone(), word, right.clone()).prop_map(|(x, word, right)| format!("{x}~{word}~{right}")),
        1 => (sum.clone(), string()).prop_map(|(x, text)| format!("{x}~like^{text}")),
        2 => (sum, sign, right.clone()).prop_map(|(x, sign, right)| format!("{x}^{sign}^{right}")),
        1 => each(condition),
        1 => (quantified, prop_oneof![4 => path(), 1 => lookup_call()], right)
            .prop_map(|((word, relation), path, right)| format!("{word}~{path}~{relation}~{right}")),
    ]
    .boxed()
}

fn each(condition: Template) -> Template {
    let set = prop_oneof![path(), lookup_call(), braces(element(), 0), one_of(&["\"no\""])];
    (one_of(&["some", "every"]), name(), set, condition)
        .prop_map(|(word, name, set, condition)| format!("{word}~{name}~in~{set}~where^(^{condition}^)"))
        .boxed()
}

fn condition() -> Template {
    path()
        .prop_recursive(3, 24, 4, |inner| {
            let negatable = (prop_oneof![6 => Just(0), 1 => 1_usize..3], comparison(inner.boxed()))
                .prop_map(|(nots, comparison)| "not~".repeat(nots) + &comparison);
            (negatable.clone(), vec((one_of(&["and", "or"]), negatable), 0..4)).prop_map(|(first, rest)| {
                rest.into_iter().fold(first, |all, (word, next)| format!("{all}~{word}~{next}"))
            })
        })
        .boxed()
}

fn optional(template: impl Strategy<Value = String> + 'static) -> Template {
    prop_oneof![Just(String::new()), template].boxed()
}

fn header() -> Template {
    let version = string().prop_map(|text| format!("~version^{text}")).boxed();
    let source = string().prop_map(|text| format!("~source^{text}")).boxed();
    (name(), optional(version), optional(source), any::<bool>())
        .prop_map(|(name, version, source, swapped)| {
            if swapped {
                format!("policy~{name}{source}{version}")
            } else {
                format!("policy~{name}{version}{source}")
            }
        })
        .boxed()
}

fn taxonomy() -> Template {
    let nodes =
        |node: Template| vec(node, 0..5).prop_map(|nodes| format!("{{^{}^}}", nodes.join(";"))).boxed();
    let node = symbol().prop_recursive(3, 20, 5, move |inner| {
        prop_oneof![
            symbol(),
            (symbol(), nodes(inner.boxed())).prop_map(|(name, nodes)| format!("{name}^{nodes}"))
        ]
    });
    (name(), nodes(node.boxed())).prop_map(|(name, nodes)| format!("taxonomy~{name}^{nodes}")).boxed()
}

fn named_set() -> Template {
    (name(), name(), set_expression(prop_oneof![braces(element(), 0), symbol()].boxed()))
        .prop_map(|(name, base, value)| format!("set~{name}~of~{base}^=^{value}"))
        .boxed()
}

fn set_expression(term: Template) -> Template {
    (term.clone(), prop_oneof![3 => vec(term.clone(), 0..1), 1 => vec(term, 1..3)])
        .prop_map(|(first, rest)| rest.into_iter().fold(first, |all, term| format!("{all}~except~{term}")))
        .boxed()
}

fn lookup() -> Template {
    let key = prop_oneof![3 => symbol(), 1 => braces(element(), 1), 1 => Just("otherwise".to_owned())];
    let value = set_expression(prop_oneof![braces(element(), 0), literal(), boolean(), name()].boxed());
    let entry = (key, value).prop_map(|(key, value)| format!("{key}^:^{value}")).boxed();
    (name(), prop_oneof![name(), braces(symbol(), 1)], kind(), list(entry, 0, 4))
        .prop_map(|(name, key, kind, entries)| format!("lookup~{name}~of~{key}^:^{kind}^{{^{entries}^}}"))
        .boxed()
}

fn value() -> Template {
    let in_set = prop_oneof![literal(), boolean(), name()].boxed();
    prop_oneof![Just("missing".to_owned()), literal(), boolean(), name(), braces(in_set, 0)].boxed()
}

fn kind() -> Template {
    let names = || braces(symbol(), 1);
    let plain = one_of(&["bool", "int", "Data", "string"]);
    let optional = || one_of(&["", "", "^?"]);
    prop_oneof![
        (prop_oneof![plain.clone(), names()], optional()).prop_map(|(kind, mark)| kind + &mark),
        (one_of(&["int", "date"]), optional(), range())
            .prop_map(|(name, mark, range)| format!("{name}{mark}~{range}")),
        (one_of(&["set", "set^?"]), prop_oneof![plain, names()])
            .prop_map(|(set, of)| format!("{set}~of~{of}")),
    ]
    .boxed()
}

fn request() -> Template {
    let presence = prop_oneof![
        2 => Just(String::new()),
        1 => Just("~required".to_owned()),
        1 => value().prop_map(|value| format!("~default~{value}")),
    ];
    let attribute = (any_path(), kind(), presence)
        .prop_map(|(path, kind, presence)| format!("{path}^:^{kind}{presence}"));
    vec(attribute, 0..6).prop_map(|all| format!("request^{{^{}^}}", all.join(";"))).boxed()
}

fn definition() -> Template {
    (name(), condition()).prop_map(|(name, condition)| format!("let~{name}^=^{condition}")).boxed()
}

fn exception() -> Template {
    let names = name().prop_filter("no name of an exception", |name| {
        !["allow", "deny", "otherwise"].contains(&name.trim())
    });
    let head = (optional(names.prop_map(|name| format!("~{name}"))), condition())
        .prop_map(|(name, condition)| format!("except{name}~when~{condition}"))
        .boxed();
    head.clone()
        .prop_recursive(3, 6, 2, move |inner| {
            (head.clone(), vec(inner, 1..3))
                .prop_map(|(head, inner)| format!("{head}^{{^{}^}}", inner.join("~")))
        })
        .boxed()
}

fn obligation() -> Template {
    let within = one_of(&["~within~30~days", "~within~1~hour", "~within~grace"]);
    let when = condition().prop_map(|condition| format!("~when~{condition}"));
    (name(), optional(within), optional(when), optional(string().prop_map(|text| format!("^{text}"))))
        .prop_map(|(name, within, when, text)| [name, within, when, text].concat())
        .boxed()
}

fn part() -> Template {
    let when = condition().prop_map(|condition| format!("~when~{condition}"));
    let exceptions = vec(exception().prop_map(|exception| format!("~{exception}")), 0..3);
    let effect = (one_of(&["allow", "deny"]), optional(when), exceptions)
        .prop_map(|(effect, when, exceptions)| [effect, when, exceptions.concat()].concat());
    prop_oneof![
        3 => effect,
        1 => Just("otherwise~deny".to_owned()),
        1 => condition().prop_map(|condition| format!("where~{condition}")),
        1 => string().prop_map(|text| format!("cite^{text}")),
        1 => string().prop_map(|text| format!("because^{text}")),
        1 => name().prop_map(|name| format!("basis~{name}")),
        1 => obligation().prop_map(|obligation| format!("oblige~{obligation}")),
    ]
    .boxed()
}

fn rule() -> Template {
    (name(), vec(part(), 0..4))
        .prop_map(|(name, parts)| format!("rule~{name}^{{^{}^}}", parts.join("~")))
        .boxed()
}

/// Restricts the white space of a template to one line.
fn in_row(template: Template) -> Template {
    template.prop_map(|text| text.replace([GAP, MAY_GAP], &SPACE.to_string())).boxed()
}

/// A column: its header and at least as many cells as the table has rows.
fn column(head: Template, cell: Template) -> BoxedStrategy<Vec<String>> {
    let cell = prop_oneof![1 => Just("*".to_owned()), 4 => cell].boxed();
    plain_column(head, cell)
}

fn plain_column(head: Template, cell: Template) -> BoxedStrategy<Vec<String>> {
    (in_row(head), vec(in_row(cell), 4))
        .prop_map(|(head, cells)| std::iter::once(head).chain(cells).collect())
        .boxed()
}

fn rows(columns: &[Vec<String>], count: usize) -> String {
    let row = |index: usize| {
        let cells: Vec<String> =
            columns.iter().filter_map(|column| column.get(index)).map(|cell| format!("@{cell}@")).collect();
        format!("|{}|!", cells.join("|"))
    };
    (0..count).map(row).collect()
}

fn table() -> Template {
    let head = prop_oneof![
        (sum(path()), one_of(&["", "~is", "~is~not", "~in", "~not~in", "~like", "~<", "~>="]))
            .prop_map(|(sum, relation)| sum + &relation)
            .prop_filter("these heads are never attributes", |head| {
                !["name", "basis", "because", "oblige", "cite"].contains(&head.as_str())
            }),
        (one_of(&["any", "all", "no"]), path(), one_of(&["in", "like"]))
            .prop_map(|(word, path, relation)| format!("{word}~{path}~{relation}")),
        path().prop_map(|path| format!("any~{path}~not~in")),
    ];
    let compare =
        (one_of(&["<", "<=", ">", ">="]), sum(path())).prop_map(|(sign, sum)| format!("{sign}^{sum}"));
    let tests = prop_oneof![
        3 => list(sum(path()), 1, 4),
        1 => braces(element(), 0),
        1 => range(),
        1 => compare,
        1 => one_of(&["missing", "known"]),
    ];
    let tests = (one_of(&["", "", "not~"]), tests).prop_map(|(not, test)| not + &test).boxed();
    let column = prop_oneof![
        4 => column(head.boxed(), tests),
        1 => column(one_of(&["name", "basis"]), name()),
        1 => column(one_of(&["because"]), string()),
        1 => column(one_of(&["cite"]), list(string(), 1, 3)),
        1 => column(one_of(&["oblige"]), list(obligation(), 1, 3)),
    ];
    (name(), vec(part(), 0..3), vec(column, 1..5), 0_usize..5)
        .prop_map(|(name, parts, columns, count)| {
            let parts: String = parts.iter().map(|part| format!("{part}~")).collect();
            format!("table~{name}^{{^{parts}{}^}}", rows(&columns, count))
        })
        .boxed()
}

fn where_block() -> Template {
    prop_oneof![rule(), table()]
        .prop_recursive(2, 6, 3, |inner| {
            (condition(), vec(inner, 0..3))
                .prop_map(|(condition, items)| format!("where~{condition}^{{^{}^}}", items.join("^")))
        })
        .boxed()
}

fn proof() -> Template {
    let when = condition().prop_map(|condition| format!("~when~{condition}"));
    let claim = prop_oneof![Just("allow".to_owned()), name().prop_map(|name| format!("oblige~{name}"))];
    (name(), one_of(&["never", "always"]), claim, optional(when))
        .prop_map(|(name, word, claim, when)| format!("prove~{name}^{{^{word}~{claim}{when}^}}"))
        .boxed()
}

fn assignments() -> Template {
    braces((any_path(), value()).prop_map(|(path, value)| format!("{path}^:^{value}")).boxed(), 0)
}

fn given() -> Template {
    prop_oneof![
        name().prop_map(|name| format!("given~{name}")),
        assignments().prop_map(|assignments| format!("given^{assignments}")),
        (name(), assignments()).prop_map(|(name, assignments)| format!("given~{name}~with^{assignments}")),
    ]
    .boxed()
}

fn expectation() -> Template {
    let list = |word: &'static str, name: Template| {
        let name = name.prop_filter("a keyword here", |name| !["only", "nothing"].contains(&name.as_str()));
        (one_of(&["", "", "only~"]), vec(name, 1..3))
            .prop_map(move |(only, names)| format!("~{word}~{only}{}", names.join("^,^")))
            .boxed()
    };
    let rule_name = prop_oneof![
        one_of(&["a", "rule", "oblige", "minors/otherwise", "lawful/one"]),
        one_of(&["lawful/12"]),
    ];
    let part = prop_oneof![
        list("by", rule_name.boxed()),
        Just("~by~default".to_owned()),
        list("oblige", name()),
        list("basis", name()),
        one_of(&["~oblige~nothing", "~basis~nothing"]),
        list("missing", any_path()),
    ];
    prop_oneof![
        4 => (one_of(&["allow", "deny", "indeterminate"]), vec(part, 0..3))
            .prop_map(|(outcome, parts)| outcome + &parts.concat()),
        1 => any_path().prop_map(|path| format!("error~{path}")),
    ]
    .boxed()
}

fn test() -> Template {
    (string(), given(), expectation())
        .prop_map(|(title, given, expectation)| format!("test^{title}^{{^{given}~expect~{expectation}^}}"))
        .boxed()
}

fn cases() -> Template {
    let attribute =
        any_path().prop_filter("the column `expect` is no attribute", |path| path != "expect").boxed();
    // Two columns for one attribute are an error, so names are distinct.
    let attributes = hash_set(attribute, 0..4).prop_flat_map(|names| {
        names.into_iter().map(|name| plain_column(Just(name).boxed(), value())).collect::<Vec<_>>()
    });
    let expect = plain_column(Just("expect".to_owned()).boxed(), expectation());
    (string(), given(), attributes, expect, any::<prop::sample::Index>(), 0_usize..5)
        .prop_map(|(title, given, mut columns, expect, place, count)| {
            columns.insert(place.index(columns.len() + 1), expect);
            format!("cases^{title}^{given}^{{^{}^}}", rows(&columns, count))
        })
        .boxed()
}

fn example() -> Template {
    (name(), optional(name().prop_map(|base| format!("^=^{base}~with"))), assignments())
        .prop_map(|(name, base, assignments)| format!("example~{name}{base}^{assignments}"))
        .boxed()
}

fn declaration() -> Template {
    let import = string().prop_map(|path| format!("import^{path}"));
    prop_oneof![
        header(),
        import,
        taxonomy(),
        named_set(),
        request(),
        definition(),
        lookup(),
        where_block(),
        rule(),
        table(),
        proof(),
        example(),
        test(),
        cases(),
    ]
    .boxed()
}

/// White space with or without comments; `#` is replaced by the number of the comment.
fn gap() -> Template {
    prop_oneof![
        12 => Just(" ".to_owned()),
        4 => one_of(&["\n", "  ", "\t", "\n    ", "\n\n", "\n \t\n\n\n"]),
        1 => one_of(&[" // note #\n", "\n// note #\n", " /// note #\n", "\n\n//// note # \t\n\n//\n  // § #\n"]),
    ]
    .boxed()
}

/// Replaces the placeholders of a template by the choices, in a cycle.
fn filled(template: &str, choices: &[(String, bool)]) -> String {
    let mut out = String::new();
    let mut comments = 0;
    let mut choices = choices.iter().cycle();
    for c in template.chars() {
        if !matches!(c, GAP | MAY_GAP | SPACE | MAY_COMMA | LAST_COMMA | LINE_END) {
            out.push(c);
            continue;
        }
        let Some((gap, choice)) = choices.next() else { break };
        comments += 1;
        let gap = gap.replace('#', &comments.to_string());
        match c {
            MAY_GAP if *choice => {}
            MAY_COMMA if *choice => out.push_str(&format!("{gap},")),
            SPACE => out.push_str(if *choice { " " } else { "\t " }),
            LAST_COMMA => out.push_str(if *choice { "," } else { "" }),
            LINE_END => out.push_str(&format!("{}\n", gap.trim_start_matches('\n').trim_end_matches('\n'))),
            _ => out.push_str(&gap),
        }
    }
    out
}

/// Policies with every kind of declaration, some with CRLF line ends or a byte-order mark.
pub(crate) fn policy() -> impl Strategy<Value = String> {
    (vec(declaration(), 0..5), vec((gap(), any::<bool>()), 40), any::<bool>(), any::<bool>()).prop_map(
        |(declarations, choices, is_dos, is_marked)| {
            let text = filled(&format!("^{}^", declarations.join("~")), &choices);
            let text = if is_dos { text.replace('\n', "\r\n") } else { text };
            if is_marked { format!("\u{feff}{text}") } else { text }
        },
    )
}
