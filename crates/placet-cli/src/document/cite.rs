//! Cites to clauses.

use super::number;
use super::{Document, folded};
use placet_core::closest;

/// The clause that a cite means.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Resolution {
    /// One clause.
    Clause(usize),
    /// Several clauses with the same name.
    Ambiguous(Vec<usize>),
    /// No clause; perhaps one with a similar name is meant.
    Unknown { similar: Option<String> },
}

impl Document {
    /// Resolves a cite, which is a name as [`Clause::name`](super::Clause::name) has it, a title, or a number in another
    /// form, such as `Section 3(2)(a)`. A number without the name of a part means the first part.
    pub(crate) fn resolve(&self, cite: &str) -> Resolution {
        let cite = folded(cite);
        let (part, rest) =
            self.split_part(&cite).map_or((None, cite.as_str()), |(part, rest)| (Some(part), rest));
        if let Some(part) = part
            && rest.is_empty()
        {
            return self
                .parts
                .get(part)
                .map_or_else(|| self.found(&[], &cite), |part| Resolution::Clause(part.clause));
        }
        let numbered = number::cited(rest).map(|(kind, number)| {
            let clauses = self.numbered(part.unwrap_or(0), &number);
            let kinds = |index: &&usize| self.clauses.get(**index).map(|clause| clause.kind);
            let same: Vec<usize> =
                clauses.iter().filter(|index| kinds(index) == Some(kind)).copied().collect();
            // `§3` may mean `Article 3`, but `Art. 3` never means `Chapter 3`.
            let other = |index: &&usize| kind.is_none() || kinds(index) == Some(None);
            if same.is_empty() { clauses.iter().filter(other).copied().collect() } else { same }
        });
        if let Some(found) = numbered.filter(|found: &Vec<usize>| !found.is_empty()) {
            return self.found(&found, &cite);
        }
        if let Some(found) = self.index.names.get(&(part.unwrap_or(0), rest.to_owned())) {
            return self.found(found, &cite);
        }
        let titled = self.index.titles.get(rest).map_or(&[][..], Vec::as_slice).iter().copied();
        let in_part =
            |index: &usize| part.is_none() || self.clauses.get(*index).map(|clause| clause.part) == part;
        self.found(&titled.filter(in_part).collect::<Vec<usize>>(), &cite)
    }

    fn found(&self, clauses: &[usize], cite: &str) -> Resolution {
        match clauses {
            [] => {
                // Every number is near to another one.
                let names = self.clauses.iter().filter(|clause| clause.number.is_empty());
                let names = names.map(|clause| clause.name.as_str());
                Resolution::Unknown { similar: closest(cite, names).map(str::to_owned) }
            }
            [clause] => Resolution::Clause(*clause),
            several => Resolution::Ambiguous(several.to_vec()),
        }
    }

    /// Splits the name of a part off a cite.
    fn split_part<'c>(&self, cite: &'c str) -> Option<(usize, &'c str)> {
        let labels = self.parts.iter().enumerate().flat_map(|(index, part)| {
            let title = self.clauses.get(part.clause).map_or("", |clause| &clause.title);
            [(index, part.label.as_str()), (index, title)]
        });
        let split = labels.filter(|(_, label)| !label.is_empty()).filter_map(|(index, label)| {
            let rest = cite.strip_prefix(&folded(label))?;
            (rest.is_empty() || rest.starts_with([' ', ',', '§']))
                .then(|| (index, rest.trim_start_matches([' ', ','])))
        });
        split.min_by_key(|(_, rest)| rest.len())
    }

    /// Returns the clauses with a number. `3a` may be a section of its own, or the item a of section 3.
    fn numbered(&self, part: usize, number: &[String]) -> &[usize] {
        let find = |number: Vec<String>| self.index.numbers.get(&(part, number)).map(Vec::as_slice);
        let split = || {
            let components = number.iter().flat_map(|component| {
                let letter = component.trim_start_matches(|c: char| c.is_ascii_digit());
                let digits = component.strip_suffix(letter).unwrap_or_default();
                [digits, letter].into_iter().filter(|part| !part.is_empty()).map(str::to_owned)
            });
            find(components.collect())
        };
        find(number.to_vec()).or_else(split).unwrap_or(&[])
    }
}
