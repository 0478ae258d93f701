//! Habits of other languages, and the advice for each. [`pattern`](super::pattern) explains the patterns; `$1` in an
//! advice is what the pattern captures first.

mod conditions;
mod declarations;

use self::conditions::{CONDITIONS, OPERATORS, QUANTIFIERS, SIGNS, VALUES};
use self::declarations::{DECLARATIONS, FORMATS, NAMES, PROOFS, TESTS};
use crate::grammar::Rule;

/// Habits of a place, which is known by the rules that were expected there.
pub(super) struct Group {
    pub(super) place: Place,
    pub(super) habits: &'static [(&'static str, &'static str)],
}

/// A place of a syntax error.
pub(super) enum Place {
    Anywhere,
    /// In a cell or the head of a column, after something that is complete.
    InACell,
    /// One of these rules was expected.
    Expecting(&'static [Rule]),
    /// None but these rules were expected.
    ExpectingOnly(&'static [Rule]),
}

use Place::{Anywhere, Expecting, ExpectingOnly, InACell};

/// The groups in the order in which they are tried. The first pattern that matches gives the advice.
pub(super) const GROUPS: &[Group] = &[
    Group {
        place: Expecting(&[
            Rule::cell,
            Rule::star,
            Rule::only_cell,
            Rule::row_value,
            Rule::only_value,
            Rule::value,
        ]),
        habits: SEPARATORS,
    },
    Group { place: Expecting(&[Rule::cell, Rule::star, Rule::only_cell]), habits: CELLS },
    Group { place: ExpectingOnly(&[Rule::row_value, Rule::only_value, Rule::value]), habits: CASES },
    Group { place: InACell, habits: CELL_ENDS },
    Group { place: Expecting(&[Rule::relation, Rule::kw_and]), habits: OPERATORS },
    Group { place: ExpectingOnly(&[Rule::kw_where, Rule::group, Rule::paren_start]), habits: QUANTIFIERS },
    Group { place: ExpectingOnly(&[Rule::kw_when]), habits: EXCEPTIONS },
    Group { place: ExpectingOnly(&[Rule::name]), habits: QUOTED_NAMES },
    Group { place: Expecting(&[Rule::entry, Rule::colon]), habits: ENTRIES },
    Group { place: Anywhere, habits: LOOKUPS },
    Group { place: Anywhere, habits: VALUES },
    Group { place: Expecting(&[Rule::kw_cite]), habits: PARTS },
    Group { place: Expecting(&[Rule::optional]), habits: TYPES },
    Group {
        place: Expecting(&[Rule::attribute, Rule::any_path, Rule::path, Rule::assignment]),
        habits: ATTRIBUTES,
    },
    Group { place: Expecting(&[Rule::nodes, Rule::node]), habits: TAXONOMIES },
    Group {
        place: Expecting(&[Rule::kw_except, Rule::equals, Rule::kw_of, Rule::set_expression]),
        habits: SETS,
    },
    Group { place: Expecting(&[Rule::kw_never, Rule::kw_allow]), habits: PROOFS },
    Group { place: Expecting(&[Rule::kw_rule]), habits: WHERES },
    Group {
        place: Expecting(&[Rule::kw_expect, Rule::expectation, Rule::comma, Rule::block_end]),
        habits: TESTS,
    },
    Group { place: ExpectingOnly(&[Rule::only_declaration]), habits: FORMATS },
    Group { place: Expecting(&[Rule::EOI, Rule::only_declaration, Rule::kw_cite]), habits: DECLARATIONS },
    Group { place: Anywhere, habits: NAMES },
    Group { place: Expecting(&[Rule::kw_and, Rule::EOI]), habits: CONDITIONS },
    Group { place: Anywhere, habits: SIGNS },
];

const SEPARATORS: &[(&str, &str)] = &[
    ("^- -", "remove the row: nothing separates the heads from the rows below"),
    ("^: -", "remove the row: nothing separates the heads from the rows below"),
];

const CELLS: &[(&str, &str)] = &[
    ("^-", "write `*` if any value will do"),
    ("^any", "write `*` if any value will do"),
    ("^all", "write `*` if any value will do"),
    ("^≥ <ANY>", "write `>= $1`"),
    ("^≤ <ANY>", "write `<= $1`"),
    ("^≠ <ANY>", "write `not $1`"),
    ("^!= <ANY>", "write `not $1`"),
    ("^<> <ANY>", "write `not $1`"),
    ("^= <ANY>", "write `$1`"),
    ("^== <ANY>", "write `$1`"),
];

/// Cells of a table of cases.
const CASES: &[(&str, &str)] = &[
    ("^*", "a case is one request: write one value, or `missing`"),
    ("^-", "write `missing` for what the request leaves out"),
    ("^<SIGN>", "a case is one request: write one value, or `missing`"),
    ("^<≥|≤>", "a case is one request: write one value, or `missing`"),
];

/// Between the values of a cell or the parts of a column's head.
const CELL_ENDS: &[(&str, &str)] = &[
    ("<VALUE> ^.. <VALUE>", "a case is one request: write one value, such as `$1`"),
    ("<SIGN> <NUMBER> ^and <SIGN> <NUMBER>", "write a range, both ends in it: `a..b`"),
    ("<SIGN> <NUMBER> ^<&&|,> <SIGN> <NUMBER>", "write a range, both ends in it: `a..b`"),
    ("<VALUE> ^<or|and|/> <VALUE>", "write `$1, $3`"),
    ("<WORD> ^, <WORD>", "write `|` between columns"),
    ("<WORD> ^<=|==>", "write `$1 is`, or `$1` alone"),
    (
        "<WORD> ^<WORD>",
        "the head of a column is an attribute or a comparison without its right side: `age <`",
    ),
];

/// Parts of a rule.
const PARTS: &[(&str, &str)] = &[
    ("{ ^= <...>", "write `allow when $1`"),
    ("^<must|shall|should> <WORD>", "write `oblige $2`"),
    ("^may <WORD>", "write `allow when …`"),
    ("^<condition|target|given> <WORD>", "write `where $2`"),
    ("<deny|allow> ^provided that <...>", "write `$1 when $2`"),
    ("<deny|allow> ^<provided|whenever|while|insofar> <...>", "write `$1 when $3`"),
    ("<deny|allow> ^: when", "write `$1 when …`"),
    ("<deny|allow> ^<or|and>", "a rule has one effect: write two rules"),
    (
        "oblige <WORD> ^<without|immediately|promptly|forthwith|asap|now>",
        "write a deadline, such as `oblige $1 within 1 day`, or none",
    ),
    ("oblige <WORD> ^<NUMBER> <WORD>", "write `oblige $1 within $2 $3`"),
    (
        "oblige <WORD> within <one|a> ^<month|months>",
        "a deadline is in weeks, days or less: write `within 30 days` for a month",
    ),
    (
        "oblige <WORD> within <WORD> ^<day|days|week|weeks|hour|hours|month|months>",
        "write the number in digits: `within 30 days`",
    ),
    (
        "^<algorithm|combining|strategy>",
        "remove it: the order of rules doesn't matter, and a denial outweighs every allow",
    ),
    ("^{ <STRING> :", "write `allow when …` or `deny when …`"),
    ("^- <allow|deny|cite|because|oblige|basis>", "write `$1` without `-`"),
    ("^§ <ANY>", "write `cite \"§ $1\"`"),
    ("^<notwithstanding|despite>", "remove it: a denial outweighs every allow, whatever the order"),
    ("^<WORD> | <ANY>", "begin and end each row with `|`"),
    ("^permit <when|if> <...>", "write `allow when $2`"),
    ("^permit", "write `allow`"),
    ("^<forbid|block|reject|refuse|prohibit> <when|if> <...>", "write `deny when $3`"),
    ("^<forbid|block|reject|refuse|prohibit>", "write `deny`"),
    ("^<if|when|IF> <...> <then|THEN> <allow|deny>", "write `$4 when $2`"),
    ("when <WORD> ^when", "write `and`"),
    ("^when <...> <allow|deny>", "write `$2 when $1`"),
    ("^when", "write `allow when …` or `deny when …`"),
    ("^else deny", "write `otherwise deny`"),
    ("^default deny", "write `otherwise deny`"),
    ("<deny|allow> ^only <when|if> <...>", "write `$1 when $3`"),
    ("<deny|allow> ^<if|where|IF> ( <...> )", "write `$1 when $3`"),
    ("<deny|allow> ^<if|where|IF> <...>", "write `$1 when $3`"),
    ("<deny|allow> ^: <...>", "write `$1 when $2`"),
    ("<deny|allow> ^<{|(>", "write `$1 when …`"),
    ("<deny|allow> ^<not|any|all|no|some|every>", "write `$1 when $2 …`"),
    ("<deny|allow> ^<WORD> <is|in|like|and|or|<|>|<=|>=>", "write `$1 when $2 $3 …`"),
    ("<deny|allow> ^<WORD> <cite|because|basis|oblige|except|otherwise|}>", "write `$1 when $2`"),
    ("allow ^<unless|except> <...>", "write `allow except when $2`"),
    ("deny ^<unless|except> <...>", "write `deny except when $2`"),
    ("^<unless|UNLESS> <...>", "write `except when $2`"),
    ("^effect <ANY> <allow|deny|permit|forbid>", "write `allow when …` or `deny when …`"),
    ("^effect <ANY>", "write `allow when …` or `deny when …`"),
    ("^then", "write `allow when …` or `deny when …`"),
    ("^return <allow|deny>", "write `$1` without `return`"),
    (
        "^<priority|order|salience|weight>",
        "remove it: the order of rules doesn't matter, and a denial outweighs every allow",
    ),
    ("^<description|comment|reason|message|title|why> <STRING>", "write `because \"$2\"`"),
    ("^<reference|ref|source|see|law> <STRING>", "write `cite \"$2\"`"),
    ("^<obligation|obligations|obliges|advice> <WORD>", "write `oblige $2`"),
    ("oblige to ^<WORD>", "write `oblige $1`"),
    ("oblige <WORD> ^, <WORD>", "write each on its own: `oblige $1` and `oblige $2`"),
    ("oblige <WORD> ^(", "write `oblige $1`"),
    ("oblige <WORD> ^- <WORD>", "write `oblige $1_$2`"),
    ("oblige <WORD> ^<in|after|by|for|before> <NUMBER> <WORD>", "write `oblige $1 within $3 $4`"),
    ("oblige <WORD> ^<if|IF>", "write `oblige $1 when …`"),
    ("^<let|var|const>", "write a `let` outside the rule"),
];

/// The names of attributes, where they are declared or given.
const ATTRIBUTES: &[(&str, &str)] = &[
    ("^<WORD> - <WORD> :", "write `$1_$2`: a name has no hyphens"),
    ("^<WORD> - <WORD> - <WORD> :", "write `$1_$2_$3`: a name has no hyphens"),
    ("^<STRING> :", "write `$1:` without quotes"),
    ("^<WORD> ? : <WORD>", "write `$1: $2?`"),
    (
        "^<required|optional|mandatory> <WORD> : <WORD>",
        "write `$2: $3 required`, or `$2: $3?` for one that may be absent",
    ),
    ("^<bool|int|number|string|date|time|duration> <WORD>", "write `$2: $1`"),
    ("^<WORD> = <ANY>", "write `$1: $2`"),
    ("^<WORD> is <ANY>", "write `$1: $2`"),
    ("^<WORD> <bool|int|number|string|date|time|duration>", "write `$1: $2`"),
];

/// The types of attributes.
const TYPES: &[(&str, &str)] = &[
    ("^- -", "comments begin with `//`"),
    ("<WORD> ^or <WORD>", "write the values in braces: `{ $1, $2 }`"),
    ("<int|number> ^<>|>=|<|<=>", "write both ends of the range: `$1 0..100`"),
    ("<int|number> ^( <NUMBER> , <NUMBER> )", "write `$1 $2..$3`"),
    ("<int|number> ^[ <NUMBER> .. <NUMBER> ]", "write `$1 $2..$3`"),
    ("<int|number> ^[ <NUMBER> , <NUMBER> ]", "write `$1 $2..$3`"),
    ("<WORD> ^(", "write a type without its length: `string`"),
    ("<WORD> ^[ ]", "write `set of $1`"),
    ("<WORD> ^< <WORD> >", "write `set of $2`"),
    ("<WORD> ^of <WORD>", "write `set of $2`"),
    ("enum ^{", "write `{ a, b }` without `enum`"),
    ("enum ^(", "write the values in braces: `{ a, b }`"),
    ("<optional|nullable> ^<WORD>", "write `$2?`"),
    ("<WORD> ^| <null|none|None|undefined>", "write `$1?`"),
    ("<WORD> ^| <WORD>", "write the values in braces: `{ $1, $2 }`"),
    ("<WORD> ^= <ANY>", "write `$1 default $2`"),
    ("<WORD> ^<not|NOT> <null|NULL>", "write `$1 required`"),
    ("<WORD> ^<null|NULL|nullable>", "write `$1?`"),
    ("<WORD> ^<between|BETWEEN|from|in> <NUMBER> <and|AND|to|..> <NUMBER>", "write `$1 $3..$5`"),
    ("<WORD> ^<mandatory|REQUIRED>", "write `$1 required`"),
];

const TAXONOMIES: &[(&str, &str)] = &[
    ("taxonomy <WORD> ^=", "write `taxonomy $1 { … }`"),
    ("taxonomy <WORD> ^:", "write `taxonomy $1 { … }`"),
    ("<WORD> ^: {", "write `$1 { … }`"),
    ("<WORD> ^<>|->|=>|/> <WORD>", "write `$1 { $3 }`"),
    ("<WORD> ^. <WORD>", "write `$1 { $2 }`"),
    ("<WORD> ^- <WORD>", "write `\"$1-$2\"`, or `$1_$2`"),
    ("^- <WORD>", "write the names with commas: `$1, …`"),
    ("<WORD> ^(", "write what lies below a node in braces: `$1 { … }`"),
    ("<WORD> ^: <WORD>", "write `$1 { $2 }`"),
];

const SETS: &[(&str, &str)] = &[
    ("set <WORD> ^=", "write `set $1 of TAXONOMY = …`"),
    ("set <WORD> of <WORD> = <WORD> ^<+|or|and|,|union|UNION> <WORD>", "write `{$3, $5}`"),
    ("set <WORD> of <WORD> = <WORD> ^<-|minus|without|MINUS> <WORD>", "write `$3 except $5`"),
    ("of <WORD> = ^<not|no> <WORD>", "write `$1 except $3`"),
    ("set <WORD> of <WORD> ^<:|:=|{>", "write `set $1 of $2 = { … }`"),
    ("let <WORD> ^<:|:=|as|be>", "write `let $1 = …`"),
];

const ENTRIES: &[(&str, &str)] = &[("^<=>|->|=>", "write `:`"), ("^* :", "write `otherwise:`")];

const LOOKUPS: &[(&str, &str)] = &[
    ("lookup <WORD> ^<from|by|on|for|:>", "write `lookup $1 of …`"),
    ("lookup <WORD> of <WORD> ^{", "write the type of the values before the brace: `lookup $1 of $2: int {`"),
    ("lookup <WORD> of <WORD> ^-> <WORD>", "write `lookup $1 of $2: $3`"),
    ("lookup <WORD> of <WORD> : <WORD> ^=", "write `lookup $1 of $2: $3 {`"),
];

const WHERES: &[(&str, &str)] = &[("^<allow|deny>", "write a rule in the block: `rule name { $1 … }`")];

const EXCEPTIONS: &[(&str, &str)] = &[
    ("except <if|for|where|unless|provided> ^<WORD>", "write `except when $2`"),
    ("except <WORD> ^<ANY>", "write `except when $1`"),
    ("except <WORD> ^", "write `except when $1`"),
];

const QUOTED_NAMES: &[(&str, &str)] = &[("^<TITLE>", "write `$1` without quotes")];

#[cfg(test)]
mod tests {
    use super::GROUPS;

    #[test]
    fn patterns_mark_one_token_and_capture_what_the_advice_takes() {
        for (pattern, advice) in GROUPS.iter().flat_map(|group| group.habits) {
            let items: Vec<&str> = pattern.split(' ').collect();
            assert_eq!(items.iter().filter(|item| item.starts_with('^')).count(), 1, "{pattern}");
            assert!(items.iter().all(|item| !item.is_empty()), "{pattern}");
            let bare = items.iter().map(|item| item.strip_prefix('^').unwrap_or(item));
            let captures = bare.filter(|item| item.len() > 2 && item.starts_with('<') && item.ends_with('>'));
            let captures = captures.count();
            let most =
                advice.split('$').skip(1).filter_map(|rest| rest.get(..1)?.parse::<usize>().ok()).max();
            assert!(most.unwrap_or(0) <= captures, "{pattern}: {advice}");
        }
    }
}
