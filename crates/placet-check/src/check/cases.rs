//! Checks examples, tests and cases, and builds the tests of the model.
//!
//! Values are checked where they are written, so an error in an example is reported once, not for each test that uses
//! it. A test may expect an erroneous request (`expect error age`); the value of that attribute isn't checked.

use super::Checker;
use super::advice::{self, advise};
use super::operands::Order;
use crate::literal::{self, Wanted};
use placet_model::decision::Effect;
use placet_model::policy::Rule;
use placet_model::request::{AttributeInput, Request, RequestError, ValueError};
use placet_model::testing::{self, Expectation, Expected, Test};
use placet_model::types::{DeclaredType, Presence, Type, Universe};
use placet_model::value::Value;
use placet_syntax::ast::{
    self, Assignment, Cases, CellContent, Example, Item, Listed, Literal, Name, OperandKind, Outcome, Part,
    ValueKind,
};
use placet_syntax::{Code, Diagnostic, Span, closest};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// The examples of a policy.
struct Examples<'a> {
    by_name: BTreeMap<&'a str, &'a Example>,
    /// The pairs of an example and an attribute whose value some test expects to be an error.
    excused: HashSet<(&'a str, &'a str)>,
}

/// The names that expectations can use, including those of invalid rules and tables.
///
/// Names that suggestions are chosen from are in ordered sets: a suggestion looks at the first thousand names, which
/// must be the same ones in every run.
#[derive(Default)]
pub(super) struct Named {
    rules: BTreeSet<Arc<str>>,
    /// Rules and tables with errors. The model lacks some of their rules or rows.
    partly: HashSet<Arc<str>>,
    obligations: BTreeSet<Arc<str>>,
}

impl<'a> Checker<'a> {
    /// Collects the names that expectations can use.
    pub(super) fn named(&self, rules: &[Rule]) -> Named {
        let mut out = Named::default();
        let mut compiled: HashMap<&str, usize> = HashMap::new();
        for rule in rules {
            out.rules.insert(rule.name.clone());
            let (name, _) = rule.name.split_once('/').unwrap_or((&rule.name, ""));
            *compiled.entry(name).or_default() += 1;
        }
        let mut todo: Vec<&Item> = self.items().collect();
        while let Some(item) = todo.pop() {
            let (name, parts, count) = match item {
                Item::Where(block) => {
                    todo.extend(&block.items);
                    continue;
                }
                Item::Rule(rule) => (&rule.name, &rule.parts, 1),
                Item::Table(table) => {
                    let contents = table.rows.iter().flat_map(|row| &row.cells).map(|cell| &cell.content);
                    for content in contents {
                        if let CellContent::Obligations(all) = content {
                            out.obligations.extend(all.iter().map(|tree| Arc::from(tree.name.text.as_str())));
                        }
                    }
                    (&table.name, &table.parts, table.rows.len())
                }
                _ => continue,
            };
            for part in parts {
                if let Part::Oblige(tree, _) = part {
                    out.obligations.insert(tree.name.text.as_str().into());
                }
            }
            out.rules.insert(name.text.as_str().into());
            // A table with errors lacks some rows in the model, so an unknown row name isn't reported.
            if compiled.get(name.text.as_str()).copied().unwrap_or_default() < count {
                out.partly.insert(name.text.as_str().into());
            }
        }
        out
    }

    pub(super) fn check_tests(&mut self, rules: &[Rule]) -> (Vec<Test>, Vec<testing::Example>) {
        let mut examples = Examples { by_name: BTreeMap::new(), excused: HashSet::new() };
        for item in self.items() {
            let Item::Example(example) = item else { continue };
            self.check_snake_case("example", None, [&example.name]);
            if let Some(first) = examples.by_name.get(example.name.text.as_str()) {
                let first = first.name.span;
                self.repeated("example", &example.name, first);
            } else {
                examples.by_name.insert(&example.name.text, example);
            }
        }
        let names = self.named(rules);
        let mut out = Vec::new();
        for item in self.items() {
            if self.is_full() {
                break;
            }
            match item {
                Item::Test(test) => {
                    let given = self.merged(&test.given, &[], &mut examples, &test.expect);
                    let title = test.title.text.clone();
                    out.extend(self.test(title, given, &test.expect, &names, test.span));
                }
                Item::Cases(cases) => self.cases(cases, &mut examples, &names, &mut out),
                _ => {}
            }
        }
        self.check_bases(&examples);
        // Examples are checked last: only the tests tell which of their values are expected to be errors.
        let mut all: Vec<&Example> = examples.by_name.values().copied().collect();
        all.sort_unstable_by_key(|example| example.span);
        for example in all {
            let excused = |name: &str| examples.excused.contains(&(example.name.text.as_str(), name));
            self.check_assignments(&example.assignments, false, &excused);
        }
        let requests = self.examples(&examples);
        (out, requests)
    }

    /// Builds the requests of the examples, in the order of the policy.
    fn examples(&mut self, examples: &Examples<'a>) -> Vec<testing::Example> {
        let mut all: Vec<&'a Example> = examples.by_name.values().copied().collect();
        all.sort_unstable_by_key(|example| example.span);
        let request = |example: &'a Example| {
            let mut assignments: Vec<(&'a Assignment, bool)> = Vec::new();
            for part in self.bases(&example.name, examples).into_iter().rev() {
                replace(&mut assignments, &part.assignments, false);
            }
            let name = example.name.text.as_str().into();
            testing::Example { name, request: self.request(&assignments) }
        };
        all.into_iter().map(request).collect()
    }

    fn cases(&mut self, cases: &'a Cases, examples: &mut Examples<'a>, names: &Named, out: &mut Vec<Test>) {
        // The parser reports repeated and missing columns.
        if cases.rows.is_empty() && !self.is_damaged(cases.span) {
            self.fault(Code::EmptyDeclaration, cases.title.span, "these cases have no rows");
        }
        for (row, number) in cases.rows.iter().zip(1_usize..) {
            let given = self.merged(&cases.given, &row.assignments, examples, &row.expect);
            let title = format!("{} #{number}", cases.title.text);
            out.extend(self.test(title, given, &row.expect, names, row.span));
        }
    }

    /// Merges the assignments of a test: the example's, then those in braces, then the row's. Later ones replace
    /// earlier ones. Checks all but the example's. The flag is true for those of the row.
    fn merged(
        &mut self,
        given: &'a ast::Given,
        row: &'a [Assignment],
        examples: &mut Examples<'a>,
        expect: &'a ast::Expectation,
    ) -> Vec<(&'a Assignment, bool)> {
        let excused = match &expect.outcome {
            Outcome::Error(name) => Some(name.text.as_str()),
            _ => None,
        };
        let mut out: Vec<(&'a Assignment, bool)> = Vec::new();
        if let Some(name) = &given.example {
            for example in self.bases(name, examples).into_iter().rev() {
                replace(&mut out, &example.assignments, false);
                examples.excused.extend(excused.map(|attribute| (example.name.text.as_str(), attribute)));
            }
        }
        self.check_assignments(&given.assignments, false, &|name| excused == Some(name));
        self.check_assignments(row, true, &|name| excused == Some(name));
        replace(&mut out, &given.assignments, false);
        replace(&mut out, row, true);
        out
    }

    /// Returns an example and those that it extends, innermost last. Reports an unknown name. A cycle ends the list; it
    /// is reported with the examples.
    fn bases(&mut self, name: &Name, examples: &Examples<'a>) -> Vec<&'a Example> {
        let mut out: Vec<&'a Example> = Vec::new();
        let mut seen: HashSet<&str> = HashSet::new();
        let mut next = Some(name);
        while let Some(name) = next {
            match examples.by_name.get(name.text.as_str()) {
                Some(example) if seen.insert(&example.name.text) => {
                    out.push(example);
                    next = example.base.as_ref();
                }
                Some(_) => break,
                None => {
                    // The bases of examples are reported once, with the examples.
                    if out.is_empty() {
                        self.unknown_example(name, examples);
                    }
                    break;
                }
            }
        }
        out
    }

    fn unknown_example(&mut self, name: &Name, examples: &Examples<'a>) {
        // The example may be in text that didn't parse.
        if !self.damages.is_empty() {
            return;
        }
        let near = closest(&name.text, examples.by_name.keys().copied()).map(str::to_owned);
        let message = format!("unknown example `{}`", name.text);
        self.report(Diagnostic::new(Code::UnknownName, name.span, message).did_you_mean(near.as_deref()));
    }

    /// Reports examples that extend unknown ones or themselves.
    fn check_bases(&mut self, examples: &Examples<'a>) {
        let mut all: Vec<&'a Example> = examples.by_name.values().copied().collect();
        all.sort_unstable_by_key(|example| example.span);
        let mut on_known_cycle: HashSet<&str> = HashSet::new();
        for example in all {
            let Some(base) = &example.base else { continue };
            let above = self.bases(base, examples);
            let own = example.name.text.as_str();
            if above.iter().any(|other| other.name.text == own) && !on_known_cycle.contains(own) {
                on_known_cycle.extend(above.iter().map(|other| other.name.text.as_str()));
                let message = format!("the example `{own}` extends itself");
                self.fault(Code::CyclicDefinition, base.span, message);
            }
        }
    }

    fn check_assignments(
        &mut self,
        assignments: &'a [Assignment],
        in_row: bool,
        excused: &dyn Fn(&str) -> bool,
    ) {
        let mut first: HashMap<&str, Span> = HashMap::new();
        for assignment in assignments {
            let name = &assignment.attribute;
            if let Some(span) = first.insert(&name.text, name.span) {
                self.repeated("attribute", name, span);
            }
            if excused(&name.text) {
                continue;
            }
            let Some((_, attribute)) = self.find_declared(&name.text) else {
                self.unknown_attribute(name);
                continue;
            };
            let (kind, is_optional) = (attribute.kind.clone(), attribute.is_optional());
            let declared = attribute.span;
            let required = attribute.presence == Presence::Required;
            let wanted = Wanted { kind: &kind, is_optional, in_row };
            match literal::given(wanted, &assignment.value.kind, &|universe, name| {
                self.named_symbols(universe, name)
            }) {
                Ok(AttributeInput::Null) if required => {
                    let message = format!("`{}` is required, so it can't be missing", name.text);
                    self.fault(Code::NeverMissing, assignment.value.span, message);
                }
                Ok(_) => {}
                Err(error) => self.unfit_value(wanted, error, &assignment.value, Some(declared)),
            }
        }
    }

    fn unknown_attribute(&mut self, name: &Name) {
        if self.broken_attributes.contains(name.text.as_str()) {
            return;
        }
        let near = self.near_attribute(&name.text, std::iter::empty());
        self.report(
            Diagnostic::new(Code::UnknownName, name.span, format!("unknown attribute `{}`", name.text))
                .did_you_mean(near.as_deref()),
        );
    }

    /// Reports a value that its attribute can't have.
    fn unfit_value(
        &mut self,
        wanted: Wanted<'_>,
        error: ValueError,
        value: &ast::Value,
        declared: Option<Span>,
    ) {
        let kind = wanted.kind;
        if let ValueKind::Faulty(fault) = &value.kind {
            self.report((**fault).clone());
            return;
        }
        let text = self.sources.slice(value.span).to_owned();
        let universe = match kind {
            Type::Symbol(universe)
            | Type::Set { of: placet_model::types::Members::Symbols(universe), .. } => Some(universe),
            _ => None,
        };
        let is_set = |universe: &Universe, name: &str| self.named_symbols(universe, name).is_some();
        let unknown =
            universe.and_then(|universe| unknown_name(universe, value, &is_set).map(|name| (universe, name)));
        if let Some((universe, (name, span))) = unknown {
            let near = closest(&name, sorted_names(universe));
            self.report(advise(unknown_value(&name, span, universe), advice::VALUES, &name, near));
            return;
        }
        let code = match error {
            ValueError::OutsideDomain => Code::OutsideDomain,
            _ => Code::WrongType,
        };
        let mut fault = Diagnostic::new(code, value.span, {
            let declared = DeclaredType { kind, is_optional: wanted.is_optional };
            format!("`{text}` isn't a value of `{declared}`")
        });
        if let Some(span) = declared {
            fault = fault.label(span, "declared here");
        }
        self.report(match (kind, &value.kind) {
            (Type::Set { .. }, ValueKind::Name(_) | ValueKind::Literal(Literal::String(..))) => {
                fault.help(format!("write the set in braces: `{{{text}}}`"))
            }
            (Type::Set { .. }, ValueKind::Set(entries)) if entries.is_empty() => {
                fault.help("declare it as `set? of …` to allow the empty set")
            }
            (Type::Symbol(universe), ValueKind::Literal(Literal::String(name, _)))
                if universe.find(name).is_some() =>
            {
                fault.help(format!("write `{name}` without quotes"))
            }
            (Type::String, ValueKind::Name(_)) if advice::find(advice::VALUES, &text).is_none() => {
                fault.help(format!("put strings in double quotes: `\"{text}\"`"))
            }
            (kind, ValueKind::Literal(Literal::String(inner, _))) => match Order::new(kind) {
                Some(order) => fault.help(order.advice(inner)),
                None => fault,
            },
            _ => advise(fault, advice::VALUES, &text, None),
        });
    }

    /// Returns a value that must be known and single: `what` is a default or an entry of a lookup.
    pub(super) fn single_value(
        &mut self,
        what: &str,
        kind: &Type,
        is_optional: bool,
        value: &ast::Value,
    ) -> Option<Value> {
        let wanted = Wanted { kind, is_optional, in_row: false };
        match literal::given(wanted, &value.kind, &|universe, name| self.named_symbols(universe, name)) {
            Ok(AttributeInput::Value(found)) => Some(found),
            Ok(AttributeInput::Null | AttributeInput::Pending) => {
                self.report(
                    Diagnostic::new(Code::WrongType, value.span, "`missing` can't be a default").help(
                        "remove the default: without one, an attribute that a request leaves out is missing",
                    ),
                );
                None
            }
            Ok(AttributeInput::OneOf(_)) => {
                self.report(
                    Diagnostic::new(
                        Code::NotOneLeaf,
                        value.span,
                        format!("{what} must be a single leaf, not a category"),
                    )
                    .because("this stands for several leaves"),
                );
                None
            }
            Err(error) => {
                self.unfit_value(wanted, error, value, None);
                None
            }
        }
    }

    fn test(
        &mut self,
        title: String,
        assignments: Vec<(&'a Assignment, bool)>,
        expect: &'a ast::Expectation,
        names: &Named,
        span: Span,
    ) -> Option<Test> {
        let expectation = self.expectation(expect, names);
        let request = self.request(&assignments);
        Some(Test { title, request, expect: expectation?, span })
    }

    /// Builds the request of a test, or the error of the first invalid assignment. The error isn't reported: a test may
    /// expect it.
    fn request(&self, assignments: &[(&'a Assignment, bool)]) -> Result<Request, RequestError> {
        let mut request = Request::new();
        for (assignment, in_row) in assignments {
            let name = &assignment.attribute.text;
            let Some((id, attribute)) = self.find_declared(name) else {
                return Err(RequestError::new(
                    placet_model::request::ErrorCode::UnknownAttribute,
                    format!("the policy has no attribute `{name}`"),
                    Some(name.clone()),
                    "an attribute of the policy",
                ));
            };
            let is_optional = attribute.is_optional();
            let wanted = Wanted { kind: &attribute.kind, is_optional, in_row: *in_row };
            match literal::given(wanted, &assignment.value.kind, &|universe, name| {
                self.named_symbols(universe, name)
            }) {
                Ok(AttributeInput::Null) if attribute.presence == Presence::Required => {
                    return Err(RequestError::required(attribute));
                }
                // To an optional attribute null means `none`: `missing` leaves it out.
                Ok(AttributeInput::Null) if is_optional => {}
                Ok(given) => request.put_checked(id, given),
                Err(error) => {
                    let shown = format!("`{}`", self.sources.slice(assignment.value.span));
                    return Err(RequestError::unfit(attribute, error, &shown));
                }
            }
        }
        Ok(request)
    }

    fn expectation(&mut self, tree: &'a ast::Expectation, names: &Named) -> Option<Expectation> {
        let effect = match &tree.outcome {
            Outcome::Allow => Effect::Allow,
            Outcome::Deny => Effect::Deny,
            Outcome::Indeterminate => Effect::Indeterminate,
            Outcome::Error(name) => return Some(Expectation::Error(name.text.as_str().into())),
        };
        let by = tree.by.names.first().map(|name| name.span).or(tree.by_default);
        if effect == Effect::Indeterminate
            && let Some(span) = by
        {
            self.fault(Code::MisplacedExpectation, span, "an indeterminate answer has no determining rule");
            return None;
        }
        if let (Some(span), Some(rule)) = (tree.by_default, tree.by.names.first()) {
            self.report(
                Diagnostic::new(
                    Code::MisplacedExpectation,
                    span,
                    "`by default` can't be combined with a rule",
                )
                .label(rule.span, "the rule"),
            );
        }
        for rule in &tree.by.names {
            let head = rule.text.split('/').next().unwrap_or_default();
            if !names.rules.contains(rule.text.as_str())
                && !names.partly.contains(head)
                && self.damages.is_empty()
            {
                let near = closest(&rule.text, names.rules.iter().map(|name| &**name)).map(str::to_owned);
                self.report(
                    Diagnostic::new(Code::UnknownName, rule.span, format!("unknown rule `{}`", rule.text))
                        .did_you_mean(near.as_deref()),
                );
            }
        }
        for listed in [&tree.oblige, &tree.basis] {
            if let (Some(span), Some(name)) = (listed.nothing, listed.names.first()) {
                let message = "`nothing` can't be combined with a name";
                let fault = Diagnostic::new(Code::MisplacedExpectation, span, message);
                self.report(fault.label(name.span, "the name"));
            }
        }
        for word in &tree.oblige.names {
            self.check_obligation(word, names);
        }
        for word in &tree.basis.names {
            self.basis(word);
        }
        for name in &tree.missing.names {
            if self.find_declared(&name.text).is_none() {
                self.unknown_attribute(name);
            }
        }
        let expected = |listed: &Listed| Expected {
            names: listed.names.iter().map(|name| Arc::from(name.text.as_str())).collect(),
            // Nothing is only the names of an empty list.
            only: listed.only.is_some() || listed.nothing.is_some(),
        };
        let mut by = expected(&tree.by);
        by.only |= tree.by_default.is_some();
        Some(Expectation::Decision {
            effect,
            by,
            oblige: expected(&tree.oblige),
            basis: expected(&tree.basis),
            missing: expected(&tree.missing),
        })
    }

    /// Reports an obligation that no rule has.
    pub(super) fn check_obligation(&mut self, word: &Name, names: &Named) {
        if names.obligations.contains(word.text.as_str()) || !self.damages.is_empty() {
            return;
        }
        let near = closest(&word.text, names.obligations.iter().map(|name| &**name));
        let message = format!("unknown obligation `{}`", word.text);
        self.report(Diagnostic::new(Code::UnknownName, word.span, message).did_you_mean(near));
    }
}

/// Puts assignments in place of earlier ones of the same attributes.
fn replace<'a>(all: &mut Vec<(&'a Assignment, bool)>, by: &'a [Assignment], in_row: bool) {
    for assignment in by {
        match all.iter_mut().find(|(other, _)| other.attribute.text == assignment.attribute.text) {
            Some(slot) => *slot = (assignment, in_row),
            None => all.push((assignment, in_row)),
        }
    }
}

/// The maximum number of enum values listed in a note.
const MAX_NAMES: usize = 20;

/// Returns the diagnostic of an unknown value, with a note about the known ones.
pub(super) fn unknown_value(name: &str, span: Span, universe: &Universe) -> Diagnostic {
    let fault = Diagnostic::new(Code::UnknownValue, span, format!("unknown value `{name}`"));
    match universe {
        Universe::Enum(e) if e.declared.len() > MAX_NAMES => {
            let names = e.declared.get(..MAX_NAMES).unwrap_or_default();
            fault.note(format!("the values are {{ {}, … }}", names.join(", ")))
        }
        Universe::Enum(_) => fault.note(format!("the values are {universe}")),
        Universe::Taxonomy(taxonomy) => fault.note(format!("the taxonomy is `{}`", taxonomy.name)),
    }
}

/// Returns the names of a universe, sorted: a taxonomy has them in random order, and suggestions look at the first
/// thousand only.
pub(super) fn sorted_names(universe: &Universe) -> Vec<&str> {
    let mut names = universe.names();
    names.sort_unstable();
    names
}

/// Returns the first name in a value that the universe doesn't contain.
fn unknown_name(
    universe: &Universe,
    value: &ast::Value,
    is_set: &dyn Fn(&Universe, &str) -> bool,
) -> Option<(String, Span)> {
    match &value.kind {
        ValueKind::Name(name) => universe.find(name).is_none().then(|| (name.clone(), value.span)),
        ValueKind::Set(entries) => entries.iter().find_map(|entry| match &entry.kind {
            OperandKind::Name(name) if universe.find(name).is_none() && !is_set(universe, name) => {
                Some((name.clone(), entry.span))
            }
            _ => None,
        }),
        _ => None,
    }
}
