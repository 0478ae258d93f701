//! From syntax trees to a model: names, types, domains, contradictions, and the discipline of `is missing`.

mod cases;
mod compare;
mod conditions;
mod declarations;
mod knowledge;
mod members;
mod operands;
mod ordered;
mod places;
mod rules;
mod sets;
mod tables;
mod taxonomies;

use placet_model::condition::{ConditionId, Conditions};
use placet_model::policy::Model;
use placet_model::types::{Attribute, AttributeId, Taxonomy};
use placet_syntax::ast::{File, Item, Name};
use placet_syntax::source::Loaded;
use placet_syntax::{Code, Diagnostic, Limits, Span, closest};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Checks a policy's files together. The model is there only if nothing that has been found, here or in parsing, is
/// an error; proofs are not decided here. Cost: about linear in the text.
pub fn check(loaded: &Loaded, limits: &Limits) -> (Option<Model>, Vec<Diagnostic>) {
    let mut checker = Checker::new(loaded, limits);
    let model = checker.run();
    let mut diagnostics = loaded.diagnostics.clone();
    // What a lost declaration declared is unknown through no fault of those who name it.
    let lost = checker.names_are_lost(loaded);
    checker.diagnostics.retain(|fault| !(lost && is_about_names(fault.code)));
    diagnostics.append(&mut checker.diagnostics);
    diagnostics.sort_by_key(Diagnostic::span);
    diagnostics.dedup();
    let failed = diagnostics.iter().any(Diagnostic::is_error);
    if diagnostics.len() > limits.diagnostics {
        shorten(&mut diagnostics, limits.diagnostics, failed);
    }
    (model.filter(|_| !failed), diagnostics)
}

/// Keeps as many diagnostics as are shown, errors before warnings.
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
        let message = format!("there are more faults than these {most}");
        diagnostics.push(Diagnostic::new(Code::TooManyFaults, left_out.unwrap_or_default(), message));
    }
}

fn is_about_names(code: Code) -> bool {
    matches!(code, Code::UnknownName | Code::UnknownType | Code::UnknownValue | Code::MissingHeader)
}

/// What a let stands for.
struct LetEntry<'a> {
    declaration: &'a placet_syntax::ast::Let,
    condition: Option<ConditionId>,
    knowledge: knowledge::Knowledge,
}

/// A named set of a taxonomy's leaves.
struct SetEntry {
    taxonomy: Arc<Taxonomy>,
    leaves: placet_model::BitSet,
    /// Where its name is declared.
    span: Span,
}

struct Checker<'a> {
    files: &'a [File],
    sources: &'a placet_syntax::Sources,
    places: places::Places,
    limits: &'a Limits,
    diagnostics: Vec<Diagnostic>,
    /// How many have been found, also of those that are not kept.
    errors: usize,
    warnings: usize,
    taxonomies: HashMap<&'a str, Arc<Taxonomy>>,
    sets: HashMap<&'a str, SetEntry>,
    /// Named sets that are at fault themselves, which has been reported.
    broken_sets: HashSet<&'a str>,
    /// Taxonomies, and attributes, of which the same is true.
    broken_taxonomies: HashSet<&'a str>,
    broken_attributes: HashSet<&'a str>,
    /// Where the discipline of `is missing` is broken, which is said once of each place.
    loosening: HashSet<Span>,
    /// Where text was left out that does not parse, in order.
    damages: Vec<Span>,
    attributes: Vec<Attribute>,
    by_name: HashMap<Arc<str>, AttributeId>,
    lets: HashMap<&'a str, LetEntry<'a>>,
    conditions: Conditions,
}

impl<'a> Checker<'a> {
    fn new(loaded: &'a Loaded, limits: &'a Limits) -> Self {
        let mut damages: Vec<Span> = loaded.diagnostics.iter().filter_map(Diagnostic::span).collect();
        damages.sort_unstable();
        Self {
            files: &loaded.files,
            sources: &loaded.sources,
            places: places::Places::new(&loaded.sources),
            limits,
            diagnostics: Vec::new(),
            errors: 0,
            warnings: 0,
            taxonomies: HashMap::new(),
            sets: HashMap::new(),
            broken_sets: HashSet::new(),
            broken_taxonomies: HashSet::new(),
            broken_attributes: HashSet::new(),
            loosening: HashSet::new(),
            damages,
            attributes: Vec::new(),
            by_name: HashMap::new(),
            lets: HashMap::new(),
            conditions: Conditions::default(),
        }
    }

    fn run(&mut self) -> Option<Model> {
        let header = self.header();
        self.check_taxonomies();
        self.check_named_sets();
        self.check_attributes();
        self.check_lets();
        let rules = self.check_rules();
        let proofs = self.check_proofs();
        let tests = self.check_tests(&rules);
        let header = header?;
        Some(Model {
            name: header.name.text.as_str().into(),
            version: header.version.as_ref().map(|text| text.text.as_str().into()),
            source: header.source.as_ref().map(|text| text.text.as_str().into()),
            attributes: std::mem::take(&mut self.attributes),
            rules,
            proofs,
            tests,
            conditions: std::mem::take(&mut self.conditions),
            limits: self.limits.clone(),
            by_name: std::mem::take(&mut self.by_name),
        })
    }

    /// All declarations of all files that stand outside `where` blocks.
    fn items(&self) -> impl Iterator<Item = &'a Item> + use<'a> {
        self.files.iter().flat_map(|file| &file.items)
    }

    /// Whether a part of this text was left out, which has been reported.
    fn is_damaged(&self, span: Span) -> bool {
        let next =
            self.damages.partition_point(|damage| (damage.file, damage.start) < (span.file, span.start));
        self.damages.get(next).is_some_and(|damage| damage.file == span.file && damage.start < span.end)
    }

    /// Whether text was left out that may have declared what others name: all but rules, proofs and tests.
    fn names_are_lost(&self, loaded: &Loaded) -> bool {
        if loaded.diagnostics.len() > self.limits.diagnostics {
            // Not all was read.
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
                | Item::Let(_) => {}
            }
        }
        harmless.sort_unstable();
        loaded.diagnostics.iter().any(|fault| {
            let Some(damage) = fault.span() else { return true };
            // What can't stand in a `where` declares something all the same.
            if matches!(self.sources.slice(damage), "let" | "set" | "request" | "taxonomy") {
                return true;
            }
            let next =
                harmless.partition_point(|span| (span.file, span.start) <= (damage.file, damage.start));
            let around = next.checked_sub(1).and_then(|at| harmless.get(at));
            let within = around.is_some_and(|span| span.file == damage.file && damage.start < span.end);
            // Where a bracket or a line is at fault, more than one declaration may be lost.
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

    /// Whether the text around a place that no declaration covers is a rule, a proof or a test, by the last word before
    /// it that stands at the beginning of a line.
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

    fn report(&mut self, fault: Diagnostic) {
        let (count, limit) =
            (if fault.is_error() { &mut self.errors } else { &mut self.warnings }, self.limits.diagnostics);
        *count += 1;
        // One more than is shown tells that there are more.
        if *count <= limit.saturating_add(1) {
            self.diagnostics.push(fault);
        }
    }

    /// Whether more errors have been found than are shown: the rest need not be looked for.
    fn is_full(&self) -> bool {
        self.errors > self.limits.diagnostics
    }

    fn fault(&mut self, code: Code, span: Span, message: impl Into<String>) {
        self.report(Diagnostic::new(code, span, message));
    }

    /// Reports the second of two things of one name.
    fn repeated(&mut self, what: &str, name: &Name, first: Span) {
        self.report(
            Diagnostic::new(
                Code::RepeatedName,
                name.span,
                format!("the {what} `{}` stands twice", name.text),
            )
            .because("again here")
            .label(first, "first here"),
        );
    }

    /// The attribute or let that is near to what was misspelt.
    fn near_operand(&self, name: &str) -> Option<String> {
        self.near_attribute(name, self.lets.keys().copied())
    }

    /// The attribute, or one of the other names, that is near to what was misspelt; else the one attribute whose last
    /// part it is.
    fn near_attribute<'b>(&'b self, name: &str, others: impl Iterator<Item = &'b str>) -> Option<String> {
        const MAX_COMPARED: usize = 1_000;
        let names = || self.by_name.keys().map(|name| &**name);
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

    fn find_attribute(&self, name: &str) -> Option<(AttributeId, &Attribute)> {
        let id = *self.by_name.get(name)?;
        Some((id, self.attribute(id)?))
    }

    /// The documentation written directly above a place: the `///` lines that end on the line before.
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
            if !comment.is_doc || !gap.trim().is_empty() {
                break;
            }
            lines.push(comment.text.trim_start_matches('/').trim());
            below = comment.span.start as usize;
        }
        lines.reverse();
        lines.join("\n")
    }
}
