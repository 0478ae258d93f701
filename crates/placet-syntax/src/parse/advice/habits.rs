//! Habits of other languages, and the advice for each. [`pattern`](super::pattern) explains the patterns; `$1` in an
//! advice is what the pattern captures first.

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

/// Comparisons in words or signs of other languages.
const OPERATORS: &[(&str, &str)] = &[
    (
        "^IS NULL",
        "write `is missing` for what a request leaves out, or `is none` for what is known to be absent",
    ),
    (
        "^IS NOT NULL",
        "write `is known` for what a request gives, or `is not none` for what is not known to be absent",
    ),
    ("^IN (", "write `in {…}`"),
    ("^NOT IN", "write `not in {…}`"),
    ("<WORD> ^has <WORD>", "write `$1.$2 is known`"),
    ("<.some|.any|.exists> ^(", "write `some x in $1 where (…)`"),
    ("<.every|.all> ^(", "write `every x in $1 where (…)`"),
    ("<.containsAny> ^( [ <...> ] )", "write `any $1 in {$2}`"),
    ("<.containsAll> ^( [ <...> ] )", "write each on its own: `any $1 in {…}`"),
    ("<WORD> ^? ?", "give `$1` a `default` in `request`"),
    ("<WORD> ^:= <VALUE>", "name a value outside the rule: `let $1 = $2`"),
    ("<WORD> ^[ _ ]", "write `any $1 in {…}`"),
    ("<WORD> ^[ <NUMBER> ]", "a set or a text has no positions: write `any $1 in {…}`, or `$1 like \"…\"`"),
    ("<WORD> ^no more than <VALUE>", "write `$1 <= $2`"),
    ("<WORD> ^no less than <VALUE>", "write `$1 >= $2`"),
    ("<WORD> ^from <VALUE> to <VALUE>", "write `$1 in $2..$3`"),
    ("<WORD> ^until <VALUE>", "write `$1 <= $2`"),
    ("<WORD> ^since <VALUE>", "write `$1 >= $2`"),
    ("<WORD> ^of type <WORD>", "write `$1 in $2`"),
    ("is <a|an|the> ^<WORD>", "write `is $2`"),
    ("when either ^<WORD> or <WORD>", "write `$1 or $2`"),
    ("both ^<WORD> and <WORD>", "write `$1 and $2`"),
    ("neither ^<WORD> nor <WORD>", "write `not $1 and not $2`"),
    ("not <WORD> ^nor <WORD>", "write `not $1 and not $2`"),
    ("only ^<WORD>", "write `$1`"),
    ("^IS NOT", "write `is not`"),
    ("^IS", "write `is`"),
    ("^IN", "write `in`"),
    ("^OR", "write `or`"),
    ("<WORD> ^contains <STRING>", "write `$1 like \"*$2*\"`, or `\"$2\" in $1` for a set"),
    ("<WORD> ^<contains|includes> <WORD>", "write `any $1 in {$3}`"),
    ("<WORD> ^<contains|includes>", "write `any $1 in {…}`"),
    ("<.contains|.includes> ^( <STRING> )", "write `$1 like \"*$2*\"`, or `\"$2\" in $1` for a set"),
    ("<.contains|.includes> ^( <WORD> )", "write `any $1 in {$2}`"),
    ("<WORD> ^<starts|begins> with <STRING>", "write `$1 like \"$3*\"`"),
    ("<WORD> ^<startswith|startsWith> <STRING>", "write `$1 like \"$3*\"`"),
    ("<.startsWith|.startswith|.starts_with> ^( <STRING> )", "write `$1 like \"$2*\"`"),
    ("<WORD> ^<ends> with <STRING>", "write `$1 like \"*$3\"`"),
    ("<WORD> ^<endswith|endsWith> <STRING>", "write `$1 like \"*$3\"`"),
    ("<.endsWith|.endswith|.ends_with> ^( <STRING> )", "write `$1 like \"*$2\"`"),
    ("<WORD> ^<matches|regexp|REGEXP|RLIKE|LIKE|=~|~>", "write `$1 like \"…\"`, with `*` for any text"),
    ("<.matches|.match|.test> ^(", "write `$1 like \"…\"`, with `*` for any text"),
    ("<.size|.length|.count> ^(", "a set's size can't be tested; `$1 is {}` is true of the empty one"),
    ("<WORD> ^<between|BETWEEN> <...> <and|AND> <VALUE>", "write `$1 in $3..$5`"),
    ("<WORD> ^<between|BETWEEN>", "write `$1 in a..b`"),
    ("<WORD> ^<subset|subsetof>", "write `all $1 in …`"),
    ("<WORD> ^<intersects|overlaps>", "write `any $1 in …`"),
    ("<WORD> ^<equals|eq|equal> <VALUE>", "write `$1 is $3`"),
    ("<WORD> ^<exists|present|defined>", "write `$1 is known`"),
    ("is one ^of", "write `in {…}`"),
    ("is either ^<WORD> or <WORD>", "write `in {$1, $2}`"),
    ("is equal ^to <ANY>", "write `is $1`"),
    ("is <greater|more|larger|older|higher|later> ^than <ANY>", "write `> $2`"),
    ("is <less|smaller|fewer|younger|lower|earlier> ^than <ANY>", "write `< $2`"),
    ("is at ^least <ANY>", "write `>= $1`"),
    ("is at ^most <ANY>", "write `<= $1`"),
    ("is <over|above|after|past> ^<ANY>", "write `> $2`"),
    ("is <under|below|before> ^<ANY>", "write `< $2`"),
    ("<WORD> ^<greater|more|older> than <ANY>", "write `$1 > $3`"),
    ("<WORD> ^<less|fewer|younger> than <ANY>", "write `$1 < $3`"),
    ("<WORD> ^<after|over|above> <ANY>", "write `$1 > $3`"),
    ("<WORD> ^<before|under|below> <ANY>", "write `$1 < $3`"),
    ("<WORD> is <VALUE> ^, <VALUE>", "write `$1 in {$2, $3}`"),
    ("<WORD> in <VALUE> ^, <VALUE>", "write `$1 in {$2, $3}`"),
    ("in ( <VALUE> ^,", "write sets in braces: `{a, b}`"),
    ("<WORD> ^isn", "write `$1 is not`"),
    ("NOT ^<WORD>", "write `not $1`"),
    ("<WORD> ^<xor|XOR|^> <WORD>", "write `$1 is not $3`"),
    ("<WORD> ^<implies|->> <WORD>", "write `not $1 or $3`"),
    ("<WORD> ^? <WORD>", "write `$1 and $2`, with `or` before the other case"),
    ("case ^when", "write a rule for each case"),
    ("CASE ^WHEN", "write a rule for each case"),
    ("<exists|EXISTS> ^<WORD> in", "write `some $2 in … where (…)`"),
    ("<exists|EXISTS> ^<WORD>", "write `$2 is known`"),
    ("<each|forall|foreach> ^<WORD> in", "write `every $2 in … where (…)`"),
    ("for ^<all|every|each|any|some>", "write `every p in … where (…)`, or `some p in … where (…)`"),
    ("none ^<WORD>", "write `no $1`"),
    ("none ^of <WORD>", "write `no $1`"),
    ("<WORD> ^. . <WORD>", "write `$1..$2`"),
    (
        "<days|datediff|date_diff|DATEDIFF|dateDiff> ( <WORD> ^, <WORD> )",
        "write `$3 - $2`, compared with a duration: `30 days`",
    ),
    ("<under|below> ^<NUMBER>", "name what is compared: `age < $2`"),
    ("<over|above> ^<NUMBER>", "name what is compared: `age > $2`"),
    ("f ^<STRING>", "write `\"$1\"`"),
    ("r ^<STRING>", "write `\"$1\"`"),
];

/// Values in forms of other languages.
const VALUES: &[(&str, &str)] = &[
    ("<WORD> not ^<less|fewer|younger|lower> than <VALUE>", "write `$1 >= $3`"),
    ("<WORD> not ^<more|greater|older|higher> than <VALUE>", "write `$1 <= $3`"),
    ("and ^/ or", "write `or`: it holds if both sides do, too"),
    ("{ <VALUE> ^;", "write commas between the entries"),
    ("<and|AND> ( <WORD> ^, <WORD> )", "write `$2 and $3`"),
    ("<or|OR> ( <WORD> ^, <WORD> )", "write `$2 or $3`"),
    ("<if|IF|iif|IIF> ( <WORD> ^<ANY>", "write a rule for each case"),
    ("when ( <WORD> ^,", "compare each on its own, with `and` between them"),
    ("<SIGN> 0 ^, <NUMBER>", "write `0.$2`"),
    ("<int|number> <NUMBER> ^<-|to|–> <NUMBER>", "write `$1 $2..$4`"),
    ("default : ^<VALUE>", "write `default $1`"),
    ("default ^( <VALUE> )", "write `default $1`"),
    ("default ^= <VALUE>", "write `default $1`"),
    ("except <if|for|where|unless|provided> ^<WORD>", "write `except when $2`"),
    ("except ^<if|for|where|unless|provided> <...>", "write `except when $2`"),
    ("<INTERVAL|interval> ^<STRING>", "write `$2`"),
    ("<WORD> ^:: <STRING>", "write the value alone"),
    ("let <WORD> = ^where", "write `let $1 =` and the condition"),
    ("let <WORD> = ^{", "write a set where it is used, or `set $1 of TAXONOMY = {…}`"),
    ("let <WORD> = <VALUE> ^..", "a range stands in a condition: `age in $2..…`"),
    ("<WORD> is not ^in", "write `$1 not in`"),
    ("<WORD> is ^in", "write `$1 in`"),
    ("<WORD> is not ^<any|one> of", "write `$1 not in {…}`"),
    ("<WORD> is ^any of", "write `$1 in {…}`"),
    ("<WORD> is not ^<like>", "write `not $1 like …`"),
    ("<WORD> not ^like", "write `not $1 like …`"),
    ("<any|all|no> of ^<WORD> in", "write `$1 $2 in`"),
    ("<WORD> not ^between", "write `$1 not in a..b`"),
    ("<WORD> not ^<VALUE>", "write `$1 is not $2`"),
    ("<WORD> is <VALUE> or ^is <VALUE>", "write `$1 in {$2, $3}`"),
    ("<WORD> is <VALUE> or ^is", "write `$1 in {$2, …}`"),
    ("<WORD> in <VALUE> or ^in", "repeat what is compared: `or $1 in …`"),
    ("<WORD> <SIGN> <VALUE> <and|or> ^<SIGN> <VALUE>", "write `$1 $2 $3 $4 $1 $5 $6`"),
    (
        "<WORD> is <VALUE> and not ^is <VALUE>",
        "write `$1 not in {$2, $4}`, or repeat what is compared: `and $1 is not $4`",
    ),
    ("<and|or> ^<and|or>", "remove one of the two words"),
    ("<and|or> ^<is|in|like|<|<=|>|>=>", "repeat what is compared before `$2`"),
    ("when ^{ <...> }", "write `when $1`"),
    ("not ^}", "write `not` before the condition"),
    // Numbers.
    ("<NUMBER> ^. <000>", "write digits in groups with `_`: `1_000_000`"),
    ("<NUMBER> ^. <YEAR>", "write a date as year, month and day: `2025-01-31`"),
    ("<NUMBER> ^/ <NUMBER> / <YEAR>", "write a date as year, month and day: `$3-$2-$1` or `$3-$1-$2`"),
    ("<YEAR> ^/ <NUMBER> / <NUMBER>", "write a date with hyphens: `$1-$2-$3`"),
    ("<NUMBER> ^/ <NUMBER> / <NUMBER>", "write a date as year, month and day: `2025-01-31`"),
    (
        "<NUMBER> ^<January|February|March|April|May|June|July|August|September|October|November|December>",
        "write a date as year, month and day: `2025-01-31`",
    ),
    ("<YEAR> - <NUMBER> - ^<HOUR> : <NUMBER> : <NUMBER>", "add the zone, `Z` for UTC: `$1-$2-$3:$4:$5Z`"),
    (
        "<YEAR> - <NUMBER> - ^<HOUR> : <NUMBER>",
        "add the seconds and the zone, `Z` for UTC: `$1-$2-$3:$4:00Z`",
    ),
    ("<YEAR> - <NUMBER> - ^<HOUR>", "write a time with seconds and a zone: `$1-$2-$3:00:00Z`"),
    ("<DATE> ^<NUMBER> : <NUMBER> : <NUMBER>", "write `$1T$2:$3:$4Z`"),
    ("<DATE> ^<NUMBER> : <NUMBER>", "write `$1T$2:$3:00Z`"),
    ("^<DURATION>", "write `$1`"),
    ("<NUMBER> ^<UNIT>", "write `$1 $2`"),
    ("<NUMBER> ^<ms|millis|milliseconds|millisecond>", "a duration is of whole seconds: write `1 second`"),
    (
        "within <NUMBER> ^<month|months|year|years>",
        "a deadline is in weeks, days or less: write `within 30 days` for a month",
    ),
    ("<WORD> - <WORD> <SIGN> <NUMBER> ^<month|months>", "write `months($2, $1) $3 $4`"),
    ("<WORD> - <WORD> <SIGN> <NUMBER> ^<year|years>", "write `years($2, $1) $3 $4`"),
    (
        "<WORD> <SIGN> <NUMBER> ^<year|years|old>",
        "write the number alone, `$1 $2 $3`, or of a birthday `years(born, today) $2 $3`",
    ),
    (
        "<NUMBER> ^<month|months>",
        "a month has no fixed length: write `30 days`, or compare `months(a, b)` with `$1`",
    ),
    (
        "<NUMBER> ^<year|years>",
        "a year has no fixed length: write `365 days`, or compare `years(a, b)` with `$1`",
    ),
    ("<NUMBER> ^<business|working|calendar> <day|days>", "write `$1 days`: only calendar days are counted"),
    ("<NUMBER> ^<–|—|to|until|through> <NUMBER>", "write `$1..$3`"),
    ("<NUMBER> ^: <NUMBER>", "write `$1..$2`"),
    ("<NUMBER> .. ^<.|=> <NUMBER>", "write `$1..$3`"),
    ("<NUMBER> .. ^. . <NUMBER>", "write `$1..$2`"),
    ("< <NUMBER> ^, <000>", "write `$1_$2`"),
    ("<SIGN> <NUMBER> ^, <NUMBER>", "write `$2_$3` for thousands, or `$2.$3` for decimals"),
    ("is <NUMBER> ^, <000>", "write `$1_$2`"),
    ("<NUMBER> ^' <NUMBER>", "write `$1_$2`"),
    ("<NUMBER> ^<000>", "write `$1_$2`"),
    ("<NUMBER> ^<%|percent>", "write a share of one: `0.5`"),
    ("<NUMBER> ^<€|$|£|USD|EUR>", "write `$1`"),
    ("^<€|$|£> <NUMBER>", "write `$2`"),
    ("<NUMBER> + ^", "write `>= $1`"),
    // Texts.
    ("^<QUOTED>", "write `\"$1\"`"),
    ("^<“|”|„|'>", "put strings in double quotes: `\"…\"`"),
    ("<like|LIKE> ^/", "write a text with `*` for any other text: `like \"…*\"`"),
    // Other languages' functions and names.
    (
        "<now|today|NOW|TODAY|current_date|current_time|CURRENT_DATE> ( ^)",
        "there is no clock: declare an attribute `at: time`, and give it in each request",
    ),
    ("<date|Date|DATE|to_date|time|timestamp|datetime> ( ^<STRING> )", "write `$2`"),
    ("<date|DATE|timestamp|TIMESTAMP> ^<STRING>", "write `$2`"),
    ("<duration|Duration|interval|INTERVAL> ( ^<STRING>", "write a number and a unit: `30 days`"),
    ("<years|months> ( <WORD> ^)", "write `$1($2, at)`: from one date to another"),
    ("<WORD> ( ^)", "only `years`, `months` and lookups are written with parentheses"),
    ("<WORD> ( ^<STRING>", "only `years`, `months` and lookups are written with parentheses"),
    ("<WORD> ( <WORD> ^,", "only `years` and `months` take two values; a lookup takes one attribute"),
    ("<WORD> ^:: <WORD>", "write `$2`"),
    ("{ ^* }", "leave the comparison out, or write the name of the taxonomy for all its leaves"),
    ("is ^*", "leave the comparison out: any value will do"),
    ("<ANY> , ^*", "write `*` alone if any value will do"),
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
    ("<WORD> ^( ", "write what lies below a node in braces: `$1 { … }`"),
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

const QUANTIFIERS: &[(&str, &str)] = &[
    ("<some|every> <WORD> in <WORD> where ^<WORD>", "put the condition in parentheses: `where (…)`"),
    ("<some|every> <WORD> in <WORD> ^<ANY>", "write `$1 $2 in $3 where (…)`"),
    ("^<ANY>", "write `every p in … where (…)`, or `all … in …`"),
];

const PROOFS: &[(&str, &str)] = &[
    ("never ^<deny|refuse|forbid>", "write `always allow`"),
    ("always ^<deny|refuse|forbid>", "write `never allow`"),
    ("<never|always> ^permit", "write `$1 allow`"),
    ("^<not|no> <allow|permit>", "write `never allow`"),
    ("^<must|shall|should>", "write `never allow when …` or `always allow when …`"),
    ("{ ^deny", "write `never allow`"),
    ("{ ^allow", "write `always allow`"),
];

const TESTS: &[(&str, &str)] = &[
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

/// The formats of other languages.
const FORMATS: &[(&str, &str)] = &[
    ("^{", "begin with `policy NAME`"),
    ("^<", "begin with `policy NAME`"),
    ("^---", "begin with `policy NAME`"),
];

const DECLARATIONS: &[(&str, &str)] = &[
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

/// Names and strings where only these can stand.
const NAMES: &[(&str, &str)] = &[
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

/// What may have been meant between two conditions.
const CONDITIONS: &[(&str, &str)] = &[
    ("^,", "join conditions with `and` or `or`, and write sets in braces: `{a, b}`"),
    ("^*", "multiplication isn't supported, only `+` and `-`"),
    ("<ANY> ^/ <NUMBER>", "division isn't supported, only `+` and `-`"),
    ("^=", "write `is` to compare"),
    ("<WORD> ^[ <WORD> ]", "write `$1($2)`"),
    ("- ^-", "comments begin with `//`"),
    ("^:", "write blocks in braces: `{ … }`"),
    ("<WORD> ^(", "only `years`, `months` and lookups are written with parentheses"),
];

/// Signs and words of other languages.
const SIGNS: &[(&str, &str)] = &[
    ("^===", "write `is`"),
    ("^!==", "write `is not`"),
    ("^&", "write `and`"),
    ("^|", "write `or`"),
    ("- ^-", "comments begin with `//`"),
    ("^==", "write `is`"),
    ("^!=", "write `is not`"),
    ("^<>", "write `is not`"),
    ("^≠", "write `is not`"),
    ("^=>", "write `>=`"),
    ("^≥", "write `>=`"),
    ("^=<", "write `<=`"),
    ("^≤", "write `<=`"),
    ("^&&", "write `and`"),
    ("^∧", "write `and`"),
    ("^||", "write `or`"),
    ("^∨", "write `or`"),
    ("^!", "write `not`"),
    ("^¬", "write `not`"),
    ("^∈", "write `in`"),
    ("^;", "remove the semicolon"),
    ("^[", "write sets and lists in braces: `{a, b}`"),
    ("^#", "comments begin with `//`"),
    ("^/ *", "comments begin with `//`"),
    ("^/", "comments begin with `//`"),
    ("^%", "only `+` and `-` are supported"),
    ("^if", "write `when`"),
    ("^IF", "write `when`"),
    ("^unless", "write `except when`"),
    ("^else", "write `otherwise deny`"),
    ("^elif", "write another rule"),
    ("^elsif", "write another rule"),
    ("^then", "remove `then`"),
];
