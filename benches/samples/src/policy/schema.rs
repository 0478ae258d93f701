//! The declarations of a random policy: taxonomies, named sets, attributes.

use super::lookups::Lookup;
use super::order::Order;
use super::sums::Sum;
use crate::{Random, Shape};
use std::collections::BTreeSet;

/// The kind of single values and of members of sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Domain {
    /// Names of an enum.
    Enum(usize),
    /// Leaves of a taxonomy.
    Taxonomy(usize),
    /// Texts.
    Texts,
}

/// The type of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    /// An ordered type, with the first and last ordinal of its domain.
    Ordered(Order, i64, i64),
    Single(Domain),
    /// A set, with true if it may be empty.
    Set(Domain, bool),
}

#[derive(Debug, Clone)]
pub(super) struct Attribute {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) is_required: bool,
    /// The domain has the value `none`.
    pub(super) is_optional: bool,
    default: Option<String>,
    /// A let that names the attribute.
    alias: Option<String>,
}

impl Attribute {
    /// The attribute's name, or that of a let for it.
    pub(super) fn written(&self, random: &mut Random) -> String {
        match &self.alias {
            Some(alias) if random.chance(40) => alias.clone(),
            _ => self.name.clone(),
        }
    }
}

/// A taxonomy, or an enum, which has only leaves.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    /// The taxonomy's name; empty for an enum.
    pub(super) name: String,
    /// The leaves, in quotes if they are no identifiers.
    pub(super) leaves: Vec<String>,
    /// Inner nodes with the index of their first leaf and one past their last.
    pub(super) inner: Vec<(String, usize, usize)>,
    /// Named sets with the indices of their leaves.
    pub(super) sets: Vec<(String, BTreeSet<usize>)>,
    /// The declarations of the sets.
    set_texts: Vec<String>,
    text: String,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Schema {
    pub(super) enums: Vec<Names>,
    pub(super) taxonomies: Vec<Names>,
    /// The attributes, and behind them the members that `some` and `every` bind.
    pub(super) attributes: Vec<Attribute>,
    /// The number of attributes.
    declared: usize,
    /// The names of sets of texts.
    pub(super) text_sets: Vec<String>,
    /// Lets of constants: their orders, ordinals and names.
    pub(super) constants: Vec<(Order, i64, String)>,
    /// Lets of sums, which stand for their texts.
    pub(super) sums: Vec<Sum>,
    pub(super) lookups: Vec<Lookup>,
    few_values: bool,
}

pub(super) const TEXTS: [&str; 8] = ["", "SG", "a", "ab", "aba", "b*", "é", "x, | \\\""];

impl Schema {
    pub(super) fn random(random: &mut Random, shape: &Shape) -> Self {
        let mut schema = Self { few_values: shape.few_values, ..Self::default() };
        for number in 0..random.between(1, 2) {
            schema.taxonomies.push(Names::taxonomy(random, number as usize, shape.few_values));
        }
        let most = if shape.few_values { 4 } else { 6 };
        for number in 0..random.between(1, 2) {
            schema.enums.push(Names::plain(number as usize, random.between(2, most)));
        }
        // Conditions use this attribute if no other fits.
        schema.add(Kind::Bool, false, None);
        if shape.groups > 0 {
            schema.enums.push(Names::plain(schema.enums.len(), shape.groups));
            schema.add(Kind::Single(Domain::Enum(schema.enums.len() - 1)), random.chance(30), None);
        }
        // Few types, so that many attributes can be related.
        let kinds: Vec<Kind> = (0..random.between(2, 6)).map(|_| schema.kind(random)).collect();
        for _ in 1..random.between(shape.attributes.0, shape.attributes.1) {
            let kind = match random.pick(&kinds).copied() {
                Some(Kind::Ordered(order, ..)) => schema.ordered(random, order),
                Some(Kind::Set(domain, _)) if random.chance(30) && domain != Domain::Texts => {
                    Kind::Single(domain)
                }
                Some(Kind::Set(domain, _)) => Kind::Set(domain, random.chance(40)),
                Some(kind) => kind,
                None => Kind::Bool,
            };
            let is_required = random.chance(7);
            let default = (!is_required && random.chance(12)).then(|| schema.value(random, kind));
            schema.add(kind, is_required, default);
            schema.vary(random);
        }
        schema.declared = schema.attributes.len();
        for number in 0..random.below(3) {
            schema.text_sets.push(format!("words{number}"));
        }
        schema
    }

    /// Makes the last attribute optional, or gives it a let, in some cases.
    fn vary(&mut self, random: &mut Random) {
        let number = self.attributes.len();
        let Some(last) = self.attributes.last_mut() else { return };
        if !matches!(last.kind, Kind::Set(..)) && random.chance(15) {
            last.is_optional = true;
            if last.default.is_some() && random.chance(40) {
                last.default = Some("none".to_owned());
            }
        }
        // A let of a `bool` is a condition.
        if last.kind != Kind::Bool && random.chance(10) {
            last.alias = Some(format!("alias{number}"));
        }
    }

    fn add(&mut self, kind: Kind, is_required: bool, default: Option<String>) {
        let number = self.attributes.len();
        let name = if number % 5 == 3 { format!("g.a{number}") } else { format!("a{number}") };
        let (is_optional, alias) = (false, None);
        self.attributes.push(Attribute { name, kind, is_required, is_optional, default, alias });
    }

    /// Returns true if an attribute has this domain.
    pub(super) fn declares(&self, domain: Domain) -> bool {
        let declared = self.attributes.iter().take(self.declared);
        let mut kinds = declared.map(|attribute| attribute.kind);
        kinds.any(|kind| matches!(kind, Kind::Single(of) | Kind::Set(of, _) if of == domain))
    }

    /// The schema with the member that `some` and `every` bind, as a further attribute: it is never missing.
    pub(super) fn with_member(&self, name: &str, domain: Domain) -> Self {
        let mut out = self.clone();
        out.add(Kind::Single(domain), true, None);
        if let Some(last) = out.attributes.last_mut() {
            name.clone_into(&mut last.name);
        }
        out
    }

    fn kind(&self, random: &mut Random) -> Kind {
        match random.below(14) {
            0..2 => Kind::Bool,
            2..5 => self.ordered(random, Order::Int),
            5 => self.ordered(random, Order::Number),
            6 => self.ordered(random, Order::Date),
            7 => self.ordered(random, Order::Time),
            8 => self.ordered(random, Order::Duration),
            9 => Kind::Single(self.domain(random)),
            10 => Kind::Single(Domain::Texts),
            11 => Kind::Set(Domain::Texts, random.chance(40)),
            _ => Kind::Set(self.domain(random), random.chance(40)),
        }
    }

    fn domain(&self, random: &mut Random) -> Domain {
        let below = |count: usize| count.saturating_sub(1) as u64 + 1;
        if random.chance(60) {
            Domain::Taxonomy(random.below(below(self.taxonomies.len())) as usize)
        } else {
            Domain::Enum(random.below(below(self.enums.len().min(2))) as usize)
        }
    }

    fn ordered(&self, random: &mut Random, order: Order) -> Kind {
        let (low, high) = order.domain(random, self.few_values);
        Kind::Ordered(order, low, high)
    }

    /// The value in the form of a default.
    fn value(&self, random: &mut Random, kind: Kind) -> String {
        match kind {
            Kind::Bool => random.word(&["true", "false"]).to_owned(),
            Kind::Ordered(order, low, high) => {
                let ordinal = order.constant(random, low.into(), high.into());
                order.literal(ordinal)
            }
            Kind::Single(domain) => self.member(random, domain),
            Kind::Set(_, true) if random.chance(40) => "{}".to_owned(),
            Kind::Set(domain, _) => {
                let members: Vec<String> =
                    (0..random.between(1, 2)).map(|_| self.member(random, domain)).collect();
                format!("{{{}}}", members.join(", "))
            }
        }
    }

    pub(super) fn names(&self, domain: Domain) -> Option<&Names> {
        match domain {
            Domain::Enum(number) => self.enums.get(number),
            Domain::Taxonomy(number) => self.taxonomies.get(number),
            Domain::Texts => None,
        }
    }

    /// A name, a leaf or a text.
    pub(super) fn member(&self, random: &mut Random, domain: Domain) -> String {
        match self.names(domain) {
            Some(names) => random.pick(&names.leaves).cloned().unwrap_or_default(),
            None => quoted(random.word(&TEXTS)),
        }
    }

    /// The attributes that satisfy a test.
    pub(super) fn attributes_of(&self, test: impl Fn(Kind) -> bool) -> Vec<&Attribute> {
        self.attributes.iter().filter(|attribute| test(attribute.kind)).collect()
    }

    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        for names in &self.taxonomies {
            out.push_str(&format!("taxonomy {} {{ {} }}\n", names.name, names.text));
            for ((set, _), text) in names.sets.iter().zip(&names.set_texts) {
                out.push_str(&format!("set {set} of {} = {text}\n", names.name));
            }
        }
        for (number, set) in self.text_sets.iter().enumerate() {
            let members =
                if number == 0 { "{\"a\", \"ab\", \"SG\"}" } else { "{\"\", words0} except {\"ab\"}" };
            out.push_str(&format!("set {set} of string = {members}\n"));
        }
        for attribute in &self.attributes {
            if let Some(alias) = &attribute.alias {
                out.push_str(&format!("let {alias} = {}\n", attribute.name));
            }
        }
        out.push_str("request {\n");
        for attribute in &self.attributes {
            let kind = self.kind_text(attribute.kind, attribute.is_optional);
            let presence = match &attribute.default {
                Some(value) => format!(" default {value}"),
                None if attribute.is_required => " required".to_owned(),
                None => String::new(),
            };
            out.push_str(&format!("  {}: {kind}{presence}\n", attribute.name));
        }
        out.push_str("}\n");
        out
    }

    /// The type as a declaration writes it.
    pub(super) fn kind_text(&self, kind: Kind, is_optional: bool) -> String {
        let mark = if is_optional { "?" } else { "" };
        let of = |domain| match (domain, self.names(domain)) {
            (Domain::Enum(_), Some(names)) => format!("{{ {} }}", names.leaves.join(", ")),
            (_, Some(names)) => names.name.clone(),
            (_, None) => "string".to_owned(),
        };
        match kind {
            Kind::Bool => format!("bool{mark}"),
            Kind::Ordered(order, low, high) => order.declared(mark, low, high),
            Kind::Single(domain) => format!("{}{mark}", of(domain)),
            Kind::Set(domain, false) => format!("set of {}", of(domain)),
            Kind::Set(domain, true) => format!("set? of {}", of(domain)),
        }
    }
}

impl Names {
    fn plain(number: usize, count: u32) -> Self {
        let leaf = |leaf: u32| match leaf {
            // A name that is no identifier, and a word of the language.
            1 if number == 1 => "\"e-1\"".to_owned(),
            2 if number == 1 => "\"no\"".to_owned(),
            _ => format!("e{number}_{leaf}"),
        };
        let leaves = (0..count).map(leaf).collect();
        Self { leaves, ..Self::default() }
    }

    fn taxonomy(random: &mut Random, number: usize, is_small: bool) -> Self {
        let mut names = Self { name: format!("Topic{number}"), ..Self::default() };
        names.text = names.level(random, number, if is_small { 1 } else { 2 });
        // A condition on a taxonomy of one leaf always holds, which the checker reports.
        if names.leaves.len() < 2 {
            let more = [names.leaf(number), names.leaf(number)];
            names.text = format!("{}, {}", names.text, more.join(", "));
        }
        for set in 0..random.between(0, 2) {
            let places: Vec<usize> = (0..names.leaves.len()).collect();
            let most = names.leaves.len() - 1;
            let chosen: BTreeSet<usize> = random.some(&places, most).into_iter().copied().collect();
            let written = |places: &mut dyn Iterator<Item = usize>| {
                let leaves: Vec<&str> =
                    places.filter_map(|at| names.leaves.get(at)).map(|leaf| &**leaf).collect();
                format!("{{{}}}", leaves.join(", "))
            };
            let text = if random.chance(40) {
                let mut others = places.iter().copied().filter(|at| !chosen.contains(at));
                format!("{} except {}", names.name, written(&mut others))
            } else {
                written(&mut chosen.iter().copied())
            };
            names.set_texts.push(text);
            names.sets.push((format!("some{number}_{set}"), chosen));
        }
        names
    }

    fn level(&mut self, random: &mut Random, number: usize, depth: u32) -> String {
        let entries: Vec<String> = (0..random.between(1, 3))
            .map(|_| {
                if depth == 0 || random.chance(40) {
                    return self.leaf(number);
                }
                let (first, inner) = (self.leaves.len(), self.inner.len());
                let name = format!("n{number}_{inner}");
                self.inner.push((name.clone(), first, first));
                let below = self.level(random, number, depth - 1);
                let end = self.leaves.len();
                if let Some(node) = self.inner.get_mut(inner) {
                    node.2 = end;
                }
                format!("{name} {{ {below} }}")
            })
            .collect();
        entries.join(", ")
    }

    fn leaf(&mut self, number: usize) -> String {
        let at = self.leaves.len();
        let name = if at % 7 == 5 { format!("\"l{number}-{at}\"") } else { format!("l{number}_{at}") };
        self.leaves.push(name.clone());
        name
    }
}

/// The text as a string literal.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
