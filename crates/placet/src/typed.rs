//! Typed requests: structs whose fields are attributes, bound to a policy once and decided without any look-up.
//!
//! The derive macros describe a struct ([`Fields`]) and read its values in the order of that description ([`Reader`]).
//! [`Binding`] checks the description against the policy, and reads values in two ways: into the masks of
//! [`ValueMasks`](placet_program::value_masks::ValueMasks), which decide complete requests at once, or into the frame of
//! an ordinary request, which decides all others, gives the reasons and finds the errors. [`BoundPolicy`] is the binding of
//! a Rust type; other languages describe their fields at run time ([`Fields::named`]) and read them with [`ReadValues`].

mod bind;
mod binding;
mod bound_policy;
mod reader;
mod set;
mod values;

pub use bind::{BindError, Mismatch};
pub use binding::Binding;
pub use bound_policy::BoundPolicy;
#[cfg(feature = "derive")]
pub use placet_derive::{Attributes, Symbols};
pub use set::Set;

use crate::declarations::{Domain, SymbolNames};
use crate::request::schema::Kind;
use crate::request::writer::ordinal_from_text;

/// The values of a request: a struct whose fields are the policy's attributes. Derive it.
///
/// A field is the attribute of its name. The fields of a nested struct have dotted names: `subject.age`.
///
/// | field | attribute |
/// | --- | --- |
/// | `bool` | `bool` |
/// | integers of 8 to 64 bits | `int` |
/// | `f64`, `f32` | `number` |
/// | `String`, `&str`, `Cow<str>`, `Box<str>`, `Arc<str>` | `string` |
/// | an enum that derives [`Symbols`] | an enum or a taxonomy |
/// | [`Set<E>`](crate::Set), `Vec<E>`, `&[E]`, arrays, `HashSet<E>`, `BTreeSet<E>` of such an enum | a set of one |
/// | the same of `String` or `&str`, without `Set` | `set of string` |
/// | [`Date`](crate::Date), [`Time`](crate::Time), [`Duration`](crate::Duration) | `date`, `time`, `duration` |
/// | `SystemTime`, `std::time::Duration` | `time`, `duration` |
/// | `Option` of any of them | one that may be missing; `None` is the `none` of an optional attribute |
///
/// serde's `rename`, `rename_all`, `flatten`, `skip` and `skip_serializing` apply, so that a struct has the same names in
/// JSON; `#[placet(rename = "…", rename_all = "…", flatten, skip)]` take precedence.
///
/// ```
/// use placet::{Attributes, Policy, Symbols};
///
/// #[derive(Attributes)]
/// struct Ask {
///     subject: Subject,
///     purpose: Purpose,
/// }
///
/// #[derive(Attributes)]
/// struct Subject {
///     age: Option<u8>,
/// }
///
/// #[derive(Symbols)]
/// #[placet(rename_all = "snake_case")]
/// enum Purpose {
///     Deliver,
///     TrainModels,
/// }
///
/// let policy = Policy::from_text("
///     policy shop
///     request { subject.age: int 0..150  purpose: { deliver, train_models } }
///     rule delivery { allow when purpose is deliver }
///     rule training { allow when purpose is train_models and subject.age >= 18 }
/// ")?;
/// let policy = policy.bind::<Ask>()?;
/// assert!(policy.is_allowed(&Ask { subject: Subject { age: None }, purpose: Purpose::Deliver })?);
/// assert!(policy.is_allowed(&Ask { subject: Subject { age: Some(30) }, purpose: Purpose::TrainModels })?);
/// let decision = policy.decide(&Ask { subject: Subject { age: None }, purpose: Purpose::TrainModels })?;
/// assert_eq!(decision.missing, ["subject.age".into()]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` holds no value of an attribute",
    note = "structs derive `placet::Attributes`, enums derive `placet::Symbols`",
    note = "`#[placet(skip)]` leaves a field out"
)]
pub trait Attributes {
    /// The number of values.
    #[doc(hidden)]
    const COUNT: usize;

    /// Describes the values in the order in which [`Attributes::read`] reads them.
    #[doc(hidden)]
    fn describe(place: &Place<'_>, fields: &mut Fields);

    /// Reads the values. Inlined into the loop over a struct's fields, whose positions are then constants. Called twice for
    /// some decisions: both must read the same values.
    #[doc(hidden)]
    fn read<R: Reader>(&self, reader: &mut R);

    /// Reads as many missing values as [`Attributes::read`] reads values.
    #[doc(hidden)]
    fn read_missing<R: Reader>(reader: &mut R);
}

/// An enum whose variants are names of an enum or nodes of a taxonomy. Derive it.
///
/// A variant has its own name, or that of serde's `rename` and `rename_all`, or of placet's. The policy may have more names
/// than the enum. A variant that names an inner node of a taxonomy means *one of its leaves, but it is not known which*; as
/// the member of a set it means all its leaves.
///
/// ```
/// use placet::Symbols;
///
/// #[derive(Symbols)]
/// #[placet(rename_all = "snake_case")]
/// enum Recipient {
///     #[placet(rename = "self")]
///     Own,
///     ThirdParty,
/// }
///
/// assert_eq!(Recipient::NAMES, ["self", "third_party"]);
/// assert_eq!(Recipient::ThirdParty.index(), 1);
/// ```
pub trait Symbols {
    /// The names of the variants.
    const NAMES: &'static [&'static str];

    /// Returns the index of the variant among [`Symbols::NAMES`]. Called more than once for some decisions: it must be the
    /// same each time.
    fn index(&self) -> usize;
}

/// A member of a set: a variant or a text.
#[doc(hidden)]
pub trait Member {
    /// Describes a set of such members.
    fn describe(place: &Place<'_>, fields: &mut Fields);

    /// Reads a set.
    fn read_all<'m, R: Reader>(members: impl Iterator<Item = &'m Self> + Clone, reader: &mut R)
    where
        Self: 'm;
}

/// The values of a request, in the order of their description.
#[doc(hidden)]
pub trait ReadValues {
    /// The number of values, if it is a constant: a compiler then drops checks.
    const COUNT: Option<usize> = None;

    /// True if the values are read again where those whose masks must be searched for matter. False where reading costs
    /// more than the search.
    const DEFERS: bool;

    /// Reads the values. Called twice for some decisions: both must read the same values.
    fn read_values<R: Reader>(&self, reader: &mut R);
}

impl<T: Attributes> ReadValues for T {
    const COUNT: Option<usize> = Some(<T as Attributes>::COUNT);
    const DEFERS: bool = true;

    #[inline(always)]
    fn read_values<R: Reader>(&self, reader: &mut R) {
        self.read(reader);
    }
}

/// The meaning of bytes as the values of the first fields.
#[doc(hidden)]
pub trait ReadByte {
    /// Reads the value that a byte stands for in the field with this index.
    fn read_byte<R: Reader>(&self, at: usize, byte: u8, reader: &mut R);
}

/// Takes the values of a request, in the order of their description.
#[doc(hidden)]
pub trait Reader: Sized {
    /// Takes the values of the first fields, all of them bytes.
    #[inline(always)]
    fn bytes(&mut self, bytes: impl ExactSizeIterator<Item = u8> + Clone, meaning: &impl ReadByte) {
        bytes.enumerate().for_each(|(at, byte)| meaning.read_byte(at, byte, self));
    }
    /// Takes a truth value.
    fn bool(&mut self, value: bool);
    /// Takes an integer.
    fn int(&mut self, value: i64);
    /// Takes an integer beyond `i64`.
    fn wide(&mut self, value: u64);
    /// Takes a number.
    fn number(&mut self, value: f64);
    /// Takes the ordinal of a date, a time or a duration; `None` for one that is out of range.
    fn ordinal(&mut self, value: Option<i64>);
    /// Takes a variant by its index.
    fn symbol(&mut self, index: usize);
    /// Takes a set of variants, one bit for each index.
    fn bits(&mut self, bits: u64);
    /// Takes a set of variants by their indices.
    fn members(&mut self, indices: impl Iterator<Item = usize> + Clone);
    /// Takes a text.
    fn text(&mut self, text: &str);
    /// Takes a set of texts.
    fn texts<'t>(&mut self, texts: impl Iterator<Item = &'t str> + Clone);
    /// Takes a missing value.
    fn missing(&mut self);
    /// Takes a value that isn't of the field's kind.
    fn unfit(&mut self);
}

/// The place of a value: the name of its attribute, and the field of the struct.
#[doc(hidden)]
#[derive(Debug, Clone, Default)]
pub struct Place<'p> {
    attribute: String,
    field: String,
    location: Option<(&'p str, u32)>,
}

impl Place<'_> {
    /// Returns the place of a field. Without a name, the fields of the nested struct stand beside the others.
    pub fn field(
        &self,
        ty: &str,
        field: &str,
        name: Option<&str>,
        file: &'static str,
        line: u32,
    ) -> Place<'static> {
        let attribute = match name {
            Some(name) if self.attribute.is_empty() => name.to_owned(),
            Some(name) => format!("{}.{name}", self.attribute),
            None => self.attribute.clone(),
        };
        Place { attribute, field: format!("{ty}::{field}"), location: Some((file, line)) }
    }
}

/// The description of a struct: one entry for each value.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Fields(Vec<Field>);

/// The description of a value.
#[derive(Debug)]
pub(crate) struct Field {
    /// The name of its attribute.
    attribute: String,
    /// The field, as `Struct::field`.
    field: String,
    /// The file and line of the field.
    location: Option<(String, u32)>,
    /// The type in the program, for messages.
    ty: String,
    kind: FieldKind,
    may_be_missing: bool,
}

/// The kind of a value.
#[doc(hidden)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldKind {
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `number`
    Number,
    /// `string`
    Text,
    /// A name of an enum or a taxonomy, with the names of the variants.
    Symbol(Vec<String>),
    /// A set of names.
    Symbols(Vec<String>),
    /// A set of strings.
    Texts,
    /// `date`
    Date,
    /// `time`
    Time,
    /// `duration`
    Duration,
}

impl From<Domain<'_>> for FieldKind {
    /// Returns the kind of all values of a domain: the variants are all names, those of values first.
    fn from(domain: Domain<'_>) -> Self {
        let names = |symbols: SymbolNames<'_>| {
            symbols.values().chain(symbols.groups()).map(ToOwned::to_owned).collect::<Vec<String>>()
        };
        match domain {
            Domain::Bool => Self::Bool,
            Domain::Int { .. } => Self::Int,
            Domain::Number { .. } => Self::Number,
            Domain::String => Self::Text,
            Domain::Symbol(symbols) => Self::Symbol(names(symbols)),
            Domain::SymbolSet { symbols, .. } => Self::Symbols(names(symbols)),
            Domain::StringSet { .. } => Self::Texts,
            Domain::Date => Self::Date,
            Domain::Time => Self::Time,
            Domain::Duration => Self::Duration,
        }
    }
}

impl FieldKind {
    /// Returns the kind of attribute that takes these values.
    fn kind(&self) -> Kind {
        match self {
            Self::Bool => Kind::Bool,
            Self::Int => Kind::Int,
            Self::Number => Kind::Number,
            Self::Text => Kind::String,
            Self::Symbol(_) => Kind::Symbol,
            Self::Symbols(_) => Kind::Symbols,
            Self::Texts => Kind::Texts,
            Self::Date => Kind::Date,
            Self::Time => Kind::Time,
            Self::Duration => Kind::Duration,
        }
    }

    /// Returns the ordinal of a date, a time or an ISO 8601 duration; `None` if the text isn't one of this kind.
    pub fn ordinal(&self, text: &str) -> Option<i64> {
        ordinal_from_text(self.kind(), text).ok()
    }
}

impl Fields {
    /// Adds a value that is described at run time: the name of its attribute, the field and its type for messages.
    pub fn named(&mut self, attribute: &str, field: &str, ty: &str, kind: FieldKind, may_be_missing: bool) {
        let (attribute, field, ty) = (attribute.to_owned(), field.to_owned(), ty.to_owned());
        self.0.push(Field { attribute, field, location: None, ty, kind, may_be_missing });
    }

    /// Returns these values and then others.
    pub fn followed_by(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// Adds a value.
    pub fn value<T: ?Sized>(&mut self, place: &Place<'_>, kind: FieldKind) {
        self.0.push(Field {
            attribute: place.attribute.clone(),
            field: place.field.clone(),
            location: place.location.map(|(file, line)| (file.to_owned(), line)),
            // Without the path, as the program writes it.
            ty: std::any::type_name::<T>().rsplit("::").next().unwrap_or_default().to_owned(),
            kind,
            may_be_missing: false,
        });
    }

    /// Adds a variant of an enum.
    pub fn symbol<E: Symbols>(&mut self, place: &Place<'_>) {
        self.value::<E>(place, FieldKind::Symbol(names::<E>()));
    }

    /// Adds a set of variants of an enum.
    pub fn symbols<E: Symbols>(&mut self, place: &Place<'_>) {
        self.value::<E>(place, FieldKind::Symbols(names::<E>()));
    }

    /// Adds values that may be missing.
    pub fn optional<T: Attributes + ?Sized>(&mut self, place: &Place<'_>) {
        let first = self.0.len();
        T::describe(place, self);
        self.0.iter_mut().skip(first).for_each(|field| field.may_be_missing = true);
    }
}

fn names<E: Symbols>() -> Vec<String> {
    E::NAMES.iter().map(ToString::to_string).collect()
}
