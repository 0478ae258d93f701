//! Habits at the beginning of declarations, in proofs and in tests.

pub(super) const TESTS: &[(&str, &str)] = &[
    ("test <STRING> { ^expect", "write `given { … }` first"),
    ("test <STRING> { ^{", "write `given` before the brace"),
    ("given ^:", "write `given` without `:`"),
    ("given <WORD> ^is", "write `given { $1: … }`"),
    ("given <WORD> ^<and|plus|+|but|except>", "write `given $1 with { … }`"),
    ("} ^given", "write all attributes in one `given { … }`"),
    ("expect ^: <WORD>", "write `expect $1`"),
    ("^<assert|then|should|expected|result|THEN>", "write `expect`"),
    ("expect <WORD> ^<because|with|from|through|via> <WORD>", "write `expect $1 by $3`"),
    ("expect ^<permit|permitted|true|yes|ALLOW|Allow|Permit>", "write `expect allow`"),
    ("expect ^<forbid|refused|false|no|denied|DENY|Deny>", "write `expect deny`"),
    ("<WORD> : { <WORD> ^:", "write `$1.$2: …`"),
];

pub(super) const PROOFS: &[(&str, &str)] = &[
    ("never ^<deny|refuse|forbid>", "write `always allow`"),
    ("always ^<deny|refuse|forbid>", "write `never allow`"),
    ("<never|always> ^permit", "write `$1 allow`"),
    ("^<not|no> <allow|permit>", "write `never allow`"),
    ("^<must|shall|should>", "write `never allow when …` or `always allow when …`"),
    ("{ ^deny", "write `never allow`"),
    ("{ ^allow", "write `always allow`"),
];

pub(super) const DECLARATIONS: &[(&str, &str)] = &[
    ("^<rule|table|prove> {", "write a name before the brace: `$1 name {`"),
    ("^request <WORD> {", "write `request {`"),
    ("^<rule|table|prove|taxonomy|example> <TITLE>", "write `$1 $2`: its name has no quotes"),
    ("^<rule|table|prove|taxonomy|example> <STRING>", "write a name of letters, digits and `_`"),
    ("^<test|cases> <WORD>", "write `$1 \"$2\"`: its title has quotes"),
    ("^import <WORD>", "write `import \"$1.placet\"`"),
    ("^<include|use|require> <STRING>", "write `import \"$2\"`"),
    ("^<package|module|namespace> <WORD>", "write `policy $2`"),
    ("^<var|const|define|def|val|set> <WORD> <=|:=|as|be>", "write `let $2 = …`"),
    ("^<function|fn|func|def|macro>", "there are no functions: name a condition with `let`"),
    ("^<enum|type|category|class> <WORD>", "write `taxonomy $2 { … }`"),
    ("^@ <ANY>", "write `///` and a comment, or `cite \"…\"` in the rule"),
    ("^default", "remove it: what no rule allows is denied"),
    ("^<input|context|schema|entity|attributes> {", "write `request {`"),
    ("^<permit|allow> <ANY>", "write it in a rule: `rule name { allow when … }`"),
    ("^<forbid|deny> <ANY>", "write it in a rule: `rule name { deny when … }`"),
    ("^<if|when|IF>", "write it in a rule: `rule name { allow when … }`"),
    ("policy <WORD> ^{", "write `policy $1` without braces: the header stands alone"),
    ("policy <WORD> ^- <WORD>", "write `policy $1_$2`"),
    ("policy <WORD> ^<=|:> <STRING>", "write `policy $1`"),
    ("policy <WORD> ^<STRING>", "write `policy $1 version \"$2\"`"),
];

/// The formats of other languages.
pub(super) const FORMATS: &[(&str, &str)] = &[
    ("^{", "begin with `policy NAME`"),
    ("^<", "begin with `policy NAME`"),
    ("^---", "begin with `policy NAME`"),
];

/// Names and strings where only these can stand.
pub(super) const NAMES: &[(&str, &str)] = &[
    ("by ^<TITLE>", "write `by $1`"),
    ("example <WORD> = ^{", "write `example $1 { … }`"),
    ("example <WORD> ^:", "write `example $1 { … }`"),
    ("cases <STRING> ^{", "write `cases \"$1\" given {} {`"),
    ("test <STRING> { ^expect", "write `given { … }` first"),
    ("test <STRING> { ^{", "write `given` before the brace"),
    ("given ^: <WORD>", "write `given $1`"),
    ("<rule|table|prove> <WORD> ^<as|is>", "write `$1 $2 {`"),
    (
        "<rule|table> <WORD> ^<when|where|if> <...> {",
        "write the condition in the braces: `$1 $2 { allow when $4 }`",
    ),
    ("<rule|table|prove> <WORD> ^<:|=>", "write `$1 $2 { … }`"),
    ("<rule|table|prove> <WORD> ^(", "write `$1 $2 {`"),
    ("<rule|table|prove|let|set|lookup|example> <WORD> ^- <WORD>", "write `$1 $2_$3`: a name has no hyphens"),
    ("<rule|table|prove|taxonomy|example> ^<TITLE>", "write `$1 $2`: its name has no quotes"),
    ("<let|set|lookup> <WORD> ^<:|:=|as>", "write `$1 $2 = …`"),
    ("basis ^<NUMBER>", "write one of the six legal bases, such as `basis consent`"),
    ("policy ^<:|=> <WORD>", "write `policy $2`"),
    ("otherwise ^allow", "write the `allow` as a rule of its own"),
    ("otherwise ^", "write `otherwise deny`"),
    ("otherwise ^}", "write `otherwise deny`"),
    ("^given {", "write `given` inside the braces"),
];
