//! Differences between two policies: attributes, effects of requests, and texts of rules.
//!
//! Both policies are merged over one vocabulary and compiled to decision diagrams in one order of variables, so that the
//! requests whose effect changes form a diagram too. They are split by the rules that cause the change. Each part gets the
//! smallest box around it, and a request on which both policies were run.

mod causes;
mod graph;
mod hull;
mod joint;
mod merge;
mod rules;
mod sample;
mod shown;
pub(crate) mod translate;

pub use joint::{JointAttribute, JointGroup, JointValue, joint};

use graph::{Graph, OPENED};
use hull::Hull;
use merge::Merged;
use placet_compile::Encoding;
use placet_graph::{Exhausted, NodeId};
use placet_model::Model;
use placet_model::input::Fact;
use placet_model::policy::RuleEffect;
use placet_model::types::Presence;
use placet_program::{ClassSet, VariableKind};
use rules::Pairs;
use sample::{Found, Sampler};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The number of listed regions; the others are counted.
pub const MAX_REGIONS: usize = 50;

/// The difference between two policies.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Difference {
    /// True if nothing changes.
    pub is_same: bool,
    /// The changes of attributes, in the order of the new policy.
    pub attributes: Vec<AttributeChange>,
    /// The regions of requests whose effect changes, at most [`MAX_REGIONS`].
    pub effects: Vec<Region>,
    /// The changes of rules: added rules, rules of both policies, removed rules.
    pub rules: Vec<RuleChange>,
    /// The extent of the comparison; `None` if the policies are too large.
    pub totals: Option<Totals>,
    /// The reason why effects could not be compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub too_large: Option<String>,
}

/// A change of an attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
#[non_exhaustive]
pub enum AttributeChange {
    /// Only the new policy has it.
    Added {
        /// The name.
        attribute: String,
        /// The type.
        kind: String,
    },
    /// Only the old policy has it.
    Removed {
        /// The name.
        attribute: String,
        /// The type.
        kind: String,
    },
    /// The type or the range changes. Types without common values are compared as two attributes.
    Type {
        /// The name.
        attribute: String,
        /// The type in the old policy.
        old: String,
        /// The type in the new policy.
        new: String,
    },
    /// The names of its values change.
    Values {
        /// The name.
        attribute: String,
        /// Names that only the new policy has.
        added: Vec<String>,
        /// Names that only the old policy has.
        removed: Vec<String>,
    },
    /// The handling of requests that leave it out changes: `missing`, `required`, or `default …`.
    Presence {
        /// The name.
        attribute: String,
        /// The handling in the old policy.
        old: String,
        /// The handling in the new policy.
        new: String,
    },
}

/// The effect of a complete request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Allowed.
    Allow,
    /// Denied.
    Deny,
}

impl Effect {
    fn other(self) -> Self {
        match self {
            Effect::Allow => Effect::Deny,
            Effect::Deny => Effect::Allow,
        }
    }

    /// Returns the keyword.
    pub fn as_str(self) -> &'static str {
        match self {
            Effect::Allow => "allow",
            Effect::Deny => "deny",
        }
    }
}

/// A region of requests whose effect changes.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Region {
    /// The effect in the old policy.
    pub from: Effect,
    /// The effect in the new policy.
    pub to: Effect,
    /// The cause: a smallest set of rules that gives the new effect when only these rules are exchanged in the old policy.
    /// Names are those of the new policy, or of the old one for removed rules. A rule whose exchange doesn't matter to the
    /// region isn't included. Empty if the limits ended the search.
    pub rules: Vec<String>,
    /// The conditions that all requests of the region satisfy.
    pub when: Vec<Constraint>,
    /// True if all requests that satisfy the conditions belong to the region; otherwise only some do.
    pub exact: bool,
    /// The number of classes of requests.
    pub classes: u128,
    /// True if a request of the region was found and both policies were run on it. If conditions relate attributes, a class
    /// may have no request.
    pub certain: bool,
    /// The request.
    pub sample: Option<Sample>,
}

/// A condition on requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Constraint {
    /// The attribute, or the relation of several.
    pub of: String,
    /// The values: a list of values, ranges or names; `yes` or `no` for a relation.
    pub is: String,
}

/// A request that leaves out only attributes which don't matter to its effect.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Sample {
    /// The attributes with their values, as in the JSON of a request.
    pub request: BTreeMap<String, Fact>,
    /// The answer of the old policy.
    pub before: Ruling,
    /// The answer of the new policy.
    pub after: Ruling,
}

/// The answer of a policy to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Ruling {
    /// The effect.
    pub effect: Effect,
    /// The determining rules; none for a denial by default.
    pub rules: Vec<String>,
}

/// A change of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
#[non_exhaustive]
pub enum RuleChange {
    /// Only the new policy has it.
    Added {
        /// The name.
        rule: String,
        /// `allow` or `deny`.
        effect: &'static str,
    },
    /// Only the old policy has it.
    Removed {
        /// The name.
        rule: String,
        /// `allow` or `deny`.
        effect: &'static str,
    },
    /// Both policies have it.
    Changed {
        /// The name in the new policy.
        rule: String,
        /// The parts that change.
        parts: Vec<RulePart>,
        /// True if it fires for other requests, incomplete ones included. In policies too large to compare effects, true
        /// if the text of its condition changes.
        fires_elsewhere: bool,
        /// True if an obligation with the same text is due for other requests.
        obliges_elsewhere: bool,
    },
}

/// A changed part of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RulePart {
    /// `name`, `effect`, `cites`, `basis`, `because` or `obligations`.
    pub what: &'static str,
    /// The values that only the old rule has.
    pub old: Vec<String>,
    /// The values that only the new rule has.
    pub new: Vec<String>,
}

/// The extent of a comparison. A class is a combination of values that neither policy tells apart. If conditions relate
/// attributes, some classes have no request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Totals {
    /// The compared classes of requests.
    pub compared: u128,
    /// The classes whose effect changes.
    pub changed: u128,
    /// The number of regions that are not listed.
    pub not_listed: usize,
}

/// Compares two policies over complete requests in the domains of both.
///
/// Cost: building one diagram of both policies, within the limits of the new one; a pass over it for each changed rule;
/// a limited search for each region whose conditions relate attributes. Beyond the limits, only the rules are compared.
pub fn difference(old: &Model, new: &Model) -> Difference {
    let mut merged = Merged::new(old, new);
    let space = Encoding::new(&merged.model, merged.roots());
    let attributes = std::mem::take(&mut merged.changes);
    let compared =
        Graph::new(&space, &merged, old, new).and_then(|graph| effects(graph, &space, &mut merged, old, new));
    let (effects, rules, totals, too_large) = match compared {
        Ok(Compared { effects, rules, totals }) => (effects, rules, Some(totals), None),
        Err(exhausted) => {
            // Without diagrams, conditions stand in for them: both policies share one arena, so equal conditions have
            // equal ids.
            let [of_old, of_new] = &merged.sides;
            let rules = rule_changes(old, new, [&of_old.rules, &of_new.rules]);
            let reason = format!("the policies are too large to compare their effects: {exhausted}");
            (Vec::new(), rules.1, None, Some(reason))
        }
    };
    let is_same = attributes.is_empty() && effects.is_empty() && rules.is_empty() && too_large.is_none();
    Difference { is_same, attributes, effects, rules, totals, too_large }
}

struct Compared {
    effects: Vec<Region>,
    rules: Vec<RuleChange>,
    totals: Totals,
}

fn effects(
    mut graph: Graph,
    space: &Encoding,
    merged: &mut Merged,
    old: &Model,
    new: &Model,
) -> Result<Compared, Exhausted> {
    let [of_old, of_new] = &graph.rules;
    let (pairs, rules) = rule_changes(old, new, [of_old, of_new]);
    let mut parts = causes::parts(&mut graph, merged, &pairs, old, new)?;
    let support: BTreeSet<u32> =
        graph.allowed.iter().flat_map(|allowed| graph.diagrams.support(*allowed)).collect();
    // A level on which no effect depends counts as one class: totals count only what changes effects.
    let weight = |level: u32, class: u32| u64::from(class == 0 || support.contains(&level));
    let variable = |level: u32| graph.order.get(level as usize).copied().unwrap_or_default();
    // Diagrams of effects have no levels of `is missing`, but a sample that leaves such an attribute out may be
    // decided differently. One without a `required` attribute is an error.
    let own = space.variables.iter().filter(|variable| matches!(variable.source, VariableKind::Missing(_)));
    let matter: BTreeSet<_> = support
        .iter()
        .filter_map(|level| space.variables.get(variable(*level) as usize))
        .chain(own)
        .flat_map(|variable| variable.source.attributes())
        .map(|id| merged.model.declared_id(id))
        .chain(merged.model.declared().filter_map(|(id, attribute)| {
            let is_required = |model: &Model| {
                let own = model.find(&attribute.name).and_then(|id| model.attribute(id));
                own.is_some_and(|own| own.presence == Presence::Required)
            };
            (is_required(old) || is_required(new)).then_some(id)
        }))
        .collect();
    let totals_of = |node: NodeId| graph.diagrams.count(node, weight, |value| value != 0);
    let mut totals =
        Totals { compared: totals_of(graph.comparable), changed: totals_of(graph.changed), not_listed: 0 };
    // The largest regions first: those beyond the limit are only counted.
    parts.sort_by_cached_key(|part| std::cmp::Reverse(totals_of(part.node)));
    let mut sampler = Sampler { space, merged, models: [old, new], matter };
    let mut effects = Vec::new();
    for part in parts {
        let classes = totals_of(part.node);
        if effects.len() >= MAX_REGIONS {
            totals.not_listed += 1;
            continue;
        }
        let to = if part.terminal == OPENED { Effect::Allow } else { Effect::Deny };
        let path = graph.diagrams.witness(part.node, |value| value != 0, |_, _| 0).unwrap_or_default();
        let path: Vec<(u32, u32)> = path.into_iter().map(|(level, class)| (variable(level), class)).collect();
        let sample = match sampler.find(&path, part.holds, to) {
            Found::Sample(sample) => Some(sample),
            Found::Unknown => None,
            Found::Nothing => {
                // The search has proved that no request is in this region.
                totals.changed = totals.changed.saturating_sub(classes);
                continue;
            }
        };
        let hull = Hull::new(&graph.diagrams, part.node);
        let mut when: Vec<(u32, &ClassSet)> =
            hull.classes.iter().map(|(level, classes)| (variable(*level), classes)).collect();
        // In the order of the declarations; that of the levels was chosen for size.
        when.sort_unstable_by_key(|(variable, _)| *variable);
        effects.push(Region {
            from: to.other(),
            to,
            rules: part.rules,
            when: when
                .iter()
                .filter(|one| !shown::is_implied(space, sampler.merged, **one, &when))
                .filter_map(|(variable, classes)| {
                    shown::constraint(space, sampler.merged, *variable, classes)
                })
                .collect(),
            exact: hull.is_exact,
            classes,
            certain: sample.is_some(),
            sample,
        });
    }
    Ok(Compared { effects, rules, totals })
}

/// Returns the changes of paired rules. The given functions are equal if rules fire, and obligations are due, for the
/// same requests.
fn rule_changes<F: Copy + Eq + std::hash::Hash>(
    old: &Model,
    new: &Model,
    [of_old, of_new]: [&[(F, Vec<F>)]; 2],
) -> (Pairs, Vec<RuleChange>) {
    let fires = |rules: &[(F, Vec<F>)]| rules.iter().map(|(fires, _)| *fires).collect::<Vec<F>>();
    let pairs = Pairs::new(old, new, [&fires(of_old), &fires(of_new)]);
    let mut out = Vec::new();
    for rule in pairs.added.iter().filter_map(|at| new.rules.get(*at)) {
        out.push(RuleChange::Added { rule: rule.name.to_string(), effect: verb(rule.effect) });
    }
    for (a, b) in &pairs.both {
        let both = old.rules.get(*a).zip(new.rules.get(*b));
        let facts = of_old.get(*a).zip(of_new.get(*b));
        if let (Some((was, is)), Some((one, other))) = (both, facts) {
            // Where the rule itself fires elsewhere, so do its obligations: that is reported once.
            let due = |a: usize, b: usize| one.1.get(a) == other.1.get(b) || one.0 != other.0;
            out.extend(rules::compare(was, is, one.0 != other.0, due));
        }
    }
    for rule in pairs.removed.iter().filter_map(|at| old.rules.get(*at)) {
        out.push(RuleChange::Removed { rule: rule.name.to_string(), effect: verb(rule.effect) });
    }
    (pairs, out)
}

fn verb(effect: RuleEffect) -> &'static str {
    match effect {
        RuleEffect::Allow => "allow",
        RuleEffect::Deny => "deny",
    }
}
