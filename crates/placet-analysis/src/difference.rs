//! What changes between two policies: attributes, effects of requests, and what rules say.
//!
//! Both policies are merged over one vocabulary and made into decision diagrams in one order of variables, so that the
//! requests whose effect changes are a diagram too. They are told apart by the rules that cause the change, each part with
//! the smallest box around it and a request in it on which both policies have been run.

mod causes;
mod graph;
mod hull;
mod merge;
mod rules;
mod sample;
mod shown;
pub(crate) mod translate;

use graph::{Graph, OPENED};
use hull::Hull;
use merge::Merged;
use placet_compile::Encoding;
use placet_graph::{Exhausted, NodeId};
use placet_model::Model;
use placet_model::policy::RuleEffect;
use placet_model::types::Presence;
use placet_program::{ClassSet, VariableKind};
use rules::Pairs;
use sample::{Found, Sampler};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Regions that are listed; the others are counted.
pub const MAX_REGIONS: usize = 50;

/// What changes from one policy to another.
#[derive(Debug, Clone, Serialize)]
pub struct Difference {
    /// Whether nothing changes.
    pub is_same: bool,
    /// What changes of the attributes, in the order of the new policy.
    pub attributes: Vec<AttributeChange>,
    /// The requests whose effect changes, at most [`MAX_REGIONS`].
    pub effects: Vec<Region>,
    /// What changes of the rules: added ones, those of both, removed ones.
    pub rules: Vec<RuleChange>,
    /// How much was compared; `None` where the policies are too large for it.
    pub totals: Option<Totals>,
    /// Why effects could not be compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub too_large: Option<String>,
}

/// What changes of an attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum AttributeChange {
    /// Only the new policy has it.
    Added {
        /// Its name.
        attribute: String,
        /// Its type.
        kind: String,
    },
    /// Only the old policy has it.
    Removed {
        /// Its name.
        attribute: String,
        /// Its type.
        kind: String,
    },
    /// Its type or its range. Types that have no values in common are compared as two attributes.
    Type {
        /// Its name.
        attribute: String,
        /// Its type in the old policy.
        old: String,
        /// Its type in the new policy.
        new: String,
    },
    /// The names that its values are made of.
    Values {
        /// Its name.
        attribute: String,
        /// Those that only the new policy has.
        added: Vec<String>,
        /// Those that only the old policy has.
        removed: Vec<String>,
    },
    /// What happens when a request leaves it out: `missing`, `required`, or `default …`.
    Presence {
        /// Its name.
        attribute: String,
        /// In the old policy.
        old: String,
        /// In the new policy.
        new: String,
    },
}

/// An effect of a complete request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// It may go through.
    Allow,
    /// It may not.
    Deny,
}

impl Effect {
    fn other(self) -> Self {
        match self {
            Effect::Allow => Effect::Deny,
            Effect::Deny => Effect::Allow,
        }
    }

    /// The word of the language.
    pub fn as_str(self) -> &'static str {
        match self {
            Effect::Allow => "allow",
            Effect::Deny => "deny",
        }
    }
}

/// Requests whose effect changes.
#[derive(Debug, Clone, Serialize)]
pub struct Region {
    /// The effect in the old policy.
    pub from: Effect,
    /// The effect in the new policy.
    pub to: Effect,
    /// The cause: a smallest set of rules that gives the new effect when these rules alone are exchanged in the old
    /// policy, as the new policy names them, or the old one if only that has them. A rule whose exchange doesn't matter
    /// to the region is not among them. Empty where the cause was not found within the limits.
    pub rules: Vec<String>,
    /// What holds of all requests of the region.
    pub when: Vec<Constraint>,
    /// Whether all requests of which this holds belong to the region; otherwise some do.
    pub exact: bool,
    /// How many classes of requests it has.
    pub classes: u128,
    /// Whether a request of it was found on which both policies were run; where conditions relate attributes, classes
    /// may have no request.
    pub certain: bool,
    /// That request.
    pub sample: Option<Sample>,
}

/// What holds of requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Constraint {
    /// An attribute, or a relation of several.
    pub of: String,
    /// Its values: a list of values, of ranges or of names; `yes` and `no` for a relation.
    pub is: String,
}

/// A request, complete but for attributes that do not matter to its effect.
#[derive(Debug, Clone, Serialize)]
pub struct Sample {
    /// The attributes with their values, as in the JSON of a request.
    pub request: BTreeMap<String, Plain>,
    /// What the old policy says.
    pub before: Ruling,
    /// What the new policy says.
    pub after: Ruling,
}

/// A value as in the JSON of a request; a duration is a number of seconds, or ISO 8601 where it is finer.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Plain {
    /// Of a `bool`.
    Bool(bool),
    /// Of an `int` or a duration.
    Int(i64),
    /// Of a `number`.
    Number(f64),
    /// Of all other single values.
    Text(String),
    /// Of a set.
    List(Vec<String>),
}

/// What a policy says of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ruling {
    /// The effect.
    pub effect: Effect,
    /// The rules that decide; none where it is denied by default.
    pub rules: Vec<String>,
}

/// What changes of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum RuleChange {
    /// Only the new policy has it.
    Added {
        /// Its name.
        rule: String,
        /// `allow` or `deny`.
        effect: &'static str,
    },
    /// Only the old policy has it.
    Removed {
        /// Its name.
        rule: String,
        /// `allow` or `deny`.
        effect: &'static str,
    },
    /// Both have it.
    Changed {
        /// Its name in the new policy.
        rule: String,
        /// What it says that changes.
        parts: Vec<RulePart>,
        /// Whether it fires for other requests, incomplete ones included; in policies that are too large to compare
        /// their effects, whether its condition reads differently.
        fires_elsewhere: bool,
        /// Whether an obligation that reads the same is due in other requests.
        obliges_elsewhere: bool,
    },
}

/// A part of a rule that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RulePart {
    /// `name`, `effect`, `cites`, `basis`, `because` or `obligations`.
    pub what: &'static str,
    /// What only the old rule says.
    pub old: Vec<String>,
    /// What only the new rule says.
    pub new: Vec<String>,
}

/// How much was compared. A class is a combination of values that neither policy tells apart; where conditions relate
/// attributes, some have no request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Classes of requests that were compared.
    pub compared: u128,
    /// Those whose effect changes.
    pub changed: u128,
    /// Regions that are not listed.
    pub not_listed: usize,
}

/// Compares two policies, over complete requests that both know: in both policies' domains, nothing missing.
///
/// Cost: that of making both into one diagram, at most some steps and nodes, by the limits of the new policy; a pass
/// over it for each rule that changes, and a search, itself limited, for each region whose conditions relate
/// attributes. Beyond the limits rules alone are compared.
pub fn difference(old: &Model, new: &Model) -> Difference {
    let mut merged = Merged::new(old, new);
    let space = Encoding::new(&merged.model, merged.roots());
    let attributes = std::mem::take(&mut merged.changes);
    let compared =
        Graph::new(&space, &merged, old, new).and_then(|graph| effects(graph, &space, &mut merged, old, new));
    let (effects, rules, totals, too_large) = match compared {
        Ok(Compared { effects, rules, totals }) => (effects, rules, Some(totals), None),
        Err(exhausted) => {
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
    let weight = |level: u32, class: u32| u64::from(class == 0 || support.contains(&level));
    let variable = |level: u32| graph.order.get(level as usize).copied().unwrap_or_default();
    let own = space.variables.iter().filter(|variable| matches!(variable.source, VariableKind::Missing(_)));
    let matter: BTreeSet<_> = support
        .iter()
        .filter_map(|level| space.variables.get(variable(*level) as usize))
        .chain(own)
        .flat_map(|variable| variable.source.attributes())
        .chain(merged.model.attribute_ids().filter_map(|(id, attribute)| {
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
                totals.changed = totals.changed.saturating_sub(classes);
                continue;
            }
        };
        let hull = Hull::new(&graph.diagrams, part.node);
        let mut when: Vec<(u32, &ClassSet)> =
            hull.classes.iter().map(|(level, classes)| (variable(*level), classes)).collect();
        when.sort_unstable_by_key(|(variable, _)| *variable);
        effects.push(Region {
            from: to.other(),
            to,
            rules: part.rules,
            when: when
                .into_iter()
                .filter_map(|(variable, classes)| shown::constraint(space, sampler.merged, variable, classes))
                .collect(),
            exact: hull.is_exact,
            classes,
            certain: sample.is_some(),
            sample,
        });
    }
    Ok(Compared { effects, rules, totals })
}

/// The pairs of rules, and what changes of them. What is given of a rule is equal where rules fire, and oblige, for the
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
