//! Turns the findings of the analysis into diagnostics.

mod diagram;
mod distinctions;

pub(crate) use diagram::diagram;
pub use diagram::{Diagram, DiagramEdge, DiagramNode, DiagramTarget};
pub use distinctions::Partition;
pub(crate) use distinctions::distinctions;

use placet_analysis::reach::{Finding, Kind};
use placet_compile::Compilation;
use placet_model::Model;
use placet_model::decision::Effect;
use placet_model::input::Fact;
use placet_model::policy::{Claim, Proof, Rule, Subject};
use placet_model::proof::Verdict;
use placet_model::request::{AttributeInput, Request};
use placet_model::types::{AttributeId, Presence};
use placet_syntax::{Code, Diagnostic};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Returns the verdicts on all proofs, with a diagnostic for each proof that isn't proved.
pub(crate) fn proofs(compilation: &mut Compilation) -> (Vec<Verdict>, Vec<Diagnostic>) {
    let verdicts = placet_analysis::prove(compilation);
    let model = compilation.model();
    let judged = model.proofs.iter().zip(&verdicts);
    let failures = judged.filter_map(|(proof, verdict)| judge(model, proof, verdict)).collect();
    (verdicts, failures)
}

/// Returns the diagnostic of a proof, or `None` if it is proved.
fn judge(model: &Model, proof: &Proof, verdict: &Verdict) -> Option<Diagnostic> {
    let name = &proof.name;
    Some(match verdict {
        Verdict::Proved => return None,
        Verdict::Vacuous => Diagnostic::new(
            Code::VacuousProof,
            proof.span,
            format!("no request satisfies the condition of `{name}`"),
        )
        .help("correct the condition: a proof about no request proves nothing"),
        Verdict::NotDecided { conditions } => not_decided(model, proof, conditions),
        Verdict::Refuted { counterexample, effect, rules } => {
            let by =
                if rules.is_empty() { "by default".to_owned() } else { format!("by {}", rules.join(", ")) };
            let verb = if *effect == Effect::Allow { "allowed" } else { "denied" };
            let obligation = match &proof.claim {
                Claim { subject: Subject::Allow, .. } => String::new(),
                Claim { subject: Subject::Oblige(name), always: true } => {
                    format!(", without the obligation `{name}`")
                }
                Claim { subject: Subject::Oblige(name), always: false } => {
                    format!(", with the obligation `{name}`")
                }
            };
            Diagnostic::new(Code::ProofRefuted, proof.span, format!("`{name}` doesn't hold"))
                .because(format!("the counterexample is {verb} {by}{obligation}"))
                .note(format!("the counterexample: {}", json(model, counterexample)))
        }
    })
}

/// Returns the diagnostic of a proof that was neither proved nor refuted. It names the two conditions in the way, and
/// suggests what to write instead.
fn not_decided(model: &Model, proof: &Proof, conditions: &[Vec<AttributeId>]) -> Diagnostic {
    let of = |message: String| {
        let message = format!("couldn't prove or refute `{}`: {message}", proof.name);
        Diagnostic::new(Code::ProofNotDecided, proof.span, message)
    };
    let listed = |ids: &[AttributeId]| {
        let names: Vec<String> = ids.iter().map(|id| format!("`{}`", model.attribute_name(*id))).collect();
        match names.as_slice() {
            [others @ .., last] if !others.is_empty() => format!("{} and {last}", others.join(", ")),
            _ => names.join(", "),
        }
    };
    match conditions {
        [one, other] => of(format!(
            "it relates {} in one condition and uses {} in another",
            listed(one),
            listed(other)
        ))
        .help(
            "compare at most two attributes at a time, as in `x < y`, `x - y > 30 days` or `years(x, y) >= 18`: \
             such conditions can be decided together",
        ),
        _ => of("the search reached its limit".to_owned())
            .help("simplify its condition, or split it into several proofs"),
    }
}

/// Returns the values of a request by the names of their attributes.
pub(crate) fn facts(model: &Model, request: &Request) -> BTreeMap<Arc<str>, Fact> {
    let given = model.attribute_ids().filter_map(|(id, attribute)| match request.get(id)? {
        AttributeInput::Value(value) => {
            Some((attribute.name.clone(), Fact::from_value(&attribute.kind, value)?))
        }
        AttributeInput::Null | AttributeInput::Pending | AttributeInput::OneOf(_) => None,
    });
    given.collect()
}

/// Formats a request as JSON, which `placet explain` reads.
fn json(model: &Model, request: &Request) -> String {
    // A map of texts to plain values always serializes.
    serde_json::to_string(&facts(model, request)).unwrap_or_default()
}

/// Formats a request like an example of a policy.
pub(crate) fn shown(model: &Model, request: &Request) -> String {
    let parts: Vec<String> = model
        .declared()
        .filter_map(|(id, attribute)| match request.get(id)? {
            AttributeInput::Value(value) => {
                Some(format!("{}: {}", attribute.name, value.display(&attribute.kind)))
            }
            AttributeInput::Null | AttributeInput::Pending | AttributeInput::OneOf(_) => None,
        })
        .collect();
    parts.join(", ")
}

/// Returns warnings about parts of the policy that have no effect, or one that its author may not have meant.
pub(crate) fn reach(compilation: &mut Compilation) -> Vec<Diagnostic> {
    let findings = placet_analysis::reach::findings(compilation);
    let model = compilation.model();
    let mut out: Vec<Diagnostic> = findings.iter().filter_map(|finding| diagnostic(model, finding)).collect();
    out.truncate(model.limits.diagnostics);
    out
}

fn diagnostic(model: &Model, finding: &Finding) -> Option<Diagnostic> {
    let warning = |code, message: String| Diagnostic::new(code, finding.span, message);
    let rule = |at: &usize| model.rules.get(*at);
    Some(match &finding.kind {
        Kind::NeverFires { rule: at } => {
            warning(Code::NeverFires, format!("`{}` never fires", rule(at)?.name))
                .help("correct its condition, or remove it")
        }
        Kind::Outweighed { rule: at, by } => {
            let message =
                format!("`{}` never allows anything: wherever it fires, a denial fires too", rule(at)?.name);
            beside(
                warning(Code::Outweighed, message),
                model,
                by,
                "this denies everything that it would allow",
            )
        }
        Kind::Covered { rule: at, by } => {
            let message =
                format!("`{}` is redundant: wherever it fires, another rule does the same", rule(at)?.name);
            beside(warning(Code::CoveredRule, message), model, by, "this rule does the same")
        }
        Kind::CoveredRow { rule: at, by } => {
            let message =
                format!("`{}` is redundant: wherever it fires, another row does the same", rule(at)?.name);
            beside(warning(Code::CoveredRow, message), model, by, "this row does the same")
        }
        Kind::IdleException { rule: at, name } => {
            let called = name
                .as_ref()
                .map_or_else(|| "an exception".to_owned(), |name| format!("the exception `{name}`"));
            warning(Code::IdleException, format!("{called} of `{}` never applies", rule(at)?.name))
                .because("it is never true where it would make a difference")
        }
        Kind::PermissiveDefault { attribute, denied, sample } => {
            let attribute = model.attribute(*attribute)?;
            let Presence::Default(value) = &attribute.presence else { return None };
            let (value, denied) = (value.display(&attribute.kind), denied.display(&attribute.kind));
            let message = format!(
                "leaving out `{}` counts as `{value}`, which allows requests that `{denied}` would deny",
                attribute.name
            );
            let given = shown(model, sample);
            let sample = if given.is_empty() { "{}".to_owned() } else { format!("{{ {given} }}") };
            warning(Code::PermissiveDefault, message)
                .because("this default allows requests that leave the attribute out")
                .note(format!("for example: {sample}"))
                .help("without a default, such a request is indeterminate until the attribute is given")
        }
    })
}

/// Lists the names of the rules in a finding.
fn beside(mut warning: Diagnostic, model: &Model, rules: &[usize], text: &str) -> Diagnostic {
    /// The rules with a label of their own; the others are only named.
    const SHOWN: usize = 3;
    let rules: Vec<&Rule> = rules.iter().filter_map(|at| model.rules.get(*at)).collect();
    for rule in rules.iter().take(SHOWN) {
        let text = if rules.len() == 1 { text.to_owned() } else { format!("`{}`", rule.name) };
        warning = warning.label(rule.span, text);
    }
    if rules.len() > 1 {
        let names: Vec<String> = rules.iter().map(|rule| format!("`{}`", rule.name)).collect();
        warning = warning.note(format!("these rules together: {}", names.join(", ")));
    }
    warning
}
