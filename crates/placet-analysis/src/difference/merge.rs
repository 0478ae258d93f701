//! Merges two policies over one vocabulary: attributes with one name and type become one, and one arena holds all
//! conditions.

use super::AttributeChange;
use super::translate::{Translation, conditions};
use placet_core::Limits;
use placet_model::condition::{Atom, Collection, ConditionId, Conditions};
use placet_model::linear::{Linear, Term};
use placet_model::policy::RuleEffect;
use placet_model::types::{
    Attribute, AttributeId, Members, Node, Presence, Taxonomy, Type, Universe, add_companions, names,
};
use placet_model::{BitSet, Model, Ranges};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Two merged policies.
pub(super) struct Merged {
    /// The attributes and conditions of both; no rules.
    pub(super) model: Model,
    /// For each attribute, the values that both policies know.
    pub(super) known: Vec<CommonValues>,
    /// The old and the new policy over the merged attributes.
    pub(super) sides: [Side; 2],
    /// The condition that each policy knows every value of its attributes.
    pub(super) comparable: ConditionId,
    /// The changes of attributes.
    pub(super) changes: Vec<AttributeChange>,
}

/// A policy over the merged attributes.
pub(super) struct Side {
    pub(super) translation: Translation,
    /// For each rule, the conditions under which it fires and its obligations are due.
    pub(super) rules: Vec<(ConditionId, Vec<ConditionId>)>,
    /// The condition under which it allows.
    pub(super) allowed: ConditionId,
    /// The comparisons in its conditions.
    atoms: Vec<ConditionId>,
}

/// The values of an attribute that both policies know.
#[derive(Default)]
pub(super) struct CommonValues {
    /// The common symbols, for an attribute of symbols or sets of them.
    pub(super) symbols: Option<BitSet>,
    /// The categories by the symbols below them, the larger first.
    pub(super) categories: Vec<(Arc<str>, BitSet)>,
    /// The common ordinals.
    pub(super) ordinals: Option<(i64, i64)>,
    /// True if both take the empty set.
    pub(super) may_be_empty: bool,
}

/// A builder of merged attributes.
struct Vocabulary {
    attributes: Vec<Attribute>,
    known: Vec<CommonValues>,
    translations: [Translation; 2],
    changes: Vec<AttributeChange>,
}

/// The index of the old policy.
pub(super) const OLD: usize = 0;
/// The index of the new policy.
pub(super) const NEW: usize = 1;

impl Merged {
    /// Merges two policies. Cost: about linear in both.
    pub(super) fn new(old: &Model, new: &Model) -> Self {
        let Vocabulary { attributes, known, translations, changes } = vocabulary(old, new);
        let mut arena = Conditions::default();
        let comparable = comparable(&mut arena, &attributes, &known);
        let [of_old, of_new] = translations;
        let sides = [side(&mut arena, old, of_old), side(&mut arena, new, of_new)];
        let by_name = names(&attributes);
        let model = Model {
            name: new.name.clone(),
            version: None,
            source: None,
            attributes,
            rules: Vec::new(),
            proofs: Vec::new(),
            tests: Vec::new(),
            examples: Vec::new(),
            conditions: arena,
            written: BTreeMap::new(),
            limits: Limits::default(),
            by_name,
        };
        Self { model, known, sides, comparable, changes }
    }

    /// Returns the values of an attribute that both policies know.
    pub(super) fn known(&self, id: AttributeId) -> Option<&CommonValues> {
        self.known.get(id.index())
    }

    /// Returns the comparisons in conditions.
    pub(super) fn atoms(&self) -> impl Iterator<Item = (&Atom, ConditionId)> {
        let all: BTreeSet<ConditionId> =
            self.sides.iter().flat_map(|side| side.atoms.iter().copied()).collect();
        all.into_iter().filter_map(|id| Some((self.model.conditions.get(id).as_leaf()?, id)))
    }

    /// Returns true if each condition that relates attributes of symbols relates attributes with the same numbering. Names
    /// that only one policy knows can number symbols differently in attributes that the other one relates.
    pub(super) fn relates_like_symbols(&self) -> bool {
        let names = |id: &AttributeId| {
            let own = self.model.attribute(*id).and_then(|attribute| universe(&attribute.kind));
            own.map(|own| (0..own.len()).map(|symbol| own.name(symbol)).collect::<Vec<&str>>())
        };
        self.atoms().all(|(atom, _)| match atom {
            Atom::Same(a, b)
            | Atom::MemberOf(a, b)
            | Atom::Meet(a, b)
            | Atom::Subset(a, b)
            | Atom::SameSet(a, b) => names(a) == names(b),
            _ => true,
        })
    }

    /// Returns all conditions in rules.
    pub(super) fn roots(&self) -> Vec<ConditionId> {
        let rules = self.sides.iter().flat_map(|side| &side.rules);
        let all = rules.flat_map(|(fires, due)| [*fires].into_iter().chain(due.iter().copied()));
        all.chain([self.comparable]).collect()
    }
}

fn side(arena: &mut Conditions, model: &Model, translation: Translation) -> Side {
    let of = conditions(arena, model, &translation);
    let mut atoms: Vec<ConditionId> = of.clone();
    atoms.retain(|id| arena.get(*id).as_leaf().is_some());
    let id = |own: ConditionId| of.get(own.index()).copied();
    let never = arena.constant(false);
    let rules: Vec<(ConditionId, Vec<ConditionId>)> = model
        .rules
        .iter()
        .map(|rule| {
            let due = rule.obligations.iter().map(|obligation| id(obligation.when).unwrap_or(never));
            (id(rule.fires).unwrap_or(never), due.collect())
        })
        .collect();
    let of_effect = |effect: RuleEffect| {
        let both = model.rules.iter().zip(&rules).filter(move |(rule, _)| rule.effect == effect);
        both.map(|(_, (fires, _))| *fires).collect::<Vec<_>>()
    };
    let denied = arena.any(of_effect(RuleEffect::Deny));
    let not_denied = arena.not(denied);
    let granted = arena.any(of_effect(RuleEffect::Allow));
    let allowed = arena.all([granted, not_denied]);
    Side { translation, rules, allowed, atoms }
}

/// Returns the attributes of the new policy, then those that only the old one has.
fn vocabulary(old: &Model, new: &Model) -> Vocabulary {
    let mut out = Vocabulary {
        attributes: Vec::new(),
        known: Vec::new(),
        translations: [Translation::new(old.attributes.len()), Translation::new(new.attributes.len())],
        changes: Vec::new(),
    };
    for (id, attribute) in new.declared() {
        let name = attribute.name.to_string();
        let before = old.find(&attribute.name).and_then(|id| Some((id, old.attribute(id)?)));
        let Some((old_id, before)) = before else {
            let kind = attribute.declared_type().to_string();
            out.changes.push(AttributeChange::Added { attribute: name, kind });
            out.alone(NEW, id, attribute, None);
            continue;
        };
        if out.both(old_id, before, id, attribute) {
            out.note_changes(before, attribute);
        } else {
            let (was, is) = (before.declared_type().to_string(), attribute.declared_type().to_string());
            out.changes.push(AttributeChange::Type { attribute: name, old: was, new: is });
            // Two attributes of one name: a suffix that no name can have tells them apart.
            out.alone(NEW, id, attribute, Some("new"));
            out.alone(OLD, old_id, before, Some("old"));
        }
    }
    for (id, attribute) in old.declared() {
        if new.find(&attribute.name).is_none() {
            let change = AttributeChange::Removed {
                attribute: attribute.name.to_string(),
                kind: attribute.declared_type().to_string(),
            };
            out.changes.push(change);
            out.alone(OLD, id, attribute, None);
        }
    }
    out
}

impl Vocabulary {
    /// Adds an attribute of one policy alone.
    fn alone(&mut self, side: usize, id: AttributeId, attribute: &Attribute, of: Option<&str>) {
        let name =
            of.map_or_else(|| attribute.name.clone(), |of| format!("{} ({of})", attribute.name).into());
        let names = universe(&attribute.kind).map(Names::new);
        let known = CommonValues {
            symbols: names.as_ref().map(|names| BitSet::full(names.len())),
            categories: universe(&attribute.kind).map_or_else(Vec::new, |own| {
                let identity: Vec<u32> = (0..own.len()).collect();
                categories(own, &identity, own.len())
            }),
            ordinals: attribute.kind.ordinals(),
            may_be_empty: matches!(attribute.kind, Type::Set { may_be_empty: true, .. }),
        };
        let symbols = names.map(|names| (0..names.len()).collect());
        self.add(&[(side, id, attribute, symbols)], Attribute { name, ..attribute.clone() }, known);
    }

    /// Adds an attribute of both policies, if their types can be one.
    fn both(&mut self, old_id: AttributeId, old: &Attribute, new_id: AttributeId, new: &Attribute) -> bool {
        let mut known = CommonValues::default();
        let mut symbols = [None, None];
        let mut join = |one: &Universe, other: &Universe| {
            // The new policy's names keep their numbers, and names that only the old one has come after them. So the
            // symbols below `other.len()` are those that the new policy knows.
            let mut names = Names::new(other);
            let of_new: Vec<u32> = (0..other.len()).collect();
            let of_old: Vec<u32> = (0..one.len()).map(|symbol| names.number(one.name(symbol))).collect();
            let count = names.len();
            let common =
                BitSet::from_iter(count, of_old.iter().copied().filter(|symbol| *symbol < other.len()));
            known.categories = categories(other, &of_new, count);
            known.symbols = Some(common);
            symbols = [Some(of_old), Some(of_new)];
            names.universe()
        };
        let kind = match (&old.kind, &new.kind) {
            (Type::Symbol(one), Type::Symbol(other)) => Type::Symbol(join(one, other)),
            (Type::Set { of: one, may_be_empty: first }, Type::Set { of: other, may_be_empty: second }) => {
                let of = match (one, other) {
                    (Members::Symbols(one), Members::Symbols(other)) => Members::Symbols(join(one, other)),
                    (Members::Texts, Members::Texts) => Members::Texts,
                    _ => return false,
                };
                known.may_be_empty = *first && *second;
                Type::Set { of, may_be_empty: *first || *second }
            }
            // The hull of both ranges keeps the meaning of all conditions. `comparable` excludes the values of one
            // policy alone.
            (Type::Int(a, b), Type::Int(c, d)) => Type::Int(*a.min(c), *b.max(d)),
            (Type::Number(a, b), Type::Number(c, d)) => Type::Number(a.min(*c), b.max(*d)),
            (one, other) if one == other => other.clone(),
            _ => return false,
        };
        known.ordinals =
            old.kind.ordinals().zip(new.kind.ordinals()).map(|(a, b)| (a.0.max(b.0), a.1.min(b.1)));
        let [of_old, of_new] = symbols;
        let owners = [(OLD, old_id, old, of_old), (NEW, new_id, new, of_new)];
        self.add(&owners, Attribute { kind, ..new.clone() }, known);
        true
    }

    /// Adds a merged attribute of its owners: sides with their own attributes and symbols. It is optional if one of them
    /// is; only if all are, `none` is a value that both policies know.
    fn add(
        &mut self,
        owners: &[(usize, AttributeId, &Attribute, Option<Vec<u32>>)],
        attribute: Attribute,
        known: CommonValues,
    ) {
        let id = AttributeId::new(self.attributes.len());
        let bound = universe(&attribute.kind).map_or(0, Universe::len);
        // Effects are compared for complete requests, so presence doesn't matter; `note_changes` reports it.
        self.attributes.push(Attribute { presence: Presence::Optional, none: None, ..attribute });
        self.known.push(known);
        let are_optional = owners.iter().map(|(_, _, own, _)| own.is_optional());
        if are_optional.clone().any(|is_optional| is_optional) {
            let both_know_none = are_optional.clone().all(|is_optional| is_optional);
            let symbols = BitSet::from_iter(2, (0..2).take(if both_know_none { 2 } else { 1 }));
            add_companions(&mut self.attributes, [id]);
            self.known.push(CommonValues { symbols: Some(symbols), ..CommonValues::default() });
        }
        let companion = self.attributes.get(id.index()).and_then(|attribute| attribute.none);
        for (side, own_id, own, symbols) in owners {
            if let Some(translation) = self.translations.get_mut(*side) {
                translation.set(*own_id, id, symbols.clone(), bound);
                if let Some((own, companion)) = own.none.zip(companion) {
                    translation.set(own, companion, None, 0);
                }
            }
        }
    }

    /// Adds the changes of an attribute of both policies.
    fn note_changes(&mut self, old: &Attribute, new: &Attribute) {
        let attribute = || new.name.to_string();
        if let Some((one, other)) = universe(&old.kind).zip(universe(&new.kind)) {
            let names = |universe: &Universe| -> BTreeSet<String> {
                (0..universe.len()).map(|symbol| universe.name(symbol).to_owned()).collect()
            };
            let (one, other) = (names(one), names(other));
            if one != other {
                self.changes.push(AttributeChange::Values {
                    attribute: attribute(),
                    added: other.difference(&one).cloned().collect(),
                    removed: one.difference(&other).cloned().collect(),
                });
            }
        } else if old.declared_type() != new.declared_type() {
            let (old, new) = (old.declared_type().to_string(), new.declared_type().to_string());
            self.changes.push(AttributeChange::Type { attribute: attribute(), old, new });
        }
        let has_mark = |attribute: &Attribute| {
            attribute.is_optional() || matches!(attribute.kind, Type::Set { may_be_empty: true, .. })
        };
        if universe(&old.kind).is_some() && has_mark(old) != has_mark(new) {
            let (old, new) = (old.declared_type().to_string(), new.declared_type().to_string());
            self.changes.push(AttributeChange::Type { attribute: attribute(), old, new });
        }
        let (was, is) = (presence(old), presence(new));
        if was != is {
            self.changes.push(AttributeChange::Presence { attribute: attribute(), old: was, new: is });
        }
    }
}

/// Formats the handling of requests that leave an attribute out.
fn presence(attribute: &Attribute) -> String {
    match &attribute.presence {
        Presence::Optional => "missing".to_owned(),
        Presence::Required => "required".to_owned(),
        Presence::Default(value) => format!("default {}", value.display(&attribute.kind)),
    }
}

/// Returns the names of an attribute's values.
pub(super) fn universe(kind: &Type) -> Option<&Universe> {
    match kind {
        Type::Symbol(universe) | Type::Set { of: Members::Symbols(universe), .. } => Some(universe),
        _ => None,
    }
}

/// Returns the inner nodes of a taxonomy in merged numbers, the larger first.
fn categories(own: &Universe, to: &[u32], count: u32) -> Vec<(Arc<str>, BitSet)> {
    let Universe::Taxonomy(taxonomy) = own else { return Vec::new() };
    let mut out: Vec<(Arc<str>, BitSet)> = taxonomy
        .nodes
        .iter()
        .filter(|(_, node)| !node.is_leaf)
        .map(|(name, node)| {
            let below = (node.first..node.end).filter_map(|leaf| to.get(leaf as usize).copied());
            (name.clone(), BitSet::from_iter(count, below))
        })
        .collect();
    out.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then_with(|| a.0.cmp(&b.0)));
    out
}

/// The union of two universes by name.
struct Names {
    all: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u32>,
}

impl Names {
    fn new(universe: &Universe) -> Self {
        let mut out = Self { all: Vec::new(), numbers: HashMap::new() };
        for symbol in 0..universe.len() {
            out.number(universe.name(symbol));
        }
        out
    }

    fn len(&self) -> u32 {
        // INVARIANT: the size limit of files keeps the number of names far below `u32::MAX`.
        u32::try_from(self.all.len()).unwrap_or(u32::MAX)
    }

    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let (number, name): (u32, Arc<str>) = (self.len(), name.into());
        self.all.push(name.clone());
        self.numbers.insert(name, number);
        number
    }

    /// Builds a taxonomy, since an enum would sort its names and change the numbers.
    fn universe(self) -> Universe {
        let span = placet_core::Span::default();
        let leaf = |first: u32| Node { first, end: first + 1, is_leaf: true, span };
        let nodes = (0..).zip(&self.all).map(|(number, name)| (name.clone(), leaf(number))).collect();
        Universe::Taxonomy(Arc::new(Taxonomy { name: "both".into(), leaves: self.all, nodes }))
    }
}

/// Adds the condition that an attribute satisfies a comparison if it isn't `none`.
fn given(arena: &mut Conditions, attribute: &Attribute, atom: Atom) -> ConditionId {
    let is_none = attribute.none.map(|none| arena.leaf(Atom::OneOf(none, BitSet::from_iter(2, [1]))));
    let holds = arena.leaf(atom);
    arena.any([holds].into_iter().chain(is_none))
}

/// Adds the condition that every value lies in the domains of both policies.
fn comparable(arena: &mut Conditions, attributes: &[Attribute], known: &[CommonValues]) -> ConditionId {
    let mut parts = Vec::new();
    for ((id, attribute), known) in (0..).map(AttributeId::new).zip(attributes).zip(known) {
        match (&attribute.kind, &known.symbols) {
            (Type::Bool | Type::Symbol(_), Some(common)) if !common.is_full() => {
                parts.push(given(arena, attribute, Atom::OneOf(id, common.clone())));
            }
            (Type::Set { .. }, Some(common)) if !common.is_full() => {
                parts.push(arena.leaf(Atom::AllIn(id, Collection::Symbols(common.clone()))));
            }
            _ => {}
        }
        if let Type::Set { of, may_be_empty: true } = &attribute.kind
            && !known.may_be_empty
        {
            let none = match of {
                Members::Symbols(universe) => Collection::Symbols(BitSet::empty(universe.len())),
                Members::Texts => Collection::Texts(BTreeSet::new()),
            };
            let is_empty = arena.leaf(Atom::Exactly(id, none));
            parts.push(arena.not(is_empty));
        }
        if let (Some(hull), Some((low, high))) = (attribute.kind.ordinals(), known.ordinals)
            && hull != (low, high)
        {
            let value = Linear::term(Term::Attribute(id), 1);
            parts.push(given(arena, attribute, Atom::Within(value, Ranges::new(low.into(), high.into()))));
        }
    }
    arena.all(parts)
}
