//! The names of attributes as requests give them, dotted or nested.

use placet_core::NameTable;
use placet_model::Model;
use placet_model::types::AttributeId;

/// A place in an object that begins the names of attributes: `subject`, where there is a `subject.age`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ObjectId(u32);

impl ObjectId {
    /// The request itself.
    pub(crate) const ROOT: Self = Self(0);

    fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a key stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// An attribute, even where longer names begin with its own.
    Attribute(AttributeId),
    /// The beginning of longer names alone: an object is expected.
    Part(ObjectId),
}

/// The names of a policy's attributes.
#[derive(Debug)]
pub(crate) struct AttributePaths {
    parts: Vec<ObjectPath>,
    keys: Vec<PathKey>,
}

#[derive(Debug)]
struct ObjectPath {
    /// An attribute whose name begins with the part's path, and how long that is.
    path: (AttributeId, usize),
    /// The segments that names go on with; of the request itself, also all dotted names.
    keys: NameTable<Option<KeyId>>,
}

/// A key that can stand in an object, by its place among all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyId(u32);

#[derive(Debug)]
struct PathKey {
    text: Box<str>,
    /// The attribute whose name ends here.
    attribute: Option<AttributeId>,
    /// What goes on with other names.
    rest: Option<ObjectId>,
}

impl PathKey {
    fn target(&self) -> Option<Target> {
        self.attribute.map(Target::Attribute).or(self.rest.map(Target::Part))
    }
}

impl AttributePaths {
    /// The names of a model's attributes. Cost: linear in their length.
    pub(crate) fn new(model: &Model) -> Self {
        let mut names = Self { parts: Vec::new(), keys: Vec::new() };
        names.new_part(AttributeId::new(0), 0);
        for (id, attribute) in model.attribute_ids() {
            // INVARIANT: parts and keys are numbered as they are made, so that each there is a number of is there.
            let _ = names.add(id, &attribute.name);
        }
        names.parts.iter_mut().for_each(|part| part.keys.pack());
        names
    }

    fn add(&mut self, id: AttributeId, name: &str) -> Option<()> {
        self.key_mut(ObjectId::ROOT, name)?.attribute = Some(id);
        let Some((way, last)) = name.rsplit_once('.') else { return Some(()) };
        let mut part = ObjectId::ROOT;
        let mut end = 0;
        for segment in way.split('.') {
            end += segment.len();
            part = match self.key_mut(part, segment)?.rest {
                Some(part) => part,
                None => {
                    let new = self.new_part(id, end);
                    self.key_mut(part, segment)?.rest = Some(new);
                    new
                }
            };
            end += 1;
        }
        self.key_mut(part, last)?.attribute = Some(id);
        Some(())
    }

    fn new_part(&mut self, id: AttributeId, end: usize) -> ObjectId {
        // INVARIANT: here and below, there are no more parts and keys than bytes in the policy, which are fewer than fit.
        let new = ObjectId(u32::try_from(self.parts.len()).unwrap_or(u32::MAX));
        self.parts.push(ObjectPath { path: (id, end), keys: NameTable::default() });
        new
    }

    fn key_mut(&mut self, part: ObjectId, text: &str) -> Option<&mut PathKey> {
        let new = KeyId(u32::try_from(self.keys.len()).unwrap_or(u32::MAX));
        let id = *self.parts.get_mut(part.index())?.keys.entry(text).get_or_insert(new);
        if id == new {
            self.keys.push(PathKey { text: text.into(), attribute: None, rest: None });
        }
        self.keys.get_mut(id.index())
    }

    /// The attribute of a whole name. Cost: one look-up.
    pub(crate) fn attribute(&self, name: &str) -> Option<AttributeId> {
        self.at(ObjectId::ROOT, name)?.1.attribute
    }

    /// How many keys there are.
    pub(crate) fn keys(&self) -> usize {
        self.keys.len()
    }

    /// Whether a key is written so.
    #[inline]
    pub(crate) fn is(&self, key: KeyId, text: &str) -> bool {
        self.keys.get(key.index()).is_some_and(|key| *key.text == *text)
    }

    /// What a key stands for in an object at `part`, and its number, unless it is put together of several. Cost: one
    /// look-up for a plain key and for a whole name, one for each segment of another dotted one.
    pub(crate) fn find(&self, part: ObjectId, text: &str) -> Option<(Target, Option<KeyId>)> {
        if let Some((id, key)) = self.at(part, text) {
            return Some((key.target()?, Some(id)));
        }
        let (way, last) = text.rsplit_once('.')?;
        let within = way.split('.').try_fold(part, |part, segment| self.at(part, segment)?.1.rest)?;
        Some((self.at(within, last)?.1.target()?, None))
    }

    fn at(&self, part: ObjectId, text: &str) -> Option<(KeyId, &PathKey)> {
        let id = self.parts.get(part.index())?.keys.get(text)??;
        Some((id, self.keys.get(id.index())?))
    }

    /// The path of a key in an object at `part`, for errors.
    pub(crate) fn path(&self, model: &Model, part: ObjectId, key: &str) -> String {
        match self.part_path(model, part) {
            "" => key.to_owned(),
            path => format!("{path}.{key}"),
        }
    }

    /// The dotted path of a part; empty for the request itself.
    pub(crate) fn part_path<'m>(&self, model: &'m Model, part: ObjectId) -> &'m str {
        let path = self.parts.get(part.index()).map(|part| part.path);
        path.and_then(|(id, end)| model.attribute_name(id).get(..end)).unwrap_or_default()
    }
}

impl KeyId {
    /// Its place among all keys.
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

#[cfg(test)]
mod tests {
    use super::{AttributePaths, ObjectId, Target};
    use crate::Policy;

    #[test]
    fn keys_dotted_and_nested() {
        let policy = Policy::from_text(
            "policy p  request { a: bool  b.c: bool  b.c.d: bool  b.e.f: bool }  rule r { allow when a }",
        )
        .unwrap();
        let model = policy.model();
        let names = AttributePaths::new(model);
        let attribute = |name: &str| model.find(name).map(Target::Attribute);
        let find = |part, key: &str| names.find(part, key).map(|(target, _)| target);
        let root = |key: &str| find(ObjectId::ROOT, key);
        for name in ["a", "b.c", "b.c.d", "b.e.f"] {
            assert_eq!(root(name), attribute(name), "{name}");
        }
        let Some(Target::Part(b)) = root("b") else { panic!("`b` begins names") };
        let Some(Target::Part(e)) = root("b.e") else { panic!("`b.e` begins names") };
        assert_eq!(find(b, "c"), attribute("b.c"));
        assert_eq!(find(b, "c.d"), attribute("b.c.d"));
        assert_eq!(find(b, "e.f"), attribute("b.e.f"));
        assert_eq!(find(b, "e"), Some(Target::Part(e)));
        assert_eq!(find(e, "f"), attribute("b.e.f"));
        for key in ["", ".", "b.", ".b", "b..c", "c", "b.c.d.e", "a.b", "b.e.f.g"] {
            assert_eq!(root(key), None, "{key}");
        }
        let (_, key) = names.find(b, "c").unwrap();
        assert!(names.is(key.unwrap(), "c") && !names.is(key.unwrap(), "e"));
        assert_eq!(names.path(model, e, "g"), "b.e.g");
        assert_eq!(names.path(model, ObjectId::ROOT, "g"), "g");
    }
}
