//! The serializer of map keys.

use super::{Fault, key_fault};
use crate::request::paths::Target;
use crate::request::writer::{Object, RequestWriter};
use serde::ser::{self, Impossible, Serialize, Serializer};

/// The serializer of one key.
pub(super) struct Key<'i, 'a> {
    pub(super) writer: &'i mut RequestWriter<'a>,
    pub(super) object: Object,
}

impl Key<'_, '_> {
    fn found(self, key: &str) -> Result<Target, Fault> {
        let found = self.writer.key(self.object, key);
        found.map_err(|fault| key_fault(self.writer, self.object, key, fault))
    }

    fn no_text<T>() -> Result<T, Fault> {
        Err(ser::Error::custom("a key must be a text"))
    }
}

macro_rules! no_text {
    ($($method:ident($($argument:ty),*) -> $out:ty;)*) => {
        $(fn $method(self, $(_: $argument),*) -> Result<$out, Fault> {
            Self::no_text()
        })*
    };
}

macro_rules! written_keys {
    ($($method:ident: $from:ty;)*) => {
        $(fn $method(self, key: $from) -> Result<Target, Fault> {
            self.found(&key.to_string())
        })*
    };
}

impl Serializer for Key<'_, '_> {
    type Ok = Target;
    type Error = Fault;
    type SerializeSeq = Impossible<Target, Fault>;
    type SerializeTuple = Impossible<Target, Fault>;
    type SerializeTupleStruct = Impossible<Target, Fault>;
    type SerializeTupleVariant = Impossible<Target, Fault>;
    type SerializeMap = Impossible<Target, Fault>;
    type SerializeStruct = Impossible<Target, Fault>;
    type SerializeStructVariant = Impossible<Target, Fault>;

    fn serialize_str(self, key: &str) -> Result<Target, Fault> {
        self.found(key)
    }

    fn serialize_char(self, key: char) -> Result<Target, Fault> {
        self.found(key.encode_utf8(&mut [0; 4]))
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, key: &'static str) -> Result<Target, Fault> {
        self.found(key)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        key: &T,
    ) -> Result<Target, Fault> {
        key.serialize(self)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, key: &T) -> Result<Target, Fault> {
        key.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<Target, Fault> {
        Self::no_text()
    }

    written_keys! {
        serialize_bool: bool;
        serialize_i8: i8;
        serialize_i16: i16;
        serialize_i32: i32;
        serialize_i64: i64;
        serialize_i128: i128;
        serialize_u8: u8;
        serialize_u16: u16;
        serialize_u32: u32;
        serialize_u64: u64;
        serialize_u128: u128;
        serialize_f32: f32;
        serialize_f64: f64;
    }

    no_text! {
        serialize_bytes(&[u8]) -> Target;
        serialize_none() -> Target;
        serialize_unit() -> Target;
        serialize_unit_struct(&'static str) -> Target;
        serialize_seq(Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_map(Option<usize>) -> Self::SerializeMap;
        serialize_struct(&'static str, usize) -> Self::SerializeStruct;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
    }
}
