//! Decides the requests of a decision log anew, by a changed policy, from the classes that the log recorded.
//!
//! A class of the old policy stands for all of its values. The values of both policies are listed jointly
//! ([`placet_analysis::difference::joint`]), classified by the old policy, and so each recorded class leads to one value
//! for each class of the new policy that it contains. One value is decided; of several, each combination. Where a recorded
//! class doesn't tell enough, the attribute is pending: an effect reached then holds whatever its value was.
//!
//! So an effect is reported as certain only if every request with the recorded classes has it.

use crate::classes::{NONE, PENDING, RelationNames, UNAVAILABLE, class};
use crate::policy::Policy;
use crate::request::Request;
use placet_analysis::difference::{JointGroup, joint};
use placet_model::BitSet;
use placet_model::decision::{Decision, Effect};
use placet_model::request::{AttributeInput, RequestError};
use placet_model::types::{AttributeId, Members, Node, Presence, Type, Universe};
use placet_model::value::Value;
use placet_program::{Frame, UNKNOWN};
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
    /// True if no request with these classes has another effect.
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
                .map(|one| Member {
                    name: one
                        .old
                        .and_then(|id| name_of(old.model(), id))
                        .or_else(|| one.new.and_then(|id| name_of(new.model(), id)))
                        .unwrap_or_default(),
                    old: one.old,
                    new: one.new,
                    alone: None,
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
        let mut gaps = Gaps::default();
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
            let mut writer = Writer { old: &self.old, new: &self.new, frame: &mut frame, gaps: &mut gaps };
            choices.extend(group.write(&mut writer, inputs, &related)?);
        }
        Ok(self.decided(&mut frame, choices, gaps))
    }

    /// Decides each combination of the inputs that are open.
    fn decided(&self, frame: &mut Frame, mut choices: Vec<Choice>, mut gaps: Gaps) -> ReplayAnswers {
        let program = self.new.program();
        let count = |choices: &[Choice]| {
            choices.iter().fold(1_usize, |all, one| all.saturating_mul(one.alternatives.len()))
        };
        if count(&choices) > Self::MAX_COMBINATIONS {
            gaps.is_open = true;
            for choice in choices.drain(..) {
                gaps.is_uncertain |= choice.alternatives.contains(&None);
                choice.ids.into_iter().flatten().for_each(|id| frame.put_pending(program, id));
            }
        }
        let mut answers: Vec<ReplayAnswer> = Vec::new();
        for number in 0..count(&choices) {
            let mut rest = number;
            let mut is_refused = false;
            for choice in &choices {
                let at = rest % choice.alternatives.len();
                rest /= choice.alternatives.len();
                match choice.alternatives.get(at) {
                    Some(Some(values)) => put(&self.new, frame, &choice.ids, values),
                    _ => is_refused = true,
                }
            }
            let answer = match program.decide(frame) {
                Ok(decision) if !is_refused => {
                    // Another request with these classes may stay within the limits.
                    gaps.is_uncertain |= decision.approximate;
                    ReplayAnswer::from(decision)
                }
                _ => ReplayAnswer { effect: None, rules: vec![], obligations: vec![], missing: vec![] },
            };
            if !answers.contains(&answer) {
                answers.push(answer);
            }
        }
        // With pending attributes an effect holds whatever they are. That it depends on them says nothing.
        let holds = |answer: &ReplayAnswer| matches!(answer.effect, Some(Effect::Allow | Effect::Deny));
        let is_certain = !gaps.is_uncertain && (!gaps.is_open || answers.iter().all(holds));
        ReplayAnswers { answers, is_certain, has_exact_reasons: !gaps.is_open }
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
    gaps: &'w mut Gaps,
}

/// What the recorded classes don't tell.
#[derive(Debug, Clone, Copy, Default)]
struct Gaps {
    /// True if an attribute is pending because its class doesn't tell enough.
    is_open: bool,
    /// True if the new policy may refuse the value of such an attribute, or a decision reached a limit: then nothing is
    /// certain.
    is_uncertain: bool,
}

impl Writer<'_> {
    /// Makes an attribute pending.
    fn open(&mut self, member: &Member) {
        if let Some(new) = member.new {
            self.frame.put_pending(self.new.program(), new);
            self.gaps.is_open = true;
            self.gaps.is_uncertain |= !self.takes_all(member);
        }
    }

    /// Returns true if the new policy takes every input of an attribute that the old one takes.
    fn takes_all(&self, member: &Member) -> bool {
        let of = |policy: &Policy, id: Option<AttributeId>| policy.model().attribute(id?).cloned();
        let (Some(old), Some(new)) = (of(self.old, member.old), of(self.new, member.new)) else {
            return false;
        };
        // Null is `none` to an optional attribute, and an error to one that is required.
        (!old.is_optional() || new.is_optional()) && takes_kind(&old.kind, &new.kind)
    }

    /// Returns true if the attribute is optional in a policy.
    fn is_optional(policy: &Policy, id: AttributeId) -> bool {
        policy.model().attribute(id).is_some_and(|attribute| attribute.is_optional())
    }

    /// Writes an input that isn't a value.
    fn without_value(&mut self, member: &Member, word: &str) {
        let Some(new) = member.new else { return };
        let program = self.new.program();
        let both_optional = member.old.is_some_and(|old| Self::is_optional(self.old, old));
        match word {
            UNAVAILABLE => self.frame.put_withheld(program, new),
            "null" if !Self::is_optional(self.new, new) => self.frame.put_null(program, new),
            // To an optional attribute null means `none`, which the old policy didn't know.
            "null" if both_optional => self.frame.put_missing(program, new),
            _ => self.open(member),
        }
    }

    /// Writes an inner node, given by the classes of its leaves.
    fn one_of(&mut self, member: &Member, classes: &[u32]) {
        let Some(new) = member.new else { return };
        match self.leaves(member, classes) {
            Some(leaves) if self.frame.put_leaves(self.new.program(), new, &leaves).is_ok() => {}
            _ => self.open(member),
        }
    }

    /// Returns the leaves of some classes in the new policy; `None` if the new policy tells leaves of one class apart, so
    /// that it isn't known which of its classes the node has.
    fn leaves(&self, member: &Member, classes: &[u32]) -> Option<BitSet> {
        let kind = |policy: &Policy, id: AttributeId| policy.program().kind(id).cloned();
        let (old, new) = (member.old?, member.new?);
        let (Type::Symbol(from), Type::Symbol(to)) = (kind(self.old, old)?, kind(self.new, new)?) else {
            return None;
        };
        // A node whose name is gone is refused, and one with other leaves means others.
        if !takes_names(&from, &to) {
            return None;
        }
        let (of_old, of_new) = (self.old.program().plan(old)?, self.new.program().plan(new)?);
        let names: HashMap<&str, u32> = (0..to.len()).map(|leaf| (to.name(leaf), leaf)).collect();
        let mut images: HashMap<u32, Option<u32>> = HashMap::new();
        let mut leaves = Vec::new();
        for symbol in 0..from.len() {
            let Some(class) = of_old.classifier.scalar(symbol.into()).filter(|class| classes.contains(class))
            else {
                continue;
            };
            let leaf = *names.get(from.name(symbol))?;
            let image = of_new.classifier.scalar(leaf.into());
            if *images.entry(class).or_insert(image) != image {
                return None;
            }
            leaves.push(leaf);
        }
        (images.len() == classes.len() && !leaves.is_empty()).then(|| BitSet::from_iter(to.len(), leaves))
    }
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
                Some(None) => writer.without_value(member, "null"),
                Some(Some(Recorded::OneOf { one_of })) if is_alone => writer.one_of(member, one_of),
                Some(Some(Recorded::OneOf { .. })) => {
                    writer.open(member);
                    is_partial = true;
                }
                Some(Some(Recorded::Word(word))) if word == PENDING => {
                    writer.open(member);
                    is_partial = true;
                }
                Some(Some(Recorded::Word(word))) if word != NONE => writer.without_value(member, word),
                Some(Some(_)) => {}
            }
        }
        let known: Vec<usize> = (0..).zip(&keys).filter(|(_, key)| key.is_some()).map(|(at, _)| at).collect();
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
                let members = known.iter().filter_map(|at| self.members.get(*at));
                members.for_each(|member| writer.open(member));
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
    fn alone(&mut self, writer: &Writer<'_>, at: usize) -> Option<&Table> {
        if self.members.get(at)?.alone.is_none() {
            let table = self.table(writer, &[at])?;
            self.members.get_mut(at)?.alone = Some(table);
        }
        self.members.get(at)?.alone.as_ref()
    }

    /// Classifies each combination of the values of some attributes in both policies.
    fn table(&self, writer: &Writer<'_>, of: &[usize]) -> Option<Table> {
        let parts: Vec<_> = of.iter().map(|at| self.joint.attributes.get(*at)).collect::<Option<Vec<_>>>()?;
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
                    let at = rest % one.values.len();
                    rest /= one.values.len();
                    one.values.get(at)
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
            // The new policy lacks a removed attribute, and takes null where it has no `none`.
            let new: Option<Vec<Value>> = values
                .iter()
                .zip(&news)
                .zip(&old)
                .map(|((one, id), old)| match (&one.new, id) {
                    (Some(value), _) => Some(value.clone()),
                    (None, None) => Some(Value::None),
                    (None, Some(_)) if *old == Value::None => Some(Value::None),
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
