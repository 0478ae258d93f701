//! The paths of attributes in requests, dotted or nested.
//!
//! The paths form a tree: each object has a table from keys to attributes and nested objects. The root also has all
//! dotted names, so a full name takes one look-up. Keys are numbered, which lets a writer predict the next key.

use placet_core::NameTable;
use placet_model::Model;
use placet_model::types::AttributeId;

/// An object in the tree of paths: `subject` if there is an attribute `subject.age`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ObjectId(u32);

impl ObjectId {
    /// The request itself.
    pub(crate) const ROOT: Self = Self(0);

    fn index(self) -> usize {
        self.0 as usize
    }
}

/// The target of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// An attribute, even if it is also a prefix of longer names.
    Attribute(AttributeId),
    /// Only a prefix of longer names: the value must be an object.
    Part(ObjectId),
}

/// The tree of a policy's attribute paths.
#[derive(Debug)]
pub(crate) struct AttributePaths {
    parts: Vec<ObjectPath>,
    keys: Vec<PathKey>,
}

#[derive(Debug)]
struct ObjectPath {
    /// An attribute whose name begins with the object's path, and the length of the path.
    path: (AttributeId, usize),
    /// The next segments of names; for the root, also all dotted names.
    keys: NameTable<Option<KeyId>>,
}

/// The index of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyId(u32);

#[derive(Debug)]
struct PathKey {
    text: Box<str>,
    /// The attribute whose name ends here.
    attribute: Option<AttributeId>,
    /// The object with the rest of longer names.
    rest: Option<ObjectId>,
}

impl PathKey {
    fn target(&self) -> Option<Target> {
        self.attribute.map(Target::Attribute).or(self.rest.map(Target::Part))
    }
}

impl AttributePaths {
    /// Builds the tree of a model's attributes. Cost: linear in the length of their names.
    pub(crate) fn new(model: &Model) -> Self {
        let mut names = Self { parts: Vec::new(), keys: Vec::new() };
        names.new_part(AttributeId::new(0), 0);
        for (id, attribute) in model.declared() {
            // INVARIANT: objects and keys are numbered in order of creation, so every number is a valid index.
            let _ = names.add(id, &attribute.name);
        }
        // Packed last: adding a key would discard the packed table.
        names.parts.iter_mut().for_each(|part| part.keys.pack());
        names
    }

    fn add(&mut self, id: AttributeId, name: &str) -> Option<()> {
        // The full name is a key of the root, so that the usual form takes one look-up.
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
        // INVARIANT: here and below, there are at most as many objects and keys as bytes in the policy, which fit.
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

    /// Returns the attribute with this full name. Cost: one look-up.
    pub(crate) fn attribute(&self, name: &str) -> Option<AttributeId> {
        self.at(ObjectId::ROOT, name)?.1.attribute
    }

    /// Returns the number of keys.
    pub(crate) fn keys(&self) -> usize {
        self.keys.len()
    }

    /// Returns true if a key has this text.
    #[inline]
    pub(crate) fn is(&self, key: KeyId, text: &str) -> bool {
        self.keys.get(key.index()).is_some_and(|key| *key.text == *text)
    }

    /// Resolves a key of an object; returns its target and its id. A dotted key below the root has no id of its own.
    ///
    /// Cost: one look-up for a plain key and for a full name; one for each segment of any other dotted key.
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

    /// Returns the path of a key in an object, for errors.
    pub(crate) fn path(&self, model: &Model, part: ObjectId, key: &str) -> String {
        match self.part_path(model, part) {
            "" => key.to_owned(),
            path => format!("{path}.{key}"),
        }
    }

    /// Returns the dotted path of an object; empty for the root.
    pub(crate) fn part_path<'m>(&self, model: &'m Model, part: ObjectId) -> &'m str {
        let path = self.parts.get(part.index()).map(|part| part.path);
        path.and_then(|(id, end)| model.attribute_name(id).get(..end)).unwrap_or_default()
    }
}

impl KeyId {
    /// Returns the index among all keys.
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

#[cfg(test)]
mod tests {
    use super::{AttributePaths, ObjectId, Target};
    use crate::Policy;

    #[test]
    fn find_resolves_dotted_and_nested_keys() {
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
