//! Evaluates the syntax tree of a policy by the definition of the language, for complete requests.
//!
//! It shares nothing with the checker and the evaluators but the tree and the calendar's texts. All names of a policy
//! must be different, so that each is an attribute, a let, a value or a set by itself.

use placet_syntax::ast::*;
use placet_syntax::calendar;
use std::collections::{BTreeMap, BTreeSet};

/// A value of an attribute or an operand.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Bool(bool),
    /// An int, or a duration in microseconds.
    Number(i128),
    /// A name or a text.
    Word(String),
    Words(BTreeSet<String>),
    /// Days since 1970-01-01.
    Date(i128),
    /// Microseconds since then.
    Time(i128),
    None,
    /// The value of a lookup without a key.
    Nothing,
}

impl Value {
    /// Returns true if every comparison with it is false.
    fn is_none(&self) -> bool {
        matches!(self, Value::None | Value::Nothing)
    }
}

pub(crate) type Request = BTreeMap<String, Value>;

/// The declarations of a policy.
pub(crate) struct Interpreter<'a> {
    /// The nodes of each taxonomy.
    taxonomies: BTreeMap<&'a str, Vec<Category<'a>>>,
    sets: BTreeMap<&'a str, &'a SetExpression>,
    lets: BTreeMap<&'a str, &'a Condition>,
    lookups: BTreeMap<&'a str, &'a Lookup>,
    rules: Vec<(Vec<&'a Condition>, &'a Rule)>,
}

/// A node of a taxonomy: its name, its depth, and the leaves at or below it.
type Category<'a> = (&'a str, usize, BTreeSet<String>);

/// The outcome for a request: the effect, the rules that fire with it, and their due obligations.
#[derive(Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) is_allowed: bool,
    pub(crate) rules: BTreeSet<String>,
    pub(crate) obligations: BTreeSet<String>,
}

/// A request, and the members of the quantifiers around.
struct Scope<'r> {
    request: &'r Request,
    members: Vec<(&'r str, String)>,
}

impl<'a> Interpreter<'a> {
    pub(crate) fn new(file: &'a File) -> Self {
        let mut out = Self {
            taxonomies: BTreeMap::new(),
            sets: BTreeMap::new(),
            lets: BTreeMap::new(),
            lookups: BTreeMap::new(),
            rules: Vec::new(),
        };
        for item in &file.items {
            out.add(item, &mut Vec::new());
        }
        out
    }

    fn add(&mut self, item: &'a Item, wheres: &mut Vec<&'a Condition>) {
        match item {
            Item::Taxonomy(taxonomy) => {
                let mut nodes = Vec::new();
                add_nodes(&taxonomy.nodes, 0, &mut nodes);
                self.taxonomies.insert(&taxonomy.name.text, nodes);
            }
            Item::NamedSet(set) => drop(self.sets.insert(&set.name.text, &set.value)),
            Item::Let(declaration) => drop(self.lets.insert(&declaration.name.text, &declaration.condition)),
            Item::Lookup(lookup) => drop(self.lookups.insert(&lookup.name.text, lookup)),
            Item::Where(block) => {
                wheres.push(&block.condition);
                block.items.iter().for_each(|item| self.add(item, wheres));
                wheres.pop();
            }
            Item::Rule(rule) => self.rules.push((wheres.clone(), rule)),
            _ => {}
        }
    }

    pub(crate) fn decide(&self, request: &Request) -> Outcome {
        let mut fired: Vec<(bool, String, BTreeSet<String>)> = Vec::new();
        for (around, rule) in &self.rules {
            let mut scope = Scope { request, members: Vec::new() };
            let mut applies = around.iter().all(|condition| self.holds(condition, &mut scope));
            let (mut allows, mut fires, mut otherwise) = (false, false, false);
            let (mut own, mut denial) = (BTreeSet::new(), BTreeSet::new());
            for part in &rule.parts {
                match part {
                    Part::Where(condition, _) => applies &= self.holds(condition, &mut scope),
                    Part::Effect(effect) => {
                        allows = effect.effect == Effect::Allow;
                        fires = effect.when.as_ref().is_none_or(|when| self.holds(when, &mut scope))
                            && !self.any_exception(&effect.exceptions, &mut scope);
                    }
                    Part::Otherwise(_) => otherwise = true,
                    Part::Oblige(duty, _) => {
                        let is_due = duty.when.as_ref().is_none_or(|when| self.holds(when, &mut scope));
                        let due = if otherwise { &mut denial } else { &mut own };
                        due.extend(is_due.then(|| duty.name.text.clone()));
                    }
                    _ => {}
                }
            }
            if applies && fires {
                fired.push((allows, rule.name.text.clone(), own));
            } else if applies && otherwise {
                fired.push((false, format!("{}/otherwise", rule.name.text), denial));
            }
        }
        let is_allowed = !fired.is_empty() && fired.iter().all(|(allows, ..)| *allows);
        let of_effect = || fired.iter().filter(|(allows, ..)| *allows == is_allowed);
        Outcome {
            is_allowed,
            rules: of_effect().map(|(_, name, _)| name.clone()).collect(),
            obligations: of_effect().flat_map(|(.., due)| due.clone()).collect(),
        }
    }

    fn any_exception<'r>(&'r self, exceptions: &'r [Exception], scope: &mut Scope<'r>) -> bool {
        exceptions
            .iter()
            .any(|one| self.holds(&one.when, scope) && !self.any_exception(&one.exceptions, scope))
    }

    fn holds<'r>(&'r self, condition: &'r Condition, scope: &mut Scope<'r>) -> bool {
        match &condition.kind {
            ConditionKind::Or(parts) => parts.iter().any(|part| self.holds(part, scope)),
            ConditionKind::And(parts) => parts.iter().all(|part| self.holds(part, scope)),
            ConditionKind::Not(inner) => !self.holds(inner, scope),
            ConditionKind::Group(inner) => self.holds(inner, scope),
            ConditionKind::Operand(operand) => match (&operand.kind, self.condition_of(operand)) {
                (_, Some(condition)) => self.holds(condition, scope),
                (OperandKind::Literal(Literal::Bool(value)), _) => *value,
                _ => self.value(operand, scope) == Value::Bool(true),
            },
            ConditionKind::Presence(_, knowledge) => *knowledge == Knowledge::Known,
            ConditionKind::Compare(left, relation, right) => self.compare(left, *relation, right, scope),
            ConditionKind::Quantified(quantifier, subject, relation, right) => {
                let Value::Words(members) = self.value(subject, scope) else {
                    // A lookup without a key: what is compared is false, its negation true.
                    return *quantifier == Quantifier::No || *relation == Relation::NotIn;
                };
                let within: Box<dyn Fn(&String) -> bool> = match (relation, &**right) {
                    (Relation::Like, Right::Operand(operand)) => {
                        let OperandKind::Literal(Literal::String(_, raw)) = &operand.kind else { panic!() };
                        let pattern = placet_syntax::pattern(raw, operand.span).unwrap();
                        Box::new(move |member| pattern.matches(member))
                    }
                    (_, right) => {
                        let Some(set) = self.set(right, scope) else {
                            return *quantifier == Quantifier::No || *relation == Relation::NotIn;
                        };
                        Box::new(move |member| set.contains(member))
                    }
                };
                match (quantifier, relation) {
                    (Quantifier::Any, Relation::NotIn) => !members.iter().all(within),
                    (Quantifier::Any, _) => members.iter().any(within),
                    (Quantifier::All, _) => members.iter().all(within),
                    (Quantifier::No, _) => !members.iter().any(within),
                }
            }
            ConditionKind::Each(each) => {
                let Some(members) = self.set(&each.set, scope) else { return false };
                let mut holds = |member: &String| {
                    scope.members.push((&each.variable.text, member.clone()));
                    let holds = self.holds(&each.condition, scope);
                    scope.members.pop();
                    holds
                };
                let mut members = members.iter();
                if each.every { members.all(&mut holds) } else { members.any(&mut holds) }
            }
        }
    }

    /// Returns the condition that an operand is: one in parentheses, or a let's.
    fn condition_of<'r>(&'r self, operand: &'r Operand) -> Option<&'r Condition> {
        match &operand.kind {
            OperandKind::Group(inner) => Some(inner),
            OperandKind::Name(name) => self.lets.get(name.as_str()).copied(),
            _ => None,
        }
    }

    fn compare<'r>(
        &'r self,
        left: &'r Operand,
        relation: Relation,
        right: &'r Right,
        scope: &mut Scope<'r>,
    ) -> bool {
        let value = self.value(left, scope);
        if let (Relation::Is | Relation::IsNot, Right::Operand(Operand { kind: OperandKind::Name(name), .. })) =
            (relation, right)
            && name == "none"
        {
            return (value == Value::None) == (relation == Relation::Is);
        }
        let negated = matches!(relation, Relation::IsNot | Relation::NotIn);
        (!value.is_none() && self.is_related(&value, relation, right, scope)) != negated
    }

    /// Evaluates a comparison without its negation.
    fn is_related<'r>(
        &'r self,
        value: &Value,
        relation: Relation,
        right: &'r Right,
        scope: &mut Scope<'r>,
    ) -> bool {
        match relation {
            Relation::Like => {
                let (Value::Word(text), Right::Operand(operand)) = (value, right) else { panic!() };
                let OperandKind::Literal(Literal::String(_, raw)) = &operand.kind else { panic!() };
                placet_syntax::pattern(raw, operand.span).unwrap().matches(text)
            }
            Relation::Is | Relation::IsNot => match (value, right) {
                (Value::Words(words), right) => self.set(right, scope).as_ref() == Some(words),
                (value, Right::Operand(operand)) => {
                    let other = self.value(operand, scope);
                    !other.is_none() && *value == other
                }
                _ => panic!("{right:?}"),
            },
            Relation::In | Relation::NotIn => match (value, right) {
                (Value::Word(word), right) => self.set(right, scope).is_some_and(|set| set.contains(word)),
                (value, Right::Braces(braces)) => {
                    braces.entries.iter().any(|entry| self.value(entry, scope) == *value)
                }
                (value, Right::Range(range)) => {
                    let (low, high) = (self.value(&range.low, scope), self.value(&range.high, scope));
                    number(&low) <= number(value) && number(value) <= number(&high)
                }
                (value, Right::Operand(operand)) => self.value(operand, scope) == *value,
            },
            Relation::Less | Relation::LessEqual | Relation::More | Relation::MoreEqual => {
                let Right::Operand(operand) = right else { panic!() };
                let other = self.value(operand, scope);
                let (Some(one), Some(other)) = (number(value), number(&other)) else { return false };
                match relation {
                    Relation::Less => one < other,
                    Relation::LessEqual => one <= other,
                    Relation::More => one > other,
                    _ => one >= other,
                }
            }
        }
    }

    fn value<'r>(&'r self, operand: &'r Operand, scope: &mut Scope<'r>) -> Value {
        match &operand.kind {
            OperandKind::Literal(literal) => of_literal(literal),
            OperandKind::Group(inner) => match &inner.kind {
                ConditionKind::Operand(operand) => self.value(operand, scope),
                ConditionKind::Group(_) => panic!("one pair of parentheses is enough"),
                _ => panic!("{inner:?} is no value"),
            },
            OperandKind::Name(name) => {
                if let Some((_, member)) = scope.members.iter().rev().find(|(member, _)| member == name) {
                    return Value::Word(member.clone());
                }
                if let Some(value) = scope.request.get(name) {
                    return value.clone();
                }
                match self.lets.get(name.as_str()).map(|condition| &condition.kind) {
                    Some(ConditionKind::Operand(operand)) => self.value(operand, scope),
                    Some(_) => panic!("the let {name} is no value"),
                    None => Value::Word(name.clone()),
                }
            }
            OperandKind::Sum(first, rest) => {
                let mut sum = self.value(first, scope);
                for (sign, term) in rest {
                    sum = added(sum, *sign, self.value(term, scope));
                }
                sum
            }
            OperandKind::Between(unit, from, to) => {
                let (from, to) = (self.value(from, scope), self.value(to, scope));
                let (Some(from), Some(to)) = (day(&from), day(&to)) else { return Value::Nothing };
                let months = 12 * (to.0 - from.0) + to.1 - from.1 - i128::from(to.2 < from.2);
                Value::Number(match unit {
                    CalendarUnit::Months => months,
                    CalendarUnit::Years => months.div_euclid(12),
                })
            }
            OperandKind::Lookup(lookup, key) => {
                let Value::Word(key) = self.value(key, scope) else { return Value::Nothing };
                self.looked_up(self.lookups[lookup.text.as_str()], &key)
            }
        }
    }

    fn looked_up(&self, lookup: &Lookup, key: &str) -> Value {
        let taxonomy = match &lookup.key {
            Kind::Named(name) => self.taxonomies.get(name.text.as_str()),
            _ => None,
        };
        let mut best: Option<(usize, &SetExpression)> = None;
        for entry in &lookup.entries {
            let names = match &entry.key {
                Key::Otherwise(_) => continue,
                Key::Name(operand) => std::slice::from_ref(operand),
                Key::Braces(braces) => &braces.entries,
            };
            for name in names.iter().map(word) {
                let node = taxonomy.and_then(|nodes| nodes.iter().find(|(node, ..)| *node == name));
                let depth = match node {
                    Some((_, depth, leaves)) if leaves.contains(key) => *depth,
                    Some(_) => continue,
                    None if name == key => 0,
                    None if self.named_set(name).is_some_and(|set| set.contains(key)) => usize::MAX,
                    None => continue,
                };
                if best.is_none_or(|(known, _)| known < depth) {
                    best = Some((depth, &entry.value));
                }
            }
        }
        let otherwise = lookup
            .entries
            .iter()
            .find(|entry| matches!(entry.key, Key::Otherwise(_)))
            .map(|entry| &entry.value);
        let value = best.map(|(_, value)| value).or(otherwise).unwrap();
        if matches!(lookup.kind, Kind::Set { .. }) {
            return Value::Words(self.expression(value));
        }
        let [SetTerm::Operand(operand)] = value.terms.as_slice() else { panic!() };
        match &operand.kind {
            OperandKind::Name(name) if name == "none" && matches!(lookup.kind, Kind::Optional(..)) => {
                Value::None
            }
            _ => self.value(operand, &mut Scope { request: &Request::new(), members: Vec::new() }),
        }
    }

    /// Returns the members of the right side of `in`, or `None` for a lookup without a key.
    fn set<'r>(&'r self, right: &'r Right, scope: &mut Scope<'r>) -> Option<BTreeSet<String>> {
        match right {
            Right::Braces(braces) => {
                Some(braces.entries.iter().flat_map(|entry| self.words(word(entry))).collect())
            }
            Right::Operand(operand) => match self.value(operand, scope) {
                Value::Words(words) => Some(words),
                Value::Word(word) => Some(self.words(&word)),
                _ => None,
            },
            Right::Range(_) => panic!(),
        }
    }

    /// Returns what a name or a text stands for in a set.
    fn words(&self, name: &str) -> BTreeSet<String> {
        if let Some(set) = self.named_set(name) {
            return set;
        }
        if let Some(nodes) = self.taxonomies.get(name) {
            return nodes.iter().flat_map(|(.., leaves)| leaves.clone()).collect();
        }
        let mut nodes = self.taxonomies.values().flatten();
        match nodes.find(|(node, ..)| *node == name) {
            Some((.., leaves)) => leaves.clone(),
            None => match self.lets.get(name).map(|condition| &condition.kind) {
                Some(ConditionKind::Operand(Operand { kind: OperandKind::Literal(literal), .. })) => {
                    let Value::Word(text) = of_literal(literal) else { panic!() };
                    BTreeSet::from([text])
                }
                _ => BTreeSet::from([name.to_owned()]),
            },
        }
    }

    fn named_set(&self, name: &str) -> Option<BTreeSet<String>> {
        self.sets.get(name).map(|set| self.expression(set))
    }

    fn expression(&self, expression: &SetExpression) -> BTreeSet<String> {
        let mut terms = expression.terms.iter().map(|term| match term {
            SetTerm::Braces(braces) => {
                braces.entries.iter().flat_map(|entry| self.words(word(entry))).collect::<BTreeSet<_>>()
            }
            SetTerm::Operand(operand) => self.words(word(operand)),
        });
        let first = terms.next().unwrap();
        terms.fold(first, |all, without| &all - &without)
    }
}

fn add_nodes<'a>(nodes: &'a [Node], depth: usize, out: &mut Vec<Category<'a>>) {
    for node in nodes {
        let at = out.len();
        out.push((&node.name.text, depth, BTreeSet::new()));
        let leaves = match &node.children {
            None => BTreeSet::from([node.name.text.clone()]),
            Some(children) => {
                add_nodes(children, depth + 1, out);
                out[at + 1..].iter().flat_map(|(.., leaves)| leaves.clone()).collect()
            }
        };
        out[at].2 = leaves;
    }
}

fn word(operand: &Operand) -> &str {
    match &operand.kind {
        OperandKind::Name(name) => name,
        OperandKind::Literal(Literal::String(text, _)) => text,
        _ => panic!("{operand:?} is no word"),
    }
}

fn of_literal(literal: &Literal) -> Value {
    match literal {
        Literal::Bool(value) => Value::Bool(*value),
        Literal::Numeral(digits) => Value::Number(digits.parse().unwrap()),
        Literal::String(text, _) => Value::Word(text.clone()),
        Literal::Date(day) => Value::Date((*day).into()),
        Literal::Time(instant) => Value::Time((*instant).into()),
        Literal::Duration(micros) => Value::Number((*micros).into()),
    }
}

fn number(value: &Value) -> Option<i128> {
    match value {
        Value::Number(number) | Value::Date(number) | Value::Time(number) => Some(*number),
        _ => None,
    }
}

fn added(one: Value, sign: Sign, other: Value) -> Value {
    const DAY: i128 = 86_400_000_000;
    let factor = if sign == Sign::Plus { 1 } else { -1 };
    match (one, other) {
        (Value::Number(a), Value::Number(b)) => Value::Number(a + factor * b),
        (Value::Time(a), Value::Number(b)) => Value::Time(a + factor * b),
        (Value::Time(a), Value::Time(b)) => Value::Number(a - b),
        (Value::Date(a), Value::Number(b)) => Value::Date(a + factor * (b / DAY)),
        (Value::Date(a), Value::Date(b)) => Value::Number((a - b) * DAY),
        _ => Value::Nothing,
    }
}

/// Returns year, month and day.
fn day(value: &Value) -> Option<(i128, i128, i128)> {
    let days = match value {
        Value::Date(days) => *days,
        Value::Time(micros) => micros.div_euclid(86_400_000_000),
        _ => return None,
    };
    let text = calendar::date_to_string(i32::try_from(days).unwrap());
    let mut parts = text.split('-').map(|part| part.parse().unwrap());
    Some((parts.next()?, parts.next()?, parts.next()?))
}
