//! Rules and tables of rules.

use super::markdown::{Markdown, code, link, text};
use super::sentence::{Phrase, Sentences};
use placet_core::RuleEffect;
use placet_model::condition::ConditionId;
use placet_model::policy::{Obligation, Rule};
use std::sync::Arc;

/// Writes a detail of a rule, beside its condition; an empty text if the rule has none.
type Detail<'m> = fn(Sentences<'m>, &Rule) -> String;

/// A rule with its `otherwise`, or the rows of a table.
pub(crate) struct Group<'m> {
    /// The name of the rule or the table.
    name: &'m str,
    /// The rules, without the denial of an `otherwise`.
    rules: Vec<&'m Rule>,
    otherwise: Option<&'m Rule>,
}

impl<'m> Group<'m> {
    /// Groups the rules of a policy, in their order.
    pub(crate) fn all(rules: &'m [Rule]) -> Vec<Self> {
        let mut out: Vec<Self> = Vec::new();
        for rule in rules {
            let name = rule.name.split_once('/').map_or(&*rule.name, |(table, _)| table);
            if out.last().is_none_or(|group| group.name != name) {
                out.push(Group { name, rules: Vec::new(), otherwise: None });
            }
            let Some(group) = out.last_mut() else { continue };
            match rule.name.ends_with("/otherwise") {
                true => group.otherwise = Some(rule),
                false => group.rules.push(rule),
            }
        }
        out
    }

    fn is_table(&self) -> bool {
        self.rules.first().is_some_and(|rule| rule.name.contains('/'))
    }

    /// Returns the heading.
    pub(crate) fn title(&self) -> String {
        format!("{} {}", if self.is_table() { "Table" } else { "Rule" }, self.name)
    }

    /// Returns the clauses that the rules cite, in the order of the text.
    pub(crate) fn cites(&self) -> Vec<&'m str> {
        let mut out: Vec<&str> = Vec::new();
        for cite in self.rules.iter().chain(&self.otherwise).flat_map(|rule| &rule.cites) {
            if !out.contains(&&**cite) {
                out.push(cite);
            }
        }
        out
    }

    /// Writes the group below its heading.
    pub(crate) fn write(&self, out: &mut Markdown, sentences: Sentences<'m>) {
        let Some(first) = self.rules.first() else { return };
        if !first.documentation.is_empty() {
            out.paragraph(&text(&first.documentation));
        }
        match self.is_table() {
            true => self.write_table(out, sentences),
            false => {
                let parts = conjuncts(sentences, first);
                let when = Phrase::all(parts.into_iter().map(|id| sentences.phrase(id, true)).collect());
                write_sentence(out, sentences, first, &when);
                write_details(out, sentences, first);
            }
        }
        if let Some(rule) = self.otherwise {
            let guard = sentences.phrase(rule.guard, true);
            let above = if self.is_table() {
                "no row above allows the request"
            } else {
                "the rule above doesn't allow the request"
            };
            let head = format!("**Otherwise denied** ({}) when {above}", code(&rule.name));
            match guard.is_always() {
                true => out.paragraph(&format!("{head}.")),
                false => guard.write(out, &format!("{head}, and")),
            }
            write_details(out, sentences, rule);
        }
    }

    fn write_table(&self, out: &mut Markdown, sentences: Sentences<'m>) {
        let Some(first) = self.rules.first() else { return };
        let rows: Vec<Vec<ConditionId>> = self.rules.iter().map(|rule| conjuncts(sentences, rule)).collect();
        let is_shared = |id: &ConditionId| rows.iter().all(|row| row.contains(id));
        let shared = rows.first().into_iter().flatten().copied().filter(is_shared);
        let mut shared: Vec<Phrase> = shared.map(|id| sentences.phrase(id, true)).collect();
        shared.push(Phrase::Words("a row of the table holds".to_owned()));
        let exceptions = |rule: &Rule| rule.exceptions.iter().map(|one| one.holds).collect::<Vec<_>>();
        let has_one_exception = self.rules.iter().all(|rule| exceptions(rule) == exceptions(first));
        match has_one_exception {
            true => write_sentence(out, sentences, first, &Phrase::all(shared)),
            false => Phrase::all(shared).write(out, verb(first)),
        }
        // A column for each list of attributes that a condition of a row reads.
        let mut columns: Vec<String> = Vec::new();
        let mut cells: Vec<Vec<(usize, Phrase)>> = Vec::new();
        for row in &rows {
            let own = row.iter().filter(|id| !is_shared(id)).map(|id| {
                let title = attributes(sentences, *id);
                let column = columns.iter().position(|known| *known == title).unwrap_or_else(|| {
                    columns.push(title);
                    columns.len() - 1
                });
                (column, sentences.phrase(*id, true))
            });
            cells.push(own.collect());
        }
        // Details that the rows share stand below the table, the others in it.
        let details: [(&str, Detail<'m>); 5] = [
            ("Unless", |sentences, rule| match rule.exceptions.as_slice() {
                [] => String::new(),
                exceptions => sentences.exceptions(exceptions).inline(),
            }),
            ("Basis", |_, rule| rule.basis.as_deref().map(code).unwrap_or_default()),
            ("Obligations", |sentences, rule| {
                rule.obligations.iter().map(|one| obligation(sentences, one)).collect::<Vec<_>>().join("; ")
            }),
            ("Clauses", |_, rule| if rule.cites.len() > 1 { clauses(&rule.cites) } else { String::new() }),
            ("Because", |_, rule| rule.because.as_deref().map(text).unwrap_or_default()),
        ];
        let differs = |detail: &Detail<'m>| {
            self.rules.iter().any(|rule| detail(sentences, rule) != detail(sentences, first))
        };
        let own: Vec<_> = details.iter().filter(|(_, detail)| differs(detail)).collect();
        let mut titles = vec!["Rule"];
        titles.extend(columns.iter().map(String::as_str));
        titles.extend(own.iter().map(|(title, _)| *title));
        let lines = self.rules.iter().zip(&cells).map(|(rule, cells)| {
            let mut line = vec![code(&rule.name)];
            for (index, column) in columns.iter().enumerate() {
                let parts: Vec<Phrase> =
                    cells.iter().filter(|(at, _)| *at == index).map(|(_, phrase)| phrase.clone()).collect();
                let subject = format!("{column} ");
                line.push(match Phrase::all(parts) {
                    phrase if phrase.is_always() => "any".to_owned(),
                    // The head of the column says the attribute.
                    Phrase::Words(words) => words.strip_prefix(&subject).unwrap_or(&words).to_owned(),
                    phrase => phrase.inline(),
                });
            }
            line.extend(own.iter().map(|(_, detail)| detail(sentences, rule)));
            line
        });
        out.table(&titles, lines);
        let mut is_listed = false;
        for (title, detail) in details.iter().skip(1).filter(|(_, detail)| !differs(detail)) {
            let value = detail(sentences, first);
            if !value.is_empty() {
                out.item(0, &format!("{title}: {value}"));
                is_listed = true;
            }
        }
        if is_listed {
            out.end();
        }
    }
}

/// Returns the conditions of a rule and those around it, without its exceptions.
fn conjuncts(sentences: Sentences<'_>, rule: &Rule) -> Vec<ConditionId> {
    let mut out = sentences.model.conjuncts(rule.guard);
    for id in sentences.model.conjuncts(rule.when) {
        if !out.contains(&id) {
            out.push(id);
        }
    }
    out
}

/// Returns the names of the attributes that a condition reads, as the head of a column.
fn attributes(sentences: Sentences<'_>, id: ConditionId) -> String {
    let model = sentences.model;
    let mut names: Vec<&str> = Vec::new();
    for atom in model.conditions.leaves([id]) {
        for id in atom.attributes() {
            let name = model.attribute_name(id);
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names.sort_unstable();
    names.iter().map(|name| code(name)).collect::<Vec<_>>().join(", ")
}

fn verb(rule: &Rule) -> &'static str {
    match rule.effect {
        RuleEffect::Allow => "**Allowed** when",
        RuleEffect::Deny => "**Denied** when",
    }
}

/// Writes a rule as a sentence, with its exceptions.
fn write_sentence(out: &mut Markdown, sentences: Sentences<'_>, rule: &Rule, when: &Phrase) {
    let exceptions = (!rule.exceptions.is_empty()).then(|| sentences.exceptions(&rule.exceptions));
    let inline = exceptions.as_ref().filter(|unless| unless.is_short() && when.is_short());
    match inline {
        Some(unless) => {
            out.paragraph(&format!("{} {}, **unless** {}.", verb(rule), when.inline(), unless.inline()));
        }
        None => {
            when.write(out, verb(rule));
            if let Some(unless) = &exceptions {
                unless.write(out, "**Unless**");
            }
        }
    }
}

/// Lists what a rule says beside its condition.
fn write_details(out: &mut Markdown, sentences: Sentences<'_>, rule: &Rule) {
    let mut items: Vec<String> = Vec::new();
    items.extend(rule.obligations.iter().map(|one| format!("Obligation: {}", obligation(sentences, one))));
    items.extend(rule.basis.as_deref().map(|basis| format!("Basis: {}", code(basis))));
    items.extend((rule.cites.len() > 1).then(|| format!("Clauses: {}", clauses(&rule.cites))));
    items.extend(rule.because.as_deref().map(|because| format!("Because: {}", text(because))));
    if !items.is_empty() {
        items.iter().for_each(|item| out.item(0, item));
        out.end();
    }
}

fn clauses(cites: &[Arc<str>]) -> String {
    cites.iter().map(|cite| text(cite)).collect::<Vec<_>>().join(", ")
}

/// Returns an obligation with its deadline and condition.
pub(crate) fn obligation(sentences: Sentences<'_>, obligation: &Obligation) -> String {
    let mut out = code(&obligation.name);
    if let Some(micros) = obligation.within {
        out.push_str(&format!(" within {}", deadline(micros)));
    }
    let when = sentences.phrase(obligation.when, true);
    if !when.is_always() {
        out.push_str(&format!(" when {}", when.inline()));
    }
    if let Some(words) = &obligation.text {
        out.push_str(&format!(": {}", text(words)));
    }
    out
}

/// Returns a deadline in the largest unit that divides it.
pub(crate) fn deadline(micros: i64) -> String {
    const UNITS: [(i64, &str); 4] =
        [(86_400_000_000, "day"), (3_600_000_000, "hour"), (60_000_000, "minute"), (1_000_000, "second")];
    let unit = UNITS.into_iter().find(|(size, _)| micros % size == 0);
    let (size, unit) = unit.unwrap_or((1, "microsecond"));
    crate::command::counted(usize::try_from(micros / size).unwrap_or_default(), unit)
}

/// Returns a link to the group of a rule.
pub(crate) fn rule_link(groups: &[Group<'_>], rule: &str) -> String {
    let name = rule.split_once('/').map_or(rule, |(table, _)| table);
    match groups.iter().find(|group| group.name == name) {
        Some(group) => link(&code(rule), &group.title()),
        None => code(rule),
    }
}
