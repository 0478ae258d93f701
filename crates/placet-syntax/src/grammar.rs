//! The parser derived from `placet.pest`, and the names of its rules in messages.

use pest_derive::Parser;

#[derive(Parser)]
#[grammar = "placet.pest"]
pub(crate) struct PlacetParser;

/// Returns the name of a grammar rule in messages, or `None` for a rule that messages leave out.
///
/// Several rules share a name: messages about what was expected list it once.
pub(crate) fn describe(rule: Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::name | Rule::rule_name | Rule::only_name => "a name",
        Rule::path | Rule::any_path | Rule::only_path => "an attribute",
        Rule::string | Rule::only_string | Rule::only_strings => "a string",
        Rule::date | Rule::time | Rule::number | Rule::boolean => "a value",
        Rule::value | Rule::only_value | Rule::row_value => "a value",
        Rule::duration => "a duration",
        Rule::unit => UNIT,
        Rule::condition | Rule::comparison | Rule::quantified => "a condition",
        Rule::relation | Rule::presence => "a comparison",
        Rule::braces | Rule::value_set => "a set `{ … }`",
        Rule::range => "a range `a..b`",
        Rule::plus => PLUS,
        Rule::minus => MINUS,
        Rule::nodes => "`{ … }`",
        Rule::node => "a node",
        Rule::attribute => "an attribute `name: type`",
        Rule::kind | Rule::kind_enum | Rule::kind_set | Rule::kind_range => "a type",
        Rule::only_declaration => "a declaration",
        Rule::where_block | Rule::where_part | Rule::kw_where => "`where`",
        Rule::rule_block | Rule::kw_rule => "`rule`",
        Rule::table | Rule::kw_table => "`table`",
        Rule::effect_part | Rule::effect => EFFECT,
        Rule::exception | Rule::kw_except => "`except`",
        Rule::otherwise | Rule::kw_otherwise => "`otherwise deny`",
        Rule::cite | Rule::kw_cite => "`cite`",
        Rule::because | Rule::kw_because => "`because`",
        Rule::basis | Rule::kw_basis | Rule::expect_basis => "`basis`",
        Rule::oblige | Rule::kw_oblige | Rule::expect_oblige => "`oblige`",
        Rule::obligation | Rule::only_obligations => "an obligation",
        Rule::row => "a row `| … |`",
        Rule::cell | Rule::only_cell => "a cell",
        Rule::heading | Rule::only_heading => "a column header",
        Rule::star => "`*`",
        Rule::given | Rule::kw_given => "`given`",
        Rule::assignments => "`{ attribute: value, … }`",
        Rule::assignment => "`attribute: value`",
        Rule::expectation | Rule::only_expectation => "`allow`, `deny`, `indeterminate` or `error`",
        Rule::expect_by | Rule::kw_by => "`by`",
        Rule::expect_missing | Rule::kw_missing => "`missing`",
        Rule::kw_and => "`and`",
        Rule::kw_or => "`or`",
        Rule::kw_not => "`not`",
        Rule::kw_in => "`in`",
        Rule::kw_is => "`is`",
        Rule::kw_when => "`when`",
        Rule::kw_within => "`within`",
        Rule::kw_of => "`of`",
        Rule::kw_allow => "`allow`",
        Rule::kw_deny => "`deny`",
        Rule::kw_never => "`never`",
        Rule::kw_always => "`always`",
        Rule::kw_expect => "`expect`",
        Rule::kw_with => "`with`",
        Rule::kw_version => "`version`",
        Rule::kw_source => "`source`",
        Rule::kw_default => "`default`",
        Rule::kw_required => "`required`",
        Rule::kw_known => "`known`",
        Rule::kw_only => "`only`",
        Rule::kw_nothing => "`nothing`",
        Rule::kw_lookup | Rule::lookup => "`lookup`",
        Rule::entry => "an entry `key: value`",
        Rule::entry_value => "a value",
        Rule::set_expression => "a set",
        Rule::each => "a condition",
        Rule::lookup_call => "an attribute",
        Rule::optional => "`?`",
        Rule::colon => "`:`",
        Rule::comma => "`,`",
        Rule::bar => "`|`",
        Rule::equals => "`=`",
        Rule::block_start => "`{`",
        Rule::block_end => "`}`",
        Rule::paren_start => "`(`",
        Rule::paren_end => "`)`",
        _ => return None,
    })
}

/// The units of time, in the plural.
pub(crate) const UNITS: [&str; 5] = ["seconds", "minutes", "hours", "days", "weeks"];

pub(crate) const EFFECT: &str = "`allow` or `deny`";
pub(crate) const PLUS: &str = "`+`";
pub(crate) const MINUS: &str = "`-`";
pub(crate) const UNIT: &str = "a unit of time (`days`, `hours` …)";

/// Returns the keywords that a grammar rule can begin with, as candidates for "did you mean".
pub(crate) fn words(rule: Rule) -> Vec<String> {
    let fixed: &[&str] = match rule {
        Rule::unit => &UNITS,
        Rule::effect | Rule::effect_part => &["allow", "deny"],
        Rule::relation => &["is", "in", "like", "not"],
        Rule::expectation | Rule::only_expectation => &["allow", "deny", "indeterminate", "error"],
        Rule::presence_rule => &["default", "required"],
        Rule::exception => &["except"],
        Rule::oblige => &["oblige"],
        _ => {
            // The rule of a keyword is called `kw_` and the keyword, so that no table of keywords is needed here.
            let name = format!("{rule:?}");
            return name.strip_prefix("kw_").map(str::to_owned).into_iter().collect();
        }
    };
    fixed.iter().map(|word| (*word).to_owned()).collect()
}
