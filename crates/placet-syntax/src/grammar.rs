//! The parser that pest derives from the grammar, and what its rules are called in messages.

use pest_derive::Parser;

#[derive(Parser)]
#[grammar = "../../grammar/placet.pest"]
pub(crate) struct PlacetParser;

/// What a person calls a rule of the grammar; `None` for rules that messages leave out.
pub(crate) fn describe(rule: Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::name | Rule::rule_name => "a name",
        Rule::path | Rule::any_path => "an attribute",
        Rule::string | Rule::only_string | Rule::only_strings => "a string",
        Rule::date | Rule::time | Rule::number | Rule::duration | Rule::boolean => "a value",
        Rule::value | Rule::only_value => "a value",
        Rule::unit => "a unit of time (`seconds`, `minutes`, `hours`, `days`, `weeks`)",
        Rule::condition | Rule::comparison | Rule::quantified | Rule::group | Rule::years => "a condition",
        Rule::relation => "`is`, `in`, `like` or a comparison sign",
        Rule::presence => "`is missing`, `is known`",
        Rule::braces | Rule::value_set => "`{ … }`",
        Rule::range => "a range `a..b`",
        Rule::plus => "`+`",
        Rule::minus => "`-`",
        Rule::nodes => "`{` nodes `}`",
        Rule::node => "a node",
        Rule::attribute => "an attribute `name: type`",
        Rule::kind | Rule::kind_enum | Rule::kind_set | Rule::kind_range => "a type",
        Rule::presence_rule => "`default` or `required`",
        Rule::header
        | Rule::import
        | Rule::taxonomy
        | Rule::named_set
        | Rule::request
        | Rule::definition
        | Rule::proof
        | Rule::example
        | Rule::test
        | Rule::cases => "a declaration",
        Rule::where_block => "`where`",
        Rule::rule_block => "`rule`",
        Rule::table => "`table`",
        Rule::where_part => "`where`",
        Rule::effect_part | Rule::effect => "`allow` or `deny`",
        Rule::exception | Rule::kw_except => "`except`",
        Rule::otherwise | Rule::kw_otherwise => "`otherwise deny`",
        Rule::cite => "`cite`",
        Rule::because => "`because`",
        Rule::basis => "`basis`",
        Rule::oblige | Rule::kw_oblige | Rule::expect_oblige => "`oblige`",
        Rule::obligation | Rule::only_obligations => "an obligation",
        Rule::row => "a row `| … |`",
        Rule::cell | Rule::only_cell => "a cell",
        Rule::heading | Rule::only_heading => "a column's head",
        Rule::star => "`*`",
        Rule::given => "`given`",
        Rule::assignments => "`{ attribute: value, … }`",
        Rule::assignment => "`attribute: value`",
        Rule::expectation | Rule::only_expectation => "`allow`, `deny`, `indeterminate` or `error`",
        Rule::expect_by => "`by`",
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
        Rule::kw_known => "`known`",
        Rule::EOI => "the end of the declaration",
        _ => return None,
    })
}
