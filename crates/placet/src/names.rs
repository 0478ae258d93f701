//! The names of attributes as requests give them, dotted or nested.

use foldhash::fast::FixedState;
use placet_model::Model;
use placet_model::types::AttributeId;
use std::collections::HashMap;
use std::sync::Arc;

/// A table whose keys are the policy's own.
///
/// The hash is a fast one with a fixed seed. Requests may choose what is looked up, but nothing of theirs is ever put
/// in, so whoever chooses can't make the table worse than the policy's own names did.
pub(crate) type Table<T> = HashMap<Arc<str>, T, FixedState>;

/// A place in an object that begins the names of attributes: `subject`, where there is a `subject.age`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PartId(u32);

impl PartId {
    /// The request itself.
    pub(crate) const ROOT: Self = Self(0);

    fn index(self) -> usize {
        self.0 as usize
    }

    /// A number for each, from 0.
    pub(crate) fn number(self) -> u32 {
        self.0
    }
}

/// What a key stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// An attribute, even where longer names begin with its own.
    Attribute(AttributeId),
    /// The beginning of longer names alone: an object is expected.
    Part(PartId),
}

/// The names of a policy's attributes.
#[derive(Debug)]
pub(crate) struct Names {
    whole: Table<AttributeId>,
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    /// An attribute whose name begins with the part's path, and how long that is.
    path: (AttributeId, usize),
    segments: Table<Segment>,
}

/// What a segment of a name may be, as the last one and before others.
#[derive(Debug, Clone, Copy, Default)]
struct Segment {
    attribute: Option<AttributeId>,
    part: Option<PartId>,
}

impl Names {
    /// The names of a model's attributes. Cost: linear in their length.
    pub(crate) fn new(model: &Model) -> Self {
        let mut names = Self { whole: Table::default(), parts: Vec::new() };
        names.new_part(AttributeId::new(0), 0);
        for (id, attribute) in model.attribute_ids() {
            names.whole.insert(attribute.name.clone(), id);
            // INVARIANT: parts are numbered as they are made, so that each there is a number of is there.
            let _ = names.add(id, &attribute.name);
        }
        names
    }

    fn add(&mut self, id: AttributeId, name: &str) -> Option<()> {
        let (way, last) = name.rsplit_once('.').unwrap_or(("", name));
        let mut part = PartId::ROOT;
        let mut end = 0;
        for segment in way.split('.').filter(|segment| !segment.is_empty()) {
            end += segment.len();
            part = match self.segment(part, segment)?.part {
                Some(part) => part,
                None => {
                    let new = self.new_part(id, end);
                    self.segment(part, segment)?.part = Some(new);
                    new
                }
            };
            end += 1;
        }
        self.segment(part, last)?.attribute = Some(id);
        Some(())
    }

    fn new_part(&mut self, id: AttributeId, end: usize) -> PartId {
        // INVARIANT: there are no more parts than bytes in the policy, which are fewer than fit.
        let new = PartId(u32::try_from(self.parts.len()).unwrap_or(u32::MAX));
        self.parts.push(Part { path: (id, end), segments: Table::default() });
        new
    }

    fn segment(&mut self, part: PartId, segment: &str) -> Option<&mut Segment> {
        Some(self.parts.get_mut(part.index())?.segments.entry(segment.into()).or_default())
    }

    /// The attribute of a whole name. Cost: one look-up.
    pub(crate) fn attribute(&self, name: &str) -> Option<AttributeId> {
        self.whole.get(name).copied()
    }

    /// What a key stands for in an object at `part`. Cost: one look-up for a plain key, one for each segment of a
    /// dotted one.
    pub(crate) fn find(&self, part: PartId, key: &str) -> Option<Target> {
        if let Some(segment) = self.at(part, key) {
            return segment.target();
        }
        if part == PartId::ROOT
            && let Some(id) = self.attribute(key)
        {
            return Some(Target::Attribute(id));
        }
        let (way, last) = key.rsplit_once('.')?;
        let within = way.split('.').try_fold(part, |part, segment| self.at(part, segment)?.part)?;
        self.at(within, last)?.target()
    }

    fn at(&self, part: PartId, segment: &str) -> Option<Segment> {
        self.parts.get(part.index())?.segments.get(segment).copied()
    }

    /// The path of a key in an object at `part`, for errors.
    pub(crate) fn path(&self, model: &Model, part: PartId, key: &str) -> String {
        match self.part_path(model, part) {
            "" => key.to_owned(),
            path => format!("{path}.{key}"),
        }
    }

    /// The dotted path of a part; empty for the request itself.
    pub(crate) fn part_path<'m>(&self, model: &'m Model, part: PartId) -> &'m str {
        let path = self.parts.get(part.index()).map(|part| part.path);
        path.and_then(|(id, end)| model.attribute_name(id).get(..end)).unwrap_or_default()
    }
}

impl Segment {
    fn target(self) -> Option<Target> {
        self.attribute.map(Target::Attribute).or(self.part.map(Target::Part))
    }
}

#[cfg(test)]
mod tests {
    use super::{Names, PartId, Target};
    use crate::Policy;

    #[test]
    fn keys_dotted_and_nested() {
        let policy = Policy::from_text(
            "policy p  request { a: bool  b.c: bool  b.c.d: bool  b.e.f: bool }  rule r { allow when a }",
        )
        .unwrap();
        let model = policy.model();
        let names = Names::new(model);
        let attribute = |name: &str| model.find(name).map(Target::Attribute);
        let root = |key: &str| names.find(PartId::ROOT, key);
        for name in ["a", "b.c", "b.c.d", "b.e.f"] {
            assert_eq!(root(name), attribute(name), "{name}");
        }
        let Some(Target::Part(b)) = root("b") else { panic!("`b` begins names") };
        let Some(Target::Part(e)) = root("b.e") else { panic!("`b.e` begins names") };
        assert_eq!(names.find(b, "c"), attribute("b.c"));
        assert_eq!(names.find(b, "c.d"), attribute("b.c.d"));
        assert_eq!(names.find(b, "e.f"), attribute("b.e.f"));
        assert_eq!(names.find(b, "e"), Some(Target::Part(e)));
        assert_eq!(names.find(e, "f"), attribute("b.e.f"));
        for key in ["", ".", "b.", ".b", "b..c", "c", "b.c.d.e", "a.b", "b.e.f.g"] {
            assert_eq!(root(key), None, "{key}");
        }
        assert_eq!(names.path(model, e, "g"), "b.e.g");
        assert_eq!(names.path(model, PartId::ROOT, "g"), "g");
    }
}
