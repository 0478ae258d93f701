//! A serde serializer that fills a request from a struct or a map, by the same rules as JSON.
//!
//! [`Receiver`] is the serializer of one value, [`Fields`] and [`Members`] those of objects and sets. No intermediate
//! value is built: each scalar goes straight into the [`RequestWriter`].

mod key;

use self::key::Key;
use crate::request::paths::{ObjectId, Target};
use crate::request::schema::PutError;
use crate::request::symbol_cache::Variant;
use crate::request::writer::{KeyFault, Object, RequestWriter};
use placet_core::{excerpt_within, quoted};
use placet_model::request::{ErrorCode, RequestError};
use placet_model::types::AttributeId;
use serde::ser::{self, Impossible, Serialize, Serializer};
use std::fmt::{self, Display};

/// Fills a request from a value.
///
/// # Errors
/// The first error in the order in which the value serialises itself. The request is then empty.
pub(crate) fn fill<T: Serialize + ?Sized>(
    writer: &mut RequestWriter<'_>,
    value: &T,
) -> Result<(), RequestError> {
    writer.clear();
    let filled = value.serialize(Receiver { writer, position: Position::Object(ObjectId::ROOT) });
    filled.map_err(|fault| {
        writer.clear();
        match *fault.0 {
            Cause::Request(error) => error,
            Cause::Refused(_) => no_object("the request is no struct or map".to_owned()),
        }
    })
}

/// The maximum length of the message of a `Serialize` implementation, in characters.
const MAX_REASON_CHARS: usize = 200;

fn no_object(message: String) -> RequestError {
    RequestError::new(ErrorCode::InvalidJson, message, None, "a struct or map of the policy's attributes")
}

/// The error of the serializer. It is one word, so that results stay in registers.
#[derive(Debug)]
struct Fault(Box<Cause>);

#[derive(Debug)]
enum Cause {
    /// The writer refused the value. The enclosing object knows the attribute's name and completes the error.
    Refused(PutError),
    /// A complete error.
    Request(RequestError),
}

impl Fault {
    fn wrong_type() -> Self {
        PutError::WRONG_TYPE.into()
    }
}

impl From<PutError> for Fault {
    #[cold]
    fn from(refusal: PutError) -> Self {
        Self(Box::new(Cause::Refused(refusal)))
    }
}

impl From<RequestError> for Fault {
    #[cold]
    fn from(error: RequestError) -> Self {
        Self(Box::new(Cause::Request(error)))
    }
}

impl Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Cause::Refused(_) => f.write_str("a value does not fit"),
            Cause::Request(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Fault {}

impl ser::Error for Fault {
    fn custom<T: Display>(message: T) -> Self {
        no_object(format!(
            "the request could not be serialised: {}",
            excerpt_within(MAX_REASON_CHARS, message)
        ))
        .into()
    }
}

/// The position of a value.
#[derive(Debug, Clone, Copy)]
enum Position {
    /// The value must be an object.
    Object(ObjectId),
    /// The value of an attribute.
    Attribute(AttributeId),
    /// A member of an attribute's set.
    Member(AttributeId),
}

/// A scalar, by the method of the writer that takes it.
enum Scalar<'t> {
    Null,
    Bool(bool),
    Int(i64),
    WideInt(i128),
    Float(f64),
    Numeral(&'t str),
    Text(&'t str),
    Variant(Variant),
    Written(&'t dyn Display),
}

/// The serializer of one value.
struct Receiver<'i, 'a> {
    writer: &'i mut RequestWriter<'a>,
    position: Position,
}

impl<'i, 'a> Receiver<'i, 'a> {
    // Always inline, so that no `Scalar` is ever built: each caller reduces to the arms of its variant.
    #[inline(always)]
    fn scalar(self, scalar: Scalar<'_>) -> Result<(), Fault> {
        let writer = self.writer;
        let taken = match (self.position, scalar) {
            (Position::Attribute(id), Scalar::Null) => writer.null(id),
            (Position::Attribute(id), Scalar::Bool(value)) => writer.bool(id, value),
            (Position::Attribute(id), Scalar::Int(value)) => writer.int(id, value),
            (Position::Attribute(id), Scalar::WideInt(value)) => writer.wide_int(id, value),
            (Position::Attribute(id), Scalar::Float(value)) => writer.float(id, value),
            (Position::Attribute(id), Scalar::Numeral(text)) => writer.numeral(id, text),
            (Position::Attribute(id), Scalar::Text(text)) => writer.text(id, text),
            (Position::Attribute(id), Scalar::Variant(variant)) => writer.variant(id, variant),
            (Position::Attribute(id), Scalar::Written(value)) => writer.written(id, value),
            (Position::Member(id), Scalar::Text(text)) => writer.member(id, text),
            (Position::Member(id), Scalar::Variant(variant)) => writer.variant_member(id, variant),
            (Position::Member(id), Scalar::Written(value)) => writer.written_member(id, value),
            (Position::Member(_) | Position::Object(_), _) => Err(PutError::WRONG_TYPE),
        };
        taken.map_err(Fault::from)
    }

    #[inline]
    fn object(self) -> Result<Fields<'i, 'a>, Fault> {
        match self.position {
            Position::Object(part) => {
                let object = self.writer.open(part);
                Ok(Fields { writer: self.writer, object, target: None })
            }
            Position::Attribute(_) | Position::Member(_) => Err(Fault::wrong_type()),
        }
    }

    #[inline]
    fn set(self) -> Result<Members<'i, 'a>, Fault> {
        match self.position {
            Position::Attribute(id) => {
                self.writer.begin_set(id)?;
                Ok(Members { writer: self.writer, id })
            }
            Position::Object(_) | Position::Member(_) => Err(Fault::wrong_type()),
        }
    }
}

macro_rules! scalars {
    ($($method:ident: $from:ty => |$value:ident| $scalar:expr;)*) => {
        $(#[inline]
        fn $method(self, $value: $from) -> Result<(), Fault> {
            self.scalar($scalar)
        })*
    };
}

impl<'i, 'a> Serializer for Receiver<'i, 'a> {
    type Ok = ();
    type Error = Fault;
    type SerializeSeq = Members<'i, 'a>;
    type SerializeTuple = Members<'i, 'a>;
    type SerializeTupleStruct = Members<'i, 'a>;
    type SerializeTupleVariant = Impossible<(), Fault>;
    type SerializeMap = Fields<'i, 'a>;
    type SerializeStruct = Fields<'i, 'a>;
    type SerializeStructVariant = VariantFields<'i, 'a>;

    scalars! {
        serialize_bool: bool => |value| Scalar::Bool(value);
        serialize_i8: i8 => |value| Scalar::Int(value.into());
        serialize_i16: i16 => |value| Scalar::Int(value.into());
        serialize_i32: i32 => |value| Scalar::Int(value.into());
        serialize_i64: i64 => |value| Scalar::Int(value);
        serialize_i128: i128 => |value| Scalar::WideInt(value);
        serialize_u8: u8 => |value| Scalar::Int(value.into());
        serialize_u16: u16 => |value| Scalar::Int(value.into());
        serialize_u32: u32 => |value| Scalar::Int(value.into());
        serialize_u64: u64 => |value| Scalar::WideInt(value.into());
        serialize_u128: u128 => |value| Scalar::Numeral(&value.to_string());
        serialize_f32: f32 => |value| Scalar::Float(value.into());
        serialize_f64: f64 => |value| Scalar::Float(value);
        serialize_char: char => |value| Scalar::Text(value.encode_utf8(&mut [0; 4]));
        serialize_str: &str => |value| Scalar::Text(value);
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), Fault> {
        Err(Fault::wrong_type())
    }

    fn serialize_none(self) -> Result<(), Fault> {
        self.scalar(Scalar::Null)
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Fault> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Fault> {
        self.scalar(Scalar::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Fault> {
        self.scalar(Scalar::Null)
    }

    // Never inline: then a unit variant is a look-up of its name and one call, not an unpredictable jump.
    #[inline(never)]
    fn serialize_unit_variant(self, _: &'static str, number: u32, name: &'static str) -> Result<(), Fault> {
        self.scalar(Scalar::Variant(Variant { name, number }))
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Fault> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Fault> {
        let mut fields = self.object()?;
        fields.field(variant, value)?;
        fields.close();
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Members<'i, 'a>, Fault> {
        self.set()
    }

    fn serialize_tuple(self, _: usize) -> Result<Members<'i, 'a>, Fault> {
        self.set()
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Members<'i, 'a>, Fault> {
        self.set()
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Fault> {
        let fields = self.object()?;
        Err(match fields.writer.field(fields.object, variant) {
            Ok(Target::Attribute(id)) => {
                refused(fields.writer, id, PutError::WRONG_TYPE, "a variant with fields")
            }
            Ok(Target::Part(_)) => key_fault(fields.writer, fields.object, variant, KeyFault::Unknown),
            Err(fault) => key_fault(fields.writer, fields.object, variant, fault),
        })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Fields<'i, 'a>, Fault> {
        self.object()
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields<'i, 'a>, Fault> {
        self.object()
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<VariantFields<'i, 'a>, Fault> {
        let Fields { writer, object: outer, .. } = self.object()?;
        match writer.field(outer, variant) {
            Ok(Target::Part(part)) => {
                let object = writer.open(part);
                Ok(VariantFields { outer, fields: Fields { writer, object, target: None } })
            }
            Ok(Target::Attribute(id)) => {
                Err(refused(writer, id, PutError::WRONG_TYPE, "a variant with fields"))
            }
            Err(fault) => Err(key_fault(writer, outer, variant, fault)),
        }
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), Fault> {
        self.scalar(Scalar::Written(&value))
    }
}

#[cold]
fn refused(writer: &RequestWriter<'_>, id: AttributeId, refusal: PutError, shown: &str) -> Fault {
    writer.schema.refused(id, refusal, shown).into()
}

#[cold]
fn key_fault(writer: &RequestWriter<'_>, object: Object, key: &str, fault: KeyFault) -> Fault {
    writer.key_error(object, key, fault).into()
}

/// The fields of a struct, or the entries of a map.
struct Fields<'i, 'a> {
    writer: &'i mut RequestWriter<'a>,
    object: Object,
    /// The target of the last key.
    target: Option<Target>,
}

impl Fields<'_, '_> {
    #[inline]
    fn field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Fault> {
        match self.writer.field(self.object, key) {
            Ok(target) => self.value(target, value),
            Err(fault) => Err(key_fault(self.writer, self.object, key, fault)),
        }
    }

    #[inline]
    fn value<T: Serialize + ?Sized>(&mut self, target: Target, value: &T) -> Result<(), Fault> {
        let position = match target {
            Target::Attribute(id) => Position::Attribute(id),
            Target::Part(part) => Position::Object(part),
        };
        let taken = value.serialize(Receiver { writer: self.writer, position });
        taken.map_err(|fault| self.placed(target, fault, &|| written(value)))
    }

    /// Completes the error of a value with its name.
    #[cold]
    fn placed(&self, target: Target, fault: Fault, written: &dyn Fn() -> String) -> Fault {
        match (&*fault.0, target) {
            (Cause::Request(_), _) => fault,
            (Cause::Refused(refusal), Target::Attribute(id)) => {
                refused(self.writer, id, *refusal, &written())
            }
            (Cause::Refused(_), Target::Part(part)) => {
                let model = self.writer.schema.program.model();
                RequestError::unknown(model, self.writer.schema.names.part_path(model, part)).into()
            }
        }
    }

    #[inline]
    fn close(self) {
        self.writer.close(self.object);
    }
}

/// Formats a refused value for the message.
fn written<T: Serialize + ?Sized>(value: &T) -> String {
    match serde_json::to_string(value) {
        Ok(text) => quoted(text),
        Err(_) => "a value".to_owned(),
    }
}

impl ser::SerializeStruct for Fields<'_, '_> {
    type Ok = ();
    type Error = Fault;

    #[inline]
    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Fault> {
        self.field(key, value)
    }

    #[inline]
    fn end(self) -> Result<(), Fault> {
        self.close();
        Ok(())
    }
}

impl ser::SerializeMap for Fields<'_, '_> {
    type Ok = ();
    type Error = Fault;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Fault> {
        let target = key.serialize(Key { writer: self.writer, object: self.object })?;
        self.target = Some(target);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
        match self.target.take() {
            Some(target) => self.value(target, value),
            None => Err(ser::Error::custom("a value without a key")),
        }
    }

    fn end(self) -> Result<(), Fault> {
        self.close();
        Ok(())
    }
}

/// The fields of a struct variant: an object that is the only value of an outer object.
struct VariantFields<'i, 'a> {
    outer: Object,
    fields: Fields<'i, 'a>,
}

impl ser::SerializeStructVariant for VariantFields<'_, '_> {
    type Ok = ();
    type Error = Fault;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Fault> {
        self.fields.field(key, value)
    }

    fn end(self) -> Result<(), Fault> {
        self.fields.writer.close(self.outer);
        Ok(())
    }
}

/// The members of a set.
struct Members<'i, 'a> {
    writer: &'i mut RequestWriter<'a>,
    id: AttributeId,
}

macro_rules! members {
    ($($kind:ident: $method:ident;)*) => {
        $(impl ser::$kind for Members<'_, '_> {
            type Ok = ();
            type Error = Fault;

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
                value.serialize(Receiver { writer: self.writer, position: Position::Member(self.id) })
            }

            #[inline]
            fn end(self) -> Result<(), Fault> {
                Ok(self.writer.end_set(self.id)?)
            }
        })*
    };
}

members! {
    SerializeSeq: serialize_element;
    SerializeTuple: serialize_element;
    SerializeTupleStruct: serialize_field;
}
