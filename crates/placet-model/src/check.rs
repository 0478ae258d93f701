//! From syntax trees to a model: names, types, domains, contradictions, and the discipline of `is missing`.

mod compare;
mod conditions;
mod declarations;
mod knowledge;
mod operands;
mod rules;
mod tables;
mod taxonomies;
mod tests;

use crate::condition::{ConditionId, Conditions};
use crate::policy::Model;
use crate::types::{Attribute, AttributeId, Taxonomy};
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
    let damaged = loaded.files.iter().any(|file| file.damaged);
    // What a damaged part declared, or did, is unknown through no fault of those who name it.
    checker.diagnostics.retain(|fault| !(damaged && is_about_names(fault.code)));
    diagnostics.append(&mut checker.diagnostics);
    diagnostics.sort_by_key(Diagnostic::span);
    diagnostics.dedup();
    let failed = diagnostics.iter().any(Diagnostic::is_error);
    if diagnostics.len() > limits.diagnostics {
        let more = diagnostics.len() - limits.diagnostics;
        let span = diagnostics.get(limits.diagnostics).and_then(Diagnostic::span).unwrap_or_default();
        diagnostics.truncate(limits.diagnostics);
        if failed {
            diagnostics.push(Diagnostic::new(Code::TooManyFaults, span, format!("{more} more from here on")));
        }
    }
    (model.filter(|_| !failed), diagnostics)
}

fn is_about_names(code: Code) -> bool {
    matches!(
        code,
        Code::UnknownName
            | Code::UnknownType
            | Code::UnknownValue
            | Code::MissingHeader
            | Code::EmptyDeclaration
            | Code::EffectCount
    )
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
    leaves: crate::bits::BitSet,
}

struct Checker<'a> {
    files: &'a [File],
    sources: &'a placet_syntax::Sources,
    limits: &'a Limits,
    diagnostics: Vec<Diagnostic>,
    taxonomies: HashMap<&'a str, Arc<Taxonomy>>,
    sets: HashMap<&'a str, SetEntry>,
    /// Named sets that are at fault themselves, which has been reported.
    broken_sets: HashSet<&'a str>,
    attributes: Vec<Attribute>,
    by_name: HashMap<Arc<str>, AttributeId>,
    lets: HashMap<&'a str, LetEntry<'a>>,
    conditions: Conditions,
}

impl<'a> Checker<'a> {
    fn new(loaded: &'a Loaded, limits: &'a Limits) -> Self {
        Self {
            files: &loaded.files,
            sources: &loaded.sources,
            limits,
            diagnostics: Vec::new(),
            taxonomies: HashMap::new(),
            sets: HashMap::new(),
            broken_sets: HashSet::new(),
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

    fn report(&mut self, fault: Diagnostic) {
        self.diagnostics.push(fault);
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

    /// Whether an attribute, a let or both are near what was misspelt.
    fn near_operand(&self, name: &str) -> Option<&str> {
        closest(name, self.by_name.keys().map(|name| &**name).chain(self.lets.keys().copied()))
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
