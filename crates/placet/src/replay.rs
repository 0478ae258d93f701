//! Decides the requests of a decision log anew, by a changed policy, from the classes that the log recorded.
//!
//! A class of the old policy stands for all of its values. The values of both policies are listed jointly
//! ([`placet_analysis::difference::joint`]), classified by the old policy, and so each recorded class leads to one value
//! for each class of the new policy that it contains. One value is decided; of several, each combination. Where a recorded
//! class doesn't tell enough, the attribute is pending: an effect reached then holds whatever its value was.
//!
//! So an effect is reported as certain only if every request with the recorded classes has it. Attributes that only the new
//! policy has are taken as not given, because the record can't tell them.

use crate::classes::{NONE, PENDING, RelationNames, UNAVAILABLE, class};
use crate::policy::Policy;
use crate::request::Request;
use placet_analysis::difference::{JointGroup, joint};
use placet_model::BitSet;
use placet_model::decision::{Decision, Effect};
use placet_model::request::{AttributeInput, RequestError};
use placet_model::types::{AttributeId, Members, Node, Presence, Type, Universe};
use placet_model::value::Value;
use placet_program::{Frame, State, UNKNOWN};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// Decides recorded requests of an old policy by a new one.
///
/// ```
/// use placet::Policy;
/// use placet::replay::Replay;
///
/// let text = "policy shop  request { age: int 0..150 }  rule adults { allow when age >= 18 }";
/// let (old, new) = (Policy::from_text(text)?, Policy::from_text(&text.replace("18", "21"))?);
/// let mut replay = Replay::new(&old, &new);
///
/// // A child was denied, and still is.
/// let child = replay.record(&old.request_from_json(r#"{"age": 8}"#)?)?;
/// assert_eq!(child, r#"{"age":0}"#);
/// assert_eq!(replay.answers(&child)?.effect(), Some(placet::Effect::Deny));
///
/// // An adult was allowed: at 18, who is denied now, or at 40.
/// let adult = replay.record(&old.request_from_json(r#"{"age": 40}"#)?)?;
/// assert_eq!(replay.answers(&adult)?.effect(), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Replay {
    old: Policy,
    new: Policy,
    relations: RelationNames,
    groups: Vec<Group>,
    /// The names that a record may have.
    names: HashSet<Arc<str>>,
}

/// The answers of the new policy to the requests with some recorded classes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReplayAnswers {
    /// The different answers, at least one.
    pub answers: Vec<ReplayAnswer>,
    /// True if no request with these classes has another effect, as long as it leaves out the attributes that only the new
    /// policy has.
    pub is_certain: bool,
    /// True if every request with these classes has one of the answers with all its reasons. Otherwise the rules and
    /// obligations are those that may apply.
    pub has_exact_reasons: bool,
}

/// An answer of the new policy.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReplayAnswer {
    /// The effect; `None` if the policy refuses the request as erroneous.
    pub effect: Option<Effect>,
    /// The determining rules.
    pub rules: Vec<Arc<str>>,
    /// The names of the obligations, with their deadlines in seconds.
    pub obligations: Vec<(Arc<str>, Option<i64>)>,
    /// For indeterminate, the missing attributes.
    pub missing: Vec<Arc<str>>,
}

impl ReplayAnswers {
    /// Returns the effect, if every request with the classes has it.
    pub fn effect(&self) -> Option<Effect> {
        self.only().and_then(|answer| answer.effect)
    }

    /// Returns an answer with the effect that every request with the classes has, or the refusal.
    pub fn only(&self) -> Option<&ReplayAnswer> {
        let (first, rest) = self.answers.split_first()?;
        (self.is_certain && rest.iter().all(|other| other.effect == first.effect)).then_some(first)
    }
}

/// The reason why recorded classes can't be decided anew.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// The text isn't a record of classes.
    #[error("the classes are malformed: {0}")]
    Malformed(String),
    /// The record doesn't belong to the old policy.
    #[error("the old policy has no `{0}`")]
    Unknown(String),
    /// The attribute has another type in the new policy, so its values mean nothing there.
    #[error("`{0}` has another type in the new policy")]
    OtherType(Arc<str>),
}

/// The input that a record has for one attribute.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Recorded {
    Class(u32),
    Classes(Vec<u32>),
    OneOf { one_of: Vec<u32> },
    Word(String),
}

/// Attributes that conditions relate, with what their classes mean to the new policy.
#[derive(Debug)]
struct Group {
    joint: JointGroup,
    members: Vec<Member>,
    /// The variables of the old policy that relate the attributes, with their names.
    relations: Vec<(u32, Arc<str>)>,
    /// The values of the new policy for the classes of all attributes together.
    together: Option<Table>,
}

/// An attribute of a group.
#[derive(Debug)]
struct Member {
    name: Arc<str>,
    old: Option<AttributeId>,
    new: Option<AttributeId>,
    /// True if the new policy takes every value and inner node of the attribute that the old one takes.
    takes_all: bool,
    /// For each class of the leaves in the old policy, the same leaves in the new one; `None` if the new policy lacks one
    /// of the names, or tells leaves of the class apart. Empty for an attribute without names.
    leaves: HashMap<u32, Option<Vec<u32>>>,
    /// The values of the new policy for the classes of this attribute alone.
    alone: Option<Table>,
}

/// For the numbers of classes in the old policy, one combination of values for each class in the new policy; `None` if the
/// new policy refuses a value.
type Table = HashMap<Vec<u32>, Vec<Option<Vec<Value>>>>;

/// Combinations of inputs of some attributes, of which the request had one.
struct Choice {
    ids: Vec<Option<AttributeId>>,
    alternatives: Vec<Option<Vec<Value>>>,
}

/// The number that stands for `none` in place of a class.
const NONE_CLASS: u32 = UNKNOWN - 1;

impl Replay {
    /// The maximum number of combinations of values that are decided for one record. Beyond it, the attributes with
    /// several values are pending.
    pub const MAX_COMBINATIONS: usize = 256;

    /// The maximum number of combinations of values of related attributes.
    const MAX_TUPLES: usize = 1 << 12;

    /// Prepares to decide requests of the old policy by the new one.
    ///
    /// Cost: a listing of the classes of all attributes.
    pub fn new(old: &Policy, new: &Policy) -> Self {
        let relations = RelationNames::new(old);
        let name_of = |model: &placet_model::Model, id: AttributeId| -> Option<Arc<str>> {
            model.attribute(id).map(|attribute| attribute.name.clone())
        };
        let groups = joint(old.model(), new.model()).into_iter().map(|joint| {
            let members: Vec<Member> = joint
                .attributes
                .iter()
                .map(|one| {
                    let of_old = one.old.and_then(|id| name_of(old.model(), id));
                    let name = of_old.or_else(|| one.new.and_then(|id| name_of(new.model(), id)));
                    Member::new(name.unwrap_or_default(), (old, one.old), (new, one.new))
                })
                .collect();
            let is_own = |id: &AttributeId| members.iter().any(|member| member.old == Some(*id));
            let own = relations.iter().filter(|relation| relation.attributes.iter().any(is_own));
            let relations = own.map(|relation| (relation.variable, relation.name.clone())).collect();
            Group { joint, members, relations, together: None }
        });
        let groups = groups.collect();
        let attributes = old.model().declared().map(|(_, attribute)| attribute.name.clone());
        let names = attributes.chain(relations.iter().map(|relation| relation.name.clone())).collect();
        Self { old: old.clone(), new: new.clone(), relations, groups, names }
    }

    /// Returns the classes of a request of the old policy, as the decision log records them.
    ///
    /// # Errors
    /// If the request belongs to another policy.
    pub fn record(&self, request: &Request) -> Result<String, RequestError> {
        let classes = self.relations.classes(&self.old, request)?;
        // INVARIANT: an object of texts and numbers always serializes.
        Ok(serde_json::to_string(&classes).unwrap_or_default())
    }

    /// Returns the answers of the new policy to the requests with the classes that a line of the decision log recorded.
    ///
    /// Cost: at most [`Replay::MAX_COMBINATIONS`] decisions. The first record that needs the values of a group of
    /// attributes classifies all of them.
    ///
    /// # Errors
    /// If the record doesn't belong to the old policy, or gives an attribute that has another type in the new one.
    pub fn answers(&mut self, classes: &str) -> Result<ReplayAnswers, ReplayError> {
        let mut record: BTreeMap<Cow<'_, str>, Option<Recorded>> =
            serde_json::from_str(classes).map_err(|error| ReplayError::Malformed(error.to_string()))?;
        if let Some(unknown) = record.keys().find(|name| !self.names.contains(&***name)) {
            return Err(ReplayError::Unknown(unknown.chars().take(80).collect()));
        }
        let mut frame = self.new.program().frame();
        let mut choices: Vec<Choice> = Vec::new();
        let mut uncertainty = Uncertainty::default();
        for group in &mut self.groups {
            // An attribute whose type changed is two: the record speaks of the old one.
            let input = |member: &Member| member.old.and_then(|_| record.remove(&*member.name));
            let inputs: Vec<Option<Option<Recorded>>> = group.members.iter().map(input).collect();
            let related: Vec<u32> = group
                .relations
                .iter()
                .map(|(_, name)| match record.get(&**name) {
                    Some(Some(Recorded::Class(class))) => *class,
                    _ => UNKNOWN,
                })
                .collect();
            let mut writer =
                Writer { old: &self.old, new: &self.new, frame: &mut frame, uncertainty: &mut uncertainty };
            choices.extend(group.write(&mut writer, inputs, &related)?);
        }
        Ok(self.decided(&mut frame, choices, uncertainty))
    }

    /// Decides each combination of the inputs that have several possible values.
    fn decided(
        &self,
        frame: &mut Frame,
        mut choices: Vec<Choice>,
        mut uncertainty: Uncertainty,
    ) -> ReplayAnswers {
        let program = self.new.program();
        let count = |choices: &[Choice]| {
            choices.iter().fold(1_usize, |all, one| all.saturating_mul(one.alternatives.len()))
        };
        if count(&choices) > Self::MAX_COMBINATIONS {
            uncertainty.has_pending = true;
            for choice in choices.drain(..) {
                uncertainty.may_differ |= choice.alternatives.contains(&None);
                choice.ids.into_iter().flatten().for_each(|id| frame.put_pending(program, id));
            }
        }
        let mut answers: Vec<ReplayAnswer> = Vec::new();
        for number in 0..count(&choices) {
            let mut rest = number;
            let mut is_refused = false;
            for choice in &choices {
                let index = rest % choice.alternatives.len();
                rest /= choice.alternatives.len();
                match choice.alternatives.get(index) {
                    Some(Some(values)) => put(&self.new, frame, &choice.ids, values),
                    _ => is_refused = true,
                }
            }
            let answer = if is_refused || self.lacks_required(frame) {
                ReplayAnswer { effect: None, rules: vec![], obligations: vec![], missing: vec![] }
            } else {
                // A pending attribute that is `required` was given: only its value isn't known.
                let (decision, _) = program.decide_partial(frame);
                // Another request with these classes may stay within the limits.
                uncertainty.may_differ |= decision.approximate;
                ReplayAnswer::from(decision)
            };
            if !answers.contains(&answer) {
                answers.push(answer);
            }
        }
        // With pending attributes an effect holds whatever they are. That it depends on them says nothing.
        let holds = |answer: &ReplayAnswer| matches!(answer.effect, Some(Effect::Allow | Effect::Deny));
        let is_certain = !uncertainty.may_differ && (!uncertainty.has_pending || answers.iter().all(holds));
        ReplayAnswers { answers, is_certain, has_exact_reasons: !uncertainty.has_pending }
    }

    /// Returns true if a `required` attribute of the new policy is missing, so that it refuses the request. Readers of
    /// requests refuse null, too, unless it means `none`.
    fn lacks_required(&self, frame: &Frame) -> bool {
        let mut required = self.new.program().required().iter();
        required.any(|id| matches!(frame.state(*id), State::Absent | State::Null | State::Withheld))
    }
}

impl From<Decision> for ReplayAnswer {
    fn from(decision: Decision) -> Self {
        let obligations = decision.obligations.iter().map(|due| (due.name.clone(), due.within_seconds));
        Self {
            effect: Some(decision.effect),
            obligations: obligations.collect(),
            rules: decision.rules,
            missing: decision.missing,
        }
    }
}

/// Puts values into a frame. Null stands for `none` where the new policy doesn't have it.
fn put(policy: &Policy, frame: &mut Frame, ids: &[Option<AttributeId>], values: &[Value]) {
    let (program, model) = (policy.program(), policy.model());
    for (id, value) in ids.iter().zip(values) {
        let Some(id) = id else { continue };
        let is_optional = model.attribute(*id).is_some_and(|attribute| attribute.is_optional());
        match value {
            Value::None if !is_optional => frame.put_null(program, *id),
            // The value fits: `joint` lists only values that do.
            value => drop(frame.put_unchecked(program, *id, &AttributeInput::Value(value.clone()))),
        }
    }
}

/// A request of the new policy under construction.
struct Writer<'w> {
    old: &'w Policy,
    new: &'w Policy,
    frame: &'w mut Frame,
    uncertainty: &'w mut Uncertainty,
}

/// The reasons why an answer may not be that of every request with the recorded classes.
#[derive(Debug, Clone, Copy, Default)]
struct Uncertainty {
    /// True if an attribute is pending because its class doesn't tell enough.
    has_pending: bool,
    /// True if the new policy may refuse the input of such an attribute, or a decision reached a limit: then nothing is
    /// certain.
    may_differ: bool,
}

impl Writer<'_> {
    /// Makes an attribute pending that the request gave.
    fn put_pending(&mut self, member: &Member) {
        if let Some(new) = member.new {
            self.frame.put_pending(self.new.program(), new);
            self.uncertainty.has_pending = true;
            self.uncertainty.may_differ |= !member.takes_all;
        }
    }

    /// Makes an attribute pending that may be missing.
    fn put_perhaps_missing(&mut self, member: &Member) {
        self.put_pending(member);
        let is_required = member.new.is_some_and(|new| self.new.program().required().contains(&new));
        self.uncertainty.may_differ |= is_required;
    }

    /// Writes an input that isn't a value: one of the words, or null.
    fn put_without_value(&mut self, member: &Member, word: Option<&str>) {
        let Some(new) = member.new else { return };
        let program = self.new.program();
        let was_optional = member.old.is_some_and(|old| is_optional(self.old, old));
        match word {
            Some(UNAVAILABLE) => self.frame.put_withheld(program, new),
            None if !is_optional(self.new, new) => self.frame.put_null(program, new),
            None if was_optional => self.frame.put_missing(program, new),
            // To an optional attribute null means `none`, which the old policy didn't know.
            _ => self.put_perhaps_missing(member),
        }
    }

    /// Writes an inner node, given by the classes of its leaves.
    fn put_node(&mut self, member: &Member, classes: &[u32]) {
        let Some(new) = member.new else { return };
        match self.leaves(member, classes) {
            Some(leaves) if self.frame.put_leaves(self.new.program(), new, &leaves).is_ok() => {}
            _ => self.put_pending(member),
        }
    }

    /// Returns the leaves of some classes in the new policy; `None` if the new policy tells leaves of one class apart, so
    /// that it isn't known which of its classes the node has.
    fn leaves(&self, member: &Member, classes: &[u32]) -> Option<BitSet> {
        let Type::Symbol(universe) = self.new.program().kind(member.new?)? else { return None };
        let classes: BTreeSet<u32> = classes.iter().copied().collect();
        let all = classes.iter().map(|class| member.leaves.get(class).and_then(Option::as_ref));
        let leaves: Vec<u32> = all.collect::<Option<Vec<_>>>()?.into_iter().flatten().copied().collect();
        (!leaves.is_empty()).then(|| BitSet::from_iter(universe.len(), leaves))
    }
}

impl Member {
    fn new(
        name: Arc<str>,
        (old_policy, old): (&Policy, Option<AttributeId>),
        (new_policy, new): (&Policy, Option<AttributeId>),
    ) -> Self {
        let kinds = old
            .zip(new)
            .and_then(|(old, new)| Some((old_policy.program().kind(old)?, new_policy.program().kind(new)?)));
        // To an attribute that isn't optional, null isn't `none`.
        let takes_none = |(old, new)| !is_optional(old_policy, old) || is_optional(new_policy, new);
        let takes_all =
            old.zip(new).is_some_and(takes_none) && kinds.is_some_and(|(old, new)| takes_kind(old, new));
        let leaves = old.map(|old| leaves_by_class((old_policy, old), new.map(|new| (new_policy, new))));
        Self { name, old, new, takes_all, leaves: leaves.unwrap_or_default(), alone: None }
    }
}

/// Returns true if the attribute is optional in a policy.
fn is_optional(policy: &Policy, id: AttributeId) -> bool {
    policy.model().attribute(id).is_some_and(|attribute| attribute.is_optional())
}

/// Returns the leaves of an attribute by their classes in the old policy (see [`Member::leaves`]).
fn leaves_by_class(
    (old_policy, old): (&Policy, AttributeId),
    new: Option<(&Policy, AttributeId)>,
) -> HashMap<u32, Option<Vec<u32>>> {
    let mut out: HashMap<u32, Option<Vec<u32>>> = HashMap::new();
    let (Some(Type::Symbol(from)), Some(plan)) =
        (old_policy.program().kind(old), old_policy.program().plan(old))
    else {
        return out;
    };
    // A node whose name is gone is refused, and one with other leaves means others.
    let taken = new.and_then(|(policy, id)| match policy.program().kind(id)? {
        Type::Symbol(to) if takes_names(from, to) => Some((to, policy.program().plan(id)?)),
        _ => None,
    });
    let names: HashMap<&str, u32> = match taken {
        Some((to, _)) => (0..to.len()).map(|leaf| (to.name(leaf), leaf)).collect(),
        None => HashMap::new(),
    };
    let mut images: HashMap<u32, Option<u32>> = HashMap::new();
    for symbol in 0..from.len() {
        let Some(class) = plan.classifier.scalar(symbol.into()) else { continue };
        let leaves = out.entry(class).or_insert_with(|| Some(Vec::new()));
        let found = taken.and_then(|(_, plan)| {
            let leaf = *names.get(from.name(symbol))?;
            let image = plan.classifier.scalar(leaf.into());
            (*images.entry(class).or_insert(image) == image).then_some(leaf)
        });
        match (&mut *leaves, found) {
            (Some(leaves), Some(leaf)) => leaves.push(leaf),
            _ => *leaves = None,
        }
    }
    out
}

/// Returns true if one type has all values and nodes of another.
fn takes_kind(old: &Type, new: &Type) -> bool {
    match (old, new) {
        (Type::Symbol(old), Type::Symbol(new)) => takes_names(old, new),
        (Type::Set { of: old, may_be_empty: was }, Type::Set { of: new, may_be_empty: is }) => {
            let takes_members = match (old, new) {
                (Members::Symbols(old), Members::Symbols(new)) => takes_names(old, new),
                (old, new) => matches!((old, new), (Members::Texts, Members::Texts)),
            };
            (*is || !*was) && takes_members
        }
        (old, new) => match (old.ordinals(), new.ordinals()) {
            (Some((low, high)), Some((first, last))) => {
                std::mem::discriminant(old) == std::mem::discriminant(new) && first <= low && high <= last
            }
            _ => old == new,
        },
    }
}

/// Returns true if one universe has all names of another, and inner nodes with the same leaves.
fn takes_names(old: &Universe, new: &Universe) -> bool {
    let nodes = |universe: &Universe| -> BTreeMap<Arc<str>, BTreeSet<String>> {
        let leaves =
            |node: &Node| (node.first..node.end).map(|leaf| universe.name(leaf).to_owned()).collect();
        match universe {
            Universe::Taxonomy(taxonomy) => {
                taxonomy.nodes.iter().map(|(name, node)| (name.clone(), leaves(node))).collect()
            }
            _ => (0..universe.len())
                .map(|symbol| universe.name(symbol))
                .map(|name| (name.into(), BTreeSet::from([name.to_owned()])))
                .collect(),
        }
    };
    let taken = nodes(new);
    nodes(old).iter().all(|(name, leaves)| taken.get(name) == Some(leaves))
}

impl Group {
    /// Writes the inputs of the group's attributes. Returns a choice if there are several possible values.
    fn write(
        &mut self,
        writer: &mut Writer<'_>,
        inputs: Vec<Option<Option<Recorded>>>,
        related: &[u32],
    ) -> Result<Option<Choice>, ReplayError> {
        // The numbers of the classes of each attribute with a value.
        let mut keys: Vec<Option<Vec<u32>>> = Vec::with_capacity(inputs.len());
        let mut is_partial = false;
        for (member, input) in self.members.iter().zip(&inputs) {
            if input.is_some() && member.new.is_none() && writer.new.model().find(&member.name).is_some() {
                return Err(ReplayError::OtherType(member.name.clone()));
            }
            if let Some(Some(Recorded::OneOf { one_of })) = input
                && one_of.len() > member.leaves.len()
            {
                return Err(ReplayError::Malformed(format!("`{}` has fewer classes", member.name)));
            }
            keys.push(match input {
                Some(Some(Recorded::Class(class))) => Some(vec![*class]),
                Some(Some(Recorded::Classes(classes))) => Some(classes.clone()),
                Some(Some(Recorded::Word(word))) if word == NONE => Some(vec![NONE_CLASS]),
                _ => None,
            });
        }
        let is_alone = self.members.len() == 1;
        for (member, input) in self.members.iter().zip(&inputs) {
            match input {
                None => {
                    // A default is a value, so it takes part in the relations.
                    let default = member.new.and_then(|id| writer.new.model().attribute(id));
                    is_partial |=
                        default.is_some_and(|attribute| matches!(attribute.presence, Presence::Default(_)));
                }
                Some(None) => writer.put_without_value(member, None),
                Some(Some(Recorded::OneOf { one_of })) if is_alone => writer.put_node(member, one_of),
                Some(Some(Recorded::OneOf { .. })) => {
                    writer.put_pending(member);
                    is_partial = true;
                }
                Some(Some(Recorded::Word(word))) if word == PENDING => {
                    writer.put_perhaps_missing(member);
                    is_partial = true;
                }
                Some(Some(Recorded::Word(word))) if word != NONE => {
                    writer.put_without_value(member, Some(word));
                }
                Some(Some(_)) => {}
            }
        }
        let known: Vec<usize> =
            (0..).zip(&keys).filter(|(_, key)| key.is_some()).map(|(index, _)| index).collect();
        let ids: Vec<Option<AttributeId>> = self.members.iter().map(|member| member.new).collect();
        let (ids, found) = match known.as_slice() {
            [] => return Ok(None),
            all if self.joint.is_exact && all.len() == keys.len() => {
                let key: Vec<u32> =
                    keys.into_iter().flatten().flatten().chain(related.iter().copied()).collect();
                (ids, self.together(writer).and_then(|table| table.get(&key)).cloned())
            }
            [only] if self.joint.is_exact && self.joint.is_ordered && !is_partial => {
                let key = keys.get_mut(*only).and_then(Option::take).unwrap_or_default();
                let id = ids.get(*only).copied().flatten();
                (vec![id], self.alone(writer, *only).and_then(|table| table.get(&key)).cloned())
            }
            _ => (Vec::new(), None),
        };
        match found.as_deref() {
            Some([Some(values)]) => put(writer.new, writer.frame, &ids, values),
            Some(alternatives) => return Ok(Some(Choice { ids, alternatives: alternatives.to_vec() })),
            // Classes that no listed value has can't be decided either.
            None => {
                let members = known.iter().filter_map(|index| self.members.get(*index));
                members.for_each(|member| writer.put_pending(member));
            }
        }
        Ok(None)
    }

    /// Returns the table of all attributes together; `None` if they have too many combinations of values.
    fn together(&mut self, writer: &Writer<'_>) -> Option<&Table> {
        if self.together.is_none() {
            let all: Vec<usize> = (0..self.members.len()).collect();
            self.together = Some(self.table(writer, &all)?);
        }
        self.together.as_ref()
    }

    /// Returns the table of one attribute.
    fn alone(&mut self, writer: &Writer<'_>, index: usize) -> Option<&Table> {
        if self.members.get(index)?.alone.is_none() {
            let table = self.table(writer, &[index])?;
            self.members.get_mut(index)?.alone = Some(table);
        }
        self.members.get(index)?.alone.as_ref()
    }

    /// Classifies each combination of the values of some attributes in both policies.
    fn table(&self, writer: &Writer<'_>, of: &[usize]) -> Option<Table> {
        let parts: Vec<_> =
            of.iter().map(|index| self.joint.attributes.get(*index)).collect::<Option<Vec<_>>>()?;
        let count = parts.iter().try_fold(1_usize, |all, one| all.checked_mul(one.values.len()))?;
        if count > Replay::MAX_TUPLES {
            return None;
        }
        let (from, to) = (writer.old.program(), writer.new.program());
        let (mut before, mut after) = (from.frame(), to.frame());
        let olds: Vec<Option<AttributeId>> = parts.iter().map(|one| one.old).collect();
        let news: Vec<Option<AttributeId>> = parts.iter().map(|one| one.new).collect();
        let is_whole = of.len() == self.members.len();
        let mut table = Table::new();
        let mut seen: HashSet<(Vec<u32>, Option<Vec<u32>>)> = HashSet::new();
        for number in 0..count {
            let mut rest = number;
            let values: Vec<_> = parts
                .iter()
                .filter_map(|one| {
                    let index = rest % one.values.len();
                    rest /= one.values.len();
                    one.values.get(index)
                })
                .collect();
            // A value that the old policy refuses was never recorded.
            let Some(old) = values.iter().map(|one| one.old.clone()).collect::<Option<Vec<Value>>>() else {
                continue;
            };
            put(writer.old, &mut before, &olds, &old);
            let mut key: Vec<u32> = Vec::new();
            for (id, value) in olds.iter().zip(&old) {
                match id.and_then(|id| from.plan(id)) {
                    _ if *value == Value::None => key.push(NONE_CLASS),
                    Some(plan) => key.extend(plan.variables.iter().map(|one| class(&before, *one))),
                    None => {}
                }
            }
            if is_whole {
                let has_none = old.contains(&Value::None);
                key.extend(self.relations.iter().map(|(variable, _)| {
                    let is_none = has_none && self.has_none(writer, *variable, &olds, &old);
                    if is_none { UNKNOWN } else { class(&before, *variable) }
                }));
            }
            // The new policy lacks a removed attribute, and takes null where it has no `none`, unless it requires a value.
            let new: Option<Vec<Value>> = values
                .iter()
                .zip(&news)
                .zip(&old)
                .map(|((one, id), old)| match (&one.new, id) {
                    (Some(value), _) => Some(value.clone()),
                    (None, None) => Some(Value::None),
                    (None, Some(id)) if *old == Value::None && !to.required().contains(id) => {
                        Some(Value::None)
                    }
                    (None, Some(_)) => None,
                })
                .collect();
            // Beside unknown attributes a class doesn't tell everything about a value.
            let image = new.as_ref().map(|new| match is_whole {
                true => {
                    after.clear(to);
                    put(writer.new, &mut after, &news, new);
                    after.classes().to_vec()
                }
                false => vec![u32::try_from(number).unwrap_or(UNKNOWN)],
            });
            if seen.insert((key.clone(), image)) {
                table.entry(key).or_default().push(new);
            }
        }
        Some(table)
    }

    /// Returns true if one of the attributes that a variable relates is `none`.
    fn has_none(
        &self,
        writer: &Writer<'_>,
        variable: u32,
        ids: &[Option<AttributeId>],
        values: &[Value],
    ) -> bool {
        let related = writer.old.program().variables().get(variable as usize);
        let related = related.map(|variable| variable.source.attributes()).unwrap_or_default();
        let mut all = ids.iter().zip(values);
        all.any(|(id, value)| *value == Value::None && id.is_some_and(|id| related.contains(&id)))
    }
}
