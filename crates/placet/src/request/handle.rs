//! Handles: attributes and their values, looked up once and used in any number of requests.
//!
//! A handle carries the number of its schema. A request compares it with its own, so that a handle of another policy is
//! an error and never addresses a wrong attribute.

use crate::request::schema::{Kind, PutError, Schema};
use crate::request::symbol_table::{add_symbols, universe};
use crate::request::writer::RequestWriter;
use placet_core::{closest, did_you_mean, quoted};
use placet_model::request::{ErrorCode, RequestError};
use placet_model::temporal::{Date, Duration, Time};
use placet_model::types::{AttributeId, Universe};
use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::Arc;
use std::time::SystemTime;

/// A handle of an attribute whose values have the Rust type `T`. [`Policy::attribute`] returns it and [`Request::put`]
/// takes it.
///
/// It is a pair of numbers: cheap to copy, and valid as long as its policy. Requests of other policies refuse it.
///
/// [`Policy::attribute`]: crate::Policy::attribute
/// [`Request::put`]: crate::Request::put
pub struct Attribute<T: ?Sized> {
    pub(crate) schema: u64,
    pub(crate) id: AttributeId,
    of: PhantomData<fn(&T)>,
}

impl<T: ?Sized> Clone for Attribute<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for Attribute<T> {}

impl<T: ?Sized> fmt::Debug for Attribute<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attribute").field("id", &self.id.index()).finish_non_exhaustive()
    }
}

/// A value of an enum or a taxonomy, returned by [`Policy::symbol`](crate::Policy::symbol).
///
/// As the value of an attribute, an inner node of a taxonomy means *one of its leaves, but it is not known which*. As
/// the member of a set it means all its leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Symbol {
    schema: u64,
    /// The number of the type's symbol table. Attributes of one type share it, so they share their symbols.
    table: u32,
    first: u32,
    end: u32,
}

/// A set over an enum or a taxonomy, returned by [`Policy::symbol_set`](crate::Policy::symbol_set).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SymbolSet {
    schema: u64,
    table: u32,
    words: Arc<[u64]>,
}

/// A Rust type for the values of attributes.
///
/// | `T` | attributes |
/// | --- | --- |
/// | `bool` | `bool` |
/// | `i64`, and integers of 8 to 64 bits | `int` |
/// | `f64`, `f32` | `number` |
/// | `str` | `string` |
/// | [`Symbol`] | enums and taxonomies |
/// | `[Symbol]`, [`SymbolSet`] | sets of them |
/// | `[&str]`, `[String]` | `set of string` |
/// | [`Date`], [`Time`], [`Duration`] | `date`, `time`, `duration` |
/// | [`SystemTime`], [`std::time::Duration`] | `time`, `duration` |
///
/// Values convert by the rules of [`Input`](crate::Input): one that the attribute's type can't represent is outside its
/// domain. Types of other crates are put as [`Time`] and its siblings, which convert from them.
pub trait AttributeType: sealed::Take {
    /// The argument of [`Request::put`](crate::Request::put): `T` itself, or a reference to it.
    type Given<'v>: Copy + fmt::Debug;
}

/// A type whose values consist of [`Symbol`]s.
pub trait SymbolType: AttributeType {}

impl SymbolType for Symbol {}
impl SymbolType for [Symbol] {}
impl SymbolType for SymbolSet {}

/// The type parameter of a handle that identifies its attribute but can't put values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Untyped {}

mod sealed {
    use super::{AttributeId, AttributeType, Kind, PutError, RequestWriter};

    /// Writes a value of this type into a request. Sealed: the writer is private.
    pub trait Take {
        /// The type's name in Rust, for errors.
        const NAME: &'static str;

        const KIND: Kind;

        fn take(
            writer: &mut RequestWriter<'_>,
            id: AttributeId,
            given: Self::Given<'_>,
        ) -> Result<(), PutError>
        where
            Self: AttributeType;
    }
}

macro_rules! take {
    ($($of:ty: <$v:lifetime> $given:ty, $kind:ident => |$writer:ident, $id:ident, $value:ident| $put:expr;)*) => {
        $(impl AttributeType for $of {
            type Given<$v> = $given;
        }

        impl sealed::Take for $of {
            const NAME: &'static str = stringify!($of);

            const KIND: Kind = Kind::$kind;

            #[inline]
            fn take($writer: &mut RequestWriter<'_>, $id: AttributeId, $value: <Self as AttributeType>::Given<'_>) -> Result<(), PutError> {
                $put
            }
        })*
    };
}

take! {
    bool: <'v> bool, Bool => |writer, id, value| writer.symbol(id, u32::from(value));
    i64: <'v> i64, Int => |writer, id, value| writer.ordinal(id, value);
    i32: <'v> i32, Int => |writer, id, value| writer.ordinal(id, value.into());
    i16: <'v> i16, Int => |writer, id, value| writer.ordinal(id, value.into());
    i8: <'v> i8, Int => |writer, id, value| writer.ordinal(id, value.into());
    u64: <'v> u64, Int => |writer, id, value| {
        writer.ordinal(id, i64::try_from(value).map_err(|_| PutError::OUTSIDE_DOMAIN)?)
    };
    u32: <'v> u32, Int => |writer, id, value| writer.ordinal(id, value.into());
    u16: <'v> u16, Int => |writer, id, value| writer.ordinal(id, value.into());
    u8: <'v> u8, Int => |writer, id, value| writer.ordinal(id, value.into());
    f64: <'v> f64, Number => |writer, id, value| writer.number(id, value);
    f32: <'v> f32, Number => |writer, id, value| writer.number(id, value.into());
    str: <'v> &'v str, String => |writer, id, value| writer.string(id, value);
    Date: <'v> Date, Date => |writer, id, value| writer.ordinal(id, value.days().into());
    Time: <'v> Time, Time => |writer, id, value| writer.ordinal(id, value.micros());
    Duration: <'v> Duration, Duration => |writer, id, value| writer.ordinal(id, value.micros());
    SystemTime: <'v> SystemTime, Time => |writer, id, value| writer.ordinal(id, Time::from(value).micros());
    std::time::Duration: <'v> std::time::Duration, Duration => |writer, id, value| {
        let duration = Duration::try_from(value).map_err(|_| PutError::OUTSIDE_DOMAIN)?;
        writer.ordinal(id, duration.micros())
    };
    Symbol: <'v> Symbol, Symbol => |writer, id, value| {
        let symbols = value.of(writer.schema, id)?;
        writer.symbols(id, symbols)
    };
    [Symbol]: <'v> &'v [Symbol], Symbols => |writer, id, value| {
        writer.begin_set(id)?;
        for symbol in value {
            let symbols = symbol.of(writer.schema, id)?;
            writer.add_members(symbols);
        }
        writer.end_set(id)
    };
    SymbolSet: <'v> &'v SymbolSet, Symbols => |writer, id, value| {
        value.check(writer.schema, id)?;
        writer.words(id, &value.words)
    };
    [&str]: <'v> &'v [&'v str], Texts => |writer, id, value| {
        writer.strings(id, value.iter().copied())
    };
    [String]: <'v> &'v [String], Texts => |writer, id, value| {
        writer.strings(id, value.iter().map(String::as_str))
    };
}

impl Attribute<Untyped> {
    pub(crate) fn untyped(schema: &Schema, name: &str) -> Result<Self, RequestError> {
        Ok(Self { schema: schema.id, id: schema.attribute(name)?, of: PhantomData })
    }
}

impl<T: AttributeType + ?Sized> Attribute<T> {
    pub(crate) fn new(schema: &Schema, name: &str) -> Result<Self, RequestError> {
        let model = schema.program.model();
        let found = schema.names.attribute(name).and_then(|id| Some((id, model.attribute(id)?)));
        let Some((id, attribute)) = found else { return Err(RequestError::unknown(model, name)) };
        if Kind::from(&attribute.kind) != T::KIND {
            return Err(RequestError::new(
                ErrorCode::WrongType,
                format!("`{name}` is {}, which is not given as `{}`", attribute.declared_type(), T::NAME),
                Some(name.to_owned()),
                attribute.declared_type().to_string(),
            ));
        }
        Ok(Self { schema: schema.id, id, of: PhantomData })
    }
}

impl<T: ?Sized> Attribute<T> {
    /// Returns the index among the policy's attributes, from 0, in the order of [`Policy::attributes`].
    ///
    /// ```
    /// use placet::Policy;
    ///
    /// let policy = Policy::from_text("policy p  request { x: bool  y: bool }  rule r { allow when x and y }")?;
    /// let y = policy.attribute::<bool>("y")?;
    /// assert_eq!(policy.attributes().nth(y.index()).map(|y| y.name()), Some("y"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// [`Policy::attributes`]: crate::Policy::attributes
    pub fn index(self) -> usize {
        self.id.index()
    }

    pub(crate) fn foreign(schema: &Schema) -> RequestError {
        schema.foreign("handle", "made")
    }

    /// Checks that the handle belongs to this policy.
    #[inline]
    pub(crate) fn check(self, schema: &Schema) -> Result<(), RequestError> {
        if self.schema == schema.id { Ok(()) } else { Err(Self::foreign(schema)) }
    }
}

impl Symbol {
    pub(crate) fn new<T: ?Sized>(
        schema: &Schema,
        attribute: Attribute<T>,
        name: &str,
    ) -> Result<Self, RequestError> {
        attribute.check(schema)?;
        let (table, symbols) = find(schema, attribute.id, name)?;
        Ok(Self { schema: schema.id, table, first: symbols.start, end: symbols.end })
    }

    /// Returns the symbols of the value, if the attribute has its type.
    fn of(self, schema: &Schema, id: AttributeId) -> Result<Range<u32>, PutError> {
        if self.schema == schema.id && schema.symbol_tables.number(id) == Some(self.table) {
            Ok(self.first..self.end)
        } else {
            Err(PutError::WRONG_TYPE)
        }
    }
}

impl SymbolSet {
    pub(crate) fn new<'n, T: ?Sized>(
        schema: &Schema,
        attribute: Attribute<T>,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Result<Self, RequestError> {
        attribute.check(schema)?;
        let table = schema.symbol_tables.get(attribute.id).zip(schema.symbol_tables.number(attribute.id));
        // INVARIANT: attributes whose values consist of symbols have a symbol table.
        let (words, number) = table.map_or((0, u32::MAX), |(table, number)| (table.words(), number));
        let mut set = vec![0; words];
        for name in names {
            add_symbols(&mut set, find(schema, attribute.id, name)?.1);
        }
        Ok(Self { schema: schema.id, table: number, words: set.into() })
    }

    fn check(&self, schema: &Schema, id: AttributeId) -> Result<(), PutError> {
        if self.schema == schema.id && schema.symbol_tables.number(id) == Some(self.table) {
            Ok(())
        } else {
            Err(PutError::WRONG_TYPE)
        }
    }
}

/// Returns the number of an attribute's symbol table, and the symbols of a name in it.
fn find(schema: &Schema, id: AttributeId, name: &str) -> Result<(u32, Range<u32>), RequestError> {
    let found =
        schema.symbol_tables.number(id).zip(schema.symbol_tables.get(id).and_then(|table| table.find(name)));
    found.ok_or_else(|| {
        let mut error = schema.refused(id, PutError::OUTSIDE_DOMAIN, &quoted(name));
        let attribute = schema.program.model().attribute(id);
        let names = attribute.and_then(|attribute| universe(&attribute.kind)).map(Universe::names);
        error.message.push_str(&did_you_mean(closest(name, names.unwrap_or_default())));
        error
    })
}
