//! The page of a policy, in Markdown.

use super::markdown::{Markdown, code, joined, link, text};
use super::matrices;
use super::rules::{Group, deadline, rule_link};
use super::sentence::{Sentences, listed, lookup_title};
use crate::command::coverage::KINDS;
use crate::diagram;
use placet::__private::{Internals, policy_of};
use placet::{Diagram, Draft, Effect, ProofVerdict};
use placet_model::condition::Collection;
use placet_model::policy::{Model, Subject};
use placet_model::types::{Attribute, Members, Presence, Taxonomy, Type, Universe};
use placet_model::written::Lookup;
use std::cmp::Reverse;
use std::sync::Arc;

/// The number of nodes of the largest diagram that a page shows.
const MAX_NODES: usize = 40;

/// A page.
pub(crate) struct Page {
    /// Its title.
    pub(crate) title: String,
    /// Its text in Markdown.
    pub(crate) markdown: String,
    /// The decision diagram, if the page shows one.
    pub(crate) diagram: Option<Diagram>,
}

impl Page {
    /// Writes the page of a policy. Runs its tests.
    pub(crate) fn new(draft: &Draft) -> Self {
        let policy = policy_of(draft);
        let model = policy.model();
        let sentences = Sentences { model };
        let groups = Group::all(&model.rules);
        let diagram = policy.diagram().filter(|diagram| (1..=MAX_NODES).contains(&diagram.nodes.len()));
        let mut out = Markdown::default();
        out.heading(2, "How to read this page");
        out.paragraph(
            "A request is **allowed** if a rule allows it and no rule denies it: a denial outweighs every allow, and what no \
             rule allows is denied. An exception (“unless”) silences its rule alone, so that other rules still decide. Where the \
             answer depends on an attribute that is not known, it is *unknown* until the attribute becomes known; an unknown \
             attribute that can't change the answer doesn't matter. An obligation is due if its rule is among those that \
             decide: the denials of a denied request, the allows of an allowed one.",
        );
        if model.declared().any(|(_, attribute)| matches!(universe(attribute), Some(Universe::Taxonomy(_)))) {
            out.paragraph(
                "The name of a category stands for everything below it. In a request it means one of these values, but it \
                 is not known which; in a set, all of them.",
            );
        }
        if model.attributes.iter().any(Attribute::is_optional) {
            out.paragraph("Where an attribute is `none`, known to be absent, no comparison of it holds.");
        }
        write_vocabulary(&mut out, model);
        out.heading(2, "Rules");
        write_rules(&mut out, &groups, sentences);
        write_obligations(&mut out, model, &groups);
        out.heading(2, "Matrices");
        matrices::write(&mut out, policy, model);
        if let Some(diagram) = &diagram {
            out.heading(2, "Decision diagram");
            out.paragraph("Follow the values of a request from the top to its answer.");
            out.code_block("mermaid", &diagram::mermaid(diagram));
        }
        write_proofs(&mut out, draft, sentences);
        write_tests(&mut out, draft, &groups);
        write_coverage(&mut out, draft);

        let title = match policy.version() {
            Some(version) => format!("Policy {}, version {version}", policy.name()),
            None => format!("Policy {}", policy.name()),
        };
        let mut head = Markdown::default();
        head.heading(1, &title);
        if let Some(source) = policy.source() {
            head.paragraph(&format!("It encodes the document {}.", code(source)));
        }
        for (title, slug) in &out.sections {
            head.item(0, &format!("[{}](#{slug})", text(title)));
        }
        head.end();
        head.text.push_str(out.text.trim_end());
        head.text.push('\n');
        Self { title, markdown: head.text, diagram }
    }
}

fn write_vocabulary(out: &mut Markdown, model: &Model) {
    out.heading(2, "Vocabulary");
    let mut taxonomies: Vec<&Arc<Taxonomy>> = Vec::new();
    for (_, attribute) in model.declared() {
        if let Some(Universe::Taxonomy(taxonomy)) = universe(attribute)
            && !taxonomies.iter().any(|known| known.name == taxonomy.name)
        {
            taxonomies.push(taxonomy);
        }
    }
    for taxonomy in taxonomies {
        out.heading(3, &format!("Taxonomy {}", taxonomy.name));
        write_tree(out, taxonomy);
    }
    out.heading(3, "Attributes of a request");
    let rows = model.declared().map(|(_, attribute)| {
        let left_out = match &attribute.presence {
            Presence::Optional => "unknown".to_owned(),
            Presence::Required => "an error".to_owned(),
            Presence::Default(value) => code(&value.display(&attribute.kind)),
        };
        vec![code(&attribute.name), values(attribute), left_out, text(&attribute.documentation)]
    });
    out.table(&["Attribute", "Values", "Left out", "Meaning"], rows);
    let mut lookups: Vec<(&Arc<Lookup>, &str)> = Vec::new();
    let roots = model.rules.iter().map(|rule| rule.fires).chain(model.proofs.iter().map(|proof| proof.when));
    for call in roots.flat_map(|root| model.lookups_in(root)) {
        if !lookups.iter().any(|(known, _)| known.name == call.lookup.name) {
            lookups.push((&call.lookup, model.attribute_name(call.key)));
        }
    }
    for (lookup, key) in lookups {
        out.heading(3, &lookup_title(&lookup.name));
        let attribute = model.find(key).and_then(|id| model.attribute(id));
        let names = |keys: &Collection| match (keys, attribute.and_then(universe)) {
            (Collection::Symbols(set), Some(universe)) => {
                listed(universe, set).into_iter().map(code).collect::<Vec<_>>().join(", ")
            }
            (Collection::Texts(texts), _) => {
                texts.iter().map(|text| code(text)).collect::<Vec<_>>().join(", ")
            }
            _ => String::new(),
        };
        let mut rows: Vec<Vec<String>> =
            lookup.cases.iter().map(|(keys, value)| vec![names(keys), code(value)]).collect();
        rows.extend(lookup.otherwise.iter().map(|value| vec!["any other".to_owned(), code(value)]));
        out.table(&[code(key).as_str(), &code(&format!("{}({key})", lookup.name))], rows);
    }
}

fn universe(attribute: &Attribute) -> Option<&Universe> {
    match &attribute.kind {
        Type::Symbol(universe) | Type::Set { of: Members::Symbols(universe), .. } => Some(universe),
        _ => None,
    }
}

/// Writes a taxonomy as nested lists.
fn write_tree(out: &mut Markdown, taxonomy: &Taxonomy) {
    let mut nodes: Vec<_> = taxonomy.nodes.iter().collect();
    // A node with a single child has the same leaves as the child, and stands before it in the text.
    nodes.sort_unstable_by_key(|(name, node)| (node.first, Reverse(node.end), node.span, (*name).clone()));
    let mut around: Vec<u32> = Vec::new();
    for (name, node) in nodes {
        around.retain(|end| node.first < *end);
        out.item(around.len(), &code(name));
        if !node.is_leaf {
            around.push(node.end);
        }
    }
    out.end();
}

fn values(attribute: &Attribute) -> String {
    let names = |universe: &Universe| match universe {
        Universe::Taxonomy(taxonomy) => link(&text(&taxonomy.name), &format!("Taxonomy {}", taxonomy.name)),
        Universe::Enum(names) => names.declared.iter().map(|name| code(name)).collect::<Vec<_>>().join(", "),
    };
    let values = match &attribute.kind {
        Type::Bool => format!("{}, {}", code("true"), code("false")),
        Type::Symbol(universe) => format!("one of {}", names(universe)),
        Type::Set { of: Members::Symbols(universe), may_be_empty } => {
            format!("a set of {}{}", names(universe), if *may_be_empty { ", also empty" } else { "" })
        }
        Type::Int(i64::MIN, i64::MAX) => "whole numbers".to_owned(),
        Type::Int(low, high) => format!("whole numbers from {low} to {high}"),
        Type::Number(low, high) if *low > f64::MIN || *high < f64::MAX => {
            format!("numbers from {low} to {high}")
        }
        Type::Number(..) => "numbers".to_owned(),
        Type::String => "texts".to_owned(),
        Type::Set { of: Members::Texts, may_be_empty: true } => "a set of texts, also empty".to_owned(),
        Type::Set { of: Members::Texts, may_be_empty: false } => "a set of texts".to_owned(),
        Type::Date => "dates".to_owned(),
        Type::Time => "points of time".to_owned(),
        Type::Duration => "durations".to_owned(),
    };
    if attribute.is_optional() { format!("{values}, or {}", code("none")) } else { values }
}

/// Writes the rules by the first clause that they cite, in the order of the policy.
fn write_rules(out: &mut Markdown, groups: &[Group<'_>], sentences: Sentences<'_>) {
    let mut clauses: Vec<Option<&str>> = Vec::new();
    for group in groups {
        let clause = group.cites().first().copied();
        if !clauses.contains(&clause) {
            clauses.push(clause);
        }
    }
    for clause in clauses {
        match clause {
            Some(clause) => out.heading(3, &format!("Clause {clause}")),
            None => out.heading(3, "Rules without a clause"),
        }
        for group in groups.iter().filter(|group| group.cites().first().copied() == clause) {
            out.heading(4, &group.title());
            group.write(out, sentences);
        }
    }
}

fn write_obligations(out: &mut Markdown, model: &Model, groups: &[Group<'_>]) {
    out.heading(2, "Obligations");
    let mut rows: Vec<(&str, Option<i64>, Vec<&str>, &str)> = Vec::new();
    for rule in &model.rules {
        for obligation in &rule.obligations {
            let words = obligation.text.as_deref().unwrap_or_default();
            let found = rows.iter_mut().find(|(name, within, _, text)| {
                (*name, *within, *text) == (&obligation.name, obligation.within, words)
            });
            match found {
                Some((_, _, rules, _)) => rules.push(&rule.name),
                None => rows.push((&obligation.name, obligation.within, vec![&rule.name], words)),
            }
        }
    }
    if rows.is_empty() {
        return out.paragraph("No rule imposes an obligation.");
    }
    rows.sort_by_key(|(name, within, ..)| (*name, within.is_none(), *within));
    let rows = rows.into_iter().map(|(name, within, rules, words)| {
        let rules: Vec<String> = rules.iter().map(|rule| rule_link(groups, rule)).collect();
        let within = within.map_or_else(|| "not stated".to_owned(), deadline);
        vec![code(name), within, rules.join(", "), text(words)]
    });
    out.table(&["Obligation", "Deadline", "Imposed by", "Duty"], rows);
}

fn write_proofs(out: &mut Markdown, draft: &Draft, sentences: Sentences<'_>) {
    out.heading(2, "Proofs");
    let model = sentences.model;
    if model.proofs.is_empty() {
        return out.paragraph("The policy has no proofs.");
    }
    out.paragraph("Each proof is about every request in which all attributes are known.");
    let rows = model.proofs.iter().zip(draft.run_proofs()).map(|(proof, (_, outcome))| {
        let claim = match (&proof.claim.subject, proof.claim.always) {
            (Subject::Allow, true) => "Always allowed".to_owned(),
            (Subject::Allow, false) => "Never allowed".to_owned(),
            (Subject::Oblige(name), true) => format!("Always with the obligation {}", code(name)),
            (Subject::Oblige(name), false) => format!("Never with the obligation {}", code(name)),
        };
        let when = match sentences.phrase(proof.when, true) {
            when if when.is_always() => String::new(),
            when => format!(" when {}", when.inline()),
        };
        let result = match outcome.verdict {
            ProofVerdict::Proved => "proved".to_owned(),
            _ => format!("**not proved**: {}", text(&outcome.failures.join("; "))),
        };
        vec![code(&proof.name), claim + &when, result]
    });
    out.table(&["Proof", "Claim", "Result"], rows);
}

fn write_tests(out: &mut Markdown, draft: &Draft, groups: &[Group<'_>]) {
    out.heading(2, "Tests");
    let outcomes: Vec<_> = draft.run_tests().collect();
    if outcomes.is_empty() {
        return out.paragraph("The policy has no tests.");
    }
    let failed = outcomes.iter().filter(|(_, outcome)| !outcome.passed()).count();
    out.paragraph(&format!("{} of {} tests pass.", outcomes.len() - failed, outcomes.len()));
    let rows = outcomes.iter().map(|(test, outcome)| {
        let (answer, by) = match &outcome.answer {
            Ok(decision) => {
                let by = match decision.effect {
                    Effect::Indeterminate => {
                        let missing: Vec<String> = decision.missing.iter().map(|name| code(name)).collect();
                        let are = if missing.len() > 1 { "are" } else { "is" };
                        format!("until {} {are} known", joined(&missing, "and"))
                    }
                    _ if decision.rules.is_empty() => "no rule allows it".to_owned(),
                    _ => {
                        let rules = decision.rules.iter().map(|rule| rule_link(groups, rule));
                        rules.collect::<Vec<_>>().join(", ")
                    }
                };
                (
                    if decision.effect == Effect::Indeterminate {
                        "unknown"
                    } else {
                        decision.effect.as_str()
                    },
                    by,
                )
            }
            Err(error) => ("error", text(&error.to_string())),
        };
        let result = match outcome.passed() {
            true => "passed".to_owned(),
            false => format!("**failed**: {}", text(&outcome.failures.join("; "))),
        };
        vec![text(test.title()), answer.to_owned(), by, result]
    });
    out.table(&["Test", "Answer", "By", "Result"], rows);
}

fn write_coverage(out: &mut Markdown, draft: &Draft) {
    out.heading(2, "Coverage");
    out.paragraph("The parts of the policy that at least one test exercises.");
    let points = draft.coverage();
    let rows = KINDS.into_iter().filter_map(|(kind, _, several)| {
        let of_kind = || points.iter().filter(move |point| point.kind == kind);
        let all = of_kind().count();
        let exercised = of_kind().filter(|point| point.tests > 0).count();
        (all > 0).then(|| vec![several.to_owned(), exercised.to_string(), all.to_string()])
    });
    out.table(&["Part", "Exercised", "All"], rows);
}
