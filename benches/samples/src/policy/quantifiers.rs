//! `some` and `every`.

use super::comparisons;
use super::conditions::{Asks, Writer};
use super::schema::{Domain, Kind};
use crate::Random;

impl Writer<'_> {
    /// `some` or `every` member of a set, with a condition of the member.
    pub(super) fn quantified(&self, random: &mut Random) -> Option<String> {
        let names = |domain: &Domain| self.schema.names(*domain).is_some();
        let domains = [Domain::Taxonomy(0), Domain::Enum(0), Domain::Enum(1)];
        let domain = *random.pick(&domains).filter(|domain| names(domain))?;
        let sets = self.schema.attributes_of(|kind| matches!(kind, Kind::Set(of, _) if of == domain));
        let known = self.schema.names(domain)?;
        let of = match random.pick(&sets) {
            Some(set) if random.chance(70) => set.name.clone(),
            _ if !known.name.is_empty() && random.chance(30) => known.name.clone(),
            // An enum is known by the attributes that declare it.
            _ if known.name.is_empty() && !self.schema.declares(domain) => return None,
            _ => {
                let sets = known.sets.iter().map(|(set, _)| set);
                let named: Vec<&String> = sets.chain(known.inner.iter().map(|(node, ..)| node)).collect();
                match random.pick(&named) {
                    Some(named) if random.chance(50) => (*named).clone(),
                    _ => format!("{{{}}}", self.schema.member(random, domain)),
                }
            }
        };
        // A member that is in scope hides nothing, so its name is new.
        let member = format!("member{}", self.schema.attributes.len());
        let schema = self.schema.with_member(&member, domain);
        let inner = Writer { schema: &schema, shape: self.shape, lets: self.lets.clone() };
        let own = schema.attributes.last()?;
        let test = match random.below(3) {
            0 => comparisons::beside(random, &schema, own),
            _ => comparisons::comparison(random, &schema, own),
        }?;
        let word = random.word(&["some", "every"]);
        let condition = match random.below(4) {
            0 => test,
            1 => format!("not ({test})"),
            _ => {
                let join = random.word(&["and", "or"]);
                format!("{test} {join} {}", inner.condition(random, 1, Asks::Neither))
            }
        };
        Some(format!("({word} {member} in {of} where ({condition}))"))
    }
}
