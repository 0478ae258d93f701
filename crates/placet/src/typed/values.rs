//! The types of fields.

use crate::typed::{Attributes, FieldKind, Fields, Member, Place, Reader};
use placet_model::temporal::{Date, Duration, Time};
use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::SystemTime;

macro_rules! values {
    ($($ty:ty: $kind:ident => |$value:ident, $reader:ident| $read:expr;)*) => {
        $(impl Attributes for $ty {
            const COUNT: usize = 1;

            fn describe(place: &Place<'_>, fields: &mut Fields) {
                fields.value::<Self>(place, FieldKind::$kind);
            }

            #[inline(always)]
            fn read<R: Reader>(&self, $reader: &mut R) {
                let $value = self;
                $read
            }

            #[inline]
            fn read_missing<R: Reader>(reader: &mut R) {
                reader.missing();
            }
        })*
    };
}

values! {
    bool: Bool => |value, reader| reader.bool(*value);
    i64: Int => |value, reader| reader.int(*value);
    i32: Int => |value, reader| reader.int((*value).into());
    i16: Int => |value, reader| reader.int((*value).into());
    i8: Int => |value, reader| reader.int((*value).into());
    u64: Int => |value, reader| match i64::try_from(*value) {
        Ok(value) => reader.int(value),
        Err(_) => reader.wide(*value),
    };
    u32: Int => |value, reader| reader.int((*value).into());
    u16: Int => |value, reader| reader.int((*value).into());
    u8: Int => |value, reader| reader.int((*value).into());
    f64: Number => |value, reader| reader.number(*value);
    f32: Number => |value, reader| reader.number((*value).into());
    str: Text => |value, reader| reader.text(value);
    String: Text => |value, reader| reader.text(value);
    Date: Date => |value, reader| reader.ordinal(Some(value.days().into()));
    Time: Time => |value, reader| reader.ordinal(Some(value.micros()));
    Duration: Duration => |value, reader| reader.ordinal(Some(value.micros()));
    SystemTime: Time => |value, reader| reader.ordinal(Some(Time::from(*value).micros()));
    std::time::Duration: Duration => |value, reader| {
        reader.ordinal(Duration::try_from(*value).ok().map(Duration::micros))
    };
}

/// Implements the trait for pointers by what they point to.
macro_rules! pointers {
    ($([$($bound:tt)*] $ty:ty;)*) => {
        $(impl<T: Attributes + ?Sized $($bound)*> Attributes for $ty {
            const COUNT: usize = T::COUNT;

            fn describe(place: &Place<'_>, fields: &mut Fields) {
                T::describe(place, fields);
            }

            #[inline(always)]
            fn read<R: Reader>(&self, reader: &mut R) {
                T::read(self, reader);
            }

            #[inline]
            fn read_missing<R: Reader>(reader: &mut R) {
                T::read_missing(reader);
            }
        })*
    };
}

pointers! {
    [] &T;
    [] Box<T>;
    [] Arc<T>;
    [+ ToOwned] Cow<'_, T>;
}

impl<T: Attributes> Attributes for Option<T> {
    const COUNT: usize = T::COUNT;

    fn describe(place: &Place<'_>, fields: &mut Fields) {
        fields.optional::<T>(place);
    }

    #[inline(always)]
    fn read<R: Reader>(&self, reader: &mut R) {
        match self {
            Some(value) => value.read(reader),
            None => T::read_missing(reader),
        }
    }

    #[inline]
    fn read_missing<R: Reader>(reader: &mut R) {
        T::read_missing(reader);
    }
}

macro_rules! sets {
    ($([$($other:tt)*] $ty:ty;)*) => {
        $(impl<M: Member $($other)*> Attributes for $ty {
            const COUNT: usize = 1;

            fn describe(place: &Place<'_>, fields: &mut Fields) {
                M::describe(place, fields);
            }

            #[inline(always)]
            fn read<R: Reader>(&self, reader: &mut R) {
                M::read_all(self.iter(), reader);
            }

            #[inline]
            fn read_missing<R: Reader>(reader: &mut R) {
                reader.missing();
            }
        })*
    };
}

sets! {
    [] [M];
    [] Vec<M>;
    [] BTreeSet<M>;
    [, S] HashSet<M, S>;
    [, const N: usize] [M; N];
}

macro_rules! texts {
    ($($ty:ty;)*) => {
        $(impl Member for $ty {
            fn describe(place: &Place<'_>, fields: &mut Fields) {
                fields.value::<Self>(place, FieldKind::Texts);
            }

            #[inline]
            fn read_all<'m, R: Reader>(members: impl Iterator<Item = &'m Self> + Clone, reader: &mut R)
            where
                Self: 'm,
            {
                reader.texts(members.map(AsRef::as_ref));
            }
        })*
    };
}

texts! {
    String;
    &str;
    Arc<str>;
    Box<str>;
}
