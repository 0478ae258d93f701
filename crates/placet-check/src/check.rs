//! Builds the model from the syntax trees.
//!
//! [`Checker::run`] checks declarations in the order of their dependencies: taxonomies, named sets, attributes, lookups,
//! lets, then rules, proofs and tests. Source order doesn't matter. Each check reports problems and continues, so one run
//! finds all of them. To avoid consequential errors:
//!
//! - A declaration with an error is recorded as broken, and uses of its name aren't reported.
//! - If unparsed text may have declared a name, unknown names aren't reported at all.

mod advice;
mod calls;
mod cases;
mod compare;
mod completeness;
mod conditions;
mod declarations;
mod each;
mod knowledge;
mod lets;
mod locations;
mod lookups;
mod members;
mod operands;
mod ordered;
mod parameters;
mod prune;
mod rules;
mod sets;
mod tables;
mod taxonomies;
mod texts;

use crate::lint::is_quiet;
use placet_model::condition::{Collection, ConditionId, Conditions};
use placet_model::policy::Model;
use placet_model::types::{Attribute, AttributeId, Members, Taxonomy};
use placet_model::written::Written;
use placet_syntax::ast::{File, Item, Literal, Name};
use placet_syntax::source::Loaded;
use placet_syntax::{Code, Diagnostic, Limits, Span, closest};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

pub(crate) use compare::NONE;

/// Checks the files of a policy together. Returns the model, unless parsing or checking found an error, and the
/// diagnostics of both. Doesn't decide proofs. Cost: about linear in the text.
///
/// ```
/// use placet_check::check;
/// use placet_syntax::{Code, Limits, source::load_text};
///
/// let text = "policy shop request { age: int 0..150 } rule adults { allow when aeg >= 18 }";
/// let limits = Limits::default();
/// let (model, diagnostics) = check(&load_text("shop.placet", text, &limits), &limits);
/// assert!(model.is_none());
/// assert_eq!(diagnostics[0].code, Code::UnknownName);
/// assert_eq!(diagnostics[0].help.as_deref(), Some("did you mean `age`?"));
/// ```
pub fn check(loaded: &Loaded, limits: &Limits) -> (Option<Model>, Vec<Diagnostic>) {
    let mut checker = Checker::new(loaded, limits);
    let model = checker.run();
    let mut diagnostics = loaded.diagnostics.clone();
    // A name may be unknown only because its declaration didn't parse, which is reported already.
    let lost = checker.names_are_lost(loaded);
    checker.diagnostics.retain(|fault| !(lost && is_about_names(fault.code)));
    diagnostics.append(&mut checker.diagnostics);
    diagnostics.sort_by_key(Diagnostic::rank);
    report_unknown_names_once(&loaded.sources, &mut diagnostics);
    // A column header is checked once for each row, so its errors repeat.
    diagnostics.dedup();
    if !diagnostics.iter().any(Diagnostic::is_error)
        && let Some(model) = &model
    {
        diagnostics.extend(completeness::lost_part(&loaded.files, model));
    }
    let failed = diagnostics.iter().any(Diagnostic::is_error);
    if diagnostics.len() > limits.diagnostics {
        shorten(&mut diagnostics, limits.diagnostics, failed);
    }
    (model.filter(|_| !failed), diagnostics)
}

/// Removes diagnostics beyond the limit `most`, warnings before errors.
fn shorten(diagnostics: &mut Vec<Diagnostic>, most: usize, failed: bool) {
    let errors = diagnostics.iter().filter(|fault| fault.is_error()).count().min(most);
    let (mut errors, mut warnings) = (errors, most - errors);
    let mut left_out = None;
    diagnostics.retain(|fault| {
        let room = if fault.is_error() { &mut errors } else { &mut warnings };
        let kept = *room > 0;
        *room = room.saturating_sub(1);
        if !kept && left_out.is_none() {
            left_out = fault.span();
        }
        kept
    });
    if failed {
        let message = format!("too many problems to show: the limit is {most}");
        diagnostics.push(Diagnostic::new(Code::TooManyFaults, left_out.unwrap_or_default(), message));
    }
}

/// Removes repeated errors of an unknown name that resembles no other. The first with advice stays, or the first.
fn report_unknown_names_once(sources: &placet_syntax::Sources, diagnostics: &mut Vec<Diagnostic>) {
    let name = |fault: &Diagnostic| {
        let suggests = fault.help.as_ref().is_some_and(|help| help.starts_with("did you mean"));
        let span = fault.span().filter(|_| fault.code == Code::UnknownName && !suggests)?;
        Some((sources.slice(span).to_owned(), span))
    };
    let mut kept: HashMap<String, Span> = HashMap::new();
    let with_advice = |fault: &&Diagnostic| fault.help.is_some();
    for (text, span) in diagnostics.iter().filter(with_advice).chain(diagnostics.iter()).filter_map(name) {
        kept.entry(text).or_insert(span);
    }
    diagnostics.retain(|fault| name(fault).is_none_or(|(text, span)| kept.get(&text) == Some(&span)));
}

fn is_about_names(code: Code) -> bool {
    matches!(code, Code::UnknownName | Code::UnknownType | Code::UnknownValue | Code::MissingHeader)
}

/// A let and its checked condition or value. One of a `bool` has both; one with an error has neither.
struct LetEntry<'a> {
    declaration: &'a placet_syntax::ast::Let,
    condition: Option<ConditionId>,
    value: Option<operands::Side>,
    knowledge: knowledge::Knowledge,
}

/// A named set of leaves of a taxonomy, or of texts.
struct SetEntry {
    of: Members,
    members: Collection,
    /// The span of the declared name.
    span: Span,
}

struct Checker<'a> {
    files: &'a [File],
    sources: &'a placet_syntax::Sources,
    locations: locations::Locations,
    limits: &'a Limits,
    diagnostics: Vec<Diagnostic>,
    /// The numbers of errors and warnings found, including those beyond the limit.
    errors: usize,
    warnings: usize,
    // Ordered maps: suggestions look at the first thousand names, which must be the same ones in every run.
    taxonomies: BTreeMap<&'a str, Arc<Taxonomy>>,
    /// The depths of the nodes of each taxonomy, 0 at the top.
    depths: HashMap<&'a str, HashMap<&'a str, u32>>,
    sets: BTreeMap<&'a str, SetEntry>,
    /// Declarations with reported errors. Uses of these names aren't reported.
    broken_sets: HashSet<&'a str>,
    broken_taxonomies: HashSet<&'a str>,
    broken_attributes: HashSet<&'a str>,
    /// The spans of reported `MissingLoosens` errors. A `where` is checked for each rule in it but reported once.
    loosening: HashSet<Span>,
    /// The spans of parse errors, sorted. Text around them was left out of the trees.
    damages: Vec<Span>,
    /// The declared attributes, their companions, then the parameters of conditions.
    attributes: Vec<Attribute>,
    /// The number of attributes before the parameters.
    declared: usize,
    /// The declared attributes by name.
    by_name: HashMap<Arc<str>, AttributeId>,
    /// The members of the quantifiers around the condition that is checked, innermost last.
    members: Vec<(String, AttributeId)>,
    lookups: BTreeMap<&'a str, lookups::LookupEntry>,
    /// The spans of the names of all lookups, those with errors included.
    lookup_spans: HashMap<&'a str, Span>,
    /// The parameters for values of lookups, by what they stand for, and by their names in messages.
    calls: HashMap<calls::Call<'a>, AttributeId>,
    call_of: HashMap<AttributeId, calls::Call<'a>>,
    call_names: HashMap<String, AttributeId>,
    /// The number of conditions that quantifiers and lookups were written out to.
    written_out: usize,
    /// The literals that lets name.
    constants: HashMap<&'a str, Literal>,
    lets: HashMap<&'a str, LetEntry<'a>>,
    /// The names of `lets`, in declaration order.
    let_names: Vec<&'a str>,
    conditions: Conditions,
    /// The texts of conditions that are written out.
    written: BTreeMap<ConditionId, Written>,
    /// The lookups whose values gave way to their cases, in the order of their uses.
    replaced_calls: Vec<calls::Call<'a>>,
}

impl<'a> Checker<'a> {
    fn new(loaded: &'a Loaded, limits: &'a Limits) -> Self {
        let mut damages: Vec<Span> = loaded.diagnostics.iter().filter_map(Diagnostic::span).collect();
        damages.sort_unstable();
        Self {
            files: &loaded.files,
            sources: &loaded.sources,
            locations: locations::Locations::new(&loaded.sources),
            limits,
            diagnostics: Vec::new(),
            errors: 0,
            warnings: 0,
            taxonomies: BTreeMap::new(),
            depths: HashMap::new(),
            sets: BTreeMap::new(),
            broken_sets: HashSet::new(),
            broken_taxonomies: HashSet::new(),
            broken_attributes: HashSet::new(),
            loosening: HashSet::new(),
            damages,
            attributes: Vec::new(),
            declared: 0,
            by_name: HashMap::new(),
            members: Vec::new(),
            lookups: BTreeMap::new(),
            lookup_spans: HashMap::new(),
            calls: HashMap::new(),
            call_of: HashMap::new(),
            call_names: HashMap::new(),
            written_out: 0,
            constants: HashMap::new(),
            lets: HashMap::new(),
            let_names: Vec::new(),
            conditions: Conditions::default(),
            written: BTreeMap::new(),
            replaced_calls: Vec::new(),
        }
    }

    fn run(&mut self) -> Option<Model> {
        let header = self.header();
        self.find_constants();
        self.check_taxonomies();
        self.check_named_sets();
        self.check_attributes();
        self.check_lookups();
        self.check_lets();
        let mut rules = self.check_rules();
        let mut proofs = self.check_proofs(&rules);
        let (tests, examples) = self.check_tests(&rules);
        // A missing header is an error, but it doesn't keep the rest from being checked.
        let header = header?;
        self.attributes.truncate(self.declared);
        let conditions = prune::prune(&self.conditions, &mut rules, &mut proofs, &mut self.written);
        Some(Model {
            name: header.name.text.as_str().into(),
            version: header.version.as_ref().map(|text| text.text.as_str().into()),
            source: header.source.as_ref().map(|text| text.text.as_str().into()),
            attributes: std::mem::take(&mut self.attributes),
            rules,
            proofs,
            tests,
            examples,
            conditions,
            written: std::mem::take(&mut self.written),
            limits: self.limits.clone(),
            by_name: std::mem::take(&mut self.by_name),
        })
    }

    /// Iterates over the top-level declarations of all files.
    fn items(&self) -> impl Iterator<Item = &'a Item> + use<'a> {
        self.files.iter().flat_map(|file| &file.items)
    }

    /// Returns true if a parse error within the span may have left out a part of it.
    fn is_damaged(&self, span: Span) -> bool {
        let next =
            self.damages.partition_point(|damage| (damage.file, damage.start) < (span.file, span.start));
        self.damages.get(next).is_some_and(|damage| damage.file == span.file && damage.start < span.end)
    }

    /// Returns true if unparsed text may have declared a name. Rules, proofs, examples and tests don't count:
    /// [`Self::check_tests`] is lenient about their names itself.
    fn names_are_lost(&self, loaded: &Loaded) -> bool {
        if loaded.diagnostics.len() > self.limits.diagnostics {
            // The parser stopped at the limit, so any declaration may be missing.
            return true;
        }
        if self.damages.is_empty() {
            return loaded.files.iter().any(|file| file.damaged);
        }
        let mut harmless: Vec<Span> = Vec::new();
        for item in self.items() {
            match item {
                Item::Where(_)
                | Item::Rule(_)
                | Item::Table(_)
                | Item::Proof(_)
                | Item::Example(_)
                | Item::Test(_)
                | Item::Cases(_) => harmless.push(item.span()),
                Item::Header(_)
                | Item::Import(_)
                | Item::Taxonomy(_)
                | Item::NamedSet(_)
                | Item::Request(_)
                | Item::Lookup(_)
                | Item::Let(_) => {}
            }
        }
        harmless.sort_unstable();
        loaded.diagnostics.iter().any(|fault| {
            let Some(damage) = fault.span() else { return true };
            // A declaration misplaced in a `where` block is a parse error there, yet it declares a name.
            if matches!(self.sources.slice(damage), "let" | "lookup" | "set" | "request" | "taxonomy") {
                return true;
            }
            let next =
                harmless.partition_point(|span| (span.file, span.start) <= (damage.file, damage.start));
            let around = next.checked_sub(1).and_then(|at| harmless.get(at));
            let within = around.is_some_and(|span| span.file == damage.file && damage.start < span.end);
            // These errors are confined to one declaration. An error of a bracket or a string may cost several.
            let of_one = matches!(
                fault.code,
                Code::UnexpectedText
                    | Code::InvalidEscape
                    | Code::InvalidDate
                    | Code::NumeralOutOfReach
                    | Code::MalformedRow
                    | Code::MisplacedNegation
                    | Code::MisplacedColumn
            );
            !(within || of_one && self.is_lost_rule(damage))
        })
    }

    /// Returns true if the unparsed text around an error looks like a rule, a proof or a test. The last keyword before
    /// the error at the start of a line decides.
    fn is_lost_rule(&self, damage: Span) -> bool {
        const HARMLESS: [&str; 7] = ["where", "rule", "table", "prove", "example", "test", "cases"];
        let text = self.sources.text(damage.file);
        let before = text.get(..damage.start as usize).unwrap_or_default();
        let line = before.rmatch_indices('\n').map(|(at, _)| at + 1).chain([0]).find(|start| {
            text.get(*start..).is_some_and(|line| line.starts_with(|c: char| c.is_ascii_alphabetic()))
        });
        let word = line.and_then(|start| text.get(start..)?.split(|c: char| !c.is_ascii_alphabetic()).next());
        word.is_some_and(|word| HARMLESS.contains(&word))
    }

    /// Adds a diagnostic unless the limit is exceeded. Errors and warnings are limited separately, so that warnings
    /// never displace an error.
    fn report(&mut self, fault: Diagnostic) {
        let (count, limit) =
            (if fault.is_error() { &mut self.errors } else { &mut self.warnings }, self.limits.diagnostics);
        *count += 1;
        // One more than the limit tells that there are more.
        if *count <= limit.saturating_add(1) {
            self.diagnostics.push(fault);
        }
    }

    /// Returns true if there are more errors than the limit. Further checks can stop.
    fn is_full(&self) -> bool {
        self.errors > self.limits.diagnostics
    }

    fn fault(&mut self, code: Code, span: Span, message: impl Into<String>) {
        self.report(Diagnostic::new(code, span, message));
    }

    /// Reports the second of two declarations with the same name.
    fn repeated(&mut self, what: &str, name: &Name, first: Span) {
        self.report(
            Diagnostic::new(
                Code::RepeatedName,
                name.span,
                format!("the {what} `{}` appears twice", name.text),
            )
            .because("again here")
            .label(first, "first here"),
        );
    }

    /// Returns the attribute or let that resembles a misspelt name.
    fn near_operand(&self, name: &str) -> Option<String> {
        self.near_attribute(name, self.let_names.iter().copied())
    }

    /// Returns the attribute, or one of the `others`, that resembles a misspelt name. Otherwise returns the only
    /// attribute with the same last part: `age` suggests `subject.age`.
    fn near_attribute<'b>(&'b self, name: &str, others: impl Iterator<Item = &'b str>) -> Option<String> {
        const MAX_COMPARED: usize = 1_000;
        // The attributes in declaration order: `by_name` has a random one, and only the first thousand are compared.
        let names = || self.declared_names();
        let last = |name: &'b str| name.rsplit('.').next().unwrap_or(name);
        let near = closest(name, names().chain(others));
        let near = near.or_else(|| {
            let part = name.rsplit('.').next().unwrap_or(name);
            let mut same = names().take(MAX_COMPARED).filter(|name| last(name) == part);
            same.next().filter(|_| same.next().is_none())
        });
        near.map(str::to_owned)
    }

    fn attribute(&self, id: AttributeId) -> Option<&Attribute> {
        self.attributes.get(id.index())
    }

    /// Returns the names of the declared attributes, in declaration order.
    fn declared_names(&self) -> impl Iterator<Item = &str> + Clone {
        let declared = self.attributes.iter().take(self.declared);
        declared.filter(|attribute| attribute.companion_of.is_none()).map(|attribute| &*attribute.name)
    }

    /// Returns true if no attribute, let or constant has the name, and no declaration of it was reported.
    fn is_unknown(&self, name: &str) -> bool {
        self.find_attribute(name).is_none()
            && !self.lets.contains_key(name)
            && !self.constants.contains_key(name)
            && !self.broken_attributes.contains(name)
            && !self.broken_sets.contains(name)
    }

    /// Returns the declared attribute of a name.
    fn find_declared(&self, name: &str) -> Option<(AttributeId, &Attribute)> {
        let id = *self.by_name.get(name)?;
        Some((id, self.attribute(id)?))
    }

    /// Returns the attribute that a name in a condition means: a declared one, the member of a quantifier, the value of a
    /// lookup, or the attribute that a let names.
    fn find_attribute(&self, name: &str) -> Option<(AttributeId, &Attribute)> {
        let member = self.members.iter().rev().find(|(member, _)| member == name).map(|(_, id)| *id);
        let id = member
            .or_else(|| self.by_name.get(name).copied())
            .or_else(|| self.call_names.get(name).copied())
            .or_else(|| self.named_attribute(name))?;
        Some((id, self.attribute(id)?))
    }

    /// Returns the documentation of a declaration: the `///` comments directly before it.
    fn documentation(&self, span: Span) -> String {
        let Some(file) =
            self.files.iter().find(|file| file.items.first().is_some_and(|i| i.span().file == span.file))
        else {
            return String::new();
        };
        let mut lines: Vec<&str> = Vec::new();
        let mut below = span.start as usize;
        let before = file.comments.partition_point(|comment| comment.span.start < span.start);
        let text = self.sources.text(span.file);
        for comment in file.comments.iter().take(before).rev() {
            let gap = text.get(comment.span.end as usize..below).unwrap_or("x");
            // A comment that quiets a warning may stand between the documentation and the declaration.
            let is_quiet = is_quiet(&comment.text);
            if !(comment.is_doc || is_quiet) || !gap.trim().is_empty() {
                break;
            }
            if is_quiet {
                below = comment.span.start as usize;
                continue;
            }
            lines.push(comment.text.trim_start_matches('/').trim());
            below = comment.span.start as usize;
        }
        lines.reverse();
        lines.join("\n")
    }
}
